// Package symtab is the form in which tables of symbols for yaegi are compiled
// in: stdsym/gen writes them, stdsym and cellsym hold them.
package symtab

import (
	"go/constant"
	"go/token"
	"reflect"
)

// Table lists the exported names of one package. It is filled at declaration
// with functions, pointers and constants only, so that the compiler lays it out
// as data and the program executes nothing for it at start.
type Table struct {
	Path, Name string
	Values     []Symbol  // functions and typed constants
	Variables  []Symbol  // pointers to them
	Types      []Symbol  // nil pointers to them
	Wrappers   []Symbol  // nil pointers to the wrapper of the interface of that name
	Composed   []Symbol  // nil pointers to wrappers with methods beyond those of that interface, most methods first
	Constants  []Literal // untyped numbers and strings
	Generic    []string  // names that no table can hold
}

// Symbol is a name with what it stands for. It is an unnamed type, as is
// [Literal], for the thousands of literals without field names, which go vet
// wants for types of other packages.
type Symbol = struct {
	Name  string
	Value any
}

// Literal is an untyped constant as Go source text. It becomes a
// [constant.Value] when it is looked up, which keeps it exact and untyped in
// interpreted code.
type Literal = struct {
	Name string
	Kind token.Token
	Text string
}

// Symbols returns what yaegi is to know of a package that is imported. The
// caller owns the map.
func (t *Table) Symbols() map[string]reflect.Value {
	m := make(map[string]reflect.Value, len(t.Values)+len(t.Variables)+len(t.Types)+len(t.Wrappers)+len(t.Constants))
	for _, s := range t.Values {
		m[s.Name] = reflect.ValueOf(s.Value)
	}
	for _, s := range t.Variables {
		m[s.Name] = reflect.ValueOf(s.Value).Elem()
	}
	for _, s := range t.Types {
		m[s.Name] = reflect.ValueOf(s.Value)
	}
	for _, c := range t.Constants {
		m[c.Name] = reflect.ValueOf(constant.MakeFromLiteral(c.Text, c.Kind, 0))
	}
	t.addWrappers(m)
	return m
}

// InterfaceWrappers returns the wrappers alone, under the names by which yaegi
// looks for them. The caller owns the map.
func (t *Table) InterfaceWrappers() map[string]reflect.Value {
	m := make(map[string]reflect.Value, len(t.Wrappers))
	t.addWrappers(m)
	return m
}

func (t *Table) addWrappers(m map[string]reflect.Value) {
	for _, s := range t.Wrappers {
		m["_"+s.Name] = reflect.ValueOf(s.Value)
	}
}
