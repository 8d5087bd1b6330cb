//go:build unix

package live_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestTheClusterIsStopped has that happen while a worker on a node holds a lock of the session, and the session waits for it.
func TestTheClusterIsStopped(t *testing.T) {
	n := newNotebook(t)
	n.must("%cluster local 2 --slots 1")
	n.cells(t, "mu := lab.NewLock(\"mu\")\npool := lab.NewPool(2, lab.Cluster())",
		"func hold(file string) {\n\tf, _ := os.OpenFile(file, os.O_WRONLY, 0)\n\tdefer f.Close()\n\tmu.Lock()\n\tfmt.Fprintln(f, \"has it\")\n\tselect {}\n}")
	w := newWitness(t)
	n.cells(t, fmt.Sprintf("later := pool.ApplyAsync(hold, %q)", w.path))
	w.line(t)
	n.cells(t, "waited := make(chan any, 1)\ngo func() {\n\tdefer func() { waited <- recover() }()\n\tmu.Lock()\n}()")
	n.must("%cluster stop")
	w.end(t)
	for _, tt := range []struct{ code, want string }{
		{"_, err := later.Get()\nerr.Error()", "the session has left the cluster, so make another pool"},
		{"fmt.Sprint(<-waited)", `ended without unlocking it`},
		{"mu.TryLock()", "true"},
		{"mu.Unlock()\n_, err = pool.Apply(hold, \"\")\nerr.Error()", "the session has left the cluster, so make another pool"},
		{"pool.Close()\npool.Join()", ""},
	} {
		if got, _ := n.cells(t, tt.code); !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %s, want %s", tt.code, got, tt.want)
		}
	}
	// The next run starts a cluster of its own.
	for i, x := range outcomes(t, n.compare(t, "%%cluster -n 2 -r 1\nmu.With(func() {})\nworker"), "cluster") {
		if x.Result != fmt.Sprint(i) {
			t.Errorf("worker %d: got %q, %q", i, x.Result, x.Error)
		}
	}
}
