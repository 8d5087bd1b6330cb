package gil

import (
	"sync/atomic"
	"testing"
)

// The price of a forced hand-over: two threads that are asked for the lock at
// every checkpoint.
func BenchmarkHandOver(b *testing.B) {
	var br Breaker
	l := NewLock(&br, Policy{Interval: 1})
	g := NewGroup(&br, l, 2)
	q := l.arbiter.(*queue)
	g.Hold()
	for i := range 2 {
		g.Go(i, func() {
			for range b.N / 2 {
				// What the timer does, without waiting for it.
				q.mu.Lock()
				if q.head != nil && !q.asked.Load() {
					q.asked.Store(true)
					br.Raise(HandOver)
				}
				q.mu.Unlock()
				check(&br)
			}
		})
	}
	b.ResetTimer()
	g.Start()
	wait(b, g)
	var n int64
	for _, s := range g.Stats() {
		n += s.Forced
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/hand-over")
}

func BenchmarkCheckpointDown(b *testing.B) {
	var br Breaker
	word := br.Word()
	for b.Loop() {
		if atomic.LoadUint32(word) != 0 {
			Checkpoint()
		}
	}
}

// in runs f in the only thread of a group.
func in(b *testing.B, p Policy, f func(br *Breaker)) {
	var br Breaker
	g := NewGroup(&br, NewLock(&br, p), 1)
	g.Go(0, func() { f(&br) })
	wait(b, g)
}

func BenchmarkCheckpointUp(b *testing.B) {
	in(b, Policy{}, func(br *Breaker) {
		br.Raise(User)
		for b.Loop() {
			check(br)
		}
		br.Lower(User)
	})
}

func BenchmarkCheckpointTicks(b *testing.B) {
	in(b, Policy{Kind: Ticks}, func(br *Breaker) {
		for b.Loop() {
			check(br)
		}
	})
}

func BenchmarkBlock(b *testing.B) {
	in(b, Policy{}, func(*Breaker) {
		for b.Loop() {
			Block(func() {})
		}
	})
}

func BenchmarkBlockOutsideGroup(b *testing.B) {
	for b.Loop() {
		Block(func() {})
	}
}

func BenchmarkRecvReady(b *testing.B) {
	in(b, Policy{}, func(*Breaker) {
		c := make(chan int, 1)
		for b.Loop() {
			Send(c, 1)
			Recv(c)
		}
	})
}

// One worker's share of the classic experiment, by policy and workers: ns/op
// is for all workers together, so equal figures mean that threads cost nothing.
func BenchmarkLoopUnderLock(b *testing.B) {
	const steps = 200_000
	for _, p := range []Policy{{}, {Kind: Ticks}} {
		for workers := 1; workers <= 4; workers++ {
			b.Run(p.String()+"/workers="+string(rune('0'+workers)), func(b *testing.B) {
				for b.Loop() {
					var br Breaker
					g := NewGroup(&br, NewLock(&br, p), workers)
					g.Hold()
					for i := range workers {
						g.Go(i, func() {
							x := uint32(1)
							for range steps / workers {
								for range 30 { // about 40 ns, a byte-code of CPython
									x = x*1664525 + 1013904223
								}
								check(&br)
							}
							sink.Store(x)
						})
					}
					g.Start()
					wait(b, g)
				}
			})
		}
	}
}

var sink atomic.Uint32
