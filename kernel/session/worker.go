package session

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/exec/procs"
	"lockstep/exec/procs/value"
	"lockstep/kernel/pipe"
	"lockstep/kernel/rt"
	"lockstep/lab"
)

// Work runs a worker process until its session closes the pipe: it loads
// programs into engines of its own, and executes its share of the workers of a run, or makes calls. load
// is as in [Serve].
func Work(r io.Reader, w io.Writer, load Loader) error {
	if err := limitFromEnviron(); err != nil {
		return err
	}
	limitStacks()
	o := &office{load: load}
	return procs.Serve(r, w, o.program)
}

// office is what a worker process has.
type office struct {
	load  Loader
	s     *Session // nil before the first function
	force *pipe.Run
}

// program makes a program ready.
func (o *office) program(data []byte) (procs.Loaded, error) {
	var u pipe.Run
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&u); err != nil {
		return procs.Loaded{}, fmt.Errorf("program: %w", err)
	}
	if dir := os.Getenv(procs.FilesVariable); dir != "" {
		for i := range u.Plugins {
			u.Plugins[i].File = filepath.Join(dir, u.Plugins[i].File)
		}
	}
	if u.Function != "" {
		return o.function(u)
	}
	s := newWorker(o.load)
	var err error
	if s.engine, err = newEngine(s); err != nil {
		return procs.Loaded{}, err
	}
	work, f := s.workload(u)
	if f != nil {
		return procs.Loaded{}, f
	}
	if f := s.declare(s.engine, u); f != nil {
		return procs.Loaded{}, f
	}
	loaded := s.loaded(s, u)
	loaded.Workload = work
	loaded.Call = exec.Remote(work, loaded.Show, func() int { return int(s.first.Load()) }) // on a node of a cluster
	return loaded, nil
}

// newWorker is what stands for a session in a worker process, without an interpreter.
func newWorker(load Loader) *Session {
	s := newBare(pipe.NewConn(bytes.NewReader(nil), io.Discard), load)
	s.out.direct = true
	if s.shared = procs.Shared(); s.shared == nil {
		s.noShared = errors.New("the session shares no memory with this worker process")
		if os.Getenv(procs.FilesVariable) != "" {
			s.noShared = errors.New("the nodes of a cluster have no memory in common")
		}
	}
	return s
}

// loaded is what all programs have of the session s; of has their variables.
func (s *Session) loaded(of *Session, u pipe.Run) procs.Loaded {
	return procs.Loaded{
		Variable: func(name string) (reflect.Value, error) { return of.variable(name) },
		Values:   value.Options{Types: labTypes},
		Breaker:  s.breaker,
		Show:     s.shows(u.Types),
		Begin: func(first int) {
			s.first.Store(int64(first))
			lab.BeginRun(first)
		},
		End: lab.EndRun,
	}
}

// function makes a function ready to be called.
func (o *office) function(u pipe.Run) (procs.Loaded, error) {
	if o.s == nil {
		o.s = newWorker(o.load)
	}
	own, fn, err := o.s, reflect.Value{}, error(nil)
	if len(u.Plugins) > 0 {
		fn, err = o.compiled(u)
	} else {
		own, fn, err = o.interpreted(u)
	}
	if err != nil {
		return procs.Loaded{}, err
	}
	loaded := o.s.loaded(own, u)
	loaded.Show = exec.Show{Panic: panicWords}
	loaded.Call = newCallee(fn).call
	if len(u.Plugins) > 0 {
		begin := loaded.Begin
		loaded.Begin = func(first int) {
			o.enforce(&u)
			begin(first)
		}
	}
	return loaded, nil
}

// compiled loads the units of a function. They are one session's, so that all functions of a process
// share them and their variables.
func (o *office) compiled(u pipe.Run) (reflect.Value, error) {
	if _, f := o.s.loadUnit(u); f != nil {
		return reflect.Value{}, f
	}
	for _, p := range u.Plugins {
		rt.Name(p.Path, p.Cell)
	}
	o.force = &u
	p, ok := o.s.native.registry.Lookup(u.Function)
	if !ok {
		return reflect.Value{}, fmt.Errorf("the units have no function %s", u.Function)
	}
	return p.Elem(), nil
}

// enforce puts the units of a function in force again, if those of another have been since.
func (o *office) enforce(u *pipe.Run) {
	if o.force == u {
		return
	}
	_ = o.s.enforce(u.Plugins) // it went well when the function was loaded
	o.force = u
}

// interpreted compiles a function in an engine of its own, since the names in its text are
// its own; own has its variables.
func (o *office) interpreted(u pipe.Run) (own *Session, fn reflect.Value, err error) {
	own = &Session{conn: o.s.conn, breaker: o.s.breaker, out: o.s.out, asks: o.s.asks, native: &native{}, vars: map[string]*variable{}, runs: map[*gil.Group]*run{}}
	if own.engine, err = newEngine(own); err != nil {
		return nil, fn, err
	}
	f := own.engine.compile(u)
	if f == nil {
		f = own.declare(own.engine, u)
	}
	if f == nil {
		fn, f = own.engine.function(u.Function)
	}
	if f != nil {
		return nil, fn, f
	}
	return own, fn, nil
}

// panicWords is what a call's error says of a panic.
func panicWords(v any, stack []byte) string {
	f := panicFault(v, stack, "")
	switch {
	case f.Cell == "":
		return "panic: " + f.Text
	default:
		return fmt.Sprintf("panic: %s (%s, line %d)", f.Text, f.Cell, f.Line)
	}
}

// callee is a function that calls are made of.
type callee struct {
	fn     reflect.Value
	places []value.Variable // for its arguments, if they are such that it cannot keep them; else nil
	in     []reflect.Value
}

func newCallee(fn reflect.Value) *callee {
	c := &callee{fn: fn, in: make([]reflect.Value, fn.Type().NumIn())}
	for t := range fn.Type().Ins() {
		if !isPlainKind(t.Kind()) {
			return c
		}
	}
	c.places = newPlaces(fn.Type())
	return c
}

// call calls the function with the arguments that work.Encode wrote, and writes down what work.Decode
// reads. It is for one goroutine at a time.
func (c *callee) call(arguments []byte) ([]byte, error) {
	places, t := c.places, c.fn.Type()
	if places == nil {
		places = newPlaces(t)
	}
	if err := decodeValues(arguments, places); err != nil {
		return nil, err
	}
	for i := range c.in {
		c.in[i] = places[i].Value
	}
	var out []reflect.Value
	if t.IsVariadic() {
		out = c.fn.CallSlice(c.in)
	} else {
		out = c.fn.Call(c.in)
	}
	if n := len(out); n > 0 && t.Out(n-1) == reflect.TypeFor[error]() {
		if err, ok := out[n-1].Interface().(error); ok && err != nil {
			return encodeError(err), nil
		}
		out = out[:n-1]
	}
	var returned []value.Variable
	if len(out) > 0 {
		returned = []value.Variable{{Name: "the value", Value: out[0]}}
	}
	data, err := encodeValues(returned)
	if err != nil {
		return nil, fmt.Errorf("what the function returned cannot be sent: %w", err)
	}
	return data, nil
}
