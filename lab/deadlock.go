package lab

import (
	"slices"
	"strconv"
)

// wish enters into the wait-for graph that me waits for o without a time limit,
// and returns what takes it out again. It panics with a [*DeadlockError] if the
// wait closes a circle.
//
// Whoever enters the graph walks it, so that the last one to close a circle
// finds it. There are no false alarms: while the graph is locked nobody leaves
// it, a goroutine in it does nothing but wait, and so a holder that was met
// on the way still holds what it held when the walk comes back to me.
//
// Locks that are shared by processes have a graph of their own, in shared memory.
func (w *world) wish(me id, o *owned) (done func()) {
	if s := w.spaceIfAny(); s != nil && o.shares() {
		return s.wish(w, me, o)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waits[me] = wish{me, o}
	if circle := w.circle(me, o); circle != nil {
		delete(w.waits, me)
		panic(&DeadlockError{circle})
	}
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.waits, me)
	}
}

// circle follows the locks from o to their holders and on to what those wait
// for, until it comes to me or to somebody who does not wait.
func (w *world) circle(me id, o *owned) []Wait {
	var path []step
	for at := (wish{me, o}); ; {
		path = append(path, step{at.who, at.lock, at.lock.name})
		holder := at.lock.state().heldBy()
		if holder == me {
			return w.describe(path)
		}
		next, waiting := w.waits[holder]
		if !waiting {
			return nil
		}
		// Either the holder has just got the lock and not left the graph yet, or
		// this is a circle without me, reported to whoever closed it.
		if slices.ContainsFunc(path, func(p step) bool { return p.who == holder }) {
			return nil
		}
		at = next
	}
}

// step is one of those who wait in a circle, and for what.
type step struct {
	who  id
	lock any // comparable
	name string
}

// describe writes the graph down. Each one holds what the one before wants.
func (w *world) describe(path []step) []Wait {
	names := map[any]string{}
	unnamed := 0
	for _, p := range path { // a lock is wanted once in a circle
		if names[p.lock] = (title{p.name}).of("lock"); p.name == "" {
			unnamed++
			names[p.lock] = "unnamed lock " + strconv.Itoa(unnamed)
		}
	}
	waits := make([]Wait, len(path))
	for i, p := range path {
		before := path[(i+len(path)-1)%len(path)]
		waits[i] = Wait{Who: w.name(p.who), Holds: names[before.lock], Wants: names[p.lock]}
	}
	return waits
}
