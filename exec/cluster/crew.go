package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"lockstep/exec"
	"lockstep/exec/measure"
)

// CrewOptions say how runs of a workload use a cluster.
type CrewOptions struct {
	Tags []string // that nodes must have
	Once bool     // no task may be done twice
	// Output receives what workers write, with the result of their task or, if that takes long, as it is written: in whole lines; only
	// the last may lack its newline.
	// Calls of one run never overlap. If nil, output is dropped.
	Output func(worker int, stream, text string)
	// Asked answers what workers ask for; nil: they can ask for nothing.
	Asked Asked
	// Tell is as in [TeamOptions].
	Tell func(text string)
}

// Processes runs a workload in the cluster: it is an exec.Processes. The worker processes of nodes must carry out
// the calls of exec.Remote.
type Processes struct {
	c   *Cluster
	o   CrewOptions
	job *Job
}

// Processes stores a program and returns what runs it. The error may be a *[StoreError].
func (c *Cluster) Processes(ctx context.Context, p Program, o CrewOptions) (*Processes, error) {
	j, err := c.Load(ctx, p)
	if err != nil {
		return nil, err
	}
	return &Processes{c, o, j}, nil
}

// Prepare has seats ready on nodes, as many as there are workers; see exec.Processes. The error may be a *[PlaceError].
func (p *Processes) Prepare(ctx context.Context, s exec.Shape) (exec.Crew, error) {
	began := time.Now()
	o := TeamOptions{Seats: s.Workers(), Tags: p.o.Tags, Once: p.o.Once, Prime: []byte{}, Asked: p.o.Asked, Tell: p.o.Tell}
	if s.Tasks > 0 && s.Chunk > 1 {
		o.Batch = s.Chunk
	}
	c := &crew{p: p, shape: s, received: make([]int64, s.Workers())}
	if p.o.Output != nil {
		o.Live = func(r *Result) {
			c.received[c.worker(r)] += int64(r.bytes)
			c.write(c.worker(r), r.Output)
		}
	}
	t, err := p.c.Team(ctx, p.job, o)
	if err != nil {
		return nil, err
	}
	c.team = t
	c.startup = exec.Startup{Elapsed: time.Since(began), Warm: s.Workers() - t.started.Started, SentBytes: t.started.Fetched}
	return c, nil
}

// crew is seats for one run of a workload.
type crew struct {
	p        *Processes
	shape    exec.Shape
	team     *Team
	startup  exec.Startup
	timeline *measure.Timeline
	cluster  *measure.Cluster
	received []int64 // bytes of output that came before results, by worker
}

// worker is the one whose outcome a result goes into.
func (c *crew) worker(r *Result) int {
	if c.shape.Tasks > 0 {
		return c.seat(r)
	}
	return r.Index
}

// seat is the number of the worker that has the seat in which a task was done.
func (c *crew) seat(r *Result) int { return min(max(0, r.Seat), c.shape.Workers()-1) }

func (c *crew) Startup() exec.Startup { return c.startup }

// Run hands the tasks out and waits for their results: without tasks each worker has one, which another may do for it if
// its node is lost.
func (c *crew) Run(ctx context.Context) ([]measure.Outcome, error) {
	workers, n := c.shape.Workers(), c.shape.Tasks
	if n == 0 {
		n = workers
	}
	outcomes := make([]measure.Outcome, workers)
	sums := make([]exec.RemoteResults, workers)
	had := make([]bool, workers)
	for i := range outcomes {
		outcomes[i].Worker = i
	}
	start := time.Now()
	var drawn *drawing
	if c.shape.Record {
		drawn = draw(start, c.team)
	}
	what := func(i int) (int, []byte) {
		if c.shape.Tasks > 0 {
			return -1, exec.RemoteCall{Workers: workers, Task: i}.Encode()
		}
		return i, exec.RemoteCall{Workers: workers}.Encode()
	}
	err := c.team.Do(ctx, n, what, func(r *Result) {
		w := c.worker(r)
		o := &outcomes[w]
		had[w] = true
		o.Elapsed, o.Node, o.Pid = time.Since(start), cmp.Or(r.Node, o.Node), r.PID
		o.ReceivedBytes += int64(r.bytes)
		o.CPUUser, o.CPUSystem, o.GC, o.Ready = o.CPUUser+r.Used.User, o.CPUSystem+r.Used.System, o.GC+r.Used.GC, o.Ready+r.Used.Ready
		at := &outcomes[c.seat(r)] // the process's, whoever's call it made
		at.PeakBytes = max(at.PeakBytes, r.Used.PeakBytes)
		c.write(w, r.Output)
		if drawn != nil {
			drawn.result(w, r)
		}
		c.note(o, &sums[w], r)
	})
	f := c.team.Figures()
	c.cluster = figures(f)
	if drawn != nil {
		c.timeline = drawn.timeline()
	}
	var sent int64
	for i := range outcomes {
		o := &outcomes[i]
		if c.shape.Tasks > 0 && !o.Failed() {
			sums[i].Put(o)
			had[i] = true // others were faster
		}
		o.ReceivedBytes += c.received[i]
		o.SentBytes = f.Sent - c.startup.SentBytes - sent // the last has what is left over
		if i < workers-1 {
			o.SentBytes = (f.Sent - c.startup.SentBytes) / int64(workers)
		}
		sent += o.SentBytes
		if err != nil && (!had[i] || c.shape.Tasks > 0) {
			o.Failure = measure.Interrupted // the caller says by what
			o.Elapsed = time.Since(start)
		}
	}
	if err != nil && !errors.Is(err, context.Cause(ctx)) {
		return nil, err
	}
	return outcomes, nil
}

// note takes what a task came to into its worker's outcome.
func (c *crew) note(o *measure.Outcome, sum *exec.RemoteResults, r *Result) {
	var err error
	text := ""
	if r.Failure == "" {
		if text, err = sum.Add(r.Value); err != nil {
			r.Failure, r.Error = measure.Erred, err.Error()
		}
	}
	switch {
	case r.Failure == "":
		if c.shape.Tasks == 0 {
			o.Result = text
		}
	case !o.Failed():
		o.Failure, o.Error, o.Stack, o.Result = r.Failure, r.Error, r.Stack, ""
		if c.shape.Tasks > 0 {
			o.Error = fmt.Sprintf("task %d: %s", r.Index, r.Error)
		}
	}
}

func (c *crew) write(worker int, all []Text) {
	if c.p.o.Output == nil {
		return
	}
	for _, t := range all {
		c.p.o.Output(worker, t.Stream, t.Text)
	}
}

// figures are those of a run for its table.
func figures(f Figures) *measure.Cluster {
	m := &measure.Cluster{Redelivered: f.Redelivered, Dead: f.Dead}
	for node, seats := range f.Seats {
		m.Nodes = append(m.Nodes, measure.NodeShare{Node: node, Tasks: f.Nodes[node], Workers: seats, Slots: f.Slots[node], Lost: f.Lost[node]})
	}
	slices.SortFunc(m.Nodes, func(a, b measure.NodeShare) int { return cmp.Compare(a.Node, b.Node) })
	if len(f.Queued) > 0 {
		m.Queued = measure.Median(f.Queued)
	}
	return m
}

// Timeline is what the workers did when; see exec.Crew.
func (c *crew) Timeline() *measure.Timeline { return c.timeline }

// Cluster tells how the tasks were spread, after Run.
func (c *crew) Cluster() *measure.Cluster { return c.cluster }

// Close gives the seats back.
func (c *crew) Close() error {
	c.team.Close()
	return nil
}
