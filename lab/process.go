package lab

import (
	"context"
	"errors"
	"runtime/pprof"
	"strconv"
	"sync/atomic"
	"time"
)

// Process is one call of a function of the session in an operating-system process of its own,
// as Python's multiprocessing.Process is. What is said of functions at [Pool] holds here, too.
//
// The process may be one in which another call has ended before, if nothing of that is left:
// no goroutine, no child, and the directory and environment are as they were.
type Process struct {
	f         any
	arguments []any

	o       core // guards what follows
	child   Child
	number  int
	pid     int
	started bool
	ended   bool
	code    int
	err     error
}

// processes counts the processes that have been started.
var processes atomic.Int64

// NewProcess returns a process that is to call f with arguments. It is not started yet.
func NewProcess(f any, arguments ...any) *Process {
	return &Process{f: f, arguments: arguments}
}

// Start starts the process. The error is a [*SpawnError]; a second Start panics with a [*MisuseError].
func (p *Process) Start() error {
	p.o.lock()
	again := p.started
	p.started = true
	p.o.unlock()
	if again {
		panic(&MisuseError{"Start", "a process", "it was started before: make a new one"})
	}
	if err := p.start(); err != nil {
		p.o.lock()
		defer p.o.unlock()
		p.started = false
		return err
	}
	return nil
}

func (p *Process) start() error {
	w := here()
	work, err := w.prepare("Process.Start", p.f)
	if err != nil {
		return err
	}
	data, err := work.Encode(p.arguments...)
	if err != nil {
		return &SpawnError{"Process.Start", err.Error()}
	}
	number := int(processes.Add(1))
	var child Child
	stopped := true
	defer func() {
		if stopped && child != nil { // the cell was interrupted meanwhile
			child.Kill()
			child.Rest()
		}
	}()
	w.host.Block(func() { child, err = w.host.(Spawner).Spawn("process " + strconv.Itoa(number)) })
	stopped = false
	if err != nil {
		return &SpawnError{"Process.Start", err.Error()}
	}
	p.o.lock()
	defer p.o.unlock()
	p.child, p.number, p.pid = child, number, child.PID()
	go p.run(work, data)
	return nil
}

// run has the process make its call. Its goroutine belongs to no cell.
func (p *Process) run(work Work, data []byte) {
	pprof.SetGoroutineLabels(context.Background())
	var err error
	exit := p.child.Do(work, 0, 1, [][]byte{data}, func(_ int, r Reply) {
		_, err = (&batch{work: work}).read(r, 0, -1, p.pid)
	})
	code := 0
	switch e := (*CallError)(nil); {
	case exit != nil:
		err, code = exit, exit.Code
	case errors.As(err, &e):
		code = 1
		p.child.Print(e.Reason)
	}
	p.child.Rest()
	p.o.lock()
	defer p.o.unlock()
	p.ended, p.code, p.err = true, code, err
	p.o.ringAll(0)
}

// Join waits until the process has ended, with a timeout for at most that long, and reports whether it has.
// It panics with a [*MisuseError] if the process was not started. An interrupt of the cell meanwhile kills it.
func (p *Process) Join(timeout ...time.Duration) bool {
	limit := forever
	if len(timeout) > 0 {
		limit = max(timeout[0], 0)
	}
	over := false
	defer func() {
		if !over {
			p.Kill()
		}
	}()
	p.o.lock()
	if p.child == nil {
		p.o.unlock()
		panic(&MisuseError{"Join", "a process", "it was not started"})
	}
	ok := wait{on: &p.o, limit: limit, ready: func() bool { return p.ended }}.do(here())
	over = true
	return ok
}

// Kill ends the process, and what it has started, at once. One that has ended, or was not started, stays as it is.
func (p *Process) Kill() {
	p.o.lock()
	defer p.o.unlock()
	if p.child != nil && !p.ended {
		p.child.Kill()
	}
}

// ExitCode is how the process ended: 0 if the function returned, 1 if it returned an error
// or panicked, else the process's exit status or, as a negative number, the signal that ended it. It is not ok before
// the end.
func (p *Process) ExitCode() (code int, ok bool) {
	p.o.lock()
	defer p.o.unlock()
	return p.code, p.ended
}

// Err is why the exit code is not 0: a [*CallError] or an [*ExitError]. It is nil before the end.
func (p *Process) Err() error {
	p.o.lock()
	defer p.o.unlock()
	return p.err
}

// Alive reports whether the process has been started and has not ended.
func (p *Process) Alive() bool {
	p.o.lock()
	defer p.o.unlock()
	return p.child != nil && !p.ended
}

// PID is the number of the process; 0 before the start.
func (p *Process) PID() int {
	p.o.lock()
	defer p.o.unlock()
	return p.pid
}
