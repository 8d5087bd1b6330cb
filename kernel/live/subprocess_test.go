package live_test

import (
	"slices"
	"strings"
	"testing"

	"lockstep/exec/measure"
	"lockstep/kernel/display"
	"lockstep/kernel/live"
)

// outcomes returns what the workers of the last run of a mode came to.
func outcomes(t *testing.T, r measure.Result, mode string) []measure.Outcome {
	t.Helper()
	for i := len(r.Runs) - 1; i >= 0; i-- {
		if r.Runs[i].Mode == mode {
			return r.Runs[i].Outcomes
		}
	}
	t.Fatalf("no run of mode %s", mode)
	return nil
}

func TestSubprocessGetsDeclarationsAndVariables(t *testing.T) {
	n := newNotebook(t)
	cells := []string{
		"type point struct {\n\tx, y int\n\ttags map[string][]string\n}\nfunc (p point) sum() int { return p.x + p.y }",
		"const scale = 10\nfunc times(i int) int { return i * scale }",
		"p := point{x: 3, y: 4, tags: map[string][]string{\"a\": {\"b\", \"c\"}}}\nxs := []float64{0.5, 1.5}\nunused := make(chan int)",
	}
	for _, code := range cells {
		if _, _, err := n.run(t.Context(), code); err != nil {
			t.Fatalf("%s: %v", code, err)
		}
	}
	r := n.compare(t, "%%compare -n 2 -r 1 --modes simple,subprocess\np.x += worker\nfmt.Sprint(times(p.sum()), p.tags[\"a\"], xs[1], workers)")
	for i, want := range []string{`"70 [b c] 1.5 2"`, `"80 [b c] 1.5 2"`} {
		if got := outcomes(t, r, "subprocess")[i]; got.Result != want {
			t.Errorf("worker %d: got %s %s, want %s", i, got.Result, got.Error, want)
		}
	}
}

func TestACrashedWorkerIsARow(t *testing.T) {
	tests := []struct{ name, code, want string }{
		{"panic", "if worker == 1 { panic(\"boom\") }\nworker", "boom (line 2)"},
		{"exit", "if worker == 1 { os.Exit(3) }\nworker", "exit status 3"},
		{"killed", "if worker == 1 { syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }\nworker", "SIGKILL"},
		{"stack", "var f func(int) int\nf = func(i int) int { return f(i+1) + 1 }\nif worker == 1 { f(0) }\nworker", "stack overflow"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newNotebook(t)
			r := n.compare(t, "%%subprocess -n 2 -r 1\n"+tt.code)
			o := outcomes(t, r, "subprocess")
			if o[0].Result != "0" || o[0].Failed() {
				t.Errorf("the other worker: got %q %s, want 0", o[0].Result, o[0].Error)
			}
			if !o[1].Failed() || !strings.Contains(o[1].Error, tt.want) {
				t.Errorf("the crashed worker: got %q, want %q in it", o[1].Error, tt.want)
			}
			if v, _, err := n.run(t.Context(), "1 + 1"); err != nil || v != "2" {
				t.Errorf("the next cell: %q, %v", v, err)
			}
		})
	}
}

func TestWhatCannotBeSentIsNamed(t *testing.T) {
	n := newNotebook(t)
	if _, _, err := n.run(t.Context(), "type config struct{ Hook func() }\ncfg := config{Hook: func() {}}"); err != nil {
		t.Fatal(err)
	}
	// Without being asked for, the mode is left out, and the table says so.
	r := n.compare(t, "%%compare -n 2 -r 1\ncfg.Hook == nil")
	if len(r.Modes) != 3 || !strings.Contains(r.LeftOut, "cfg.Hook") {
		t.Errorf("got modes %v, left out %q", r.Modes, r.LeftOut)
	}
	_, _, err := n.run(t.Context(), "%%subprocess -n 2 -r 1\ncfg.Hook == nil")
	if err == nil || !strings.Contains(err.Value, "cfg.Hook") || !strings.Contains(err.Value, "func()") {
		t.Errorf("got %v, want an error that names cfg.Hook and func()", err)
	}
}

// What is in an interface may be of a cell's type, if the workload has that.
func TestInterfacesGoToProcesses(t *testing.T) {
	n := nativeNotebook(t, live.Auto)
	for _, code := range []string{
		"type shape interface{ area() float64 }\ntype sq float64\nfunc (s sq) area() float64 { return float64(s * s) }\ntype dot struct{ x int }",
		"shapes := []shape{sq(2), sq(3)}\nthings := map[string]any{\"lock\": lab.NewLock(), \"sq\": sq(4)}\nvar other any = dot{1}",
	} {
		if _, _, err := n.run(t.Context(), code); err != nil {
			t.Fatalf("%s: %v", code, err)
		}
	}
	r := n.compare(t, "%%subprocess -n 1 -r 1\nthings[\"lock\"].(*lab.Lock).With(func() {})\nshapes[1].area() + things[\"sq\"].(sq).area()")
	if o := outcomes(t, r, "subprocess")[0]; o.Result != "25" {
		t.Errorf("got %s %s, want 25", o.Result, o.Error)
	}
	_, _, err := n.run(t.Context(), "%%subprocess -n 1 -r 1\nother != nil")
	if err == nil || !strings.HasPrefix(err.Value, "other (type main.dot) cannot be sent to another process: the worker does not know this type") {
		t.Errorf("a type that the workload does not have: got %v", err)
	}
}

func TestComparisonErrorsNameTheFlagOrTheLine(t *testing.T) {
	n := newNotebook(t)
	for _, tt := range []struct{ code, want string }{
		{"%%compare -n 0\n1", "-n"}, {"%%compare --modes simpel\n1", "simple"}, {"%%compare --wokers 2\n1", "--wokers"},
		{"%%compare\nx := \n", "line"}, {"%%compare\n\nundefinedName", "3:1"},
		{"%%compare --modes simple,goroutines -r 1\nvar m map[int]int\nm[1] = 1", "line 3"},
	} {
		_, out, err := n.run(t.Context(), tt.code)
		if err == nil || !strings.Contains(err.Value+strings.Join(err.Traceback, "\n"), tt.want) {
			t.Errorf("%q: got %v, want %q in it (output %q)", tt.code, err, tt.want, out)
		}
	}
}

func TestSavedResultIsAGoValue(t *testing.T) {
	n := newNotebook(t)
	n.compare(t, "%%compare -n 2 -r 1 --modes simple,goroutines --save r\nworker")
	v, _, err := n.run(t.Context(), "fmt.Sprint(r.Modes, len(r.Runs) > 1)")
	if err != nil || v != `"[simple goroutines] true"` {
		t.Errorf("got %s, %v", v, err)
	}
	if _, _, err := n.run(t.Context(), "func best(r lab.Result) string { return r.Modes[0] }\nbest(r)"); err != nil {
		t.Error(err)
	}
}

func TestDisplayHandles(t *testing.T) {
	n := newNotebook(t)
	n.n++
	out := &recorder{}
	r := n.s.Execute(t.Context(), langRequest("h := display.HTML(\"1\")\nfmt.Print(\"between\")\nh.HTML(\"2\")", n.n), out)
	if r.Err != nil {
		t.Fatal(r.Err)
	}
	if len(out.shown) != 2 || out.shown[0].Action != display.Show || out.shown[1].Action != display.Update || out.shown[0].ID != out.shown[1].ID {
		t.Errorf("got %+v, want a display and its update", out.shown)
	}
	if v, _, err := n.run(t.Context(), "h"); err != nil || v != "" {
		t.Errorf("a handle showed as %q, %v; want nothing", v, err)
	}
}

func TestTasksInEveryMode(t *testing.T) {
	n := newNotebook(t)
	if _, _, err := n.run(t.Context(), "func times(i int) int { return 10 * i }\ntask := \"not this one\""); err != nil {
		t.Fatal(err)
	}
	r := n.compare(t, "%%compare -r 1 --tasks 100 --chunk 8 --modes simple,serialized,async,goroutines,subprocess,hybrid --hybrid 1x2\ntimes(task) + 0*workers")
	for _, run := range r.Runs {
		if sum, ok := run.TaskSum(); !ok || sum != 49500 {
			t.Errorf("%s: got sum %v %v, want 49500: %+v", run.Mode, sum, ok, run.Outcomes)
		}
	}
	if _, _, err := n.run(t.Context(), "%%goroutines -n 2 -r 1\nlen(task)"); err != nil {
		t.Errorf("without --tasks the session's variable is meant: %v", err)
	}
}

// With --lock-each the workers of a process take turns, and those of others do not wait for them.
func TestALockForEachProcess(t *testing.T) {
	n := newNotebook(t)
	const workload = "\nfor start := time.Now(); time.Since(start) < 50*time.Millisecond; {\n}"
	r := n.compare(t, "%%hybrid --hybrid 1x2,2x1 -r 1 --lock-each"+workload)
	for _, s := range r.Summaries {
		switch waited := s.Sample.Waited > 0; {
		case s.Shape == "1×2" && (!waited || s.Sample.Forced == 0):
			t.Errorf("two workers under one lock waited %v and were asked for it %d times", s.Sample.Waited, s.Sample.Forced)
		case s.Shape == "2×1" && waited:
			t.Errorf("workers of two processes waited %v for each other", s.Sample.Waited)
		}
	}
	if r.Lock != "interval=5ms" {
		t.Errorf("the result names the lock %q", r.Lock)
	}
	r = n.compare(t, "%%hybrid --hybrid 1x2 -r 1"+workload)
	if s := r.Summaries[0]; s.Sample.Forced > 0 || r.Lock != "" {
		t.Errorf("without a lock there were %d hand-overs, lock %q", s.Sample.Forced, r.Lock)
	}
}

// A worker that takes too long is stopped alone, also where others share its process.
func TestTimeoutOfAHybridWorker(t *testing.T) {
	n := newNotebook(t)
	for name, endless := range map[string]string{"computes": "for {\n}", "waits": "select {}", "sleeps": "time.Sleep(time.Hour)"} {
		t.Run(name, func(t *testing.T) {
			r := n.compare(t, "%%hybrid --hybrid 1x2 -r 1 --timeout 2s\nif worker == 1 { "+endless+" }\nworker + 40")
			o := r.Runs[0].Outcomes
			if o[0].Failed() || o[0].Result != "40" {
				t.Errorf("the worker that had ended is lost: %+v", o[0])
			}
			if o[1].Failure != measure.TimedOut || o[1].Error != "no result after 2s" {
				t.Errorf("got %s %q, want a timeout", o[1].Failure, o[1].Error)
			}
		})
	}
}

// Objects of package lab are the same in every mode, and afterwards.
func TestLabObjectsInEveryMode(t *testing.T) {
	n := newNotebook(t)
	if _, _, err := n.run(t.Context(), "lock, total := lab.NewLock(\"total\"), lab.NewValue(0)\nresults, meet := lab.NewQueue(0), lab.NewBarrier(2)\nmemory := lab.NewSharedMemory(16)"); err != nil {
		t.Fatal(err)
	}
	r := n.compare(t, `%%compare -n 2 -r 1 --modes serialized,async,goroutines,subprocess
for range 50 { lock.With(func() { total.Store(total.Load() + 1) }) }
meet.Wait()
memory.Ints()[worker] += int64(worker + 1)
results.Put(worker)
total.Load() > 0`)
	for _, run := range r.Runs {
		if run.Failed() > 0 {
			t.Errorf("%s: %+v", run.Mode, run.Outcomes)
		}
	}
	// 4 modes, a warm-up and a run, 2 workers.
	v, _, err := n.run(t.Context(), "fmt.Sprint(total.Load(), results.Len(), memory.Ints())")
	if err != nil || v != `"800 16 [8 16]"` {
		t.Errorf("got %s, %v", v, err)
	}
}

func TestDeadlockBetweenProcessesIsShown(t *testing.T) {
	n := newNotebook(t)
	if _, _, err := n.run(t.Context(), "a, b, meet := lab.NewLock(\"a\"), lab.NewLock(\"b\"), lab.NewBarrier(2)"); err != nil {
		t.Fatal(err)
	}
	r := n.compare(t, `%%subprocess -n 2 -r 1
first, second := a, b
if worker == 1 { first, second = b, a }
first.With(func() { meet.Wait(); second.With(func() {}) })
worker`)
	found := false
	for _, w := range r.Warnings {
		found = found || strings.Contains(w.Text, `holds lock "a" and waits for lock "b"`) && strings.Contains(w.Text, "worker 0") && strings.Contains(w.Text, "worker 1")
	}
	if !found {
		t.Errorf("got %v, want the wait-for graph", r.Warnings)
	}
}

// A saved result is shown as a table, and so are several together.
func TestResultsAreShownAsTables(t *testing.T) {
	n := newNotebook(t)
	for _, name := range []string{"one", "two"} {
		n.compare(t, "%%compare -n 2 -r 1 --modes simple,goroutines --save "+name+"\nworker")
	}
	r := n.compare(t, "lab.Table(one, two)")
	if want := []string{"one/simple", "one/goroutines", "two/simple", "two/goroutines"}; !slices.Equal(r.Modes, want) {
		t.Errorf("got modes %q, want %q", r.Modes, want)
	}
	n.n++
	out := &recorder{}
	res := n.s.Execute(t.Context(), langRequest("display.Any(one)\none", n.n), out)
	if res.Err != nil {
		t.Fatal(res.Err)
	}
	for i, b := range []display.Bundle{out.shown[0].Bundle, *res.Value} {
		if html, _ := b.Data["text/html"].(string); !strings.Contains(html, "<table") {
			t.Errorf("%d: got %v, want a table", i, b.Data)
		}
	}
}
