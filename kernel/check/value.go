package check

import (
	"go/ast"
	"go/token"
	"go/types"
)

// Declaration writes a session variable as a package-level variable in terms of c, which is the check of a
// cell in a scope that has it; imports are the packages that the text names: name → path. The variable has the value
// that it was declared with, where that is plain: one that takes no call to make, so that making it again does nothing
// else. plain tells; else it has its zero value.
func (c *Cell) Declaration(v *Var) (text string, imports map[string]string, plain bool) {
	w := typeWriter{main: c.Pkg, imports: map[string]string{}}
	text = "var " + v.Name + " " + types.TypeString(c.Pkg.Scope().Lookup(v.Name).Type(), w.qualify)
	switch {
	case !v.value.plain || c.leads(v.value.uses, v.Name):
		return text, w.imports, false
	case v.value.text == "":
		return text, w.imports, true
	}
	for name, path := range v.value.imports {
		if w.imports[name] != "" && w.imports[name] != path {
			return text, w.imports, false
		}
		w.imports[name] = path
	}
	return text + " = " + v.value.text, w.imports, true
}

// leads reports whether what names declare uses a name, directly or not: Go
// has no order of initialisation for that.
func (c *Cell) leads(from []string, to string) bool {
	seen := map[string]bool{}
	for todo := from; len(todo) > 0; {
		name := todo[0]
		todo = todo[1:]
		if name == to {
			return true
		}
		if seen[name] {
			continue
		}
		seen[name] = true
		for used := range c.uses[name] {
			todo = append(todo, used)
		}
		if v := c.next.vars[name]; v != nil {
			todo = append(todo, v.value.uses...)
		}
	}
	return false
}

// values notes the plain values that the cell's variables are declared with.
func (b *builder) values() {
	if b.Source.Body == nil {
		return
	}
	file := b.scope.fset.File(b.Source.Body.Pos())
	for _, d := range b.specs {
		for _, s := range d.(*ast.GenDecl).Specs {
			spec := s.(*ast.ValueSpec)
			for i, id := range spec.Names {
				v := b.live.vars[id.Name]
				switch {
				case v == nil:
				case len(spec.Values) == 0:
					v.value.plain = true
				case len(spec.Values) == len(spec.Names) && b.isPlain(spec.Values[i]):
					value := spec.Values[i]
					v.value.plain, v.value.text = true, b.Source.BodyText[file.Offset(value.Pos()):file.Offset(value.End())]
					v.value.imports, v.value.uses = b.resolve(value), b.sessionNames(value)
				}
			}
		}
	}
}

// isPlain reports whether an expression can be evaluated at any time: without calls and
// receives, function literals aside, and without what the cell redefines.
func (b *builder) isPlain(e ast.Expr) bool {
	plain := true
	ast.Inspect(e, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			_, isOld := OldName(id.Name)
			plain = plain && !isOld
		}
		return plain
	})
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			f := b.Info.Types[n.Fun]
			plain = plain && (f.IsType() || f.IsBuiltin())
		case *ast.UnaryExpr:
			plain = plain && n.Op != token.ARROW
		case *ast.FuncLit:
			return false
		}
		return plain
	})
	return plain
}

func (b *builder) sessionNames(n ast.Node) []string {
	names := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			if name := sessionName(b.Info.Uses[id], b.pkg); name != "" {
				names[name] = true
			}
		}
		return true
	})
	return sortedKeys(names)
}
