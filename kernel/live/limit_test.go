package live_test

import (
	"strings"
	"testing"
)

// steady takes memory bit by bit, as programs do that collect data.
const steady = "var all [][]byte\nfor range 4000 {\n\tb := make([]byte, 1<<20)\n\tfor i := 0; i < len(b); i += 4096 { b[i] = 1 }\n\tall = append(all, b)\n}"

func TestMemoryLimit(t *testing.T) {
	n := newNotebook(t)
	if _, _, err := n.run(t.Context(), "keep := 5\n%limit 700MB"); err != nil {
		t.Fatal(err)
	}
	_, _, err := n.run(t.Context(), steady)
	if err == nil || err.Name != "panic" || !strings.Contains(err.Value, "out of memory: the session may use 700 MB") {
		t.Fatalf("got %v, want an error that names the limit", err)
	}
	_, _, err = n.run(t.Context(), "%%compare -n 1 -r 1 --modes simple\n"+steady+"\nlen(all)")
	if err == nil || !strings.Contains(err.Value, "out of memory: the session may use 700 MB") {
		t.Errorf("a measurement: got %v, want an error that names the limit", err)
	}
	// The variables are there, too many of them even; and they can be let go.
	if v, _, err := n.run(t.Context(), "len(all) > 100"); err != nil || v != "true" {
		t.Errorf("what was taken: got %q, %v", v, err)
	}
	if v, _, err := n.run(t.Context(), "all = nil\nkeep"); err != nil || v != "5" {
		t.Errorf("variable afterwards: got %q, %v", v, err)
	}
	if v, _, err := n.run(t.Context(), "%limit none\n"+strings.Replace(steady, "4000", "800", 1)+"\nlen(all)"); err != nil || v != "800" {
		t.Errorf("without a limit: got %q, %v", v, err)
	}
}
