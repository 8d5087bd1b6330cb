package session

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"

	"lockstep/exec/procs"
	"lockstep/exec/procs/value"
	"lockstep/kernel/pipe"
	"lockstep/kernel/rt"
	"lockstep/lab"
)

// sendable is a function that worker processes can be given to call.
type sendable struct {
	pipe.Function
	written bool           // data is that of this function, not of one before
	data    []byte         // what the program says
	program *procs.Program // of data
	last    *procs.Job     // the latest of the program
}

// offerFunctions makes known what functions are sendable from now on.
func (s *Session) offerFunctions(list []pipe.Function) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range list {
		next := &sendable{Function: f}
		if old := s.functions[f.Name]; old != nil {
			next.data, next.program, next.last = old.data, old.program, old.last
		}
		s.functions[f.Name] = next
	}
}

// errNoChildren says that this process starts no others.
var errNoChildren = errors.New("a worker process starts no processes of its own: make the pool or process in the session, not in what runs in a worker process")

// staff is the worker processes that make calls.
func (s *Session) staff() (*procs.Children, error) {
	if s.worker == nil {
		return nil, errNoChildren
	}
	region, err := s.region()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.children == nil {
		cmd := s.worker()
		s.children, err = procs.NewChildren(procs.Options{Region: region, Command: procs.Command{Path: cmd.Argv[0], Args: cmd.Argv[1:]}}, max(4, runtime.NumCPU()))
	}
	return s.children, err
}

// Prepare implements lab.Spawner.
func (h labHost) Prepare(name string, f any) (lab.Work, error) {
	staff, err := h.s.staff()
	if err != nil {
		return nil, err
	}
	fn, values, err := h.s.fix(name, f, nil)
	if err != nil {
		return nil, err
	}
	w := &work{name: name, t: reflect.TypeOf(f), cell: cellLabel()}
	w.job, err = h.s.job(staff, fn, values)
	return w, err
}

// fix is a function that other processes can be given, with the values of the variables that it uses, written down. lend is value.Options.Binary.
func (s *Session) fix(name string, f any, lend func(encoding.BinaryMarshaler) ([]byte, error)) (fn *sendable, values []byte, err error) {
	s.mu.Lock()
	fn = s.functions[name]
	s.mu.Unlock()
	if fn == nil {
		return nil, nil, fmt.Errorf("the function %s is not one that the session can send", name)
	}
	vars, err := s.captured(fn.Captured)
	if err != nil {
		return nil, nil, err
	}
	if len(vars) > 0 {
		if values, err = value.Encode(vars, value.Options{Types: typesOf(&fn.Run), Binary: lend}); err != nil {
			return nil, nil, fmt.Errorf("%s uses what cannot be sent: %w", name, err)
		}
	}
	if t := reflect.TypeOf(f); t == nil || t.Kind() != reflect.Func {
		return nil, nil, fmt.Errorf("%s is a %T here", name, f)
	}
	return fn, values, nil
}

// job is that of a function with values of its variables: the latest, if they are the same.
func (s *Session) job(staff *procs.Children, fn *sendable, values []byte) (*procs.Job, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !fn.written {
		for i := range fn.Plugins {
			fn.Plugins[i].Cell = rt.CellOf(fn.Plugins[i].Path)
		}
		var data bytes.Buffer
		if err := gob.NewEncoder(&data).Encode(fn.Run); err != nil {
			return nil, err
		}
		fn.written = true
		if fn.program == nil || !bytes.Equal(fn.data, data.Bytes()) {
			fn.data, fn.program, fn.last = data.Bytes(), staff.NewProgram(data.Bytes()), nil
		}
	}
	if fn.last == nil || !bytes.Equal(fn.last.Values, values) {
		fn.last = &procs.Job{Program: fn.program, Values: values}
	}
	return fn.last, nil
}

// work is a function of the session for package lab.
type work struct {
	name string
	t    reflect.Type
	job  *procs.Job
	cell string // where it is called
	// lend is value.Options.Binary for arguments.
	lend func(encoding.BinaryMarshaler) ([]byte, error)
}

// Encode writes down what callee.call reads.
func (w *work) Encode(arguments ...any) ([]byte, error) {
	fixed := w.t.NumIn()
	if w.t.IsVariadic() {
		fixed--
	}
	if len(arguments) < fixed || len(arguments) > fixed && !w.t.IsVariadic() {
		return nil, fmt.Errorf("%s takes %d arguments, got %d", w.name, fixed, len(arguments))
	}
	places := newPlaces(w.t)
	for i, a := range arguments {
		place := places[min(i, len(places)-1)].Value
		if i >= fixed {
			more := reflect.New(place.Type().Elem()).Elem()
			if err := assign(more, a); err != nil {
				return nil, fmt.Errorf("%s of %s: %w", argumentName(i), w.name, err)
			}
			place.Set(reflect.Append(place, more))
		} else if err := assign(place, a); err != nil {
			return nil, fmt.Errorf("%s of %s: %w", argumentName(i), w.name, err)
		}
	}
	return encodeValuesLending(places, w.lend)
}

// newPlaces are variables for the parameters of a function.
func newPlaces(t reflect.Type) []value.Variable {
	all := make([]value.Variable, t.NumIn())
	for i := range all {
		all[i] = value.Variable{Name: argumentName(i), Value: reflect.New(t.In(i)).Elem()}
	}
	return all
}

var argumentNames = [...]string{"argument 1", "argument 2", "argument 3", "argument 4"}

// argumentName is what errors call an argument. It makes no text for the usual ones, since it is asked for each call.
func argumentName(i int) string {
	if i < len(argumentNames) {
		return argumentNames[i]
	}
	return fmt.Sprintf("argument %d", i+1)
}

// assign sets a parameter to an argument. A constant comes as a value of its default type.
func assign(to reflect.Value, a any) error {
	v := opened(a)
	switch {
	case !v.IsValid():
		to.SetZero()
		return nil
	case v.Type().AssignableTo(to.Type()):
		to.Set(v)
		return nil
	case isNumber(v.Kind()) && isNumber(to.Kind()), v.Kind() == reflect.String && to.Kind() == reflect.String, v.Kind() == reflect.Bool && to.Kind() == reflect.Bool:
		c := v.Convert(to.Type())
		if back := c.Convert(v.Type()); !back.Equal(v) {
			return fmt.Errorf("%v does not fit into %v", v, to.Type())
		}
		to.Set(c)
		return nil
	}
	if strings.Contains(to.Type().PkgPath(), "/yaegi/") {
		return errors.New("the interp engine cannot send what is in an interface: give the parameter a type of its own, or use the native engine")
	}
	return fmt.Errorf("a %v is no %v", v.Type(), to.Type())
}

func isNumber(k reflect.Kind) bool { return reflect.Int <= k && k <= reflect.Complex128 }

// Decode reads what callee.call returned.
func (w *work) Decode(data []byte) (v any, returned, err error) {
	if returned, ok := decodeError(data); ok {
		return nil, returned, nil
	}
	out, ok := valueOf(w.t)
	if !ok {
		return nil, nil, nil
	}
	p := reflect.New(out).Elem()
	if err := decodeValue(data, p); err != nil {
		return nil, nil, err
	}
	return p.Interface(), nil, nil
}

// valueOf is the type of the value that a function returns, if it does.
func valueOf(t reflect.Type) (reflect.Type, bool) {
	n := t.NumOut()
	if n > 0 && t.Out(n-1) == reflect.TypeFor[error]() {
		n--
	}
	if n == 0 {
		return nil, false
	}
	return t.Out(0), true
}

// EncodeEach writes down what callee.call reads, for each item.
func (w *work) EncodeEach(items any) ([][]byte, error) {
	v := opened(items)
	if v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.Array {
		v = v.Elem()
	}
	n, at := 0, func(i int) any { return v.Index(i).Interface() }
	switch {
	case v.Kind() == reflect.Slice, v.Kind() == reflect.Array:
		n = v.Len()
	case v.IsValid() && v.CanInt():
		n, at = int(max(v.Int(), 0)), func(i int) any { return reflect.ValueOf(i).Convert(v.Type()).Interface() }
	default:
		return nil, fmt.Errorf("cannot go over a %T: want a slice, an array or a number of items", items)
	}
	all := make([][]byte, n)
	if item := itemOf(v); w.t.NumIn() == 1 && item.Type() == w.t.In(0) && isPlainKind(item.Kind()) {
		var whole []byte // of all of them: what has no memory of its own takes none for each
		for i := range all {
			if v.CanInt() {
				item.SetInt(int64(i))
			} else {
				item = v.Index(i)
			}
			from := len(whole)
			whole, _ = appendPlain(append(whole, codePlain), item)
			all[i] = whole[from:len(whole):len(whole)]
		}
		return all, nil
	}
	for i := range all {
		var err error
		if all[i], err = w.Encode(at(i)); err != nil {
			return nil, fmt.Errorf("item %d: %w", i, err)
		}
	}
	return all, nil
}

// itemOf is a new variable of the type of the items that EncodeEach goes over.
func itemOf(v reflect.Value) reflect.Value {
	t := v.Type()
	if !v.CanInt() {
		t = t.Elem()
	}
	return reflect.New(t).Elem()
}

func (w *work) Collect(values []any) any {
	out, ok := valueOf(w.t)
	if !ok {
		return nil
	}
	s := reflect.MakeSlice(reflect.SliceOf(out), len(values), len(values))
	for i, v := range values {
		if v != nil {
			s.Index(i).Set(reflect.ValueOf(v))
		}
	}
	return s.Interface()
}

// Spawn implements lab.Spawner.
func (h labHost) Spawn(label string) (lab.Child, error) {
	staff, err := h.s.staff()
	if err != nil {
		return nil, err
	}
	c, err := staff.Start()
	if err != nil {
		return nil, err
	}
	return &child{Child: c, s: h.s, label: label}, nil
}

// child is a process that makes calls, for package lab.
type child struct {
	*procs.Child
	s     *Session
	label string
	cell  string // whose calls it makes or has made
}

func (c *child) Do(lw lab.Work, worker, workers int, arguments [][]byte, reply func(int, lab.Reply)) *lab.ExitError {
	w := lw.(*work)
	c.cell = w.cell
	err := c.Child.Do(&procs.Calls{Job: w.job, Worker: worker, Workers: workers, Arguments: arguments,
		Done: func(i int, called *procs.Called) {
			r := lab.Reply{Data: called.Value}
			if called.Failure != "" {
				r.Failure = called.Error
			}
			reply(i, r)
		},
		Output: func(stream, text string) { c.s.out.write(w.cell, stream, []byte(procs.Labelled(c.label, text))) },
	})
	var exit *procs.ExitError
	if errors.As(err, &exit) {
		return &lab.ExitError{Code: exit.Code, Text: exit.Text}
	}
	return nil
}

func (c *child) Print(line string) {
	c.s.out.write(c.cell, "stderr", []byte(procs.Labelled(c.label, line)))
}
