package gil

import (
	"runtime"
	"strconv"
	"sync/atomic"
	"time"
	"unsafe"
)

// State is what a thread is doing.
type State uint8

// The states of a thread. Without a lock no thread ever waits.
const (
	Running State = iota // holding the lock, or free to run without one
	Waiting              // for the lock
	Blocked              // outside: asleep, in a channel operation, in a released computation
)

// String is the state as charts and JSON call it.
func (s State) String() string {
	return [...]string{"running", "waiting", "blocked"}[s]
}

// exitGrace is how long deferred functions of a stopped thread may run
// undisturbed: enough to unlock and close, not enough to go on working.
const exitGrace = 100 * time.Millisecond

// Thread is one goroutine of a [Group]: the main goroutine of a worker, a
// goroutine that it started, or a callback in somebody else's goroutine. Only
// the goroutine itself may use it, save for [Thread.Enter] and [Thread.Ended].
type Thread struct {
	name    [20]byte // the worker's number in digits; first, see setLabel
	nameLen int

	id     uint32
	g      atomic.Uintptr // see goroutine; others read it, to find that they are not it
	group  *Group
	member *member
	lock   *Lock // nil: none

	away    int   // how many releases are open; 0: running
	passed  int64 // checkpoints at which the flag was up
	ticks   int   // checkpoints since the last release (ticks policy)
	exiting time.Duration

	state State
	since time.Duration
	stats Stats

	wake   chan struct{} // one token: look again
	next   *Thread       // in the lock's queue
	queued bool

	// Mark is a note of the code that the thread runs, such as the place it has
	// got to. Only the thread itself may use it.
	Mark int
	// blocked is Mark plus one while the thread is blocked, else 0: others read it.
	blocked atomic.Int64
}

func newThread(g *Group, m *member) *Thread {
	t := &Thread{group: g, member: m, lock: g.lock, id: nextID()}
	t.nameLen = len(strconv.AppendInt(t.name[:0], int64(m.index), 10))
	if g.lock != nil {
		t.wake = make(chan struct{}, 1)
	}
	return t
}

// Current returns the thread that the current goroutine is, or nil if it is
// none.
func Current() *Thread {
	t := labelled()
	if t == nil || t.g.Load() != goroutine() {
		return nil
	}
	return t
}

// ID is a number that no other thread of this process has, from 1 on.
func (t *Thread) ID() uint32 { return t.id }

// Worker is the number of the thread's worker.
func (t *Thread) Worker() int { return t.member.index }

// Group is the group that the thread belongs to.
func (t *Thread) Group() *Group { return t.group }

// begin makes the current goroutine t. It returns once t may run, and what
// end wants.
func (t *Thread) begin() (previous unsafe.Pointer) {
	t.g.Store(goroutine())
	living.add(t)
	previous = t.setLabel()
	traceBegin(t.member.index)
	t.since = t.group.now()
	t.take(Waiting)
	return previous
}

// end is the last thing that t does: it gives the lock up, whatever way the
// goroutine ends.
func (t *Thread) end(previous unsafe.Pointer) {
	if t.away == 0 {
		t.give(Blocked)
	} else {
		t.group.away.Add(-1)
	}
	t.away = 0
	traceEnd()
	t.g.Store(0)
	living.remove(t)
	runtimeSetProfLabel(previous)
	t.group.left(t)
}

// give leaves the running state.
func (t *Thread) give(next State) {
	t.shift(next, t.group.now())
	if t.lock != nil {
		t.lock.release(t)
	}
}

// take enters the running state.
func (t *Thread) take(waiting State) {
	now := t.group.now()
	if t.lock != nil && !t.lock.try(t) {
		t.shift(waiting, now)
		t.lock.acquire(t)
		now = t.group.now()
	}
	t.shift(Running, now)
}

// shift accounts for the state that ends now.
func (t *Thread) shift(next State, now time.Duration) {
	t.stats.add(t.state, now-t.since)
	if r := t.group.recorder; r != nil && now > t.since {
		r.add(Span{Worker: t.member.index, State: t.state, Start: t.since, End: now})
	}
	t.state, t.since = next, now
}

func (t *Thread) release() {
	if t.away++; t.away == 1 {
		t.blocked.Store(int64(t.Mark) + 1)
		t.group.away.Add(1)
		t.give(Blocked)
	}
}

func (t *Thread) acquire() {
	if t.away--; t.away == 0 {
		t.blocked.Store(0)
		t.take(Waiting)
		t.group.away.Add(-1)
	}
}

// checkpoint is what the thread does when the flag is up.
func (t *Thread) checkpoint() {
	t.passed++
	if t.lock != nil && t.away == 0 {
		t.lock.checkpoint(t)
	}
	if t.member.stopped.Load() {
		t.exit()
	}
}

// exit ends the goroutine. Goexit runs the deferred functions, and unlike a
// panic a recover in the workload cannot swallow it. Deferred functions come
// to checkpoints too: they are left in peace for a while.
func (t *Thread) exit() {
	now := t.group.now()
	if t.exiting == 0 {
		t.exiting = max(now, 1)
	} else if now-t.exiting < exitGrace {
		return
	}
	runtime.Goexit()
}

// Entry is a callback's stay in a worker; see [Thread.Enter].
type Entry struct {
	thread   *Thread
	previous unsafe.Pointer
	away     int
	fresh    bool
}

// Enter is for the start of a callback that library code may run in whatever
// goroutine it likes: t is what [Current] returned where the callback was
// passed to the library. If the current goroutine is a thread already, it
// takes the lock again for the duration of the callback in case it had
// released it; if not, it becomes a thread of t's worker. [Entry.Leave] ends
// that and must be deferred. Enter on a nil thread returns nil, on which Leave
// does nothing.
func (t *Thread) Enter() *Entry {
	if t == nil {
		return nil
	}
	if own := Current(); own != nil && own.group == t.group {
		e := &Entry{thread: own, away: own.away}
		if own.away > 0 {
			own.away = 0
			own.take(Waiting)
		}
		return e
	}
	c := newThread(t.group, t.member)
	t.group.join(t.member)
	return &Entry{thread: c, previous: c.begin(), fresh: true}
}

// Callback returns a function that library code may call in whatever goroutine it likes, once or often: f runs
// as a thread of the worker that the current goroutine belongs to, and a panic in it ends nobody's process: see
// [Group.OnPanic]. Once the worker is stopped f is not called any more. Outside a group it is f.
func Callback(f func()) func() {
	t := labelled()
	if t == nil {
		return f
	}
	return func() {
		e := t.Enter()
		defer e.Leave()
		if e.fresh {
			e.thread.guard(f)
		} else {
			f()
		}
	}
}

// Leave ends what [Thread.Enter] began.
func (e *Entry) Leave() {
	if e == nil {
		return
	}
	if e.fresh {
		e.thread.end(e.previous)
		return
	}
	if e.away > 0 {
		e.thread.give(Blocked)
		e.thread.away = e.away
	}
}
