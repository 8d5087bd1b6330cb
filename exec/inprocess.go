package exec

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"lockstep/exec/gil"
	"lockstep/exec/measure"
)

// leaveGrace is how long goroutines of a workload may take to end once their
// worker has its result or was stopped. What is left then is blocked for good
// or computes without checkpoints, and stays behind.
const leaveGrace = 200 * time.Millisecond

// errFinished stops what a worker leaves behind: as in a process, the main
// goroutine's end is everybody's.
var errFinished = errors.New("the worker has its result")

// Share is the part of a run's workers that one process executes.
type Share struct {
	First   int // number of the first worker
	Count   int
	Workers int // of the whole run
	// Counted says that the flag is to be up all the time, as it is under the
	// ticks policy: then checkpoints cost the same in every mode.
	Counted bool
	// Record keeps a timeline.
	Record bool
	// Tasks are handed out to the workers; nil: each executes the workload once.
	Tasks *Tasks
	// Lock is the policy of the lock that they run under; nil: none.
	Lock *gil.Policy
	// Limit is how long each worker may take; 0: there is none.
	Limit time.Duration
}

// ExecuteAll executes a share in goroutines of the current process and returns
// the outcomes by worker, and the timeline if that is to be kept. The time starts when it is called. When ctx is done,
// the workers are stopped; those that do not come to a checkpoint in time stay
// behind and are reported.
func ExecuteAll(ctx context.Context, w Workload, s Share, b *gil.Breaker, show Show) ([]measure.Outcome, *measure.Timeline) {
	in := inProcess{workload: w, breaker: b, policy: gil.Policy{Kind: gil.None}, show: show, record: s.Record, limit: s.Limit, collected: true}
	if s.Lock != nil {
		in.policy = *s.Lock
	}
	run := in.concurrent(ctx, s)
	return run.Outcomes, run.Timeline
}

// Execute executes a workload once, as one worker with all that guards one, and
// returns how that ended; what it used up is not among that.
func Execute(ctx context.Context, w Workload, worker Worker, b *gil.Breaker, show Show) measure.Outcome {
	in := inProcess{workload: w, breaker: b, policy: gil.Policy{Kind: gil.None}, show: show}
	y := in.newParty(Share{First: worker.Index, Count: 1, Workers: worker.Workers})
	y.group.Go(0, func() { y.work(0) })
	y.group.Start()
	y.await(ctx)
	return y.close()[0]
}

// inProcess executes a workload in this process.
type inProcess struct {
	workload Workload
	breaker  *gil.Breaker
	policy   gil.Policy
	show     Show
	record   bool          // keep a timeline
	trace    bool          // by Go's execution tracer too
	limit    time.Duration // of each worker; 0: none
	census   *census       // counts checkpoints; nil: does not
	// collected says that the heap was collected right before: a worker process
	// does it before it says that it is ready.
	collected bool
}

// party is workers in this process on their way through one run.
type party struct {
	inProcess
	share   Share
	group   *gil.Group
	ordered bool   // one worker after another
	counted func() // ends the census

	mu       sync.Mutex
	outcomes []measure.Outcome
	finished []bool
	left     int
	done     chan struct{} // closed when left falls to 0
}

func (in inProcess) newParty(s Share) *party {
	y := &party{
		inProcess: in,
		share:     s,
		group:     gil.NewGroup(in.breaker, gil.NewLock(in.breaker, in.policy), s.Count),
		outcomes:  make([]measure.Outcome, s.Count),
		finished:  make([]bool, s.Count),
		left:      s.Count,
		done:      make(chan struct{}),
	}
	if in.record {
		y.group.Record()
	}
	y.group.OnPanic(func(i int, v any, stack []byte) {
		// In a goroutine that the worker started: it ends the worker, as it
		// would end a process.
		o := measure.Outcome{Worker: s.First + i, Elapsed: y.group.Elapsed()}
		fail(&o, v, stack, in.show)
		y.finish(i, o)
	})
	y.group.Hold()
	return y
}

// work is the main goroutine of worker i of the share.
func (y *party) work(i int) {
	var o measure.Outcome
	if y.limit > 0 {
		defer y.watch(i)()
	}
	// Deferred, as the workload or a stop may end the goroutine.
	defer func() {
		if o.Failure == measure.Exited {
			if cause := y.group.Cause(i); cause != nil {
				stopped(&o, cause)
			}
		}
		y.finish(i, o)
	}()
	execute(y.workload, Worker{Index: y.share.First + i, Workers: y.share.Workers}, y.share.Tasks, y.group.Elapsed, y.show, &o)
}

// finish settles the outcome of worker i, if it is not settled yet, and stops
// what it has left running.
func (y *party) finish(i int, o measure.Outcome) (settled bool) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.finished[i] {
		return false
	}
	y.finished[i] = true
	y.outcomes[i] = o
	if i == 0 && y.counted != nil {
		y.counted()
	}
	y.group.StopWorker(i, errFinished)
	if y.left--; y.left == 0 {
		close(y.done)
	}
	return true
}

// watch has worker i stopped when its time is over, unless the function that it
// returns is called before.
func (y *party) watch(i int) (cancel func()) {
	cause := &timeoutError{y.limit}
	timer := time.AfterFunc(y.limit, func() {
		y.group.StopWorker(i, cause)
		time.AfterFunc(leaveGrace, func() { y.writeOff(i, cause) })
	})
	return func() { timer.Stop() }
}

// writeOff settles the outcome of a worker that was told to stop and did not,
// and of those whose turn will not come.
func (y *party) writeOff(i int, cause error) {
	first := measure.Outcome{Worker: y.share.First + i, Elapsed: y.group.Elapsed()}
	stopped(&first, cause)
	first.Error += "; it came to no checkpoint and still runs"
	if !y.finish(i, first) || !y.ordered {
		return
	}
	for k := i + 1; k < y.share.Count; k++ {
		o := measure.Outcome{Worker: y.share.First + k, Failure: first.Failure, Elapsed: first.Elapsed}
		o.Error = fmt.Sprintf("not started, as worker %d still runs", first.Worker)
		y.finish(k, o)
	}
}

// stopped makes the outcome of a worker that was stopped for a cause.
func stopped(o *measure.Outcome, cause error) {
	o.Failure, o.Error = measure.Interrupted, "interrupted"
	if t, ok := errors.AsType[*timeoutError](cause); ok {
		o.Failure, o.Error = measure.TimedOut, t.Error()
	}
}

// timeoutError is the cause of a context that ended by the plan's timeout.
type timeoutError struct{ after time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no result after %v", e.after) }

// Unwrap makes errors.Is(e, context.DeadlineExceeded) hold.
func (e *timeoutError) Unwrap() error { return context.DeadlineExceeded }

// await returns when all workers have finished. When ctx is done it stops
// them, gives them a moment, and writes off those that still run. A worker that
// is stopped before it begins finishes nothing itself.
func (y *party) await(ctx context.Context) {
	select {
	case <-y.done:
		return
	case <-ctx.Done():
	}
	cause := context.Cause(ctx)
	y.group.Stop(cause)
	grace, cancel := context.WithTimeout(context.Background(), leaveGrace)
	defer cancel()
	left := make(chan error, 1)
	go func() { left <- y.group.Wait(grace) }()
	select {
	case <-y.done:
		return
	case err := <-left:
		for i := range y.share.Count {
			if err != nil {
				y.writeOff(i, cause)
				continue
			}
			o := measure.Outcome{Worker: y.share.First + i} // it was stopped before it began
			stopped(&o, cause)
			y.finish(i, o)
		}
	}
}

// close waits for the goroutines that the workers left behind and returns the
// outcomes, with the workers' figures.
func (y *party) close() []measure.Outcome {
	ctx, cancel := context.WithTimeout(context.Background(), leaveGrace)
	defer cancel()
	_ = y.group.Wait(ctx) // those that are still there stay behind
	y.mu.Lock()
	defer y.mu.Unlock()
	outcomes := slices.Clone(y.outcomes)
	for i, s := range y.group.Stats() {
		outcomes[i].Running = measure.Running(s)
	}
	return outcomes
}

// concurrent runs a share with one goroutine a worker, under the lock if there
// is one.
func (in inProcess) concurrent(ctx context.Context, s Share) measure.Run {
	return in.newParty(s).run(ctx, func(y *party) {
		for i := range s.Count {
			y.group.Go(i, func() { y.work(i) })
		}
	})
}

// inTurn runs a share with one worker after another in one goroutine.
func (in inProcess) inTurn(ctx context.Context, s Share) measure.Run {
	in.policy = gil.Policy{Kind: gil.None}
	y := in.newParty(s)
	y.ordered = true
	return y.run(ctx, func(y *party) { y.group.InTurn(y.work) })
}

func (y *party) run(ctx context.Context, start func(*party)) measure.Run {
	if y.share.Counted {
		y.breaker.Raise(gil.Count)
		defer y.breaker.Lower(gil.Count)
	}
	start(y)
	if !y.collected {
		runtime.GC()
	}
	if y.census != nil {
		y.counted = y.census.begin(y.breaker, y.group.Elapsed)
	}
	peak := func() int64 { return 0 }
	if !y.collected { // a worker process knows its own
		peak = watchPeak()
	}
	var tracing *tracing
	if y.trace {
		tracing = startTracing()
	}
	before := usageNow()
	y.group.Start()
	y.await(ctx)
	var run measure.Run
	before.since(&run.Sample)
	run.Sample.PeakBytes = peak()
	run.Workers = y.share.Workers
	run.Outcomes = y.close()
	run.Trace = tracing.stop()
	if y.census != nil {
		run.Counted, y.census.passed = true, y.group.Checkpoints()[0]
	}
	for _, o := range run.Outcomes {
		run.Sample.Elapsed = max(run.Sample.Elapsed, o.Elapsed)
		run.Sample.Running = run.Sample.Running.Plus(o.Running)
	}
	if y.record {
		run.Timeline = timeline(y.share.First, y.group.Timeline())
	}
	return run
}

func timeline(first int, t gil.Timeline) *measure.Timeline {
	spans := make([]measure.Span, len(t.Spans))
	for i, s := range t.Spans {
		spans[i] = measure.Span{Worker: first + s.Worker, State: s.State.String(), Start: s.Start, End: s.End}
	}
	return &measure.Timeline{Spans: spans, Stride: t.Stride}
}
