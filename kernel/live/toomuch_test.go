//go:build linux && !race

package live_test

import (
	"strings"
	"testing"
)

// TestTooMuchAtOnce takes more than the system has. Under the race detector Go says otherwise
// why there is no memory, and other systems give what they do not have.
func TestTooMuchAtOnce(t *testing.T) {
	n := newNotebook(t)
	if _, _, err := n.run(t.Context(), "keep := 5\nfunc double(i int) int { return 2 * i }"); err != nil {
		t.Fatal(err)
	}
	_, _, err := n.run(t.Context(), "huge := make([]byte, 1<<46)")
	if err == nil {
		t.Fatal("no error")
	}
	if trace := strings.Join(err.Traceback, "\n"); err.Name != "fatal error" || !strings.Contains(trace, "out of memory") || !strings.Contains(trace, "Variables that are gone: keep") {
		t.Errorf("got %s: %s, want a fatal error that names the lost variables", err.Name, trace)
	}
	if v, _, err := n.run(t.Context(), "double(21)"); err != nil || v != "42" {
		t.Errorf("declaration afterwards: got %q, %v", v, err)
	}
	_, _, err = n.run(t.Context(), "%%subprocess -n 1 -r 1\nlen(make([]byte, 1<<46))")
	if err == nil || !strings.Contains(err.Value, "out of memory") {
		t.Errorf("a worker: got %v, want out of memory", err)
	}
	if v, _, err := n.run(t.Context(), "double(4)"); err != nil || v != "8" {
		t.Errorf("afterwards: got %q, %v", v, err)
	}
}
