package stdsym

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"lockstep/kernel/session/symtab"
)

//go:generate go run lockstep/kernel/session/stdsym/gen -package stdsym std

// Exports has the form that yaegi's Use method takes: keys are made of import
// path and package name.
type Exports = map[string]map[string]reflect.Value

// GoVersion returns the version of Go that the tables describe, as
// [runtime.Version] writes it.
func GoVersion() string { return madeWith }

// Paths returns the import paths that [Lookup] knows, sorted. The caller owns
// the slice.
func Paths() []string {
	paths := make([]string, len(tables))
	for i, t := range tables {
		paths[i] = t.Path
	}
	i, _ := slices.BinarySearch(paths, "unsafe")
	return slices.Insert(paths, i, "unsafe")
}

// Lookup returns the symbols of the package with the given import path, under
// the names by which yaegi looks for them, and whether there is such a package. The map
// is made for each call, and the caller owns it.
func Lookup(path string) (symbols map[string]reflect.Value, ok bool) {
	if path == "unsafe" {
		return unsafeSymbols(), true
	}
	t, ok := find(path)
	if !ok {
		return nil, false
	}
	return t.Symbols(), true
}

// Generic reports whether the package has an exported name that no table of
// values can hold: a generic function or type, a constraint, or a function of
// package unsafe that is built into the language.
func Generic(path, name string) bool {
	if path == "unsafe" {
		return slices.Contains(unsafeBuiltins, name)
	}
	t, ok := find(path)
	return ok && slices.Contains(t.Generic, name)
}

func find(path string) (*symtab.Table, bool) {
	i, ok := slices.BinarySearchFunc(tables[:], path, func(t *symtab.Table, path string) int { return strings.Compare(t.Path, path) })
	if !ok {
		return nil, false
	}
	return tables[i], true
}

// Key returns the key of a package in [Exports]. The doubled slash names the
// same package to yaegi as a single one, but keeps it from recognising fmt: for
// "fmt/fmt" its Use method redirects the streams of fmt, log and os to those
// of its options and compiles sources of cmp, maps and slices, at every call.
func Key(path, name string) string { return path + "//" + name }

// Import returns the packages with the given import paths for yaegi's Use. An
// unknown path is an error that names it.
func Import(paths ...string) (Exports, error) {
	x := make(Exports, len(paths))
	for _, path := range paths {
		symbols, ok := Lookup(path)
		if !ok {
			return nil, fmt.Errorf("no symbols of package %q", path)
		}
		name := path
		if t, ok := find(path); ok {
			name = t.Name
		}
		x[Key(path, name)] = symbols
	}
	return x, nil
}
