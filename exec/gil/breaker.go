package gil

import (
	"sync"
	"sync/atomic"
	"unsafe"
)

// Reason says why a [Breaker] is up.
type Reason uint8

// The reasons for which running code is called to [Checkpoint].
const (
	HandOver Reason = iota // a waiter wants the lock
	Stop                   // a group or a worker has to end
	Count                  // checkpoints are counted (ticks policy)
	User                   // for the owner of the breaker
	reasons
)

// up is what the word holds while the breaker is raised. Each of its bytes is
// 1, so that a reader of the first byte as a bool sees a proper true whatever
// the byte order.
const up = 0x01010101

// Breaker is the flag that running code tests at every checkpoint. There is
// one in a process. Its zero value is down and ready; it must not be copied.
// All methods are safe for concurrent use.
//
// Each reason is counted: it holds from the first [Breaker.Raise] to as many
// calls of [Breaker.Lower].
type Breaker struct {
	word uint32

	mu     sync.Mutex
	counts [reasons]int
}

// Raise puts the flag up for a reason. Each Raise needs its [Breaker.Lower].
func (b *Breaker) Raise(r Reason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts[r]++
	atomic.StoreUint32(&b.word, up)
}

// Lower takes back one [Breaker.Raise]. It panics if there was none.
func (b *Breaker) Lower(r Reason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.counts[r] == 0 {
		panic("gil: breaker lowered more often than raised")
	}
	b.counts[r]--
	if b.counts == [reasons]int{} {
		atomic.StoreUint32(&b.word, 0)
	}
}

// Raised reports whether the flag is up for any reason. It is the exact test,
// for builds with the race detector.
func (b *Breaker) Raised() bool { return atomic.LoadUint32(&b.word) != 0 }

// Word is the flag as native code tests it: up if atomically loaded non-zero.
func (b *Breaker) Word() *uint32 { return &b.word }

// Flag is the same memory as [Breaker.Word], as interpreted code tests it: a
// plain read, late by at most a few steps, and a race to the race detector.
// Only the breaker may write it.
func (b *Breaker) Flag() *bool { return (*bool)(unsafe.Pointer(&b.word)) }
