package lab

import (
	"time"

	"lockstep/exec/shm"
)

// A process that waits for a shared lock sees whether the holder's process is alive, not whether the goroutine
// is that has it there. So each process looks after what its own goroutines leave behind.

// tending is how often that is done. It is what those who wait for the lock wait longer.
const tending = 50 * time.Millisecond

// know adds a lock to those that the process shares.
func (s *space) know(at shm.Offset) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locks[at] = true
	s.tend()
}

// tend begins to look after the locks, if there are any: by a timer, since a goroutine that waits would keep a worker process from
// being used again. mu is held.
func (s *space) tend() {
	if s.tender != nil || len(s.locks) == 0 || s.world.ended == nil {
		return
	}
	s.tender = time.AfterFunc(tending, func() {
		s.bury()
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.tender != nil {
			s.tender.Reset(tending)
		}
	})
}

// neglect is the end of it.
func (s *space) neglect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tender != nil {
		s.tender.Stop()
		s.tender = nil
	}
}

// bury frees the locks whose holder was a goroutine of this process that has ended, which its world can tell.
func (s *space) bury() {
	s.mu.Lock()
	var left []shm.Offset
	for at := range s.locks {
		holder := shm.At[placed[ownedState]](s.region, at).state.heldBy()
		if holder.process() == s.number() && s.world.ended(holder.thread()) {
			left = append(left, at)
		}
	}
	s.mu.Unlock()
	for _, at := range left {
		o := new(owned)
		if err := o.attach(s.world, lockKind, at); err != nil {
			continue // it is no lock: it never was known
		}
		o.lock()
		o.bury(s.world)
		o.unlock()
	}
}
