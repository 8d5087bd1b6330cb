package live_test

import (
	"strings"
	"testing"
)

// TestLentObjects has workers on two nodes use objects of the session, in each engine.
func TestLentObjects(t *testing.T) {
	for _, engine := range []string{"interp", "native"} {
		t.Run(engine, func(t *testing.T) {
			n := newNotebook(t)
			n.must("%engine " + engine)
			n.must("%cluster local 2 --slots 2")
			n.must("var (\n\ttotal lab.Value\n\tplain lab.Value\n\tmu lab.Lock\n)\nq := lab.NewQueue(100)")
			n.must("%%cluster -n 4 -r 1 --tasks 40\nmu.With(func() { plain.Store(plain.Load() + 1) })\ntotal.Add(task)\nq.Put(task)")
			_, out, err := n.run(t.Context(), "seen := map[any]bool{}\nfor q.Len() > 0 { seen[q.Get()] = true }\nfmt.Println(total.Load(), plain.Load(), len(seen), mu.Locked())")
			if want := "780 40 40 false"; err != nil || !strings.Contains(out, want) {
				t.Errorf("got %q, %v, want %s", out, err, want)
			}
		})
	}
}
