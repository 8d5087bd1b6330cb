package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"lockstep/exec/procs"
)

// bench is a run's seats on a node.
type bench struct {
	n     *node
	order order
	staff *staff
	job   *procs.Job
	queue jetstream.Consumer
	ctx   context.Context // of its seats
	stop  context.CancelCauseFunc

	heard time.Time // of the run; the node's mutex guards it
	seats []*seat

	notes     notes      // what tasks are calls of, if the run has no program
	withdrawn *withdrawn // shared by all that the run has here
	kin       []*bench   // of the first of a run: the others; the node's mutex guards them
}

// bench makes what the seats of a run have in common: the program is fetched once.
func (n *node) bench(ctx context.Context, o order, r *readied) (*bench, error) {
	b := &bench{n: n, order: o}
	for _, number := range o.Seats {
		b.seats = append(b.seats, &seat{bench: b, number: number})
	}
	if len(o.Files) > 0 && o.Host != n.host {
		return nil, errors.New("the program is compiled for another build of the native engine than this node has")
	}
	var program, values []byte
	var err error
	if o.Program.Name != "" {
		var fetched int64
		program, values, fetched, err = n.fetch(ctx, o.Program, o.Values, o.Files)
		r.Fetched += fetched
		if err != nil {
			return nil, err
		}
	}
	if b.queue, err = n.js.Consumer(ctx, taskStream, o.Run); err != nil {
		return nil, fmt.Errorf("the queue of the run: %w", explain(err))
	}
	if b.staff, err = n.staff(o, program); err != nil {
		return nil, err
	}
	b.job = &procs.Job{Program: b.staff.program, Values: values}
	if err := n.take(ctx, len(o.Seats)); err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if _, over := n.over[o.Run]; over {
		n.give(len(o.Seats))
		return nil, errEnded
	}
	b.heard = time.Now()
	b.withdrawn = newWithdrawn(o.Withdrawn)
	b.ctx, b.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	if old := n.benches[o.Run]; old != nil {
		stop := b.stop // more seats for a run that is here: they end together
		context.AfterFunc(old.ctx, func() { stop(context.Cause(old.ctx)) })
		old.kin, b.withdrawn = append(old.kin, b), old.withdrawn
	} else {
		n.benches[o.Run] = b
	}
	if o.Program.Name == "" {
		context.AfterFunc(b.ctx, func() { n.disband(b.staff) }) // nobody else has a use for them
	}
	return b, nil
}

// fetch has what a program needs here; n is how much of it had to be fetched.
func (n *node) fetch(ctx context.Context, program, values blob, files []blob) (data, vars []byte, fetched int64, err error) {
	data, fetched, err = n.shelf.get(ctx, program)
	if err != nil {
		return nil, nil, fetched, fmt.Errorf("the program: %w", err)
	}
	var more int64
	if values.Name != "" {
		vars, more, err = n.shelf.get(ctx, values)
		fetched += more
		if err != nil {
			return nil, nil, fetched, fmt.Errorf("the variables: %w", err)
		}
	}
	for _, f := range files {
		more, err = n.shelf.file(ctx, f)
		fetched += more
		if err != nil {
			return nil, nil, fetched, fmt.Errorf("a compiled unit: %w", err)
		}
	}
	return data, vars, fetched, nil
}

// vacateLimit is how long seats of a run that has ended may take to be free.
const vacateLimit = 5 * time.Second

// take has slots for seats. The run before may be about to leave them.
func (n *node) take(ctx context.Context, seats int) error {
	ctx, cancel := context.WithTimeout(ctx, vacateLimit)
	defer cancel()
	for {
		n.mu.Lock()
		free, changed := n.o.Slots-n.used, n.left
		if free >= seats {
			n.used += seats
			n.mu.Unlock()
			return nil
		}
		n.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%d seats are wanted, and %d of its %d slots are free: others use the cluster too", seats, free, n.o.Slots)
		}
	}
}

// leave gives slots back.
func (n *node) leave(seats int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.give(seats)
}

// give is leave with n.mu held.
func (n *node) give(seats int) {
	n.used -= seats
	close(n.left)
	n.left = make(chan struct{})
}

// open has a process ready at each seat, and then has them take tasks.
func (b *bench) open(r *readied) error {
	n := b.n
	errs := make([]error, len(b.seats))
	r.Ready = make([]readySeat, len(b.seats))
	var all sync.WaitGroup
	for i, s := range b.seats {
		all.Go(func() {
			r.Ready[i] = readySeat{Number: s.number, From: time.Now()}
			errs[i] = s.ready()
			r.Ready[i].To = time.Now()
		})
	}
	all.Wait()
	for _, err := range errs {
		if err == nil {
			continue
		}
		for _, s := range b.seats {
			s.leave()
		}
		n.leave(len(b.seats))
		n.mu.Lock()
		if n.benches[b.order.Run] == b {
			delete(n.benches, b.order.Run)
		}
		n.mu.Unlock()
		return err
	}
	for _, s := range b.seats {
		if s.fresh {
			r.Started++
		}
		n.all.Go(func() {
			s.work()
			s.leave()
			n.leave(1)
		})
	}
	return nil
}
