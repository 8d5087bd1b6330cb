package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"reflect"
	"slices"
	"sync"

	"lockstep/exec/gil"
	"lockstep/exec/procs"
	"lockstep/kernel/pipe"
	"lockstep/kernel/rt"
	"lockstep/lab"
)

// Employ implements lab.Employer: the kernel has the connection to the cluster. It is called with the lock released.
func (h labHost) Employ(o lab.CrewOptions) (lab.Crew, error) {
	if h.s.worker == nil {
		return nil, errNoChildren
	}
	loan := lab.NewLoan()
	lent := h.s.loans.add(loan)
	answer, err := h.s.wants.askForCell(pipe.PoolOpen{Loan: lent, Cell: cellLabel(), Workers: o.Workers, Tags: o.Tags, Once: o.Once, Compiled: h.s.native.load != nil})
	if err != nil {
		h.s.loans.end(lent)
		return nil, err
	}
	opened := answer.(pipe.PoolOpened)
	return &crew{s: h.s, id: opened.Pool, loan: loan, lent: lent, workers: opened.Workers, loaded: map[string]loaded{}, offered: map[*sendable]offered{}, sums: map[string]string{}}, nil
}

// askForCell is ask of what a goroutine of a cell waits for, which an interrupt stops.
func (w *wants) askForCell(body any) (any, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if done := gil.Done(); done != nil {
		go func() {
			select {
			case <-done:
				cancel()
			case <-ctx.Done():
			}
		}()
	}
	return w.ask(ctx, body)
}

// crew is workers on the nodes of a cluster, by way of the kernel: a lab.Crew.
type crew struct {
	s       *Session
	id      uint64
	workers int
	loan    *lab.Loan // what its workers use of the session, by its number
	lent    uint64

	mu      sync.Mutex
	loaded  map[string]loaded     // by the function's name
	offered map[*sendable]offered // of each name the last
	sums    map[string]string     // of compiled units, which do not change, by their files
}

// loaded is a function as the nodes have it: the kernel's number of its program, and the sum of the values of its variables.
type loaded struct {
	program []byte
	values  [sha256.Size]byte
	id      uint64
}

// offered is what nodes get of a function; see portable.
type offered struct {
	program []byte
	files   []string
}

func (c *crew) Workers() int { return c.workers }

// nodeWork is work for nodes.
type nodeWork struct {
	work
	program uint64 // the kernel's number
}

// Prepare implements lab.Crew: what the nodes do not have of the function is stored for them.
func (c *crew) Prepare(name string, f any) (lab.Work, error) {
	fn, values, err := c.s.fix(name, f, c.loan.Lend)
	if err != nil {
		return nil, err
	}
	w := &nodeWork{work: work{name: name, t: reflect.TypeOf(f), cell: cellLabel(), lend: c.loan.Lend}}
	l := pipe.PoolLoad{Pool: c.id}
	if l.Program, l.Files, err = c.program(fn); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(values)
	c.mu.Lock()
	last := c.loaded[name]
	c.mu.Unlock()
	if last.id != 0 && last.values == sum && bytes.Equal(last.program, l.Program) {
		w.program = last.id
		return w, nil
	}
	if l.Values, err = pipe.Pack(c.s.wants.where, values); err != nil {
		return nil, err
	}
	var answer any
	gil.Block(func() { answer, err = c.s.wants.askForCell(l) })
	if err != nil {
		return nil, err
	}
	w.program = answer.(pipe.PoolLoaded).Program
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loaded[name] = loaded{l.Program, sum, w.program}
	return w, nil
}

// program is what nodes get of a function: compiled units are known by their sums there. It is made once for each that the kernel offers.
func (c *crew) program(fn *sendable) (program []byte, files []string, err error) {
	c.s.mu.Lock()
	run := fn.Run
	run.Plugins = slices.Clone(run.Plugins)
	c.s.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	if l, ok := c.offered[fn]; ok {
		return l.program, l.files, nil
	}
	for i := range run.Plugins {
		run.Plugins[i].Cell = rt.CellOf(run.Plugins[i].Path)
	}
	if program, files, err = portable(run, c.sum); err != nil {
		return nil, nil, err
	}
	for old := range c.offered {
		if old.Name == fn.Name {
			delete(c.offered, old) // a cell has declared it anew, or named it again
		}
	}
	c.offered[fn] = offered{program, files}
	return program, files, nil
}

// sum is that of a compiled unit; c.mu is held.
func (c *crew) sum(file string) (sum string, err error) {
	if c.sums[file] == "" {
		if c.sums[file], err = procs.SumFile(file); err != nil {
			delete(c.sums, file)
			return "", err
		}
	}
	return c.sums[file], nil
}

// Do implements lab.Crew.
func (c *crew) Do(ctx context.Context, lw lab.Work, arguments [][]byte, reply func(int, lab.CrewReply)) error {
	w := lw.(*nodeWork)
	packed, err := pipe.Pack(c.s.wants.where, arguments...)
	if err != nil {
		return err
	}
	var unread error
	_, err = c.s.wants.askParts(ctx, pipe.PoolCalls{Pool: c.id, Program: w.program, Cell: w.cell, Arguments: packed}, func(part any) {
		some := part.(pipe.PoolReplies)
		values, err := some.Values.Unpack()
		if err != nil || len(values) != len(some.Replies) {
			unread = errors.Join(errors.New("results that cannot be read"), err)
			return
		}
		for i, r := range some.Replies {
			reply(r.Call, lab.CrewReply{Reply: lab.Reply{Data: values[i], Failure: r.Failure}, Worker: r.Worker, PID: r.PID, Node: r.Node})
		}
	})
	return errors.Join(err, unread)
}

// Leave implements lab.Crew.
func (c *crew) Leave() {
	_, _ = c.s.wants.ask(context.Background(), pipe.PoolEnd{Pool: c.id}) // a pool that the kernel does not know has left
	c.s.loans.end(c.lent)
}
