package run

import (
	"errors"
	"fmt"
	"time"

	"lockstep/kernel/wire"
)

// Why a cell did not come to an end of its own. A [*CellError] wraps one of
// them.
var (
	ErrTimeout     = errors.New("timeout")
	ErrInterrupted = errors.New("interrupted")
	ErrKernelGone  = errors.New("kernel gone")
)

// A State says how a cell went.
type State int

// The states. An Allowed cell failed, and may.
const (
	NotRun State = iota
	Passed
	Allowed
	Failed
)

// String returns the state in words.
func (s State) String() string {
	switch s {
	case Passed:
		return "passed"
	case Allowed:
		return "failed as it may"
	case Failed:
		return "failed"
	}
	return "not run"
}

// Result is how a notebook went.
type Result struct {
	// Cells has an element for each cell that was to run, in order.
	Cells   []Cell
	Elapsed time.Duration
	// Language is what the kernel says that it runs.
	Language wire.LanguageInfo
}

// Count returns the number of cells in a state.
func (r Result) Count(s State) int {
	n := 0
	for _, c := range r.Cells {
		if c.State == s {
			n++
		}
	}
	return n
}

// Cell is how one cell went.
type Cell struct {
	Place   int // among all cells of the notebook, from 1
	State   State
	Elapsed time.Duration
	Err     *CellError // of Allowed and Failed
}

// CellError says why a cell failed. The same is in the cell's outputs.
type CellError struct {
	Place       int // among all cells of the notebook, from 1
	Name, Value string
	Traceback   []string // lines; they may carry ANSI colours

	// Err is nil for an error of the cell's own code, else [ErrTimeout],
	// [ErrInterrupted] or [ErrKernelGone].
	Err error
}

// Error returns the place and what happened.
func (e *CellError) Error() string {
	return fmt.Sprintf("cell %d: %s", e.Place, e.Problem())
}

// Problem returns what happened.
func (e *CellError) Problem() string {
	switch {
	case e.Value == "":
		return e.Name
	case e.Name == "":
		return e.Value
	}
	return e.Name + ": " + e.Value
}

// Unwrap returns e.Err.
func (e *CellError) Unwrap() error { return e.Err }
