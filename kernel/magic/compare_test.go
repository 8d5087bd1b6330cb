package magic

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"

	"lockstep/exec"
	"lockstep/exec/measure"
)

// runningEnv measures for real, a workload written in the test.
type runningEnv struct {
	*fakeEnv
	workload exec.WorkloadFunc
}

func (e runningEnv) Measure(ctx context.Context, m Measurement, progress func(exec.Progress)) (measure.Result, error) {
	return exec.Run(ctx, m.Plan, e.workload, exec.Setting{}, progress)
}

// failing returns a workload that panics in all calls but the first ones.
func failing(after int64) exec.WorkloadFunc {
	var calls atomic.Int64
	return func(exec.Worker) (any, error) {
		// Calls 1 to 2 are the warm-up of simple, 3 to 4 of goroutines, 5 to 6 simple again.
		if n := calls.Add(1); n > after && n != 5 && n != 6 {
			panic("boom")
		}
		return nil, nil
	}
}

func TestCompareWithRealRuns(t *testing.T) {
	for _, test := range []struct {
		name     string
		workload exec.WorkloadFunc
		want     []string // parts of the transcript, in order
	}{
		{
			"fine", func(w exec.Worker) (any, error) { return w.Index, nil },
			[]string{"show id1", "<progress", "update id1", "<small>4 runs in", "value: result as"},
		},
		{
			"one fails", func(w exec.Worker) (any, error) { return w.Index, []error{nil, context.DeadlineExceeded}[w.Index] },
			[]string{"value: result as"},
		},
		{
			"a mode fails", failing(2),
			[]string{
				"<small>3 runs in", "show: result as", // the mode that failed is not tried again
				"ERROR panic: %%compare: goroutines with 2 workers: worker ", ": panic: boom\n",
			},
		},
		{
			"all panic", func(w exec.Worker) (any, error) { panic("boom") },
			[]string{
				"<small>ended early after 1 of 4 runs", "ERROR panic: %%compare: simple with 2 workers: worker 0: panic: boom\n",
				"    panic: %%compare",
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			env := runningEnv{newFakeEnv(t), test.workload}
			result := Run(t.Context(), env, Call{Kind: Cell, Name: "compare", Args: "-n 2 -r 1 --modes simple,goroutines", Body: "f()", Line: 1, BodyLine: 2})
			env.ended(result)
			rest := env.log.String()
			for _, part := range test.want {
				before, after, found := strings.Cut(rest, part)
				if !found {
					t.Fatalf("no %q in\n%s\nafter\n%s", part, rest, strings.TrimSuffix(env.log.String(), rest))
				}
				_, rest = before, after
			}
		})
	}
}

// Who was stopped may have waited for one that had failed: the error is that one's.
func TestErrorIsTheCause(t *testing.T) {
	r := measure.Result{Runs: []measure.Run{{Mode: "goroutines", Workers: 3, Outcomes: []measure.Outcome{
		{Worker: 0, Failure: measure.TimedOut, Error: "no result after 1s"},
		{Worker: 1, Failure: measure.Panicked, Error: "panic: boom"},
		{Worker: 2, Failure: measure.Panicked, Error: "panic: bang"},
	}}}}
	in := &invocation{title: "%%goroutines"}
	if got, want := in.workloadError(r).Value, "%%goroutines: goroutines with 3 workers: worker 1: panic: boom"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestWhatAdviseCalls(t *testing.T) {
	for text, want := range map[string]bool{
		"fib": true, "p.run": true, "func() { time.Sleep(time.Second) }": true,
		"fib(30)": false, "func() int { return 1 }()": false, "1 + 1": false, "x :=": false,
	} {
		if got := isFunction(text); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

func TestCompareInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	env := runningEnv{newFakeEnv(t), func(exec.Worker) (any, error) { cancel(); return nil, nil }}
	env.ended(Run(ctx, env, Call{Kind: Cell, Name: "compare", Args: "-n 2", Body: "f()", Line: 1, BodyLine: 2}))
	log := env.log.String()
	if !strings.Contains(log, "<small>interrupted after ") || !strings.Contains(log, "ERROR interrupted: %%compare: interrupted after ") {
		t.Errorf("got %s", log)
	}
}
