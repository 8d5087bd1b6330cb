package kernel_test

import (
	"sync/atomic"
	"testing"
	"time"

	"lockstep/kernel"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/wire"
)

// TestClockJumps has the clock go a day forth and an hour back each time that the kernel looks at it, as when a computer
// wakes or somebody sets it: cells run and are interrupted as ever. All that the kernel waits for goes by Go's monotonic clock.
func TestClockJumps(t *testing.T) {
	var looks atomic.Int64
	jumping := func() time.Time {
		now := time.Now().Round(0) // without the monotonic reading
		if looks.Add(1)%2 == 0 {
			return now.Add(-time.Hour)
		}
		return now.Add(24 * time.Hour)
	}
	g := newGate()
	k := kerneltest.Start(t, kerneltest.Config{
		Interpreter: cells{"x": nothing, "wait": g.cell}.interpreter(),
		Options:     kernel.Options{Now: jumping},
	})
	for range 10 {
		if reply, _ := k.Run("x"); reply.Status != wire.StatusOK {
			t.Fatalf("got %s", reply.Status)
		}
		cell := k.Execute("wait")
		<-g.entered
		k.Finish(k.Request(wire.Control, wire.InterruptRequest, wire.InterruptRequestContent{}))
		if reply := kerneltest.Content[wire.ExecuteReplyContent](t, k.Finish(cell).Reply); reply.EName != "interrupted" {
			t.Fatalf("got %+v, want it interrupted", reply)
		}
	}
	if looks.Load() < 20 {
		t.Errorf("the kernel looked %d times at the clock that jumps", looks.Load())
	}
}
