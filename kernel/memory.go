package kernel

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	// restDelay is how long after the last request the kernel takes time for its memory: a collection would
	// disturb what a cell measures.
	restDelay = time.Second

	// spareBytes is what must have been allocated since the last collection for another to be worth it.
	spareBytes = 32 << 20
)

// spare gives memory back to the system that large messages have left. Without it a kernel with nothing to do keeps, for minutes,
// several times what it needs: after 200 MB of output 285 MB instead of 100. The zero value is ready; stop it.
type spare struct {
	mu        sync.Mutex
	timer     *time.Timer
	allocated uint64 // since the process began, at the last collection
	stopped   bool
}

// later has memory given back after a while without another call, unless busy says that there is something to do then.
func (s *spare) later(busy func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stopped:
	case s.timer == nil:
		s.timer = time.AfterFunc(restDelay, func() {
			if !busy() {
				s.giveBack()
			}
		})
	default:
		s.timer.Reset(restDelay)
	}
}

// giveBack collects and gives back if there is enough to be had.
func (s *spare) giveBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || allocated() < s.allocated+spareBytes {
		return
	}
	runtime.GC() // what is in pools outlives one collection
	debug.FreeOSMemory()
	s.allocated = allocated()
}

// stop waits for a collection under way. None comes after it.
func (s *spare) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
	if s.timer != nil {
		s.timer.Stop()
	}
}

// allocated is what Go has allocated since the process began, in bytes.
func allocated() uint64 {
	one := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(one)
	return one[0].Value.Uint64()
}
