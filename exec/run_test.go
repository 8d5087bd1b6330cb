package exec_test

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lockstep/exec"
	"lockstep/exec/exectest"
	"lockstep/exec/gil"
	"lockstep/exec/measure"
)

func TestPlanErrorsNameTheFlag(t *testing.T) {
	tests := []struct {
		plan exec.Plan
		flag string
		text string
	}{
		{exec.Plan{Workers: []int{0}}, "n", "-n must be at least 1, got 0"},
		{exec.Plan{Workers: []int{2, 2}}, "n", "-n lists 2 twice"},
		{exec.Plan{Workers: []int{}}, "n", "-n must give"},
		{exec.Plan{Workers: []int{1 << 20}}, "n", "at most"},
		{exec.Plan{Repetitions: -1}, "r", "-r must be at least 1, got -1"},
		{exec.Plan{Modes: []exec.Mode{"goroutine"}}, "modes", "did you mean goroutines"},
		{exec.Plan{Modes: []exec.Mode{exec.Simple, exec.Simple}}, "modes", "twice"},
		{exec.Plan{Modes: []exec.Mode{}}, "modes", "at least one"},
		{exec.Plan{Modes: []exec.Mode{exec.Subprocess}}, "modes", "cannot be started here"},
		{exec.Plan{Timeout: -1}, "timeout", "--timeout"},
		{exec.Plan{Budget: -1}, "time", "--time must not be negative"},
		{exec.Plan{Budget: time.Second, Repetitions: 3}, "time", "give one of the two"},
		{exec.Plan{Modes: []exec.Mode{exec.Simple}, Shapes: []exec.Shape{{Processes: 2, Goroutines: 2}}}, "hybrid", "needs the mode hybrid"},
		{exec.Plan{LockEach: true}, "lock-each", "needs the mode hybrid"},
	}
	never := exec.WorkloadFunc(func(exec.Worker) (any, error) {
		t.Error("the workload ran")
		return nil, nil
	})
	for _, tt := range tests {
		_, err := exec.Run(t.Context(), tt.plan, never, exec.Setting{}, nil)
		var e *exec.PlanError
		if !errors.As(err, &e) || e.Flag != tt.flag || !strings.Contains(e.Text, tt.text) {
			t.Errorf("%+v: got error %v, want flag %q, text %q", tt.plan, err, tt.flag, tt.text)
		}
	}
	for want, shapes := range map[string][]exec.Shape{
		"got 0×4": {{Goroutines: 4}}, "lists 2×1 twice": {{Processes: 2, Goroutines: 1}, {Processes: 2, Goroutines: 1}},
		"at most 10000 workers": {{Processes: 200, Goroutines: 200}},
	} {
		err := (exec.Plan{Modes: []exec.Mode{exec.Hybrid}, Shapes: shapes}).Check(exec.WithProcesses)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: got %v, want %q in the error", shapes, err, want)
		}
	}
	if err := (exec.Plan{Modes: []exec.Mode{exec.Subprocess}}).Check(exec.WithProcesses); err != nil {
		t.Errorf("subprocess with processes: got %v", err)
	}
}

// order records in which order a fake runs things.
func order(into *[]string) exectest.Fake {
	return exectest.Fake{Before: func(_ context.Context, m exec.Mode, workers, k int) error {
		*into = append(*into, fmt.Sprintf("%s %d %d", m, workers, k))
		return nil
	}}
}

func TestRepetitionsAreInterleavedAfterOneWarmUp(t *testing.T) {
	var got []string
	var lines []string
	plan := exec.Plan{Modes: []exec.Mode{exec.Simple, exec.Async}, Workers: []int{3, 2}, Repetitions: 2}
	r, err := exec.RunWith(t.Context(), plan, order(&got).Executor(), func(p exec.Progress) {
		lines = append(lines, fmt.Sprintf("%d/%d", p.Done, p.Total))
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"simple 3 0", "async 3 0", "simple 3 1", "async 3 1", "simple 3 2", "async 3 2",
		"simple 2 0", "async 2 0", "simple 2 1", "async 2 1", "simple 2 2", "async 2 2",
	}
	if !slices.Equal(got, want) {
		t.Errorf("order: got %q, want %q", got, want)
	}
	if len(r.Runs) != 12 || r.Runs[1].Mode != "async" || !r.Runs[1].WarmUp() || r.Runs[11].Repetition != 2 {
		t.Errorf("runs: got %+v", r.Runs)
	}
	if len(lines) != 13 || lines[0] != "0/12" || lines[12] != "12/12" {
		t.Errorf("progress: got %v", lines)
	}
	if s, _ := r.Summary("async", 2); s.Runs != 2 {
		t.Errorf("the warm-up must not count: got %d runs, want 2", s.Runs)
	}
}

// A budget is spent on rounds, of each number of workers in its share of the
// time, and not on what is known well enough.
func TestBudget(t *testing.T) {
	for _, tt := range []struct {
		name      string
		elapsed   func(m exec.Mode, workers, k int) time.Duration
		low, high int // rounds that count, of each number of workers
	}{
		{"steady", func(exec.Mode, int, int) time.Duration { return 10 * time.Millisecond }, 6, 6},
		{"noisy", func(_ exec.Mode, _, k int) time.Duration { return time.Duration(50+100*(k%2)) * time.Millisecond }, 22, 26},
		{"long", func(exec.Mode, int, int) time.Duration { return time.Hour }, 1, 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			fake := exectest.Fake{Elapsed: tt.elapsed, Before: func(_ context.Context, m exec.Mode, workers, k int) error {
				time.Sleep(tt.elapsed(m, workers, k))
				return nil
			}}
			last := exec.Progress{Total: 1}
			r, err := exec.RunWith(t.Context(), exec.Plan{Modes: []exec.Mode{exec.Simple, exec.Async}, Workers: []int{2, 3}, Budget: 10 * time.Second},
				fake.Executor(), func(p exec.Progress) {
					if p.Share() < last.Share() || p.Total < p.Done {
						t.Errorf("%s: after %+v came %+v", tt.name, last, p)
					}
					last = p
				})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range r.Summaries {
				if s.Runs < tt.low || s.Runs > tt.high {
					t.Errorf("%s: %s with %d workers: got %d runs, want %d to %d", tt.name, s.Mode, s.Workers, s.Runs, tt.low, tt.high)
				}
			}
			if last.Share() != 1 || r.Budget != 10*time.Second {
				t.Errorf("%s: got %+v at the end, budget %v", tt.name, last, r.Budget)
			}
		})
	}
}

// The rows of a comparison with the mode hybrid are its shapes; the other modes
// run once for each number of workers.
func TestShapesAreRows(t *testing.T) {
	fake := exectest.Fake{Elapsed: func(m exec.Mode, workers, k int) time.Duration { return time.Duration(workers) * time.Millisecond }}
	plan := exec.Plan{Modes: []exec.Mode{exec.Simple, exec.Hybrid}, Workers: []int{99}, Repetitions: 1,
		Shapes: []exec.Shape{{Processes: 1, Goroutines: 16}, {Processes: 4, Goroutines: 4}, {Processes: 2, Goroutines: 2}}}
	r, err := exec.RunWith(t.Context(), plan, fake.Executor(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, row := range r.Rows() {
		simple, _ := r.At("simple", row)
		hybrid, _ := r.At("hybrid", row)
		got = append(got, fmt.Sprintf("%v: %d, %d in %s %t", row, simple.Workers, hybrid.Workers, hybrid.Shape, hybrid.Speedup != nil))
	}
	want := []string{"1×16: 16, 16 in 1×16 true", "4×4: 16, 16 in 4×4 true", "2×2: 4, 4 in 2×2 true"}
	if !slices.Equal(got, want) || len(r.Runs) != 2*(2+3) {
		t.Errorf("got %q and %d runs, want %q and 10", got, len(r.Runs), want)
	}
}

func TestShapesOfWorkers(t *testing.T) {
	cores := runtime.GOMAXPROCS(0)
	for _, test := range []struct{ workers, want []int }{ // want: processes of each shape
		{[]int{3 * cores}, []int{1, cores, 3 * cores}},
		{[]int{1}, []int{1}},
		{[]int{2*cores + 1}, []int{1, 2*cores + 1}},
		{nil, []int{1, cores, 4 * cores}},
	} {
		plan := exec.Plan{Modes: []exec.Mode{exec.Hybrid}, Workers: test.workers, Repetitions: 1}
		r, err := exec.RunWith(t.Context(), plan, exectest.Fake{}.Executor(), nil)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range r.Rows() {
			got = append(got, row.Shape)
		}
		n := 4 * cores
		if test.workers != nil {
			n = test.workers[0]
		}
		var want []string
		for _, p := range slices.Compact(test.want) {
			if cores == 1 || n%p == 0 {
				want = append(want, fmt.Sprintf("%d×%d", p, n/p))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v workers: got %q, want %q", test.workers, got, want)
		}
	}
}

func TestZeroPlan(t *testing.T) {
	r, err := exec.RunWith(t.Context(), exec.Plan{}, exectest.Fake{}.Executor(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Modes, []string{"simple", "serialized", "goroutines", "subprocess"}) || !slices.Equal(r.Workers, []int{2, 3, 4}) {
		t.Errorf("got modes %v, workers %v", r.Modes, r.Workers)
	}
	if r.Repetitions != 5 || len(r.Runs) != 6*4*3 || r.Lock != "interval=5ms" || r.Baseline != "simple" {
		t.Errorf("got %d repetitions, %d runs, lock %q, baseline %q", r.Repetitions, len(r.Runs), r.Lock, r.Baseline)
	}
}

// Modes that nobody has asked for by name are left out where they cannot be had.
func TestProcessesThatCannotBeHad(t *testing.T) {
	work := exec.WorkloadFunc(func(exec.Worker) (any, error) { return nil, nil })
	setting := exec.Setting{NoProcesses: "f (type func()) cannot be sent"}
	r, err := exec.Run(t.Context(), exec.Plan{Workers: []int{2}, Repetitions: 1}, work, setting, nil)
	if err != nil || slices.Contains(r.Modes, "subprocess") || len(r.Warnings) == 0 ||
		r.Warnings[0].Text != "The mode subprocess was left out: f (type func()) cannot be sent." {
		t.Errorf("got modes %v, warnings %v, %v", r.Modes, r.Warnings, err)
	}
	if _, err := exec.Run(t.Context(), exec.Plan{Modes: []exec.Mode{exec.Subprocess}}, work, setting, nil); err == nil {
		t.Error("asked for by name, the mode was left out in silence")
	}
}

func TestInterruptKeepsWhatWasMeasured(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	fake := exectest.Fake{Before: func(_ context.Context, m exec.Mode, _, k int) error {
		if m == exec.Async && k == 2 {
			cancel()
		}
		return nil
	}}
	plan := exec.Plan{Modes: []exec.Mode{exec.Simple, exec.Async}, Workers: []int{2}, Repetitions: 3}
	r, err := exec.RunWith(ctx, plan, fake.Executor(), nil)
	var e *exec.InterruptedError
	if !errors.As(err, &e) || !errors.Is(err, context.Canceled) || e.Done != 5 || e.Total != 8 {
		t.Fatalf("got error %v, want interrupted after 5 of 8", err)
	}
	if len(r.Runs) != 5 || r.Interrupted == "" || len(r.Summaries) != 2 {
		t.Errorf("got %d runs, %d summaries, interrupted %q", len(r.Runs), len(r.Summaries), r.Interrupted)
	}
}

func TestExecutorErrorEndsTheComparison(t *testing.T) {
	broken := errors.New("cfg.Hook: a func cannot be sent")
	fake := exectest.Fake{Before: func(_ context.Context, m exec.Mode, _, _ int) error {
		if m == exec.Subprocess {
			return broken
		}
		return nil
	}}
	_, err := exec.RunWith(t.Context(), exec.Plan{}, fake.Executor(), nil)
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestNothingIsRepeatedThatNeverSucceeds(t *testing.T) {
	var got []string
	fake := order(&got)
	fake.Edit = func(r *measure.Run) {
		if r.Mode == "async" {
			for i := range r.Outcomes {
				r.Outcomes[i].Failure, r.Outcomes[i].Error = measure.TimedOut, "no result after 1s"
			}
		}
	}
	plan := exec.Plan{Modes: []exec.Mode{exec.Simple, exec.Async}, Workers: []int{2}, Repetitions: 2}
	r, err := exec.RunWith(t.Context(), plan, fake.Executor(), nil)
	if want := []string{"simple 2 0", "async 2 0", "simple 2 1", "simple 2 2"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if s, ok := r.Summary("async", 2); !ok || s.Failed != 2 || s.Runs != 0 || s.Speedup != nil {
		t.Errorf("summary: got %+v", s)
	}
}

func TestAWorkloadThatFailsEverywhereIsAnError(t *testing.T) {
	always := exec.WorkloadFunc(func(w exec.Worker) (any, error) { panic(fmt.Sprintf("boom %d", w.Index)) })
	_, err := exec.Run(t.Context(), exec.Plan{Workers: []int{2}}, always, exec.Setting{}, nil)
	var e *exec.WorkloadError
	if !errors.As(err, &e) || err.Error() != "panic: boom 0" || e.Mode != exec.Simple || e.Outcome.Stack == "" {
		t.Errorf("got %v, want the panic of worker 0", err)
	}
}

// The kernel makes the plan, the session carries it out.
func TestAPlanCanBeSent(t *testing.T) {
	want := exec.Plan{
		Title: "x", Modes: []exec.Mode{exec.Simple}, Workers: []int{2}, Repetitions: 3,
		Budget: time.Minute, Shapes: []exec.Shape{{Processes: 2, Goroutines: 4}},
		Lock: gil.Policy{Kind: gil.Ticks, Ticks: 7}, Timeout: time.Second, Timeline: true,
	}
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(want); err != nil {
		t.Fatal(err)
	}
	var got exec.Plan
	if err := gob.NewDecoder(&b).Decode(&got); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestProgressLine(t *testing.T) {
	p := exec.Progress{Mode: exec.Goroutines, Workers: 3, Repetition: 2, Done: 9, Total: 20, Elapsed: time.Second, Left: 2 * time.Second}
	if got, want := p.String(), "run 10 of 20: goroutines, 3 workers, repetition 2, about 2s left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// What a comparison keeps of a run is its figures: neither a run nor the result needs memory for the runs before it,
// beyond those.
func TestMemoryDoesNotGrowWithRepetitions(t *testing.T) {
	const each = 8 << 20
	live := func(repetitions int) (after uint64, r measure.Result) {
		plan := exec.Plan{Modes: []exec.Mode{exec.Simple, exec.Serialized, exec.Goroutines}, Workers: []int{2}, Repetitions: repetitions}
		r, err := exec.Run(t.Context(), plan, exec.WorkloadFunc(func(exec.Worker) (any, error) {
			return len(make([]byte, each)), nil
		}), exec.Setting{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc, r
	}
	few, first := live(2)
	many, last := live(60)
	perRun := float64(int64(many)-int64(few)) / float64(len(last.Runs)-len(first.Runs))
	// A run of two workers is a kilobyte or two of figures.
	if perRun > 16<<10 {
		t.Errorf("each run more leaves %.0f bytes behind, want its figures only", perRun)
	}
	runtime.KeepAlive(first)
	for _, mode := range []string{"simple", "serialized", "goroutines"} {
		var peaks []int64
		for _, run := range last.Runs {
			if run.Mode == mode {
				peaks = append(peaks, run.Sample.PeakBytes)
			}
		}
		early, late := slices.Max(peaks[:10]), slices.Max(peaks[len(peaks)-10:])
		if late > early+each {
			t.Errorf("%s: the peak is %d bytes in the first ten runs and %d in the last ten, want no more", mode, early, late)
		}
	}
}
