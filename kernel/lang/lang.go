// Package lang is the seam between the protocol core (package kernel), which
// speaks Jupyter and knows no Go, and the language side (package live), which
// runs Go and knows no Jupyter. Both sides have test doubles.
//
// Reading order: [Interpreter], [Request], [Output], [Result].
package lang

import (
	"context"

	"lockstep/kernel/display"
)

// Interpreter is the language side of one kernel: it runs cells one at a time
// and answers questions about code. Execute and Evaluate are never called
// concurrently with each other; Complete, Inspect and IsComplete may be called at any
// time from any goroutine.
type Interpreter interface {
	// Execute runs one cell to its end and returns what came of it. Cancelling
	// ctx interrupts the cell: Execute then returns within about a second with
	// an [Error] of name "interrupted", at the price of the session's state if it must.
	// Output that the cell's goroutines produce after Execute has returned
	// still goes to out.
	Execute(ctx context.Context, req Request, out Output) Result

	// Evaluate evaluates one expression for an execute_request's
	// user_expressions; it prints nowhere and stores nothing.
	Evaluate(ctx context.Context, expression string) (display.Bundle, *Error)

	// Complete lists completions at pos, counted in code points.
	Complete(ctx context.Context, code string, pos int) Completion

	// Inspect describes what stands at pos (code points). detail is 0 or 1, as in
	// inspect_request. found is false when there is nothing to tell.
	Inspect(ctx context.Context, code string, pos, detail int) (b display.Bundle, found bool)

	// IsComplete tells whether code can run as it stands.
	IsComplete(code string) Completeness

	// Close ends the session and everything it started.
	Close() error
}

// Request is one cell to run.
type Request struct {
	Code       string
	Count      int    // execution count, as shown in In [n]
	Silent     bool   // no result is wanted
	AllowInput bool   // the client answers input requests
	CellID     string // the client's id of the cell, "" when it sent none
}

// Output receives what a cell produces while it runs. All methods are safe for
// concurrent use, keep the order of calls, and stay valid after the cell has ended.
type Output interface {
	// Stream appends text to the cell's "stdout" or "stderr".
	Stream(name, text string)
	// Display shows, updates or clears; see [display.Message].
	Display(m display.Message)
	// Input asks the user for a line, returned without its newline. It fails at once when the
	// client takes no input requests, and when ctx ends.
	Input(ctx context.Context, prompt string, password bool) (string, error)
	// Page shows b in the pager (payload of the reply).
	Page(b display.Bundle)
	// SetNextInput offers text as the next cell, or as this one's new text
	// with replace.
	SetNextInput(text string, replace bool)
}

// Result is how a cell ended: with a value, with nothing, or with an error.
type Result struct {
	Value *display.Bundle // the last expression's value, nil for none
	Err   *Error          // nil when the cell succeeded
}

// Error is a cell's failure in words for its user.
type Error struct {
	Name      string   // kind of failure: "panic", "compile error", "exit", "interrupted", …
	Value     string   // one line
	Traceback []string // lines shown; may carry ANSI colours
}

// Error makes *Error an error.
func (e *Error) Error() string { return e.Name + ": " + e.Value }

// Completion answers complete_request. Start and End are code points of the
// text that each match replaces.
type Completion struct {
	Start, End int
	Items      []CompletionItem
}

// CompletionItem is one proposal; Kind and Signature fill
// _jupyter_types_experimental.
type CompletionItem struct {
	Text      string
	Kind      string // "function", "method", "field", "variable", "constant", "type", "package", "keyword", "magic", "flag", "path"
	Signature string // "(a ...any) (n int, err error)", "" for none
}

// Completeness answers is_complete_request.
type Completeness struct {
	Status string // "complete", "incomplete", "invalid" or "unknown"
	Indent string // only with "incomplete"
}

// History is what the language side may ask of the stored history.
type History interface {
	// Tail returns the last n inputs over all sessions, oldest first.
	Tail(n int) ([]HistoryEntry, error)
	// Session returns the inputs of one session, 0 for the current one, oldest first.
	Session(session int) ([]HistoryEntry, error)
}

// HistoryEntry is one stored input.
type HistoryEntry struct {
	Session, Line int
	Input         string
	Output        string // text/plain of the result, "" for none
}
