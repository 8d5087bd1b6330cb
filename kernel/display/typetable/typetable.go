// Package typetable describes go/types types as a [display.Types] table.
//
// The kernel process checks cells and so knows their types; the session process
// shows values and does not import go/types. The table is what goes from one to
// the other.
package typetable

import (
	"go/types"
	"reflect"
	"slices"

	"golang.org/x/tools/go/types/typeutil"

	"lockstep/kernel/display"
)

// Table collects the descriptions of types. It is not safe for concurrent use.
type Table struct {
	local func(*types.Package) bool
	ids   typeutil.Map // types.Type → display.TypeID
	types display.Types
}

// New returns an empty table. local reports which packages are the session's:
// their types are written without a package name and described in full; of other
// defined types the table holds name and kind.
func New(local func(*types.Package) bool) *Table {
	return &Table{local: local, types: make(display.Types, 1)}
}

// Types returns the table so far. It shares nothing with what later calls of Add append.
func (t *Table) Types() display.Types { return slices.Clone(t.types) }

// Add describes a type and all that it is made of, once, and returns its id: 0
// for nil, an invalid type, or a tuple, whose parts are to be added.
func (t *Table) Add(typ types.Type) display.TypeID {
	if typ == nil {
		return 0
	}
	typ = types.Unalias(typ)
	switch x := typ.(type) {
	case *types.Tuple:
		return 0
	case *types.Basic:
		if x.Kind() == types.Invalid || x.Kind() == types.UntypedNil {
			return 0
		}
		typ = types.Default(x)
	}
	if id, ok := t.ids.At(typ).(display.TypeID); ok {
		return id
	}
	// The id is known before the parts are described: they may refer back.
	id := display.TypeID(len(t.types))
	t.ids.Set(typ, id)
	t.types = append(t.types, display.Type{})
	d := t.describe(typ)
	t.types[id] = d
	return id
}

func (t *Table) qualifier(p *types.Package) string {
	if t.local(p) {
		return ""
	}
	return p.Name()
}

func (t *Table) foreign(named *types.Named) bool {
	pkg := named.Obj().Pkg()
	return pkg != nil && !t.local(pkg)
}

func (t *Table) describe(typ types.Type) display.Type {
	d := display.Type{
		Name:    types.TypeString(typ, t.qualifier),
		Methods: t.methods(typ),
	}
	if named, ok := typ.(*types.Named); ok {
		d.Named = true
		d.Foreign = t.foreign(named)
	}
	switch u := typ.Underlying().(type) {
	case *types.Basic:
		d.Kind = basicKinds[u.Kind()]
	case *types.Pointer:
		d.Kind = reflect.Pointer
	case *types.Slice:
		d.Kind = reflect.Slice
	case *types.Array:
		d.Kind = reflect.Array
		d.Len = int(u.Len())
	case *types.Map:
		d.Kind = reflect.Map
	case *types.Chan:
		d.Kind = reflect.Chan
	case *types.Signature:
		d.Kind = reflect.Func
	case *types.Interface:
		d.Kind = reflect.Interface
	case *types.Struct:
		d.Kind = reflect.Struct
	}
	if d.Foreign {
		d.Methods = nil
		return d
	}
	switch u := typ.Underlying().(type) {
	case *types.Pointer:
		d.Elem = t.Add(u.Elem())
	case *types.Slice:
		d.Elem = t.Add(u.Elem())
	case *types.Array:
		d.Elem = t.Add(u.Elem())
	case *types.Map:
		d.Key, d.Elem = t.Add(u.Key()), t.Add(u.Elem())
	case *types.Chan:
		d.Elem = t.Add(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			d.Fields = append(d.Fields, display.Field{Name: f.Name(), Type: t.Add(f.Type()), Embedded: f.Embedded()})
		}
	}
	return d
}

// methods returns the methods that display looks at, of the types that the
// session has to find them for.
func (t *Table) methods(typ types.Type) []string {
	if types.IsInterface(typ) {
		return nil // the dynamic value has its own
	}
	if p, ok := typ.(*types.Pointer); ok {
		if named, ok := types.Unalias(p.Elem()).(*types.Named); ok && t.foreign(named) {
			return nil // reflection finds them
		}
	}
	set := types.NewMethodSet(typ)
	var names []string
	for _, name := range display.Methods() {
		if m := set.Lookup(nil, name); m != nil && displayable[types.TypeString(m.Type(), nil)] {
			names = append(names, name)
		}
	}
	return names
}

// displayable are the signatures that display calls.
var displayable = map[string]bool{
	"func() string":                        true,
	"func() (string, error)":               true,
	"func() []byte":                        true,
	"func() ([]byte, error)":               true,
	"func() image/color.Model":             true,
	"func() image.Rectangle":               true,
	"func(x int, y int) image/color.Color": true,
}

var basicKinds = map[types.BasicKind]reflect.Kind{
	types.Bool:          reflect.Bool,
	types.Int:           reflect.Int,
	types.Int8:          reflect.Int8,
	types.Int16:         reflect.Int16,
	types.Int32:         reflect.Int32,
	types.Int64:         reflect.Int64,
	types.Uint:          reflect.Uint,
	types.Uint8:         reflect.Uint8,
	types.Uint16:        reflect.Uint16,
	types.Uint32:        reflect.Uint32,
	types.Uint64:        reflect.Uint64,
	types.Uintptr:       reflect.Uintptr,
	types.Float32:       reflect.Float32,
	types.Float64:       reflect.Float64,
	types.Complex64:     reflect.Complex64,
	types.Complex128:    reflect.Complex128,
	types.String:        reflect.String,
	types.UnsafePointer: reflect.UnsafePointer,
}
