package lab

import (
	"iter"
	"strconv"
	"time"
)

// Queue hands values from goroutines that put them in to goroutines that get
// them, first in first out.
type Queue struct {
	o      object[queueState]
	kind   string // "queue", or what it is part of
	values []any  // while the state is local
}

type queueState struct {
	capacity   int // 0: no limit
	length     int
	closed     bool
	unfinished int  // values put in and not reported as done
	ring       ring // of a shared queue: the values
	pipe       bool // it is one direction of a pipe
}

// The lines of a queue.
const (
	getters = iota // wait for a value
	putters        // wait for room
	joiners        // wait for unfinished to be 0
)

// NewQueue returns a queue for at most capacity values; 0 means any number. It
// panics with a [*MisuseError] if capacity is negative.
func NewQueue(capacity int, name ...string) *Queue { return newQueue(capacity, "queue", name) }

func newQueue(capacity int, kind string, name []string) *Queue {
	q := &Queue{kind: kind}
	q.o.title, q.o.local.capacity = named(name), capacity
	if capacity < 0 {
		panic(&MisuseError{"NewQueue", q.object(), "the capacity must be at least 0, got " + strconv.Itoa(capacity)})
	}
	return q
}

func (q *Queue) object() string { return q.o.of(q.kind) }

// Put waits until there is room, and adds v. It panics with a [*ClosedError] if
// the queue is closed.
func (q *Queue) Put(v any) { q.put(here(), "Put", v, forever) }

// TryPut adds v if there is room, and reports whether there was.
func (q *Queue) TryPut(v any) bool { return q.put(here(), "TryPut", v, 0) }

// PutTimeout is Put that gives up after d. It reports whether it added v.
func (q *Queue) PutTimeout(v any, d time.Duration) bool {
	return q.put(here(), "PutTimeout", v, max(d, 0))
}

func (q *Queue) put(w *world, op string, v any, limit time.Duration) bool {
	it := item{value: v}
	if q.o.away != nil {
		it.marshal(w, op, q)
		return q.o.away.ask(w, request{op: doPut, name: op, limit: limit, data: append(it.data, it.body...)}).ok
	}
	if e, ok := v.(encoded); ok {
		it = item{data: e, bytes: true}
	}
	if q.o.shared.Load() != nil {
		it.marshal(w, op, q)
	}
	q.o.lock()
	if s := q.o.state(); q.o.open(putters) && !s.closed && (s.capacity == 0 || s.length < s.capacity) {
		err := q.push(&it, w, op)
		q.o.unlock()
		if err != nil {
			panic(&MisuseError{op, q.object(), err.Error()})
		}
		return true
	}
	refused := false
	var full error
	ok := wait{on: &q.o.core, peers: true, line: putters, turns: true, limit: limit, ready: func() bool {
		s := q.o.state()
		if s.closed {
			refused = true
			return true
		}
		if s.capacity > 0 && s.length >= s.capacity {
			return false
		}
		full = q.push(&it, w, op)
		return true
	}}.do(w)
	switch {
	case refused:
		panic(&ClosedError{op, q.object()})
	case full != nil:
		panic(&MisuseError{op, q.object(), full.Error()})
	}
	return ok
}

// push adds a value at the end. The queue is locked.
func (q *Queue) push(it *item, w *world, op string) error {
	s := q.o.state()
	if q.o.head == nil {
		q.values = append(q.values, it.kept())
	} else {
		it.marshal(w, op, q) // if the queue has become shared meanwhile
		if err := s.ring.push(q.o.space.region, it.data, it.body); err != nil {
			return err
		}
	}
	s.length++
	s.unfinished++
	q.o.ring(getters)
	return nil
}

// Get waits for a value and takes it out. It panics with a [*ClosedError] if
// the queue is closed and empty.
func (q *Queue) Get() any {
	v, _ := q.get(here(), "Get", forever)
	return v
}

// TryGet takes a value out if there is one, and reports whether there was.
func (q *Queue) TryGet() (v any, ok bool) { return q.get(here(), "TryGet", 0) }

// GetTimeout is Get that gives up after d. It reports whether it got a value.
func (q *Queue) GetTimeout(d time.Duration) (v any, ok bool) {
	return q.get(here(), "GetTimeout", max(d, 0))
}

func (q *Queue) get(w *world, op string, limit time.Duration) (any, bool) {
	v, open, ok := q.next(w, op, limit)
	if !open {
		panic(&ClosedError{op, q.object()})
	}
	return v, ok
}

// next takes a value out; open is false if there will be none.
func (q *Queue) next(w *world, op string, limit time.Duration) (v any, open, ok bool) {
	it, open, ok := q.nextItem(w, op, limit)
	if ok && open {
		v = it.unmarshal(w, op, q)
	}
	return v, open, ok
}

func (q *Queue) nextItem(w *world, op string, limit time.Duration) (it item, open, ok bool) {
	if q.o.away != nil {
		r := q.o.away.askUndo(w, request{op: doNext, name: op, limit: limit}, func(r reply) request { return request{op: doPutBack, name: op, data: r.data} })
		return item{data: r.data, bytes: true}, r.open, r.ok
	}
	q.o.lock()
	if q.o.open(getters) && q.o.state().length > 0 {
		q.pop(&it)
		q.o.ring(putters)
		q.o.unlock()
		return it, true, true
	}
	open = true
	ok = wait{on: &q.o.core, peers: true, line: getters, turns: true, limit: limit, undo: func() { q.putBack(w, &it, open) }, ready: func() bool {
		s := q.o.state()
		if s.length == 0 {
			open = !s.closed
			return s.closed
		}
		q.pop(&it)
		q.o.ring(putters)
		return true
	}}.do(w)
	return it, open, ok
}

// pop takes the first value out; there is one. The queue is locked.
func (q *Queue) pop(it *item) {
	s := q.o.state()
	s.length--
	if q.o.head != nil {
		it.data, it.bytes = s.ring.pop(q.o.space.region), true
		return
	}
	if e, ok := q.values[0].(encoded); ok {
		it.data, it.bytes = e, true
	} else {
		it.value = q.values[0]
	}
	q.values[0] = nil // or the queue would keep it alive
	q.values = q.values[1:]
}

// putBack makes a value that was taken out the first again.
func (q *Queue) putBack(w *world, it *item, taken bool) {
	if !taken {
		return
	}
	q.o.lock()
	defer q.o.unlock()
	s := q.o.state()
	if q.o.head == nil {
		q.values = append([]any{it.kept()}, q.values...)
	} else {
		it.marshal(w, "Get", q)
		if s.ring.unpop(q.o.space.region, it.data, it.body) != nil {
			return // nobody can be told: the goroutine has been stopped
		}
	}
	s.length++
	q.o.ring(getters)
}

// All returns the values as they come, until the queue is closed and empty.
func (q *Queue) All() iter.Seq[any] {
	return func(yield func(any) bool) {
		for {
			v, open, _ := q.next(here(), "All", forever)
			if !open || !yield(v) {
				return
			}
		}
	}
}

// Len is the number of values in the queue.
func (q *Queue) Len() int {
	if q.o.away != nil {
		return int(q.o.away.ask(here(), request{op: doLen, name: "Len"}).n)
	}
	q.o.lock()
	defer q.o.unlock()
	return q.o.state().length
}

// Cap is the number of values that the queue has room for; 0: any number.
func (q *Queue) Cap() int {
	if q.o.away != nil {
		return int(q.o.away.ask(here(), request{op: doCap, name: "Cap"}).n)
	}
	q.o.lock()
	defer q.o.unlock()
	return q.o.state().capacity
}

// Close says that no more values will come. What is in the queue can still be
// taken out; after that, and for those who wait already, Get panics with a
// [*ClosedError] and the loop over All ends. Closing twice is fine.
func (q *Queue) Close() {
	if q.o.away != nil {
		q.o.away.ask(here(), request{op: doClose, name: "Close"})
		return
	}
	q.o.lock()
	defer q.o.unlock()
	q.o.state().closed = true
	q.o.ringAll(getters)
	q.o.ringAll(putters)
}

// TaskDone reports that the work on one value that was taken out is finished.
// It panics with a [*MisuseError] if that was reported for all values already.
func (q *Queue) TaskDone() {
	if q.o.away != nil {
		q.o.away.ask(here(), request{op: doTaskDone, name: "TaskDone"})
		return
	}
	q.o.lock()
	defer q.o.unlock()
	s := q.o.state()
	if s.unfinished == 0 {
		panic(&MisuseError{"TaskDone", q.object(), "all values are reported as done: one TaskDone too many"})
	}
	if s.unfinished--; s.unfinished == 0 {
		q.o.ringAll(joiners)
	}
}

// Join waits until every value that was put in is reported as done.
func (q *Queue) Join() { q.join(here()) }

func (q *Queue) join(w *world) {
	if q.o.away != nil {
		q.o.away.ask(w, request{op: doJoin, name: "Join"})
		return
	}
	q.o.lock()
	wait{on: &q.o.core, peers: true, line: joiners, limit: forever, ready: func() bool { return q.o.state().unfinished == 0 }}.do(w)
}

// item is a value on its way through a queue: as it is, or as bytes for another process.
type item struct {
	value any
	data  []byte // and body behind it
	body  []byte
	bytes bool // that is what counts
}

// encoded is the bytes of a value that a process has sent to which the queue is lent. It is
// read where it is taken out.
type encoded []byte

// kept is the value as a queue in this process keeps it.
func (it *item) kept() any {
	if it.bytes {
		return encoded(append(it.data, it.body...))
	}
	return it.value
}

func (it *item) marshal(w *world, op string, q *Queue) {
	if it.bytes {
		return
	}
	host, err := w.sharer()
	if err == nil {
		it.data, it.body, err = host.Marshal(it.value)
	}
	if err != nil {
		panic(&MisuseError{op, q.object(), "the value cannot be sent to another process: " + err.Error()})
	}
	it.bytes = true
}

func (it *item) unmarshal(w *world, op string, q *Queue) any {
	if !it.bytes {
		return it.value
	}
	host, err := w.sharer()
	if err == nil {
		it.value, err = host.Unmarshal(append(it.data, it.body...)) // which mostly came in one piece
	}
	if err != nil {
		panic(&MisuseError{op, q.object(), "the value that another process has sent cannot be read: " + err.Error()})
	}
	return it.value
}
