package live_test

import (
	"strings"
	"testing"

	"lockstep/kernel/live"
)

// TestMove goes from engine to engine and to fresh processes, with the values
// of variables: what they share stays shared, and what cannot be sent is named.
func TestMove(t *testing.T) {
	n := nativeNotebook(t, live.Auto)
	run := func(code, want string) string {
		t.Helper()
		value, out, err := n.run(t.Context(), code)
		if err != nil {
			t.Fatalf("%q: %v\n%s", code, err, strings.Join(err.Traceback, "\n"))
		}
		if value != want {
			t.Errorf("%q: got %s, want %s", code, value, want)
		}
		return out
	}
	run("type p struct{ x int; next *p }\nfunc (q *p) sum() int { if q == nil { return 0 }; return q.x + q.next.sum() }", "")
	run("a := &p{x: 1, next: &p{x: 2}}\nb := a.next\nm := map[string][]int{\"k\": {1, 2}}", "")
	run("c := make(chan int)\nf := func() int { return a.x }", "")
	for _, to := range []string{"%engine interp", "%engine auto", "%engine --restart"} {
		out := run(to, "")
		if first := to == "%engine interp"; strings.Contains(out, "c: c is of type chan int") != first || strings.Contains(out, "f: ") != first {
			t.Errorf("%s says %q", to, out)
		}
		run("b.x++\na.next.x == b.x", "true")
		run("m[\"k\"][1]", "2")
	}
	run("a.sum()", "6")
	if _, _, err := n.run(t.Context(), "c"); err == nil {
		t.Error("a channel has moved to another process")
	}
}
