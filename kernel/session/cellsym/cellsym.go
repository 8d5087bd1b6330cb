package cellsym

import (
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/session/stdsym"
	"lockstep/kernel/session/symtab"
)

// Host is a session to the cells that it runs. Its methods are called from any
// goroutine, concurrently; they, and the streams that they return, find out
// for which cell.
type Host interface {
	Stdout() io.Writer
	Stderr() io.Writer
	// Stdin returns what fmt.Scan reads. A Read that finds nothing asks the
	// user for a line; what it has no room for is left for the next Read.
	Stdin() io.Reader
	// Exit ends the cell that calls it, as os.Exit ends a program. It does not
	// return.
	Exit(code int)
	Sleep(d time.Duration)
}

// Import makes the packages with the given import paths known to an
// interpreter, before it evaluates their import. An unknown path is an error that names it,
// and then none of them is loaded. A package is loaded once, however often it is named.
//
// The first call for an interpreter prepares it, so that it comes right after
// interp.New, with no paths if need be. It also directs the default logger of package log and
// flag.CommandLine, which the process has one of, to h; later calls ignore h.
//
// Import is not to be called while the same interpreter evaluates or imports,
// but goroutines of earlier evaluations may run.
func Import(it *interp.Interpreter, h Host, paths ...string) error {
	s, err := loaded(it, h)
	if err != nil {
		return err
	}
	return s.add(paths)
}

// Paths returns the import paths that [Import] knows, sorted.
func Paths() []string {
	paths := stdsym.Paths()
	for _, t := range tables {
		paths = append(paths, t.Path)
	}
	slices.Sort(paths)
	return paths
}

// Type returns a type of a package that [Import] knows.
func Type(path, name string) (reflect.Type, bool) {
	var v reflect.Value
	if t := own(path); t != nil {
		v = t.Symbols()[name]
	} else if table, ok := stdsym.Lookup(path); ok {
		v = table[name]
	}
	// A type is a nil pointer to it.
	if !v.IsValid() || v.Kind() != reflect.Pointer || !v.IsNil() || v.CanAddr() {
		return nil, false
	}
	return v.Type().Elem(), true
}

// symbols is what one interpreter has loaded.
type symbols struct {
	it       *interp.Interpreter
	replaced map[string]map[string]reflect.Value // by import path and name
	done     map[string]bool                     // import paths
	print    *printing
	fail     func(text string) // panics with a run-time error
}

// loaded returns what an interpreter has. The interpreter itself keeps it, as
// a symbol of a package that no cell can import.
func loaded(it *interp.Interpreter, h Host) (*symbols, error) {
	self := reflect.TypeFor[symbols]().PkgPath()
	if v, ok := it.Symbols(self)[self]["symbols"]; ok {
		return v.Interface().(*symbols), nil
	}
	if err := stdsym.Prepare(it); err != nil {
		return nil, err
	}
	s := &symbols{it: it, replaced: make(map[string]map[string]reflect.Value), done: make(map[string]bool),
		print: &printing{named: map[reflect.Type]string{}, methods: map[reflect.Type]map[string]reflect.Value{}, ofName: map[string]map[string]reflect.Value{}, inside: map[reflect.Type]bool{}}}
	x := stdsym.Exports{
		stdsym.Key(self, "cellsym"): {"symbols": reflect.ValueOf(s)},
		".":                         {"MapTypes": reflect.ValueOf(s.replace(h))},
	}
	maps.Copy(x[stdsym.Key(self, "cellsym")], sourceWrappers())
	for _, t := range tables {
		x[stdsym.Key(t.Path, t.Name)] = t.InterfaceWrappers()
	}
	redirect(h)
	return s, it.Use(x)
}

// add loads those of the packages that are not loaded yet.
func (s *symbols) add(paths []string) error {
	x := make(stdsym.Exports)
	for _, path := range paths {
		if s.done[path] {
			continue
		}
		if t := own(path); t != nil {
			x[stdsym.Key(t.Path, t.Name)] = t.Symbols()
			continue
		}
		standard, err := stdsym.Import(path)
		if err != nil {
			return err
		}
		for key, m := range standard {
			maps.Copy(m, s.replaced[path])
			x[key] = m
		}
	}
	if err := s.it.Use(x); err != nil {
		return fmt.Errorf("packages %v: %w", paths, err)
	}
	for _, path := range paths {
		s.done[path] = true
	}
	return nil
}

func own(path string) *symtab.Table {
	for _, t := range tables {
		if t.Path == path {
			return t
		}
	}
	return nil
}
