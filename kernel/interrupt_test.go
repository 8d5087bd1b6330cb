package kernel_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"lockstep/kernel/kerneltest"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

func TestInterrupt(t *testing.T) {
	tests := []struct {
		name string
		send func(*kerneltest.Kernel)
	}{
		{"interrupt_request", func(k *kerneltest.Kernel) {
			// The reply does not wait for the cell.
			k.Finish(k.Request(wire.Control, wire.InterruptRequest, wire.InterruptRequestContent{}))
		}},
		{"SIGINT", func(k *kerneltest.Kernel) { signalSelf(t, os.Interrupt) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate()
			k := start(t, cells{"wait": g.cell, "x": nothing})
			for range 2 { // not only the first time
				cell := k.Execute("wait")
				<-g.entered
				tt.send(k)
				a := k.Finish(cell)
				reply := kerneltest.Content[wire.ExecuteReplyContent](t, a.Reply)
				if reply.Status != wire.StatusError || reply.EName != "interrupted" || reply.EValue != "interrupted" {
					t.Errorf("got %+v, want it interrupted", reply)
				}
			}
			if reply, _ := k.Run("x"); reply.Status != wire.StatusOK {
				t.Errorf("next cell: got %s", reply.Status)
			}
		})
	}
}

// TestInterruptReplyDoesNotWait has a cell that does not care about interrupts.
func TestInterruptReplyDoesNotWait(t *testing.T) {
	entered, open := make(chan struct{}), make(chan struct{})
	k := start(t, cells{"stubborn": func(context.Context, lang.Output) lang.Result {
		close(entered)
		<-open
		return kerneltest.Value("done")
	}})
	cell := k.Execute("stubborn")
	<-entered
	k.Finish(k.Request(wire.Control, wire.InterruptRequest, wire.InterruptRequestContent{}))
	close(open)
	if got := brief(k.Finish(cell).Reply); got != "reply ok 1" {
		t.Errorf("got %s, want the cell's own end", got)
	}
}

// TestInterruptAbortsTheRest: an interrupt is an error of the cell, so that the
// cells behind it are aborted like behind any other error.
func TestInterruptAbortsTheRest(t *testing.T) {
	g := newGate()
	k := start(t, cells{"wait": g.cell, "x": nothing})
	cell := k.Execute("wait")
	<-g.entered
	next := k.Execute("x")
	k.Finish(k.Request(wire.Shell, wire.KernelInfoRequest, wire.KernelInfoRequestContent{}))
	k.Finish(k.Request(wire.Control, wire.InterruptRequest, wire.InterruptRequestContent{}))
	k.Finish(cell)
	if got := brief(k.Finish(next).Reply); !strings.HasPrefix(got, "reply aborted") {
		t.Errorf("got %s, want it aborted", got)
	}
}

func TestInterruptOfNothing(t *testing.T) {
	k := start(t, cells{"x": nothing})
	k.Finish(k.Request(wire.Control, wire.InterruptRequest, wire.InterruptRequestContent{}))
	if reply, _ := k.Run("x"); reply.Status != wire.StatusOK {
		t.Errorf("got %s, want the interrupt to be over", reply.Status)
	}
}

func signalSelf(t *testing.T, s os.Signal) {
	t.Helper()
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(s)
	}
	if err != nil {
		t.Fatal(err)
	}
}
