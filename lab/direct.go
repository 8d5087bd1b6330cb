package lab

import (
	"context"
	"runtime/pprof"
	"slices"
)

// A call of Apply is mostly made by the goroutine that asks for it, with the process of a worker
// that has nothing to do: to hand it to the worker's own goroutine and back takes as long as the call.

// guard is a goroutine that gives calls up whose cell is interrupted. One for each of them would
// cost as much as is saved, so it is there for all that have the same signal.
type guard struct {
	stop <-chan struct{} // the signal
	over chan struct{}   // closed to end it
}

// borrow takes a worker that has nothing to do, for one call. It returns nil if there is none.
func (p *Pool) borrow(b *batch) *poolWorker {
	if p.crew != nil {
		return nil
	}
	stop := here().host.Done()
	p.o.lock()
	defer p.o.unlock()
	if p.closed || len(p.queue) > 0 || !p.guardFor(stop) {
		return nil
	}
	for _, w := range p.workers {
		if w.at == nil && w.child != nil && !w.doomed && !w.child.IsGone() {
			w.at, w.lent = b, true
			b.init(p)
			return w
		}
	}
	return nil
}

// directly has a borrowed worker make a call.
func (p *Pool) directly(w *poolWorker, b *batch) (any, error) {
	defer func() {
		p.o.lock()
		defer p.o.unlock()
		w.at, w.lent = nil, false
		p.o.ringAll(idlers)
	}()
	here().host.Block(func() { w.make(part{b, 0, 1}) })
	p.o.lock()
	gone := b.gone
	p.o.unlock()
	if gone {
		panic(&StoppedError{})
	}
	return b.result()
}

// guardFor has calls given up when stop is closed. It reports false if the guard watches another
// signal, for calls that are under way. The pool is locked.
func (p *Pool) guardFor(stop <-chan struct{}) bool {
	if stop == nil || p.guard != nil && p.guard.stop == stop {
		return true
	}
	if slices.ContainsFunc(p.workers, func(w *poolWorker) bool { return w.lent }) {
		return false
	}
	p.unguard()
	p.guard = &guard{stop, make(chan struct{})}
	go p.watch(p.guard)
	return true
}

// unguard ends the guard. The pool is locked.
func (p *Pool) unguard() {
	if p.guard != nil {
		close(p.guard.over)
		p.guard = nil
	}
}

func (p *Pool) watch(g *guard) {
	pprof.SetGoroutineLabels(context.Background())
	select {
	case <-g.over:
		return
	case <-g.stop:
	}
	p.o.lock()
	defer p.o.unlock()
	if p.guard != g {
		return
	}
	p.guard = nil
	for _, w := range p.workers {
		if w.lent {
			p.giveUp(w.at)
		}
	}
}
