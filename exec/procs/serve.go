package procs

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime"
	"sync"
	"time"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/exec/procs/value"
	"lockstep/exec/shm"
)

// Loaded is a program that is ready to be run.
type Loaded struct {
	// Workload is what a run executes, Call what calls do: it gets the arguments of a call and returns
	// its result, both in a form of the session's. A program has one of the two.
	Workload exec.Workload
	Call     func(arguments []byte) ([]byte, error)
	// Variable returns the variable with a name that the session has captured:
	// settable, and of the same type. It may be nil if there are none.
	Variable func(name string) (reflect.Value, error)
	Values   value.Options
	// Breaker is the flag that the workload's code tests; nil for none.
	Breaker *gil.Breaker
	Show    exec.Show
	// Begin is called right before the workers of a run begin, the first of which has that
	// number, and End when they have ended; both may be nil.
	Begin func(first int)
	End   func()
}

// ErrSessionGone says that the session has ended while the worker was at work.
var ErrSessionGone = errors.New("the session has ended")

// stopGrace is how long a workload may take to end its goroutines once the
// session is gone.
const stopGrace = 300 * time.Millisecond

// Serve does in a worker process what the session says: r and w are from
// [Pipes]. load makes a workload of Options.Program; it is called once for each
// run. Serve returns nil when the session has no more to do. After
// [ErrSessionGone], or any other error, code of the workload may still run: the
// caller must end the process.
func Serve(r io.Reader, w io.Writer, load func(program []byte) (Loaded, error)) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	if gone := hangUp(r); gone != nil {
		go func() {
			select {
			case <-gone:
				cancel(ErrSessionGone)
			case <-ctx.Done():
			}
		}()
	}
	s := &server{load: load, reports: gob.NewEncoder(w)}
	s.orders, s.headers = newStream(newEager(r))
	if err := s.report(report{Hello: &hello{version, runtime.Version()}}); err != nil {
		return fmt.Errorf("saying hello: %w", err)
	}
	for {
		if e := s.desk.pending; e != nil {
			s.desk.pending = nil
			if err := s.calls(ctx, *e); err != nil {
				return err
			}
			continue
		}
		order, err := s.orders.ReadByte()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return fmt.Errorf("reading an order: %w", err)
		}
		switch order {
		case orderLoad:
			err = s.run(ctx)
		case orderProgram, orderValues, orderCalls, orderRest:
			err = s.errand(ctx, order)
		default:
			err = fmt.Errorf("want an order, got %q", order)
		}
		if err != nil {
			return err
		}
	}
}

// shared is the memory that this process shares with its session.
var shared struct {
	sync.Mutex
	region *shm.Region
}

// Shared is the memory that a worker process shares with its session and the
// other workers, from the moment in which it is to load a program; nil if there is none.
func Shared() *shm.Region {
	shared.Lock()
	defer shared.Unlock()
	return shared.region
}

// attach makes it available.
func attach() (*shm.Region, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.region != nil {
		return shared.region, nil
	}
	var err error
	shared.region, err = inherited()
	return shared.region, err
}

// server is the worker process's side of the protocol.
type server struct {
	load    func([]byte) (Loaded, error)
	orders  *bufio.Reader
	headers *gob.Decoder // on orders
	loaded  Loaded
	before  int // goroutines before the last run
	desk    desk

	reporting sync.Mutex // of reports, since what calls write comes from any goroutine
	reports   *gob.Encoder
}

func (s *server) report(r report) error {
	s.reporting.Lock()
	defer s.reporting.Unlock()
	return s.reports.Encode(r)
}

// run gets ready for a run, makes it, and reports.
func (s *server) run(ctx context.Context) error {
	var l load
	if err := s.headers.Decode(&l); err != nil {
		return fmt.Errorf("reading what to load: %w", err)
	}
	if l.Again && !s.rested() {
		if _, err := io.CopyN(io.Discard, s.orders, l.ValuesBytes); err != nil {
			return fmt.Errorf("reading the variables: %w", err)
		}
		if err := s.report(report{Ready: &ready{Stale: true}}); err != nil {
			return fmt.Errorf("reporting to be stale: %w", err)
		}
		return nil
	}
	var err error
	// In another goroutine, as the program may not come to an end.
	loading := make(chan struct{})
	go func() {
		defer close(loading)
		err = s.prepare(l)
	}()
	select {
	case <-loading:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err != nil {
		if e := s.report(report{Ready: &ready{Error: err.Error()}}); e != nil {
			return fmt.Errorf("reporting %q: %w", err, e)
		}
		_, err := io.Copy(io.Discard, s.orders) // until the session has read it
		return err
	}
	runtime.GC()
	before := usedNow()
	if err := s.report(report{Ready: &ready{Used: before}}); err != nil {
		return fmt.Errorf("reporting to be ready: %w", err)
	}
	order, err := s.orders.ReadByte()
	switch {
	case err == io.EOF:
		return nil
	case err != nil:
		return fmt.Errorf("waiting for the start signal: %w", err)
	case order != orderStart:
		return fmt.Errorf("want order %q, got %q", orderStart, order)
	}
	return s.execute(ctx, l, before)
}

// patience is how long goroutines of a run that is over may take to end before
// the process is given up.
const patience = 5 * time.Millisecond

// rested reports whether nothing of the last run is left running.
func (s *server) rested() bool {
	for until := time.Now().Add(patience); runtime.NumGoroutine() > s.before || !childless(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(until) {
			return false
		}
	}
	return true
}

// prepare loads the program, if it is another one, and sets its variables.
func (s *server) prepare(l load) (err error) {
	if l.Region {
		if _, err := attach(); err != nil {
			return err
		}
	}
	if !l.Again {
		program := make([]byte, l.ProgramBytes)
		if _, err := io.ReadFull(s.orders, program); err != nil {
			return fmt.Errorf("reading the program: %w", err)
		}
		if s.loaded, err = s.load(program); err != nil {
			return err
		}
	}
	if l.ValuesBytes == 0 {
		return nil
	}
	variable := s.loaded.Variable
	if variable == nil {
		variable = func(name string) (reflect.Value, error) {
			return reflect.Value{}, fmt.Errorf("the program has no variable %s", name)
		}
	}
	return value.DecodeFrom(s.orders, l.ValuesBytes, variable, s.loaded.Values)
}

func (s *server) execute(ctx context.Context, l load, before Used) error {
	loaded := s.loaded
	s.before = runtime.NumGoroutine()
	breaker := loaded.Breaker
	if breaker == nil {
		breaker = new(gil.Breaker)
	}
	var d done
	executed := make(chan struct{})
	go func() {
		defer close(executed)
		share := exec.Share{First: l.First, Count: l.Count, Workers: l.Workers, Counted: l.Counted, Record: l.Record, Lock: l.Lock, Limit: l.Limit}
		if l.Tasks > 0 {
			share.Tasks = &exec.Tasks{N: l.Tasks, Chunk: l.Chunk, Next: shm.At[int64](Shared(), l.TasksAt)}
		}
		if loaded.Begin != nil {
			loaded.Begin(l.First)
		}
		d.Began = time.Now()
		d.Outcomes, d.Timeline = exec.ExecuteAll(ctx, loaded.Workload, share, breaker, loaded.Show)
		if loaded.End != nil {
			loaded.End()
		}
		d.Used = usedNow().Since(before)
	}()
	select {
	case <-executed:
	case <-ctx.Done():
		grace := time.NewTimer(stopGrace)
		defer grace.Stop()
		select {
		case <-executed:
		case <-grace.C:
		}
	}
	if ctx.Err() != nil { // also where the workers were stopped before they had begun
		return context.Cause(ctx)
	}
	if err := s.report(report{Done: &d}); err != nil {
		return fmt.Errorf("reporting the outcome: %w", err)
	}
	if l.Keep {
		// If the workload has closed a stream, the session does without this process.
		_, _ = os.Stdout.WriteString(fence)
		_, _ = os.Stderr.WriteString(fence)
	}
	return nil
}
