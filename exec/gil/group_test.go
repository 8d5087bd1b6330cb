package gil

import (
	"errors"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var errStop = errors.New("interrupted")

func TestStopEndsEveryKindOfThread(t *testing.T) {
	tests := map[string]func(b *Breaker){
		"loop":  func(b *Breaker) { spin(b) },
		"sleep": func(*Breaker) { Sleep(time.Hour) },
		"recv":  func(*Breaker) { Recv(make(chan int)) },
		"send":  func(*Breaker) { Send(make(chan int), 1) },
		"select": func(*Breaker) {
			Select([]reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(make(chan int))}})
		},
		"done": func(*Breaker) { Block(func() { <-Done() }) },
		"recover": func(b *Breaker) {
			defer func() { recover() }()
			spin(b)
		},
		"child": func(b *Breaker) {
			Go(func() { spin(b) })
		},
		"callback": func(b *Breaker) {
			var wg sync.WaitGroup
			wg.Go(Callback(func() { spin(b) }))
			Block(wg.Wait)
		},
		"goroutine of the library": func(b *Breaker) {
			var wg sync.WaitGroup
			wg.Go(func() { spin(b) })
			Block(wg.Wait)
		},
		"holds on in a deferred loop": func(b *Breaker) {
			defer spin(b)
			spin(b)
		},
	}
	for name, f := range tests {
		for _, policy := range []Policy{{}, {Kind: Ticks}, {Kind: Async}, {Kind: None}} {
			t.Run(name+" "+policy.String(), func(t *testing.T) {
				var b Breaker
				g := NewGroup(&b, NewLock(&b, policy), 1)
				survived := false
				started := make(chan struct{})
				g.Go(0, func() {
					close(started)
					f(&b)
					survived = name != "child" // which only starts another thread
				})
				<-started
				g.Stop(errStop)
				wait(t, g)
				if survived {
					t.Error("the code after the stop was reached")
				}
				if got := g.Cause(0); got != errStop {
					t.Errorf("cause: got %v, want %v", got, errStop)
				}
				if b.Raised() {
					t.Error("breaker still up at the end")
				}
			})
		}
	}
}

func spin(b *Breaker) {
	for {
		check(b)
		runtime.Gosched()
	}
}

func TestStopWorkerLeavesTheOthers(t *testing.T) {
	var b Breaker
	g := NewGroup(&b, NewLock(&b, Policy{Interval: 100 * time.Microsecond}), 2)
	finished := false
	g.Go(0, func() { spin(&b) })
	g.Go(1, func() {
		g.StopWorker(0, errStop)
		for range 100_000 {
			check(&b)
		}
		finished = true
	})
	wait(t, g)
	if !finished {
		t.Error("worker 1 did not finish")
	}
	if g.Cause(1) != nil {
		t.Errorf("worker 1: got cause %v, want none", g.Cause(1))
	}
}

func TestPanicStopsItsWorker(t *testing.T) {
	var b Breaker
	g := NewGroup(&b, NewLock(&b, Policy{}), 1)
	g.Go(0, func() {
		Go(func() { panic("in a goroutine") })
		Recv(make(chan int)) // for ever, but for the stop
	})
	wait(t, g)
	var p *PanicError
	if !errors.As(g.Cause(0), &p) || p.Value != "in a goroutine" || len(p.Stack) == 0 {
		t.Errorf("cause: got %v, want the panic", g.Cause(0))
	}
}

// TestCallbacksRunUnderTheLock counts without any other lock: the race detector would tell.
func TestCallbacksRunUnderTheLock(t *testing.T) {
	var b Breaker
	g := NewGroup(&b, NewLock(&b, Policy{Interval: 100 * time.Microsecond}), 1)
	n := 0
	g.Go(0, func() {
		var wg sync.WaitGroup
		count := Callback(func() {
			for range 1000 {
				n++
				check(&b)
			}
		})
		for range 3 {
			wg.Go(count)
		}
		count() // here it is no other thread
		Block(wg.Wait)
	})
	wait(t, g)
	if n != 4000 {
		t.Errorf("got %d, want 4000", n)
	}
}

func TestPanicOfACallbackStopsItsWorker(t *testing.T) {
	var b Breaker
	g := NewGroup(&b, nil, 1)
	g.Go(0, func() {
		var wg sync.WaitGroup
		wg.Go(Callback(func() { panic("in a callback") }))
		Block(wg.Wait)
	})
	wait(t, g)
	var p *PanicError
	if !errors.As(g.Cause(0), &p) || p.Value != "in a callback" {
		t.Errorf("cause: got %v, want the panic", g.Cause(0))
	}
}

func TestCallbackOutsideAGroup(t *testing.T) {
	called := false
	Callback(func() { called = true })()
	if !called {
		t.Error("it was not called")
	}
}

// TestAbandon leaves a thread behind that waits for a mutex, and lets it go on much later.
func TestAbandon(t *testing.T) {
	var b Breaker
	var mu sync.Mutex
	mu.Lock()
	g := NewGroup(&b, nil, 1)
	reached := false
	g.Go(0, func() {
		Block(mu.Lock)
		reached = true
	})
	for g.Running() > 0 {
		runtime.Gosched()
	}
	g.Stop(errStop)
	if !b.Raised() {
		t.Error("the breaker is down while a thread has to end")
	}
	g.Abandon()
	if b.Raised() {
		t.Error("the breaker is up for a thread that is not waited for")
	}
	mu.Unlock()
	wait(t, g)
	if reached {
		t.Error("the code after the stop was reached")
	}
	if b.Raised() {
		t.Error("breaker up at the end")
	}
}

func TestDeferredFunctionsRunOnStop(t *testing.T) {
	var b Breaker
	g := NewGroup(&b, NewLock(&b, Policy{}), 1)
	started := make(chan struct{})
	cleaned := false
	g.Go(0, func() {
		defer func() {
			for range 1000 {
				check(&b)
			}
			cleaned = true
		}()
		close(started)
		spin(&b)
	})
	<-started
	g.Stop(errStop)
	wait(t, g)
	if !cleaned {
		t.Error("the deferred function did not come to its end")
	}
}

func TestBlockedTimeWithoutALock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Breaker
		g := NewGroup(&b, nil, 1)
		g.Hold()
		g.Go(0, func() {
			time.Sleep(10 * ms) // stands for work: not released
			Sleep(30 * ms)
		})
		g.Start()
		wait(t, g)
		want := Stats{Held: 10 * ms, Blocked: 30 * ms}
		if got := g.Stats()[0]; got != want {
			t.Errorf("stats: got %+v, want %+v", got, want)
		}
	})
}

func TestChannelCallsOutsideAGroup(t *testing.T) {
	c := make(chan int, 1)
	Send(c, 4)
	if v, ok := Recv2(c); v != 4 || !ok {
		t.Errorf("Recv2: got %v, %v, want 4, true", v, ok)
	}
	close(c)
	if v, ok := Recv2(c); v != 0 || ok {
		t.Errorf("Recv2 of a closed channel: got %v, %v, want 0, false", v, ok)
	}
	d := make(chan int)
	Go(func() { Send(d, 5) })
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf((chan int)(nil))},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(d)},
	}
	if i, v, ok := Select(cases); i != 1 || v.Int() != 5 || !ok {
		t.Errorf("Select: got %d, %v, %v, want 1, 5, true", i, v, ok)
	}
	if Done() != nil {
		t.Error("Done outside a group: want nil")
	}
}

func TestTimelineIsThinnedEvenly(t *testing.T) {
	r := &recorder{spans: NewThinned[Span](8)}
	for i := range 100 {
		r.add(Span{Start: time.Duration(i), End: time.Duration(i + 1)})
	}
	if r.spans.Stride != 16 || len(r.spans.Kept) != 7 {
		t.Fatalf("got %d spans, stride %d, want 7, 16", len(r.spans.Kept), r.spans.Stride)
	}
	for i, s := range r.spans.Kept {
		if s.Start != time.Duration(16*i) {
			t.Errorf("span %d: got start %d, want %d", i, s.Start, 16*i)
		}
	}
}
