package cell

import (
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	tests := []struct{ name, code, want string }{
		{"go only", "x := 1\nx", `go@1 "x := 1\nx"`},
		{"blank", " \n\n", ``},
		{"line magic", "%time f()\n", `line@1 time|f()`},
		{"magic between", "a := 1\n%who\nb := 2", `go@1 "a := 1\n" line@2 who| go@3 "b := 2"`},
		{"cell magic", "\n%%compare -n 2,3\nf()\n", `cell@2 compare|-n 2,3|3 "f()\n"`},
		{"shell", "!ls -l | wc\n", `shell@1 ls -l | wc`},
		{"shell with quote", "!echo `x\nfmt.Println(1)", "shell@1 echo `x go@2 \"fmt.Println(1)\""},
		{"help", "fmt.Println?", `help@1 fmt.Println 0`},
		{"help before", "??x", `help@1 x 1`},
		{"magic help", "%time?", `line@1 time|?`},
		{"modulo in brackets", "x := (7\n%2)\n", `go@1 "x := (7\n%2)\n"`},
		{"raw string", "s := `\n%who\n!ls\n`\n", "go@1 \"s := `\\n%who\\n!ls\\n`\\n\""},
		{"comment", "/*\n%who\n*/\n1", `go@1 "/*\n%who\n*/\n1"`},
		{"not help", "a ? b", `go@1 "a ? b"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			parts, err := Split(tt.code)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, describe(parts)); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
		})
	}
	for _, code := range []string{"x := 1\n%%time\n", "%", "?", "%%\n1"} {
		if _, err := Split(code); err == nil {
			t.Errorf("Split(%q): no error", code)
		}
	}
}

func describe(parts []Part) string {
	var out []string
	for _, p := range parts {
		switch p.Kind {
		case Source:
			out = append(out, fmt.Sprintf("go@%d %q", p.Line, p.Text))
		case Line:
			out = append(out, fmt.Sprintf("line@%d %s|%s", p.Line, p.Name, p.Args))
		case CellMagic:
			out = append(out, fmt.Sprintf("cell@%d %s|%s|%d %q", p.Line, p.Name, p.Args, p.TextLine, p.Text))
		case Shell:
			out = append(out, fmt.Sprintf("shell@%d %s", p.Line, p.Args))
		case Help:
			out = append(out, fmt.Sprintf("help@%d %s %d", p.Line, p.Name, p.Detail))
		}
	}
	return strings.Join(out, " ")
}

func TestParseDividesDeclarationsAndStatements(t *testing.T) {
	text := `import "fmt"
// P is a point.
type P struct{ X int }
func (p P) M() int { return p.X }
x := func(a int) int { return a }(3)
func f[T any](v T) T { return v }; y := 2
const c = 1
func() { x++ }()
var z int
f(x)`
	g, err := Parse(token.NewFileSet(), "cell 7", text, 5)
	if err != nil {
		t.Fatal(err)
	}
	var decls []string
	for _, d := range g.Decls {
		pos := g.Fset.Position(d.Node.Pos())
		decls = append(decls, fmt.Sprintf("%T@%s:%d", d.Node, pos.Filename, pos.Line))
	}
	want := []string{"*ast.GenDecl@cell 7:5", "*ast.GenDecl@cell 7:7", "*ast.FuncDecl@cell 7:8", "*ast.FuncDecl@cell 7:10", "*ast.GenDecl@cell 7:11"}
	if diff := cmp.Diff(want, decls); diff != "" {
		t.Errorf("declarations (-want +got):\n%s", diff)
	}
	var lines []int
	for _, s := range g.Body.List {
		lines = append(lines, g.Fset.Position(s.Pos()).Line)
	}
	if diff := cmp.Diff([]int{9, 10, 12, 13, 14}, lines); diff != "" {
		t.Errorf("statement lines (-want +got):\n%s", diff)
	}
	if doc := g.Decls[1].Node.(*ast.GenDecl).Doc; doc.Text() != "P is a point.\n" {
		t.Errorf("documentation of P: got %q", doc.Text())
	}
}

func TestParseErrorsStandAtCellPositions(t *testing.T) {
	tests := []struct{ text, want string }{
		{"x := 1\ny = = 2", "cell 1:2:5"},
		{"func f( {\n}", "cell 1:1:9"},
		{"for {\n", "cell 1:1:6: expected '}', found 'EOF'"},
		{"x := 1\ny :=\n\n", "cell 1:2:5: expected operand, found 'EOF'"},
		{"x := 1\n}", "cell 1:2:1"},
		{"s := \"abc", "cell 1:1:6"},
		{"package main\nfunc main() { x := }", "cell 1:2:20"},
	}
	for _, tt := range tests {
		_, err := Parse(token.NewFileSet(), "cell 1", tt.text, 1)
		list, ok := err.(scanner.ErrorList)
		if !ok || len(list) == 0 {
			t.Errorf("Parse(%q): got %v, want an error list", tt.text, err)
			continue
		}
		if got := list[0].Error(); !strings.HasPrefix(got, tt.want) {
			t.Errorf("Parse(%q): first error at %s, want %s", tt.text, got, tt.want)
		}
	}
}

func TestIsComplete(t *testing.T) {
	tests := []struct {
		code string
		want Status
	}{
		{"x := 1", Complete}, {"", Complete}, {"for i := 0; i < 3; i++ {", Incomplete},
		{"func f() {\n\treturn", Incomplete}, {"func f() {\n}", Complete}, {"f(1,", Incomplete},
		{"s := `abc", Incomplete}, {"/* abc", Incomplete}, {"x :=", Incomplete}, {"x + ", Incomplete},
		{"x := )", Invalid}, {"}", Invalid}, {"x := 1 2", Invalid}, {"%who", Complete},
		{"%%time\nf()", Incomplete}, {"%%time\nf()\n\n", Complete}, {"fmt.Println?", Complete},
		{"if x = = 1 {\n y\n", Invalid},
	}
	for _, tt := range tests {
		if got, _ := IsComplete(tt.code); got != tt.want {
			t.Errorf("IsComplete(%q): got %s, want %s", tt.code, got, tt.want)
		}
	}
	if _, indent := IsComplete("for {\n\tif x {"); indent != "\t\t" {
		t.Errorf("indent: got %q, want two tabs", indent)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("x := 1\n%who\n!ls\nf?")
	f.Fuzz(func(t *testing.T, code string) {
		parts, err := Split(code)
		if err != nil {
			return
		}
		for _, p := range parts {
			if p.Kind == Source {
				_, _ = Parse(token.NewFileSet(), "cell", p.Text, p.Line)
			}
		}
		IsComplete(code)
	})
}
