package typetable

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"testing"

	"lockstep/kernel/display"
)

const cell = `package cell

import (
	"image"
	"image/color"
	"time"
)

type P struct {
	A int
	b string
}

func (p P) String() string { return "" }
func (p *P) HTML() (string, error) { return "", nil }
func (p P) Error(code int) string { return "" } // not the error interface

type N struct {
	*N
	Kids map[string][]N
	when time.Time
}

type Pair[K comparable, V any] struct { Key K; Value V }
type Alias = []P
type Canvas struct{}

func (Canvas) ColorModel() color.Model { return nil }
func (Canvas) Bounds() image.Rectangle { return image.Rectangle{} }
func (Canvas) At(x, y int) color.Color { return nil }

var (
	p     P
	pp    *P
	n     N
	alias Alias
	pair  Pair[string, *P]
	f     func(int, ...P) (string, error)
	c     <-chan [3]P
	e     error
	any1  any
	d     time.Duration
	r     *image.RGBA
	r1    rune
	canvas Canvas
)

const untyped = 1.5
`

func check(t *testing.T) *types.Package {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "cell.go", cell, 0)
	if err != nil {
		t.Fatal(err)
	}
	conf := types.Config{Importer: importer.ForCompiler(fset, "gc", nil)}
	pkg, err := conf.Check("cell", fset, []*ast.File{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

func TestAdd(t *testing.T) {
	pkg := check(t)
	table := New(func(p *types.Package) bool { return p == pkg })
	at := func(name string) display.Type {
		id := table.Add(pkg.Scope().Lookup(name).Type())
		return table.Types()[id]
	}
	for _, tt := range []struct {
		v, name string
		kind    reflect.Kind
		methods []string
	}{
		{"p", "P", reflect.Struct, []string{"String"}},
		{"pp", "*P", reflect.Pointer, []string{"String", "HTML"}},
		{"n", "N", reflect.Struct, nil},
		{"alias", "[]P", reflect.Slice, nil},
		{"pair", "Pair[string, *P]", reflect.Struct, nil},
		{"f", "func(int, ...P) (string, error)", reflect.Func, nil},
		{"c", "<-chan [3]P", reflect.Chan, nil},
		{"e", "error", reflect.Interface, nil},
		{"any1", "any", reflect.Interface, nil},
		{"d", "time.Duration", reflect.Int64, nil},
		{"r", "*image.RGBA", reflect.Pointer, nil},
		{"r1", "rune", reflect.Int32, nil},
		{"canvas", "Canvas", reflect.Struct, []string{"ColorModel", "Bounds", "At"}},
		{"untyped", "float64", reflect.Float64, nil},
	} {
		got := at(tt.v)
		if got.Name != tt.name || got.Kind != tt.kind || !slices.Equal(got.Methods, tt.methods) {
			t.Errorf("%s: got %q, %v, methods %q; want %q, %v, %q", tt.v, got.Name, got.Kind, got.Methods, tt.name, tt.kind, tt.methods)
		}
	}

	n := at("n")
	if f := n.Fields[0]; f.Name != "N" || !f.Embedded || table.Types()[table.Types()[f.Type].Elem].Name != "N" {
		t.Errorf("a recursive embedded field: got %v", f)
	}
	kids := table.Types()[n.Fields[1].Type]
	if kids.Key == 0 || table.Types()[kids.Key].Name != "string" || table.Types()[kids.Elem].Name != "[]N" {
		t.Errorf("got %v", kids)
	}
	if when := table.Types()[n.Fields[2].Type]; !when.Foreign || when.Fields != nil || when.Name != "time.Time" {
		t.Errorf("a type of another package: got %v, want name and kind alone", when)
	}
	if pair := at("pair"); table.Types()[pair.Fields[1].Type].Name != "*P" {
		t.Errorf("got %v", pair)
	}
}

func TestAddOnce(t *testing.T) {
	pkg := check(t)
	table := New(func(p *types.Package) bool { return p == pkg })
	a := table.Add(types.NewSlice(types.Typ[types.Int]))
	size := len(table.Types())
	if b := table.Add(types.NewSlice(types.Typ[types.Int])); a != b || len(table.Types()) != size {
		t.Errorf("identical types have the ids %d and %d", a, b)
	}
	for _, typ := range []types.Type{nil, types.Typ[types.Invalid], types.Typ[types.UntypedNil], types.NewTuple()} {
		if id := table.Add(typ); id != 0 {
			t.Errorf("%v: got the id %d, want 0", typ, id)
		}
	}
}

// The table and the value meet: an interpreter's value of type P has other
// names at run time and still shows as a P.
func TestFormatByTable(t *testing.T) {
	pkg := check(t)
	table := New(func(p *types.Package) bool { return p == pkg })
	id := table.Add(pkg.Scope().Lookup("pair").Type())
	type rawP = struct {
		A  int
		Xb string
	}
	v := struct {
		Key   string
		Value *rawP
	}{"k", &rawP{1, "x"}}
	got := display.Text(reflect.ValueOf(v), display.FormatOptions{Types: table.Types(), Type: id})
	if want := `Pair[string, *P]{Key: "k", Value: &P{A: 1, b: "x"}}`; got != want {
		t.Errorf("got %s want %s", got, want)
	}
}
