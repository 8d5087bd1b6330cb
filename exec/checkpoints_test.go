package exec_test

import (
	"math"
	"testing"
	"time"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/exec/measure"
)

// walker is a workload that passes some checkpoints, each after some time.
func walker(b *gil.Breaker, checkpoints int, each time.Duration) exec.WorkloadFunc {
	return func(exec.Worker) (any, error) {
		for range checkpoints {
			for start := time.Now(); time.Since(start) < each; {
			}
			if b.Raised() {
				gil.Checkpoint()
			}
		}
		return nil, nil
	}
}

func TestCheckpointsAreCounted(t *testing.T) {
	cost := exec.CheckpointCost{Checkpoints: 1000, Down: 20 * time.Millisecond, Up: 1000} // 20 µs, 1 ns
	for name, tt := range map[string]struct {
		plan        exec.Plan
		checkpoints int
		each        time.Duration
	}{
		"to the end":   {exec.Plan{Modes: []exec.Mode{exec.Simple}}, 300, 100 * time.Microsecond},
		"in the first": {exec.Plan{Modes: []exec.Mode{exec.Serialized, exec.Goroutines}}, 300, 100 * time.Microsecond},
		"to the limit": {exec.Plan{Modes: []exec.Mode{exec.Simple}}, 6000, 100 * time.Microsecond},
	} {
		var b gil.Breaker
		tt.plan.Workers, tt.plan.Repetitions = []int{1}, 1
		r, err := exec.Run(t.Context(), tt.plan, walker(&b, tt.checkpoints, tt.each), exec.Setting{Breaker: &b, Checkpoint: func() exec.CheckpointCost { return cost }}, nil)
		if err != nil {
			t.Fatal(err)
		}
		c := r.Checkpoints
		if c == nil {
			t.Errorf("%s: nothing is known of checkpoints", name)
			continue
		}
		// On a loaded machine they are further apart than it should be.
		if c.EachNS != 20_000 || c.EveryNS < 99_000 || math.Abs(c.Share-c.EachNS/c.EveryNS) > 1e-9 {
			t.Errorf("%s: got %+v, want 20 µs at least 100 µs apart", name, *c)
		}
		counted := 0
		for _, run := range r.Runs {
			if run.Counted {
				counted++
				if !run.WarmUp() {
					t.Errorf("%s: a run that counts was slowed down", name)
				}
			}
		}
		if counted != 1 || b.Raised() {
			t.Errorf("%s: %d runs were counted, the flag is up: %t", name, counted, b.Raised())
		}
	}
}

func TestNothingIsSaidOfCheckpointsThatAreNotThere(t *testing.T) {
	work := exec.WorkloadFunc(func(exec.Worker) (any, error) { return nil, nil })
	setting := exec.Setting{Checkpoint: func() exec.CheckpointCost {
		t.Error("calibrated for nothing")
		return exec.CheckpointCost{}
	}}
	for _, plan := range []exec.Plan{{Modes: []exec.Mode{exec.Simple}}, {Modes: []exec.Mode{exec.Simple}, Lock: gil.Policy{Kind: gil.Ticks}}} {
		plan.Workers, plan.Repetitions = []int{1}, 1
		if r, err := exec.Run(t.Context(), plan, work, setting, nil); err != nil || r.Checkpoints != nil {
			t.Errorf("got %+v, %v", r.Checkpoints, err)
		}
	}
}

func TestTicksTakeAsLongAsTheyDid(t *testing.T) {
	native := exec.CheckpointCost{Checkpoints: 1000, Down: 1000, Up: 5000} // 6 ns
	interp := exec.CheckpointCost{Checkpoints: 1000, Down: 8000, Up: 180_000}
	ticks := func(n int) gil.Policy { return gil.Policy{Kind: gil.Ticks, Ticks: n} }
	for name, tt := range map[string]struct {
		cost exec.CheckpointCost
		lock gil.Policy
		mode exec.Mode
		want string // the lock that was used
		said int    // what the result says of that
	}{
		"far shorter":      {native, ticks(0), exec.Serialized, "ticks=600", 1},
		"as asked":         {native, ticks(100), exec.Serialized, "ticks=100", 0},
		"longer":           {interp, ticks(0), exec.Serialized, "ticks=100", 0},
		"not calibrated":   {exec.CheckpointCost{}, ticks(0), exec.Serialized, "ticks=100", 0},
		"another policy":   {native, gil.Policy{}, exec.Serialized, "interval=5ms", 0},
		"there is no lock": {native, ticks(0), exec.Goroutines, "", 0},
	} {
		var b gil.Breaker
		plan := exec.Plan{Modes: []exec.Mode{exec.Simple, tt.mode}, Workers: []int{2}, Repetitions: 1, Lock: tt.lock}
		r, err := exec.Run(t.Context(), plan, walker(&b, 10, 0), exec.Setting{Breaker: &b, Engine: "native", Checkpoint: func() exec.CheckpointCost { return tt.cost }}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Lock != tt.want || len(r.Ticks) != tt.said {
			t.Errorf("%s: got lock %q and %+v, want %q and %d", name, r.Lock, r.Ticks, tt.want, tt.said)
		}
		if tt.said == 1 && (r.Ticks[0] != measure.Ticks{Engine: "native", Asked: 100, Used: 600, EachNS: 6, OldNS: 35}) {
			t.Errorf("%s: got %+v", name, r.Ticks[0])
		}
	}
}
