package lab

import (
	"slices"
	"strconv"
	"time"

	"lockstep/exec/shm"
)

// Condition is where goroutines wait for a change of what a lock guards. It has
// the methods of its lock. It is made by [NewCondition].
type Condition struct {
	o    object[conditionState]
	held *owned
	// reentrant says that it is an RLock's.
	reentrant bool
	calls     []call // while the state is local
}

// conditionState is what waits look at; of the calls, those of a shared condition.
type conditionState struct {
	last      uint64 // number of the last call
	reentrant bool
	calls     [maxCalls]call
	lock      shm.Offset // where the lock is in shared memory
}

// call is one goroutine's wait for a signal. One without a number is free.
type call struct {
	number    uint64
	process   uint32
	signalled bool
}

// maxCalls is how many goroutines can wait at a condition that processes share.
const maxCalls = 256

// Guard is a [Lock] or an [RLock].
type Guard interface {
	Lock()
	Unlock()
	guard() (o *owned, reentrant bool)
}

func (l *Lock) guard() (*owned, bool)  { return &l.o, false }
func (l *RLock) guard() (*owned, bool) { return &l.o, true }

// NewCondition returns a condition for what l guards. nil stands for a new RLock.
func NewCondition(l Guard, name ...string) *Condition {
	if l == nil {
		l = NewRLock(name...)
	}
	c := new(Condition)
	c.o.title = named(name)
	c.held, c.reentrant = l.guard()
	return c
}

// guardFor is the condition's lock. A zero value has none, and is of no use.
func (c *Condition) guardFor(op string) *owned {
	if c.held == nil {
		panic(&MisuseError{op, c.o.of("condition"), "it was not made by NewCondition"})
	}
	return c.held
}

// Lock takes the condition's lock.
func (c *Condition) Lock() {
	if c.o.away != nil {
		c.o.away.acquire(here(), "Lock", forever)
		return
	}
	c.guardFor("Lock").acquire(here(), "Lock", c.reentrant, forever)
}

// Unlock gives the condition's lock up.
func (c *Condition) Unlock() {
	if c.o.away != nil {
		c.o.away.release(here(), "Unlock")
		return
	}
	c.guardFor("Unlock").release(here(), "Unlock", c.reentrant)
}

// With calls f with the condition's lock held, and gives it up however f ends.
func (c *Condition) With(f func()) {
	c.Lock()
	defer c.Unlock()
	f()
}

// Wait gives the lock up, waits for a signal, and takes the lock again. What the
// caller waits for may have gone again by then: check it in a loop, or use
// [Condition.WaitUntil]. Wait panics with a [*MisuseError] if the caller does
// not hold the lock.
func (c *Condition) Wait() { c.wait(here(), "Wait", forever) }

// WaitTimeout is Wait that gives up after d. It reports whether there was a
// signal; the lock is held again either way.
func (c *Condition) WaitTimeout(d time.Duration) bool {
	return c.wait(here(), "WaitTimeout", max(d, 0))
}

// WaitUntil waits until pred is true. The lock is held when pred is called and
// when WaitUntil returns.
func (c *Condition) WaitUntil(pred func() bool) {
	for !pred() {
		c.wait(here(), "WaitUntil", forever)
	}
}

func (c *Condition) wait(world *world, op string, limit time.Duration) bool {
	if c.o.away != nil {
		return c.o.away.ask(world, request{op: doWait, name: op, limit: limit}).ok
	}
	var me uint64
	depth := c.guardFor(op).suspend(world, op, c.reentrant, func() {
		// Before the lock is free: a signal sent under it must find this call.
		me = c.enrol(op)
	})
	over := false
	defer func() {
		if !over && c.leave(me) {
			c.send(1) // stopped with a signal that is another one's now
		}
	}()
	c.o.lock()
	w := wait{on: &c.o.core, peers: true, limit: limit, ready: func() bool {
		i := c.find(me)
		return i < 0 || c.entries()[i].signalled
	}}
	// If the goroutine is stopped in here it ends without the lock: taking it
	// again could take forever.
	w.do(world)
	signalled := c.signalled(me)
	c.held.resume(world, op, c.reentrant, depth)
	over = true // not before: it may also be stopped while it waits for the lock
	c.leave(me)
	return signalled
}

// entries are the calls, by age in no order. The object is locked.
func (c *Condition) entries() []call {
	if c.o.head != nil {
		return c.o.state().calls[:]
	}
	return c.calls
}

func (c *Condition) find(number uint64) int {
	return slices.IndexFunc(c.entries(), func(e call) bool { return e.number == number })
}

// enrol enters a call.
func (c *Condition) enrol(op string) uint64 {
	c.o.lock()
	defer c.o.unlock()
	s := c.o.state()
	s.last++
	me := call{number: s.last}
	if c.o.head == nil {
		c.calls = append(c.calls, me)
		return me.number
	}
	me.process = c.o.space.number()
	for i := range s.calls {
		if e := &s.calls[i]; e.number == 0 || !c.o.space.atWork(e.process) {
			*e = me
			return me.number
		}
	}
	panic(&MisuseError{op, c.o.of("condition"), "at one that processes share no more than " + strconv.Itoa(maxCalls) + " goroutines can wait"})
}

func (c *Condition) signalled(number uint64) bool {
	c.o.lock()
	defer c.o.unlock()
	i := c.find(number)
	return i >= 0 && c.entries()[i].signalled
}

// leave ends a call, and reports whether it got a signal.
func (c *Condition) leave(number uint64) bool {
	c.o.lock()
	defer c.o.unlock()
	i := c.find(number)
	if i < 0 {
		return false
	}
	signalled := c.entries()[i].signalled
	if c.o.head == nil {
		c.calls = slices.Delete(c.calls, i, i+1)
	} else {
		c.entries()[i] = call{}
	}
	return signalled
}

// Signal lets one goroutine go on that waits, the one that has waited longest.
// It panics with a [*MisuseError] if the caller does not hold the lock.
func (c *Condition) Signal() { c.signal(here(), "Signal", 1) }

// Broadcast lets all goroutines go on that wait. It panics with a
// [*MisuseError] if the caller does not hold the lock.
func (c *Condition) Broadcast() { c.signal(here(), "Broadcast", -1) }

func (c *Condition) signal(w *world, op string, n int) {
	if c.o.away != nil {
		c.o.away.ask(w, request{op: doSignal, name: op, n: uint64(n)})
		return
	}
	me := c.guardFor(op).me(w)
	if c.held.heldNow() != me {
		panic(&MisuseError{op, c.o.of("condition"), w.name(me) + " has to hold its lock"})
	}
	c.send(n)
}

// send signals n calls, the oldest first; all of them if n is negative.
func (c *Condition) send(n int) {
	c.o.lock()
	defer c.o.unlock()
	for ; n != 0; n-- {
		oldest := -1
		entries := c.entries()
		for i, e := range entries {
			// The signal of a process that has died would be lost.
			if e.number == 0 || e.signalled || c.o.head != nil && !c.o.space.atWork(e.process) {
				continue
			}
			if oldest < 0 || e.number < entries[oldest].number {
				oldest = i
			}
		}
		if oldest < 0 {
			break
		}
		entries[oldest].signalled = true
	}
	c.o.ringAll(0)
}
