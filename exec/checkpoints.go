package exec

import (
	"math"
	"sync"
	"time"

	"lockstep/exec/gil"
	"lockstep/exec/measure"
)

// CheckpointCost is what checkpoints cost where an engine has calibrated them:
// how much longer a loop takes that many steps of which have one.
type CheckpointCost struct {
	Checkpoints int
	Down        time.Duration // with the flag down, as it is most of the time
	Up          time.Duration // with the flag up
}

// each divides a cost, in nanoseconds.
func (c CheckpointCost) each(d time.Duration) float64 {
	return float64(d) / float64(max(1, c.Checkpoints))
}

// oldTick is how long CPython 2 took from one tick to the next. In the table of 2017 that lesson 1 shows,
// an append of a random number takes 206 ns, in which the interpreter passes about six of its ten
// byte-codes by the way that counts.
const oldTick = 35 * time.Nanosecond

// ticks returns with how many checkpoints the lock is to be released so that threads come to it as often as they
// did in CPython 2; scaled is false if a checkpoint that counts takes as long as a tick, or nearly. The number is rounded
// to one digit: a calibration is not the same twice.
func (c CheckpointCost) ticks() (t measure.Ticks, scaled bool) {
	each := c.each(c.Down + c.Up)
	times := float64(oldTick) / each
	if each <= 0 || times < 1.5 {
		return t, false
	}
	digit := math.Pow10(int(math.Log10(gil.DefaultTicks * times)))
	return measure.Ticks{Asked: gil.DefaultTicks, Used: int(math.Round(gil.DefaultTicks*times/digit) * digit), EachNS: each, OldNS: float64(oldTick)}, true
}

// censusLimit is how long checkpoints are counted at most: interpreted code is
// several times slower meanwhile.
const censusLimit = 500 * time.Millisecond

// census counts the checkpoints of worker 0 in a warm-up, to tell how far they
// are apart.
type census struct {
	mode     Mode
	workers  int
	window   time.Duration // for how long they were counted
	finished bool          // the worker was done before the limit
	passed   int64
}

// begin puts the flag up, so that each checkpoint is counted, and returns what
// ends that. It must be ended.
func (c *census) begin(b *gil.Breaker, elapsed func() time.Duration) (end func()) {
	b.Raise(gil.Count)
	var once sync.Once
	stop := func(finished bool) {
		once.Do(func() {
			c.window, c.finished = elapsed(), finished
			b.Lower(gil.Count)
		})
	}
	timer := time.AfterFunc(censusLimit, func() { stop(false) })
	return func() {
		timer.Stop()
		stop(true)
	}
}

// conclude tells what checkpoints cost the workload; nil if it has none.
func (c *census) conclude(r *measure.Result, cost CheckpointCost) *measure.Checkpoints {
	if c.passed == 0 || cost.Down <= 0 {
		return nil
	}
	// From one checkpoint to the next while they were counted, less the counting.
	every := float64(c.window)/float64(c.passed) - cost.each(cost.Up)
	if c.finished {
		// Exact: the worker passes as many in every run.
		var times []time.Duration
		for _, run := range r.Runs {
			if run.Mode == string(c.mode) && run.Workers == c.workers && run.Counts() && len(run.Outcomes) > 0 && !run.Outcomes[0].Failed() {
				times = append(times, run.Outcomes[0].Elapsed)
			}
		}
		if len(times) == 0 {
			return nil
		}
		every = float64(measure.Median(times)) / float64(c.passed)
	}
	each := cost.each(cost.Down)
	every = max(every, each)
	return &measure.Checkpoints{EachNS: each, EveryNS: every, Share: each / every}
}
