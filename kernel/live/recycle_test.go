package live_test

import (
	"fmt"
	"strings"
	"testing"

	"lockstep/kernel/live"
)

// TestRecycle has the process replaced: what can be sent is there again, and where something cannot, nothing happens.
func TestRecycle(t *testing.T) {
	n := newNotebook(t)
	pid := func() string {
		t.Helper()
		v, _, err := n.run(t.Context(), "os.Getpid()")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := pid()
	n.steps([]step{
		{"type p struct{ x int; next *p }\nfunc (q *p) sum() int { if q == nil { return 0 }; return q.x + q.next.sum() }", ""},
		{"a := &p{x: 1, next: &p{x: 2}}\nb := a.next\nm := map[string][]int{\"k\": {1, 2}}\nvar i any = 2.5", ""},
		{"ctx := context.Background()\n_ = os.Chdir(os.TempDir())", ""},
		{"%recycle", ""},
		{"dir, _ := os.Getwd()\ndir == os.TempDir() && ctx == context.Background()", "true"},
		{"b.x = 5\na.sum()", "6"},
		{"m[\"k\"][1]", "2"},
		{"i", "2.5"},
	})
	second := pid()
	if second == first {
		t.Error("%recycle has not started another process")
	}
	for _, tt := range []struct{ cell, undo, want string }{
		{"c := make(chan int, 1)\nc <- 7", "c = nil", "c: c is of type chan int"},
		{"f := func() int { return b.x }", "f = nil", "f: f is of type func() int"},
		{"file, _ := os.Open(\"/dev/null\")", "_ = file.Close()\nfile = nil", "file: "},
		{"l := lab.NewLock(\"door\")", "l = nil", "l: "},
		{"q := lab.NewQueue(3)\nq.Put(1)", "q = nil", "q: "},
		{"pool := lab.NewPool(1)", "pool.Close()\npool = nil", "pool: "},
		{"var gate = make(chan int)\nvar over = make(chan int)\nfunc wait() { go func() { <-gate; close(over) }() }\nwait()", "close(gate)\n<-over\ngate, over = nil, nil", "goroutines of cells that still run: 1 cell"},
		{"var ctx, cancel = context.WithCancel(context.Background())\nsleeper := exec.CommandContext(ctx, \"sleep\", \"600\")\nsleeper.Start()", "cancel()\nsleeper.Wait()\nctx, cancel, sleeper = nil, nil, nil", "a command that still runs: sleep 600"},
		{"time.AfterFunc(time.Hour, func() {})", "", "what may be left in the process by time.AfterFunc"},
	} {
		if _, _, err := n.run(t.Context(), tt.cell); err != nil {
			t.Fatalf("%s: %v", tt.cell, err)
		}
		_, _, err := n.run(t.Context(), "%recycle")
		if err == nil || err.Name != "not recycled" || !strings.Contains(strings.Join(err.Traceback, "\n"), tt.want) {
			t.Errorf("after %s: got %v, want %q named", tt.cell, err, tt.want)
		}
		if tt.undo != "" {
			if _, _, err := n.run(t.Context(), tt.undo); err != nil {
				t.Errorf("%s: %v", tt.undo, err)
			}
		}
	}
	if got := pid(); got != second {
		t.Error("a process has ended that had something to lose")
	}
	_, out, err := n.run(t.Context(), "c2 := make(chan int)\n%recycle --force")
	if err != nil || !strings.Contains(out, "c2: c2 is of type chan int") {
		t.Errorf("--force: got %q, %v", out, err)
	}
	n.steps([]step{{"a.sum()", "6"}, {"%recycle", ""}})
	if got := pid(); got == second {
		t.Error("--force has not started another process")
	}
}

// TestRecycleUnasked has a process grow in the memory that it uses: it is replaced if nothing is lost, but not for
// what came to it as values.
func TestRecycleUnasked(t *testing.T) {
	n := newNotebook(t)
	const note = "the session has a fresh process now"
	n.steps([]step{
		{"%limit 400MB", "«"},
		{"keep := []int{1, 2, 3}\nc := make(chan int)\nvar b []byte", ""},
		{"func grow(n int) { b = append(b, make([]byte, n<<20)...); runtime.GC() }", ""},
	})
	for _, tt := range []struct {
		cell        string
		told, fresh bool
	}{
		{"grow(90)", true, false},
		{"keep[0]++", false, false},
		{"c = nil\n%recycle", false, false},
		{"grow(1)", false, false},
		{"b = nil\n%recycle", false, false},
		{"grow(90)", false, true},
		{"keep[0]++", false, false},
	} {
		_, out, err := n.run(t.Context(), tt.cell)
		if err != nil {
			t.Fatalf("%s: %v", tt.cell, err)
		}
		if strings.Contains(out, "%recycle") != tt.told || tt.told && !strings.Contains(out, "c: c is of type chan int") || strings.Contains(out, note) != tt.fresh {
			t.Errorf("%s: got %q, want told %v, fresh %v", tt.cell, out, tt.told, tt.fresh)
		}
	}
	n.steps([]step{{"keep", "[]int{3, 2, 3}"}, {"len(b) >> 20", "90"}})
}

// TestRecycleUnits has a process load many units: it is replaced again and again, with what it knows.
func TestRecycleUnits(t *testing.T) {
	n := nativeNotebookWith(t, live.Options{Engine: live.Native, ManyUnits: 4})
	n.steps([]step{{"total := 0", ""}})
	fresh := 0
	for i := range 8 {
		_, out, err := n.run(t.Context(), fmt.Sprintf("func f(x int) int { return x + %d }\ntotal = f(total)", i))
		if err != nil {
			t.Fatal(err)
		}
		fresh += strings.Count(out, "fresh process")
	}
	if fresh < 2 {
		t.Errorf("9 units: %d fresh processes, want 2", fresh)
	}
	n.steps([]step{{"total", "28"}, {"f(1)", "8"}})
}
