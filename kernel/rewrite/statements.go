package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"lockstep/kernel/check"
)

// Statements writes the statements of a cell as a function of a file for the package that [Package] writes. What
// the cell defines is the function's own. ok is false for a cell without statements.
func Statements(c *check.Cell) (f File, ok bool) {
	body := c.Source.Body
	if body == nil || c.C != nil {
		return File{}, false
	}
	e := &edits{base: c.Source.Fset.File(body.Pos()).Base(), text: c.Source.BodyText}
	uses := &unused{c, e}
	uses.in(body)
	for _, st := range body.List {
		for _, id := range defined(st) {
			if id.Name != "_" && !c.Unused[id.Pos()] {
				e.after(st.End(), "; _ = "+id.Name)
			}
		}
	}
	if last := c.Last; last != nil && !standsAlone(c.Info, last) {
		e.before(last.Pos(), "_ = ")
	}
	var b strings.Builder
	b.WriteString("package main\n")
	for _, n := range sortedNames(c.Imports) {
		fmt.Fprintf(&b, "import %s %q\n", n, c.Imports[n])
	}
	for _, path := range dotted(c, body) {
		fmt.Fprintf(&b, "import . %q\n", path)
	}
	b.WriteString("func _() {" + e.apply(body.Lbrace+1, body.Rbrace) + "\n}\n")
	return File{"statements_" + strings.ReplaceAll(c.Source.Name, " ", "_") + ".go", b.String()}, true
}

// defined are the names that a statement defines.
func defined(st ast.Stmt) []*ast.Ident {
	var names []*ast.Ident
	switch st := st.(type) {
	case *ast.LabeledStmt:
		return defined(st.Stmt)
	case *ast.AssignStmt:
		if st.Tok == token.DEFINE {
			for _, l := range st.Lhs {
				if id, ok := l.(*ast.Ident); ok {
					names = append(names, id)
				}
			}
		}
	case *ast.DeclStmt:
		for _, spec := range st.Decl.(*ast.GenDecl).Specs {
			if v, ok := spec.(*ast.ValueSpec); ok && st.Decl.(*ast.GenDecl).Tok == token.VAR {
				names = append(names, v.Names...)
			}
		}
	}
	return names
}

// standsAlone reports whether an expression is a statement to Go.
func standsAlone(info *types.Info, e ast.Expr) bool {
	switch x := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		return x.Op == token.ARROW
	case *ast.CallExpr:
		tv := info.Types[x.Fun]
		if !tv.IsBuiltin() {
			return !tv.IsType()
		}
		id, ok := ast.Unparen(x.Fun).(*ast.Ident)
		return ok && strings.Contains(" clear close copy delete panic print println recover ", " "+id.Name+" ")
	}
	return false
}
