package pipe

import "sync"

// Answers are those of the other side that something waits for, each by the number of its question. The zero value has none, and
// it may be used concurrently.
type Answers[T any] struct {
	mu      sync.Mutex
	last    uint64
	waiting map[uint64]chan T
}

// Expect makes a number for a question, and where its answer comes.
func (a *Answers[T]) Expect() (id uint64, answer <-chan T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.waiting == nil {
		a.waiting = map[uint64]chan T{}
	}
	a.last++
	ch := make(chan T, 1)
	a.waiting[a.last] = ch
	return a.last, ch
}

// Give hands an answer over; one that nobody waits for is dropped.
func (a *Answers[T]) Give(id uint64, answer T) {
	a.mu.Lock()
	ch := a.waiting[id]
	delete(a.waiting, id)
	a.mu.Unlock()
	if ch != nil {
		ch <- answer
	}
}
