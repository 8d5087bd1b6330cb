package gil

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// PanicError is the cause with which a worker is stopped when one of its
// goroutines panicked and the group has no handler.
type PanicError struct {
	Worker int
	Value  any
	Stack  []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("worker %d panicked: %v", e.Worker, e.Value)
}

// Group is the goroutines of one run, or of one cell: those of its workers and
// all that these start. With a lock only one of them runs at a time. Make it
// with [NewGroup]. All methods are safe for concurrent use, except that
// [Group.OnPanic], [Group.Hold] and [Group.Record] must come before the first
// thread.
type Group struct {
	// Owner is whose goroutines they are, for whoever made the group; it is set before
	// the first thread.
	Owner any

	away atomic.Int64 // threads that have released the lock around something that blocks

	breaker  *Breaker
	lock     *Lock
	epoch    atomic.Pointer[time.Time] // the start signal; moved once, by Start
	recorder *recorder
	onPanic  func(worker int, value any, stack []byte)
	gate     chan struct{}

	mu        sync.Mutex
	members   []*member
	abandoned bool
	threads   int
	held      int           // threads that have not reached the gate yet
	changed   chan struct{} // closed and replaced when threads or held falls to 0
}

// member is one worker of a group. The group's mu guards it, save for the atomic
// fields.
type member struct {
	index   int
	stopped atomic.Bool
	done    chan struct{}
	cause   error
	threads int
	raised  bool
	stats   Stats // the durations of its threads that have ended
	passed  int64 // the checkpoints of those threads
	// Hand-overs, counted by whoever takes the lock.
	forced, voluntary atomic.Int64
}

func (m *member) count(forced bool) {
	if forced {
		m.forced.Add(1)
	} else {
		m.voluntary.Add(1)
	}
}

// NewGroup returns a group of workers 0 … workers-1 that have no thread yet. l
// is the lock that they run under, nil for none; it must not serve another
// group. b is the flag that their code tests.
func NewGroup(b *Breaker, l *Lock, workers int) *Group {
	g := &Group{breaker: b, lock: l, changed: make(chan struct{})}
	g.begin()
	for i := range workers {
		g.members = append(g.members, &member{index: i, done: make(chan struct{})})
	}
	return g
}

// OnPanic sets what is called, in the goroutine that panicked, when a thread
// panics. Without it the panic stops its worker with a [*PanicError].
func (g *Group) OnPanic(f func(worker int, value any, stack []byte)) { g.onPanic = f }

// Hold makes the threads that [Group.Go] and [Group.InTurn] start from now on
// wait for [Group.Start].
func (g *Group) Hold() { g.gate = make(chan struct{}) }

// Start waits until all threads started since [Group.Hold] are ready to run,
// and gives them the common start signal.
func (g *Group) Start() {
	for {
		g.mu.Lock()
		held, changed := g.held, g.changed
		g.mu.Unlock()
		if held == 0 {
			break
		}
		<-changed
	}
	g.begin()
	close(g.gate)
}

// Elapsed is the time since the start signal; without one, since the group was
// made.
func (g *Group) Elapsed() time.Duration { return g.now() }

func (g *Group) now() time.Duration { return time.Since(*g.epoch.Load()) }

func (g *Group) begin() {
	now := time.Now()
	g.epoch.Store(&now)
}

// Go starts a goroutine that is a thread of a worker. A panic in it ends
// nobody's process: see [Group.OnPanic].
func (g *Group) Go(worker int, f func()) { g.start(g.members[worker], f, g.gate) }

func (g *Group) start(m *member, f func(), gate chan struct{}) {
	t := newThread(g, m)
	g.join(m)
	if gate != nil {
		g.mu.Lock()
		g.held++
		g.mu.Unlock()
	}
	go t.main(f, gate)
}

// main is the life of a thread that has a goroutine of its own.
func (t *Thread) main(f func(), gate chan struct{}) {
	if t.lock != nil && t.lock.systemThreads() {
		// Not unlocked: the system thread ends with the goroutine.
		runtime.LockOSThread()
	}
	if gate != nil {
		t.group.atGate()
		<-gate
	}
	t.run(f)
}

// run is f as thread t in the current goroutine.
func (t *Thread) run(f func()) {
	previous := t.begin()
	defer t.end(previous)
	t.guard(f)
}

// guard calls f unless the worker is stopped, and tells of a panic in it.
func (t *Thread) guard(f func()) {
	defer func() {
		if v := recover(); v != nil {
			t.group.panicked(t.member, v, debug.Stack())
		}
	}()
	if !t.member.stopped.Load() {
		f()
	}
}

// InTurn calls f for one worker after another, in one goroutine that is a
// thread of each of them in turn. Only if f ends the goroutine does another one
// go on. It does not wait for the end.
func (g *Group) InTurn(f func(worker int)) {
	threads := make([]*Thread, len(g.members))
	for i, m := range g.members {
		threads[i] = newThread(g, m)
		g.join(m)
	}
	gate := g.gate
	if gate != nil {
		g.mu.Lock()
		g.held++
		g.mu.Unlock()
	}
	go func() {
		if gate != nil {
			g.atGate()
			<-gate
		}
		inTurn(threads, f)
	}()
}

func inTurn(threads []*Thread, f func(worker int)) {
	defer func() {
		if len(threads) > 0 {
			go inTurn(threads, f)
		}
	}()
	for len(threads) > 0 {
		t := threads[0]
		threads = threads[1:]
		t.run(func() { f(t.member.index) })
	}
}

func (g *Group) panicked(m *member, v any, stack []byte) {
	if g.onPanic != nil {
		g.onPanic(m.index, v, stack)
		return
	}
	g.StopWorker(m.index, &PanicError{Worker: m.index, Value: v, Stack: stack})
}

func (g *Group) atGate() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.held--; g.held == 0 {
		g.signal()
	}
}

// signal wakes whoever waits for a count to change; g.mu is held.
func (g *Group) signal() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// join counts a new thread of m.
func (g *Group) join(m *member) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.threads++
	m.threads++
	if g.threads == 1 && g.lock != nil {
		g.lock.open()
	}
	if m.stopped.Load() && !m.raised && !g.abandoned {
		m.raised = true
		g.breaker.Raise(Stop)
	}
}

// left takes t out of its worker.
func (g *Group) left(t *Thread) {
	g.mu.Lock()
	defer g.mu.Unlock()
	m := t.member
	m.stats = m.stats.plus(t.stats)
	m.passed += t.passed
	m.threads--
	g.threads--
	if m.threads == 0 && m.raised {
		m.raised = false
		g.breaker.Lower(Stop)
	}
	if g.threads == 0 {
		if g.lock != nil {
			g.lock.close()
		}
		g.signal()
	}
}

// Stop ends every worker; see [Group.StopWorker].
func (g *Group) Stop(cause error) {
	for i := range g.members {
		g.StopWorker(i, cause)
	}
}

// StopWorker ends all goroutines of a worker: each at its next checkpoint, or
// when the call that it is blocked in returns. The first cause counts.
func (g *Group) StopWorker(worker int, cause error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	m := g.members[worker]
	if m.stopped.Load() {
		return
	}
	m.cause = cause
	m.stopped.Store(true)
	close(m.done)
	if m.threads > 0 {
		m.raised = true
		g.breaker.Raise(Stop)
	}
}

// Abandon gives up the threads that are left of a group that was stopped: nothing of it is waited for, and
// the flag that other groups share is not up for it any more. Each thread still ends when the call that it is
// blocked in returns; what runs, and does not block, goes on, so ask [Group.Running] before.
func (g *Group) Abandon() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.abandoned = true
	for _, m := range g.members {
		if m.raised {
			m.raised = false
			g.breaker.Lower(Stop)
		}
	}
}

// Cause is why a worker was stopped; nil if it was not.
func (g *Group) Cause(worker int) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.members[worker].cause
}

// Done returns a channel that is closed when the worker is stopped.
func (g *Group) Done(worker int) <-chan struct{} { return g.members[worker].done }

// Threads is how many threads there are now.
func (g *Group) Threads() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.threads
}

// Running is how many threads are left that run code, or want to: those that wait
// inside [Block] or between [Release] and [Acquire] do not count.
func (g *Group) Running() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.threads - int(g.away.Load())
}

// Wait returns nil when no thread is left, or the cause of ctx when that is
// done before.
func (g *Group) Wait(ctx context.Context) error {
	for {
		g.mu.Lock()
		threads, changed := g.threads, g.changed
		g.mu.Unlock()
		if threads == 0 {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Stats returns the figures of each worker: of those of its threads that have
// ended.
func (g *Group) Stats() []Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]Stats, len(g.members))
	for i, m := range g.members {
		all[i] = m.stats
		all[i].Forced, all[i].Voluntary = m.forced.Load(), m.voluntary.Load()
	}
	return all
}

// Checkpoints returns for each worker how many checkpoints it has passed at which
// the flag was up: all of them if it always was. It counts threads that have ended.
func (g *Group) Checkpoints() []int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	all := make([]int64, len(g.members))
	for i, m := range g.members {
		all[i] = m.passed
	}
	return all
}
