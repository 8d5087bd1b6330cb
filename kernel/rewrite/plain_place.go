package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// place writes what can be assigned to.
func (w *plain) place(e ast.Expr) (string, bool) {
	if at, ok := w.address(e); ok {
		return "(*" + at + ")", true
	}
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		return "_", x.Name == "_"
	case *ast.IndexExpr: // of a map
		if isPath(x.X) {
			return w.expr(x)
		}
	case *ast.StarExpr:
		if isPath(x.X) {
			t, ok := w.expr(x.X)
			return "*" + t, ok
		}
	}
	return "", false
}

// isPath reports a variable, or a field of one: what may be written twice.
func isPath(e ast.Expr) bool {
	switch x := ast.Unparen(e).(type) {
	case *ast.Ident:
		return true
	case *ast.SelectorExpr:
		return isPath(x.X)
	}
	return false
}

// selector writes a member of a package or an exported field of a variable.
func (w *plain) selector(x *ast.SelectorExpr) (string, bool) {
	if id, ok := x.X.(*ast.Ident); ok {
		if p, ok := w.info.Uses[id].(*types.PkgName); ok {
			if isStream(w.info, x) {
				return "", false
			}
			_, isVar := w.info.Uses[x.Sel].(*types.Var)
			return w.alias(p.Imported().Path()) + "." + x.Sel.Name, isVar
		}
	}
	sel := w.info.Selections[x]
	switch {
	case sel == nil || sel.Kind() != types.FieldVal:
		return "", false
	case !sel.Obj().Exported() || len(sel.Index()) > 1:
		at, ok := w.address(x)
		return "(*" + at + ")", ok
	}
	t, ok := w.expr(x.X)
	return t + "." + x.Sel.Name, ok
}

// address writes the pointer to a variable, or to what reach finds.
func (w *plain) address(x ast.Expr) (string, bool) {
	f, indexes, ok := w.reach(x)
	if !ok {
		return "", false
	}
	if len(f.Path) == 0 {
		return mark.Mark + "v." + mark.Slot(f.Slot), true
	}
	return w.reached(f, indexes), true
}

// target writes what the pointer points to that is in such a place.
func (w *plain) target(x ast.Expr) (string, bool) {
	f, indexes, ok := w.reach(x)
	f.Target = true
	return w.reached(f, indexes), ok
}

func (w *plain) reached(f PlainField, indexes []string) string {
	w.Fields = append(w.Fields, f)
	return mark.Mark + "v." + mark.Field(len(w.Fields)-1) + "(" + strings.Join(indexes, ", ") + ")"
}

// reach finds the way to a field or an element: from a variable through fields of fields, and
// elements of slices and arrays, whose indexes it writes.
func (w *plain) reach(x ast.Expr) (f PlainField, indexes []string, ok bool) {
	for {
		switch e := ast.Unparen(x).(type) {
		case *ast.SelectorExpr:
			sel := w.info.Selections[e]
			if sel == nil || sel.Kind() != types.FieldVal {
				return f, nil, false
			}
			f.Path = slices.Insert(f.Path, 0, sel.Index()...)
			x = e.X
		case *ast.IndexExpr:
			switch w.info.TypeOf(e.X).Underlying().(type) {
			case *types.Slice, *types.Array:
			default:
				return f, nil, false
			}
			i, ok := w.expr(e.Index)
			if !ok || !isInt(w.info.TypeOf(e.Index)) {
				return f, nil, false
			}
			f.Path = slices.Insert(f.Path, 0, mark.Index)
			indexes = slices.Insert(indexes, 0, i)
			x = e.X
		case *ast.Ident:
			if _, ok := w.name(e); !ok {
				return f, nil, false
			}
			f.Slot = w.variable(e.Name)
			return f, indexes, true
		default:
			return f, nil, false
		}
	}
}

// isNil writes the comparison of a variable or a field with nil.
func (w *plain) isNil(x *ast.BinaryExpr) (string, bool) {
	if x.Op != token.EQL && x.Op != token.NEQ {
		return "", false
	}
	v, n := x.X, x.Y
	if w.info.Types[v].IsNil() {
		v, n = n, v
	}
	if !w.info.Types[n].IsNil() {
		return "", false
	}
	at, ok := w.address(v)
	if !ok {
		return "", false
	}
	not := ""
	if x.Op == token.NEQ {
		not = "!"
	}
	return not + w.alias(mark.Runtime) + ".IsNil(" + at + ")", true
}
