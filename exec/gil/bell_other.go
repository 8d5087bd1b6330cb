//go:build !linux

package gil

import (
	"sync"
	"sync/atomic"
)

// bell lets threads sleep until a word changes: here a condition variable.
type bell struct {
	mu   sync.Mutex
	cond *sync.Cond
}

// wait sleeps while *word is value, or not at all.
func (b *bell) wait(word *uint32, value uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cond == nil {
		b.cond = sync.NewCond(&b.mu)
	}
	if atomic.LoadUint32(word) == value {
		b.cond.Wait()
	}
}

// ring wakes all that wait.
func (b *bell) ring(word *uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cond != nil {
		b.cond.Broadcast()
	}
}
