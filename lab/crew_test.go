package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// employer is a session whose machines are goroutines.
type employer struct {
	*testHost
	refuses error
	got     CrewOptions
	crew    *fakeCrew
}

func newEmployer(t *testing.T) *employer {
	e := &employer{testHost: newTestHost(t)}
	SetHost(e)
	return e
}

func (e *employer) Employ(o CrewOptions) (Crew, error) {
	e.got = o
	if e.refuses != nil {
		return nil, e.refuses
	}
	e.crew = &fakeCrew{left: make(chan struct{}), workers: max(1, o.Workers)}
	return e.crew, nil
}

type fakeCrew struct {
	workers int
	left    chan struct{}
	broken  error // of Do, once it is set

	mu      sync.Mutex
	batches []int // sizes
	leaving int
}

func (c *fakeCrew) Workers() int { return c.workers }

func (c *fakeCrew) Prepare(name string, f any) (Work, error) {
	call, ok := f.(func(c *fakeChild, i int) (any, error))
	if !ok {
		return nil, fmt.Errorf("%s uses a func", name)
	}
	return fakeWork(call), nil
}

// Do makes the calls backwards; a call of a function that hangs ends when they are given up.
func (c *fakeCrew) Do(ctx context.Context, w Work, arguments [][]byte, reply func(int, CrewReply)) error {
	c.mu.Lock()
	c.batches = append(c.batches, len(arguments))
	broken := c.broken
	c.mu.Unlock()
	if broken != nil {
		return broken
	}
	child := &fakeChild{killed: make(chan struct{})}
	defer context.AfterFunc(ctx, child.Kill)()
	for i := len(arguments) - 1; i >= 0; i-- {
		n, _ := strconv.Atoi(string(arguments[i]))
		v, err := w.(fakeWork)(child, n)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		r := CrewReply{Reply: Reply{Data: fmt.Append(nil, v)}, Worker: i % c.workers, PID: 200 + i, Node: "far"}
		switch {
		case err != nil && v == nil:
			r.Data = []byte("e" + err.Error())
		case err != nil:
			r.Reply = Reply{Failure: err.Error()}
		}
		reply(i, r)
	}
	return nil
}

func (c *fakeCrew) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaving++; c.leaving == 1 {
		close(c.left)
	}
}

func TestPoolOfACrew(t *testing.T) {
	e := newEmployer(t)
	p := NewPool(3, Cluster("gpu"), Cluster("big"), Once())
	if want := (CrewOptions{Workers: 3, Tags: []string{"gpu", "big"}, Once: true}); e.got.Workers != want.Workers || !slices.Equal(e.got.Tags, want.Tags) || e.got.Once != want.Once {
		t.Errorf("got options %+v, want %+v", e.got, want)
	}
	if p.Workers() != 3 {
		t.Errorf("got %d workers, want 3", p.Workers())
	}
	if v, err := p.Apply(square, 7); v != 49 || err != nil {
		t.Errorf("Apply: got %v, %v", v, err)
	}
	if v, err := p.Map(square, 10, 3); err != nil || !slices.Equal(v.([]int), []int{0, 1, 4, 9, 16, 25, 36, 49, 64, 81}) {
		t.Errorf("Map: got %v, %v", v, err)
	}
	if v, err := p.Map(square, 0); err != nil || len(v.([]int)) != 0 {
		t.Errorf("Map of nothing: got %v, %v", v, err)
	}
	var got []any
	for v := range p.IMap(square, 4) {
		got = append(got, v)
	}
	for v := range p.IMapUnordered(square, 4) {
		got = append(got, v)
	}
	if want := []any{0, 1, 4, 9, 9, 4, 1, 0}; !slices.Equal(got, want) {
		t.Errorf("IMap, then IMapUnordered: got %v, want %v", got, want)
	}
	if want := []int{1, 10, 4, 4}; !slices.Equal(e.crew.batches, want) {
		t.Errorf("the crew got batches of %v, want %v", e.crew.batches, want)
	}
	failing := Function("failing", func(_ *fakeChild, i int) (any, error) {
		if i == 0 {
			return nil, errors.New("no luck")
		}
		return 0, errors.New("panic: boom")
	})
	_, err := p.Map(failing, 2)
	if want := "item 0: worker 0 (process 200 on far): no luck\nitem 1: worker 1 (process 201 on far): panic: boom"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	if _, err := p.Apply(Function("f", 1), 1); err == nil || err.Error() != "lab: Pool.Apply: f uses a func" {
		t.Errorf("got %v", err)
	}
	e.crew.broken = errors.New("the cluster is gone")
	if _, err := p.Map(square, 2); err == nil || strings.Count(err.Error(), "lab: Pool.Map: the cluster is gone") != 2 {
		t.Errorf("got %v", err)
	}
	p.Close()
	p.Close()
	p.Join()
	<-e.crew.left
	if _, err := p.Apply(square, 1); err == nil || err.Error() != "lab: Pool.Apply of the pool: it is closed" {
		t.Errorf("closed: got %v", err)
	}
	if p.Terminate(); e.crew.leaving != 1 {
		t.Errorf("the crew was let go %d times", e.crew.leaving)
	}
}

func TestNoCrew(t *testing.T) {
	wantPanic[*SpawnError](t, func() { NewPool(1, Cluster()) }, "lab: NewPool: only a session of Lockstep has a cluster")
	e := newEmployer(t)
	e.refuses = errors.New("no room")
	wantPanic[*SpawnError](t, func() { NewPool(1, Cluster()) }, "lab: NewPool: no room")
	wantPanic[*MisuseError](t, func() { NewPool(-1, Cluster()) }, "lab: NewPool of a pool: the number of workers must be at least 0, got -1")
}

func TestACrewFinishesItsCallsUnlessTerminated(t *testing.T) {
	e := newEmployer(t)
	p := NewPool(2, Cluster())
	open := make(chan struct{})
	later := Function("later", func(*fakeChild, int) (any, error) { <-open; return 5, nil })
	r := p.MapAsync(later, 3)
	p.Close()
	select {
	case <-e.crew.left:
		t.Error("the crew was let go while it was at calls")
	default:
	}
	close(open)
	p.Join()
	if v, err := r.Get(); err != nil || !slices.Equal(v.([]int), []int{5, 5, 5}) {
		t.Errorf("got %v, %v", v, err)
	}
	p = NewPool(2, Cluster())
	r = p.MapAsync(hang, 3)
	p.Terminate()
	p.Join()
	if _, err := r.Get(); !errors.As(err, new(*ClosedError)) {
		t.Errorf("terminated: got %v", err)
	}
}

func TestAnInterruptWithdrawsCallsOfACrew(t *testing.T) {
	e := newEmployer(t)
	p := NewPool(1, Cluster())
	defer func() { p.Terminate(); p.Join() }()
	stop := make(chan struct{})
	close(stop)
	for name, f := range map[string]func(){
		"Apply": func() { _, _ = p.Apply(hang, 3) },
		"Map":   func() { _, _ = p.Map(hang, 3) },
		"IMap":  func() { p.IMap(hang, 3)(func(any, error) bool { return true }) },
	} {
		result := make(chan error)
		go func() {
			e.stops.Store(thread(), stop)
			result <- panicOf(f)
		}()
		if err := <-result; !errors.As(err, new(*StoppedError)) {
			t.Errorf("%s: got %v, want it stopped", name, err)
		}
	}
	// A loop that ends early gives the rest up.
	f := Function("f", func(c *fakeChild, i int) (any, error) {
		if i == 0 {
			<-c.killed
		}
		return i, nil
	})
	for range p.IMapUnordered(f, 10) {
		break
	}
	if v, err := p.Apply(square, 3); v != 9 || err != nil {
		t.Errorf("afterwards: got %v, %v", v, err)
	}
	p.Close()
	p.Join() // which no call that was given up holds up
}
