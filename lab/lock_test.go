package lab

import (
	"errors"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// mutex is what Lock and RLock have in common.
type mutex interface {
	Guard
	TryLock() bool
	LockTimeout(time.Duration) bool
	With(func())
	Locked() bool
}

func eachMutex(t *testing.T, f func(t *testing.T, l mutex)) {
	t.Run("Lock", func(t *testing.T) { f(t, NewLock("m")) })
	t.Run("RLock", func(t *testing.T) { f(t, NewRLock("m")) })
	t.Run("zero Lock", func(t *testing.T) { f(t, new(Lock)) })
	t.Run("zero RLock", func(t *testing.T) { f(t, new(RLock)) })
}

func TestExclusion(t *testing.T) {
	eachMutex(t, func(t *testing.T, l mutex) {
		var wg sync.WaitGroup
		counter := 0
		for range 8 {
			wg.Go(func() {
				for range 500 {
					l.With(func() { counter++ })
				}
			})
		}
		wg.Wait()
		if counter != 4000 || l.Locked() {
			t.Errorf("counted to %d, locked %v", counter, l.Locked())
		}
	})
}

func TestTimeouts(t *testing.T) {
	eachMutex(t, func(t *testing.T, l mutex) {
		synctest.Test(t, func(t *testing.T) {
			l.Lock()
			if !l.Locked() {
				t.Error("not locked after Lock")
			}
			var wg sync.WaitGroup
			wg.Go(func() {
				start := time.Now()
				if l.TryLock() || l.LockTimeout(0) || l.LockTimeout(-1) || l.LockTimeout(50*time.Millisecond) {
					t.Error("got a lock that somebody holds")
				}
				if got := time.Since(start); got != 50*time.Millisecond {
					t.Errorf("waited %v", got)
				}
				if !l.LockTimeout(time.Hour) {
					t.Error("did not get a lock that was given up")
				}
				l.Unlock()
			})
			time.Sleep(time.Second)
			l.Unlock()
			wg.Wait()
			if !l.TryLock() {
				t.Error("TryLock did not take a free lock")
			}
			l.Unlock()
		})
	})
}

func TestReentrant(t *testing.T) {
	l := NewRLock()
	l.Lock()
	l.With(func() {
		if !l.TryLock() || !l.LockTimeout(time.Second) {
			t.Error("the holder did not get its own lock")
		}
		l.Unlock()
		l.Unlock()
	})
	free := make(chan bool)
	try := func() bool {
		go func() { free <- l.TryLock() }()
		return <-free
	}
	if try() {
		t.Error("somebody else got the lock before the last Unlock")
	}
	l.Unlock()
	if !try() {
		t.Error("nobody got the lock after the last Unlock")
	}
}

func TestLockMisuse(t *testing.T) {
	h := newTestHost(t)
	h.as(1)
	l, r := NewLock("accounts"), NewRLock()
	wantPanic[*MisuseError](t, l.Unlock, `lab: Unlock of lock "accounts": it is not locked`)
	wantPanic[*MisuseError](t, r.Unlock, `lab: Unlock of a reentrant lock: it is not locked`)
	l.Lock()
	r.Lock()
	twice := `of lock "accounts": worker 1 holds it already; a lab.RLock may be locked again by its holder`
	wantPanic[*MisuseError](t, l.Lock, "lab: Lock "+twice)
	wantPanic[*MisuseError](t, func() { l.LockTimeout(1) }, "lab: LockTimeout "+twice)
	if l.TryLock() {
		t.Error("TryLock took a lock twice")
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		h.as(0)
		wantPanic[*MisuseError](t, l.Unlock, `lab: Unlock of lock "accounts": worker 1 holds it; only the holder may unlock it`)
		wantPanic[*MisuseError](t, r.Unlock, `lab: Unlock of a reentrant lock: worker 1 holds it; only the holder may unlock it`)
	})
	wg.Wait()
	l.Unlock()
	r.Unlock()
	wantPanic[*MisuseError](t, r.Unlock, `lab: Unlock of a reentrant lock: it is not locked`)
}

func TestWithUnlocksAfterPanic(t *testing.T) {
	eachMutex(t, func(t *testing.T, l mutex) {
		boom := errors.New("boom")
		if err := panicOf(func() { l.With(func() { panic(boom) }) }); err != boom || l.Locked() {
			t.Errorf("got %v, locked %v", err, l.Locked())
		}
	})
}

// Newcomers may pass those who wait, but not for longer than their patience.
func TestNobodyStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLock()
		l.Lock()
		var got atomic.Bool
		go l.With(func() { got.Store(true) })
		synctest.Wait()
		crowded := func() bool {
			l.o.mu.Lock()
			defer l.o.mu.Unlock()
			return l.o.lines[0].crowded()
		}
		if crowded() {
			t.Error("a newcomer has to queue at once")
		}
		time.Sleep(patience + 1)
		if !crowded() {
			t.Error("a newcomer passes somebody who has waited long")
		}
		l.Unlock()
		if l.TryLock() && !got.Load() {
			t.Error("a newcomer passed somebody who has waited long")
		}
	})
}

// A wait lets others run under the emulated lock, and only a wait does.
func TestWaitsBlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHost(t)
		l := NewLock()
		l.Lock()
		if l.Unlock(); h.blocks.Load() != 0 {
			t.Error("an uncontended lock went through Block")
		}
		l.Lock()
		var waits sync.WaitGroup
		waits.Go(func() { l.With(func() {}) })
		synctest.Wait()
		if h.blocks.Load() != 1 {
			t.Errorf("a wait went through Block %d times", h.blocks.Load())
		}
		l.Unlock()
		waits.Wait() // with the host that it began with
	})
}

func TestDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHost(t)
		a, b, c := NewLock("a"), NewRLock(), NewLock("c")
		lock := func(worker int, first, second mutex) {
			h.as(worker)
			first.With(func() { second.With(func() {}) })
		}
		h.as(2)
		c.Lock()
		var wg sync.WaitGroup
		held := make(chan struct{})
		wg.Go(func() {
			h.as(1)
			b.Lock()
			close(held)
			c.With(func() {})
			b.Unlock()
		})
		<-held
		synctest.Wait()
		wg.Go(func() { lock(0, a, b) })
		synctest.Wait()
		wantPanic[*DeadlockError](t, a.Lock, `lab: deadlock: 3 goroutines wait for each other in a circle:
  worker 2 holds lock "c" and waits for lock "a"
  worker 0 holds lock "a" and waits for unnamed lock 1
  worker 1 holds unnamed lock 1 and waits for lock "c"
Take locks in the same order everywhere, or use LockTimeout and give back what you hold.`)
		// Who got the error still has its lock, and giving it up frees the others.
		c.Unlock()
		wg.Wait()
		// Waits with a limit end by themselves.
		c.Lock()
		wg.Go(func() { lock(1, b, c) })
		synctest.Wait()
		if b.LockTimeout(time.Second) {
			t.Error("got a lock that somebody holds")
		}
		c.Unlock()
		wg.Wait()
		if n := len(here().waits); n != 0 {
			t.Errorf("%d goroutines are left in the wait-for graph", n)
		}
	})
}

// Whatever locks goroutines take in whatever order: either they get them or
// somebody gets an error; and who keeps to one order never gets one.
func TestDeadlocksAlwaysEnd(t *testing.T) {
	run := func(t *rapid.T, ordered bool) (deadlocks int) {
		locks := make([]mutex, rapid.IntRange(2, 5).Draw(t, "locks"))
		for i := range locks {
			locks[i] = NewLock()
			if rapid.Bool().Draw(t, "reentrant") {
				locks[i] = NewRLock()
			}
		}
		seed := rapid.Uint64().Draw(t, "seed")
		var wg sync.WaitGroup
		var mu sync.Mutex
		for g := range rapid.IntRange(2, 6).Draw(t, "goroutines") {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(g)))
				for range 20 {
					order := r.Perm(len(locks))[:1+r.IntN(len(locks))]
					if ordered {
						slices.Sort(order)
					}
					var nest func(i int)
					nest = func(i int) {
						if i < len(order) {
							locks[order[i]].With(func() { nest(i + 1) })
						}
					}
					if err := panicOf(func() { nest(0) }); err != nil {
						if _, ok := errors.AsType[*DeadlockError](err); !ok {
							panic(err)
						}
						mu.Lock()
						deadlocks++
						mu.Unlock()
					}
				}
			})
		}
		wg.Wait()
		for _, l := range locks {
			if l.Locked() {
				t.Fatal("a lock is left locked")
			}
		}
		return deadlocks
	}
	rapid.Check(t, func(t *rapid.T) {
		run(t, false)
		if n := run(t, true); n != 0 {
			t.Fatalf("%d deadlocks among goroutines that keep to one order", n)
		}
	})
}

func TestStopWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newTestHost(t)
		l := NewLock()
		l.Lock()
		errs := make(chan error, 1)
		go func() { errs <- panicOf(l.Lock) }()
		synctest.Wait()
		close(h.done)
		if _, ok := errors.AsType[*StoppedError](<-errs); !ok {
			t.Error("a wait was not interrupted")
		}
		l.Unlock()
		if !l.TryLock() {
			t.Error("the lock was lost to a wait that was interrupted")
		}
	})
}

// A goroutine that was stopped has lost its lock in the middle of a wait; its
// deferred Unlock must not add an error.
func TestUnlockWhileStopping(t *testing.T) {
	h := newTestHost(t)
	l := NewLock()
	close(h.done)
	if err := panicOf(l.Unlock); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestAbandonedLock(t *testing.T) {
	eachMutex(t, func(t *testing.T, l mutex) {
		synctest.Test(t, func(t *testing.T) {
			h := newTestHost(t)
			holder := make(chan uint32)
			go func() {
				h.as(3)
				l.Lock()
				holder <- thread()
			}()
			g := <-holder
			errs := make(chan error, 2)
			for range 2 {
				go func() { errs <- panicOf(l.Lock) }()
			}
			synctest.Wait()
			h.dead.Store(g, true)
			for range 2 {
				err := <-errs
				if e, ok := errors.AsType[*AbandonedError](err); !ok || e.Holder != "worker 3" {
					t.Errorf("who waited got %v", err)
				}
			}
			if !l.TryLock() {
				t.Error("the lock is not free")
			}
			l.Unlock()

			// Without anybody waiting, the next one gets the error.
			go func() {
				l.Lock()
				h.dead.Store(thread(), true)
				holder <- 0
			}()
			<-holder
			if _, ok := errors.AsType[*AbandonedError](panicOf(func() { l.LockTimeout(time.Second) })); !ok {
				t.Error("no error for the next one")
			}
			l.With(func() {})
		})
	})
}

// strangers is a host that knows no goroutine at all: to it all have ended.
type strangers struct{ *testHost }

func (strangers) Caller() Caller    { return Caller{Worker: -1} }
func (strangers) Ended(uint32) bool { return true }

// A goroutine that the host does not know keeps its lock, whoever waits for it.
func TestLockOfAStranger(t *testing.T) {
	SetHost(strangers{newTestHost(t)})
	var l Lock
	held, end, released := make(chan bool), make(chan bool), make(chan error)
	go func() {
		l.Lock()
		held <- true
		<-end
		released <- panicOf(l.Unlock)
	}()
	<-held
	var got bool
	if err := panicOf(func() { got = l.LockTimeout(3 * rounds) }); got || err != nil {
		t.Errorf("while another goroutine holds it: got %t, %v", got, err)
	}
	end <- true
	if err := <-released; err != nil {
		t.Errorf("its Unlock: %v", err)
	}
	if !l.TryLock() {
		t.Error("it is not free afterwards")
	}
}
