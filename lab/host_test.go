package lab

import (
	"errors"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
)

// testHost is a session that tests can look into.
type testHost struct {
	workers sync.Map // goroutine → worker
	dead    sync.Map // goroutine → true
	stops   sync.Map // goroutine → its own done channel
	done    chan struct{}
	exits   atomic.Bool // Block ends goroutines that are to stop
	blocks  atomic.Int64
	out     io.Writer
}

func (h *testHost) Done() <-chan struct{} {
	if c, ok := h.stops.Load(thread()); ok {
		return c.(chan struct{})
	}
	return h.done
}

func (h *testHost) Caller() Caller {
	g := thread()
	if w, ok := h.workers.Load(g); ok {
		return Caller{Thread: g, Worker: w.(int)}
	}
	return Caller{Thread: g, Worker: -1}
}

func (h *testHost) Block(f func()) {
	h.blocks.Add(1)
	f()
	select {
	case <-h.Done():
		if h.exits.Load() {
			runtime.Goexit()
		}
	default:
	}
}

func (h *testHost) Outside(f func())                        { h.Block(f) }
func (h *testHost) Stdio() (*os.File, io.Writer, io.Writer) { return nil, h.out, h.out }
func (h *testHost) Ended(thread uint32) bool                { _, ok := h.dead.Load(thread); return ok }

// thread is the number of the current goroutine.
func thread() uint32 { return uint32(currentGoroutine()) }

func newTestHost(t *testing.T) *testHost {
	h := &testHost{done: make(chan struct{}), out: io.Discard}
	SetHost(h)
	t.Cleanup(func() { SetHost(nil) })
	return h
}

// as makes the current goroutine a worker's.
func (h *testHost) as(worker int) { h.workers.Store(thread(), worker) }

// panicOf returns the error that f panics with, and nil if it does not.
func panicOf(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = r.(error)
		}
	}()
	f()
	return nil
}

// wantPanic fails the test unless f panics with an error of type E that reads so.
func wantPanic[E error](t *testing.T, f func(), text string) {
	t.Helper()
	err := panicOf(f)
	if _, ok := errors.AsType[E](err); !ok {
		t.Fatalf("got the panic %v, want a %T", err, *new(E))
	}
	if err.Error() != text {
		t.Errorf("got  %s\nwant %s", err, text)
	}
}

func TestCallerNames(t *testing.T) {
	session := newWorld(&testHost{})
	for _, tt := range []struct {
		w    *world
		i    id
		want string
	}{
		{session, 4<<32 | 7, "worker 3"},
		{session, id(TheCell), "the cell"},
		{session, 7, "a goroutine"},
		{hostless, 7, "goroutine 7"},
	} {
		if got := tt.w.name(tt.i); got != tt.want {
			t.Errorf("%x: got %q want %q", tt.i, got, tt.want)
		}
	}
}

func TestWithoutHost(t *testing.T) {
	ran := 0
	Outside(func() { ran++ })
	if ran != 1 || CPUCount() != runtime.NumCPU() {
		t.Errorf("ran %d times, %d cores", ran, CPUCount())
	}
	a, b := make(chan id), make(chan id)
	go func() { a <- here().caller() }()
	go func() { b <- here().caller() }()
	first, again := here().caller(), here().caller()
	if <-a == <-b || first != again {
		t.Error("callers are not told apart")
	}
}

func TestOutsideAsksTheHost(t *testing.T) {
	h := newTestHost(t)
	Outside(func() {})
	if h.blocks.Load() != 1 {
		t.Error("the host was not asked")
	}
}
