package lab

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestQueueOrder(t *testing.T) {
	q := NewQueue(2, "jobs")
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := range 100 {
			q.Put(i)
		}
		q.Close()
	})
	var got []int
	for v := range q.All() {
		got = append(got, v.(int))
	}
	wg.Wait()
	for i, v := range got {
		if i != v {
			t.Fatalf("got %v", got)
		}
	}
	if len(got) != 100 || q.Cap() != 2 || q.Len() != 0 {
		t.Errorf("got %d values; capacity %d, length %d", len(got), q.Cap(), q.Len())
	}
}

// Every value comes out exactly once, whoever puts and gets.
func TestQueueConcurrently(t *testing.T) {
	for _, capacity := range []int{0, 1, 7} {
		q := NewQueue(capacity)
		var producers, consumers sync.WaitGroup
		for p := range 4 {
			producers.Go(func() {
				for i := range 250 {
					q.Put(p*250 + i)
				}
			})
		}
		got := make([][]int, 3)
		for c := range got {
			consumers.Go(func() {
				for v := range q.All() {
					got[c] = append(got[c], v.(int))
					q.TaskDone()
				}
			})
		}
		producers.Wait()
		q.Join()
		q.Close()
		consumers.Wait()
		all := slices.Concat(got...)
		slices.Sort(all)
		if len(all) != 1000 || len(slices.Compact(all)) != 1000 {
			t.Errorf("capacity %d: got %d values", capacity, len(all))
		}
	}
}

func TestQueueWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue(1)
		if _, ok := q.TryGet(); ok {
			t.Error("got a value from an empty queue")
		}
		if _, ok := q.GetTimeout(time.Second); ok {
			t.Error("got a value from an empty queue")
		}
		if !q.TryPut("a") || q.TryPut("b") || q.PutTimeout("b", time.Second) {
			t.Error("the capacity is not 1")
		}
		go func() { time.Sleep(time.Second); q.Get() }()
		start := time.Now()
		q.Put("b")
		if got := time.Since(start); got != time.Second {
			t.Errorf("Put waited %v for room", got)
		}
		go func() { time.Sleep(time.Second); q.Put("c") }()
		q.Get()
		if v, ok := q.GetTimeout(time.Minute); !ok || v != "c" {
			t.Errorf("got %v, %v", v, ok)
		}
	})
}

func TestQueueClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := NewQueue(1, "q")
		q.Put(1)
		errs := make(chan error)
		go func() { errs <- panicOf(func() { q.Put(2) }) }()
		synctest.Wait()
		q.Close()
		q.Close()
		if err := <-errs; err == nil || err.Error() != `lab: Put of queue "q": it is closed` {
			t.Errorf("who waited to put got %v", err)
		}
		if v := q.Get(); v != 1 {
			t.Errorf("got %v", v)
		}
		wantPanic[*ClosedError](t, func() { q.Get() }, `lab: Get of queue "q": it is closed`)
		wantPanic[*ClosedError](t, func() { q.TryGet() }, `lab: TryGet of queue "q": it is closed`)
		wantPanic[*ClosedError](t, func() { q.TryPut(1) }, `lab: TryPut of queue "q": it is closed`)
	})
}

func TestQueueMisuse(t *testing.T) {
	q := NewQueue(0, "q")
	q.Put(1)
	q.TaskDone()
	wantPanic[*MisuseError](t, q.TaskDone, `lab: TaskDone of queue "q": all values are reported as done: one TaskDone too many`)
	wantPanic[*MisuseError](t, func() { NewQueue(-1) }, "lab: NewQueue of a queue: the capacity must be at least 0, got -1")
}

func TestPipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := NewPipe("p")
		var wg sync.WaitGroup
		wg.Go(func() {
			for v := range b.All() {
				b.Send(v.(int) * 2)
			}
		})
		for i := range 3 * pipeRoom {
			a.Send(i)
			if got := a.Recv(); got != 2*i {
				t.Fatalf("got %v want %d", got, 2*i)
			}
		}
		if _, ok := a.TryRecv(); ok {
			t.Error("received a value that nobody sent")
		}
		if _, ok := a.RecvTimeout(time.Second); ok {
			t.Error("received a value that nobody sent")
		}
		a.Close()
		wg.Wait()
		b.Close()
		wantPanic[*ClosedError](t, func() { a.Recv() }, `lab: Recv of pipe "p": it is closed`)
		wantPanic[*ClosedError](t, func() { b.Send(1) }, `lab: Send of pipe "p": it is closed`)
	})
}

// A pipe has room for some values; then the sender waits.
func TestPipeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := NewPipe()
		for i := range pipeRoom {
			a.Send(i)
		}
		if a.SendTimeout(0, time.Second) {
			t.Error("a pipe without end")
		}
		errs := make(chan error)
		go func() { errs <- panicOf(func() { a.Send(1) }) }()
		synctest.Wait()
		b.Recv()
		if err := <-errs; err != nil {
			t.Error(err)
		}
		go func() { errs <- panicOf(func() { a.Send(2) }) }()
		synctest.Wait()
		b.Close()
		if _, ok := errors.AsType[*ClosedError](<-errs); !ok {
			t.Error("a sender went on waiting for a closed end")
		}
	})
}
