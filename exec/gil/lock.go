package gil

import (
	"sync"
	"sync/atomic"
	"time"
)

// Lock decides which thread of a group runs. Make it with [NewLock] and give
// it to one [Group]; the group's threads take and release it themselves.
type Lock struct {
	policy Policy
	arbiter
}

// arbiter is how a policy hands the lock over. Each method is called by the
// thread itself.
type arbiter interface {
	try(t *Thread) bool   // take the lock if that needs no waiting
	acquire(t *Thread)    // wait for it
	release(t *Thread)    // give it up where the thread blocks or ends
	checkpoint(t *Thread) // hand it over if it is time to
	open()                // the first thread comes
	close()               // the last one has gone
	systemThreads() bool  // whether threads must be system threads
}

// NewLock returns a free lock, or nil for a policy of kind [None].
func NewLock(b *Breaker, p Policy) *Lock {
	p = p.withDefaults()
	switch p.Kind {
	case Ticks:
		return &Lock{p, &scramble{breaker: b, every: p.Ticks}}
	case Interval:
		return &Lock{p, &queue{breaker: b, interval: p.Interval, epoch: time.Now()}}
	case Async:
		return &Lock{p, &queue{breaker: b}}
	}
	return nil
}

// Policy is the lock's policy, its defaults filled in.
func (l *Lock) Policy() Policy { return l.policy }

// queue is the arbiter of the interval and async policies. Threads wait in
// order of arrival. The thread at the head asks for the lock when it has been
// there for an interval; from then on nobody else can take the lock, so that a
// thread with n others before it waits at most n+1 intervals and as many
// steps between checkpoints.
//
// Until then a released lock is free for whoever comes first, as CPython's is:
// a thread that blocks for a moment may have it back before the waiter woke.
type queue struct {
	breaker  *Breaker
	interval time.Duration // 0: async, nobody asks, a release goes to the head
	epoch    time.Time
	asked    atomic.Bool // the holder must hand over; written under mu

	mu         sync.Mutex
	holder     *Thread
	head, tail *Thread
	due        time.Duration // when the head asks, on the clock of epoch
	timer      *time.Timer
	armed      bool
	last       *Thread // the holder before
	forced     bool    // how it gave the lock up
}

func (q *queue) open()               {}
func (q *queue) close()              {}
func (q *queue) systemThreads() bool { return false }

// free reports whether t may take the lock now.
func (q *queue) free(t *Thread) bool {
	if q.holder != nil {
		return false
	}
	if q.interval == 0 || q.asked.Load() {
		return q.head == nil || q.head == t
	}
	return true
}

// grant makes t the holder; t is no longer in the queue.
func (q *queue) grant(t *Thread) {
	q.holder = t
	if q.asked.Load() {
		q.asked.Store(false)
		q.breaker.Lower(HandOver)
	}
	if q.last != nil && q.last != t {
		q.last.member.count(q.forced)
	}
	q.last = nil
}

// push puts t at the end of the queue.
func (q *queue) push(t *Thread) {
	t.queued = true
	if q.tail == nil {
		q.head, q.tail = t, t
		q.arm()
		return
	}
	q.tail.next = t
	q.tail = t
}

// pop takes the head out of the queue.
func (q *queue) pop() *Thread {
	t := q.head
	q.head = t.next
	t.next, t.queued = nil, false
	if q.head == nil {
		q.tail = nil
	} else {
		q.arm()
	}
	return t
}

// arm starts the patience of a new head. A timer that runs already is left
// alone: when it fires too early it is set again for the rest, which is
// cheaper than setting it for each thread that blocks for a microsecond.
func (q *queue) arm() {
	if q.interval == 0 {
		return
	}
	q.due = time.Since(q.epoch) + q.interval
	if q.armed {
		return
	}
	q.armed = true
	if q.timer == nil {
		q.timer = time.AfterFunc(q.interval, q.ask)
		return
	}
	q.timer.Reset(q.interval)
}

// ask asks the holder to hand over when the head has waited long enough.
func (q *queue) ask() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.armed = false
	if q.head == nil || q.asked.Load() {
		return
	}
	if rest := q.due - time.Since(q.epoch); rest > 0 {
		q.armed = true
		q.timer.Reset(rest)
		return
	}
	q.asked.Store(true)
	q.breaker.Raise(HandOver)
}

func (q *queue) try(t *Thread) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.free(t) {
		return false
	}
	q.grant(t)
	return true
}

func (q *queue) acquire(t *Thread) {
	q.mu.Lock()
	if !q.free(t) {
		q.push(t)
	}
	q.wait(t)
}

// wait returns with t as the holder. It unlocks q.mu. t is in the queue,
// unless the lock is free.
func (q *queue) wait(t *Thread) {
	for q.holder != t {
		if q.free(t) && (!t.queued || t == q.head) {
			if t.queued {
				q.pop()
			}
			q.grant(t)
			break
		}
		q.mu.Unlock()
		<-t.wake
		q.mu.Lock()
	}
	q.mu.Unlock()
}

func (q *queue) release(t *Thread) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.yield(t, false)
	if h := q.head; h != nil {
		if q.interval == 0 || q.asked.Load() {
			q.grant(q.pop())
		}
		h.rouse()
	}
}

// yield takes the lock from t.
func (q *queue) yield(t *Thread, forced bool) {
	if q.holder != t {
		panic("gil: lock released by a thread that does not hold it")
	}
	q.holder, q.last, q.forced = nil, t, forced
}

func (q *queue) checkpoint(t *Thread) {
	if !q.asked.Load() {
		return
	}
	q.mu.Lock()
	if q.head == nil || !q.asked.Load() {
		q.mu.Unlock()
		return
	}
	q.yield(t, true)
	h := q.pop()
	q.grant(h)
	q.push(t)
	h.rouse()
	t.shift(Waiting, t.group.now())
	q.wait(t)
	t.shift(Running, t.group.now())
}

// rouse makes t look at the lock again. A token that is already there serves
// as well, and one too many only makes it look once more.
func (t *Thread) rouse() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}
