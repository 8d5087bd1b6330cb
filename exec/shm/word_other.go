//go:build !linux

package shm

import "time"

// glance is how long a wait lasts where there are no futexes.
const glance = 200 * time.Microsecond

func (w *Word) wait(n uint32, limit time.Duration) {
	if w.Load() == n {
		time.Sleep(min(limit, glance))
	}
}

func (w *Word) wake(int) {}
