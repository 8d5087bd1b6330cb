package live_test

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"lockstep/kernel/lang"
	"lockstep/kernel/live"
)

// TestStuck has all goroutines of a cell wait for each other, which the cell is told; where something else
// may wake one it is told nothing.
func TestStuck(t *testing.T) {
	var all sync.WaitGroup
	for _, tt := range []struct {
		name, before, cell string
		want               []string // of the note; none for no note, and then the cell ends by itself
		compiled           bool     // try it so too
	}{
		{"receive", "", "c := make(chan int)\nfmt.Println(1)\n<-c", []string{"line 3", "    3 | <-c"}, true},
		{"nil channel", "", "var c chan int\nc <- 1", []string{"line 2"}, false},
		{"select", "", "a, b := make(chan int), make(chan int)\nselect {\ncase <-a:\ncase b <- 1:\n}", []string{"line 2"}, true},
		{"empty select", "", "select {}", []string{"line 1"}, true},
		{"mutex", "", "var mu sync.Mutex\nmu.Lock()\nmu.Lock()", []string{"line 3"}, true},
		{"range", "", "c := make(chan int)\nfor range c {\n}", []string{"line 2"}, false},
		{"goroutines", "", "c := make(chan int)\nvar wg sync.WaitGroup\nfor i := range 3 {\n\twg.Add(1)\n\tgo func() {\n\t\tdefer wg.Done()\n\t\tc <- i\n\t}()\n}\nwg.Wait()", []string{"line 7", "3 goroutines", "line 10"}, true},
		{"earlier cell's", "g := make(chan int)\ngo func() { <-g }()", "h := make(chan int)\n<-h", []string{"line 2"}, false},
		{"function of an earlier cell", "func take(c chan int) int {\n\treturn <-c\n}", "take(nil)", []string{"line"}, true},
		{"workers", "", "%%goroutines -n 2 -r 1 --plot=false\nvar c chan int\n<-c", []string{"line 3", "2 goroutines"}, true},
		{"event", "", "%%goroutines -n 2 -r 1 --plot=false\nev := lab.NewEvent()\nev.Wait()", []string{"line 3", "2 goroutines"}, true},
		{"barrier", "", "b := lab.NewBarrier(2)\nb.Wait()", []string{"line 2"}, true},
		{"the cell's lock", "lock := lab.NewLock()\nlock.Lock()", "%%goroutines -n 2 -r 1 --plot=false\nlock.Lock()", []string{"line 2"}, true},
		{"queue", "", "q := lab.NewQueue(1)\nq.Put(1)\nq.Put(2)", []string{"line 3"}, false},
		{"queue with a limit", "", "lab.NewQueue(1).GetTimeout(3500 * time.Millisecond)", nil, false},
		{"process", "func nap() { time.Sleep(3500 * time.Millisecond) }", "p := lab.NewProcess(nap)\np.Start()\np.Join()", nil, false},
		{"queue of a process", "q := lab.NewQueue(1)\nfunc fill(q *lab.Queue) { time.Sleep(3500 * time.Millisecond); q.Put(1) }", "p := lab.NewProcess(fill, q)\np.Start()\nq.Get()", nil, false},
		{"sleep", "", "time.Sleep(3500 * time.Millisecond)", nil, false},
		{"timer", "", "<-time.After(3500 * time.Millisecond)", nil, true},
		{"context", "ctx, cancel := context.WithTimeout(context.Background(), 3500*time.Millisecond)", "<-ctx.Done()\ncancel()", nil, false},
		{"AfterFunc of an earlier cell", "g := make(chan int)\ntime.AfterFunc(3500*time.Millisecond, func() { close(g) })", "<-g", nil, false},
		{"one computes", "", "c := make(chan int)\ngo func() {\n\tfor start := time.Now(); time.Since(start) < 3500*time.Millisecond; {\n\t}\n\tclose(c)\n}()\n<-c", nil, true},
		{"an earlier cell's sleeps", "g := make(chan int)\ngo func() { time.Sleep(3500 * time.Millisecond); close(g) }()", "<-g", nil, false},
		{"command", "", "exec.Command(\"sleep\", \"3.5\").Run()", nil, false},
		{"ping-pong", "", "a, b := make(chan int), make(chan int)\ngo func() {\n\tfor range a {\n\t\tb <- 1\n\t}\n\tclose(b)\n}()\nfor start := time.Now(); time.Since(start) < 3500*time.Millisecond; {\n\ta <- 1\n\t<-b\n}\nclose(a)", nil, false},
	} {
		engines := []string{live.Interp}
		if tt.compiled {
			engines = append(engines, live.Auto)
		}
		for _, engine := range engines {
			n := interpNotebook(t)
			if engine != live.Interp {
				n = nativeNotebook(t, engine)
			}
			// All at once, and not as parallel tests, since each does nothing but wait.
			all.Go(func() {
				name := tt.name + ", " + engine
				if tt.before != "" {
					if _, _, err := n.run(t.Context(), tt.before); err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
				}
				ctx, interrupt := context.WithTimeout(t.Context(), time.Minute)
				defer interrupt()
				out := &stuckOutput{told: interrupt}
				err := n.s.Execute(ctx, lang.Request{Code: tt.cell, Count: 2}, out).Err
				text := colours.ReplaceAllString(out.String(), "")
				if tt.want == nil {
					if err != nil || text != "" {
						t.Errorf("%s: got %q, %v, want no note", name, text, err)
					}
					return
				}
				if err == nil || err.Name != "interrupted" || !strings.Contains(text, "note: all goroutines of this cell wait") {
					t.Errorf("%s: got %q, %v, want a note and an interrupt", name, text, err)
				}
				for _, want := range tt.want {
					if !strings.Contains(text, want) {
						t.Errorf("%s: got %q, want %q in it", name, text, want)
					}
				}
			})
		}
	}
	all.Wait()
}

var colours = regexp.MustCompile(`\x1b\[\d*m`)

// stuckOutput interrupts a cell that has been told something.
type stuckOutput struct {
	recorder
	told func()
}

func (o *stuckOutput) Stream(name, text string) {
	o.recorder.Stream(name, text)
	if name == "stderr" {
		o.told()
	}
}
