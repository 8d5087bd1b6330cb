package kernel_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"lockstep/kernel"
	"lockstep/kernel/display"
	"lockstep/kernel/history"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

func TestShutdown(t *testing.T) {
	for _, ch := range []wire.Channel{wire.Control, wire.Shell} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprint(ch, " restart ", restart), func(t *testing.T) {
				closed := atomic.Bool{}
				script := cells{"x": nothing}.interpreter()
				script.CloseFunc = func() error { closed.Store(true); return nil }
				k := kerneltest.Start(t, kerneltest.Config{Interpreter: script})
				k.Run("x")
				req := k.Request(ch, wire.ShutdownRequest, wire.ShutdownRequestContent{Restart: restart})
				k.Drain()
				if err := k.Wait(); err != nil {
					t.Error(err)
				}
				a := k.Collected(req)
				want := wire.ShutdownReplyContent{Status: wire.StatusOK, Restart: restart}
				if got := kerneltest.Content[wire.ShutdownReplyContent](t, a.Reply); got != want || a.Reply.Channel != ch {
					t.Errorf("got %+v on %s, want %+v on %s", got, a.Reply.Channel, want, ch)
				}
				if len(a.Outputs) != 1 || a.Outputs[0].Header.MsgType != wire.ShutdownReply {
					t.Fatalf("got %v on iopub, want the reply for all clients", briefs(a.Outputs))
				}
				if got := kerneltest.Content[wire.ShutdownReplyContent](t, a.Outputs[0]); got != want {
					t.Errorf("got %+v on iopub, want %+v", got, want)
				}
				if !closed.Load() {
					t.Error("interpreter was not closed")
				}
			})
		}
	}
}

// TestShutdownLosesNothing has a cell show more than the client reads when the
// shutdown comes: everything that was handed to the sockets arrives, the cell's
// reply and the last idle included.
func TestShutdownLosesNothing(t *testing.T) {
	picture := kerneltest.Text(strings.Repeat("x", 64<<10))
	k := kerneltest.Start(t, kerneltest.Config{
		Interpreter: cells{"much": func(ctx context.Context, out lang.Output) lang.Result {
			for ctx.Err() == nil {
				out.Display(display.Message{Bundle: picture})
			}
			return kerneltest.Fail("interrupted", "")
		}}.interpreter(),
		Wire: wire.Options{QueueBytes: 4 << 20},
	})
	cell := k.Execute("much")
	k.Await(func(m *wire.Message) bool { return m.Header.MsgType == wire.DisplayData })
	req := k.Request(wire.Control, wire.ShutdownRequest, wire.ShutdownRequestContent{})
	k.Drain()
	if err := k.Wait(); err != nil {
		t.Error(err)
	}
	// Whether the client was there for starting is chance.
	early := func(m *wire.Message) bool { return brief(m) == string(wire.StateStarting) }
	got, want := slices.DeleteFunc(slices.Clone(k.Log), early), slices.DeleteFunc(k.Sent(), early)
	if len(got) != len(want) {
		t.Errorf("got %d messages, want the %d that were sent", len(got), len(want))
	}
	for _, r := range []*wire.Message{cell, req} {
		if a := k.Collected(r); a.Reply == nil {
			t.Errorf("%s: got no reply", r.Header.MsgType)
		}
	}
}

// TestShutdownWhileACellRuns: the cell is interrupted and gets its reply, those
// behind it are aborted.
func TestShutdownWhileACellRuns(t *testing.T) {
	g := newGate()
	k := start(t, cells{"wait": g.cell, "x": nothing})
	// Without stop_on_error, so that it is the shutdown that stops the others.
	cell := k.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: "wait", StoreHistory: true})
	<-g.entered
	next := k.Execute("x")
	k.Finish(k.Request(wire.Shell, wire.KernelInfoRequest, wire.KernelInfoRequestContent{}))
	req := k.Request(wire.Control, wire.ShutdownRequest, wire.ShutdownRequestContent{})
	k.Drain()
	a := k.Collected(cell)
	if got := kerneltest.Content[wire.ExecuteReplyContent](t, a.Reply); got.EName != "interrupted" || !strings.Contains(got.EValue, "shut down") {
		t.Errorf("running cell: got %+v, want it interrupted by the shutdown", got)
	}
	if got := brief(k.Collected(next).Reply); got != "reply aborted 1" {
		t.Errorf("waiting cell: got %s, want it aborted", got)
	}
	k.Collected(req)
}

// TestLateText: what goroutines print after their cell belongs to it, also when
// another cell runs, and is not lost at the end.
func TestLateText(t *testing.T) {
	print := make(chan string)
	printed := make(chan struct{})
	k := start(t, cells{
		"spawn": func(_ context.Context, out lang.Output) lang.Result {
			go func() {
				for s := range print {
					out.Stream("stdout", s)
					printed <- struct{}{}
				}
			}()
			return lang.Result{}
		},
		"x": nothing,
	})
	defer close(print)
	first := k.Execute("spawn")
	k.Finish(first)
	k.Run("x")
	print <- "late"
	<-printed
	m := k.Await(func(m *wire.Message) bool { return m.Header.MsgType == wire.Stream })
	if got := brief(m); got != `stdout "late"` || !m.IsReplyTo(first) {
		t.Errorf("got %s with parent %s, want it to belong to its cell", got, m.ParentHeader)
	}
	print <- "last"
	<-printed
	k.Request(wire.Control, wire.ShutdownRequest, wire.ShutdownRequestContent{})
	k.Drain()
	if got := texts(k.Log, wire.Stdout); got != "latelast" {
		t.Errorf("got %q, want also what was printed just before the end", got)
	}
}

func TestEndsWithoutARequest(t *testing.T) {
	tests := []struct {
		name string
		end  func(*kerneltest.Kernel)
	}{
		{"context", (*kerneltest.Kernel).Stop},
		{"SIGTERM", func(*kerneltest.Kernel) { signalSelf(t, syscall.SIGTERM) }},
		{"sockets closed", func(k *kerneltest.Kernel) { k.Sockets.Close(0) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			g := newGate()
			k := start(t, cells{"wait": g.cell})
			k.Execute("wait")
			<-g.entered
			tt.end(k)
			if err := k.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestHistoryIsWrittenAtTheEnd runs the one cell of a kernel.
func TestHistoryIsWrittenAtTheEnd(t *testing.T) {
	path := t.TempDir() + "/history.sqlite"
	k := kerneltest.Start(t, kerneltest.Config{Options: kernel.Options{History: history.Open(path, history.Options{})}})
	k.Run("only")
	k.Stop()
	if err := k.Wait(); err != nil {
		t.Fatal(err)
	}
	store := history.Open(path, history.Options{})
	defer store.Close()
	if got, err := store.Tail(0); err != nil || len(got) != 1 || got[0].Input != "only" {
		t.Errorf("got %v, %v, want the input", got, err)
	}
}

// TestParentEnds has a process start a kernel and exit.
func TestParentEnds(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there JPY_PARENT_PID is a handle that only a server makes")
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), childEnv+"="+childParent)
	stdin, err := parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	// A pipe of our own: the kernel keeps it open when its parent has exited.
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	parent.Stdout = w
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if err := r.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	next := func(want string) {
		t.Helper()
		b := make([]byte, 1)
		if _, err := r.Read(b); err != nil || string(b) != want {
			t.Fatalf("got %q, %v from the kernel, want %q", b, err, want)
		}
	}
	next("s")
	stdin.Close()
	if err := parent.Wait(); err != nil {
		t.Fatal(err)
	}
	next("e") // Run has returned
}

// TestParentEndedBefore runs a kernel whose parent has ended before it was ready.
func TestParentEndedBefore(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there JPY_PARENT_PID is a handle, which can be waited for at any time")
	}
	sockets, err := wire.Listen(wire.NewConnectionInfo(), wire.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	k := kernel.New(sockets, &kerneltest.Interpreter{}, kernel.Options{ParentPID: os.Getpid(), DirectParent: true}) // nobody is its own
	if err := k.Run(ctx); err != nil || ctx.Err() != nil {
		t.Errorf("got %v, %v, want it to end by itself", err, ctx.Err())
	}
}

func TestParentPID(t *testing.T) {
	for value, want := range map[string]int{"": 0, "12": 12, "0": 0, "-3": 0, "x": 0} {
		if got := kernel.ParentPID(func(string) string { return value }); got != want {
			t.Errorf("%q: got %d, want %d", value, got, want)
		}
	}
}
