package rewritetest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"
)

// TestProgramsAreValid checks programs as the compiler would, and that they say what
// they are for.
func TestProgramsAreValid(t *testing.T) {
	imp := imports
	seen := ""
	for seed := range 40 {
		source := Whole("-", Program([]byte(fmt.Sprint(seed)), "a"), Program([]byte{byte(seed), byte(seed >> 8), 3, 9, 14, 22}, "b"))
		if again := Whole("-", Program([]byte(fmt.Sprint(seed)), "a"), Program([]byte{byte(seed), byte(seed >> 8), 3, 9, 14, 22}, "b")); again != source {
			t.Fatalf("seed %d makes two programs", seed)
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, "main.go", source, parser.SkipObjectResolution)
		if err == nil {
			_, err = (&types.Config{Importer: imp}).Check("main", fset, []*ast.File{f}, nil)
		}
		if err != nil {
			t.Errorf("seed %d: %v\n%s", seed, err, numbered(source))
			return
		}
		seen += source
	}
	for _, want := range []string{"range acount(", ":= range 3", "fallthrough", "goto ", "continue L", "break L", ".(type)", "wg.Go(", "wg.Add(", "select {", "defer ", "recover()", "astack[", "ch <- ", "f := v"} {
		if !strings.Contains(seen, want) {
			t.Errorf("no program has %q", want)
		}
	}
}

func numbered(source string) string {
	var b strings.Builder
	n := 0
	for line := range strings.Lines(source) {
		n++
		fmt.Fprintf(&b, "%4d %s", n, line)
	}
	return b.String()
}

// TestSmaller has parts taken out of a program: what is left is a program.
func TestSmaller(t *testing.T) {
	p := Program([]byte("seed"), "p")
	for range 3 {
		smaller := Smaller(p)
		if len(smaller) == 0 || len(smaller[0]) >= len(p) || !strings.Contains(smaller[0], "func pmain() {") {
			t.Fatalf("%d smaller programs than\n%s", len(smaller), p)
		}
		p = smaller[0]
		if !valid(strings.Replace(Whole("-", p), "func main()", "var _, _ = strings.ToUpper, new(sync.Mutex)\n\nfunc main()", 1)) {
			t.Fatalf("no program:\n%s", p)
		}
	}
}
