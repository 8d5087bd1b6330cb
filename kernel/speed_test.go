package kernel_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"lockstep/kernel"
	"lockstep/kernel/history"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
	"lockstep/kernel/wire/wiretest"
)

// TestManyLines prints 100,000 lines, one by one: they arrive complete, in order
// and in few messages.
func TestManyLines(t *testing.T) {
	const lines = 100_000
	k := start(t, cells{"print": func(_ context.Context, out lang.Output) lang.Result {
		for i := range lines {
			out.Stream("stdout", fmt.Sprintf("line %d\n", i))
		}
		return lang.Result{}
	}})
	_, outputs := k.Run("print")
	rest := texts(outputs, wire.Stdout)
	for i := range lines {
		want := fmt.Sprintf("line %d\n", i)
		if !strings.HasPrefix(rest, want) {
			t.Fatalf("got %.20q…, want %q", rest, want)
		}
		rest = rest[len(want):]
	}
	if rest != "" {
		t.Errorf("got %.20q… behind the last line", rest)
	}
	if n := len(outputs) - 1; n > 100 {
		t.Errorf("got %d messages, want at most 100", n)
	}
}

// TestLongText prints more than belongs in one message.
func TestLongText(t *testing.T) {
	long := strings.Repeat("0123456789äöü€\n", 120_000)
	k := start(t, cells{"print": func(_ context.Context, out lang.Output) lang.Result {
		out.Stream("stderr", long)
		return lang.Result{}
	}})
	_, outputs := k.Run("print")
	if got := texts(outputs, wire.Stderr); got != long {
		t.Errorf("got %d bytes that differ, want %d", len(got), len(long))
	}
	if n := len(outputs) - 1; n < 2 || n > 5 {
		t.Errorf("got %d messages for %d bytes", n, len(long))
	}
}

// BenchmarkExecute is the way of a cell that does nothing, from the client's
// request to both reply and idle.
func BenchmarkExecute(b *testing.B) {
	for _, keep := range []bool{false, true} {
		b.Run(fmt.Sprint("history=", keep), func(b *testing.B) {
			var opts kernel.Options
			if keep {
				opts.History = history.Open(b.TempDir()+"/history.sqlite", history.Options{})
			}
			k := kerneltest.Start(b, kerneltest.Config{Options: opts})
			req := wire.ExecuteRequestContent{Code: "x", StoreHistory: true}
			for b.Loop() {
				if _, err := k.Client.Execute(b.Context(), req, wire.ExecuteHandler{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkKernelInfo is the shortest way there is.
func BenchmarkKernelInfo(b *testing.B) {
	k := kerneltest.Start(b, kerneltest.Config{})
	for b.Loop() {
		k.Request(wire.Control, wire.KernelInfoRequest, wire.KernelInfoRequestContent{})
		wiretest.Receive(b, k.Client.Receive(wire.Control))
		for range 2 {
			wiretest.Receive(b, k.Client.Receive(wire.IOPub))
		}
	}
}

// BenchmarkStart is a kernel's way from its sockets to its first answer, with a
// history that has entries.
func BenchmarkStart(b *testing.B) {
	path := b.TempDir() + "/history.sqlite"
	store := history.Open(path, history.Options{})
	for i := range 1000 {
		store.Append(i+1, "x")
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
	var total time.Duration
	for b.Loop() {
		begin := time.Now()
		sockets := wiretest.Listen(b, wire.NewConnectionInfo(), wire.Options{})
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			k := kernel.New(sockets, &kerneltest.Interpreter{}, kernel.Options{History: history.Open(path, history.Options{})})
			k.Run(ctx)
		}()
		c, err := wire.Dial(ctx, sockets.Info(), wire.ClientOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := c.Request(wire.Shell, wire.KernelInfoRequest, wire.KernelInfoRequestContent{}); err != nil {
			b.Fatal(err)
		}
		wiretest.Receive(b, c.Receive(wire.Shell))
		total += time.Since(begin)
		c.Close()
		cancel()
		<-done
	}
	b.ReportMetric(total.Seconds()*1e3/float64(b.N), "ms/first-answer")
}
