package exec_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"lockstep/exec"
	"lockstep/exec/measure"
)

// crew stands for processes that take some time to start and to work.
type crew struct {
	shape  exec.Shape
	work   time.Duration
	closed int
}

func (c *crew) Prepare(_ context.Context, s exec.Shape) (exec.Crew, error) {
	time.Sleep(7 * time.Millisecond)
	c.shape = s
	return c, nil
}

func (c *crew) Startup() exec.Startup {
	s := exec.Startup{Elapsed: 7 * time.Millisecond, SentBytes: 100}
	if c.shape.Warm && c.closed > 0 {
		s.Elapsed, s.Warm = time.Millisecond, c.shape.Processes
	}
	return s
}

func (c *crew) Run(ctx context.Context) ([]measure.Outcome, error) {
	var outcomes []measure.Outcome
	for i := range c.shape.Workers() {
		o := measure.Outcome{Worker: i, Result: "1", CPUUser: 2 * time.Millisecond, PeakBytes: 10, ReceivedBytes: 3}
		select {
		case <-time.After(c.work):
		case <-ctx.Done():
			o.Failure, o.Result = measure.Signaled, ""
		}
		outcomes = append(outcomes, o)
	}
	return outcomes, nil
}

func (c *crew) Timeline() *measure.Timeline {
	if !c.shape.Record {
		return nil
	}
	return &measure.Timeline{Spans: []measure.Span{{State: "starting", Start: -time.Millisecond}}, Stride: 1}
}

func (c *crew) Close() error {
	c.closed++
	return nil
}

func TestSubprocessTimesStartupApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crew{work: 5 * time.Millisecond}
		plan := exec.Plan{Modes: []exec.Mode{exec.Subprocess}, Workers: []int{2}, Repetitions: 2}
		r, err := exec.Run(t.Context(), plan, nil, exec.Setting{Processes: c}, nil)
		if err != nil {
			t.Fatal(err)
		}
		want := measure.Sample{
			Elapsed: 10 * time.Millisecond, Startup: time.Millisecond, Warm: 2, CPUUser: 4 * time.Millisecond,
			PeakBytes: 20, SentBytes: 100, ReceivedBytes: 6,
		}
		if got := r.Runs[2].Sample; got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if c.closed != 3 {
			t.Errorf("crews closed: got %d, want 3", c.closed)
		}
		// Only the warm-up has started processes: that is the start-up.
		if s, _ := r.Summary("subprocess", 2); s.Startup != 7*time.Millisecond || s.Total != 17*time.Millisecond {
			t.Errorf("got a start-up of %v, a total of %v, want 7ms, 17ms", s.Startup, s.Total)
		}
		plan.Spawn = true
		if r, err = exec.Run(t.Context(), plan, nil, exec.Setting{Processes: c}, nil); err != nil {
			t.Fatal(err)
		}
		if s, _ := r.Summary("subprocess", 2); s.Sample.Warm != 0 || s.Startup != 7*time.Millisecond {
			t.Errorf("with --spawn: got a start-up of %v, %d processes were there", s.Startup, s.Sample.Warm)
		}
	})
}

func TestHybridDividesTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crew{work: time.Millisecond}
		shape := exec.Shape{Processes: 2, Goroutines: 3}
		plan := exec.Plan{Modes: []exec.Mode{exec.Hybrid}, Shapes: []exec.Shape{shape}, Repetitions: 1}
		r, err := exec.Run(t.Context(), plan, nil, exec.Setting{Processes: c}, nil)
		if err != nil {
			t.Fatal(err)
		}
		shape.Warm = true
		if run := r.Runs[1]; c.shape != shape || len(run.Outcomes) != 6 || run.Workers != 6 || run.Shape != "2×3" {
			t.Errorf("got shape %v, run %+v", c.shape, run)
		}
	})
}

func TestSubprocessHasATimeline(t *testing.T) {
	plan := exec.Plan{Modes: []exec.Mode{exec.Subprocess}, Workers: []int{1}, Repetitions: 2, Timeline: true}
	r, err := exec.Run(t.Context(), plan, nil, exec.Setting{Processes: &crew{}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if r.Runs[0].Timeline != nil || r.Runs[1].Timeline != nil || r.Runs[2].Timeline == nil {
		t.Errorf("got %+v, want one with the last run only", r.Runs)
	}
}

func TestSubprocessTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &crew{work: time.Hour}
		plan := exec.Plan{Modes: []exec.Mode{exec.Subprocess}, Workers: []int{1}, Timeout: time.Second}
		r, err := exec.Run(t.Context(), plan, nil, exec.Setting{Processes: c}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if o := r.Runs[0].Outcomes[0]; o.Failure != measure.TimedOut || !strings.Contains(o.Error, "1s") {
			t.Errorf("got %s %q, want a timeout", o.Failure, o.Error)
		}
	})
}

type unsendable struct{}

var errUnsendable = errors.New("cfg.Hook: a func cannot be sent")

func (unsendable) Prepare(context.Context, exec.Shape) (exec.Crew, error) { return nil, errUnsendable }

func TestWhatCannotBeSentIsTheError(t *testing.T) {
	r, err := exec.Run(t.Context(), exec.Plan{Modes: []exec.Mode{exec.Subprocess}}, nil, exec.Setting{Processes: unsendable{}}, nil)
	if !errors.Is(err, errUnsendable) || len(r.Runs) != 0 {
		t.Errorf("got %d runs, error %v, want none, %v", len(r.Runs), err, errUnsendable)
	}
}
