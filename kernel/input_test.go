package kernel_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockstep/kernel/kerneltest"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

// asks is a cell that asks once and shows what came.
func asks(ctx context.Context, out lang.Output) lang.Result {
	out.Stream("stdout", "before ")
	line, err := out.Input(ctx, "name? ", false)
	if err != nil {
		return kerneltest.Fail("input", err.Error())
	}
	return kerneltest.Value("hello " + line)
}

func inputRequest(m *wire.Message) bool { return m.Channel == wire.Stdin }

// answer sends an input_reply; parent nil as jupyter_client's blocking client.
func answer(t *testing.T, c *wire.Client, parent *wire.Message, value string) {
	t.Helper()
	m, err := c.NewMessage(wire.InputReply, parent, wire.InputReplyContent{Value: value})
	if err == nil {
		err = c.Send(wire.Stdin, m)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestInput(t *testing.T) {
	tests := []struct {
		name   string
		answer func(t *testing.T, k *kerneltest.Kernel, ask *wire.Message)
	}{
		{"with parent", func(t *testing.T, k *kerneltest.Kernel, ask *wire.Message) { answer(t, k.Client, ask, "Ann") }},
		{"without parent", func(t *testing.T, k *kerneltest.Kernel, ask *wire.Message) { answer(t, k.Client, nil, "Ann") }},
		{"answer to another question first", func(t *testing.T, k *kerneltest.Kernel, ask *wire.Message) {
			other, err := k.Client.NewMessage(wire.InputRequest, nil, wire.InputRequestContent{})
			if err != nil {
				t.Fatal(err)
			}
			answer(t, k.Client, other, "wrong")
			answer(t, k.Client, ask, "Ann")
		}},
		{"another client's answer first", func(t *testing.T, k *kerneltest.Kernel, ask *wire.Message) {
			c := k.Dial()
			answer(t, c, ask, "wrong")
			answer(t, c, nil, "wrong")
			if err := c.Close(); err != nil { // they are out
				t.Fatal(err)
			}
			answer(t, k.Client, ask, "Ann")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := start(t, cells{"ask": asks})
			cell := k.Execute("ask")
			ask := k.Await(inputRequest)
			if got, want := kerneltest.Content[wire.InputRequestContent](t, ask), (wire.InputRequestContent{Prompt: "name? "}); got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if !ask.IsReplyTo(cell) {
				t.Errorf("got parent %s, want the cell", ask.ParentHeader)
			}
			tt.answer(t, k, ask)
			a := k.Finish(cell)
			if diff := cmp.Diff([]string{"in[1] ask", `stdout "before "`, "out[1] hello Ann"}, briefs(a.Outputs)); diff != "" {
				t.Error("-want +got:\n" + diff)
			}
			// What was printed before the question is shown before it.
			got := []string{}
			for _, m := range k.Sent() {
				if m.IsReplyTo(cell) {
					got = append(got, brief(m))
				}
			}
			want := []string{"busy", "in[1] ask", `stdout "before "`, "input_request", "out[1] hello Ann", "reply ok 1", "idle"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error("-want +got:\n" + diff)
			}
		})
	}
}

// TestStaleInput: an answer that nobody waits for is no answer to a later
// question.
func TestStaleInput(t *testing.T) {
	k := start(t, cells{"ask": asks})
	answer(t, k.Client, nil, "stale")
	// The first question is answered by it or not, depending on which
	// connection is faster; the second answer is never early.
	first := k.Execute("ask")
	ask := k.Await(inputRequest)
	answer(t, k.Client, ask, "Ann")
	k.Finish(first)

	answer(t, k.Client, ask, "to the first question")
	second := k.Execute("ask")
	ask2 := k.Await(func(m *wire.Message) bool { return inputRequest(m) && m != ask })
	answer(t, k.Client, ask, "to the first question")
	answer(t, k.Client, ask2, "Bob")
	if got := brief(k.Finish(second).Outputs[2]); got != "out[2] hello Bob" {
		t.Errorf("got %s, want the answer to the second question", got)
	}
}

func TestInputNotAllowed(t *testing.T) {
	k := start(t, cells{"ask": asks})
	a := k.Finish(k.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: "ask"}))
	reply := kerneltest.Content[wire.ExecuteReplyContent](t, a.Reply)
	if reply.Status != wire.StatusError || !strings.Contains(reply.EValue, "allow_stdin") {
		t.Errorf("got %+v, want an error that says why", reply)
	}
	for _, m := range k.Log {
		if inputRequest(m) {
			t.Error("got an input_request")
		}
	}
}

func TestInputInterrupted(t *testing.T) {
	k := start(t, cells{"ask": asks})
	cell := k.Execute("ask")
	first := k.Await(inputRequest)
	k.Request(wire.Control, wire.InterruptRequest, wire.InterruptRequestContent{})
	if got := brief(k.Finish(cell).Reply); got != "reply error 1" {
		t.Errorf("got %s, want the interrupt as its error", got)
	}
	// The next question is a new one.
	cell = k.Execute("ask")
	ask := k.Await(func(m *wire.Message) bool { return inputRequest(m) && m != first })
	answer(t, k.Client, ask, "Bob")
	if got := brief(k.Finish(cell).Outputs[2]); got != "out[2] hello Bob" {
		t.Errorf("got %s", got)
	}
}

// TestInputByGoroutines: there is one question at a time, and none after the
// cell.
func TestInputByGoroutines(t *testing.T) {
	late := make(chan error, 1)
	outlived := make(chan error, 1)
	k := start(t, cells{"ask": func(ctx context.Context, out lang.Output) lang.Result {
		var got [2]string
		var wg sync.WaitGroup
		for i := range got {
			wg.Go(func() { got[i], _ = out.Input(ctx, "?", true) })
		}
		wg.Wait()
		go func() {
			_, err := out.Input(context.Background(), "outlived", false)
			outlived <- err
			_, err = out.Input(context.Background(), "late", false)
			late <- err
		}()
		return kerneltest.Value(strings.Join(got[:], ""))
	}})
	cell := k.Execute("ask")
	first := k.Await(inputRequest)
	if !kerneltest.Content[wire.InputRequestContent](t, first).Password {
		t.Error("got a question whose answer is shown, want it hidden")
	}
	k.Finish(k.Request(wire.Shell, wire.KernelInfoRequest, wire.KernelInfoRequestContent{}))
	for _, m := range k.Log {
		if inputRequest(m) && m != first {
			t.Error("got a second question while the first is open")
		}
	}
	answer(t, k.Client, first, "a")
	second := k.Await(func(m *wire.Message) bool { return inputRequest(m) && m != first })
	answer(t, k.Client, second, "a")
	if got := brief(k.Finish(cell).Outputs[1]); got != "out[1] aa" {
		t.Errorf("got %s, want both answers", got)
	}
	for name, ch := range map[string]chan error{"across the end": outlived, "after the end": late} {
		if err := <-ch; err == nil || !strings.Contains(err.Error(), "while the cell runs") {
			t.Errorf("%s: got error %v, want one that says why", name, err)
		}
	}
}
