package procs

import (
	"context"
	"encoding/gob"
	"sync"
	"time"

	"lockstep/exec/measure"
	"lockstep/exec/shm"
)

// Children starts worker processes that make calls, and keeps a few of those
// that are at rest for the next one who wants some. Its methods may be called concurrently.
type Children struct {
	options Options
	nursery nursery
	reserve int

	mu     sync.Mutex
	serial uint64
	idle   []*Child
	closed bool
}

// NewChildren returns children that are started as the options say: of these only
// Command, Region, Line and Crash count. At most reserve processes are kept at rest. The
// error wraps [errors.ErrUnsupported] where there are no such processes.
func NewChildren(o Options, reserve int) (*Children, error) {
	if err := supported(); err != nil {
		return nil, err
	}
	if o.Crash == nil {
		o.Crash = fault
	}
	return &Children{options: o, reserve: reserve}, nil
}

// Program is what children load once, to make calls of it.
type Program struct {
	id   uint64
	data []byte
}

// NewProgram returns a program that the load function given to [Serve] understands.
func (cs *Children) NewProgram(data []byte) *Program {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.serial++
	return &Program{cs.serial, data}
}

// Job is a program with the values of its variables (see package value). A child gets
// them when it has had another job, or none, of the program; so who makes a new Job for values that
// have not changed has them sent again.
type Job struct {
	Program *Program
	Values  []byte
}

// Calls is calls that a child makes, one after another.
type Calls struct {
	Job             *Job
	Worker, Workers int // who makes them, of how many
	Arguments       [][]byte
	// Done is called with what each call came to, in their order, never concurrently.
	Done func(i int, c *Called)
	// Measured says that Child.Used is to be up to date after them, which takes less than a tenth of a millisecond.
	Measured bool
	// Ask answers what the calls ask for by the function [Ask], each in a goroutine of its own, if the children have a line. ctx ends with the
	// calls or the process, by [ErrCallsEnded], or when a question is withdrawn, which is answered all the same. nil: nothing can be asked for.
	Ask func(ctx context.Context, request []byte) ([]byte, error)
	// Output gets what is written meanwhile, in whole lines; only the last of a call may lack its newline.
	Output func(stream, text string)
}

// Child is a process that makes calls. Do, Rest and Close are called by one goroutine at a time; the
// others may be called concurrently.
type Child struct {
	home    *Children
	p       *process
	has     map[*Program]*Job
	mailbox shm.Offset // 0: there is none
	reports *gob.Decoder
	rested  bool // it has had another use
	used    Used // as it was last told

	// Of the calls at hand:
	calls *Calls
	next  int
	left  *mailbox // nil: there is none

	mu     sync.Mutex
	output func(stream, text string)
}

// ExitError says how a process ended before it had made its calls.
type ExitError struct {
	// Code is the exit status, or a signal's number as a negative one.
	Code int
	Text string
}

func (e *ExitError) Error() string { return e.Text }

// Start returns a child, one that is at rest if there is any. The error is a *[StartError].
func (cs *Children) Start() (*Child, error) {
	if c := cs.take(); c != nil {
		return c, nil
	}
	c := &Child{home: cs, has: map[*Program]*Job{}}
	var err error
	out := &output{sink: func(_ int, stream, text string) { c.write(stream, text) }}
	if c.p, err = spawn(&cs.options, &cs.nursery, out, load{}, true); err != nil {
		return nil, &StartError{Text: err.Error(), Cause: err}
	}
	if r := cs.options.Region; r != nil {
		c.mailbox, _ = r.Alloc(mailboxBytes) // it goes without, only slower
	}
	_, c.reports = newStream(newEager(NewPatient(c.p.wire)))
	err = c.p.greeting(func() (r report, ok bool) {
		err := c.reports.Decode(&r)
		return r, err == nil
	})
	if err != nil {
		c.p.kill()
		c.Close()
		return nil, err
	}
	return c, nil
}

func (cs *Children) take() *Child {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for n := len(cs.idle); n > 0; n = len(cs.idle) {
		c := cs.idle[n-1]
		cs.idle = cs.idle[:n-1]
		if !c.IsGone() {
			return c
		}
		c.Close()
	}
	return nil
}

// Close ends the processes at rest; those that come to rest later end at once.
func (cs *Children) Close() error {
	cs.mu.Lock()
	idle := cs.idle
	cs.idle, cs.closed = nil, true
	cs.mu.Unlock()
	var all sync.WaitGroup
	for _, c := range idle {
		all.Go(c.Close)
	}
	all.Wait()
	return nil
}

// PID is the number of the process.
func (c *Child) PID() int { return c.p.cmd.Process.Pid }

// Used is what the process had used after the last calls that were [Calls.Measured], or in all if it has ended in calls.
// It is for the goroutine that calls Do.
func (c *Child) Used() Used { return c.used }

// IsGone reports whether the process has ended.
func (c *Child) IsGone() bool {
	select {
	case <-c.p.exited:
		return true
	default:
		return false
	}
}

// Kill ends the process and what it has started.
func (c *Child) Kill() { c.p.kill() }

// Do makes calls and returns when all are done. If the process ends before, the error
// is an *[ExitError]: the call after the last that is done did not come to an end.
//
// The goroutine that calls it reads what the process reports: to hand that over from another one would take
// longer than most calls.
func (c *Child) Do(calls *Calls) error {
	c.calls, c.next, c.left = calls, 0, nil
	if c.mailbox != 0 && len(calls.Arguments) > 1 { // for one call it is of no use
		c.left = newMailbox(c.home.options.Region, c.mailbox)
		c.left.begin()
	}
	c.mu.Lock()
	c.output = calls.Output
	c.mu.Unlock()
	if l := c.p.line; l != nil && calls.Ask != nil {
		l.begin(calls.Ask)
		defer l.end()
	}
	defer c.send(calls)()
	for c.next < len(calls.Arguments) {
		var r report
		if err := c.reports.Decode(&r); err != nil {
			return c.ended()
		}
		c.take(r)
	}
	return nil
}

// ended is the end of calls of a process whose reports have ended.
func (c *Child) ended() error {
	c.p.settle()
	c.collect(mailboxBytes) // what it has left and not told of
	e := c.p.ending
	c.used.User, c.used.System = e.user, e.system
	c.used.PeakBytes = max(c.used.PeakBytes, e.peak(usedNow().PeakBytes))
	if c.next == len(c.calls.Arguments) {
		return nil
	}
	return c.exit()
}

// inlineBytes is what fits into a pipe that nobody reads yet, with what goes before it.
const inlineBytes = 32 << 10

// send writes what the process needs and does not have, and the calls. What does not fit into
// the pipe goes from a goroutine, as the process may not read on before its reports are read; wait waits for
// that. What cannot be written is for a process that has ended, which shows elsewhere.
func (c *Child) send(calls *Calls) (wait func()) {
	j := calls.Job
	var all []func()
	size := 0
	had, known := c.has[j.Program] // nil: not with its variables as they were sent
	if !known {
		size += len(j.Program.data)
		all = append(all, func() {
			c.order(orderProgram, errand{Program: j.Program.id, Bytes: int64(len(j.Program.data)), Region: c.home.options.Region != nil, Line: c.p.lineFD}, j.Program.data)
		})
	}
	if had != j && len(j.Values) > 0 {
		size += len(j.Values)
		all = append(all, func() {
			c.order(orderValues, errand{Program: j.Program.id, Bytes: int64(len(j.Values))}, j.Values)
		})
	}
	c.has[j.Program] = j
	e := errand{Program: j.Program.id, Worker: calls.Worker, Workers: calls.Workers, Measured: calls.Measured, Calls: make([]int64, 0, len(calls.Arguments))}
	if c.left != nil {
		e.Mailbox = c.mailbox
	}
	for _, a := range calls.Arguments {
		size += len(a) + 2
		e.Calls = append(e.Calls, int64(len(a)))
	}
	all = append(all, func() { c.order(orderCalls, e, calls.Arguments...) })
	if size <= inlineBytes {
		for _, f := range all {
			f()
		}
		return func() {}
	}
	var sent sync.WaitGroup
	sent.Go(func() {
		enlarge(c.p.orders)
		for _, f := range all {
			f()
		}
	})
	return sent.Wait
}

func (c *Child) order(order byte, e errand, parts ...[]byte) {
	p := c.p
	p.head.Reset()
	p.head.WriteByte(order)
	if err := p.headers.Encode(e); err != nil {
		p.kill() // it would wait for ever
		return
	}
	for _, part := range parts {
		if len(part) <= maxLine {
			p.head.Write(part) // one write for many
			continue
		}
		c.flush()
		_, _ = p.orders.Write(part)
	}
	c.flush()
}

func (c *Child) flush() {
	_, _ = c.p.orders.Write(c.p.head.Bytes())
	c.p.head.Reset()
}

// take gets what the process reports, in its order.
func (c *Child) take(r report) {
	switch {
	case r.Used != nil:
		c.used = *r.Used
	case r.Wrote != nil:
		if r.Wrote.Stream == c.p.stderr.stream {
			c.p.stderr.add(r.Wrote.Text)
		} else {
			c.p.stdout.add(r.Wrote.Text)
		}
	case r.Called != nil:
		c.endLines()
		c.settle(r.Called)
	case r.Posted != nil:
		c.endLines()
		c.collect(r.Posted.Used)
	}
}

func (c *Child) endLines() {
	c.p.stdout.endLine()
	c.p.stderr.endLine()
}

// collect takes out what is in the mailbox up to an end.
func (c *Child) collect(end int) {
	if c.left == nil {
		return
	}
	left := c.left.take(end)
	for r := left.next(); r != nil; r = left.next() {
		c.settle(r)
	}
}

// settle hands over what the next call came to.
func (c *Child) settle(r *Called) {
	if i := c.next; i < len(c.calls.Arguments) {
		c.next++
		c.calls.Done(i, r)
	}
}

func (c *Child) write(stream, text string) {
	c.mu.Lock()
	output := c.output
	c.mu.Unlock()
	if output != nil {
		output(stream, text)
	}
}

// exit tells how the process ended, which it has.
func (c *Child) exit() *ExitError {
	o := c.p.death(c.home.options.Crash)
	e := &ExitError{Code: c.p.ending.code, Text: o.Error}
	if o.Failure == measure.Signaled && o.Error == "" {
		e.Text = "it was killed"
	}
	return e
}

// restLimit is how long a process may take to say whether it is fit for other work.
const restLimit = time.Second

// Rest ends the use of a child that has made all its calls: it is kept for the next one who wants one if
// nothing of them is left, or else ends. All that they wrote has been passed on when it returns.
func (c *Child) Rest() {
	if c.isFit() && c.p.drained() && c.home.keep(c) {
		return
	}
	c.Close()
}

func (c *Child) isFit() bool {
	if _, err := c.p.orders.Write([]byte{orderRest}); err != nil {
		return false
	}
	_ = c.p.wire.SetReadDeadline(time.Now().Add(restLimit)) // pipes have deadlines
	var r report
	for r.Rested == nil {
		r = report{}
		if err := c.reports.Decode(&r); err != nil {
			return false
		}
		c.take(r) // what goroutines that are left have written
	}
	_ = c.p.wire.SetReadDeadline(time.Time{})
	return r.Rested.Fit
}

func (cs *Children) keep(c *Child) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closed || len(cs.idle) >= cs.reserve {
		return false
	}
	for program := range c.has {
		c.has[program] = nil // its variables are to be sent anew
	}
	c.rested = true
	cs.idle = append(cs.idle, c)
	return true
}

// Close has the process end, without another use. It, or Rest, is needed for every child, also for
// one that has ended by itself.
func (c *Child) Close() {
	c.p.close()
	_ = c.p.wire.Close() // nothing is lost in a pipe's end
	if c.mailbox != 0 {
		c.home.options.Region.Free(c.mailbox, mailboxBytes)
		c.mailbox = 0
	}
}

// IsNew reports whether the process has had no other use before.
func (c *Child) IsNew() bool { return !c.rested }
