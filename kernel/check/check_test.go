package check_test

import (
	"errors"
	"fmt"
	"go/types"
	"slices"
	"strings"
	"testing"

	"lockstep/kernel/cell"
	"lockstep/kernel/check"
	"lockstep/kernel/check/stdtypes"
)

type packages struct{ *stdtypes.Importer }

func (packages) ByName(name string) []string { return stdtypes.ByName(name) }

var std = packages{new(stdtypes.Importer)}

// notebook runs cells through the checker, committing each.
type notebook struct {
	t     testing.TB
	scope *check.Scope
	n     int
}

func newNotebook(t testing.TB) *notebook { return &notebook{t: t, scope: check.NewScope(std)} }

func (n *notebook) try(code string) (*check.Cell, error) {
	n.t.Helper()
	n.n++
	g, err := cell.Parse(n.scope.Fset(), fmt.Sprintf("cell %d", n.n), code, 1)
	if err != nil {
		n.t.Fatalf("parse %q: %v", code, err)
	}
	c, err := n.scope.Check(g, check.TopLevel)
	if err == nil {
		n.scope = c.Commit(nil)
	}
	return c, err
}

func (n *notebook) run(code string) *check.Cell {
	n.t.Helper()
	c, err := n.try(code)
	if err != nil {
		n.t.Fatalf("cell %d %q: %v", n.n, code, err)
	}
	return c
}

func lastType(c *check.Cell) string {
	if c.LastType == nil {
		return ""
	}
	return types.TypeString(c.LastType, func(p *types.Package) string { return p.Name() })
}

func TestLastExpression(t *testing.T) {
	tests := []struct{ cells, want string }{
		{"6*7", "int"}, {`"a"+"b"`, "string"}, {"x := 1.5\nx", "float64"}, {"x := 1 | x++", ""},
		{"strings.ToUpper(`a`)", "string"}, {"fmt.Println(1)", ""}, {"strconv.Atoi(`1`)", "(int, error)"},
		{"nil", "untyped nil"}, {"func() {}()", ""}, {"x := []int{1} | len(x)", "int"}, {"f := func() int { return 1 } | f", "func() int"},
		{"type P struct{ A int } | &P{1}", "*main.P"}, {"var e error | e == nil", "bool"}, {"rand.Float64()", "float64"},
		{"rand.N(10)", "int"}, {"rand.Intn(3)", "int"}, {"rand.Read(make([]byte, 3))", "(n int, err error)"}, {"x := 1 | x := x + 1\nx", "int"}, {"x := 1 | x := fmt.Sprint(x)\nx", "string"},
		{"func f() int { return x }\nx := 5\nf()", "int"}, {"const c = 3 | c * 2", "int"}, {"time.Second", "time.Duration"},
	}
	for _, tt := range tests {
		t.Run(tt.cells, func(t *testing.T) {
			n := newNotebook(t)
			var c *check.Cell
			for _, code := range strings.Split(tt.cells, " | ") {
				c = n.run(code)
			}
			if got := lastType(c); got != tt.want {
				t.Errorf("type of the last expression: got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	tests := []struct {
		cells string
		want  []string // of the last cell
	}{
		{"x := 1\ny := x + \"a\"", []string{"2:6"}},
		{"a := undefined1\nb := undefined2", []string{"1:6: undefined: undefined1", "2:6: undefined: undefined2"}},
		{"fmt.Printn(1)", []string{"undefined: fmt.Printn"}},
		{"x := 1 | x = \"s\"", []string{"cannot use"}},
		{"func f() int { return 1 }\nfunc g() int { return f() } | func f() string { return \"\" }", []string{"cannot use f()"}},
		{"for i := 0; i < 3; i++ {\n\tz\n}", []string{"2:2: undefined: z"}},
		{"import \"nosuch\"", []string{"1:8: package nosuch is not in std"}},
		{"import \"github.com/a/b\"", []string{"1:8: package github.com/a/b: "}},
		{"x := 1\nx := 2", []string{"no new variables"}},
		{"1 + 1\n2 + 2", []string{"is not used"}},
		{"func f() {}\nfunc f() {}", []string{"redeclared"}},
		{"math.MaxUint64", []string{"1:1: cannot use math.MaxUint64 (untyped int constant 18446744073709551615) as int value (overflows)"}},
	}
	for _, tt := range tests {
		t.Run(tt.cells, func(t *testing.T) {
			n := newNotebook(t)
			var err error
			for _, code := range strings.Split(tt.cells, " | ") {
				if err != nil {
					t.Fatal(err)
				}
				_, err = n.try(code)
			}
			var list check.ErrorList
			if !errors.As(err, &list) {
				t.Fatalf("got %v, want an ErrorList", err)
			}
			if len(list) != len(tt.want) {
				t.Errorf("got %d errors (%v), want %d", len(list), list, len(tt.want))
			}
			for i, w := range tt.want {
				if got := fmt.Sprintf("%d:%d: %s", list[i].Pos.Line, list[i].Pos.Column, list[i].Msg); !strings.Contains(got, w) {
					t.Errorf("error %d: got %q, want %q in it", i, got, w)
				}
			}
		})
	}
}

func TestUnusedVariablesAndImportsPass(t *testing.T) {
	n := newNotebook(t)
	n.run("import \"os\"\nfunc f() { x := 1 }")
	n.run("y := 2")
}

func TestBrokenEarlierDeclarationIsNamed(t *testing.T) {
	n := newNotebook(t)
	n.run("func f() int { return 1 }")
	n.run("func g() int { return f() }")
	_, err := n.try("func f() string { return \"\" }")
	var list check.ErrorList
	if !errors.As(err, &list) || list[0].Earlier != "func g" || list[0].Pos.Filename != "cell 2" {
		t.Fatalf("got %+v, want an error that names func g of cell 2", err)
	}
	if c := n.run("g()"); lastType(c) != "int" {
		t.Errorf("after the refused cell g() is %s, want int", lastType(c))
	}
}

func TestRemake(t *testing.T) {
	tests := []struct {
		name, cells           string
		remake, retyped, lost []string
	}{
		{"new function", "func f() {}", []string{"f"}, nil, nil},
		{"caller follows", "func f() int { return 1 } | func g() int { return f() } | func h() int { return g() } | func f() int { return 2 }", []string{"f", "g", "h"}, nil, nil},
		{"same text", "func f() int { return 1 } | func f() int { return 1 }", nil, nil, nil},
		{"method goes with its type", "type P struct{}\nfunc (P) A() {} | func (P) B() {}", []string{"P"}, nil, nil},
		{"variable of a type with a new method", "type P struct{ X int }\nvar p P | func (P) B() {}", []string{"P"}, []string{"p"}, nil},
		{"variable of a changed type", "type P struct{ X int }\nvar p []P | type P struct{ X, Y int }", []string{"P"}, []string{"p"}, []string{"p"}},
		{"embedding", "type P struct{ X int }\ntype Q struct{ P }\nvar q Q | type P struct{ X, Y int }", []string{"P", "Q"}, []string{"q"}, []string{"q"}},
		{"retyped variable", "x := 1\nfunc f() any { return x } | x := \"s\"", []string{"f"}, nil, nil},
		{"same type again", "x := 1\nfunc f() int { return x } | x := 2", nil, nil, nil},
		{"function becomes variable", "func f() int { return 1 } | f := func() int { return 2 }", nil, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := newNotebook(t)
			var c *check.Cell
			for _, code := range strings.Split(tt.cells, " | ") {
				c = n.run(code)
			}
			var remake []string
			for k := range c.Remake {
				remake = append(remake, k)
			}
			slices.Sort(remake)
			for _, x := range []struct {
				what      string
				got, want []string
			}{{"remake", remake, tt.remake}, {"retyped", c.Retyped, tt.retyped}, {"reset", c.Reset, tt.lost}} {
				if !slices.Equal(x.got, x.want) {
					t.Errorf("%s: got %v, want %v", x.what, x.got, x.want)
				}
			}
		})
	}
}

func TestCommitKeepsOnlyWhatRan(t *testing.T) {
	n := newNotebook(t)
	n.run("a := 1")
	g, err := cell.Parse(n.scope.Fset(), "cell 2", "a := \"s\"\nb := 2\nfunc f() {}", 1)
	if err != nil {
		t.Fatal(err)
	}
	c, err := n.scope.Check(g, check.TopLevel)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Commit([]string{"b"})
	if s.Var("a").TypeText() != "int" || s.Var("b") == nil || s.Decl("f") == nil {
		t.Errorf("got a %v, b %v, f %v", s.Var("a").TypeText(), s.Var("b"), s.Decl("f"))
	}
}

func TestWorkload(t *testing.T) {
	n := newNotebook(t)
	n.run("size := 10")
	g, _ := cell.Parse(n.scope.Fset(), "cell 2", "xs := make([]float64, 0, size)\nfor i := worker; i < size; i++ { xs = append(xs, rand.Float64()) }\nlen(xs) + workers", 1)
	c, err := n.scope.Check(g, check.Workload)
	if err != nil {
		t.Fatal(err)
	}
	if lastType(c) != "int" || len(c.Vars) != 0 {
		t.Errorf("got type %s and %d session variables, want int and none", lastType(c), len(c.Vars))
	}
	if u := c.BodyUses(); !u["size"] || len(u) != 1 {
		t.Errorf("uses: got %v, want size alone", u)
	}
	if c.Commit(nil).Var("xs") != nil {
		t.Error("a workload's variable became the session's")
	}
}

func BenchmarkCheckIn1000Lines(b *testing.B) {
	n := newNotebook(b)
	for i := range 100 {
		n.run(fmt.Sprintf("func f%d(xs []int) int {\n\ts := 0\n\tfor i, x := range xs {\n\t\tif x > %d {\n\t\t\ts += x * i\n\t\t}\n\t}\n\tfmt.Println(s)\n\treturn s\n}", i, i))
	}
	for b.Loop() {
		n.run("f1([]int{1, 2})")
	}
}
