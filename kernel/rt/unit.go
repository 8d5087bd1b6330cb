package rt

import (
	"fmt"
	"reflect"
	"sync"
)

// Unit is what a compiled unit tells of itself when it is loaded.
type Unit struct {
	// Of is a value of a type of the unit, whose package path is the unit's.
	Of    any
	Slots []Slot
	// Funcs are the functions that the unit implements, by the names of their slots.
	Funcs []Func
	// Types are those whose home it is, type parameters aside.
	Types []Type
	// Hooks are the places through which a method that the unit compiled can be exchanged.
	Hooks []Hook
	// Swaps are new bodies for methods of other units.
	Swaps []Swap
	// Cell runs the cell's statements, Work is a workload; nil where the unit has none.
	Cell func()
	Work func(worker, workers, task int) (any, error)
}

// Path is the unit's import path.
func (u *Unit) Path() string { return reflect.TypeOf(u.Of).PkgPath() }

// Slot is a place that the session owns: a variable, or the function that a
// name stands for at present.
type Slot struct {
	Name string
	// At is a **T: the unit's pointer to the slot.
	At any
}

// Type is a type of a unit; Of is a nil pointer to it, Kin what [Kin] returns for it.
type Type struct {
	Name string
	Of   any
	Kin  []any
}

// Type returns a type of the unit by its name in the session.
func (u *Unit) Type(name string) (reflect.Type, bool) {
	for _, t := range u.Types {
		if t.Name == name {
			return reflect.TypeOf(t.Of).Elem(), true
		}
	}
	return nil, false
}

// Func is a function with the name of its slot.
type Func struct {
	Name string
	F    any
}

// Hook is a *func variable of a unit, nil as long as its method's own body is in force.
type Hook struct {
	Name string // "T.M"
	At   any
}

// Swap is a body for the method Name of the unit with import path Unit.
type Swap struct {
	Unit, Name string
	F          any
}

var units struct {
	sync.Mutex
	byPath map[string]*Unit
	cells  map[string]string
}

// Register makes a unit known; each unit calls it once, when it is loaded.
func Register(u *Unit) {
	units.Lock()
	defer units.Unlock()
	if units.byPath == nil {
		units.byPath = map[string]*Unit{}
	}
	units.byPath[u.Path()] = u
}

// Loaded returns a loaded unit, nil when there is none.
func Loaded(path string) *Unit {
	units.Lock()
	defer units.Unlock()
	return units.byPath[path]
}

// Name says which cell a loaded unit is, such as "cell 3": the latest in which its text ran.
func Name(path, cell string) {
	units.Lock()
	defer units.Unlock()
	if units.cells == nil {
		units.cells = map[string]string{}
	}
	units.cells[path] = cell
}

// CellOf returns the cell that a unit is, "" when it is not known.
func CellOf(path string) string {
	units.Lock()
	defer units.Unlock()
	return units.cells[path]
}

// Count returns how many units are loaded.
func Count() int {
	units.Lock()
	defer units.Unlock()
	return len(units.byPath)
}

// Registry holds the slots of a session. Its zero value is empty and ready. It
// is safe for concurrent use, but a unit's own pointers are set when [Registry.Bind] is called
// and must not be in use then by code that this would disturb.
type Registry struct {
	mu    sync.Mutex
	slots map[string]reflect.Value // pointers
}

// Bind points a unit's slots at the session's, making those that are not there.
func (r *Registry) Bind(u *Unit) error {
	for _, s := range u.Slots {
		at := reflect.ValueOf(s.At).Elem() // a *T variable
		p, err := r.slot(s.Name, at.Type().Elem())
		if err != nil {
			return err
		}
		at.Set(p)
	}
	return nil
}

func (r *Registry) slot(name string, t reflect.Type) (reflect.Value, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if p, ok := r.slots[name]; ok {
		if p.Type().Elem() != t {
			return p, fmt.Errorf("%s is of type %s in the session, and a unit wants %s", name, p.Type().Elem(), t)
		}
		return p, nil
	}
	if r.slots == nil {
		r.slots = map[string]reflect.Value{}
	}
	p := reflect.New(t)
	r.slots[name] = p
	return p, nil
}

// Put makes a slot of p, which is a pointer, where there is none of its name.
func (r *Registry) Put(name string, p reflect.Value) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.slots == nil {
		r.slots = map[string]reflect.Value{}
	}
	if _, ok := r.slots[name]; !ok {
		r.slots[name] = p
	}
}

// Lookup returns the pointer of a slot.
func (r *Registry) Lookup(name string) (p reflect.Value, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p, ok = r.slots[name]
	return p, ok
}

// Forget drops slots, all of them where names is nil. Code that has their pointers keeps them.
func (r *Registry) Forget(names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if names == nil {
		clear(r.slots)
	}
	for _, n := range names {
		delete(r.slots, n)
	}
}

// Activate puts a bound unit's functions and methods in force.
func (r *Registry) Activate(u *Unit) error {
	for _, f := range u.Funcs {
		p, ok := r.Lookup(f.Name)
		if !ok {
			p, _ = r.slot(f.Name, reflect.TypeOf(f.F))
		}
		v := reflect.ValueOf(f.F)
		if v.Type() != p.Type().Elem() {
			return fmt.Errorf("func %s is %s in the session, and a unit has %s", f.Name, p.Type().Elem(), v.Type())
		}
		p.Elem().Set(v)
	}
	// The methods of a unit that is in force again are its own.
	for _, h := range u.Hooks {
		reflect.ValueOf(h.At).Elem().SetZero()
	}
	for _, s := range u.Swaps {
		if err := s.activate(); err != nil {
			return err
		}
	}
	return nil
}

func (s Swap) activate() error {
	home := Loaded(s.Unit)
	if home == nil {
		return fmt.Errorf("method %s: its unit is not loaded", s.Name)
	}
	for _, h := range home.Hooks {
		if h.Name == s.Name {
			reflect.ValueOf(h.At).Elem().Set(reflect.ValueOf(s.F))
			return nil
		}
	}
	return fmt.Errorf("method %s cannot be exchanged in its unit", s.Name)
}
