package kernel

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

func queued(t wire.MsgType) *request {
	return newRequest(&wire.Message{Header: wire.Header{MsgType: t}}, table(shellRows))
}

// TestAbortWindow has the cells of a "Run all" arrive around the failure of the
// first.
func TestAbortWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &Kernel{cells: newQueue(), ending: make(chan struct{})}
		before, within, after := queued(wire.ExecuteRequest), queued(wire.ExecuteRequest), queued(wire.ExecuteRequest)
		other := queued(wire.CommMsg)
		k.cells.push(before)
		k.cells.push(other)
		go func() {
			time.Sleep(abortWindow / 2) // time is the bubble's
			k.cells.push(within)
		}()
		k.abortWaiting()
		k.cells.push(after)
		if !before.aborted || !within.aborted || after.aborted || other.aborted {
			t.Errorf("aborted: got before %v, within %v, after %v, comm_msg %v; want the first two only",
				before.aborted, within.aborted, after.aborted, other.aborted)
		}
	})
}

func TestRefuse(t *testing.T) {
	q := newQueue()
	early, late := queued(wire.ExecuteRequest), queued(wire.ExecuteRequest)
	q.push(early)
	q.refuse()
	q.push(late)
	q.close()
	q.push(queued(wire.ExecuteRequest))
	for _, want := range []*request{early, late} {
		if r, ok := q.pop(); r != want || !ok || !r.aborted {
			t.Errorf("got %+v, %v, want the request, aborted", r, ok)
		}
	}
	if r, ok := q.pop(); ok {
		t.Errorf("got %+v after close, want nothing", r)
	}
}

// TestInterruptHitsTheRunning: between two requests an interrupt hits nothing.
func TestInterruptHitsTheRunning(t *testing.T) {
	var r running
	r.interrupt(errInterrupted) // nothing runs: no effect on what comes
	ctx, done := r.start(t.Context())
	defer done()
	if ctx.Err() != nil {
		t.Error("an interrupt of nothing hit the next request")
	}
	r.interrupt(errInterrupted)
	if context.Cause(ctx) != errInterrupted {
		t.Errorf("got cause %v, want %v", context.Cause(ctx), errInterrupted)
	}
}

// TestInterruptBeforeTheCell: a request is interrupted between its busy and the
// start of its cell, which then does not begin.
func TestInterruptBeforeTheCell(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k := &Kernel{} // without an interpreter: calling it would be an internal error
	if got := k.run(ctx, lang.Request{}, nil).Err; got == nil || got.Name != "interrupted" {
		t.Errorf("got %v, want it interrupted", got)
	}
}
