package lab

import (
	"errors"
	"fmt"
	"strings"
)

// batch is calls of one function that belong together: one of Apply, or those of a Map. The
// pool's core guards it.
type batch struct {
	pool   *Pool
	op     string // "Pool.Map"
	work   Work
	call   [][]byte // the arguments of each call
	many   bool     // the calls are for items
	single bool     // somebody waits for each of them, not for all

	values []any
	errs   []error
	done   []bool
	order  []int // the calls that are done, as they came
	// gone says that nobody waits any more.
	gone bool
}

// part is some calls of a batch, in a row, which one worker makes.
type part struct {
	*batch
	from, to int
}

// calls are the part's arguments.
func (p part) calls() [][]byte { return p.call[p.from:p.to] }

// init makes room for what the calls come to.
func (b *batch) init(p *Pool) {
	n := len(b.call)
	b.pool, b.values, b.errs, b.done, b.order = p, make([]any, n), make([]error, n), make([]bool, n), make([]int, 0, n)
}

func (b *batch) isDone() bool { return len(b.order) == len(b.call) }

// settle notes what call i came to. The pool is locked.
func (b *batch) settle(i int, v any, err error) {
	if b.done[i] {
		return
	}
	b.done[i], b.values[i], b.errs[i] = true, v, err
	b.order = append(b.order, i)
	if b.single || b.isDone() {
		b.pool.o.ringAll(waiters)
	}
}

// settleAll settles the part's calls from one on. The pool is locked.
func (p part) settleAll(from int, err error) {
	for i := from; i < p.to; i++ {
		p.settle(i, nil, err)
	}
}

// CallError says why a function that was called in another process gave no value.
type CallError struct {
	// Item is the number of the item of a Map that the function got; -1: it was no Map.
	Item int
	// Worker is the number of the pool's worker that called it, -1 for a [Process]; PID is that of
	// the operating-system process.
	Worker, PID int
	// Node is where that is, of a pool on a [Cluster].
	Node string
	// Reason is what happened: the function's panic with its line, or how the process ended.
	Reason string
	// Returned is the error that the function returned, if that is what happened.
	Returned error
}

func (e *CallError) Error() string {
	var b strings.Builder
	if e.Item >= 0 {
		fmt.Fprintf(&b, "item %d: ", e.Item)
	}
	if e.Worker >= 0 {
		fmt.Fprintf(&b, "worker %d (process %d", e.Worker, e.PID)
		if e.Node != "" {
			fmt.Fprintf(&b, " on %s", e.Node)
		}
		fmt.Fprintf(&b, "): %s", e.Reason)
	} else {
		fmt.Fprintf(&b, "process %d: %s", e.PID, e.Reason)
	}
	return b.String()
}

// Unwrap returns the error that the function returned.
func (e *CallError) Unwrap() error { return e.Returned }

// result is what a batch came to: for a Map the slice, and the errors of all its items.
func (b *batch) result() (any, error) {
	if !b.many {
		return b.values[0], b.errs[0]
	}
	return b.work.Collect(b.values), errors.Join(b.errs...)
}
