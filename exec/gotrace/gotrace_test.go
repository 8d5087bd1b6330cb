package gotrace_test

import (
	"runtime"
	"testing"
	"time"

	"lockstep/exec"
	"lockstep/exec/gotrace"
	"lockstep/exec/measure"
)

// traced makes a run of goroutines for its timeline.
func traced(t *testing.T, workers int, w exec.WorkloadFunc) measure.Run {
	t.Helper()
	plan := exec.Plan{Modes: []exec.Mode{exec.Goroutines}, Workers: []int{workers}, Repetitions: 1, Timeline: true}
	r, err := exec.Run(t.Context(), plan, w, exec.Setting{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Runs) != 3 || r.Runs[2].Repetition != measure.TimelineOnly || r.Runs[2].Counts() {
		t.Fatalf("got %d runs, the last of repetition %d; want a warm-up, one that counts and one for the timeline", len(r.Runs), r.Runs[len(r.Runs)-1].Repetition)
	}
	if s, _ := r.Summary("goroutines", workers); s.Runs != 1 {
		t.Errorf("%d runs count, want 1", s.Runs)
	}
	return r.Runs[2]
}

// in sums up the time of a worker in a state.
func in(tl *measure.Timeline, worker int, state string) (sum time.Duration) {
	for _, s := range tl.Spans {
		if s.Worker == worker && s.State == state {
			sum += s.End - s.Start
		}
	}
	return sum
}

func TestRunningReadyAndBlocked(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // so that one must wait for the core
	const work, sleep = 20 * time.Millisecond, 50 * time.Millisecond
	run := traced(t, 3, func(w exec.Worker) (any, error) {
		if w.Index == 2 {
			time.Sleep(sleep)
			return nil, nil
		}
		for start := time.Now(); time.Since(start) < work; {
			for step := time.Now(); time.Since(step) < time.Millisecond; {
			}
			runtime.Gosched()
		}
		return nil, nil
	})
	tl, err := gotrace.Timeline(run.Trace, run.Sample.Elapsed)
	if err != nil {
		t.Fatal(err)
	}
	if !tl.Traced || tl.Stride != 1 {
		t.Errorf("got traced %t, stride %d", tl.Traced, tl.Stride)
	}
	// How long it was is the scheduler's affair: on a busy machine it comes late to its sleep.
	if slept := in(tl, 2, "blocked"); slept <= 0 || slept > run.Sample.Elapsed {
		t.Errorf("a worker that slept for %v was blocked for %v", sleep, slept)
	}
	// Two that take turns on the one core: each is ready meanwhile, and never both run.
	var last measure.Span
	for _, span := range tl.Spans {
		if span.State != "running" {
			continue
		}
		if span.Start < last.End {
			t.Errorf("worker %d runs from %v on, and worker %d until %v, on one core", span.Worker, span.Start, last.Worker, last.End)
		}
		last = span
	}
	for worker := range 2 {
		if in(tl, worker, "ready") <= 0 || in(tl, worker, "running") <= 0 {
			t.Errorf("worker %d was ready for %v and ran for %v, want some of both", worker, in(tl, worker, "ready"), in(tl, worker, "running"))
		}
	}
	for worker := range 3 {
		if all := in(tl, worker, "running") + in(tl, worker, "ready") + in(tl, worker, "blocked"); all > run.Sample.Elapsed {
			t.Errorf("worker %d: states of %v in a run of %v", worker, all, run.Sample.Elapsed)
		}
	}
}

// Very many changes of state are thinned, and that is said.
func TestManyChangesAreThinned(t *testing.T) {
	c := make(chan int)
	run := traced(t, 2, func(w exec.Worker) (any, error) {
		const n = 60_000
		for range n {
			if w.Index == 0 {
				c <- 1
			} else {
				<-c
			}
		}
		return nil, nil
	})
	tl, err := gotrace.Timeline(run.Trace, run.Sample.Elapsed)
	if err != nil {
		t.Fatal(err)
	}
	if tl.Stride < 2 || len(tl.Spans) > 100_000 || len(tl.Spans) < 10_000 {
		t.Errorf("got %d spans, one of %d", len(tl.Spans), tl.Stride)
	}
	for i := 1; i < len(tl.Spans); i++ {
		if tl.Spans[i].Start < tl.Spans[i-1].Start {
			t.Fatalf("span %d starts before the one before it", i)
		}
	}
}

func TestNoTrace(t *testing.T) {
	for name, data := range map[string][]byte{"nothing": nil, "other data": []byte("no trace at all")} {
		if tl, err := gotrace.Timeline(data, time.Second); err == nil {
			t.Errorf("%s: got %+v, want an error", name, tl)
		}
	}
}
