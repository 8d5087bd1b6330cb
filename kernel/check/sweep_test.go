package check_test

import (
	"errors"
	"fmt"
	"go/token"
	"testing"

	"lockstep/kernel/check"
)

// TestSweep runs many cells, among them declarations that others replace: few files stay, and what is live can be asked, redefined
// and found at fault as before.
func TestSweep(t *testing.T) {
	n := newNotebook(t)
	var s check.Sweeper
	n.run("type kept struct{ a int }\n// origin is where all begins.\nfunc origin() kept { return kept{1} }\nconst early = 3")
	n.run("v := []kept{origin()}")
	most := 0
	for i := range 300 {
		n.run(fmt.Sprintf("func again() int { return %d }\nagain()", i))
		n.run("x := 1\nx++\nv[0].a + x")
		if i%10 == 0 {
			s.Sweep(n.scope)
			most = max(most, files(n.scope.Fset()))
		}
	}
	if most > 150 { // two files a round, between two sweeps and those that are spared
		t.Errorf("there were %d files", most)
	}
	if got := n.scope.Decl("origin").Cell; got != "cell 1" {
		t.Errorf("origin is of %s", got)
	}
	if d, ok := n.scope.Describe("origin()", 3, check.TopLevel); !ok || d.Doc == "" {
		t.Errorf("origin is told of as %+v", d)
	}
	// A fault of a live declaration is at its cell's line.
	_, err := n.try("type kept struct{ a string }")
	var list check.ErrorList
	if !errors.As(err, &list) || list[0].Pos.Filename != "cell 1" || list[0].Pos.Line != 3 {
		t.Errorf("got %v, want an error in cell 1, line 3", err)
	}
	if got := lastType(n.run("origin().a + early + len(v)")); got != "int" {
		t.Errorf("got the type %s", got)
	}
}

// TestSweepSparesQuestions asks about a scope from between two sweeps, whose declaration has been replaced since.
func TestSweepSparesQuestions(t *testing.T) {
	n := newNotebook(t)
	var s check.Sweeper
	n.run("// early is the first.\nfunc early() {}")
	s.Sweep(n.scope)
	asked := n.scope
	n.run("func early() int { return 1 }")
	s.Sweep(n.scope)
	if pos := asked.Fset().Position(asked.Decl("early").Node.Pos()); pos.Filename != "cell 1" {
		t.Errorf("early is at %v", pos)
	}
	n.run("1")
	s.Sweep(n.scope)
	if pos := asked.Fset().Position(asked.Decl("early").Node.Pos()); pos.IsValid() {
		t.Errorf("early is still at %v", pos)
	}
}

func files(fset *token.FileSet) (n int) {
	for range fset.Iterate {
		n++
	}
	return n
}
