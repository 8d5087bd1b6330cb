package lab

import (
	"context"
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"lockstep/exec/shm"
)

// loanHost is both sides at once: the goroutines of a guest ask a loan in the same process.
type loanHost struct {
	*testHost
	loan   *Loan
	guests sync.Map      // goroutine → guest
	asked  atomic.Int64  // requests
	held   chan struct{} // if not nil, an answer is kept until it is closed
	refuse atomic.Bool
}

func newLoanHost(t *testing.T) *loanHost {
	h := &loanHost{testHost: newTestHost(t)}
	SetHost(h)
	h.loan = NewLoan()
	t.Cleanup(h.loan.End)
	t.Cleanup(EndRun)
	return h
}

func (h *loanHost) Ask(request []byte, done <-chan struct{}) ([]byte, error) {
	if h.refuse.Load() {
		return nil, errors.New("the line is dead")
	}
	h.asked.Add(1)
	g, ok := h.guests.Load(thread())
	if !ok {
		g = Guest{"a", "process 1 on node a"}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	answer := make(chan []byte, 1)
	go func() { answer <- h.loan.Serve(ctx, g.(Guest), request) }()
	select {
	case a := <-answer:
		if h.held != nil {
			<-h.held
		}
		return a, nil
	case <-done:
		cancel()
		return <-answer, nil
	}
}

func (h *loanHost) Region() (*shm.Region, error) { return nil, errors.ErrUnsupported }
func (h *loanHost) Marshal(v any) (head, body []byte, err error) {
	n, ok := v.(int)
	if !ok {
		return nil, nil, fmt.Errorf("a %T is no int", v)
	}
	return []byte{1}, binary.AppendVarint(nil, int64(n)), nil
}
func (h *loanHost) Unmarshal(data []byte) (any, error) {
	n, _ := binary.Varint(data[1:])
	return int(n), nil
}

// borrowed lends an object and borrows it.
func borrowed[T any, P interface {
	*T
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}](t *testing.T, h *loanHost, x P) P {
	t.Helper()
	data, err := h.loan.Lend(x)
	if err != nil {
		t.Fatal(err)
	}
	p := P(new(T))
	if err := p.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	return p
}

// as has a goroutine of a guest do something, and returns when it has.
func (h *loanHost) guest(name string, worker int, f func()) (done chan error) {
	done = make(chan error, 1)
	go func() {
		h.as(worker)
		h.guests.Store(thread(), Guest{name, "process 1 on node " + name})
		done <- panicOf(f)
	}()
	return done
}

func TestLoanIsTheObject(t *testing.T) {
	h := newLoanHost(t)
	t.Run("lock", func(t *testing.T) {
		for _, l := range []struct{ own, there mutex }{
			{NewLock("m"), nil}, {NewRLock("m"), nil},
		} {
			switch own := l.own.(type) {
			case *Lock:
				l.there = borrowed(t, h, own)
			case *RLock:
				l.there = borrowed(t, h, own)
			}
			if <-h.guest("a", 1, func() {
				l.there.Lock()
				if l.own.TryLock() || !l.own.Locked() || !l.there.Locked() || l.own.LockTimeout(time.Millisecond) {
					panic(errors.New("it is not locked"))
				}
				l.there.Unlock()
			}) != nil || l.own.Locked() {
				t.Error("it did not lock its original")
			}
		}
	})
	t.Run("numbers", func(t *testing.T) {
		v, f := NewValue(3), NewFloat(0.5)
		bv, bf := borrowed(t, h, v), borrowed(t, h, f)
		if bv.Load() != 3 || bv.Add(-5) != -2 || bf.Load() != 0.5 || bf.Add(1.25) != 1.75 || v.Load() != -2 || f.Load() != 1.75 {
			t.Errorf("got %d, %v", v.Load(), f.Load())
		}
		bv.Store(7)
		bf.Store(-1)
		bv.With(func() { bf.With(func() { bv.Lock() }) })
		if v.Load() != 7 || f.Load() != -1 || !v.o.locked() || f.o.locked() {
			t.Errorf("got %d, %v, locked: %t, %t", v.Load(), f.Load(), v.o.locked(), f.o.locked())
		}
		bv.Unlock()
	})
	t.Run("semaphore", func(t *testing.T) {
		s, bounded := NewSemaphore(1), NewBoundedSemaphore(1, "b")
		b, bb := borrowed(t, h, s), borrowed(t, h, bounded)
		b.Acquire()
		if s.Value() != 0 || b.Value() != 0 || b.TryAcquire() || b.AcquireTimeout(time.Millisecond) {
			t.Error("its permit was not taken")
		}
		s.Release()
		b.With(func() {})
		wantPanic[*MisuseError](t, bb.Release, `lab: Release of bounded semaphore "b": it has all its 1 permits: one Release too many`)
	})
	t.Run("event", func(t *testing.T) {
		e := NewEvent()
		b := borrowed(t, h, e)
		if b.IsSet() || b.WaitTimeout(time.Millisecond) {
			t.Error("it is set")
		}
		done := h.guest("a", 1, b.Wait)
		e.Set()
		if err := <-done; err != nil || !b.IsSet() {
			t.Errorf("got %v", err)
		}
		b.Clear()
		if e.IsSet() {
			t.Error("it was not cleared")
		}
		b.Set()
		e.Wait()
	})
	t.Run("condition", func(t *testing.T) {
		c := NewCondition(NewLock("m"), "c")
		b := borrowed(t, h, c)
		ready := false
		done := h.guest("a", 1, func() { b.With(func() { b.WaitUntil(func() bool { return ready }) }) })
		c.With(func() { ready = true; c.Broadcast() })
		if err := <-done; err != nil {
			t.Error(err)
		}
		wantPanic[*MisuseError](t, b.Signal, `lab: Signal of condition "c": a goroutine (process 1 on node a) has to hold its lock`)
		b.With(func() {
			if b.WaitTimeout(time.Millisecond) {
				t.Error("there was a signal")
			}
			b.Broadcast()
		})
	})
	t.Run("barrier", func(t *testing.T) {
		own := NewBarrier(2, "x")
		b := borrowed(t, h, own)
		done := h.guest("a", 1, func() { b.Wait() })
		own.Wait()
		if err := <-done; err != nil || b.Parties() != 2 || b.Waiting() != 0 || b.Broken() {
			t.Errorf("got %v", err)
		}
		b.Abort()
		wantPanic[*BrokenBarrierError](t, func() { b.WaitTimeout(time.Second) }, `lab: barrier "x" is broken: it was aborted`)
		b.Reset()
		if own.Broken() {
			t.Error("it was not reset")
		}
	})
	t.Run("queue", func(t *testing.T) {
		q := NewQueue(3, "q")
		b := borrowed(t, h, q)
		q.Put(1)
		b.Put(2)
		b.Put(3)
		if b.TryPut(4) || b.PutTimeout(4, time.Millisecond) || b.Len() != 3 || b.Cap() != 3 {
			t.Error("it has no bound")
		}
		got := []any{b.Get(), q.Get()}
		if v, ok := b.GetTimeout(time.Second); !ok || !slices.Equal(append(got, v), []any{1, 2, 3}) {
			t.Errorf("got %v, %v", got, v)
		}
		if _, ok := b.TryGet(); ok {
			t.Error("it is not empty")
		}
		for range 3 {
			b.TaskDone()
		}
		b.Join()
		wantPanic[*MisuseError](t, b.TaskDone, `lab: TaskDone of queue "q": all values are reported as done: one TaskDone too many`)
		wantPanic[*MisuseError](t, func() { b.Put("text") }, `lab: Put of queue "q": the value cannot be sent to another process: a string is no int`)
		b.Put(5)
		b.Close()
		got = nil
		for v := range b.All() {
			got = append(got, v)
		}
		if !slices.Equal(got, []any{5}) {
			t.Errorf("got %v", got)
		}
		wantPanic[*ClosedError](t, func() { b.Get() }, `lab: Get of queue "q": it is closed`)
		wantPanic[*ClosedError](t, func() { b.Put(1) }, `lab: Put of queue "q": it is closed`)
	})
	t.Run("pipe", func(t *testing.T) {
		x, y := NewPipe("p")
		b := borrowed(t, h, x)
		b.Send(1)
		y.Send(2)
		if y.Recv() != 1 || b.Recv() != 2 {
			t.Error("it does not join its ends")
		}
		b.Close()
		wantPanic[*ClosedError](t, func() { y.Send(1) }, `lab: Send of pipe "p": it is closed`)
	})
}

func TestLoanOfOneObjectTwice(t *testing.T) {
	h := newLoanHost(t)
	v := NewValue(0)
	a, b := borrowed(t, h, v), borrowed(t, h, v)
	if a.Add(1); b.Add(1) != 2 || len(h.loan.objects) != 1 {
		t.Errorf("got %d, %d objects", v.Load(), len(h.loan.objects))
	}
}

func TestLoanRefuses(t *testing.T) {
	h := newLoanHost(t)
	held := NewLock("held")
	held.o.local.holder = uint64(TheCell)
	for _, tt := range []struct {
		x    encoding.BinaryMarshaler
		want string
	}{
		{held, `lab: sending of lock "held": the cell holds it: unlock it first`},
		{&SharedMemory{name: "mem", size: 8}, `lab: sending of shared memory "mem": machines have no memory in common`},
		{new(Condition), "it was not made by NewCondition"},
		{new(Pool), "its processes are those of the session"},
	} {
		_, err := h.loan.Lend(tt.x)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%T: got %v, want %q", tt.x, err, tt.want)
		}
	}
	if _, err := borrowed(t, h, NewEvent()).MarshalBinary(); err == nil || !strings.Contains(err.Error(), "only the session can send it") {
		t.Errorf("sending what was lent: got %v", err)
	}
}

// TestLoanIsGone has a guest go that holds things, and one that waits.
func TestLoanIsGone(t *testing.T) {
	for _, died := range []string{"", "killed by signal 9"} {
		t.Run(died, func(t *testing.T) {
			h := newLoanHost(t)
			l, s, bar, never := NewLock("l"), NewSemaphore(2), NewBarrier(2, "bar"), NewEvent()
			bl, bs, bn := borrowed(t, h, l), borrowed(t, h, s), borrowed(t, h, never)
			borrowed(t, h, bar)
			if err := <-h.guest("a", 3, func() { bl.Lock(); bs.Acquire(); bs.Acquire(); bs.Release() }); err != nil {
				t.Fatal(err)
			}
			waits := h.guest("a", 4, bn.Wait)
			own := make(chan error, 2)
			go func() { own <- panicOf(l.Lock) }()
			meets := make(chan error, 1)
			go func() { meets <- panicOf(func() { bar.Wait() }) }()
			h.awaitWaiter(&l.o.core)
			h.awaitWaiter(&never.o.core)
			h.awaitWaiter(&bar.o.core)
			h.loan.Gone("a", died)
			place := "process 1 on node a"
			if died != "" {
				place += ", " + died
			}
			if err := <-own; err == nil || err.Error() != `lab: lock "l": worker 3 (`+place+`) ended without unlocking it; it is free again, but what it guards may be half changed` {
				t.Errorf("who waits for the lock: got %v", err)
			}
			if err := <-waits; err == nil || err.Error() != "lab: Wait of a event: the run that it was lent to has ended for process 1 on node a" {
				t.Errorf("who waits in the guest: got %v", err)
			}
			if !l.TryLock() {
				t.Error("the lock is not free")
			}
			permits := 1
			if died != "" {
				permits = 2
				if err := <-meets; err == nil || err.Error() != `lab: barrier "bar" is broken: worker 4 (`+place+`) died` && err.Error() != `lab: barrier "bar" is broken: worker 3 (`+place+`) died` {
					t.Errorf("who waits at the barrier: got %v", err)
				}
			} else {
				bar.Wait()
				<-meets
			}
			if s.Value() != permits {
				t.Errorf("%d permits are free, want %d", s.Value(), permits)
			}
			if _, ok := errors.AsType[*LostError](<-h.guest("a", 5, bs.Acquire)); !ok {
				t.Error("who has gone is served")
			}
			if err := <-h.guest("b", 1, func() { bs.With(func() {}) }); err != nil {
				t.Errorf("another guest: %v", err)
			}
		})
	}
}

// TestLoanForgetsWhoHasGone has more guests than a loan knows at a time.
func TestLoanForgetsWhoHasGone(t *testing.T) {
	l := NewLoan()
	defer l.End()
	for i := range 2 * keptGone {
		l.Gone(fmt.Sprint(i), "")
	}
	r := request{op: doBury, name: "Unlock"}
	late, err := decodeReply(l.Serve(t.Context(), Guest{ID: fmt.Sprint(2*keptGone - 1)}, r.encode()))
	if _, lost := late.panicked.(*LostError); err != nil || !lost {
		t.Errorf("who has just gone got %+v, %v", late, err)
	}
	if n := len(l.guests); n != keptGone {
		t.Errorf("%d guests are known, want %d", n, keptGone)
	}
}

// TestLoanOfWhoIsNotKnown checks that a guest whose first request comes after its end is refused.
func TestLoanOfWhoIsNotKnown(t *testing.T) {
	h := newLoanHost(t)
	b := borrowed(t, h, NewLock())
	h.loan.Gone("late", "killed")
	if _, ok := errors.AsType[*LostError](<-h.guest("late", 1, b.Lock)); !ok {
		t.Error("it was served")
	}
}

// awaitWaiter waits until somebody waits on an object.
func (h *loanHost) awaitWaiter(c *core) {
	for n := 0; n == 0; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		n = c.waiting()
		c.mu.Unlock()
	}
}

// TestLoanOutlivesAGoroutine has one end that holds a lock, while its guest goes on.
func TestLoanOutlivesAGoroutine(t *testing.T) {
	h := newLoanHost(t)
	l := NewLock("l")
	b := borrowed(t, h, l)
	ended := make(chan uint32, 1)
	<-h.guest("a", 1, func() { b.Lock(); ended <- thread() })
	waits := h.guest("a", 2, b.Lock)
	h.awaitWaiter(&l.o.core)
	h.dead.Store(<-ended, true)
	if _, ok := errors.AsType[*AbandonedError](<-waits); !ok || !l.TryLock() {
		t.Error("its lock was not freed")
	}
}

// TestLoanIsStopped stops a goroutine before, and after, it has what it waits for; in both cases it is left to others.
func TestLoanIsStopped(t *testing.T) {
	for _, late := range []bool{false, true} {
		t.Run(fmt.Sprint("late: ", late), func(t *testing.T) {
			h := newLoanHost(t)
			s, q, l := NewSemaphore(0), NewQueue(0), NewLock()
			bs, bq, bl := borrowed(t, h, s), borrowed(t, h, q), borrowed(t, h, l)
			if late {
				h.held = make(chan struct{})
				s.Release()
				q.Put(7)
			} else {
				l.o.local.holder = 1 // somebody
			}
			var stops []chan struct{}
			var all []chan error
			for _, f := range []func(){bs.Acquire, func() { bq.Get() }, bl.Lock} {
				stop := make(chan struct{})
				stops = append(stops, stop)
				all = append(all, h.guest("a", 1, func() { h.stops.Store(thread(), stop); f() }))
			}
			if late {
				for s.Value() > 0 || q.Len() > 0 || !l.Locked() {
					time.Sleep(time.Millisecond)
				}
			} else {
				h.awaitWaiter(&s.o.core)
				h.awaitWaiter(&q.o.core)
				h.awaitWaiter(&l.o.core)
			}
			for _, stop := range stops {
				close(stop)
			}
			if late {
				close(h.held)
			} else {
				l.o.local.holder = 0
				s.Release()
				q.Put(7)
			}
			for i, done := range all {
				if _, ok := errors.AsType[*StoppedError](<-done); !ok {
					t.Errorf("%d was not stopped", i)
				}
			}
			if !s.TryAcquire() || !l.TryLock() {
				t.Error("what nobody has is not free")
			}
			if v, ok := q.TryGet(); !ok || v != 7 {
				t.Errorf("the value is lost: got %v", v)
			}
		})
	}
}

func TestLoanFindsCircles(t *testing.T) {
	h := newLoanHost(t)
	x, y := NewLock("x"), NewLock("y")
	bx, by := borrowed(t, h, x), borrowed(t, h, y)
	y.Lock()
	done := h.guest("a", 2, func() {
		bx.Lock()
		defer bx.Unlock()
		by.Lock()
	})
	h.awaitWaiter(&y.o.core)
	err := panicOf(x.Lock)
	if d, ok := errors.AsType[*DeadlockError](err); !ok || d.Waits[1].Who != "worker 2 (process 1 on node a)" {
		t.Errorf("got %v", err)
	}
	y.Unlock()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestTheLenderCannotBeAsked(t *testing.T) {
	h := newLoanHost(t)
	v := borrowed(t, h, NewValue(0, "v"))
	h.refuse.Store(true)
	wantPanic[*LostError](t, func() { v.Load() }, `lab: Load of object "v": the line is dead`)
}

func TestRequestsAndReplies(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := request{object: rapid.Uint64().Draw(t, "object"), op: rapid.Uint64().Draw(t, "op"), name: rapid.String().Draw(t, "name"), limit: time.Duration(rapid.Int64().Draw(t, "limit")),
			n: rapid.Uint64().Draw(t, "n"), thread: rapid.Uint32().Draw(t, "thread"), worker: rapid.IntRange(-1, 1000).Draw(t, "worker"), data: rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "data")}
		if got, err := decodeRequest(r.encode()); err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("got %+v, %v, want %+v", got, err, r)
		}
		a := reply{ok: rapid.Bool().Draw(t, "ok"), open: rapid.Bool().Draw(t, "open"), n: r.n, data: r.data}
		if got, err := decodeReply(a.encode()); err != nil || !reflect.DeepEqual(got, a) {
			t.Errorf("got %+v, %v, want %+v", got, err, a)
		}
	})
	for _, err := range []error{&MisuseError{"a", "b", "c"}, &DeadlockError{[]Wait{{"a", "b", "c"}}}, &AbandonedError{"a", "b"}, &ClosedError{"a", "b"},
		&BrokenBarrierError{"a", "b"}, &StoppedError{}, &LostError{"a", "b", "c"}} {
		a := reply{panicked: err}
		if got, failed := decodeReply(a.encode()); failed != nil || !reflect.DeepEqual(got.panicked, err) {
			t.Errorf("got %#v, %v, want %#v", got.panicked, failed, err)
		}
	}
}

// FuzzServe has a loan asked for anything: it answers, with an error where that makes no sense.
func FuzzServe(f *testing.F) {
	f.Add([]byte{})
	f.Add((&request{object: 1, op: doPut, name: "Put", limit: 0, data: []byte{1, 2}}).encode())
	f.Add((&request{object: 9, op: doLoad}).encode())
	f.Fuzz(func(t *testing.T, asked []byte) {
		h := newLoanHost(t)
		for _, x := range []encoding.BinaryMarshaler{NewQueue(0), NewLock(), NewValue(0), NewSemaphore(1), NewBarrier(2)} {
			if _, err := h.loan.Lend(x); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if _, err := decodeReply(h.loan.Serve(ctx, Guest{"a", "a"}, asked)); err != nil {
			t.Errorf("%q: the answer cannot be read: %v", asked, err)
		}
	})
}
