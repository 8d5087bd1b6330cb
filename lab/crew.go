package lab

import (
	"context"
	"errors"
	"runtime/pprof"
)

// Employer is a [Host] that has workers on other machines. A [Pool] with the option [Cluster] needs one.
type Employer interface {
	// Employ has workers ready.
	Employ(c CrewOptions) (Crew, error)
}

// CrewOptions say what workers are wanted.
type CrewOptions struct {
	Workers int      // 0: as many as there is room for
	Tags    []string // that their machines must have
	// Once says that no call may be made twice: that of a worker that is lost is an error.
	Once bool
}

// Crew is workers on other machines that make calls, each by whoever is free. Its methods may be called concurrently.
type Crew interface {
	// Workers is how many there are.
	Workers() int
	// Prepare fixes a call of a function, as [Spawner] does.
	Prepare(name string, f any) (Work, error)
	// Do makes calls of what it has prepared. reply is called with what each came to, in any order, never concurrently and not after Do
	// has returned. When ctx ends, calls that are not done are given up, and the processes that make them end.
	Do(ctx context.Context, w Work, arguments [][]byte, reply func(i int, r CrewReply)) error
	// Leave ends the use of the workers, and the processes that are at a call.
	Leave()
}

// CrewReply is what a call came to, and who made it.
type CrewReply struct {
	Reply
	Worker, PID int
	Node        string
}

// PoolOption is an option of [NewPool].
type PoolOption func(*poolOptions)

type poolOptions struct {
	cluster bool
	crew    CrewOptions
}

// Cluster has the pool's workers on the nodes of the session's cluster (see %cluster), and only on those that have all of these tags. Without a
// cluster one of two nodes is started on this machine.
//
// Calls go to whoever is free, and a worker takes as many at a time as it does in ten milliseconds, whatever size of chunks is asked for. A
// call whose worker process or node is lost is made again by another, three times at most; see [Once]. What a function
// writes appears when the call is done or, if that takes long, a moment later than it was written. The nodes' slots are the pool's until it is closed, or the session ends.
func Cluster(tags ...string) PoolOption {
	return func(o *poolOptions) { o.cluster, o.crew.Tags = true, append(o.crew.Tags, tags...) }
}

// Once has a pool on a [Cluster] make no call twice: if the worker process or the node that makes it is lost, the call has that as
// its error. It is for functions that change something outside, and must not do so again. Other pools make no call twice in any case.
func Once() PoolOption { return func(o *poolOptions) { o.crew.Once = true } }

// employ has a crew for the pool. It panics with a [*SpawnError].
func (p *Pool) employ(o CrewOptions) {
	e, ok := p.world.host.(Employer)
	if !ok {
		panic(&SpawnError{"NewPool", "only a session of Lockstep has a cluster"})
	}
	var err error
	stopped := true
	defer func() {
		if stopped && p.crew != nil { // the cell was interrupted meanwhile
			p.crew.Leave()
		}
	}()
	p.world.host.Block(func() { p.crew, err = e.Employ(o) })
	stopped = false
	if err != nil {
		panic(&SpawnError{"NewPool", err.Error()})
	}
	p.size, p.living = p.crew.Workers(), 1
	p.orders = map[*batch]context.CancelFunc{}
}

// hand gives a batch to the crew. The pool is locked.
func (p *Pool) hand(b *batch) {
	ctx, cancel := context.WithCancel(context.Background())
	p.orders[b] = cancel
	go p.follow(ctx, b)
}

// follow waits for what a batch comes to. Its goroutine belongs to no cell.
func (p *Pool) follow(ctx context.Context, b *batch) {
	pprof.SetGoroutineLabels(context.Background())
	err := p.crew.Do(ctx, b.work, b.call, func(i int, r CrewReply) {
		v, err := b.read(r.Reply, i, r.Worker, r.PID)
		if e, ok := errors.AsType[*CallError](err); ok {
			e.Node = r.Node
		}
		p.o.lock()
		defer p.o.unlock()
		b.settle(i, v, err)
	})
	p.o.lock()
	defer p.o.unlock()
	p.orders[b]()
	delete(p.orders, b)
	switch {
	case p.ended:
		err = &ClosedError{"Terminate", "the pool"}
	case b.gone:
		err = &StoppedError{}
	case err != nil:
		err = &SpawnError{b.op, err.Error()}
	}
	part{b, 0, len(b.call)}.settleAll(0, err)
	p.dismiss()
}

// withdraw gives batches up. The pool is locked.
func (p *Pool) withdraw(which func(*batch) bool) {
	for b, cancel := range p.orders {
		if which(b) {
			cancel()
		}
	}
}

// dismiss lets the crew go when nothing more is to come. The pool is locked.
func (p *Pool) dismiss() {
	if p.crew == nil || !p.closed || len(p.orders) > 0 && !p.ended || p.left {
		return
	}
	p.left = true
	go func() {
		pprof.SetGoroutineLabels(context.Background())
		p.crew.Leave()
		p.o.lock()
		defer p.o.unlock()
		p.living = 0
		p.o.ringAll(leavers)
	}()
}
