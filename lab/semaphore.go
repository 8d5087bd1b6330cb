package lab

import (
	"strconv"
	"time"
)

// Semaphore is a number of permits. Any goroutine may release a permit, also
// one that was never acquired: the number then grows.
type Semaphore struct{ o object[semaphoreState] }

type semaphoreState struct {
	permits int
	limit   int // 0: none
}

// NewSemaphore returns a semaphore with n permits. It panics with a
// [*MisuseError] if n is negative.
func NewSemaphore(n int, name ...string) *Semaphore {
	s := new(Semaphore)
	s.o.title, s.o.local.permits = named(name), n
	if n < 0 {
		panic(&MisuseError{"NewSemaphore", s.object(), "the number of permits must be at least 0, got " + strconv.Itoa(n)})
	}
	return s
}

// BoundedSemaphore is a [Semaphore] that never has more permits than at the
// start: a Release too many is an error, as it is a mistake in most programs.
type BoundedSemaphore struct{ Semaphore }

// NewBoundedSemaphore returns a semaphore with n permits, which is also the
// most that it can have. It panics with a [*MisuseError] if n is less than 1.
func NewBoundedSemaphore(n int, name ...string) *BoundedSemaphore {
	s := new(BoundedSemaphore)
	s.o.title, s.o.local = named(name), semaphoreState{n, n}
	if n < 1 {
		panic(&MisuseError{"NewBoundedSemaphore", s.of("bounded semaphore"), "the number of permits must be at least 1, got " + strconv.Itoa(n)})
	}
	return s
}

func (s *Semaphore) of(kind string) string { return s.o.of(kind) }

func (s *Semaphore) object() string {
	if s.o.away != nil {
		return s.of("semaphore")
	}
	if s.o.state().limit > 0 {
		return s.of("bounded semaphore")
	}
	return s.of("semaphore")
}

// Acquire waits for a permit and takes it.
func (s *Semaphore) Acquire() { s.acquire(here(), "Acquire", forever) }

// TryAcquire takes a permit if there is one, and reports whether it did.
func (s *Semaphore) TryAcquire() bool { return s.acquire(here(), "TryAcquire", 0) }

// AcquireTimeout is Acquire that gives up after d. It reports whether it took a permit.
func (s *Semaphore) AcquireTimeout(d time.Duration) bool {
	return s.acquire(here(), "AcquireTimeout", max(d, 0))
}

func (s *Semaphore) acquire(w *world, op string, limit time.Duration) bool {
	if s.o.away != nil {
		return s.o.away.askUndo(w, request{op: doAcquire, name: op, limit: limit}, func(reply) request { return request{op: doRelease, name: "Release"} }).ok
	}
	s.o.lock()
	if s.o.open(0) && s.take() {
		s.o.unlock()
		return true
	}
	return wait{on: &s.o.core, peers: true, turns: true, limit: limit, undo: s.Release, ready: s.take}.do(w)
}

// take takes a permit if there is one. The object is locked.
func (s *Semaphore) take() bool {
	st := s.o.state()
	if st.permits == 0 {
		return false
	}
	st.permits--
	return true
}

// Release gives a permit back. On a bounded semaphore that has all its permits
// it panics with a [*MisuseError].
func (s *Semaphore) Release() {
	if s.o.away != nil {
		s.o.away.ask(here(), request{op: doRelease, name: "Release"})
		return
	}
	s.o.lock()
	defer s.o.unlock()
	st := s.o.state()
	if st.limit > 0 && st.permits == st.limit {
		panic(&MisuseError{"Release", s.object(), "it has all its " + strconv.Itoa(st.limit) + " permits: one Release too many"})
	}
	st.permits++
	s.o.ring(0)
}

// With calls f with a permit, and gives it back however f ends.
func (s *Semaphore) With(f func()) {
	s.Acquire()
	defer s.Release()
	f()
}

// Value is the number of free permits.
func (s *Semaphore) Value() int {
	if s.o.away != nil {
		return int(s.o.away.ask(here(), request{op: doValue, name: "Value"}).n)
	}
	s.o.lock()
	defer s.o.unlock()
	return s.o.state().permits
}
