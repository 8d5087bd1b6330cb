package stdsym

import (
	"reflect"

	"github.com/traefik/yaegi/interp"
	yaegiunsafe "github.com/traefik/yaegi/stdlib/unsafe"
)

// base returns what an interpreter needs before the first [Import]: the
// interface wrappers of all packages, and [MapTypes]. yaegi looks for the
// wrapper of io.Reader when a cell passes a reader of its own to compiled
// code, whether or not the cell imports io, and crashes where it finds none.
func base() Exports {
	x := make(Exports, len(tables)+2)
	for _, t := range tables {
		if len(t.Wrappers) > 0 {
			x[Key(t.Path, t.Name)] = t.InterfaceWrappers()
		}
	}
	x[Key(selfPath, "stdsym")] = map[string]reflect.Value{
		"_formattedString": reflect.ValueOf((*stringWrapper)(nil)),
		"_formattedError":  reflect.ValueOf((*plainError)(nil)),
	}
	x["."] = map[string]reflect.Value{"MapTypes": reflect.ValueOf(MapTypes())}
	// The hook by which conversions to and from unsafe.Pointer work.
	x[yaegiHooks] = yaegiunsafe.Symbols[yaegiHooks]
	return x
}

// Prepare makes the interface wrappers known to a new interpreter, and the error wrappers
// of this package in place of its own.
func Prepare(it *interp.Interpreter) error {
	exports := base()
	types := exports["."]["MapTypes"].Interface().(map[reflect.Value][]reflect.Type)
	types[it.Symbols("")[""]["_error"]] = errorWrappers
	return it.Use(exports)
}

// selfPath is where yaegi looks for the wrappers of the interfaces declared here.
var selfPath = reflect.TypeFor[formattedError]().PkgPath()

const yaegiHooks = "github.com/traefik/yaegi/yaegi"

// unsafeBuiltins are the functions of package unsafe whose type depends on
// their arguments.
var unsafeBuiltins = []string{"Slice", "SliceData", "String", "StringData"}

func unsafeSymbols() map[string]reflect.Value {
	m := make(map[string]reflect.Value)
	for name, v := range yaegiunsafe.Symbols["unsafe/unsafe"] {
		m[name] = v
	}
	return m
}
