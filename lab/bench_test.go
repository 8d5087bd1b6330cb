package lab

import (
	"io"
	"os"
	"sync"
	"testing"
)

// cheapHost is as quick as a session's host is meant to be.
type cheapHost struct{ plain }

func (cheapHost) Caller() Caller                          { return Caller{Thread: 7, Worker: 0} }
func (cheapHost) Stdio() (*os.File, io.Writer, io.Writer) { return nil, nil, nil }

func BenchmarkLock(b *testing.B) {
	SetHost(cheapHost{})
	defer SetHost(nil)
	l := NewLock()
	for b.Loop() {
		l.Lock()
		//lint:ignore SA2001 the pair is what is measured
		l.Unlock()
	}
}

func BenchmarkSemaphore(b *testing.B) {
	s := NewSemaphore(1)
	for b.Loop() {
		s.Acquire()
		s.Release()
	}
}

// BenchmarkLockContended is two goroutines that want the same lock all the time.
func BenchmarkLockContended(b *testing.B) {
	l := NewSemaphore(1)
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 2 {
		wg.Go(func() {
			for range b.N / 2 {
				l.Acquire()
				l.Release()
			}
		})
	}
	wg.Wait()
}

func BenchmarkQueue(b *testing.B) {
	q := NewQueue(100)
	go func() {
		for range b.N {
			q.Put(1)
		}
		q.Close()
	}()
	b.ResetTimer()
	for range q.All() {
	}
}
