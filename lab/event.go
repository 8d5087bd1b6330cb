package lab

import "time"

// Event is a flag that goroutines can wait for. The zero value is not set.
type Event struct{ o object[eventState] }

type eventState struct {
	set  bool
	sets uint32 // how often it was set: a wait ends even if the flag is cleared at once
}

// NewEvent returns an event that is not set.
func NewEvent(name ...string) *Event {
	e := new(Event)
	e.o.title = named(name)
	return e
}

// Set sets the flag and lets all go on who wait for it.
func (e *Event) Set() {
	if e.o.away != nil {
		e.o.away.ask(here(), request{op: doSet, name: "Set"})
		return
	}
	e.o.lock()
	defer e.o.unlock()
	if s := e.o.state(); !s.set {
		s.set = true
		s.sets++
	}
	e.o.ringAll(0)
}

// Clear takes the flag back: later waits wait again.
func (e *Event) Clear() {
	if e.o.away != nil {
		e.o.away.ask(here(), request{op: doClear, name: "Clear"})
		return
	}
	e.o.lock()
	defer e.o.unlock()
	e.o.state().set = false
}

// IsSet reports whether the flag is set.
func (e *Event) IsSet() bool {
	if e.o.away != nil {
		return e.o.away.ask(here(), request{op: doIsSet, name: "IsSet"}).ok
	}
	e.o.lock()
	defer e.o.unlock()
	return e.o.state().set
}

// Wait waits until the flag is set; if it is, Wait returns at once.
func (e *Event) Wait() { e.wait(here(), "Wait", forever) }

// WaitTimeout is Wait that gives up after d. It reports whether the flag was set.
func (e *Event) WaitTimeout(d time.Duration) bool { return e.wait(here(), "WaitTimeout", max(d, 0)) }

func (e *Event) wait(w *world, op string, limit time.Duration) bool {
	if e.o.away != nil {
		return e.o.away.ask(w, request{op: doWait, name: op, limit: limit}).ok
	}
	e.o.lock()
	before := e.o.state().sets
	return wait{on: &e.o.core, peers: true, limit: limit, ready: func() bool {
		s := e.o.state()
		return s.set || s.sets != before
	}}.do(w)
}
