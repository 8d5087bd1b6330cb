package procs

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/exec/measure"
	"lockstep/exec/procs/value"
)

// desk is what a worker process has for calls.
type desk struct {
	programs map[uint64]*program
	// The state in which the first errand found the process, to tell when it is fit for other work.
	goroutines int
	answered   sync.Once
	dir        string
	env        []string
	wrote      atomic.Bool // something has passed through Written
	// pending are calls that have been read and not been made: of another program than those before.
	pending *errand
}

// program is one that calls can be made of.
type program struct {
	Loaded
	err   error // why it cannot be called
	unset error // why its variables are not what they should be
}

// errand does what an order says that has to do with calls.
func (s *server) errand(ctx context.Context, order byte) error {
	if s.desk.programs == nil {
		s.desk.programs, s.desk.goroutines, s.desk.env = map[uint64]*program{}, runtime.NumGoroutine(), os.Environ()
		s.desk.dir, _ = os.Getwd()
		setWriter(s)
	}
	if order == orderRest {
		return s.rest()
	}
	var e errand
	if err := s.headers.Decode(&e); err != nil {
		return fmt.Errorf("reading an errand: %w", err)
	}
	if order == orderCalls {
		return s.calls(ctx, e)
	}
	data := make([]byte, e.Bytes)
	if _, err := io.ReadFull(s.orders, data); err != nil {
		return fmt.Errorf("reading what calls need: %w", err)
	}
	if e.Line > 0 {
		if err := openLine(e.Line); err != nil {
			return err
		}
		s.desk.answered.Do(func() { s.desk.goroutines++ }) // who reads it
	}
	if e.Region {
		if _, err := attach(); err != nil {
			return err
		}
	}
	if order == orderProgram {
		p := new(program)
		p.Loaded, p.err = s.load(data)
		s.desk.programs[e.Program] = p
		return nil
	}
	if p := s.desk.programs[e.Program]; p != nil && p.err == nil && p.Variable != nil {
		p.unset = value.Decode(data, p.Variable, p.Values)
	}
	return nil
}

// calls makes the calls of an errand, one after another, and tells what each came to.
func (s *server) calls(ctx context.Context, e errand) error {
	p := s.desk.programs[e.Program]
	if p == nil {
		return fmt.Errorf("there is no program %d", e.Program)
	}
	r := &round{s: s, p: p}
	r.begin(e)
	for r.next < len(r.Calls) && r.err == nil {
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.some(ctx)
		}()
		select {
		case <-done:
		case <-ctx.Done():
			if !r.ends(done) {
				return context.Cause(ctx) // the caller ends the process
			}
		}
	}
	r.end()
	return r.err
}

// round is the calls of an errand while they are made.
type round struct {
	errand
	s       *server
	p       *program
	mailbox *mailbox // nil: there is none

	mu     sync.Mutex // of what follows
	next   int        // the call that is made or to be made
	stint  int        // numbers the goroutines that have made calls
	posted bool       // there is something in the mailbox that has not been told of
	told   time.Time
	ended  bool  // the errand has, for the program
	err    error // of the machinery
}

// ends waits a moment for a goroutine that may have made its last call already.
func (r *round) ends(done <-chan struct{}) bool {
	grace := time.NewTimer(stopGrace)
	defer grace.Stop()
	select {
	case <-done:
		return r.next == len(r.Calls)
	case <-grace.C:
		return false
	}
}

func (r *round) begin(e errand) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errand, r.next, r.mailbox, r.posted, r.told = e, 0, nil, false, time.Now()
	if e.Mailbox != 0 {
		r.mailbox = newMailbox(Shared(), e.Mailbox)
		r.mailbox.begin()
	}
	if r.p.Begin != nil {
		r.p.Begin(e.Worker)
	}
}

func (r *round) end() {
	if !r.ended && r.p.End != nil {
		r.p.End()
	}
	r.ended = true
}

// again waits for the next errand, and begins it if it can be done by the goroutine that has done the last: it
// is calls of the same program, and they have left no goroutine that would have to be stopped.
// Handing each over to a goroutine of its own takes longer than most calls.
func (r *round) again() bool {
	if t := gil.Current(); t == nil || t.Group().Threads() > 1 || r.err != nil {
		return false
	}
	r.end()
	if order, err := r.s.orders.Peek(1); err != nil || order[0] != orderCalls {
		return false // what it is, Serve finds out
	}
	_, _ = r.s.orders.ReadByte() // which is there
	var e errand
	if err := r.s.headers.Decode(&e); err != nil {
		r.err = fmt.Errorf("reading an errand: %w", err)
		return false
	}
	if r.s.desk.programs[e.Program] != r.p {
		r.s.desk.pending = &e
		return false
	}
	r.ended = false
	r.begin(e)
	return true
}

// some makes calls in one goroutine, as one worker with all that guards one, until
// one of them ends that.
func (r *round) some(ctx context.Context) {
	if err := cmp.Or(r.p.err, r.p.unset); err != nil {
		r.skip(&Called{Failure: measure.Erred, Error: err.Error()})
		return
	}
	breaker := r.p.Breaker
	if breaker == nil {
		breaker = new(gil.Breaker)
	}
	r.stint++
	stint := r.stint
	work := exec.WorkloadFunc(func(exec.Worker) (any, error) {
		for more := true; more; more = r.again() {
			for arguments, ok := r.take(stint); ok; arguments, ok = r.take(stint) {
				c := new(Called)
				var err error
				if c.Value, err = r.p.Call(arguments); err != nil {
					c = &Called{Failure: measure.Erred, Error: err.Error()}
				}
				r.settle(stint, c)
			}
		}
		return nil, nil
	})
	o := exec.Execute(ctx, work, exec.Worker{Index: r.Worker, Workers: r.Workers}, breaker, r.p.Show)
	if o.Failed() {
		r.settle(stint, &Called{Failure: o.Failure, Error: o.Error, Stack: o.Stack})
	}
	// What still runs of it, after a goroutine of its own has panicked, makes no other call.
	r.mu.Lock()
	r.stint++
	r.mu.Unlock()
}

// take reads the arguments of the next call. It is not ok if there is none, or not for this goroutine.
func (r *round) take(stint int) (arguments []byte, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if stint != r.stint || r.next == len(r.Calls) || r.err != nil {
		return nil, false
	}
	arguments = make([]byte, r.Calls[r.next])
	if _, err := io.ReadFull(r.s.orders, arguments); err != nil {
		r.err = fmt.Errorf("reading arguments: %w", err)
		return nil, false
	}
	return arguments, true
}

// skip settles the next call, which cannot be made.
func (r *round) skip(c *Called) {
	if _, ok := r.take(r.stint); ok {
		r.settle(r.stint, c)
	}
}

// settle leaves or tells what the call at hand came to.
func (r *round) settle(stint int, c *Called) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if stint != r.stint {
		return
	}
	r.next++
	last := r.next == len(r.Calls)
	if last && r.Measured {
		now := usedNow()
		r.tell(report{Used: &now})
	}
	put := r.mailbox != nil && r.mailbox.put(c)
	r.posted = r.posted || put
	wrote := r.s.desk.wrote.Swap(false) // that belongs to this call, which ends its last line
	if r.posted && (last || wrote || !put || time.Since(r.told) > postEvery) {
		used := r.mailbox.at
		r.tell(report{Posted: &posted{used}})
		r.posted, r.told = false, time.Now()
	}
	if !put {
		r.mailbox = nil // for what comes after it, so that all stays in order
		r.tell(report{Called: c})
	}
}

func (r *round) tell(what report) {
	if err := r.s.report(what); err != nil && r.err == nil {
		r.err = fmt.Errorf("reporting a call: %w", err)
	}
}

// rest reports whether the process is as it was before it first made calls, and
// marks the end of what they have written.
func (s *server) rest() error {
	s.before = s.desk.goroutines
	dir, _ := os.Getwd()
	fit := dir == s.desk.dir && slices.Equal(os.Environ(), s.desk.env) && s.rested()
	_, _ = os.Stdout.WriteString(fence)
	_, _ = os.Stderr.WriteString(fence)
	return s.report(report{Rested: &rested{fit}})
}

// writer is where the text goes that programs write in calls.
var writer struct {
	sync.Mutex
	s *server
}

func setWriter(s *server) {
	writer.Lock()
	defer writer.Unlock()
	writer.s = s
}

// Written passes text on that a program writes in calls, so that it comes before
// the result. It reports false where the process does not make calls: then the text
// belongs on the standard streams.
func Written(stream string, text []byte) bool {
	writer.Lock()
	s := writer.s
	writer.Unlock()
	if s == nil {
		return false
	}
	s.desk.wrote.Store(true)
	return s.report(report{Wrote: &wrote{stream, text}}) == nil
}
