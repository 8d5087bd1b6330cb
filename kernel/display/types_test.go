package display

import (
	"bytes"
	"encoding/gob"
	"errors"
	"reflect"
	"slices"
	"testing"
)

// box stands for what an interpreter keeps in an interface: a value and its type.
type box struct {
	value any
	typ   TypeID
}

// The table of a session that declares
//
//	type P struct { A int; b string }
//	func (p P) String() string
//	type N struct { v int; next *N; any any; p P; f func(int) int; e error }
//	type C float64
//
// and the values as the interpreter makes them: no names, unexported fields with an X before.
const (
	idInt TypeID = iota + 1
	idString
	idP
	idN
	idPtrN
	idAny
	idFunc
	idError
	idC
	idSliceC
	idSliceP
	idMap
	idSlicePlain
	idPlain
)

var session = Types{
	idInt:    {Name: "int", Kind: reflect.Int},
	idString: {Name: "string", Kind: reflect.String},
	idP: {Name: "P", Named: true, Kind: reflect.Struct, Methods: []string{"String"},
		Fields: []Field{{Name: "A", Type: idInt}, {Name: "b", Type: idString}}},
	idN: {Name: "N", Named: true, Kind: reflect.Struct, Fields: []Field{
		{Name: "v", Type: idInt}, {Name: "next", Type: idPtrN}, {Name: "any", Type: idAny},
		{Name: "p", Type: idP}, {Name: "f", Type: idFunc}, {Name: "e", Type: idError}}},
	idPtrN:       {Name: "*N", Kind: reflect.Pointer, Elem: idN},
	idAny:        {Name: "any", Kind: reflect.Interface},
	idFunc:       {Name: "func(int) int", Kind: reflect.Func},
	idError:      {Name: "error", Named: true, Kind: reflect.Interface},
	idC:          {Name: "C", Named: true, Kind: reflect.Float64},
	idSliceC:     {Name: "[]C", Kind: reflect.Slice, Elem: idC},
	idSliceP:     {Name: "[]P", Kind: reflect.Slice, Elem: idP},
	idMap:        {Name: "map[C]Plain", Kind: reflect.Map, Key: idC, Elem: idPlain},
	idSlicePlain: {Name: "[]Plain", Kind: reflect.Slice, Elem: idPlain},
	idPlain: {Name: "Plain", Named: true, Kind: reflect.Struct,
		Fields: []Field{{Name: "name", Type: idString}, {Name: "c", Type: idC}}},
}

type (
	rawP = struct {
		A  int
		Xb string
	}
	rawN = struct {
		Xv    int
		Xnext any // a recursive type may be represented so
		Xany  any
		Xp    rawP
		Xf    any
		Xe    error
	}
	rawPlain = struct {
		Xname string
		Xc    float64
	}
)

func sessionOptions(id TypeID) FormatOptions {
	return FormatOptions{
		Types: session,
		Type:  id,
		Bind: func(v reflect.Value, t TypeID) map[string]any {
			if t != idP {
				return nil
			}
			return map[string]any{"String": func() string { return "P!" + v.Field(1).String() }}
		},
		Resolve: func(v reflect.Value) (reflect.Value, TypeID) {
			inside := v
			if inside.Kind() == reflect.Interface {
				inside = inside.Elem()
			}
			if b, ok := inside.Interface().(box); ok {
				return reflect.ValueOf(b.value), b.typ
			}
			return v, 0
		},
	}
}

func TestDescribedTypes(t *testing.T) {
	for _, tt := range []struct {
		name string
		v    any
		id   TypeID
		want string
	}{
		{"struct with a method", rawP{1, "x"}, idP, "P!x"},
		{"nested, recursive, boxed", &rawN{Xv: 1, Xnext: &rawN{Xv: 2}, Xany: box{2.5, idC}, Xf: 3, Xe: errors.New("bad")}, idPtrN,
			"&N{\n    v: 1,\n    next: &N{v: 2, next: nil, any: nil, p: P!, f: func(int) int, e: nil},\n" +
				"    any: C(2.5),\n    p: P!,\n    f: func(int) int,\n    e: bad,\n}"},
		{"named elements", []float64{1, 2}, idSliceC, "[]C{1, 2}"},
		{"elements with a method", []rawP{{1, "x"}}, idSliceP, "[]P{P!x}"},
		{"map", map[float64]rawPlain{1: {"n", 2}}, idMap, `map[C]Plain{1: {name: "n", c: 2}}`},
		{"interface", box{rawP{1, "y"}, idP}, idAny, "P!y"},
		{"interface over a plain value", 7, idAny, "7"},
		{"description of another kind is dropped", "text", idP, `"text"`},
		{"description with other fields is dropped", struct{ Z int }{1}, idN, "N{Z: 1}"},
		{"id out of range", 1, 99, "1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Text(reflect.ValueOf(tt.v), sessionOptions(tt.id)); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// A Resolve or Bind that goes wrong costs the names, not the value.
func TestResolvePanics(t *testing.T) {
	opt := sessionOptions(idAny)
	opt.Resolve = func(reflect.Value) (reflect.Value, TypeID) { panic("lost") }
	if got, want := Text(reflect.ValueOf(new(any(3))).Elem(), opt), "3"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

// The interpreter makes struct types without a name that contain themselves;
// their names must end. Such a type cannot be written in Go, so this one nests
// more deeply than anything that is written out.
func TestTypeNamesEnd(t *testing.T) {
	typ := reflect.TypeFor[int]()
	for range 30 {
		typ = reflect.SliceOf(reflect.PointerTo(typ))
	}
	if got, want := Text(reflect.Zero(typ), FormatOptions{}), "[]*[]*[]*[]*…(nil)"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
	type wrap = struct{ In struct{ X int } }
	if got, want := Text(reflect.ValueOf([]wrap(nil)), FormatOptions{}), "[]struct{ In struct{ … } }(nil)"; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}

func TestTypesTravel(t *testing.T) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(session); err != nil {
		t.Fatal(err)
	}
	var back Types
	if err := gob.NewDecoder(&b).Decode(&back); err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(back, session, func(a, b Type) bool { return reflect.DeepEqual(a, b) }) {
		t.Errorf("got %v want %v", back, session)
	}
}
