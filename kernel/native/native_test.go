package native_test

import (
	"errors"
	"fmt"
	osexec "os/exec"
	"testing"

	"lockstep/kernel/native"
	"lockstep/kernel/native/nativetest"
)

// TestLoad has a child load units that import each other, and looks at what they print.
func TestLoad(t *testing.T) {
	tc := nativetest.Toolchain(t)
	first := build(t, tc, native.Unit{
		Imports: []string{"fmt"},
		Source: `package main

import "fmt"

type point struct{ x, y int }

func (p point) String() string { return fmt.Sprintf("<%d %d>", p.x, p.y) }

// What other units name must be exported, and no function or variable of the package
// itself: the plugin's table of exported names would hold it.
type Exported struct{ Counter *int; New func(x, y int) Point }

type Point = point

var counter int

var _ = func() int { fmt.Println("first"); return 0 }()
`})
	second := build(t, tc, native.Unit{
		Imports: []string{"fmt", "lockstep/lab"},
		Units:   []string{first.Path},
		Source: fmt.Sprintf(`package main

import (
	"fmt"
	"lockstep/lab"
	first %q
)

//line cell 3:5
func f(p first.Point) {
	defer func() {
		fmt.Println("recovered", recover())
	}()
	panic(fmt.Sprint(p, fmt.Sprintf(" %%T", p)))
}

func init() {
	f(first.Point{})
	var q *lab.Event
	fmt.Printf("%%T\n", q)
}
`, first.Path)})
	got := load(t, tc, first.Plugin, second.Plugin)
	want := "first\nrecovered <0 0> main.point\n*lab.Event\n"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if again := build(t, tc, native.Unit{Source: "package main\n"}); again.Path == first.Path {
		t.Errorf("two texts have the same path %s", again.Path)
	}
}

func build(t testing.TB, tc *native.Toolchain, u native.Unit) native.Built {
	t.Helper()
	b, err := tc.Build(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDiagnostics(t *testing.T) {
	tc := nativetest.Toolchain(t)
	_, err := tc.Build(t.Context(), native.Unit{Source: "package main\n\n//line cell 3:5:1\nvar x int = \"x\"\n//line cell 4:1:2\nfunc f() { undefined() }\n"})
	var wrong *native.BuildError
	if !errors.As(err, &wrong) {
		t.Fatalf("got error %v, want a BuildError", err)
	}
	want := `cell 3:5:13: cannot use "x" (untyped string constant) as int value in variable declaration` + "\n" + `cell 4:1:13: undefined: undefined`
	if wrong.Error() != want {
		t.Errorf("got\n%s\nwant\n%s", wrong, want)
	}
}

// load has the host load plugins, and gives what was printed.
func load(t testing.TB, tc *native.Toolchain, plugins ...string) string {
	t.Helper()
	out, err := osexec.Command(tc.Host(), append([]string{"load"}, plugins...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return string(out)
}
