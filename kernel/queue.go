package kernel

import (
	"context"
	"sync"

	"lockstep/kernel/wire"
)

// queue holds requests in the order in which they came. It has no limit: who
// could flood it has the connection file's key, and a reader that waits would
// not see a kernel_info_request.
type queue struct {
	mu       sync.Mutex
	changed  sync.Cond
	requests []*request
	refused  bool // cells are aborted from now on
	closed   bool
}

func newQueue() *queue {
	q := &queue{}
	q.changed.L = &q.mu
	return q
}

// push adds r; after close it does nothing.
func (q *queue) push(r *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return
	}
	q.requests = append(q.requests, r)
	if q.refused {
		q.abortLocked()
	}
	q.changed.Signal()
}

// pop waits for the next request; false when the queue is closed and empty.
func (q *queue) pop() (*request, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.requests) == 0 {
		if q.closed {
			return nil, false
		}
		q.changed.Wait()
	}
	r := q.requests[0]
	q.requests[0] = nil
	q.requests = q.requests[1:]
	return r, true
}

// abort marks the cells that are in the queue now; other requests stay.
func (q *queue) abort() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.abortLocked()
}

func (q *queue) abortLocked() {
	for _, r := range q.requests {
		if r.msg.Header.MsgType == wire.ExecuteRequest {
			r.aborted = true
		}
	}
}

// refuse marks the cells that are in the queue and those to come.
func (q *queue) refuse() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.refused = true
	q.abortLocked()
}

// close ends pop once the queue is empty.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}

// running is the request that has its turn now, as far as an interrupt is
// concerned. The zero value is none.
type running struct {
	mu     sync.Mutex
	cancel context.CancelCauseFunc
}

// start returns the context of a request that begins, which interrupt cancels
// until done is called.
func (r *running) start(ctx context.Context) (_ context.Context, done func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cancel = cancel
	return ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.cancel = nil
		cancel(nil)
	}
}

// busy tells whether a request is running.
func (r *running) busy() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.cancel != nil
}

// interrupt cancels the request that is running, if any.
func (r *running) interrupt(cause error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cancel != nil {
		r.cancel(cause)
	}
}
