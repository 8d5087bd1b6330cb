package session

import (
	"cmp"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"lockstep/kernel/pipe"
	"lockstep/kernel/rewrite/mark"
	"lockstep/kernel/rt"
)

// native is the side of the native engine that runs here: compiled units are
// loaded and never unloaded, and the session's variables and functions are slots of one registry.
type native struct {
	load     Loader
	registry rt.Registry
	loaded   pipe.Units
}

// usualUnit is what a unit that prints takes of memory (60 of them, measured): its part of the
// standard library, relocated. It is the answer where that cannot be measured.
const usualUnit = 2 << 20

// open loads a plugin, and notes what it takes.
func (n *native) open(file string) error {
	before := resident()
	if err := n.load(file); err != nil {
		return err
	}
	took := resident() - before
	if before == 0 {
		took = usualUnit
	}
	n.loaded.Count++
	n.loaded.Bytes += max(took, 0) // less, if memory was given back meanwhile
	return nil
}

// loadUnit loads the units of a run that are not there yet, puts them in force, and returns the last. Values that variables take over are copied.
func (s *Session) loadUnit(u pipe.Run) (*rt.Unit, *pipe.Fault) {
	var unit *rt.Unit
	for _, p := range u.Plugins {
		if rt.Loaded(p.Path) == nil {
			if s.native.load == nil {
				return nil, &pipe.Fault{Kind: "internal error", Text: "this process cannot load compiled units"}
			}
			if err := s.native.open(p.File); err != nil {
				return nil, &pipe.Fault{Kind: "internal error", Text: "the native engine: " + err.Error()}
			}
		}
		if unit = rt.Loaded(p.Path); unit == nil {
			return nil, &pipe.Fault{Kind: "internal error", Text: "the native engine: a unit did not register itself"}
		}
		if err := s.native.registry.Bind(unit); err != nil {
			return nil, &pipe.Fault{Kind: "internal error", Text: "the native engine: " + err.Error()}
		}
	}
	if err := s.enforce(u.Plugins); err != nil {
		return nil, &pipe.Fault{Kind: "internal error", Text: "the native engine: " + err.Error()}
	}
	if u.Name != "" {
		rt.Name(u.Plugins[len(u.Plugins)-1].Path, u.Name)
	}
	for _, v := range u.Vars {
		s.carry(v)
	}
	return unit, nil
}

// enforce puts units in force that are loaded, the oldest first.
func (s *Session) enforce(plugins []pipe.Plugin) error {
	plugins = slices.Clone(plugins)
	slices.SortStableFunc(plugins, func(a, b pipe.Plugin) int { return cmp.Compare(a.Age, b.Age) })
	for _, p := range plugins {
		if err := s.native.registry.Activate(rt.Loaded(p.Path)); err != nil {
			return err
		}
	}
	return nil
}

// carry copies the value of the variable that v takes over from. Their types differ
// by name only: the checker has compared the layout.
func (s *Session) carry(v pipe.Var) {
	to, ok := s.native.registry.Lookup(v.Internal)
	from, was := s.native.registry.Lookup(v.From)
	if v.From == "" || !ok || !was {
		return
	}
	if to.Type().Elem().Size() == from.Type().Elem().Size() {
		to.Elem().Set(reflect.NewAt(to.Type().Elem(), unsafe.Pointer(from.Pointer())).Elem())
	}
	s.native.registry.Forget([]string{v.From})
}

// placesIn finds where in cells compiled code was when it panicked, from the stack of the
// goroutine that did.
func placesIn(stack []byte) (places []pipe.Place) {
	text := string(stack)
	if i := strings.Index(text, "\npanic("); i >= 0 {
		text = text[i:]
	}
	for _, p := range mark.Places(text) {
		places = append(places, pipe.Place{Cell: cellOf(p.Cell, p.Unit), Line: p.Line})
	}
	return places
}

// caller finds the place in a cell from which the current function was called.
func caller() (cell string, line int) {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if cell, line, ok := placeOf(f); ok || !more {
			return cell, line
		}
	}
}

// placeOf is the place in a cell that a frame is at, if it is at one. The cell is "" where its unit is known and its number is not,
// as in a worker process.
func placeOf(f runtime.Frame) (cell string, line int, ok bool) {
	if i := strings.LastIndex(f.File, "cell "); i >= 0 && (i == 0 || f.File[i-1] == '/') {
		if _, err := strconv.Atoi(f.File[i+5:]); err == nil {
			path, _, _ := strings.Cut(f.Function, ".")
			return cellOf(f.File[i:], path), f.Line, true
		}
	}
	return "", 0, false
}

// cellOf is the cell that a file name in a unit's positions means.
func cellOf(file, unit string) string {
	if file == mark.ThisCell {
		return rt.CellOf(unit)
	}
	return file
}
