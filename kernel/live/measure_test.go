package live_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"lockstep/exec/measure"
	"lockstep/exec/render"
	"lockstep/kernel/lang"
)

// compare runs a %%compare cell and returns its result.
func (n *notebook) compare(t *testing.T, code string) measure.Result {
	t.Helper()
	n.n++
	r := n.s.Execute(t.Context(), lang.Request{Code: code, Count: n.n}, &recorder{})
	if r.Err != nil {
		t.Fatalf("%v\n%s", r.Err, strings.Join(r.Err.Traceback, "\n"))
	}
	raw, ok := r.Value.Data[render.MIMEType]
	if !ok {
		t.Fatalf("no %s in %v", render.MIMEType, r.Value.Data)
	}
	text, _ := r.Value.Data["text/plain"].(string)
	t.Log("\n" + text)
	return decode(t, raw)
}

func TestCompareInProcess(t *testing.T) {
	n := newNotebook(t)
	if _, _, err := n.run(t.Context(), "size := 30000"); err != nil {
		t.Fatal(err)
	}
	r := n.compare(t, `%%compare -n 1,2 -r 2 --modes simple,serialized,goroutines
xs := make([]float64, 0, size)
for i := 0; i < size; i++ { xs = append(xs, rand.Float64()) }
len(xs) + worker`)
	for _, s := range r.Summaries {
		if s.Failed > 0 {
			t.Errorf("%s with %d workers: %d failed", s.Mode, s.Workers, s.Failed)
		}
	}
	if got := r.Runs[len(r.Runs)-1].Outcomes[1].Result; got != "30001" {
		t.Errorf("result of worker 1: got %s, want 30001", got)
	}
}

// TestSleepingOverlapsUnderTheLock has workers sleep until all of them do. No
// time makes them hand the lock over: with async by its nature, with serialized by an interval that does not come.
func TestSleepingOverlapsUnderTheLock(t *testing.T) {
	n := newNotebook(t)
	n.must("asleep := new(atomic.Int64)")
	r := n.compare(t, "%%compare -n 4 -r 1 --modes serialized,async --lock interval=1h --timeout 1m\nasleep.Add(1)\nfor asleep.Load() < 4 { time.Sleep(time.Millisecond) }\nasleep.Load() >= 4")
	for _, run := range r.Runs {
		if run.Failed() > 0 {
			t.Errorf("%s: %+v", run.Mode, run.Outcomes)
		}
	}
}

func TestGoroutinesUseTheCores(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Log("one core: nothing to compare")
		return
	}
	n := newNotebook(t)
	// Compiled steps are a hundred times as fast as interpreted ones: the loop is made
	// longer until its time says something.
	const meaningful = 40 * time.Millisecond
	steps, quiet := 100_000, 0
	for quiet < 3 {
		r := n.compare(t, fmt.Sprintf("%%%%compare -n 2 -r 3 --modes simple,goroutines\ns := 0\nfor i := 0; i < %d; i++ { s += i }\ns", steps))
		simple, goroutines := median(t, r, "simple", 2), median(t, r, "goroutines", 2)
		switch {
		case simple < meaningful && steps < 1e10:
			steps *= 10
		case float64(goroutines) < 0.85*float64(simple):
			return
		case slices.ContainsFunc(r.Warnings, func(w measure.Warning) bool { return w.Kind == measure.MachineBusy }):
			t.Log("others use the cores: the times say nothing")
			return
		default:
			if quiet++; quiet == 3 {
				t.Errorf("2 counting workers: simple %v, goroutines %v; want goroutines to be clearly faster", simple, goroutines)
			}
		}
	}
}

// Under the lock a worker that waits lets the others run, whatever it is that it waits in.
func TestWaitingGivesTheLockUp(t *testing.T) {
	n := newNotebook(t)
	const pipe = "r, w, _ := os.Pipe()\ngo func() { time.Sleep(30 * time.Millisecond); w.Write([]byte(\"1\\n\")); w.Close() }()\n"
	for name, code := range map[string]string{
		"fmt.Fscan":         pipe + "var i int\nfmt.Fscan(r, &i)",
		"json.Decoder":      pipe + "var i int\njson.NewDecoder(r).Decode(&i)",
		"bufio.Scanner":     pipe + "s := bufio.NewScanner(r)\nfor s.Scan() {\n}",
		"io.ReadAll":        pipe + "io.ReadAll(r)",
		"io.Reader":         pipe + "var any io.Reader = r\nany.Read(make([]byte, 1))",
		"sync.Cond":         "c := sync.NewCond(new(sync.Mutex))\ngo func() { time.Sleep(30 * time.Millisecond); c.Signal() }()\nc.L.Lock()\nc.Wait()",
		"sync.Locker":       "var l sync.Locker = new(sync.Mutex)\nl.Lock()\ngo func() { time.Sleep(30 * time.Millisecond); l.Unlock() }()\nl.Lock()",
		"context":           "ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)\ndefer cancel()\n<-ctx.Done()",
		"a method value":    "f := time.Sleep\nf(30 * time.Millisecond)",
		"range over ticker": "t := time.NewTicker(30 * time.Millisecond)\ndefer t.Stop()\nfor range t.C {\n\tbreak\n}",
		"lab.Outside":       "lab.Outside(func() {\n\tfor start := time.Now(); time.Since(start) < 30*time.Millisecond; {\n\t}\n})",
	} {
		t.Run(name, func(t *testing.T) {
			r := n.compare(t, "%%serialized -n 1 -r 1\n"+code)
			run := r.Runs[len(r.Runs)-1]
			if o := run.Outcomes[0]; o.Failed() || o.Blocked < 25*time.Millisecond || o.Held > o.Elapsed/2 {
				t.Errorf("blocked for %v, held the lock for %v, in %v (%s); want most of it blocked", o.Blocked, o.Held, o.Elapsed, o.Error)
			}
		})
	}
}

// Whoever waits for a sync.Once must not keep the lock: the one that runs its function may have to have it back.
func TestOnceUnderTheLock(t *testing.T) {
	n := newNotebook(t)
	once := map[string]string{"sync.Once": "var once sync.Once\nfunc setUp() { once.Do(func() { time.Sleep(20 * time.Millisecond) }) }"}
	if os.Getenv(engineVariable) == "native" {
		once["sync.OnceFunc"] = "var setUp = sync.OnceFunc(func() { time.Sleep(20 * time.Millisecond) })"
		once["sync.OnceValue"] = "var answer = sync.OnceValue(func() int { time.Sleep(20 * time.Millisecond); return 42 })\nfunc setUp() { answer() }"
	}
	for name, decl := range once {
		t.Run(name, func(t *testing.T) {
			if _, _, err := n.run(t.Context(), decl); err != nil {
				t.Fatal(err)
			}
			r := n.compare(t, "%%serialized -n 3 -r 1 --timeout 20s\nsetUp()\nworker")
			for _, o := range r.Runs[0].Outcomes {
				if o.Failed() {
					t.Errorf("worker %d: %s", o.Worker, o.Error)
				}
			}
		})
	}
}
