package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"lockstep/kernel/check"
)

// needC notes the C code of a declaration or of statements; nil is none.
func (w *compiled) needC(p *check.Preamble) {
	if p != nil && !slices.ContainsFunc(w.c, func(q *check.Preamble) bool { return q.Text == p.Text }) {
		w.c = append(w.c, p)
	}
}

// importC is import "C" with the C code.
func importC(code ...*check.Preamble) string {
	var b strings.Builder
	for _, p := range code {
		fmt.Fprintf(&b, "#line %d %q\n%s\n", p.Line, p.File, p.Text)
	}
	text := strings.ReplaceAll(b.String(), "\r", "")
	if !strings.Contains(text, "*/") {
		return "\n/*\n" + text + "*/\nimport \"C\"\n"
	}
	// Lines with a comment of C in them; the space keeps them from being directives of Go.
	return "\n// " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n// ") + "\nimport \"C\"\n"
}

// programVarType is the type of a program's variable, which may be one of C.
func (w *compiled) programVarType(v *types.Var) string {
	if !check.DependsOnC(v.Type()) {
		return w.typeText(v.Type())
	}
	for _, d := range w.cell.Source.Decls {
		gen, ok := d.Node.(*ast.GenDecl)
		if !ok || gen.Tok != token.VAR {
			continue
		}
		for _, s := range gen.Specs {
			spec := s.(*ast.ValueSpec)
			if spec.Type != nil && slices.ContainsFunc(spec.Names, func(id *ast.Ident) bool { return id.Pos() == v.Pos() }) {
				e := w.editsFor(spec.Type, d.File)
				w.walk(e).node(spec.Type)
				return e.apply(spec.Type.Pos(), spec.Type.End())
			}
		}
	}
	return w.typeText(v.Type()) // which the checker has refused
}
