//go:build unix

package live_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"lockstep/kernel/lang"
)

var regexpOnNode = regexp.MustCompile(`worker \d \(process \d+ on node\d-\w+\)`)

// onNode is what differs from run to run in an error of a call on a node.
func onNode(text string) string {
	return regexpOnNode.ReplaceAllString(text, "P")
}

// TestPoolOnNodes is one session, as a cluster takes a moment to start.
func TestPoolOnNodes(t *testing.T) {
	n := newNotebook(t)
	n.must("%cluster local 2 --slots 2")
	n.cells(t, poolCell, "pool := lab.NewPool(3, lab.Cluster())")

	t.Run("calls", func(t *testing.T) {
		for _, tt := range []struct{ code, want string }{
			{"pool.Workers()", "3"},
			{"pool.Apply(square, 7)", "49"},
			{"v, err := pool.Map(square, []int{1, 2, 3})\nfmt.Sprint(v.([]int)[2], err)", `"9 <nil>"`},
			{"v, err = pool.Map(square, 500, 20)\nfmt.Sprint(len(v.([]int)), v.([]int)[499], err)", `"500 249001 <nil>"`},
			{"v, err = pool.Map(square, 0)\nfmt.Sprint(v, err)", `"[] <nil>"`},
			{"v, err = pool.Apply(grow, point{1, 2, []string{\"a\"}}, 3)\np := v.(point)\nfmt.Sprint(p.x, p.y, p.tags, err)", `"10 5 [a grown] <nil>"`},
			{"scale = 100\nv, _ = pool.Apply(grow, point{x: 1}, 3)\nv.(point).x", "100"},
			{"sum := 0\nfor v, err := range pool.IMapUnordered(square, 10) {\n\tif err == nil {\n\t\tsum += v.(int)\n\t}\n}\nsum", "285"},
			{"got := []int{}\nfor v := range pool.IMap(square, 4) {\n\tgot = append(got, v.(int))\n}\nfmt.Sprint(got)", `"[0 1 4 9]"`},
			{"r := pool.ApplyAsync(square, 3)\nw, err2 := r.Get()\nfmt.Sprint(w, err2, r.Ready(), r.Successful())", `"9 <nil> true true"`},
		} {
			if got, _ := n.cells(t, tt.code); strings.ReplaceAll(got, "\n", ", ") != tt.want {
				t.Errorf("%s: got %s, want %s", tt.code, got, tt.want)
			}
		}
	})
	t.Run("errors", func(t *testing.T) {
		for _, tt := range []struct{ code, want string }{
			{"_, err = pool.Apply(grow, point{x: -1}, 3)\nerr.Error()", "P: x is -1"},
			{"_, err = pool.Apply(fail, \"panic\")\nerr.Error()", "P: panic: assignment to entry in nil map (cell 2, line 17)"},
			{"_, err = pool.Apply(fail, \"exit\")\nerr.Error()", "P: given up after 3 attempts: the process ended: exit status 7"},
			{"v, err = pool.Map(fail, []string{\"a\", \"panic\", \"b\"}, 4)\nfmt.Sprint(v, err)", "[a  b] item 1: P: panic: assignment to entry in nil map (cell 2, line 17)"},
			{"_, err = pool.Map(square, 3, 0)\nerr.Error()", "lab: Pool.Map: the size of chunks must be at least 1, got 0"},
		} {
			if got, _ := n.cells(t, tt.code); onNode(got) != fmt.Sprintf("%q", tt.want) {
				t.Errorf("%s: got %s, want %s", tt.code, got, tt.want)
			}
		}
		n.cells(t, "func end(i int) (int, error) { return i, io.EOF }")
		if got, _ := n.cells(t, "_, err = pool.Apply(end, 1)\nvar call *lab.CallError\nfmt.Sprint(errors.Is(err, io.EOF), errors.As(err, &call), strings.HasPrefix(call.Node, \"node\"))"); got != `"true true true"` {
			t.Errorf("an error of the library, and where it was: got %s", got)
		}
	})
	t.Run("what functions write", func(t *testing.T) {
		n.cells(t, "func say(i int) { fmt.Println(\"I am\", i); fmt.Print(\"two\\nlines\") }", "one := lab.NewPool(1, lab.Cluster())")
		_, out := n.cells(t, "one.Map(say, 2)\nfmt.Println(\"done\")")
		if want := "worker 0: I am 0\nworker 0: two\nworker 0: lines\nworker 0: I am 1\nworker 0: two\nworker 0: lines\ndone\n"; out != want {
			t.Errorf("got output %q, want %q", out, want)
		}
	})
	t.Run("what a long call writes", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "go on")
		n.cells(t, "func slow(file string) int {\n\tfmt.Println(\"working\")\n\tfor {\n\t\tif _, err := os.Stat(file); err == nil {\n\t\t\treturn 1\n\t\t}\n\t\ttime.Sleep(time.Millisecond)\n\t}\n}")
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		n.n++
		said := func() {
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Error(err)
			}
		}
		out := &sayer{said: said}
		if r := n.s.Execute(ctx, langRequest(fmt.Sprintf("one.Apply(slow, %q)", file), n.n), out); r.Err != nil {
			t.Errorf("got %v, after %q", r.Err, out.text.String())
		}
	})
	t.Run("no room", func(t *testing.T) {
		for _, tt := range []struct{ code, want string }{
			{"lab.NewPool(2, lab.Cluster())", "lab: NewPool: 2 workers are wanted, and the cluster has 0 free slots on 2 nodes, as this session uses 4: close a pool"},
			{"lab.NewPool(1, lab.Cluster(\"gpu\", \"big\"))", "has no tag gpu"},
			{"lab.NewPool(-1, lab.Cluster())", "must be at least 0, got -1"},
		} {
			if _, _, err := n.run(t.Context(), tt.code); err == nil || !strings.Contains(err.Value, tt.want) {
				t.Errorf("%s: got %v, want %q in it", tt.code, err, tt.want)
			}
		}
	})
	t.Run("closed", func(t *testing.T) {
		n.cells(t, "later := one.MapAsync(square, 100)\none.Close()\none.Join()")
		if got, _ := n.cells(t, "v, err = later.Get()\n_, err2 = one.Apply(square, 1)\nfmt.Sprint(len(v.([]int)), err, err2)"); got != `"100 <nil> lab: Pool.Apply of the pool: it is closed"` {
			t.Errorf("got %s", got)
		}
		// Its slot is free again.
		if got, _ := n.cells(t, "rest := lab.NewPool(0, lab.Cluster())\nrest.Workers()"); got != "1" {
			t.Errorf("a pool of all that is left has %s workers, want 1", got)
		}
	})
	t.Run("a worker is killed", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "began")
		n.cells(t, "func begin(file string) string {\n\tif _, err := os.Stat(file); err == nil {\n\t\treturn \"second\"\n\t}\n"+
			"\tos.WriteFile(file, nil, 0o600)\n\tsyscall.Kill(os.Getpid(), syscall.SIGKILL)\n\tselect {}\n}")
		if got, _ := n.cells(t, fmt.Sprintf("v, err = rest.Apply(begin, %q)\nfmt.Sprint(v, err)", file)); got != `"second<nil>"` {
			t.Errorf("got %s", got)
		}
		n.cells(t, "rest.Close()\nrest.Join()\nonce := lab.NewPool(1, lab.Cluster(), lab.Once())")
		got, _ := n.cells(t, fmt.Sprintf("_, err = once.Apply(begin, %q)\nv, err2 = once.Apply(square, 3)\nfmt.Sprint(err, v, err2)", file+"2"))
		if want := `"P: the process ended: killed by signal 9 (SIGKILL) 9 <nil>"`; onNode(got) != want {
			t.Errorf("which may not be done twice: got %s, want %s", got, want)
		}
	})
	t.Run("interrupt", func(t *testing.T) {
		n.cells(t, "func spin(file string) int {\n\tf, _ := os.OpenFile(file, os.O_WRONLY, 0)\n\tdefer f.Close()\n\tfmt.Fprintln(f, os.Getpid())\n\tfor {\n\t}\n}")
		for _, code := range []string{"pool.Map(spin, []string{%[1]q, %[1]q, %[1]q, %[1]q})", "once.Apply(spin, %q)", "pool.ApplyAsync(spin, %q).Get()", "for range pool.IMap(spin, []string{%q}) {\n}"} {
			w := newWitness(t)
			ctx, interrupt := context.WithCancel(t.Context())
			done := make(chan lang.Result)
			n.n++
			go func() { done <- n.s.Execute(ctx, langRequest(fmt.Sprintf(code, w.path), n.n), &recorder{}) }()
			w.line(t)
			interrupt()
			if r := <-done; r.Err == nil || r.Err.Name != "interrupted" || !strings.Contains(r.Err.Value, "variables stay") {
				t.Errorf("%s: got %v, want it interrupted", code, r.Err)
			}
			w.end(t)
		}
		if got, _ := n.cells(t, "v, err = pool.Map(square, 40)\nfmt.Sprint(len(v.([]int)), err)"); got != `"40 <nil>"` {
			t.Errorf("afterwards: got %s", got)
		}
	})
	t.Run("terminate", func(t *testing.T) {
		w := newWitness(t)
		n.cells(t, fmt.Sprintf("later = once.ApplyAsync(spin, %q)", w.path))
		w.line(t)
		if got, _ := n.cells(t, "once.Terminate()\n_, err = later.Get()\nonce.Join()\nerr.Error()"); got != `"lab: Terminate of the pool: it is closed"` {
			t.Errorf("got %s", got)
		}
		w.end(t)
	})
	t.Run("variables", func(t *testing.T) {
		n.cells(t, "table := make([]byte, 3<<20)\ntable[len(table)-1] = 7\nfunc last(extra []byte) []byte { return append(extra, table[len(table)-1], byte(len(table)>>20)) }")
		if got, _ := n.cells(t, "v, err = pool.Apply(last, make([]byte, 2<<20))\nb := v.([]byte)\nfmt.Sprint(len(b), b[len(b)-2:], err)"); got != `"2097154 [7 3] <nil>"` {
			t.Errorf("got %s", got)
		}
	})
	t.Run("100 MB", func(t *testing.T) {
		n.cells(t, "big := make([]byte, 100<<20)\nfunc edges(b []byte, both bool) []byte {\n\tif both {\n\t\tb = big\n\t}\n\tb[0]++\n\tb[len(b)-1] += 2\n\treturn b\n}")
		for _, tt := range []struct{ code, want string }{
			{"v, err = pool.Apply(edges, big, false)", "104857600 1 2 <nil>"},
			{"big[1] = 7\nv, err = pool.Apply(edges, big[:1], true)", "104857600 1 2 <nil>"}, // a variable that has changed
		} {
			if got, _ := n.cells(t, tt.code+"\nb = v.([]byte)\nfmt.Sprint(len(b), b[0], b[len(b)-1], err)"); got != fmt.Sprintf("%q", tt.want) {
				t.Errorf("%s: got %s, want %s", tt.code, got, tt.want)
			}
		}
		n.cells(t, "big, b, v = nil, nil, nil")
	})
	t.Run("objects of lab", func(t *testing.T) {
		n.cells(t, "lock, sum, results := lab.NewLock(), lab.NewValue(0), lab.NewQueue(0)\nfunc locked(i int, to *lab.Queue) int { lock.With(func() { sum.Store(sum.Load() + i) }); to.Put(i); return i }")
		if got, _ := n.cells(t, "for i := 1; i <= 20; i++ { _, err = pool.Apply(locked, i, results) }\nfmt.Sprint(sum.Load(), results.Len(), lock.Locked(), err)"); got != `"210 20 false <nil>"` {
			t.Errorf("got %s", got)
		}
		n.cells(t, "lock.Lock()")
		if got, _ := n.cells(t, "_, err = pool.Apply(locked, 1, results)\nlock.Unlock()\nerr.Error()"); !strings.Contains(got, "the cell holds it: unlock it first") {
			t.Errorf("a lock that the cell holds: got %s", got)
		}
	})
	t.Run("recycle", func(t *testing.T) {
		_, _, err := n.run(t.Context(), "%recycle")
		if err == nil || !strings.Contains(strings.Join(err.Traceback, "\n"), "pool") {
			t.Errorf("got %v, want the pool named", err)
		}
	})
	t.Run("the cluster is stopped", func(t *testing.T) {
		w := newWitness(t)
		n.cells(t, fmt.Sprintf("later = pool.ApplyAsync(spin, %q)", w.path))
		w.line(t)
		n.must("%cluster stop")
		w.end(t)
		for _, code := range []string{"_, err = later.Get()", "_, err = pool.Apply(square, 1)"} {
			if got, _ := n.cells(t, code+"\nerr.Error()"); !strings.Contains(got, "the session has left the cluster") {
				t.Errorf("%s: got %s", code, got)
			}
		}
	})
	t.Run("without being asked for", func(t *testing.T) {
		_, out := n.cells(t, "defer lab.NewPool(1, lab.Cluster()).Close()")
		if !strings.Contains(out, "note: a cluster of 2 nodes") {
			t.Errorf("got output %q", out)
		}
	})
	t.Run("the session process ends", func(t *testing.T) {
		w := newWitness(t)
		n.cells(t, fmt.Sprintf("pool = lab.NewPool(0, lab.Cluster())\nlater = pool.ApplyAsync(spin, %q)", w.path))
		w.line(t)
		_, _, _ = n.run(t.Context(), "syscall.Kill(os.Getpid(), syscall.SIGKILL)\nselect {}")
		w.end(t)
		// All slots are free again.
		if got, _ := n.cells(t, "again := lab.NewPool(4, lab.Cluster())\nv, err := again.Map(square, 3)\nfmt.Sprint(v, err)"); got != `"[0 1 4] <nil>"` {
			t.Errorf("afterwards: got %s", got)
		}
	})
}
