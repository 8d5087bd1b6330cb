package gil

import (
	"reflect"
	"runtime"
	"time"
)

// The functions below are what rewritten code calls. Each finds the thread of
// the current goroutine by itself; in a goroutine that is no thread it does
// just what it stands for.

// Checkpoint is to be called when the flag of the [Breaker] is up. It hands
// the lock over if that was asked for, and ends the goroutine if its worker was
// stopped: by [runtime.Goexit], so that deferred functions run and no recover
// of the workload swallows it. A goroutine that library code started for a worker
// ends with it too, though it is no thread.
func Checkpoint() {
	t := labelled()
	switch {
	case t == nil:
	case t.g.Load() == goroutine():
		t.checkpoint()
	case t.member.stopped.Load():
		runtime.Goexit()
	}
}

// Go stands for the statement go f(): the new goroutine is a thread of the
// same worker. See [Group.Go] for a panic in it. Outside a group it is a plain
// go statement.
func Go(f func()) {
	// Not Current: a goroutine that library code started for the worker may
	// start threads of it.
	t := labelled()
	if t == nil {
		go f()
		return
	}
	t.group.start(t.member, f, nil)
}

// Done returns a channel that is closed when the current goroutine's worker is
// stopped, for waits that must end then; nil outside a group.
func Done() <-chan struct{} {
	if t := labelled(); t != nil {
		return t.member.done
	}
	return nil
}

// Block calls f, which may block, with the lock released, and takes the lock
// again before it returns or passes a panic of f on. If the worker was stopped
// meanwhile, the goroutine ends.
func Block(f func()) {
	t := Current()
	if t == nil {
		f()
		return
	}
	t.release()
	defer t.back()
	f()
}

// Outside calls f, a computation that touches nothing that other workers
// touch, with the lock released: as the pair of macros
// Py_BEGIN_ALLOW_THREADS and Py_END_ALLOW_THREADS does in C extensions.
func Outside(f func()) { Block(f) }

// Release is the first half of [Block]; it must be followed by [Acquire] in
// the same goroutine. Pairs may nest.
func Release() {
	if t := Current(); t != nil {
		t.release()
	}
}

// Acquire is the second half of [Block].
func Acquire() {
	if t := Current(); t != nil && t.away > 0 {
		t.back()
	}
}

// back ends a blocking call.
func (t *Thread) back() {
	t.acquire()
	if t.away == 0 && t.member.stopped.Load() {
		t.exit()
	}
}

// Sleep is time.Sleep with the lock released. It ends early, and with it the
// goroutine, if the worker is stopped.
func Sleep(d time.Duration) {
	t := Current()
	if t == nil {
		time.Sleep(d)
		return
	}
	t.release()
	defer t.back()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.member.done:
	}
}

// Send is c <- v. As the others below, it gives the lock up only if it has to
// wait, and a stop of the worker ends the wait and the goroutine.
func Send[T any](c chan<- T, v T) {
	select {
	case c <- v:
		return
	default:
	}
	t := Current()
	if t == nil {
		c <- v
		return
	}
	t.release()
	defer t.back()
	select {
	case c <- v:
	case <-t.member.done:
	}
}

// Recv is <-c; see [Send].
func Recv[T any](c <-chan T) T {
	v, _ := Recv2(c)
	return v
}

// Recv2 is the form v, ok := <-c; see [Send].
func Recv2[T any](c <-chan T) (v T, ok bool) {
	select {
	case v, ok = <-c:
		return v, ok
	default:
	}
	t := Current()
	if t == nil {
		v, ok = <-c
		return v, ok
	}
	t.release()
	defer t.back()
	select {
	case v, ok = <-c:
	case <-t.member.done:
	}
	return v, ok
}

// Select is reflect.Select, for a select statement; see [Send].
func Select(cases []reflect.SelectCase) (chosen int, recv reflect.Value, recvOK bool) {
	for _, c := range cases {
		if c.Dir == reflect.SelectDefault {
			return reflect.Select(cases)
		}
	}
	t := Current()
	if t == nil {
		return reflect.Select(cases)
	}
	more := make([]reflect.SelectCase, 0, len(cases)+1)
	more = append(more, cases...)
	more = append(more, reflect.SelectCase{Dir: reflect.SelectDefault})
	if chosen, recv, recvOK = reflect.Select(more); chosen < len(cases) {
		return chosen, recv, recvOK
	}
	more[len(cases)] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(t.member.done)}
	t.release()
	defer t.back()
	return reflect.Select(more)
}
