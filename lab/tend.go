package lab

import (
	"context"
	"runtime/pprof"
	"time"

	"lockstep/exec/shm"
)

// A process that waits for a shared lock sees whether the holder's process is alive, not whether the goroutine
// is that has it there. So each process looks after what its own goroutines leave behind.

// tending is how often that is done. It is what those who wait for the lock wait longer.
const tending = 50 * time.Millisecond

// Tend is for hosts: until done is closed, locks that are shared with other processes, and whose holder was a
// goroutine of this one that has ended, are released, and whoever waits for them is told. It returns at once.
func Tend(done <-chan struct{}) {
	w := here()
	if w.ended == nil {
		return
	}
	go func() {
		pprof.SetGoroutineLabels(context.Background())
		ticker := time.NewTicker(tending)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				if s := w.spaceIfAny(); s != nil {
					s.bury(w)
				}
			}
		}
	}()
}

// know adds a lock to those that the process shares.
func (s *space) know(at shm.Offset) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.locks[at] = true
}

// bury frees the locks whose holder was a goroutine of this process that has ended.
func (s *space) bury(w *world) {
	s.mu.Lock()
	var left []shm.Offset
	for at := range s.locks {
		holder := shm.At[placed[ownedState]](s.region, at).state.heldBy()
		if holder.process() == s.number() && w.ended != nil && w.ended(holder.thread()) {
			left = append(left, at)
		}
	}
	s.mu.Unlock()
	for _, at := range left {
		o := new(owned)
		if err := o.attach(w, lockKind, at); err != nil {
			continue // it is no lock: it never was known
		}
		o.lock()
		o.bury(w)
		o.unlock()
	}
}
