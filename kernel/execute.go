package kernel

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

// abortWindow is how long a failed cell waits for the cells that were sent
// together with it. "Run all" sends them one by one through a web server, and a
// cell that does not compile fails before the second is here; it must not run.
// Requests that come before the failed cell's reply is out were certainly sent
// without knowledge of the failure.
const abortWindow = 20 * time.Millisecond

// historyLimit is how long a reply waits for its cell to be in the history's file. It is written while the cell runs, in
// less than a millisecond, but the first time the file has to be opened.
const historyLimit = 500 * time.Millisecond

// execute handles execute_request.
func (k *Kernel) execute(ctx context.Context, r *request) (any, error) {
	req, err := wire.Decode[wire.ExecuteRequestContent](r.msg)
	if err != nil {
		return nil, err
	}
	if req.StoreHistory {
		k.count++
	}
	count := k.count
	out := newOutput(k, r.msg, req)
	r.out = out
	out.publish(wire.ExecuteInput, wire.ExecuteInputContent{Code: req.Code, ExecutionCount: count})
	keep := req.StoreHistory && k.opts.History != nil && strings.TrimSpace(req.Code) != ""
	if keep {
		k.opts.History.Append(count, req.Code)
	}

	metadata, err := wire.DecodeMetadata(r.msg)
	if err != nil {
		k.log.Warn("metadata of a request ignored", "error", err) // it only names the cell
	}
	res := k.run(ctx, lang.Request{
		Code: req.Code, Count: count, Silent: req.Silent, AllowInput: req.AllowStdin, CellID: metadata.CellID,
	}, out)
	if keep {
		k.opts.History.Settle(historyLimit) // who has a reply finds the cell in the history
	}
	if e := res.Err; e != nil {
		e = presentable(e)
		out.publish(wire.Error, wire.ErrorContent{EName: e.Name, EValue: e.Value, Traceback: e.Traceback})
		if req.StopOnError {
			k.abortWaiting()
		}
		return wire.ExecuteReplyContent{Status: wire.StatusError, ExecutionCount: count,
			EName: e.Name, EValue: e.Value, Traceback: e.Traceback}, nil
	}
	if res.Value != nil {
		data := withText(res.Value.Data)
		out.show(wire.ExecuteResult, wire.ExecuteResultContent{
			ExecutionCount: count, Data: data, Metadata: wire.Bundle(res.Value.Metadata)})
		if text, ok := data[display.MIMEText].(string); ok && keep {
			k.opts.History.SetOutput(count, text)
		}
	}
	return wire.ExecuteReplyContent{Status: wire.StatusOK, ExecutionCount: count,
		UserExpressions: k.evaluate(ctx, req.UserExpressions), Payload: out.takePayload()}, nil
}

// run executes a cell. An interrupt that came first, and a panic of the
// interpreter, are errors of the cell.
func (k *Kernel) run(ctx context.Context, req lang.Request, out lang.Output) (res lang.Result) {
	defer func() {
		if p := recover(); p != nil {
			k.log.Error("panic in the interpreter", "panic", p, "stack", string(debug.Stack()))
			res = lang.Result{Err: internalError(p)}
		}
	}()
	if ctx.Err() != nil {
		return lang.Result{Err: &lang.Error{Name: "interrupted", Value: "before the cell began"}}
	}
	return k.interp.Execute(ctx, req, out)
}

func internalError(p any) *lang.Error {
	return &lang.Error{Name: "internal error", Value: fmt.Sprint(p)}
}

// presentable returns e with a traceback: it is the part that notebooks show
// and keep.
func presentable(e *lang.Error) *lang.Error {
	if len(e.Traceback) > 0 {
		return e
	}
	full := *e
	full.Traceback = []string{e.Error()}
	return &full
}

// abortWaiting makes the cells that were sent before this moment answer
// aborted.
func (k *Kernel) abortWaiting() {
	select {
	case <-time.After(abortWindow):
	case <-k.ending:
	}
	k.cells.abort()
}

// evaluate answers user_expressions.
func (k *Kernel) evaluate(ctx context.Context, expressions map[string]string) map[string]wire.UserExpression {
	values := make(map[string]wire.UserExpression, len(expressions))
	for name, expression := range expressions {
		values[name] = k.evaluateOne(ctx, expression)
	}
	return values
}

func (k *Kernel) evaluateOne(ctx context.Context, expression string) (value wire.UserExpression) {
	fail := func(e *lang.Error) wire.UserExpression {
		e = presentable(e)
		return wire.UserExpression{Status: wire.StatusError, EName: e.Name, EValue: e.Value, Traceback: e.Traceback}
	}
	defer func() {
		if p := recover(); p != nil {
			k.log.Error("panic in the interpreter", "panic", p, "stack", string(debug.Stack()))
			value = fail(internalError(p))
		}
	}()
	b, err := k.interp.Evaluate(ctx, expression)
	if err != nil {
		return fail(err)
	}
	return wire.UserExpression{Status: wire.StatusOK, Data: withText(b.Data), Metadata: wire.Bundle(b.Metadata)}
}

// withText returns data with a text/plain, which every client can show.
func withText(data map[string]any) wire.Bundle {
	if _, ok := data[display.MIMEText]; ok {
		return wire.Bundle(data)
	}
	all := make(wire.Bundle, len(data)+1)
	types := make([]string, 0, len(data))
	for mime, value := range data {
		all[mime] = value
		types = append(types, mime)
	}
	slices.Sort(types)
	all[display.MIMEText] = "<" + strings.Join(types, ", ") + ">"
	return all
}
