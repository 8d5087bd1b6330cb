package lab

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"lockstep/exec/procs/value"
	"lockstep/exec/shm"
)

// The test binary is its own worker process.
const roleVariable = "LAB_TEST_ROLE"

func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		if err := asWorker(role); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// processHost is a session, or a worker process, whose goroutines are all the same worker's.
type processHost struct {
	region *shm.Region
	worker int
	ended  *sync.Map // threads of this process that are said to have ended; nil: none
}

func (h processHost) Caller() Caller { return Caller{Thread: thread(), Worker: h.worker} }
func (h processHost) Block(f func()) { f() }
func (h processHost) Outside(f func()) {
	f()
}
func (h processHost) Done() <-chan struct{}                   { return nil }
func (h processHost) Stdio() (*os.File, io.Writer, io.Writer) { return nil, io.Discard, io.Discard }
func (h processHost) Region() (*shm.Region, error)            { return h.region, nil }
func (h processHost) Ended(thread uint32) (ended bool) {
	if h.ended != nil {
		_, ended = h.ended.Load(thread)
	}
	return ended
}
func (h processHost) Marshal(v any) (head, body []byte, err error) {
	head, err = value.Marshal(reflect.ValueOf(v), value.Options{})
	return head, nil, err
}
func (h processHost) Unmarshal(data []byte) (any, error) {
	v, err := value.Unmarshal(data, value.Options{})
	if err != nil || !v.IsValid() {
		return nil, err
	}
	return v.Interface(), nil
}

// sent is what a worker process is told.
type sent struct {
	Worker  int
	Objects [][]byte
}

// asWorker plays a worker process.
func asWorker(role string) error {
	region, err := shm.Attach(os.NewFile(3, "region"))
	if err != nil {
		return err
	}
	var s sent
	if err := gob.NewDecoder(os.Stdin).Decode(&s); err != nil {
		return err
	}
	SetHost(processHost{region: region, worker: s.Worker})
	if _, err := here().space(); err != nil {
		return err
	}
	BeginRun(s.Worker)
	defer EndRun()
	work, ok := roles[role]
	if !ok {
		return fmt.Errorf("no role %q", role)
	}
	return work(s)
}

// get makes the i-th object of what was sent.
func (s sent) get(i int, into encoding.BinaryUnmarshaler) {
	if err := into.UnmarshalBinary(s.Objects[i]); err != nil {
		panic(err)
	}
}

// crew is worker processes of a test.
type crew struct {
	t         testing.TB
	region    *shm.Region
	ended     sync.Map // threads of the test that are to count as ended
	processes []*osexec.Cmd
	outputs   []*bytes.Buffer
}

func newCrew(t testing.TB) *crew {
	region, err := shm.New()
	if err != nil {
		t.Fatal(err)
	}
	c := &crew{t: t, region: region}
	SetHost(processHost{region: region, worker: -1, ended: &c.ended})
	t.Cleanup(func() {
		SetHost(nil)
		for _, p := range c.processes {
			if p.ProcessState == nil {
				_ = p.Process.Kill()
				_ = p.Wait()
			}
		}
	})
	return c
}

// start starts a worker process with some objects, and returns its number.
func (c *crew) start(role string, objects ...encoding.BinaryMarshaler) int {
	c.t.Helper()
	s := sent{Worker: len(c.processes)}
	for _, o := range objects {
		data, err := o.MarshalBinary()
		if err != nil {
			c.t.Fatal(err)
		}
		s.Objects = append(s.Objects, data)
	}
	var in bytes.Buffer
	if err := gob.NewEncoder(&in).Encode(s); err != nil {
		c.t.Fatal(err)
	}
	cmd := osexec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	cmd.ExtraFiles = []*os.File{c.region.File()}
	out := &bytes.Buffer{}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = &in, out, os.Stderr
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.processes, c.outputs = append(c.processes, cmd), append(c.outputs, out)
	return s.Worker
}

// wait waits for a worker's end and returns what it printed.
func (c *crew) wait(worker int) string {
	c.t.Helper()
	if err := c.processes[worker].Wait(); err != nil {
		c.t.Errorf("worker %d: %v", worker, err)
	}
	return c.outputs[worker].String()
}

// kill ends a worker with a signal that it cannot see coming.
func (c *crew) kill(worker int) {
	_ = c.processes[worker].Process.Signal(syscall.SIGKILL)
	_ = c.processes[worker].Wait()
}

var roles = map[string]func(sent) error{
	"count": func(s sent) error {
		var lock Lock
		var memory SharedMemory
		s.get(0, &lock)
		s.get(1, &memory)
		n := memory.Ints()
		for range 2000 {
			lock.With(func() { n[0]++ })
		}
		return nil
	},
	"hold": func(s sent) error { // until it is killed
		var lock Lock
		var held Event
		s.get(0, &lock)
		s.get(1, &held)
		lock.Lock()
		held.Set()
		time.Sleep(time.Hour)
		return nil
	},
	"hold and end": func(s sent) error {
		var lock Lock
		s.get(0, &lock)
		lock.Lock()
		return nil
	},
	"lock": func(s sent) error {
		var lock Lock
		s.get(0, &lock)
		defer func() { fmt.Print(recover()) }()
		lock.With(func() {})
		return nil
	},
	"take both": func(s sent) error { // the first, and when the other one has too, the second
		var first, second Lock
		var ready Barrier
		s.get(0, &first)
		s.get(1, &second)
		s.get(2, &ready)
		defer func() { fmt.Print(recover()) }()
		first.Lock()
		defer first.Unlock()
		ready.Wait()
		second.With(func() {})
		return nil
	},
	"permits": func(s sent) error {
		var seats BoundedSemaphore
		var inside, most Value
		s.get(0, &seats)
		s.get(1, &inside)
		s.get(2, &most)
		for range 200 {
			seats.With(func() {
				n := inside.Add(1)
				most.With(func() { most.Store(max(most.Load(), n)) })
				inside.Add(-1)
			})
		}
		return nil
	},
	"lose updates": func(s sent) error {
		var n Value
		var f Float
		s.get(0, &n)
		s.get(1, &f)
		for range 10_000 {
			n.Add(1)
			f.Add(0.5)
		}
		return nil
	},
	"rounds": func(s sent) error {
		var meet Barrier
		var round Value
		s.get(0, &meet)
		s.get(1, &round)
		for k := range 100 {
			if meet.Wait() == 0 {
				round.Add(1)
			}
			meet.Wait()
			if got := round.Load(); got != k+1 {
				return fmt.Errorf("in round %d: %d", k, got)
			}
		}
		return nil
	},
	"meet": func(s sent) error {
		var meet Barrier
		s.get(0, &meet)
		defer func() { fmt.Print(recover()) }()
		meet.Wait()
		return nil
	},
	"consume": func(s sent) error {
		var jobs, results Queue
		s.get(0, &jobs)
		s.get(1, &results)
		for v := range jobs.All() {
			results.Put(v.(int) * 2)
			jobs.TaskDone()
		}
		return nil
	},
	"drop": func(s sent) error {
		var jobs Queue
		s.get(0, &jobs)
		for range jobs.All() {
		}
		return nil
	},
	"echo": func(s sent) error {
		var end Conn
		s.get(0, &end)
		for v := range end.All() {
			end.Send(v)
		}
		return nil
	},
	"await": func(s sent) error {
		var changed Condition
		var items Value
		s.get(0, &changed)
		s.get(1, &items)
		changed.With(func() {
			changed.WaitUntil(func() bool { return items.Load() > 0 })
			items.Add(-1)
		})
		return nil
	},
	"fill": func(s sent) error {
		var m SharedMemory
		s.get(0, &m)
		for i, f := 0, m.Floats(); i < len(f); i++ {
			f[i] = float64(i)
		}
		return nil
	},
	"die in a put": func(s sent) error { // with the queue locked
		var q Queue
		s.get(0, &q)
		q.o.lock()
		return syscall.Kill(os.Getpid(), syscall.SIGKILL)
	},
}

func TestLockAcrossProcesses(t *testing.T) {
	c := newCrew(t)
	lock, memory := NewLock("sum"), NewSharedMemory(8)
	for range 3 {
		c.start("count", lock, memory)
	}
	for range 2000 {
		lock.With(func() { memory.Ints()[0]++ })
	}
	for i := range 3 {
		c.wait(i)
	}
	if got := memory.Ints()[0]; got != 8000 || lock.Locked() {
		t.Errorf("got %d, locked %t, want 8000", got, lock.Locked())
	}
}

// The lock of a process that was killed goes on, and its waiters learn who died.
func TestHolderKilled(t *testing.T) {
	c := newCrew(t)
	lock, held := NewLock("accounts"), NewEvent()
	w := c.start("hold", lock, held)
	held.Wait()
	errs := make(chan error)
	for range 2 {
		go func() { errs <- panicOf(lock.Lock) }()
	}
	if lock.TryLock() || lock.LockTimeout(10*time.Millisecond) {
		t.Error("got a lock that a worker holds")
	}
	c.kill(w)
	want := fmt.Sprintf(`lab: lock "accounts": worker 0 (process %d) ended without unlocking it; it is free again, but what it guards may be half changed`, c.processes[w].Process.Pid)
	for range 2 {
		if err := <-errs; err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	if !lock.TryLock() {
		t.Error("those that come later do not find it free")
	}
}

// A run that ends leaves no lock behind, though its process may live on.
func TestHolderEnds(t *testing.T) {
	c := newCrew(t)
	lock := NewRLock()
	c.wait(c.start("hold and end", lock))
	if _, ok := errors.AsType[*AbandonedError](panicOf(lock.Lock)); !ok {
		t.Error("whoever comes next is not told")
	}
	if !lock.TryLock() {
		t.Error("the lock is not free")
	}
}

// A goroutine that ends with a lock in its hand ends alone: its process goes on.
func TestHolderIsAGoroutineThatEnds(t *testing.T) {
	const told = `lab: lock "accounts": a goroutine ended without unlocking it; it is free again, but what it guards may be half changed`
	leave := func(c *crew, lock *Lock) {
		ended := make(chan uint32)
		go func() {
			lock.Lock()
			ended <- thread()
		}()
		c.ended.Store(<-ended, true)
	}
	for _, test := range []struct {
		name string
		run  func(t *testing.T, c *crew, lock *Lock) (worker int)
		want string
	}{
		{"while others wait", func(t *testing.T, c *crew, lock *Lock) int {
			held, end := make(chan bool), make(chan bool)
			go func() {
				lock.Lock()
				held <- true
				<-end
				c.ended.Store(thread(), true)
			}()
			<-held
			w := c.start("lock", lock)
			for atomic.LoadUint32(&lock.o.state().waiting) == 0 {
				time.Sleep(time.Millisecond)
			}
			end <- true
			return w
		}, told},
		{"before it is shared", func(t *testing.T, c *crew, lock *Lock) int {
			leave(c, lock)
			return c.start("lock", lock)
		}, "<nil>"},
		{"before it is sent again", func(t *testing.T, c *crew, lock *Lock) int {
			leave(c, lock)
			return c.start("lock", lock)
		}, "<nil>"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCrew(t)
			lock := NewLock("accounts")
			if test.name != "before it is shared" {
				if _, err := lock.MarshalBinary(); err != nil {
					t.Fatal(err)
				}
			}
			if got := c.wait(test.run(t, c, lock)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestDeadlockAcrossProcesses(t *testing.T) {
	c := newCrew(t)
	a, b, ready := NewLock("a"), NewLock("b"), NewBarrier(2)
	c.start("take both", a, b, ready)
	c.start("take both", b, a, ready)
	got := []string{c.wait(0), c.wait(1)}
	slices.Sort(got)
	if got[0] != "<nil>" || !strings.HasPrefix(got[1], "lab: deadlock: 2 goroutines wait for each other in a circle:\n  worker ") ||
		strings.Count(got[1], "holds lock") != 2 || !strings.Contains(got[1], "waits for lock \"a\"") {
		t.Errorf("got %q, want one of the two to get the error", got)
	}
}

func TestSemaphoreAcrossProcesses(t *testing.T) {
	c := newCrew(t)
	seats, inside, most := NewBoundedSemaphore(2, "seats"), NewValue(0), NewValue(0)
	for range 4 {
		c.start("permits", seats, inside, most)
	}
	for i := range 4 {
		c.wait(i)
	}
	if most.Load() > 2 || most.Load() < 1 || seats.Value() != 2 {
		t.Errorf("%d inside at once, %d permits left, want at most 2, 2", most.Load(), seats.Value())
	}
	wantPanic[*MisuseError](t, seats.Release, `lab: Release of bounded semaphore "seats": it has all its 2 permits: one Release too many`)
}

func TestValueAcrossProcesses(t *testing.T) {
	c := newCrew(t)
	n, f := NewValue(5), NewFloat(0.25)
	for range 3 {
		c.start("lose updates", n, f)
	}
	for i := range 3 {
		c.wait(i)
	}
	if n.Load() != 30_005 || f.Load() != 15_000.25 {
		t.Errorf("got %d and %v", n.Load(), f.Load())
	}
}

func TestBarrierAcrossProcesses(t *testing.T) {
	c := newCrew(t)
	meet, round := NewBarrier(3), NewValue(0)
	for range 3 {
		c.start("rounds", meet, round)
	}
	for i := range 3 {
		c.wait(i)
	}
}

// Whoever has waited longest at a barrier does not hold up one who is late to leave
// the round before.
func TestLateToLeave(t *testing.T) {
	c := newCrew(t)
	meet, round := NewBarrier(2), NewValue(0)
	if _, err := meet.MarshalBinary(); err != nil {
		t.Fatal(err)
	}
	// As one who has come to the next round and waited for long.
	meet.o.head.oldest[0], meet.o.head.oldestBy[0] = time.Now().Add(-time.Hour).UnixNano(), meet.o.space.number()
	c.start("rounds", meet, round)
	c.start("rounds", meet, round)
	c.wait(0)
	c.wait(1)
}

func TestBarrierWhenAPartyDies(t *testing.T) {
	c := newCrew(t)
	meet, lock, held := NewBarrier(3, "start"), NewLock(), NewEvent()
	victim := c.start("hold", lock, held)
	held.Wait()
	c.start("meet", meet)
	c.start("meet", meet)
	for meet.Waiting() < 2 {
		time.Sleep(time.Millisecond)
	}
	c.kill(victim)
	for i := 1; i <= 2; i++ {
		if got := c.wait(i); got != `lab: barrier "start" is broken: worker 0 died` && !strings.HasPrefix(got, `lab: barrier "start" is broken: worker 0 (process `) {
			t.Errorf("worker %d got %q", i, got)
		}
	}
}

func TestQueueAcrossProcesses(t *testing.T) {
	c := newCrew(t)
	jobs, results := NewQueue(10, "jobs"), NewQueue(0)
	jobs.Put(1000) // in it when it is sent
	for range 3 {
		c.start("consume", jobs, results)
	}
	for i := range 1000 {
		jobs.Put(i)
	}
	jobs.Join()
	jobs.Close()
	for i := range 3 {
		c.wait(i)
	}
	results.Close()
	var got []int
	for v := range results.All() {
		got = append(got, v.(int))
	}
	slices.Sort(got)
	for i, v := range got {
		if v != 2*i {
			t.Fatalf("result %d is %d", i, v)
		}
	}
	if len(got) != 1001 || jobs.Len() != 0 || jobs.Cap() != 10 {
		t.Errorf("got %d results, %d jobs left, capacity %d", len(got), jobs.Len(), jobs.Cap())
	}
	wantPanic[*ClosedError](t, func() { jobs.Put(1) }, `lab: Put of queue "jobs": it is closed`)
	_, ok := errors.AsType[*MisuseError](panicOf(func() { NewQueueShared(t).Put(func() {}) }))
	if !ok {
		t.Error("a function was put into a queue between processes")
	}
}

// A queue keeps its order where it lives in memory that processes share.
func TestSharedQueueKeepsAllInOrder(t *testing.T) {
	newCrew(t)
	rapid.Check(t, func(t *rapid.T) {
		checkQueue(t, func(q *Queue) error {
			_, err := q.MarshalBinary()
			return err
		})
	})
}

// NewQueueShared returns a queue that is in shared memory.
func NewQueueShared(t *testing.T) *Queue {
	q := NewQueue(0)
	if _, err := q.MarshalBinary(); err != nil {
		t.Fatal(err)
	}
	return q
}

// Whoever waits at an object when it is sent goes on waiting, at the shared one.
func TestSentWhileSomebodyWaits(t *testing.T) {
	c := newCrew(t)
	jobs, results := NewQueue(0), NewQueue(0)
	got := make(chan any)
	go func() { got <- results.Get() }()
	for {
		results.o.mu.Lock()
		n := len(results.o.lines[getters].waiters)
		results.o.mu.Unlock()
		if n == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	w := c.start("consume", jobs, results)
	jobs.Put(21)
	if v := <-got; v != 42 {
		t.Errorf("got %v, want 42", v)
	}
	jobs.Close()
	c.wait(w)
}

func TestPipeAcrossProcesses(t *testing.T) {
	c := newCrew(t)
	here, there := NewPipe("p")
	w := c.start("echo", there)
	for _, v := range []any{1, "two", []float64{3, 3.5}, map[string]int{"four": 4}, nil} {
		here.Send(v)
		if got := here.Recv(); !reflect.DeepEqual(got, v) {
			t.Errorf("got %#v, want %#v", got, v)
		}
	}
	here.Close()
	c.wait(w)
}

func TestConditionAcrossProcesses(t *testing.T) {
	c := newCrew(t)
	changed, items := NewCondition(NewLock("l"), "items"), NewValue(0)
	for range 3 {
		c.start("await", changed, items)
	}
	for i := range 3 {
		changed.With(func() {
			items.Add(1)
			if i < 2 {
				changed.Signal()
			} else {
				changed.Broadcast()
			}
		})
	}
	for i := range 3 {
		c.wait(i)
	}
	if items.Load() != 0 {
		t.Errorf("%d items are left", items.Load())
	}
}

func TestSharedMemory(t *testing.T) {
	c := newCrew(t)
	m := NewSharedMemory(1<<20+3, "table")
	c.wait(c.start("fill", m))
	f := m.Floats()
	if len(f) != 1<<17 || f[len(f)-1] != 1<<17-1 || m.Len() != 1<<20+3 || len(m.Bytes()) != m.Len() {
		t.Errorf("got %d numbers, the last %v, of %d bytes", len(f), f[len(f)-1], m.Len())
	}
	m.Close()
	m.Close()
	wantPanic[*ClosedError](t, func() { m.Ints() }, `lab: Ints of shared memory "table": it is closed`)
}

// A process that dies in the middle of an operation does not take the object along.
func TestProcessDiesInTheMiddle(t *testing.T) {
	c := newCrew(t)
	q := NewQueue(0)
	w := c.start("die in a put", q)
	_ = c.processes[w].Wait()
	var done sync.WaitGroup
	done.Go(func() { q.Put(1) })
	done.Go(func() { q.Put(2) })
	done.Wait()
	if q.Len() != 2 {
		t.Errorf("got %d values", q.Len())
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	c := newCrew(t)
	lock := NewLock("held")
	lock.Lock()
	if _, err := lock.MarshalBinary(); err == nil || !strings.Contains(err.Error(), "unlock it first") {
		t.Errorf("a lock that is held: got %v", err)
	}
	lock.Unlock()
	data, err := lock.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := new(Event).UnmarshalBinary(data); err == nil {
		t.Error("a lock became an event")
	}
	SetHost(nil)
	if _, err := NewLock().MarshalBinary(); err == nil {
		t.Error("sent without a session")
	}
	SetHost(processHost{region: c.region, worker: -1})
}
