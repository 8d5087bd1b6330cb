package live_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"lockstep/kernel/lang"
	"lockstep/kernel/live"
)

// TestLentObjects has workers on two nodes use objects of the session, in each engine.
func TestLentObjects(t *testing.T) {
	t.Run("interp", func(t *testing.T) { lentObjects(t, interpNotebook(t), false) })
	t.Run("native", func(t *testing.T) { lentObjects(t, nativeNotebook(t, live.Native), true) })
}

func lentObjects(t *testing.T, n *notebook, named bool) {
	n.must("%cluster local 2 --slots 2")
	n.must("import \"lockstep/lab\"")
	n.must("type point struct{ x, y int }\nvar (\n\ttotal, plain lab.Value\n\tmu = lab.NewLock(\"mu\")\n\tq = lab.NewQueue(0)\n)")

	// Each run is made twice, the first as a warm-up.
	t.Run("a lock, a value and a queue", func(t *testing.T) {
		n.must("%%cluster -n 4 -r 1 --tasks 40\nmu.With(func() { plain.Store(plain.Load() + 1) })\ntotal.Add(task)\nq.Put(task)")
		n.wantOut(t, "times := map[any]int{}\nfor q.Len() > 0 { times[q.Get()]++ }\nfmt.Println(total.Load(), plain.Load(), len(times), times[0], times[39], mu.Locked())", "1560 80 40 2 2 false\n")
	})
	t.Run("in three modes", func(t *testing.T) {
		n.must("count := lab.NewValue(0)\npair := map[string]*lab.Value{\"a\": count, \"b\": count}")
		n.must("%%compare -n 3 -r 1 --modes simple,subprocess,cluster\nfor i := 0; i < 5; i++ { pair[\"a\"].With(func() { pair[\"b\"].Store(count.Load() + 1) }) }\nworker")
		n.wantOut(t, "fmt.Println(count.Load())", "90\n")
	})
	t.Run("with a goroutine of the session", func(t *testing.T) {
		n.must("in, out := lab.NewQueue(2), lab.NewQueue(0)\ngo func() { for v := range in.All() { out.Put(v.(int) * v.(int)) } }()")
		n.must("%%cluster -n 2 -r 1 --tasks 10\nin.Put(task)\nout.Get()")
		n.wantOut(t, "fmt.Println(in.Len(), out.Len())\nin.Close()", "0 0\n")
	})
	if named {
		t.Run("values of types of the session", func(t *testing.T) {
			n.must("%%cluster -n 2 -r 1\nq.Put(point{worker, 2})")
			n.wantOut(t, "sum := 0\nfor q.Len() > 0 { sum += q.Get().(point).y }\nfmt.Println(sum)", "8\n")
		})
	}
	t.Run("a holder is killed", func(t *testing.T) {
		n.must("held := lab.NewEvent()")
		o := outcomes(t, n.compare(t, "%%cluster -n 3 -r 1 --idempotent=false\nif worker == 0 {\n\tmu.Lock()\n\theld.Set()\n\tfor i := 0; i < 20; i++ { time.Sleep(10 * time.Millisecond) }\n\tsyscall.Kill(os.Getpid(), syscall.SIGKILL)\n\tselect {}\n}\nif worker == 1 {\n\theld.Wait()\n\theld.Clear()\n\tmu.Lock()\n\tmu.Unlock()\n}\nworker"), "cluster")
		if !o[1].Failed() || !strings.Contains(o[1].Error, `lab: lock "mu": worker 0 (process `) || !strings.Contains(o[1].Error, "killed by signal 9 (SIGKILL)) ended without unlocking it") {
			t.Errorf("who waits: got %q", o[1].Error)
		}
		n.wantOut(t, "fmt.Println(mu.TryLock())\nmu.Unlock()", "true\n")
	})
	t.Run("misuse", func(t *testing.T) {
		n.must("permits := lab.NewBoundedSemaphore(1, \"permits\")")
		_, _, err := n.run(t.Context(), "%%cluster -n 1 -r 1\npermits.Release()")
		if want := `lab: Release of bounded semaphore "permits": it has all its 1 permits: one Release too many (line 2)`; err == nil || !strings.Contains(err.Value, want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	})
	t.Run("interrupt", func(t *testing.T) {
		n.must("came, never := lab.NewSemaphore(0), lab.NewEvent()")
		told := &recorder{}
		n.n++
		n.s.Execute(t.Context(), lang.Request{Code: "go func() { came.Acquire(); came.Acquire(); fmt.Println(\"both\") }()", Count: n.n}, told)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		done := make(chan lang.Result)
		n.n++
		go func() {
			done <- n.s.Execute(ctx, lang.Request{Code: "%%cluster -n 2 -r 1\ncame.Release()\nnever.Wait()", Count: n.n}, &recorder{})
		}()
		for until := time.Now().Add(time.Minute); !strings.Contains(told.String(), "both"); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(until) {
				t.Fatal("the workers did not come to wait")
			}
		}
		cancel()
		if r := <-done; r.Err == nil || r.Err.Name != "interrupted" {
			t.Errorf("got %v, want interrupted", r.Err)
		}
		n.wantOut(t, "fmt.Println(never.IsSet())", "false\n")
	})
	for _, tt := range []struct{ name, before, cell, want string }{
		{"a lock that the cell holds", "kept := lab.NewLock(\"kept\")\nkept.Lock()", "kept.Lock()", `lab: sending of lock "kept": the cell holds it: unlock it first`},
		{"shared memory", "mem := struct{ bytes *lab.SharedMemory }{lab.NewSharedMemory(8)}", "mem.bytes.Len()", "mem.bytes"},
		{"a pool", "pool := lab.NewPool(1)\ndefer pool.Close()", "pool == nil", "its processes are those of the session"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n.must(tt.before)
			_, _, err := n.run(t.Context(), "%%cluster -n 1 -r 1\n"+tt.cell)
			if err == nil || !strings.Contains(err.Value, tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
			t.Log(err)
		})
	}
}

// wantOut runs a cell that writes something.
func (n *notebook) wantOut(t *testing.T, code, want string) {
	t.Helper()
	if _, out, err := n.run(t.Context(), code); err != nil || out != want {
		t.Errorf("got %q, %v, want %q", out, err, want)
	}
}
