package lab

import (
	"fmt"
	"math"
)

// What the objects do for those who have borrowed them.

func (l *Lock) title() (kind, name string)      { return "lock", l.o.name }
func (l *RLock) title() (kind, name string)     { return "reentrant lock", l.o.name }
func (v *Value) title() (kind, name string)     { return "value", v.o.name }
func (f *Float) title() (kind, name string)     { return "float", f.o.name }
func (s *Semaphore) title() (kind, name string) { return "semaphore", s.o.name }
func (e *Event) title() (kind, name string)     { return "event", e.o.name }
func (c *Condition) title() (kind, name string) { return "condition", c.o.name }
func (b *Barrier) title() (kind, name string)   { return "barrier", b.o.name }
func (q *Queue) title() (kind, name string)     { return q.kind, q.o.name }

func (r *request) unknown(x lent) error {
	return &LostError{r.name, titleOf(x), fmt.Sprintf("the session does not know operation %d", r.op)}
}

func (l *Lock) serve(w *world, _ *guest, r *request) reply  { return l.o.serve(l, w, r, false) }
func (l *RLock) serve(w *world, _ *guest, r *request) reply { return l.o.serve(l, w, r, true) }

func (o *owned) serve(x lent, w *world, r *request, reentrant bool) (a reply) {
	switch r.op {
	case doAcquire:
		a.ok = o.acquire(w, r.name, reentrant, r.limit)
	case doRelease:
		o.release(w, r.name, reentrant)
	case doLocked:
		a.ok = o.locked()
	default:
		panic(r.unknown(x))
	}
	return a
}

func (l *Lock) bury(w *world, who id, _ bool) bool      { return l.o.buryVisitor(w, who) }
func (l *RLock) bury(w *world, who id, _ bool) bool     { return l.o.buryVisitor(w, who) }
func (v *Value) bury(w *world, who id, _ bool) bool     { return v.o.buryVisitor(w, who) }
func (f *Float) bury(w *world, who id, _ bool) bool     { return f.o.buryVisitor(w, who) }
func (c *Condition) bury(w *world, who id, _ bool) bool { return c.held.buryVisitor(w, who) }

func (o *owned) buryVisitor(w *world, who id) bool {
	o.lock()
	defer o.unlock()
	if o.state().heldBy().thread() != who.thread() {
		return false
	}
	o.bury(w)
	return true
}

func (v *Value) serve(w *world, _ *guest, r *request) reply {
	return v.o.serveNumber(v, w, r, func(n uint64) uint64 { return uint64(v.Add(int(n))) })
}

func (f *Float) serve(w *world, _ *guest, r *request) reply {
	return f.o.serveNumber(f, w, r, func(n uint64) uint64 { return math.Float64bits(f.Add(math.Float64frombits(n))) })
}

// serveNumber serves a number by its bits, and its lock.
func (s *shared) serveNumber(x lent, w *world, r *request, add func(n uint64) uint64) (a reply) {
	switch r.op {
	case doLoad:
		a.n = s.load()
	case doStore:
		s.store(r.n)
	case doAdd:
		a.n = add(r.n)
	default:
		return s.serve(x, w, r, true)
	}
	return a
}

func (s *Semaphore) serve(w *world, g *guest, r *request) (a reply) {
	switch r.op {
	case doAcquire:
		if a.ok = s.acquire(w, r.name, r.limit); a.ok {
			g.hold(s, 1)
		}
	case doRelease:
		s.Release()
		g.hold(s, -1)
	case doValue:
		a.n = uint64(s.Value())
	default:
		panic(r.unknown(s))
	}
	return a
}

func (s *Semaphore) bury(*world, id, bool) bool { return false } // its permits are the guest's

// giveBack is Release for one that has died with a permit.
func (s *Semaphore) giveBack() {
	s.o.lock()
	defer s.o.unlock()
	if st := s.o.state(); st.limit == 0 || st.permits < st.limit {
		st.permits++
		s.o.ring(0)
	}
}

func (e *Event) serve(w *world, _ *guest, r *request) (a reply) {
	switch r.op {
	case doSet:
		e.Set()
	case doClear:
		e.Clear()
	case doIsSet:
		a.ok = e.IsSet()
	case doWait:
		a.ok = e.wait(w, r.name, r.limit)
	default:
		panic(r.unknown(e))
	}
	return a
}

func (e *Event) bury(*world, id, bool) bool { return false }

func (c *Condition) serve(w *world, _ *guest, r *request) (a reply) {
	switch r.op {
	case doAcquire:
		a.ok = c.held.acquire(w, r.name, c.reentrant, r.limit)
	case doRelease:
		c.held.release(w, r.name, c.reentrant)
	case doWait:
		a.ok = c.wait(w, r.name, r.limit)
	case doSignal:
		c.signal(w, r.name, int(r.n))
	default:
		panic(r.unknown(c))
	}
	return a
}

func (b *Barrier) serve(w *world, _ *guest, r *request) (a reply) {
	switch r.op {
	case doWait:
		a.n = uint64(b.wait(w, r.name, r.limit))
	case doAbort:
		b.Abort()
	case doReset:
		b.Reset()
	case doBroken:
		a.ok = b.Broken()
	case doParties:
		a.n = uint64(b.Parties())
	case doWaiting:
		a.n = uint64(b.Waiting())
	default:
		panic(r.unknown(b))
	}
	return a
}

// bury breaks the barrier if others wait there: who has died may be one of those that they wait for.
func (b *Barrier) bury(_ *world, who id, died bool) bool {
	if !died {
		return false
	}
	b.o.lock()
	defer b.o.unlock()
	s := b.o.state()
	if s.arrived == 0 {
		return false
	}
	b.breakLocked(s.round, broken{why: partyDied, who: who})
	return true
}

func (q *Queue) serve(w *world, _ *guest, r *request) (a reply) {
	switch r.op {
	case doPut:
		a.ok = q.put(w, r.name, encoded(r.data), r.limit)
	case doNext:
		var it item
		it, a.open, a.ok = q.nextItem(w, r.name, r.limit)
		if a.open && a.ok {
			it.marshal(here(), r.name, q)
			a.data = append(it.data, it.body...)
		}
	case doPutBack:
		q.putBack(w, &item{data: r.data, bytes: true}, true)
	case doLen:
		a.n = uint64(q.Len())
	case doCap:
		a.n = uint64(q.Cap())
	case doClose:
		q.Close()
	case doTaskDone:
		q.TaskDone()
	case doJoin:
		q.join(w)
	default:
		panic(r.unknown(q))
	}
	return a
}

func (q *Queue) bury(*world, id, bool) bool { return false }
