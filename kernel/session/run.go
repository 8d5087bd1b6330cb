package session

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/traefik/yaegi/interp"

	"context"

	"lockstep/exec/gil"
	"lockstep/kernel/display"
	"lockstep/kernel/pipe"
	"lockstep/kernel/rewrite/mark"
	"lockstep/kernel/session/cellsym"
)

// run is one cell while it runs, and afterwards as long as goroutines of it do.
type run struct {
	s     *Session
	cell  string
	group *gil.Group
	made  []string                   // guarded by Session.mu
	own   atomic.Pointer[gil.Thread] // the cell's own goroutine
	unit  pipe.Run
	done  chan struct{}
	end   func() // closes done, once

	mu     sync.Mutex
	values []display.Value
	fault  *pipe.Fault
	ended  bool
	left   bool // behind, in calls that no interrupt ends
}

// fail notes the first fault of a cell; a fault after its end goes to the kernel by itself.
func (r *run) fail(f *pipe.Fault) {
	if late := r.note(f); late {
		_ = r.s.conn.Send(pipe.Late{Cell: r.cell, Fault: *f})
	}
}

// note is fail that leaves it at telling that the cell has ended before.
func (r *run) note(f *pipe.Fault) (late bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fault == nil && !r.ended {
		r.fault = f
	}
	return r.ended && !r.left
}

// runUnit compiles or loads a unit and calls its entry.
func (s *Session) runUnit(u pipe.Run) pipe.Reply {
	s.offerFunctions(u.Functions)
	if len(u.Plugins) > 0 {
		unit, f := s.loadUnit(u)
		if f != nil || unit.Cell == nil {
			return pipe.Reply{Err: f}
		}
		return s.call(u, unit.Cell)
	}
	engine := s.engine
	if u.Alone {
		var err error
		if engine, err = newEngine(s); err != nil {
			return pipe.Reply{Err: &pipe.Fault{Kind: "internal error", Text: err.Error()}}
		}
	}
	if u.Symbols != nil {
		if f := s.offer(u.Symbols); f != nil {
			return pipe.Reply{Err: f}
		}
	}
	if f := engine.compile(u); f != nil {
		return pipe.Reply{Err: f}
	}
	if f := s.declare(engine, u); f != nil {
		return pipe.Reply{Err: f}
	}
	if u.Entry == "" {
		return pipe.Reply{}
	}
	fn, f := engine.entry(u.Entry)
	if f != nil {
		return pipe.Reply{Err: f}
	}
	entry, ok := fn.Interface().(func())
	if !ok {
		return pipe.Reply{Err: &pipe.Fault{Kind: "internal error", Text: fmt.Sprintf("entry is %s", fn.Type())}}
	}
	reply := s.call(u, entry)
	if reply.Err != nil {
		reply.Err.Text = cellsym.Words(engine.it)(reply.Err.Text)
	}
	return reply
}

// call calls a cell's entry in a goroutine of the cell's group.
func (s *Session) call(u pipe.Run, entry func()) pipe.Reply {
	r := &run{s: s, cell: u.Cell, unit: u, group: gil.NewGroup(s.breaker, nil, 1), done: make(chan struct{})}
	r.group.Owner = r
	r.end = sync.OnceFunc(func() { close(r.done) })
	r.group.OnPanic(func(_ int, value any, stack []byte) {
		r.fail(panicFault(value, stack, "in a goroutine"))
		r.group.Stop(errors.New("a goroutine panicked"))
	})
	s.begin(r, u)
	go watchMemory(r.done, r.group.Stop)
	if u.Secluded {
		go s.watchWaits(r.done, u.Cell)
	}
	var reply pipe.Reply
	pprof.Do(context.Background(), pprof.Labels("cell", u.Cell), func(context.Context) {
		r.group.Go(0, func() {
			over := false
			defer func() {
				if !over && r.goesOn() {
					go r.afterMain()
					return
				}
				r.end()
			}()
			r.main(entry, u.Loops, &reply)
			over = true
		})
	})
	<-r.done
	s.finish(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left { // its goroutine still has the other one
		return pipe.Reply{Err: r.fault, Made: r.made}
	}
	reply.Err, reply.Made = r.fault, r.made
	return reply
}

// patience is how long the goroutines of an interrupted cell may take to end before it is looked whether they
// can: well within half a second, and long enough for whatever runs.
const patience = 300 * time.Millisecond

// leave ends an interrupted cell whose goroutines are all in calls that no interrupt ends, such as
// a lock that nobody will unlock. They stay there, and end when it returns. If any of them runs the kernel will
// end the process instead, for who knows what it does.
func (r *run) leave() {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		ended := r.group.Wait(ctx) == nil
		cancel()
		select {
		case <-r.done:
			return
		default:
		}
		switch {
		case ended: // it may not even have begun
			r.note(&pipe.Fault{Kind: "interrupted", Text: interruptedText})
		case r.group.Running() > 0:
			continue
		default:
			r.note(&pipe.Fault{Kind: "interrupted", Text: fmt.Sprintf("%s, and so %s in a call that cannot be interrupted, such as Lock", interruptedText, does(r.group.Threads()))})
			r.mu.Lock()
			r.left = true
			r.mu.Unlock()
			r.group.Abandon()
		}
		r.end()
		return
	}
}

const interruptedText = "the cell was interrupted; the session and its variables stay"

// does says how many goroutines do something.
func does(n int) string {
	if n == 1 {
		return "does a goroutine that waits"
	}
	return fmt.Sprintf("do %d goroutines that wait", n)
}

// goesOn reports whether a program goes on although its main goroutine ends: by
// runtime.Goexit, as Go has it.
func (r *run) goesOn() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unit.Alone && r.fault == nil && r.group.Cause(0) == nil
}

// afterMain ends such a program when its last goroutine has ended without os.Exit.
func (r *run) afterMain() {
	_ = r.group.Wait(context.Background())
	if r.group.Cause(0) == nil {
		r.fail(&pipe.Fault{Kind: "fatal error", Text: "no goroutines (main called runtime.Goexit) - deadlock!"})
	}
	r.end()
}

func (s *Session) begin(r *run, u pipe.Run) {
	s.mu.Lock()
	s.current = r
	s.runs[r.group] = r
	s.obey()
	s.mu.Unlock()
	s.asks.begin(u.Cell, u.Input)
}

func (s *Session) finish(r *run) {
	display.Flush()
	s.mu.Lock()
	s.current = nil
	if r.group.Threads() == 0 {
		delete(s.runs, r.group)
	}
	s.mu.Unlock()
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
}

// runOf returns the cell whose goroutines are the group, nil if it is no cell's.
func runOf(g *gil.Group) *run {
	r, _ := g.Owner.(*run)
	return r
}

// main is the cell's own goroutine. With loops it is timed, which stops the world twice.
func (r *run) main(entry func(), loops int, reply *pipe.Reply) {
	finished := false
	r.own.Store(gil.Current())
	defer func() {
		if v := recover(); v != nil {
			r.fail(panicFault(v, debug.Stack(), ""))
		} else if !finished && !r.goesOn() {
			r.note(r.endFault()) // where another goroutine's os.Exit has ended the cell, that is all there is to say
		}
	}()
	var before *timing
	if loops > 0 {
		before = startTiming()
	}
	for range max(loops, 1) {
		r.mu.Lock()
		r.values = r.values[:0]
		r.mu.Unlock()
		entry()
	}
	if before != nil {
		reply.Timing = before.stop()
	}
	r.settle()
	r.show(reply)
	finished = true
}

// settling is how long a cell waits at most for goroutines of it that run and
// may be about to end: one that panics runs its deferred calls first, and a wg.Done among them must not
// let the cell end as if all were well.
const settling = 30 * time.Millisecond

func (r *run) settle() {
	for until := time.Now().Add(settling); r.group.Running() > 1 && time.Now().Before(until); {
		r.mu.Lock()
		failed := r.fault != nil
		r.mu.Unlock()
		if failed {
			return
		}
		runtime.Gosched()
	}
}

// show turns the cell's values into what is displayed, in the cell's own
// goroutine, since methods of the user's types may run.
func (r *run) show(reply *pipe.Reply) {
	if len(r.values) == 0 {
		return
	}
	out := display.Results(r.values, r.format())
	switch {
	case out.Nothing:
		reply.Nothing = true
	case out.Failed:
		text, _ := out.Bundle.Data[display.MIMEText].(string)
		r.fail(&pipe.Fault{Kind: "error", Text: text})
	default:
		reply.Bundle = &out.Bundle
	}
}

func (r *run) format() display.FormatOptions {
	return r.s.formatOptions(r.unit.Types)
}

// value takes a value of the cell's last expression.
func (s *Session) value(i int, v any, methods ...any) {
	s.mu.Lock()
	r := s.current
	s.mu.Unlock()
	if r == nil {
		return
	}
	dv := display.Value{V: reflect.ValueOf(v)}
	if i < len(r.unit.Values) {
		dv.Type = r.unit.Values[i]
	}
	for k := 0; k+1 < len(methods); k += 2 {
		if dv.Methods == nil {
			dv.Methods = map[string]any{}
		}
		dv.Methods[methods[k].(string)] = methods[k+1]
	}
	r.mu.Lock()
	r.values = append(r.values, dv)
	r.mu.Unlock()
}

// endFault tells why a cell's goroutine ended without a panic.
func (r *run) endFault() *pipe.Fault {
	cell, line := here()
	cause := r.group.Cause(0)
	var exit *exitError
	if f := overrun(cause); f != nil {
		f.Cell, f.Line = cell, line
		return f
	}
	switch {
	case errors.Is(cause, errInterrupted):
		return &pipe.Fault{Kind: "interrupted", Text: interruptedText, Cell: cell, Line: line}
	case errors.As(cause, &exit):
		return &pipe.Fault{Kind: "exit", Text: exit.Error(), Cell: cell, Line: line}
	case cause != nil:
		return &pipe.Fault{Kind: "error", Text: cause.Error(), Cell: cell, Line: line}
	}
	return &pipe.Fault{Kind: "error", Text: "runtime.Goexit ended the cell", Cell: cell, Line: line}
}

// panicFault describes a panic; it is called in the goroutine that panicked.
func panicFault(v any, stack []byte, where string) *pipe.Fault {
	places := placesIn(stack)
	if t := gil.Current(); t != nil && t.Mark != 0 { // interpreted code is called by none that is compiled
		cell, line := mark.Line(t.Mark)
		places = slices.Compact(append(places, pipe.Place{Cell: cell, Line: line}))
	}
	f := &pipe.Fault{Kind: "panic", Text: panicText(v)}
	if len(places) > 0 {
		f.Cell, f.Line, f.Callers = places[0].Cell, places[0].Line, places[1:]
	}
	if where != "" {
		f.Text += " (" + where + ")"
	}
	return f
}

// panicText is what Go would print after "panic: ".
func panicText(v any) string {
	switch p := v.(type) {
	case interp.Panic:
		return panicText(p.Value)
	case reflect.Value:
		if p.IsValid() && p.CanInterface() {
			return panicText(p.Interface())
		}
	case *reflect.ValueError:
		return enginesOwn(p.Error()).Error()
	case error:
		if ofEngine(p) {
			return place.ReplaceAllString(p.Error(), "")
		}
		return p.Error()
	case fmt.Stringer:
		return p.String()
	case string:
		if strings.HasPrefix(p, "reflect") { // the user's are boxed
			return enginesOwn(p).Error()
		}
		return p
	}
	if inner, ok := unbox(reflect.ValueOf(v)); ok {
		return display.Text(inner, display.FormatOptions{})
	}
	return fmt.Sprintf("%v", v)
}

// declare registers a unit's variables and carries old values over.
func (s *Session) declare(e *engine, u pipe.Run) *pipe.Fault {
	if u.Register == "" {
		return nil
	}
	fn, f := e.function(u.Register)
	if f != nil {
		return f
	}
	register := fn.Interface().(func())
	register()
	s.mu.Lock()
	for _, v := range u.Vars {
		s.vars[v.Internal].refresh = register
	}
	s.mu.Unlock()
	for _, v := range u.Vars {
		if v.From == "" {
			continue
		}
		to, err1 := s.variable(v.Internal)
		from, err2 := s.variable(v.From)
		if err := errors.Join(err1, err2); err != nil {
			continue // the old one was never made
		}
		// The types differ by name only: the checker has compared their layout.
		if to.Type().Size() == from.Type().Size() {
			to.Set(reflect.NewAt(to.Type(), unsafe.Pointer(from.UnsafeAddr())).Elem())
		}
		s.forget([]string{v.From})
	}
	return nil
}

type timing struct {
	start     time.Time
	user, sys time.Duration
	mem       runtime.MemStats
}

func startTiming() *timing {
	t := &timing{}
	runtime.ReadMemStats(&t.mem)
	t.user, t.sys = processTimes()
	t.start = time.Now()
	return t
}

func (t *timing) stop() pipe.Timing {
	wall := time.Since(t.start)
	user, sys := processTimes()
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return pipe.Timing{Wall: wall, User: user - t.user, System: sys - t.sys,
		Bytes: int64(mem.TotalAlloc - t.mem.TotalAlloc), Objects: int64(mem.Mallocs - t.mem.Mallocs)}
}
