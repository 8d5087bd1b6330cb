package lab

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// spawner is a session whose processes are goroutines.
type spawner struct {
	*testHost
	mu       sync.Mutex
	children []*fakeChild
	refuses  error
}

func newSpawner(t *testing.T) *spawner {
	s := &spawner{testHost: newTestHost(t)}
	SetHost(s)
	return s
}

func (s *spawner) Prepare(name string, f any) (Work, error) {
	call, ok := f.(func(c *fakeChild, i int) (any, error))
	if !ok {
		return nil, fmt.Errorf("%s uses a func", name)
	}
	return fakeWork(call), nil
}

func (s *spawner) Spawn(string) (Child, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.refuses != nil {
		return nil, s.refuses
	}
	c := &fakeChild{s: s, pid: 100 + len(s.children), killed: make(chan struct{})}
	s.children = append(s.children, c)
	return c, nil
}

// all are the processes that have been started.
func (s *spawner) all() []*fakeChild {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.children)
}

type fakeWork func(c *fakeChild, i int) (any, error)

func (w fakeWork) Encode(arguments ...any) ([]byte, error) {
	if len(arguments) != 1 {
		return nil, fmt.Errorf("want 1 argument, got %d", len(arguments))
	}
	i, ok := arguments[0].(int)
	if !ok {
		return nil, fmt.Errorf("a %T is no int", arguments[0])
	}
	return []byte(strconv.Itoa(i)), nil
}

func (w fakeWork) Decode(data []byte) (any, error, error) {
	if data[0] == 'e' {
		return nil, errors.New(string(data[1:])), nil
	}
	n, err := strconv.Atoi(string(data))
	return n, nil, err
}

func (w fakeWork) EncodeEach(items any) (all [][]byte, err error) {
	n, ok := items.(int)
	if !ok {
		return nil, fmt.Errorf("cannot go over a %T", items)
	}
	for i := range n {
		all = append(all, strconv.AppendInt(nil, int64(i), 10))
	}
	return all, nil
}

func (w fakeWork) Collect(values []any) any {
	all := make([]int, len(values))
	for i, v := range values {
		all[i], _ = v.(int)
	}
	return all
}

type fakeChild struct {
	s      *spawner
	pid    int
	killed chan struct{}
	once   sync.Once

	mu     sync.Mutex
	rested bool
	lines  []string
}

func (c *fakeChild) PID() int { return c.pid }
func (c *fakeChild) Kill()    { c.once.Do(func() { close(c.killed) }) }

func (c *fakeChild) IsGone() bool {
	select {
	case <-c.killed:
		return true
	default:
		return false
	}
}

func (c *fakeChild) Rest() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rested = true
}

func (c *fakeChild) Print(line string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, line)
}

func (c *fakeChild) Do(w Work, _, _ int, arguments [][]byte, reply func(int, Reply)) *ExitError {
	for i, a := range arguments {
		n, _ := strconv.Atoi(string(a))
		v, err := w.(fakeWork)(c, n)
		if c.IsGone() {
			return &ExitError{-9, "killed"}
		}
		r := Reply{Data: fmt.Append(nil, v)}
		if err != nil && v == nil {
			r = Reply{Data: []byte("e" + err.Error())}
		} else if err != nil {
			r = Reply{Failure: err.Error()}
		}
		reply(i, r)
	}
	return nil
}

// square is the function of most tests.
var square = Function("square", func(_ *fakeChild, i int) (any, error) { return i * i, nil })

func TestPoolWithoutProcesses(t *testing.T) {
	p := NewPool(2)
	if _, err := p.Apply(square, 3); err == nil || err.Error() != "lab: Pool.Apply: only a session of Lockstep starts processes for functions" {
		t.Errorf("got %v", err)
	}
	p.Close()
	p.Join()
	if err := NewProcess(square, 3).Start(); err == nil || err.Error() != "lab: Process.Start: only a session of Lockstep starts processes for functions" {
		t.Errorf("got %v", err)
	}
}

func TestPoolErrors(t *testing.T) {
	s := newSpawner(t)
	wantPanic[*MisuseError](t, func() { NewPool(-1) }, "lab: NewPool of a pool: the number of workers must be at least 0, got -1")
	p := NewPool(1)
	wantPanic[*MisuseError](t, func() { p.Join() }, "lab: Join of a pool: it still takes calls: Close or Terminate it first")
	erring := Function("erring", func(_ *fakeChild, i int) (any, error) {
		if i == 0 {
			return nil, errors.New("no luck")
		}
		return 0, errors.New("panic: boom")
	})
	for _, tt := range []struct {
		name string
		call func() (any, error)
		want string
	}{
		{"no name", func() (any, error) { return p.Apply(func() {}, 1) }, "lab: Pool.Apply: the function is not known by a name: call Pool.Apply directly, with the name of a function that is declared in a cell"},
		{"cannot be sent", func() (any, error) { return p.Apply(Function("f", 1), 1) }, "lab: Pool.Apply: f uses a func"},
		{"argument", func() (any, error) { return p.Apply(square, "a") }, "lab: Pool.Apply: a string is no int"},
		{"items", func() (any, error) { return p.Map(square, "a") }, "lab: Pool.Map: cannot go over a string"},
		{"chunk", func() (any, error) { return p.Map(square, 3, 0) }, "lab: Pool.Map: the size of chunks must be at least 1, got 0"},
		{"returned", func() (any, error) { return p.Apply(erring, 0) }, "worker 0 (process 100): no luck"},
		{"panicked", func() (any, error) { return p.Apply(erring, 1) }, "worker 0 (process 100): panic: boom"},
		{"items that fail", func() (any, error) { return p.Map(erring, 2) }, "item 0: worker 0 (process 100): no luck\nitem 1: worker 0 (process 100): panic: boom"},
	} {
		if _, err := tt.call(); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got  %v\nwant %s", tt.name, err, tt.want)
		}
	}
	p.Close()
	p.Join()
	if _, err := p.Apply(square, 1); err == nil || err.Error() != "lab: Pool.Apply of the pool: it is closed" {
		t.Errorf("closed: got %v", err)
	}
	if c := s.all()[0]; !c.rested {
		t.Error("the process was not put to rest")
	}
	s.refuses = errors.New("no memory")
	p = NewPool(1)
	defer p.Terminate()
	if _, err := p.Apply(square, 1); err == nil || err.Error() != "lab: Pool.Apply: no process could be started: no memory" {
		t.Errorf("got %v", err)
	}
}

func TestClosedPoolFinishesItsCalls(t *testing.T) {
	newSpawner(t)
	p := NewPool(2)
	r := p.MapAsync(square, 100, 3)
	p.Close()
	p.Join()
	v, ok, err := r.GetTimeout(0)
	if all, _ := v.([]int); !ok || err != nil || len(all) != 100 || all[99] != 99*99 {
		t.Errorf("got %v %v %v", v, ok, err)
	}
}

// hang does not return before its process is killed.
var hang = Function("hang", func(c *fakeChild, i int) (any, error) { <-c.killed; return 0, nil })

func TestTerminateEndsEndlessCalls(t *testing.T) {
	newSpawner(t)
	p := NewPool(2)
	r := p.MapAsync(hang, 5, 1)
	if r.Ready() || r.Wait(time.Millisecond) || r.Successful() {
		t.Error("an endless call is said to be done")
	}
	p.Terminate()
	p.Join()
	_, err := r.Get()
	if closed, ok := errors.AsType[*ClosedError](err); !ok {
		t.Errorf("got %v, %v", err, closed)
	}
}

func TestAnInterruptedWaitGivesItsCallsUp(t *testing.T) {
	s := newSpawner(t)
	p := NewPool(1)
	defer func() { p.Terminate(); p.Join() }()
	stop := make(chan struct{})
	wait := func(f func()) error {
		result := make(chan error)
		go func() {
			s.stops.Store(thread(), stop)
			result <- panicOf(f)
		}()
		return <-result
	}
	close(stop)
	for name, f := range map[string]func(){
		"Apply":   func() { _, _ = p.Apply(hang, 3) },
		"Map":     func() { _, _ = p.Map(hang, 3) },
		"Get":     func() { _, _ = p.ApplyAsync(hang, 3).Get() },
		"IMap":    func() { p.IMap(hang, 3)(func(any, error) bool { return true }) },
		"Process": func() { q := NewProcess(hang, 1); _ = q.Start(); q.Join() },
	} {
		if err := wait(f); !errors.As(err, new(*StoppedError)) {
			t.Errorf("%s: got %v, want it stopped", name, err)
		}
	}
	if v, err := p.Apply(square, 3); v != 9 || err != nil {
		t.Errorf("afterwards: got %v, %v", v, err)
	}
}

func TestALoopThatEndsEarlyGivesTheRestUp(t *testing.T) {
	newSpawner(t)
	p := NewPool(1)
	defer func() { p.Terminate(); p.Join() }()
	f := Function("f", func(c *fakeChild, i int) (any, error) {
		if i > 0 {
			<-c.killed
		}
		return i, nil
	})
	for v, err := range p.IMap(f, 10) {
		if v != 0 || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
		break
	}
	if v, err := p.Apply(square, 3); v != 9 || err != nil {
		t.Errorf("afterwards: got %v, %v", v, err)
	}
}

func TestAnIdleProcessThatHasGoneIsReplaced(t *testing.T) {
	s := newSpawner(t)
	p := NewPool(1)
	defer func() { p.Terminate(); p.Join() }()
	for range 3 {
		if v, err := p.Apply(square, 3); v != 9 || err != nil {
			t.Errorf("got %v, %v", v, err)
		}
		all := s.all()
		all[len(all)-1].Kill()
	}
}

func TestProcessLife(t *testing.T) {
	s := newSpawner(t)
	p := NewProcess(square, 3)
	if code, ok := p.ExitCode(); ok || p.Alive() || p.PID() != 0 || p.Err() != nil {
		t.Errorf("before the start: %d %v", code, ok)
	}
	p.Kill()
	wantPanic[*MisuseError](t, func() { p.Join() }, "lab: Join of a process: it was not started")
	if err := p.Start(); err != nil || p.PID() != 100 {
		t.Errorf("got %v, process %d", err, p.PID())
	}
	wantPanic[*MisuseError](t, func() { _ = p.Start() }, "lab: Start of a process: it was started before: make a new one")
	if code, ok := 0, p.Join(); !ok || code != 0 || p.Alive() || p.Err() != nil {
		t.Errorf("got %v %v", ok, p.Err())
	}
	p = NewProcess(hang, 3)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	if p.Join(time.Millisecond) || !p.Alive() {
		t.Error("it is said to have ended")
	}
	p.Kill()
	p.Join()
	if code, ok := p.ExitCode(); code != -9 || !ok || p.Err().Error() != "killed" {
		t.Errorf("got %d %v %v", code, ok, p.Err())
	}
	p = NewProcess(Function("f", func(*fakeChild, int) (any, error) { return 0, errors.New("panic: boom") }), 1)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.Join()
	if code, _ := p.ExitCode(); code != 1 || p.Err().Error() != "process 102: panic: boom" || !slices.Equal(s.all()[2].lines, []string{"panic: boom"}) {
		t.Errorf("got %d %v, printed %q", code, p.Err(), s.all()[2].lines)
	}
}

// Whatever dies, each item has one result: its value, or an error that names it.
func TestEveryItemHasOneResult(t *testing.T) {
	s := newSpawner(t)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 60).Draw(t, "items")
		workers := rapid.IntRange(1, 4).Draw(t, "workers")
		chunk := rapid.IntRange(1, 10).Draw(t, "chunk")
		deadly := rapid.SliceOfNDistinct(rapid.IntRange(0, 59), 0, 5, rapid.ID[int]).Draw(t, "deadly")
		kills := rapid.IntRange(0, 3).Draw(t, "kills")
		f := Function("f", func(c *fakeChild, i int) (any, error) {
			if slices.Contains(deadly, i) {
				c.Kill()
			}
			return i * i, nil
		})
		p := NewPool(workers)
		var killer sync.WaitGroup
		killer.Go(func() {
			for range kills {
				if all := s.all(); len(all) > 0 {
					all[len(all)-1-rand.IntN(min(workers, len(all)))].Kill()
				}
			}
		})
		failed := 0
		judge := func(i int, v any, err error) {
			e, isCall := errors.AsType[*CallError](err)
			switch {
			case err == nil && v == i*i && !slices.Contains(deadly, i):
			case isCall && e.Item == i:
				failed++
			default:
				t.Fatalf("item %d: got %v, %v", i, v, err)
			}
		}
		switch rapid.IntRange(0, 2).Draw(t, "method") {
		case 0:
			v, err := p.Map(f, n, chunk)
			all := v.([]int)
			errs := map[int]error{}
			if err != nil {
				for _, e := range err.(interface{ Unwrap() []error }).Unwrap() {
					errs[e.(*CallError).Item] = e
				}
			}
			for i := range n {
				judge(i, all[i], errs[i])
			}
		case 1:
			i := 0
			for v, err := range p.IMap(f, n, chunk) {
				judge(i, v, err)
				i++
			}
			if i != n {
				t.Fatalf("got %d results, want %d", i, n)
			}
		case 2:
			seen := map[int]bool{}
			for v, err := range p.IMapUnordered(f, n, chunk) {
				i := 0
				if e, ok := errors.AsType[*CallError](err); ok {
					i = e.Item
				} else {
					for i*i != v {
						i++
					}
				}
				judge(i, v, err)
				if seen[i] {
					t.Fatalf("item %d came twice", i)
				}
				seen[i] = true
			}
			if len(seen) != n {
				t.Fatalf("got %d results, want %d", len(seen), n)
			}
		}
		killer.Wait()
		least := 0
		for _, d := range deadly {
			if d < n {
				least++
			}
		}
		if failed < least || failed > least+kills {
			t.Fatalf("%d items failed; %d are deadly, and %d processes were killed", failed, least, kills)
		}
		p.Close()
		p.Join()
	})
}
