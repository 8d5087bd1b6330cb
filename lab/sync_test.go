package lab

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestSemaphore(t *testing.T) {
	for _, s := range []*Semaphore{NewSemaphore(3), &NewBoundedSemaphore(3).Semaphore} {
		synctest.Test(t, func(t *testing.T) {
			var inside, most atomic.Int64
			var wg sync.WaitGroup
			start := time.Now()
			for range 9 {
				wg.Go(func() {
					s.With(func() {
						most.Store(max(most.Load(), inside.Add(1)))
						time.Sleep(time.Second)
						inside.Add(-1)
					})
				})
			}
			wg.Wait()
			if most.Load() != 3 || time.Since(start) != 3*time.Second || s.Value() != 3 {
				t.Errorf("%d inside at once, took %v, %d permits left", most.Load(), time.Since(start), s.Value())
			}
			for range 3 {
				if !s.TryAcquire() {
					t.Fatal("no permit")
				}
			}
			if s.TryAcquire() || s.AcquireTimeout(time.Second) {
				t.Error("a permit too many")
			}
			go func() { time.Sleep(time.Second); s.Release() }()
			if !s.AcquireTimeout(time.Minute) {
				t.Error("no permit after a Release")
			}
		})
	}
}

func TestSemaphoreRelease(t *testing.T) {
	s := NewSemaphore(0, "signals")
	s.Release()
	s.Release()
	if s.Value() != 2 {
		t.Errorf("got %d permits want 2", s.Value())
	}
	b := NewBoundedSemaphore(2, "seats")
	b.Acquire()
	b.Release()
	wantPanic[*MisuseError](t, b.Release, `lab: Release of bounded semaphore "seats": it has all its 2 permits: one Release too many`)
	wantPanic[*MisuseError](t, func() { NewSemaphore(-1) }, "lab: NewSemaphore of a semaphore: the number of permits must be at least 0, got -1")
	wantPanic[*MisuseError](t, func() { NewBoundedSemaphore(0) }, "lab: NewBoundedSemaphore of a bounded semaphore: the number of permits must be at least 1, got 0")
}

func TestEvent(t *testing.T) {
	for _, e := range []*Event{NewEvent("go"), new(Event)} {
		synctest.Test(t, func(t *testing.T) {
			if e.IsSet() || e.WaitTimeout(time.Second) {
				t.Error("a new event is set")
			}
			var wg sync.WaitGroup
			for range 3 {
				wg.Go(e.Wait)
			}
			synctest.Wait()
			e.Set()
			e.Clear() // whoever waited goes on all the same
			wg.Wait()
			if e.IsSet() || e.WaitTimeout(0) {
				t.Error("set after Clear")
			}
			e.Set()
			e.Set()
			e.Wait()
			if !e.IsSet() || !e.WaitTimeout(0) {
				t.Error("not set after Set")
			}
		})
	}
}

func TestCondition(t *testing.T) {
	for _, l := range []Guard{nil, NewLock(), NewRLock()} {
		synctest.Test(t, func(t *testing.T) {
			c := NewCondition(l, "items")
			var order []int
			items := 0
			var wg sync.WaitGroup
			for i := range 3 {
				wg.Go(func() {
					c.With(func() {
						c.WaitUntil(func() bool { return items > 0 })
						items--
						order = append(order, i)
					})
				})
				synctest.Wait()
			}
			add := func(n int, wake func()) {
				c.With(func() { items += n; wake() })
				synctest.Wait()
			}
			add(1, c.Signal)
			if !slices.Equal(order, []int{0}) {
				t.Errorf("after one signal %v went on, want the one that has waited longest", order)
			}
			add(2, c.Broadcast)
			wg.Wait()
			if len(order) != 3 || items != 0 {
				t.Errorf("got %v, %d items left", order, items)
			}
			c.With(func() {
				if c.WaitTimeout(time.Second) {
					t.Error("a signal without anybody signalling")
				}
				go c.With(c.Signal)
				if !c.WaitTimeout(time.Second) {
					t.Error("no signal")
				}
			})
		})
	}
}

// Waiting gives a reentrant lock up however often it was locked, and takes it as often.
func TestConditionDepth(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewRLock()
		c := NewCondition(l)
		go func() {
			time.Sleep(time.Second)
			c.With(c.Signal)
		}()
		l.Lock()
		l.Lock()
		c.Wait()
		l.Unlock()
		if !l.Locked() {
			t.Error("the lock came back with a smaller depth")
		}
		l.Unlock()
		if l.Locked() {
			t.Error("the lock came back with a greater depth")
		}
	})
}

func TestConditionMisuse(t *testing.T) {
	for op, f := range map[string]func(*Condition){"Lock": (*Condition).Lock, "Unlock": (*Condition).Unlock, "Wait": (*Condition).Wait, "Signal": (*Condition).Signal} {
		wantPanic[*MisuseError](t, func() { f(new(Condition)) }, "lab: "+op+" of a condition: it was not made by NewCondition")
	}
	h := newTestHost(t)
	h.as(0)
	c := NewCondition(NewLock("l"), "c")
	wantPanic[*MisuseError](t, c.Wait, `lab: Wait of lock "l": worker 0 has to hold it`)
	wantPanic[*MisuseError](t, c.Signal, `lab: Signal of condition "c": worker 0 has to hold its lock`)
	wantPanic[*MisuseError](t, c.Broadcast, `lab: Broadcast of condition "c": worker 0 has to hold its lock`)
}

// A signal is not lost with a goroutine that is ended in the moment in which it gets it.
func TestConditionStop(t *testing.T) {
	for range 20 { // the moment is a matter of chance
		synctest.Test(t, func(t *testing.T) {
			h := newTestHost(t)
			h.exits.Store(true)
			c := NewCondition(nil)
			stop := make(chan struct{})
			var wg sync.WaitGroup
			wg.Go(func() {
				h.stops.Store(thread(), stop)
				defer func() { _ = recover() }()
				c.With(c.Wait)
			})
			synctest.Wait()
			wg.Go(func() { c.With(c.Wait) })
			synctest.Wait()
			c.With(func() {
				c.Signal()
				close(stop)
			})
			wg.Wait()
			if len(c.calls) != 0 || c.held.heldNow() != 0 {
				t.Errorf("%d waits are left, the lock's depth is %d", len(c.calls), c.held.state().depth)
			}
		})
	}
}

// What a goroutine gets in the moment in which it is ended goes back.
func TestEndedWithWhatItGot(t *testing.T) {
	// On one core it hardly ever runs between what it gets and its end.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	type taken struct {
		take, give func()
		available  func() bool
	}
	for name, make := range map[string]func() taken{
		"Lock": func() taken {
			l := NewLock()
			l.Lock()
			return taken{l.Lock, l.Unlock, l.TryLock}
		},
		"Semaphore": func() taken {
			s := NewSemaphore(0)
			return taken{s.Acquire, s.Release, s.TryAcquire}
		},
		"Queue": func() taken {
			q := NewQueue(0)
			return taken{func() { q.Get() }, func() { q.Put(1); q.Put(2) }, func() bool {
				first, _ := q.TryGet()
				second, _ := q.TryGet()
				return first == 1 && second == 2
			}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ended := 0
			for range 20 { // the moment is a matter of chance
				synctest.Test(t, func(t *testing.T) {
					h := newTestHost(t)
					h.exits.Store(true)
					x := make()
					returned := false
					var wg sync.WaitGroup
					wg.Go(func() {
						h.as(0)
						defer func() { _ = recover() }() // a plain interrupt is fine, too
						x.take()
						returned = true // before it was stopped
					})
					synctest.Wait()
					x.give() // wakes; both ways on are open now
					close(h.done)
					wg.Wait()
					if returned {
						return
					}
					if ended++; !x.available() {
						t.Error("lost with the goroutine that had just got it")
					}
				})
			}
			if ended == 0 {
				t.Error("it was never ended in that moment")
			}
		})
	}
}

// A wake-up that serves several is passed on.
func TestWakeUpsAreNotMerged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := NewSemaphore(0)
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(s.Acquire)
		}
		synctest.Wait()
		for range 5 {
			s.Release()
		}
		wg.Wait() // or the bubble is deadlocked
	})
}

func TestBarrier(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBarrier(3)
		indices := make([][]int, 3)
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() {
				for round := range 3 {
					time.Sleep(time.Duration((i+round)%3+1) * time.Second)
					indices[i] = append(indices[i], b.Wait())
				}
			})
		}
		start := time.Now()
		wg.Wait()
		if got := time.Since(start); got != 9*time.Second {
			t.Errorf("three rounds of three seconds took %v", got)
		}
		if want := [][]int{{0, 1, 2}, {1, 2, 0}, {2, 0, 1}}; !slices.EqualFunc(indices, want, slices.Equal) {
			t.Errorf("got the indices %v want %v", indices, want)
		}
		if b.Broken() || b.Waiting() != 0 || b.Parties() != 3 {
			t.Errorf("broken %v, %d wait, %d parties", b.Broken(), b.Waiting(), b.Parties())
		}
	})
}

func TestBarrierBreaks(t *testing.T) {
	for _, tt := range []struct {
		name, reason string
		do           func(h *testHost, b *Barrier) error
		broken       bool // afterwards
	}{
		{"timeout", "a goroutine did not wait longer than 1s", func(_ *testHost, b *Barrier) error {
			return panicOf(func() { b.WaitTimeout(time.Second) })
		}, true},
		{"abort", "it was aborted", func(_ *testHost, b *Barrier) error { b.Abort(); return nil }, true},
		{"reset", "it was reset", func(_ *testHost, b *Barrier) error { b.Reset(); return nil }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newTestHost(t)
				b := NewBarrier(3, "b")
				errs := make(chan error, 2)
				go func() { errs <- panicOf(func() { b.Wait() }) }()
				synctest.Wait()
				want := `lab: barrier "b" is broken: ` + tt.reason
				if err := tt.do(h, b); err != nil && err.Error() != want {
					t.Errorf("got %v", err)
				}
				if err := <-errs; err == nil || err.Error() != want {
					t.Errorf("who waited got %v want %s", err, want)
				}
				if b.Broken() != tt.broken {
					t.Errorf("broken: %v", b.Broken())
				}
				if tt.broken {
					wantPanic[*BrokenBarrierError](t, func() { b.Wait() }, want)
				}
				b.Reset()
				for range 2 {
					go b.Wait()
				}
				b.Wait()
			})
		})
	}
}

func TestBarrierStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHost(t)
		b := NewBarrier(2)
		errs := make(chan error)
		go func() { errs <- panicOf(func() { b.Wait() }) }()
		synctest.Wait()
		close(h.done)
		if _, ok := errors.AsType[*StoppedError](<-errs); !ok {
			t.Error("not interrupted")
		}
		wantPanic[*BrokenBarrierError](t, func() { b.Wait() }, "lab: a barrier is broken: a goroutine that waited was stopped")
	})
}

func TestBarrierMisuse(t *testing.T) {
	wantPanic[*MisuseError](t, func() { new(Barrier).Wait() }, "lab: Wait of a barrier: it was not made by NewBarrier")
	wantPanic[*MisuseError](t, func() { NewBarrier(0) }, "lab: NewBarrier of a barrier: it must be for at least 1 goroutine, got 0")
}

func TestTableOfNothing(t *testing.T) {
	wantPanic[*MisuseError](t, func() { Table() }, "lab: Table of results: give it at least one, as --save bound it")
}
