package exec

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"lockstep/exec/gil"
	"lockstep/exec/measure"
)

// InterruptedError ends a comparison whose context was cancelled.
type InterruptedError struct {
	Cause error // of the context
	Done  int   // runs until then
	Total int   // 0 if a budget decides on it
}

func (e *InterruptedError) Error() string {
	if e.Total == 0 {
		return fmt.Sprintf("interrupted after %d runs", e.Done)
	}
	return fmt.Sprintf("interrupted after %d of %d runs", e.Done, e.Total)
}

// Unwrap returns the cause.
func (e *InterruptedError) Unwrap() error { return e.Cause }

// WorkloadError ends a comparison whose workload failed in every worker of the
// very first run, by a panic or an error: there is nothing to compare.
type WorkloadError struct {
	Mode    Mode
	Workers int
	Outcome measure.Outcome // of the first worker
}

func (e *WorkloadError) Error() string { return e.Outcome.Error }

// Executor executes one run of a step.
type Executor func(ctx context.Context, s Step) (measure.Run, error)

// Run runs the workload as planned and returns the summarized result. The
// workload may be nil if all modes of the plan use processes. progress, if not
// nil, is called before every run and at the end.
//
// The error is a [*PlanError] if nothing could be run at all, a
// [*WorkloadError], an [*InterruptedError] when ctx was done before the end, or
// whatever the processes said; the result then holds the runs until then. What goes
// wrong in single workers is no error: it is in their outcomes.
func Run(ctx context.Context, p Plan, w Workload, s Setting, progress func(Progress)) (measure.Result, error) {
	leftOut := ""
	if p.Modes == nil && s.Processes == nil && s.NoProcesses != "" {
		leftOut = string(Subprocess) + ": " + s.NoProcesses
	}
	p, err := p.fill(s.Processes != nil)
	if err != nil {
		return measure.Result{}, err
	}
	if s.Breaker == nil {
		s.Breaker = new(gil.Breaker)
	}
	if len(p.CPUs) > 0 {
		release, err := Pin(p.CPUs)
		if err != nil {
			return measure.Result{}, &PlanError{"cpus", "--cpus: " + err.Error()}
		}
		defer release()
	}
	var c *census
	if s.Checkpoint != nil && p.Lock.Kind != gil.Ticks {
		c = new(census)
	}
	var ticks []measure.Ticks
	if p.Lock.Kind == gil.Ticks && p.Lock.Ticks == 0 && s.Checkpoint != nil && p.locked() {
		if t, scaled := s.Checkpoint().ticks(); scaled {
			t.Engine, p.Lock.Ticks = s.Engine, t.Used
			ticks = append(ticks, t)
		}
	}
	result, err := schedule(ctx, p, measure.Result{Engine: s.Engine, LeftOut: leftOut, Ticks: ticks}, standard(p, w, s, c), progress)
	if c != nil && err == nil && c.passed > 0 {
		result.Checkpoints = c.conclude(&result, s.Checkpoint())
	}
	return result, err
}

// RunWith is [Run] with an executor of the caller's instead of the modes
// themselves: package exectest has one that needs no clock.
func RunWith(ctx context.Context, p Plan, execute Executor, progress func(Progress)) (measure.Result, error) {
	p, err := p.fill(true)
	if err != nil {
		return measure.Result{}, err
	}
	return schedule(ctx, p, measure.Result{}, execute, progress)
}

// standard is the modes themselves. c is taken in the first run that allows it;
// nil: in none.
func standard(p Plan, w Workload, s Setting, c *census) Executor {
	return func(ctx context.Context, step Step) (measure.Run, error) {
		n := step.Workers
		share := Share{Count: n, Workers: n, Counted: p.Lock.Kind == gil.Ticks}
		if p.Tasks > 0 {
			share.Tasks = NewTasks(p.Tasks, p.Chunk)
		}
		in := inProcess{workload: w, breaker: s.Breaker, show: s.Show, record: p.Timeline && step.Mode != Goroutines, limit: p.Timeout}
		if c != nil && step.Repetition == 0 && (step.Mode == Simple || step.Mode == Goroutines) {
			in.census, c = c, nil
			in.census.mode, in.census.workers = step.Mode, step.Workers
		}
		switch step.Mode {
		case Simple:
			return in.inTurn(ctx, share), nil
		case Serialized:
			in.policy = p.Lock
		case Async:
			in.policy.Kind = gil.Async
		case Goroutines:
			in.policy.Kind = gil.None
			in.record = step.Repetition == measure.TimelineOnly
			in.trace = in.record
		case Subprocess:
			return p.withProcesses(ctx, s.Processes, Shape{Processes: n, Goroutines: 1})
		case Hybrid:
			shape := step.Shape
			if p.LockEach {
				shape.Lock = &p.Lock
			}
			if shape.Goroutines > 1 {
				shape.Limit = p.Timeout
			}
			return p.withProcesses(ctx, s.Processes, shape)
		case Cluster:
			if s.Cluster == nil {
				return measure.Run{}, errors.New("there is no cluster here: %cluster local 2 starts one")
			}
			return p.withProcesses(ctx, s.Cluster, Shape{Processes: n, Goroutines: 1})
		default:
			return measure.Run{}, fmt.Errorf("mode %s cannot be run", step.Mode)
		}
		return in.concurrent(ctx, share), nil
	}
}

// processGrace is how long a process may take to stop those of its workers whose
// time is over, and to report.
const processGrace = 3 * leaveGrace

// withProcesses makes one run in processes.
func (p Plan) withProcesses(ctx context.Context, procs Processes, s Shape) (measure.Run, error) {
	s.Record = p.Timeline
	s.Counted, s.Warm, s.Tasks, s.Chunk = p.Lock.Kind == gil.Ticks, !p.Spawn, p.Tasks, p.Chunk
	crew, err := procs.Prepare(ctx, s)
	if err != nil {
		return measure.Run{}, err
	}
	defer crew.Close()
	runtime.GC() // of this process: it takes part by sending and receiving
	if p.Timeout > 0 {
		limit := p.Timeout
		if s.Limit > 0 {
			limit += processGrace // the process stops them itself, and tells what came of the others
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, limit, &timeoutError{p.Timeout})
		defer cancel()
	}
	start := time.Now()
	outcomes, err := crew.Run(ctx)
	elapsed := time.Since(start)
	if err != nil {
		return measure.Run{}, err
	}
	run := measure.Run{Workers: s.Workers(), Outcomes: outcomes, Timeline: crew.Timeline()}
	startup := crew.Startup()
	run.Sample.Elapsed, run.Sample.Startup, run.Sample.Warm, run.Sample.SentBytes = elapsed, startup.Elapsed, startup.Warm, startup.SentBytes
	if c, ok := crew.(interface{ Cluster() *measure.Cluster }); ok {
		run.Cluster = c.Cluster()
	}
	if c := run.Cluster; c != nil {
		sum := &run.Sample
		for _, n := range c.Nodes {
			if n.Tasks > 0 {
				sum.Nodes++
			}
		}
		sum.Redelivered, sum.Dead, sum.Queued = c.Redelivered, c.Dead, c.Queued
	}
	for i := range outcomes {
		o := &outcomes[i]
		if o.Failed() && ctx.Err() != nil && o.Error == "" {
			stopped(o, context.Cause(ctx))
		}
		sum := &run.Sample
		sum.CPUUser += o.CPUUser
		sum.CPUSystem += o.CPUSystem
		sum.GC += o.GC
		sum.Ready += o.Ready
		sum.PeakBytes += o.PeakBytes
		sum.SentBytes += o.SentBytes
		sum.ReceivedBytes += o.ReceivedBytes
		sum.Running = sum.Running.Plus(o.Running)
	}
	return run, nil
}
