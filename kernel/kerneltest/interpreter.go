// Package kerneltest runs a kernel inside a test: the real one, on real sockets,
// with an interpreter that the test scripts and a client that checks every
// message it gets.
//
// [Start] gives a [Kernel], the test's end of it; [Interpreter] is the script;
// [Check] says whether a message is as the protocol has it.
package kerneltest

import (
	"context"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
)

// Interpreter is a [lang.Interpreter] made of functions. Those that are nil do
// nothing, successfully: the zero value runs any cell without an effect.
type Interpreter struct {
	ExecuteFunc    func(ctx context.Context, req lang.Request, out lang.Output) lang.Result
	EvaluateFunc   func(ctx context.Context, expression string) (display.Bundle, *lang.Error)
	CompleteFunc   func(ctx context.Context, code string, pos int) lang.Completion
	InspectFunc    func(ctx context.Context, code string, pos, detail int) (display.Bundle, bool)
	IsCompleteFunc func(code string) lang.Completeness
	CloseFunc      func() error
}

var _ lang.Interpreter = (*Interpreter)(nil)

// Execute calls ExecuteFunc.
func (i *Interpreter) Execute(ctx context.Context, req lang.Request, out lang.Output) lang.Result {
	if i.ExecuteFunc == nil {
		return lang.Result{}
	}
	return i.ExecuteFunc(ctx, req, out)
}

// Evaluate calls EvaluateFunc.
func (i *Interpreter) Evaluate(ctx context.Context, expression string) (display.Bundle, *lang.Error) {
	if i.EvaluateFunc == nil {
		return Text(expression), nil
	}
	return i.EvaluateFunc(ctx, expression)
}

// Complete calls CompleteFunc.
func (i *Interpreter) Complete(ctx context.Context, code string, pos int) lang.Completion {
	if i.CompleteFunc == nil {
		return lang.Completion{Start: pos, End: pos}
	}
	return i.CompleteFunc(ctx, code, pos)
}

// Inspect calls InspectFunc.
func (i *Interpreter) Inspect(ctx context.Context, code string, pos, detail int) (display.Bundle, bool) {
	if i.InspectFunc == nil {
		return display.Bundle{}, false
	}
	return i.InspectFunc(ctx, code, pos, detail)
}

// IsComplete calls IsCompleteFunc.
func (i *Interpreter) IsComplete(code string) lang.Completeness {
	if i.IsCompleteFunc == nil {
		return lang.Completeness{Status: "unknown"}
	}
	return i.IsCompleteFunc(code)
}

// Close calls CloseFunc.
func (i *Interpreter) Close() error {
	if i.CloseFunc == nil {
		return nil
	}
	return i.CloseFunc()
}

// Text returns a bundle of plain text.
func Text(s string) display.Bundle {
	return display.Bundle{Data: map[string]any{display.MIMEText: s}}
}

// Value returns the result of a cell with a plain text value.
func Value(s string) lang.Result {
	b := Text(s)
	return lang.Result{Value: &b}
}

// Fail returns the result of a cell that failed.
func Fail(name, value string) lang.Result {
	return lang.Result{Err: &lang.Error{Name: name, Value: value}}
}
