package lab

import (
	"slices"
	"time"
)

const (
	// patience is how long the first in a line lets newcomers pass. Passing is
	// what makes a lock in a tight loop cheap: its holder need not wait for the
	// next one to wake up. It is longer than the switch interval of the emulated
	// interpreter lock, so that a waiter that was woken gets to run before
	// newcomers are held back for it.
	patience = 10 * time.Millisecond
	// rounds is how often a waiter looks whether the holder is still alive.
	rounds = 20 * time.Millisecond
	// forever stands for no time limit.
	forever time.Duration = -1
)

// line is where goroutines of this process wait for a change of an object, whose
// mutex guards it.
type line struct {
	waiters []*waiter
}

// waiter is one goroutine in a line. It is woken by a ring of its bell, and
// then looks for itself whether it may go on.
type waiter struct {
	since time.Time
	bell  chan struct{} // one ring
}

// ring wakes the first in line.
func (l *line) ring() {
	if len(l.waiters) > 0 {
		l.waiters[0].ring()
	}
}

// ringAll wakes all.
func (l *line) ringAll() {
	for _, w := range l.waiters {
		w.ring()
	}
}

func (w *waiter) ring() {
	select {
	case w.bell <- struct{}{}:
	default:
	}
}

// crowded reports whether newcomers have to queue.
func (l *line) crowded() bool {
	return len(l.waiters) > 0 && time.Since(l.waiters[0].since) > patience
}

// wait is one goroutine's wait in a line of an object.
type wait struct {
	on   *core
	line int
	// turns says that what one gets another one does not: then the one that has
	// waited longest goes first, also among processes.
	turns bool
	// ready tries to take what is waited for. It is called with the object locked.
	ready func() bool
	// undo gives it back, called without the lock: the goroutine ends before it could use it.
	undo func()
	// look, if not nil, is called when the wait begins, whenever somebody rings,
	// and now and then, with the object locked: its error ends the wait, and is what it panics with.
	look func() error
	// limit is how long to wait; 0: not at all.
	limit time.Duration
	// peers says that only who has the object can end the wait, and no other process by itself.
	peers bool
}

// do waits. It is called with the object locked and returns with it unlocked. It reports whether
// it got what it waited for, and panics with the error of look or, if the
// goroutine was stopped, ends it.
func (w wait) do(world *world) (ok bool) {
	c := w.on
	if (!w.turns || c.open(w.line)) && w.ready() {
		c.unlock()
		return true
	}
	if w.limit == 0 {
		c.unlock()
		return false
	}
	me := &waiter{since: time.Now(), bell: make(chan struct{}, 1)}
	c.lines[w.line].waiters = append(c.lines[w.line].waiters, me)
	if c.head != nil {
		c.watch()
		w.queueUp(me)
	}
	among := w.peers && w.limit == forever && c.head == nil && !world.lends.Load()
	c.unlock()

	sleep := w.sleep
	if among {
		sleep = w.sleepAmongGoroutines
	}
	done := world.host.Done()
	stopped, finished := false, false
	var err error
	defer func() {
		if ok && !finished && w.undo != nil {
			w.undo()
		}
	}()
	world.host.Block(func() { ok, stopped, err = sleep(me, done) })
	if stopped {
		panic(&StoppedError{})
	}
	if err != nil {
		panic(err)
	}
	finished = true
	return ok
}

// open reports whether newcomers need not queue. The object is locked.
func (c *core) open(line int) bool { return !c.lines[line].crowded() && !c.passed(line, nil) }

// sleep is the part of a wait during which others run.
func (w wait) sleep(me *waiter, done <-chan struct{}) (ok, stopped bool, err error) {
	var timeout, round <-chan time.Time
	if w.limit > 0 {
		t := time.NewTimer(w.limit)
		defer t.Stop()
		timeout = t.C
	}
	c := w.on
	if w.look != nil || c.shares() {
		t := time.NewTicker(rounds)
		defer t.Stop()
		round = t.C
	}
	for {
		last := false
		select {
		case <-me.bell:
		case <-round:
		case <-timeout:
			last = true
		case <-done:
			last, stopped = true, true
		}
		c.lock()
		w.queueUp(me)
		if !stopped && w.look != nil {
			err = w.look()
		}
		ok = !stopped && err == nil && !(w.turns && c.passed(w.line, me)) && w.ready()
		last = last || ok || err != nil
		if last {
			c.leave(w.line, me)
		}
		c.unlock()
		if last {
			return ok, stopped, err
		}
	}
}

// sleepAmongGoroutines is sleep where only a goroutine of this process can end the wait. Who looks at stacks for
// goroutines that wait for each other knows it by its name.
func (w wait) sleepAmongGoroutines(me *waiter, done <-chan struct{}) (ok, stopped bool, err error) {
	return w.sleep(me, done)
}

func (c *core) shares() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.head != nil
}

// leave takes w out of its line, and wakes the next one: there may be something
// left for it, or w may have been rung and not used it. The object is locked.
func (c *core) leave(line int, w *waiter) {
	l := &c.lines[line]
	if i := slices.Index(l.waiters, w); i >= 0 {
		l.waiters = slices.Delete(l.waiters, i, i+1)
	}
	if c.head != nil {
		c.unwatch()
		c.leaveQueue(line, w)
	}
	c.ring(line)
}
