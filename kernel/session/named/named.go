// Package named is a stock of types for interp, which knows no types of its
// own over basic types: to it, a cell's "type Celsius float64" would be float64 in every interface. Each such
// type of a session is made of one of these, so that type assertions, type switches and comparisons
// of interfaces tell them apart. They have no methods: the interpreter adds the cell's.
package named

//go:generate go run gen.go

import (
	"reflect"

	"lockstep/kernel/rewrite/mark"
)

// Symbols are the types as an interpreter's table wants them: nil pointers to
// them, by the names of [mark.NamedType].
func Symbols() map[string]reflect.Value {
	out := map[string]reflect.Value{}
	for kind, list := range types {
		for i, t := range list {
			out[mark.NamedType(kind, i)] = reflect.Zero(reflect.PointerTo(t))
		}
	}
	return out
}

// Of returns the types of a table by the names of [mark.NamedType].
func Of(names map[string]string) map[reflect.Type]string {
	out := map[reflect.Type]string{}
	for kind, list := range types {
		for i, t := range list {
			if name := names[mark.NamedType(kind, i)]; name != "" {
				out[t] = name
			}
		}
	}
	return out
}
