package lab

import (
	"sync/atomic"
	"time"

	"lockstep/exec/shm"
)

// Lock is a mutual exclusion lock that knows its holder. The zero value is an
// unlocked lock without a name.
//
// The goroutine that locked it has to unlock it: for a signal from one
// goroutine to another use a [Semaphore] or an [Event].
type Lock struct{ o owned }

// NewLock returns an unlocked lock.
func NewLock(name ...string) *Lock {
	l := new(Lock)
	l.o.title = named(name)
	return l
}

// Lock waits until the lock is free and takes it. It panics with a
// [*MisuseError] if the caller holds it, a [*DeadlockError] if it would wait in
// a circle, an [*AbandonedError] if the holder ended.
func (l *Lock) Lock() { l.o.acquire(here(), "Lock", false, forever) }

// TryLock takes the lock if it is free, and reports whether it did.
func (l *Lock) TryLock() bool { return l.o.acquire(here(), "TryLock", false, 0) }

// LockTimeout is Lock that gives up after d. It reports whether it took the lock.
func (l *Lock) LockTimeout(d time.Duration) bool {
	return l.o.acquire(here(), "LockTimeout", false, max(d, 0))
}

// Unlock gives the lock up. It panics with a [*MisuseError] if the caller does not hold it.
func (l *Lock) Unlock() { l.o.release(here(), "Unlock", false) }

// With calls f with the lock held, and gives it up however f ends.
func (l *Lock) With(f func()) {
	l.Lock()
	defer l.Unlock()
	f()
}

// Locked reports whether somebody holds the lock.
func (l *Lock) Locked() bool { return l.o.locked() }

// RLock is a reentrant lock: its holder may lock it again, and has to unlock it
// as often. The zero value is an unlocked lock without a name.
type RLock struct{ o owned }

// NewRLock returns an unlocked lock.
func NewRLock(name ...string) *RLock {
	l := new(RLock)
	l.o.title = named(name)
	return l
}

// Lock waits until the lock is free or the caller's own, and takes it. It
// panics with a [*DeadlockError] if it would wait in a circle, an
// [*AbandonedError] if the holder ended.
func (l *RLock) Lock() { l.o.acquire(here(), "Lock", true, forever) }

// TryLock takes the lock if it is free or the caller's own, and reports whether it did.
func (l *RLock) TryLock() bool { return l.o.acquire(here(), "TryLock", true, 0) }

// LockTimeout is Lock that gives up after d. It reports whether it took the lock.
func (l *RLock) LockTimeout(d time.Duration) bool {
	return l.o.acquire(here(), "LockTimeout", true, max(d, 0))
}

// Unlock takes one Lock back. It panics with a [*MisuseError] if the caller does not hold the lock.
func (l *RLock) Unlock() { l.o.release(here(), "Unlock", true) }

// With calls f with the lock held, and takes its Lock back however f ends.
func (l *RLock) With(f func()) {
	l.Lock()
	defer l.Unlock()
	f()
}

// Locked reports whether somebody holds the lock.
func (l *RLock) Locked() bool { return l.o.locked() }

// owned is what Lock and RLock have in common: something that one goroutine has.
type owned struct{ object[ownedState] }

// ownedState is written by its holder alone, save for the counters of those who wait.
type ownedState struct {
	holder  uint64 // an id; 0: free
	depth   uint32 // how often the holder has locked it
	waiting uint32 // goroutines that wait for it
	// How often a holder ended without unlocking it, and who did last.
	abandoned uint32
	culprit   id
	word      shm.Offset // of a Value in shared memory: its number
}

// me is who calls, as holders of this lock are known.
func (o *owned) me(w *world) id {
	if o.shared.Load() != nil {
		return w.caller() | id(w.process.Load())<<48
	}
	return w.caller()
}

// moved is the holder of a lock whose state has moved to shared memory.
const moved = ^uint64(0)

func (o *owned) called(reentrant bool) string {
	if reentrant {
		return o.of("reentrant lock")
	}
	return o.of("lock")
}

func (s *ownedState) heldBy() id { return id(atomic.LoadUint64(&s.holder)) }

func (o *owned) locked() bool {
	if o.away != nil {
		return o.away.ask(here(), request{op: doLocked, name: "Locked"}).ok
	}
	return o.heldNow() != 0
}

// heldNow is who holds it now; 0: nobody.
func (o *owned) heldNow() id {
	if h := o.state().heldBy(); h != id(moved) {
		return h
	}
	o.lock()
	defer o.unlock()
	return o.state().heldBy()
}

// take takes the lock for me if it is free.
func (o *owned) take(me id) bool {
	s := o.state()
	if !atomic.CompareAndSwapUint64(&s.holder, 0, uint64(me)) {
		return false
	}
	s.depth = 1
	return true
}

func (o *owned) acquire(w *world, op string, reentrant bool, limit time.Duration) bool {
	if o.away != nil {
		return o.away.acquire(w, op, limit)
	}
	me := o.me(w)
	s := o.state()
	if atomic.LoadUint32(&s.waiting) == 0 && o.take(me) {
		return true
	}
	if s.heldBy() == me {
		switch {
		case reentrant:
			s.depth++
			return true
		case limit == 0:
			return false
		}
		panic(&MisuseError{op, o.called(false), w.name(me) + " holds it already; a lab.RLock may be locked again by its holder"})
	}
	if limit == forever {
		defer w.wish(me, o)()
	}
	o.lock()
	s = o.state()
	atomic.AddUint32(&s.waiting, 1)
	defer func() { atomic.AddUint32(&s.waiting, ^uint32(0)) }()
	before := s.abandoned
	wt := wait{on: &o.core, peers: true, turns: true, limit: limit, ready: func() bool { return o.take(o.me(w)) }, undo: func() { o.release(w, op, reentrant) }}
	wt.look = func() error {
		o.bury(w)
		if s := o.state(); s.abandoned != before {
			return &AbandonedError{Object: o.called(reentrant), Holder: w.name(s.culprit)}
		}
		return nil
	}
	if limit != 0 {
		if err := wt.look(); err != nil {
			o.unlock()
			panic(err)
		}
	}
	return wt.do(w)
}

// bury frees a lock whose holder has ended; all who wait find out. Later callers
// find a free lock. The object is locked.
func (o *owned) bury(w *world) {
	s := o.state()
	holder := s.heldBy()
	if holder == 0 || !o.ended(w, holder) || !atomic.CompareAndSwapUint64(&s.holder, uint64(holder), 0) {
		return
	}
	s.culprit = holder
	s.abandoned++
	o.ringAll(0)
}

// ended reports whether a goroutine is known to have ended.
func (o *owned) ended(w *world, holder id) bool {
	if o.head != nil && holder.process() != o.space.number() {
		return !o.space.atWork(holder.process())
	}
	if holder.visits() {
		return w.visitors.gone(holder)
	}
	return w.ended != nil && w.ended(holder.thread())
}

func (o *owned) release(w *world, op string, reentrant bool) {
	if o.away != nil {
		o.away.release(w, op)
		return
	}
	me := o.me(w)
	s := o.state()
	if holder := s.heldBy(); holder != me {
		// A goroutine that is being stopped may have lost the lock in the middle
		// of Condition.Wait; its deferred Unlock is no mistake of the program.
		select {
		case <-w.host.Done():
			return
		default:
		}
		if holder == id(moved) {
			holder = o.heldNow()
		}
		reason := w.name(holder) + " holds it; only the holder may unlock it"
		if holder == 0 {
			reason = "it is not locked"
		}
		panic(&MisuseError{op, o.called(reentrant), reason})
	}
	if s.depth > 1 {
		s.depth--
		return
	}
	o.free(s)
}

// free gives the lock up. Whoever begins to wait counts itself before it looks
// whether the lock is free: so either it finds it free, or it is seen here.
func (o *owned) free(s *ownedState) {
	s.depth = 0
	atomic.StoreUint64(&s.holder, 0)
	if atomic.LoadUint32(&s.waiting) > 0 {
		o.lock()
		o.ring(0)
		o.unlock()
	}
}

// suspend gives the lock up whatever its depth, for a wait at a condition, and
// calls enrol before anybody else can have it.
func (o *owned) suspend(w *world, op string, reentrant bool, enrol func()) (depth uint32) {
	me := o.me(w)
	s := o.state()
	if s.heldBy() != me {
		panic(&MisuseError{op, o.called(reentrant), w.name(me) + " has to hold it"})
	}
	enrol()
	depth = s.depth
	o.free(s)
	return depth
}

// resume takes the lock again with the depth that it had.
func (o *owned) resume(w *world, op string, reentrant bool, depth uint32) {
	o.acquire(w, op, reentrant, forever)
	o.state().depth = depth
}
