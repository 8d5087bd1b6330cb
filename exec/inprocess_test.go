package exec_test

import (
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/exec/measure"
)

var inProcessModes = []exec.Mode{exec.Simple, exec.Serialized, exec.Async, exec.Goroutines}

// once runs the workload in one mode and returns its last run.
func once(t *testing.T, p exec.Plan, b *gil.Breaker, w exec.WorkloadFunc) (measure.Run, error) {
	t.Helper()
	p.Repetitions = 1
	r, err := exec.Run(t.Context(), p, w, exec.Setting{Breaker: b}, nil)
	if len(r.Runs) == 0 {
		return measure.Run{}, err
	}
	return r.Runs[len(r.Runs)-1], err
}

func TestEachModeRunsAsItsNameSays(t *testing.T) {
	const work, sleep = 10 * time.Millisecond, 100 * time.Millisecond
	tests := []struct {
		mode exec.Mode
		want time.Duration
	}{
		{exec.Simple, 4 * (work + sleep)},
		{exec.Serialized, 4*work + sleep}, // the sleeps overlap, the work does not
		{exec.Async, 4*work + sleep},
		{exec.Goroutines, work + sleep},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			run, err := once(t, exec.Plan{Modes: []exec.Mode{tt.mode}, Workers: []int{4}}, nil, func(w exec.Worker) (any, error) {
				time.Sleep(work) // a call that keeps the lock
				gil.Sleep(sleep)
				return w.Index * w.Workers, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if run.Sample.Elapsed != tt.want {
				t.Errorf("%s: got %v, want %v", tt.mode, run.Sample.Elapsed, tt.want)
			}
			for i, o := range run.Outcomes {
				if want := []string{"0", "4", "8", "12"}[i]; o.Result != want || o.Worker != i || o.Failed() {
					t.Errorf("%s, worker %d: got %+v, want result %s", tt.mode, i, o, want)
				}
				if o.Held != work || o.Blocked != sleep {
					t.Errorf("%s, worker %d: got %v running, %v blocked, want %v, %v", tt.mode, i, o.Held, o.Blocked, work, sleep)
				}
			}
		})
	}
}

func TestSimpleIsOneGoroutine(t *testing.T) {
	var ids []string
	_, err := once(t, exec.Plan{Modes: []exec.Mode{exec.Simple}, Workers: []int{3}}, nil, func(exec.Worker) (any, error) {
		buf := make([]byte, 64)
		id, _, _ := strings.Cut(string(buf[:runtime.Stack(buf, false)]), " [")
		ids = append(ids, id)
		return nil, nil
	})
	if err != nil || len(slices.Compact(ids[3:])) != 1 {
		t.Errorf("goroutines of the second run: got %v, %v, want one", ids[3:], err)
	}
}

// Whatever happens to one worker, the others' results stay.
func TestOneWorkerFails(t *testing.T) {
	tests := []struct {
		name    string
		fail    func(b *gil.Breaker)
		failure measure.FailureKind
		text    string
	}{
		{"panic", func(*gil.Breaker) { panic("boom") }, measure.Panicked, "panic: boom"},
		{"run-time panic", func(*gil.Breaker) { var s []int; _ = s[len(os.Args)] }, measure.Panicked, "index out of range"},
		{"nil panic", func(*gil.Breaker) { panic(nil) }, measure.Panicked, "panic: nil"},
		{"goexit", func(*gil.Breaker) { runtime.Goexit() }, measure.Exited, "Goexit"},
		{"panic in a goroutine", func(*gil.Breaker) {
			gil.Go(func() { panic("inner") })
			gil.Block(func() { <-gil.Done() })
		}, measure.Panicked, "panic: inner"},
		{"endless loop", func(b *gil.Breaker) {
			for {
				if b.Raised() {
					gil.Checkpoint()
				}
				runtime.Gosched()
			}
		}, measure.TimedOut, "no result after 1s"},
		{"endless sleep", func(*gil.Breaker) { gil.Sleep(time.Hour) }, measure.TimedOut, "no result after 1s"},
	}
	for _, tt := range tests {
		for _, mode := range inProcessModes {
			t.Run(tt.name+" "+string(mode), func(t *testing.T) {
				t.Parallel()
				var b gil.Breaker
				plan := exec.Plan{Modes: []exec.Mode{mode}, Workers: []int{3}}
				// Worker 2, so that in mode simple the others come before a timeout.
				if tt.failure == measure.TimedOut {
					plan.Timeout = time.Second // which the others keep on a busy machine, too
				}
				run, err := once(t, plan, &b, func(w exec.Worker) (any, error) {
					if w.Index == 2 {
						tt.fail(&b)
					}
					return w.Index, nil
				})
				if err != nil {
					t.Fatal(err)
				}
				for i := range 2 {
					// An endless loop in mode async starves the others, as it does in asyncio.
					if o := run.Outcomes[i]; o.Failed() && !(mode == exec.Async && tt.name == "endless loop") {
						t.Errorf("worker %d: got %s %q, want a result", i, o.Failure, o.Error)
					}
				}
				if o := run.Outcomes[2]; o.Failure != tt.failure || !strings.Contains(o.Error, tt.text) {
					t.Errorf("worker 2: got %s %q, want %s %q", o.Failure, o.Error, tt.failure, tt.text)
				}
				if b.Raised() {
					t.Error("the breaker is still up")
				}
			})
		}
	}
}

// The time limit is of each worker, in whatever mode.
func TestTimeoutIsOfEachWorker(t *testing.T) {
	for _, mode := range inProcessModes {
		synctest.Test(t, func(t *testing.T) {
			plan := exec.Plan{Modes: []exec.Mode{mode}, Workers: []int{5}, Timeout: 30 * time.Millisecond}
			run, err := once(t, plan, nil, func(w exec.Worker) (any, error) {
				gil.Sleep(20 * time.Millisecond)
				if w.Index == 3 {
					gil.Sleep(20 * time.Millisecond)
				}
				return 1, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			for i, o := range run.Outcomes {
				if want := map[bool]measure.FailureKind{true: measure.TimedOut}[i == 3]; o.Failure != want {
					t.Errorf("%s, worker %d: got %q %s, want %q", mode, i, o.Failure, o.Error, want)
				}
			}
		})
	}
}

// Without checkpoints a worker cannot be stopped: it is written off, and so are
// those that come after it.
func TestTimeoutWithoutCheckpoints(t *testing.T) {
	for mode, want := range map[exec.Mode][]string{
		exec.Simple:     {"", "no result after 30ms; it came to no checkpoint and still runs", "not started, as worker 1 still runs"},
		exec.Goroutines: {"", "no result after 30ms; it came to no checkpoint and still runs", ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			plan := exec.Plan{Modes: []exec.Mode{mode}, Workers: []int{3}, Timeout: 30 * time.Millisecond}
			run, err := once(t, plan, nil, func(w exec.Worker) (any, error) {
				if w.Index == 1 {
					<-release
				}
				return 1, nil
			})
			close(release)
			if err != nil {
				t.Fatal(err)
			}
			for i, o := range run.Outcomes {
				if o.Error != want[i] {
					t.Errorf("%s, worker %d: got %q, want %q", mode, i, o.Error, want[i])
				}
			}
		})
	}
}

func TestAWorkerMayReturnAnError(t *testing.T) {
	run, err := once(t, exec.Plan{Workers: []int{2}, Modes: []exec.Mode{exec.Goroutines}}, nil, func(w exec.Worker) (any, error) {
		if w.Index == 1 {
			return 5, errors.New("no such file")
		}
		return 5, nil
	})
	if o := run.Outcomes[1]; err != nil || o.Failure != measure.Erred || o.Error != "no such file" || o.Result != "" {
		t.Errorf("got %+v, %v", o, err)
	}
}

func TestCancelEndsARunPromptly(t *testing.T) {
	for _, mode := range inProcessModes {
		var b gil.Breaker
		ctx, cancel := context.WithCancel(t.Context())
		var once sync.Once
		var ended atomic.Int32
		_, err := exec.Run(ctx, exec.Plan{Modes: []exec.Mode{mode}, Workers: []int{2}},
			exec.WorkloadFunc(func(exec.Worker) (any, error) {
				defer ended.Add(1)
				once.Do(cancel)
				for {
					if b.Raised() {
						gil.Checkpoint()
					}
				}
			}), exec.Setting{Breaker: &b}, nil)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want canceled", mode, err)
		}
		if ended.Load() == 0 || b.Raised() {
			t.Errorf("%s: got %d workers ended, breaker up: %v", mode, ended.Load(), b.Raised())
		}
	}
}

// Workers that have not begun when the run is stopped are not waited for.
func TestCancelBeforeWorkersBegin(t *testing.T) {
	for _, mode := range inProcessModes {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			ctx, cancel := context.WithCancel(t.Context())
			_, err := exec.Run(ctx, exec.Plan{Modes: []exec.Mode{mode}, Workers: []int{2}},
				exec.WorkloadFunc(func(exec.Worker) (any, error) { return nil, nil }), exec.Setting{}, func(exec.Progress) { cancel() })
			if took := time.Since(began); !errors.Is(err, context.Canceled) || took > 0 {
				t.Errorf("%s: got %v after %v, want canceled at once", mode, err, took)
			}
		})
	}
	var b gil.Breaker
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	outcomes, _ := exec.ExecuteAll(ctx, exec.WorkloadFunc(func(exec.Worker) (any, error) { return nil, nil }), exec.Share{Count: 1, Workers: 1}, &b, exec.Show{})
	if o := outcomes[0]; o.Failure != "" && (o.Failure != measure.Interrupted || o.Error != "interrupted") {
		t.Errorf("got %+v, want interrupted, or a result if it was before that", o)
	}
}

// A worker's end is the end of what it started, as it is in a process.
func TestGoroutinesEndWithTheirWorker(t *testing.T) {
	var b gil.Breaker
	var left atomic.Int32
	_, err := once(t, exec.Plan{Modes: []exec.Mode{exec.Goroutines}, Workers: []int{2}}, &b, func(exec.Worker) (any, error) {
		started := make(chan struct{})
		gil.Go(func() {
			left.Add(1)
			defer left.Add(-1)
			close(started)
			gil.Sleep(time.Hour)
		})
		gil.Recv(started)
		return nil, nil
	})
	if err != nil || left.Load() != 0 {
		t.Errorf("got %d goroutines left, %v", left.Load(), err)
	}
}

func TestTheBreakerCountsUnderTicksInEveryMode(t *testing.T) {
	var b gil.Breaker
	plan := exec.Plan{Modes: inProcessModes, Workers: []int{2}, Lock: gil.Policy{Kind: gil.Ticks}}
	r, err := exec.Run(t.Context(), plan, exec.WorkloadFunc(func(exec.Worker) (any, error) { return b.Raised(), nil }), exec.Setting{Breaker: &b}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range r.Runs {
		if run.Outcomes[0].Result != "true" {
			t.Errorf("%s: the flag is down", run.Mode)
		}
	}
}

func TestTimelineOfTheLastRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		run, err := once(t, exec.Plan{Modes: []exec.Mode{exec.Simple}, Workers: []int{1}, Timeline: true}, nil, func(exec.Worker) (any, error) {
			time.Sleep(2 * time.Millisecond)
			gil.Sleep(3 * time.Millisecond)
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []measure.Span{{State: "running", Start: 0, End: 2e6}, {State: "blocked", Start: 2e6, End: 5e6}}
		if run.Timeline == nil || !slices.Equal(run.Timeline.Spans, want) {
			t.Errorf("got %+v, want %+v", run.Timeline, want)
		}
	})
}

func TestPeakMemory(t *testing.T) {
	run, err := once(t, exec.Plan{Modes: []exec.Mode{exec.Simple}, Workers: []int{1}}, nil, func(exec.Worker) (any, error) {
		b := make([]byte, 100<<20)
		return len(b), nil
	})
	if err != nil || run.Sample.PeakBytes < 100<<20 || run.Sample.PeakBytes > 300<<20 {
		t.Errorf("got %d bytes, %v, want a little more than 100 MB", run.Sample.PeakBytes, err)
	}
}

func TestExecuteAllNumbersItsShare(t *testing.T) {
	outcomes, timeline := exec.ExecuteAll(t.Context(), exec.WorkloadFunc(func(w exec.Worker) (any, error) {
		return []int{w.Index, w.Workers}, nil
	}), exec.Share{First: 4, Count: 2, Workers: 8, Record: true}, new(gil.Breaker), exec.Show{})
	if timeline == nil || len(timeline.Spans) < 2 || timeline.Spans[0].Worker < 4 {
		t.Errorf("got timeline %+v", timeline)
	}
	if len(outcomes) != 2 || outcomes[0].Worker != 4 || outcomes[1].Result != "[]int{5, 8}" {
		t.Errorf("got %+v", outcomes)
	}
}

func TestRunsStartFromACollectedHeap(t *testing.T) {
	var live []uint64
	_, err := once(t, exec.Plan{Modes: []exec.Mode{exec.Goroutines}, Workers: []int{1}}, nil, func(exec.Worker) (any, error) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		live = append(live, m.HeapAlloc)
		_ = make([]byte, 64<<20)
		return nil, nil
	})
	if err != nil || live[1] > live[0]+32<<20 {
		t.Errorf("heap at the start of the runs: got %d, %v, want no garbage of the first in the second", live, err)
	}
}
