package gil

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// compute is work that keeps the lock: on the clock of a synctest bubble, n
// steps of a millisecond with a checkpoint after each.
func compute(b *Breaker, n int) {
	for range n {
		time.Sleep(time.Millisecond)
		check(b)
	}
}

const ms = time.Millisecond

func TestIntervalSharesByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Breaker
		// Between two steps, so that nothing happens at one instant.
		g := NewGroup(&b, NewLock(&b, Policy{Interval: 4500 * time.Microsecond}), 3)
		g.Hold()
		var ends [3]time.Duration
		for i := range 3 {
			g.Go(i, func() {
				compute(&b, 12)
				ends[i] = g.now()
			})
		}
		g.Start()
		wait(t, g)
		// 5 + 5 + 2 steps each, in turns.
		slices.Sort(ends[:])
		if want := [3]time.Duration{32 * ms, 34 * ms, 36 * ms}; ends != want {
			t.Errorf("ends: got %v, want %v", ends, want)
		}
		for i, s := range g.Stats() {
			if s.Held != 12*ms || s.Forced != 2 {
				t.Errorf("worker %d: got held %v, %d forced hand-overs, want 12ms, 2", i, s.Held, s.Forced)
			}
			if s.Waited < 20*ms || s.Waited > 24*ms {
				t.Errorf("worker %d: got %v waited, want 20ms to 24ms", i, s.Waited)
			}
		}
		if b.Raised() {
			t.Error("breaker still up at the end")
		}
	})
}

// As in CPython: an I/O thread beside a CPU-bound one waits one interval.
func TestIntervalCostsAnIOWorkerOneInterval(t *testing.T) {
	for _, interval := range []time.Duration{ms, 5 * ms, 20 * ms} {
		synctest.Test(t, func(t *testing.T) {
			var b Breaker
			g := NewGroup(&b, NewLock(&b, Policy{Interval: interval}), 2)
			g.Hold()
			started := make(chan struct{})
			g.Go(0, func() {
				close(started)
				for range 10 {
					Sleep(50 * ms)
				}
			})
			g.Go(1, func() {
				Recv(started)
				compute(&b, 1000)
			})
			g.Start()
			wait(t, g)
			s := g.Stats()[0]
			if got := s.Waited / 10; got < interval-ms || got > interval+2*ms {
				t.Errorf("interval %v: got %v waited at each return, want one interval", interval, got)
			}
			if s.Blocked < 500*ms || s.Voluntary != 10 && s.Voluntary != 11 {
				t.Errorf("interval %v: got %v blocked, %d voluntary hand-overs, want 500ms, 10", interval, s.Blocked, s.Voluntary)
			}
		})
	}
}

// A worker that blocks for a moment gets its lock back before a sleeping
// waiter takes it; still the waiter must not starve.
func TestIntervalDoesNotStarve(t *testing.T) {
	const workers, interval = 4, 5 * ms
	synctest.Test(t, func(t *testing.T) {
		var b Breaker
		g := NewGroup(&b, NewLock(&b, Policy{Interval: interval}), workers)
		g.Record()
		g.Hold()
		for i := range workers {
			g.Go(i, func() {
				for range 100 {
					compute(&b, 1)
					if i%2 == 0 {
						Block(func() {})
					}
				}
			})
		}
		g.Start()
		wait(t, g)
		for _, s := range g.Timeline().Spans {
			if d := s.End - s.Start; s.State == Waiting && d > workers*(interval+ms) {
				t.Errorf("worker %d waited %v, want at most %v", s.Worker, d, workers*(interval+ms))
			}
		}
	})
}

// Once a waiter has asked, not even a worker that never comes to a checkpoint
// and only blocks for moments can take the lock before it.
func TestAWaiterThatAskedIsNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Breaker
		g := NewGroup(&b, NewLock(&b, Policy{}), 2)
		g.Hold()
		started := make(chan struct{})
		g.Go(0, func() {
			close(started)
			for range 100 {
				time.Sleep(ms)
				Block(func() {})
			}
		})
		g.Go(1, func() { Recv(started) })
		g.Start()
		wait(t, g)
		if s := g.Stats()[1]; s.Waited > 6*ms {
			t.Errorf("got %v waited, want an interval and a step", s.Waited)
		}
	})
}

// The interval counts from when a waiter came, not from when somebody else did.
func TestEachWaiterHasItsOwnInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Breaker
		g := NewGroup(&b, NewLock(&b, Policy{}), 2)
		g.Hold()
		g.Go(0, func() {
			Go(func() { compute(&b, 30) }) // waits from the start, runs from 1 ms on
			compute(&b, 1)
			Sleep(3500 * time.Microsecond)
		})
		g.Start()
		wait(t, g)
		// The thread of the sleeper waits from 4.5 ms to 10 ms, the other one
		// for the first.
		if s := g.Stats()[0]; s.Waited < 6*ms || s.Waited > 7*ms {
			t.Errorf("got %v waited, want 1 ms and 5.5 ms", s.Waited)
		}
	})
}

func TestAsyncHandsOverOnlyWhereAWorkerBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Breaker
		g := NewGroup(&b, NewLock(&b, Policy{Kind: Async}), 3)
		g.Hold()
		var order []int
		for i := range 3 {
			g.Go(i, func() {
				for range 2 {
					order = append(order, i)
					compute(&b, 100)
					Sleep(0)
				}
			})
		}
		g.Start()
		wait(t, g)
		first := order[:3]
		if !slices.Equal(order[3:], first) {
			t.Errorf("order: got %v, want two rounds alike", order)
		}
		for i, s := range g.Stats() {
			if s.Forced != 0 {
				t.Errorf("worker %d: got %d forced hand-overs, want 0", i, s.Forced)
			}
			if s.Held != 200*ms {
				t.Errorf("worker %d: got held %v, want 200ms", i, s.Held)
			}
		}
	})
}

func TestTicksReleaseByCount(t *testing.T) {
	var b Breaker
	g := NewGroup(&b, NewLock(&b, Policy{Kind: Ticks, Ticks: 10}), 3)
	g.Hold()
	var h holders
	counts := make([]int, 3)
	for i := range 3 {
		g.Go(i, func() {
			if !b.Raised() {
				t.Error("ticks policy: the flag must be up, for checkpoints to be counted")
			}
			for range 20_000 {
				h.step(func() { counts[i]++ })
				check(&b)
			}
		})
	}
	g.Start()
	wait(t, g)
	if h.most.Load() != 1 {
		t.Errorf("threads running at once: got %d, want 1", h.most.Load())
	}
	if !slices.Equal(counts, []int{20_000, 20_000, 20_000}) {
		t.Errorf("steps done: got %v", counts)
	}
	if b.Raised() {
		t.Error("breaker still up at the end")
	}
}

// A waiter has its turn while the holder goes on: nothing but the release every
// so many checkpoints gives it one.
func TestTicksLetWaitersIn(t *testing.T) {
	var b Breaker
	g := NewGroup(&b, NewLock(&b, Policy{Kind: Ticks, Ticks: 10}), 2)
	g.Hold()
	var other atomic.Bool
	started := make(chan struct{})
	g.Go(0, func() {
		close(started)
		for !other.Load() {
			check(&b)
		}
	})
	g.Go(1, func() {
		Recv(started)
		other.Store(true)
	})
	g.Start()
	wait(t, g)
	if s := g.Stats()[0]; s.Forced == 0 {
		t.Error("got no hand-over at a checkpoint")
	}
}

// Random programs under every policy: never two holders, all come to their
// end, and the flag is down afterwards.
func TestRandomSchedules(t *testing.T) {
	policies := []Policy{
		{Interval: 200 * time.Microsecond},
		{Kind: Ticks, Ticks: 3},
		{Kind: Async},
	}
	rapid.Check(t, func(rt *rapid.T) {
		policy := rapid.SampledFrom(policies).Draw(rt, "policy")
		workers := rapid.IntRange(1, 5).Draw(rt, "workers")
		stopAt := rapid.IntRange(0, 40).Draw(rt, "stop at")
		op := rapid.SampledFrom([]string{
			"work", "work", "block", "nest", "pingpong", "spawn", "library", "panic", "panic outside", "goexit", "stop",
		})
		programs := make([][]string, workers)
		for i := range programs {
			programs[i] = rapid.SliceOfN(op, 0, 20).Draw(rt, "program")
		}
		var b Breaker
		var h holders
		g := NewGroup(&b, NewLock(&b, policy), workers)
		var foreign atomic.Value
		g.OnPanic(func(_ int, v any, stack []byte) {
			if v != "as drawn" {
				foreign.Store(fmt.Sprintf("%v\n%s", v, stack))
			}
		})
		var run func(program []string)
		run = func(program []string) {
			for i, op := range program {
				work := func() {
					for range 50 {
						h.step(func() {})
						check(&b)
					}
				}
				switch op {
				case "work":
					work()
				case "block":
					Block(runtime.Gosched)
				case "nest":
					Release()
					Block(func() { Sleep(10 * time.Microsecond) })
					Acquire()
				case "pingpong":
					c := make(chan int)
					Go(func() { Send(c, 1) })
					Recv(c)
				case "spawn":
					rest := program[i+1:]
					Go(func() { run(rest) })
					return
				case "library":
					owner, done := Current(), make(chan struct{})
					go func() {
						defer close(done)
						e := owner.Enter()
						defer e.Leave()
						work()
					}()
					Block(func() {
						e := owner.Enter()
						defer e.Leave()
						work()
					})
					Recv(done)
				case "panic":
					panic("as drawn")
				case "panic outside":
					Block(func() { panic("as drawn") })
				case "goexit":
					runtime.Goexit()
				case "stop":
					if stopAt == i {
						g.Stop(errors.New("as drawn"))
					}
				}
			}
		}
		g.Hold()
		for i := range workers {
			g.Go(i, func() { run(programs[i]) })
		}
		g.Start()
		wait(t, g)
		if v := foreign.Load(); v != nil {
			rt.Fatalf("a panic of the package: %v", v)
		}
		if most := h.most.Load(); most > 1 {
			rt.Fatalf("threads running at once: got %d, want 1", most)
		}
		if b.Raised() {
			rt.Fatal("breaker still up at the end")
		}
	})
}
