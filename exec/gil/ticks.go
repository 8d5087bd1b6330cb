package gil

import "sync/atomic"

// scramble is the arbiter of the ticks policy: the lock of CPython before 3.2.
// Every so many checkpoints the holder releases the lock and takes it again at
// once. That wakes all waiters, on whatever cores they are, to find it taken
// again most of the time: their fight is what made threads slower than no
// threads. It shows only if the waiters are really woken, so they are system
// threads that sleep in the kernel: with sync.Mutex, which lets the others
// sleep on, the slow-down was 1.1 where it is 1.4 so.
type scramble struct {
	breaker *Breaker
	every   int
	word    uint32 // 1: held
	waiters atomic.Int32
	last    atomic.Pointer[Thread] // the holder before
	forced  atomic.Bool            // how it gave the lock up
	bell    bell
}

func (s *scramble) open()               { s.breaker.Raise(Count) }
func (s *scramble) close()              { s.breaker.Lower(Count) }
func (s *scramble) systemThreads() bool { return true }

func (s *scramble) try(t *Thread) bool {
	if !atomic.CompareAndSwapUint32(&s.word, 0, 1) {
		return false
	}
	if last := s.last.Load(); last != nil && last != t {
		last.member.count(s.forced.Load())
	}
	s.last.Store(nil)
	return true
}

func (s *scramble) acquire(t *Thread) {
	s.waiters.Add(1)
	defer s.waiters.Add(-1)
	for !s.try(t) {
		s.bell.wait(&s.word, 1)
	}
}

func (s *scramble) release(t *Thread) { s.yield(t, false) }

func (s *scramble) yield(t *Thread, forced bool) {
	s.forced.Store(forced)
	s.last.Store(t)
	if !atomic.CompareAndSwapUint32(&s.word, 1, 0) {
		panic("gil: lock released that nobody holds")
	}
	if s.waiters.Load() > 0 {
		s.bell.ring(&s.word)
	}
}

func (s *scramble) checkpoint(t *Thread) {
	if t.ticks++; t.ticks < s.every {
		return
	}
	t.ticks = 0
	s.yield(t, true)
	if s.try(t) {
		return
	}
	t.shift(Waiting, t.group.now())
	s.acquire(t)
	t.shift(Running, t.group.now())
}
