package shm

import (
	"sync/atomic"
	"time"
)

// Word is a number in a [Region] on which processes can wait.
type Word struct{ v uint32 }

// Load returns the number.
func (w *Word) Load() uint32 { return atomic.LoadUint32(&w.v) }

// Store sets it.
func (w *Word) Store(n uint32) { atomic.StoreUint32(&w.v, n) }

// Add adds n, which may wrap around, and returns the sum.
func (w *Word) Add(n uint32) uint32 { return atomic.AddUint32(&w.v, n) }

// CompareAndSwap sets it to n if it is old, and reports whether it was.
func (w *Word) CompareAndSwap(old, n uint32) bool { return atomic.CompareAndSwapUint32(&w.v, old, n) }

// Wait sleeps until somebody calls [Word.Wake], the time is over, or for no reason at all; it
// returns at once if the number is not n. It occupies a system thread: look again,
// and do not wait for long.
func (w *Word) Wait(n uint32, limit time.Duration) { w.wait(n, limit) }

// Wake wakes at most n that wait, in whatever process.
func (w *Word) Wake(n int) { w.wake(n) }
