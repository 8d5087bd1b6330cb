package kernel_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"lockstep/kernel/display"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

// cells is a script: what each cell does, by its code. Code that is not in the
// table fails.
type cells map[string]func(ctx context.Context, out lang.Output) lang.Result

func (c cells) interpreter() *kerneltest.Interpreter {
	return &kerneltest.Interpreter{
		ExecuteFunc: func(ctx context.Context, req lang.Request, out lang.Output) lang.Result {
			run := c[req.Code]
			if run == nil {
				return kerneltest.Fail("script", "no such cell: "+req.Code)
			}
			return run(ctx, out)
		},
	}
}

func start(t testing.TB, c cells) *kerneltest.Kernel {
	t.Helper()
	return kerneltest.Start(t, kerneltest.Config{Interpreter: c.interpreter()})
}

// nothing is a cell without output.
func nothing(context.Context, lang.Output) lang.Result { return lang.Result{} }

// gate is a cell that runs until it is opened or interrupted.
type gate struct {
	entered chan struct{}
	open    chan struct{}
}

func newGate() *gate { return &gate{make(chan struct{}, 100), make(chan struct{})} }

func (g *gate) cell(ctx context.Context, out lang.Output) lang.Result {
	g.entered <- struct{}{}
	select {
	case <-g.open:
		return kerneltest.Value("opened")
	case <-ctx.Done():
		return kerneltest.Fail("interrupted", context.Cause(ctx).Error())
	}
}

// brief writes what a message says in a few words.
func brief(m *wire.Message) string {
	t := m.Header.MsgType
	get := func(v any, err error) any {
		if err != nil {
			return err
		}
		return v
	}
	switch t {
	case wire.Status:
		c, err := wire.Decode[wire.StatusContent](m)
		return fmt.Sprint(get(c.ExecutionState, err))
	case wire.Stream:
		c, err := wire.Decode[wire.StreamContent](m)
		return fmt.Sprintf("%s %q", get(c.Name, err), c.Text)
	case wire.ExecuteInput:
		c, err := wire.Decode[wire.ExecuteInputContent](m)
		return fmt.Sprint("in[", get(c.ExecutionCount, err), "] ", c.Code)
	case wire.ExecuteResult:
		c, err := wire.Decode[wire.ExecuteResultContent](m)
		return fmt.Sprint("out[", get(c.ExecutionCount, err), "] ", c.Data[display.MIMEText])
	case wire.DisplayData:
		c, err := wire.Decode[wire.DisplayDataContent](m)
		id := ""
		if c.Transient != nil {
			id = " as " + c.Transient.DisplayID
		}
		return fmt.Sprint("display ", get(c.Data[display.MIMEText], err), id)
	case wire.UpdateDisplayData:
		c, err := wire.Decode[wire.UpdateDisplayDataContent](m)
		return fmt.Sprint("update ", get(c.Data[display.MIMEText], err), " as ", c.Transient.DisplayID)
	case wire.ClearOutput:
		c, err := wire.Decode[wire.ClearOutputContent](m)
		return fmt.Sprint("clear wait=", get(c.Wait, err))
	case wire.Error:
		c, err := wire.Decode[wire.ErrorContent](m)
		return fmt.Sprint("error ", get(c.EName, err), ": ", c.EValue, " ", c.Traceback)
	case wire.ExecuteReply:
		c, err := wire.Decode[wire.ExecuteReplyContent](m)
		return fmt.Sprint("reply ", get(c.Status, err), " ", c.ExecutionCount)
	}
	return string(t)
}

func briefs(messages []*wire.Message) []string {
	all := []string{}
	for _, m := range messages {
		all = append(all, brief(m))
	}
	return all
}

// texts joins what was printed to a stream.
func texts(messages []*wire.Message, stream wire.StreamName) string {
	var b strings.Builder
	for _, m := range messages {
		if m.Header.MsgType != wire.Stream {
			continue
		}
		if c, err := wire.Decode[wire.StreamContent](m); err == nil && c.Name == stream {
			b.WriteString(c.Text)
		}
	}
	return b.String()
}
