package session

import (
	"io"
	"os"
	"reflect"
	"strings"

	"lockstep/exec/gil"
	"lockstep/exec/procs"
	"lockstep/exec/procs/value"
	"lockstep/exec/shm"
	"lockstep/kernel/display"
	"lockstep/kernel/pipe"
	"lockstep/kernel/rt"
	"lockstep/kernel/session/cellsym"
	"lockstep/lab"
)

// displayHost takes the display calls of cells.
type displayHost struct{ s *Session }

// Show sends a display message after what the cell has printed so far.
func (h displayHost) Show(m display.Message) {
	h.s.out.flush()
	_ = h.s.conn.Send(pipe.Show{Cell: cellLabel(), Message: m})
}

// Format shows a value as a last expression would be.
func (h displayHost) Format(v any) display.Bundle {
	h.s.mu.Lock()
	r := h.s.current
	h.s.mu.Unlock()
	opt := h.s.formatOptions(nil)
	if r != nil {
		opt = r.format()
	}
	return display.Format(reflect.ValueOf(v), opt)
}

// labHost serves package lab.
type labHost struct{ s *Session }

func (h labHost) Caller() lab.Caller {
	t := gil.Current()
	if t == nil {
		return lab.Caller{Worker: -1}
	}
	switch r := runOf(t.Group()); {
	case r == nil:
		return lab.Caller{Thread: t.ID(), Worker: int(h.s.first.Load()) + t.Worker()}
	case r.own.Load() == t:
		// All cells' own goroutines are one thread to locks: what a cell locks the next may unlock.
		return lab.Caller{Thread: lab.TheCell, Worker: -1}
	default:
		return lab.Caller{Thread: t.ID(), Worker: -1} // a goroutine of a cell is nobody's worker
	}
}

// Ended reports whether the goroutine that Caller told of has ended.
func (h labHost) Ended(thread uint32) bool { return thread != lab.TheCell && !gil.Lives(thread) }

// Region is the memory that this process shares: with its session, if it is a worker process.
func (h labHost) Region() (*shm.Region, error) { return h.s.region() }

// Ask implements lab.Borrower, on a node of a cluster.
func (h labHost) Ask(request []byte, done <-chan struct{}) ([]byte, error) {
	return procs.Ask(request, done)
}

// labTypes are the types of package lab and of the loaded units, so that interfaces may hold them on the way to another process.
var labTypes = typesWith(unitTypes{})

// typesOf are those of them that a program knows which is sent there.
func typesOf(run *pipe.Run) *value.Types {
	only := map[string]bool{}
	for _, p := range run.Plugins {
		only[p.Path] = true
	}
	return typesWith(unitTypes{only})
}

func typesWith(units unitTypes) *value.Types {
	types := new(value.Types)
	for _, v := range []any{
		lab.Lock{}, lab.RLock{}, lab.Semaphore{}, lab.BoundedSemaphore{}, lab.Event{}, lab.Condition{}, lab.Barrier{},
		lab.Queue{}, lab.Conn{}, lab.Value{}, lab.Float{}, lab.SharedMemory{},
	} {
		types.Add(reflect.TypeOf(v).String(), reflect.TypeOf(v))
	}
	types.Others(units)
	return types
}

// unitTypes names the types of loaded units: "PATH.NAME" with the unit's import path. Another
// process has those of the units that its function or workload needs.
type unitTypes struct {
	only map[string]bool // the paths of these; nil: all
}

func (ut unitTypes) Name(typ reflect.Type) (string, bool) {
	u := rt.Loaded(typ.PkgPath())
	if u == nil || ut.only != nil && !ut.only[typ.PkgPath()] {
		return "", false
	}
	for _, t := range u.Types {
		if reflect.TypeOf(t.Of).Elem() == typ {
			return typ.PkgPath() + "." + t.Name, true
		}
	}
	return "", false
}

func (unitTypes) Lookup(name string) (reflect.Type, bool) {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 {
		return nil, false
	}
	u := rt.Loaded(name[:dot])
	if u == nil {
		return nil, false
	}
	return u.Type(name[dot+1:])
}

func (h labHost) Block(f func())        { gil.Block(f) }
func (h labHost) Outside(f func())      { gil.Outside(f) }
func (h labHost) Done() <-chan struct{} { return gil.Done() }
func (h labHost) Stdio() (*os.File, io.Writer, io.Writer) {
	return nil, h.s.out.stream("stdout"), h.s.out.stream("stderr")
}

// unbox takes an interpreted value out of the box in which yaegi keeps it
// inside an interface.
func unbox(v reflect.Value) (reflect.Value, bool) {
	_, inner := cellsym.Boxed(v)
	return inner, inner.IsValid()
}

// exposed returns v's value although it may come from an unexported field.
func exposed(v reflect.Value) any { return cellsym.Exposed(v).Interface() }

// formatOptions show values as the session has them: with the types that the kernel has described, and of
// compiled ones what reflection tells.
func (s *Session) formatOptions(types display.Types) display.FormatOptions {
	bind := func(v reflect.Value, id display.TypeID) map[string]any {
		return cellsym.Texts(s.engine.it, v, types[id].Name)
	}
	return display.FormatOptions{Types: types, Resolve: resolver(types), Bind: bind, Names: cellsym.DeclaredName, Field: cellsym.FieldName,
		Local: func(path string) bool { return rt.Loaded(path) != nil }}
}

// resolver finds the dynamic value and type inside interfaces.
func resolver(types display.Types) func(reflect.Value) (reflect.Value, display.TypeID) {
	return func(v reflect.Value) (reflect.Value, display.TypeID) {
		if v.Kind() == reflect.Interface {
			v = v.Elem()
		}
		name, inner := cellsym.Boxed(v)
		if held, of, ok := cellsym.Held(v); ok {
			name, inner = strings.TrimPrefix(of, "main."), held
		}
		if !inner.IsValid() {
			return v, 0
		}
		for id, t := range types {
			if t.Named && t.Name == name {
				return inner, display.TypeID(id)
			}
		}
		return inner, 0
	}
}
