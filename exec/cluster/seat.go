package cluster

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lockstep/exec/measure"
	"lockstep/exec/procs"
)

// How many tasks a seat takes at a time: as many as it has done in batchTime, so that those that are
// short cost little, and one that is long keeps no others from who has nothing to do.
const (
	batchTime = 10 * time.Millisecond
	maxBatch  = 256
	fetchWait = time.Second
)

// seat is a worker of a run: a process that makes one call after another.
type seat struct {
	bench  *bench
	number int
	child  *procs.Child // nil: there is none
	fresh  bool         // the process was started for the run
	each   time.Duration
	base   procs.Used // of the child, when the run got it
	before procs.Used // by children that the run had before

	written written

	mu   sync.Mutex
	held []*holding // tasks that are ours until they are acknowledged
	at   []*holding // those whose calls are made now
	// withdrew says that the process was killed for a task that was withdrawn.
	withdrew bool
}

// holding is a task that has been delivered here.
type holding struct {
	task
	m       jetstream.Msg
	attempt int
	stored  time.Time
}

// ready has a process, with the program loaded.
func (s *seat) ready() error {
	b := s.bench
	var err error
	if s.child, err = b.staff.children.Start(); err != nil {
		return err
	}
	s.fresh = s.child.IsNew()
	s.base = s.child.Used()
	defer context.AfterFunc(b.ctx, s.child.Kill)()
	if !b.order.Primed {
		return nil
	}
	var said *procs.Called
	exit := s.child.Do(&procs.Calls{Job: b.job, Worker: s.number, Workers: b.order.Workers, Arguments: [][]byte{b.order.Prime}, Measured: true,
		Done: func(_ int, c *procs.Called) { said = c }})
	switch {
	case exit != nil:
		return exit
	case said.Failure != "":
		return errors.New(said.Error)
	}
	s.base = s.child.Used()
	return nil
}

// used is what the seat has used in the run.
func (s *seat) used() *procs.Used {
	u := s.before
	if s.child != nil {
		now := s.child.Used().Since(s.base)
		u = procs.Used{User: u.User + now.User, System: u.System + now.System, GC: u.GC + now.GC, Ready: u.Ready + now.Ready, PeakBytes: max(u.PeakBytes, now.PeakBytes)}
	}
	return &u
}

// leave ends the use of the process.
func (s *seat) leave() {
	if s.child == nil {
		return
	}
	if cause := context.Cause(s.bench.ctx); cause == errKilled {
		s.child.Kill()
	}
	s.child.Rest()
	s.child = nil
}

// work takes tasks until the run ends.
func (s *seat) work() {
	b := s.bench
	beat := time.NewTicker(b.order.Lease / 3)
	defer beat.Stop()
	stopped := make(chan struct{})
	defer close(stopped)
	go func() {
		for {
			select {
			case <-beat.C:
				s.prolong()
				b.n.asks.beat(b.order.Run)
			case <-stopped:
				return
			}
		}
	}()
	if b.order.Live {
		b.n.all.Go(func() { s.tellOn(stopped) })
	}
	for b.ctx.Err() == nil {
		tasks := s.fetch()
		if len(tasks) == 0 {
			continue
		}
		b.n.inFlight.Add(int64(len(tasks)))
		began := time.Now()
		results := s.do(tasks)
		s.each = time.Since(began) / time.Duration(len(tasks))
		s.deliver(results)
		b.n.inFlight.Add(-int64(len(tasks)))
		b.n.done.Add(int64(len(results)))
	}
}

// prolong keeps the leases of the tasks at hand.
func (s *seat) prolong() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.held {
		_ = h.m.InProgress() // there will be another
	}
}

func (s *seat) hold(all []*holding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = all
}

// batch is how many tasks to take.
func (s *seat) batch() int {
	most := s.bench.order.Batch
	if most == 0 {
		most = maxBatch
	}
	if s.each == 0 {
		return 1
	}
	return max(1, min(most, int(batchTime/s.each)))
}

// fetch waits for tasks, none if there are none for a while or the run has ended. It takes what is there at once,
// up to a batch, and else waits for one.
func (s *seat) fetch() []*holding {
	b := s.bench
	ctx, cancel := context.WithTimeout(b.ctx, fetchWait)
	defer cancel()
	msgs, err := b.queue.FetchNoWait(s.batch())
	all := s.receive(msgs, err)
	if len(all) > 0 || b.ctx.Err() != nil {
		return all
	}
	msgs, err = b.queue.Fetch(1, jetstream.FetchContext(ctx))
	return s.receive(msgs, err)
}

// receive takes the tasks of a fetch. Where the server cannot be asked it waits a moment.
func (s *seat) receive(msgs jetstream.MessageBatch, err error) (all []*holding) {
	b := s.bench
	if err == nil {
		for m := range msgs.Messages() {
			meta, err := m.Metadata()
			if err != nil {
				continue // not of JetStream
			}
			t, err := decodeTask(m.Data())
			if err != nil {
				b.n.log.Error("task", "err", err)
				_ = m.Term()
				continue
			}
			all = append(all, &holding{task: t, m: m, attempt: int(meta.NumDelivered), stored: meta.Timestamp})
			s.hold(all)
		}
		err = msgs.Error()
	}
	if err != nil && len(all) == 0 && !errors.Is(err, nats.ErrTimeout) && !errors.Is(err, context.DeadlineExceeded) {
		select {
		case <-time.After(retryWait):
		case <-b.ctx.Done():
		}
	}
	return all
}

// do makes the calls of tasks and returns what they came to. Those for which a process died, and which may be
// tried again, are given back.
func (s *seat) do(all []*holding) (results []*done) {
	for len(all) > 0 && s.bench.ctx.Err() == nil {
		if s.bench.withdrawn.has(all[0].Index) {
			results, all = append(results, &done{all[0], nil}), all[1:]
			continue
		}
		// One call for those that whoever may make, of the same program, and that are at hand.
		n := 1
		if all[0].Worker < 0 {
			for n < len(all) && all[n].Worker < 0 && all[n].Note == all[0].Note {
				n++
			}
		}
		part := s.calls(all[:n])
		results = append(results, part.done...)
		all = all[part.tried:]
	}
	return results
}

// done is a task with its result; nil: it is to be tried again.
type done struct {
	*holding
	result *Result
}

type outcome struct {
	done  []*done
	tried int
}

// calls has the process make the calls of some tasks. It ends early if the process does.
func (s *seat) calls(all []*holding) (o outcome) {
	b := s.bench
	fail := func(h *holding, start time.Time, kind measure.FailureKind, text string) {
		o.tried++
		o.done = append(o.done, &done{h, &Result{Index: h.Index, Node: b.n.o.Name, Seat: s.number, Attempt: h.attempt, Start: start, Elapsed: time.Since(start),
			Queued: start.Sub(h.stored), Failure: kind, Error: text}})
	}
	job, err := b.jobOf(all[0].Note)
	if err != nil {
		fail(all[0], time.Now(), measure.Erred, err.Error())
		return o
	}
	fetched := make([]int64, len(all))
	arguments := make([][]byte, len(all))
	for i, h := range all {
		arguments[i] = h.Data
		if h.Ref.Name == "" {
			continue
		}
		data, n, err := b.n.shelf.get(b.ctx, h.Ref)
		if err != nil {
			if i == 0 {
				fail(h, time.Now(), measure.Erred, "its arguments: "+err.Error())
				return o
			}
			arguments, all = arguments[:i], all[:i]
			break
		}
		arguments[i], fetched[i] = data, n
	}
	start := time.Now()
	if s.child == nil || s.child.IsGone() {
		if s.child != nil {
			s.before = *s.used()
			s.child.Rest()
			s.child = nil
		}
		if err := s.ready(); err != nil {
			if s.child != nil {
				s.child.Close()
				s.child = nil
			}
			if b.ctx.Err() == nil {
				fail(all[0], start, measure.Exited, "no process could be started: "+err.Error())
			}
			return o
		}
	}
	worker := s.number
	if all[0].Worker >= 0 {
		worker = all[0].Worker
	}
	stop := context.AfterFunc(b.ctx, func() {
		if context.Cause(b.ctx) == errKilled {
			s.child.Kill()
		}
	})
	defer stop()
	if !s.begin(all) {
		return o
	}
	round, pid := b.n.asks.name(), s.child.PID()
	start = time.Now()
	s.written.begin(all[0])
	defer s.written.begin(nil)
	err = s.child.Do(&procs.Calls{Job: job, Worker: worker, Workers: b.order.Workers, Arguments: arguments, Measured: true, Ask: b.asker(round, pid),
		Done: func(i int, c *procs.Called) {
			now := time.Now()
			r := &Result{Index: all[i].Index, Node: b.n.o.Name, Seat: s.number, PID: s.child.PID(), Attempt: all[i].attempt, Start: start, Elapsed: now.Sub(start),
				Queued: max(0, start.Sub(all[i].stored)), Value: c.Value, Failure: c.Failure, Error: c.Error, Stack: c.Stack,
				fetched: fetched[i]}
			start = now
			var next *holding
			if i+1 < len(all) {
				next = all[i+1]
			}
			r.Output = s.written.begin(next)
			o.tried++
			o.done = append(o.done, &done{all[i], r})
		},
		Output: s.written.add,
	})
	if n := len(o.done); n > 0 {
		o.done[n-1].result.used = s.used()
	}
	var exit *procs.ExitError
	died := ""
	if errors.As(err, &exit) {
		died = exit.Text
	}
	b.n.asks.end(b.order.Run, round, died)
	if withdrew := s.finish(); withdrew || exit == nil || b.ctx.Err() != nil {
		return o
	}
	// The process has ended in the call after the last that is done.
	h := all[o.tried]
	if h.attempt < b.order.Attempts {
		o.tried++
		o.done = append(o.done, &done{h, nil})
		return o
	}
	text := "the process ended: " + exit.Text
	if h.attempt > 1 {
		text = fmt.Sprintf("given up after %d attempts: %s", h.attempt, text)
	}
	fail(h, start, measure.Exited, text)
	last := o.done[len(o.done)-1].result
	last.GivenUp, last.used, last.Output = true, s.used(), s.written.begin(nil)
	return o
}

// deliver stores results, then acknowledges their tasks.
func (s *seat) deliver(all []*done) {
	b := s.bench
	defer s.hold(nil)
	s.written.sent()
	var stored []*done
	for _, d := range all {
		if d.result == nil {
			s.giveBack(d)
			continue
		}
		stored = append(stored, d)
	}
	if len(stored) == 0 {
		return
	}
	err := publish(b.ctx, b.n.js, len(stored), func(i int) (*nats.Msg, error) {
		r := stored[i].result
		if len(r.Value) > inlineBytes {
			var err error
			name := b.order.Run + "." + strconv.Itoa(r.Index) + "." + strconv.Itoa(r.Attempt)
			if r.ref, err = b.n.shelf.store.keep(b.ctx, name, r.Value); err != nil {
				r.Failure, r.Error, r.ref = measure.Erred, "its result could not be stored: "+err.Error(), blob{}
			}
			r.Value = nil
		}
		return message(resultSubject+b.order.Run, b.order.Run+"."+strconv.Itoa(r.Index), r.encode()), nil
	})
	if err != nil {
		if b.ctx.Err() == nil { // else the run has ended, maybe before it was told here that its last results are stored
			b.n.log.Warn("results", "err", err) // their leases run out
		}
		return
	}
	for _, d := range stored {
		_ = d.m.Ack() // or it is delivered again, and its second result dropped
		if d.result.GivenUp {
			_ = b.n.conn.PublishMsg(message(deadSubject+b.order.Run, "dead."+b.order.Run+"."+strconv.Itoa(d.Index), d.result.encode()))
		}
	}
}
