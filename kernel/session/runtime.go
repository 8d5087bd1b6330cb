package session

import (
	"fmt"
	"log"
	"maps"
	"os"
	"reflect"
	"runtime"
	"time"
	"unsafe"

	"github.com/traefik/yaegi/interp"

	"lockstep/exec/gil"
	"lockstep/kernel/pipe"
	"lockstep/kernel/rewrite/mark"
	"lockstep/kernel/rt"
	"lockstep/kernel/session/cellsym"
	"lockstep/kernel/session/named"
)

// runtime is what rewritten code calls, by the names that package rewrite writes.
func (s *Session) runtime(it *interp.Interpreter) map[string]reflect.Value {
	out, err := s.out.stream("stdout"), s.out.stream("stderr")
	in := &input{s}
	fail := func(text string) { panic(engineError(text)) }
	unwinds := newUnwinder(cellsym.Words(it))
	symbols := map[string]any{
		"Raised":     s.breaker.Raised,
		"Checkpoint": gil.Checkpoint,
		"Go":         gil.Go,
		"Block":      gil.Block,
		"Release":    gil.Release,
		"Acquire":    gil.Acquire,
		"Send":       send,
		"Receive":    receive,
		"Select":     choose,
		"Forever":    forever,
		"Line":       line,
		"Var":        s.registerVar,
		"Made":       s.made,
		"Bare":       cellsym.Bare(it),
		"Method":     cellsym.Method(it),
		"MethodOf":   cellsym.MethodOf(it),
		"Typed":      cellsym.Typed(it),
		"Zero":       s.zero,
		"Value":      s.value,
		"Stdout":     out,
		"Stderr":     err,
		"Stdin":      in,
		"Print":      func(a ...any) { rt.BuiltinPrint(plainly(a)...) },
		"Println":    func(a ...any) { rt.BuiltinPrintln(plainly(a)...) },
		"Defers":     unwinds.defers,
		"Caught":     unwinds.caught,
		"Called":     unwinds.called,
		"Nil":        nilCall,
		"Recover":    unwinds.recovered,
		"Left":       left,
		"Raw":        raw,
		"RawKey":     rawKey,
		"Never":      never,
		"Own":        cellsym.Own(it),
		"Lacks":      cellsym.Lacks(it, fail),
		"Equal":      cellsym.Equal(it, fail),
		"Fault":      cellsym.Fault(it),
		"FaultOf":    cellsym.FaultOf(it),
		"Inner":      cellsym.Inner(it),
		"Named":      cellsym.Named,
		"InnerOf":    cellsym.InnerOf(it),
		"LosesNil":   losesNil,
		"EncodeJSON": cellsym.EncodeJSON(it),
		"DecodeJSON": cellsym.DecodeJSON(it),
		"Seen":       cellsym.Seen(it, fail),
		"Logged":     cellsym.Logged(it),
		"Foreign":    cellsym.Foreign(it, fail),
		"Differs":    cellsym.Differs(it, fail),
		"Shift":      shift,
		"Index":      index,
		"Bounds":     bounds,
		"Char":       func(s string, i int) byte { return s[i] },
		"Err":        func(pointer *error) error { return *pointer },
		"Cut":        func(s string, low, high int) string { return s[low:high] },
		"IsNil":      isNil,
		"Any":        func(pointer any) any { return reflect.ValueOf(pointer).Elem().Interface() },
		"Same":       func(pointer any) any { return pointer },
		"Text":       func(b []byte) string { return string(b) },

		"Callback":      rt.Callback,
		"CallbackError": rt.CallbackError,
		"LoggerFatal":   func(l *log.Logger) func(...any) { return rt.LoggerFatal(l.Output) },
		"LoggerFatalf":  func(l *log.Logger) func(string, ...any) { return rt.LoggerFatalf(l.Output) },
		"LoggerFatalln": func(l *log.Logger) func(...any) { return rt.LoggerFatalln(l.Output) },

		"Clear":   clearAll,
		"Big":     big,
		"Offsets": offsets,

		"Short":            short,
		"ArrayPointer":     arrayPointer,
		"UnsafeSlice":      unsafeSlice,
		"UnsafeSliceData":  unsafeSliceData,
		"UnsafeString":     unsafeString,
		"UnsafeStringData": func(s string) *byte { return unsafe.StringData(s) },
	}
	table := map[string]reflect.Value{}
	for name, v := range symbols {
		table[name] = reflect.ValueOf(v)
	}
	for name, f := range cellsym.Reflection(it) {
		table[name] = reflect.ValueOf(f)
	}
	maps.Copy(table, named.Symbols())
	return table
}

// stopped ends the goroutine, whose group was stopped while it waited.
func stopped() {
	gil.Checkpoint()
	runtime.Goexit()
}

// forever is an empty select.
func forever() { gil.Block(func() { <-gil.Done() }) }

// line returns where the current goroutine keeps the line that it has got to.
func line() *int {
	if t := gil.Current(); t != nil {
		return &t.Mark
	}
	return new(int) // a goroutine that library code started
}

// here is the place in a cell that the current goroutine is at: the innermost one of
// compiled code, which is called by interpreted code and never calls it, or else the line mark.
func here() (cell string, line int) {
	if cell, line = caller(); cell != "" {
		return cell, line
	}
	if t := gil.Current(); t != nil && t.Mark != 0 {
		return mark.Line(t.Mark)
	}
	return "", 0
}

func (s *Session) registerVar(name string, p any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.vars[name]
	if v == nil {
		v = &variable{}
		s.vars[name] = v
	}
	v.at = p
}

// variable is where a session variable lives. yaegi moves variables when it
// assigns some of them, so refresh asks again: it calls the unit's register function.
type variable struct {
	at      any // pointer to it
	refresh func()
}

// zero sets a variable to its zero value, for a var statement that runs again.
func (s *Session) zero(name string) {
	if v, err := s.variable(name); err == nil {
		v.SetZero()
	}
}

func (s *Session) made(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current != nil {
		s.current.made = append(s.current.made, name)
	}
}

// variable returns the settable value of a variable.
func (s *Session) variable(name string) (reflect.Value, error) {
	if p, ok := s.native.registry.Lookup(name); ok {
		return p.Elem(), nil
	}
	s.mu.Lock()
	known := s.vars[name]
	s.mu.Unlock()
	if known == nil {
		return reflect.Value{}, fmt.Errorf("there is no variable %s in the session", name)
	}
	if known.refresh != nil {
		known.refresh()
	}
	v := reflect.ValueOf(known.at)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return reflect.Value{}, fmt.Errorf("there is no variable %s in the session", name)
	}
	return v.Elem(), nil
}

func (s *Session) forget(names []string) {
	s.native.registry.Forget(names)
	s.mu.Lock()
	defer s.mu.Unlock()
	if names == nil {
		clear(s.vars)
	}
	for _, n := range names {
		delete(s.vars, n)
	}
}

// streams serves package cellsym: the standard streams and what ends a cell.
type streams struct{ s *Session }

// exitError is the cause that os.Exit gives to the end of a cell.
type exitError struct{ code int }

func (e *exitError) Error() string { return fmt.Sprintf("exit status %d", e.code) }

// Exit ends the cell or the worker that calls it, not the process.
func (h streams) Exit(code int) {
	if t := gil.Current(); t != nil {
		if t.Group() != nil {
			h.s.exits(t, code)
		}
	}
	stopped()
}

func (s *Session) exits(t *gil.Thread, code int) {
	r := runOf(t.Group())
	cause := &exitError{code}
	switch {
	case r == nil && s.out.direct:
		os.Exit(code) // a worker process: its session tells of it
	case r == nil:
		panic(cause) // a worker in this process: its outcome tells of it
	}
	cell, line := here()
	r.fail(&pipe.Fault{Kind: "exit", Code: code, Text: fmt.Sprintf("os.Exit(%d) ended the cell; the session and its variables stay", code), Cell: cell, Line: line})
	t.Group().Stop(cause)
	if r.unit.Alone {
		// A program's os.Exit runs no deferred calls: its goroutine stays where it is.
		r.end()
		select {}
	}
}

// Value and Made serve package rt.
func (h streams) Value(i int, v any) { h.s.value(i, v) }
func (h streams) Made(name string)   { h.s.made(name) }

func (h streams) Sleep(d time.Duration) { gil.Sleep(d) }
