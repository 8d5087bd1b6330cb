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
}

// bench makes what the seats of a run have in common: the program is fetched once.
func (n *node) bench(ctx context.Context, o order, r *readied) (*bench, error) {
	b := &bench{n: n, order: o}
	if len(o.Files) > 0 && o.Host != n.host {
		return nil, errors.New("the program is compiled for another build of the native engine than this node has")
	}
	program, fetched, err := n.shelf.get(ctx, o.Program)
	r.Fetched += fetched
	if err != nil {
		return nil, fmt.Errorf("the program: %w", err)
	}
	var values []byte
	if o.Values.Name != "" {
		values, fetched, err = n.shelf.get(ctx, o.Values)
		r.Fetched += fetched
		if err != nil {
			return nil, fmt.Errorf("the variables: %w", err)
		}
	}
	for _, f := range o.Files {
		fetched, err := n.shelf.file(ctx, f)
		r.Fetched += fetched
		if err != nil {
			return nil, fmt.Errorf("a compiled unit: %w", err)
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
	b.heard = time.Now()
	b.ctx, b.stop = context.WithCancelCause(context.WithoutCancel(ctx))
	if old := n.benches[o.Run]; old != nil {
		stop := b.stop // more seats for a run that is here: they end together
		context.AfterFunc(old.ctx, func() { stop(context.Cause(old.ctx)) })
	} else {
		n.benches[o.Run] = b
	}
	return b, nil
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
	n.used -= seats
	close(n.left)
	n.left = make(chan struct{})
}

// open has a process ready at each seat, and then has them take tasks.
func (b *bench) open(r *readied) error {
	n := b.n
	for _, number := range b.order.Seats {
		b.seats = append(b.seats, &seat{bench: b, number: number})
	}
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
