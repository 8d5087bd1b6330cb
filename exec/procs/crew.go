package procs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"lockstep/exec"
	"lockstep/exec/measure"
	"lockstep/exec/shm"
)

// Prepare has processes ready for a run: those that were put aside for such a
// shape, and new ones. Its error is a *[StartError], or the cause of ctx; then no
// process is left.
func (ps *Processes) Prepare(ctx context.Context, s exec.Shape) (exec.Crew, error) {
	began := time.Now()
	c := &crew{shape: s, home: ps, explain: ps.options.Crash}
	if c.explain == nil {
		c.explain = fault
	}
	whole := load{Workers: s.Workers(), Count: s.Goroutines, Counted: s.Counted, Keep: s.Warm, Region: ps.options.Region != nil, Tasks: s.Tasks, Chunk: s.Chunk, Record: s.Record, Lock: s.Lock, Limit: s.Limit}
	if s.Tasks > 0 {
		if ps.options.Region == nil {
			return nil, errors.New("tasks need memory that the workers share, and there is none")
		}
		var err error
		if c.tasksAt, err = ps.options.Region.Alloc(tasksBytes); err != nil {
			return nil, err
		}
		whole.TasksAt = c.tasksAt
	}
	c.processes = ps.take(s)
	c.startup.Warm = len(c.processes)
	for i := range s.Processes {
		if ctx.Err() != nil {
			break
		}
		share := whole
		share.First = i * s.Goroutines
		if i < len(c.processes) {
			c.processes[i].assign(share)
			continue
		}
		p, err := ps.spawn(share)
		if err != nil {
			c.kill()
			_ = c.Close() // never fails
			return nil, &StartError{Worker: share.First, Text: err.Error(), Cause: err}
		}
		c.processes = append(c.processes, p)
	}
	if err := c.prepare(ctx, ps.options.Program, ps.values); err != nil {
		c.failed = true
		_ = c.Close() // never fails
		return nil, err
	}
	c.startup.Elapsed = time.Since(began)
	for _, p := range c.processes {
		c.startup.PerProcess = append(c.startup.PerProcess, p.startup)
		c.startup.SentBytes += p.sent
	}
	return c, nil
}

// tasksBytes is the size of the number of the next task.
const tasksBytes = 8

// crew is processes that are ready for one run.
type crew struct {
	shape     exec.Shape
	home      *Processes
	explain   func(report string) string
	processes []*process
	startup   exec.Startup
	tasksAt   shm.Offset
	timeline  *measure.Timeline
	hasRun    bool
	failed    bool // not all came to a result: none is kept
	closing   sync.Once
}

// prepare makes all processes ready. If one fails, the others are not waited
// for.
func (c *crew) prepare(ctx context.Context, program, values []byte) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex // of replacements in c.processes
	defer context.AfterFunc(ctx, func() {
		mu.Lock()
		defer mu.Unlock()
		c.kill()
	})()
	var all sync.WaitGroup
	for i, p := range c.processes {
		all.Go(func() {
			err := p.prepare(program, values)
			if errors.Is(err, errStale) && ctx.Err() == nil { // one that was killed just now looks stale
				p.close()
				fresh, failed := c.home.spawn(p.share)
				if failed != nil {
					cancel(&StartError{Worker: p.share.First, Text: failed.Error(), Cause: failed})
					return
				}
				mu.Lock()
				c.processes[i] = fresh
				c.startup.Warm--
				if ctx.Err() != nil {
					fresh.kill()
				}
				mu.Unlock()
				err = fresh.prepare(program, values)
			}
			if err != nil {
				cancel(err) // only the first counts
			}
		})
	}
	all.Wait()
	return context.Cause(ctx)
}

func (c *crew) kill() {
	for _, p := range c.processes {
		p.kill()
	}
}

// Startup tells what Prepare took.
func (c *crew) Startup() exec.Startup { return c.startup }

// Run gives the start signal and returns the outcomes; see [exec.Crew].
func (c *crew) Run(ctx context.Context) ([]measure.Outcome, error) {
	if c.hasRun {
		return nil, errors.New("these processes have had their run")
	}
	c.hasRun = true
	start := time.Now()
	for _, p := range c.processes {
		// One that has died is found out below.
		_, _ = p.orders.Write([]byte{orderStart})
	}
	results := make([][]measure.Outcome, len(c.processes))
	var all sync.WaitGroup
	for i, p := range c.processes {
		all.Go(func() { results[i] = p.run(ctx, start, c.explain) })
	}
	all.Wait()
	if c.shape.Record {
		c.timeline = c.join(start)
	}
	outcomes := slices.Concat(results...)
	c.failed = slices.ContainsFunc(outcomes, measure.Outcome.Failed)
	return outcomes, nil
}

// join puts the timelines of the processes together, as seen from a start signal.
func (c *crew) join(start time.Time) *measure.Timeline {
	all := &measure.Timeline{Stride: 1}
	for _, p := range c.processes {
		since := p.started.Sub(start)
		for i := range p.share.Count {
			all.Spans = append(all.Spans, measure.Span{Worker: p.share.First + i, State: "starting", Start: since, End: since + p.startup})
		}
		if p.timeline == nil {
			continue // it came to no end
		}
		late := p.began.Sub(start.Round(0)) // by the clock on the wall
		all.Stride = max(all.Stride, p.timeline.Stride)
		for _, s := range p.timeline.Spans {
			s.Start, s.End = s.Start+late, s.End+late
			all.Spans = append(all.Spans, s)
		}
	}
	slices.SortStableFunc(all.Spans, func(a, b measure.Span) int { return cmp.Compare(a.Start, b.Start) })
	return all
}

// Timeline is what the workers did when; see [exec.Crew].
func (c *crew) Timeline() *measure.Timeline { return c.timeline }

// run waits for the outcomes of a process that has had the start signal.
func (p *process) run(ctx context.Context, start time.Time, explain func(string) string) []measure.Outcome {
	stop := context.AfterFunc(ctx, p.kill)
	a, ok := <-p.reports
	stop()
	var outcomes []measure.Outcome
	if ok && a.Done != nil && len(a.Done.Outcomes) == p.share.Count {
		outcomes = a.Done.Outcomes
		p.began, p.timeline = a.Done.Began, a.Done.Timeline
		// As seen from here: with the way of the signal and of the result.
		var last time.Duration
		for _, o := range outcomes {
			last = max(last, o.Elapsed)
		}
		for i := range outcomes {
			outcomes[i].Elapsed += a.at.Sub(start) - last
		}
		a.Done.Used.share(outcomes)
	} else {
		elapsed := time.Since(start)
		death := p.death(explain)
		death.Elapsed = elapsed
		for i := range p.share.Count {
			o := death
			o.Worker = p.share.First + i
			o.CPUUser, o.CPUSystem, o.PeakBytes = part(o.CPUUser, i, p.share.Count), part(o.CPUSystem, i, p.share.Count), part(o.PeakBytes, i, p.share.Count)
			outcomes = append(outcomes, o)
		}
	}
	for i := range outcomes {
		o := &outcomes[i]
		o.Pid, o.Startup = p.cmd.Process.Pid, p.startup
		o.ReceivedBytes = part(p.received.n.Load()-p.atReadyBytes, i, len(outcomes))
	}
	return outcomes
}

// Close puts the processes aside if they are to be used again and are fit for
// it, or else ends them. All their output has been passed on when it returns.
func (c *crew) Close() error {
	c.closing.Do(func() {
		if c.tasksAt != 0 {
			// Last: a worker that still runs may look for a task.
			defer c.home.options.Region.Free(c.tasksAt, tasksBytes)
		}
		if c.shape.Warm && c.hasRun && !c.failed {
			fit := true
			for _, p := range c.processes {
				fit = p.drained() && fit
			}
			if fit {
				c.home.keep(c.shape, c.processes)
				return
			}
		}
		closeAll(c.processes)
	})
	return nil
}
