package rewrite

import (
	"go/ast"
	"go/types"
)

// methodValue binds a method value to a copy of its receiver, or to the pointer that its receiver is now: the
// engine would look again when it is called. It reports whether it did.
func (wk *walk) methodValue(n *ast.SelectorExpr) bool {
	sel := wk.info.Selections[n]
	if sel == nil || sel.Kind() != types.MethodVal || wk.skip[n] {
		return false
	}
	path, t := wk.way(sel)
	if types.IsInterface(t) {
		return false
	}
	star := ""
	p, isPointer := t.Underlying().(*types.Pointer)
	_, wantsPointer := sel.Obj().(*types.Func).Signature().Recv().Type().Underlying().(*types.Pointer)
	switch {
	case wantsPointer && sel.Obj().Pkg() != wk.pkg:
		return false
	case wantsPointer && !isPointer:
		star, t = "&", types.NewPointer(t)
	case !wantsPointer && isPointer:
		star, t = "*", p.Elem()
	}
	from, to := wk.typeText(t), wk.typeText(wk.info.TypeOf(n))
	name := wk.helper("bind", from+" "+n.Sel.Name, func() string { return "(r " + from + ") " + to + " { return r." + n.Sel.Name + " }" })
	wk.edits.before(n.X.Pos(), name+"("+star)
	wk.edits.replace(n.X.End(), n.End(), path+")")
	return true
}

// held passes a function literal or a method value that goes to a compiled
// function through one of the unit: else it would run in the variables as they are when it is called,
// not in those that it has captured.
func (wk *walk) held(n *ast.CallExpr, a ast.Expr) {
	f := wk.callee(n)
	if f != nil && f.Pkg() == wk.pkg {
		return
	}
	t := wk.info.TypeOf(a)
	switch e := ast.Unparen(a).(type) {
	case *ast.FuncLit:
	case *ast.SelectorExpr:
		if sel := wk.info.Selections[e]; sel == nil || sel.Kind() != types.MethodVal {
			return
		}
	default:
		return
	}
	wk.edits.before(a.Pos(), wk.hold(t)+"(")
	wk.edits.after(a.End(), ")")
}

// heldFunction passes the name of a function, where it stands as a value,
// through one of the unit: returned or appended as it is, the engine would have its own notion of it there
// and afterwards everywhere.
func (wk *walk) heldFunction(e ast.Expr) {
	fun := ast.Unparen(e)
	switch x := fun.(type) {
	case *ast.IndexExpr:
		fun = x.X
	case *ast.IndexListExpr:
		fun = x.X
	}
	id, ok := fun.(*ast.Ident)
	if !ok {
		return
	}
	if f, ok := wk.info.Uses[id].(*types.Func); ok && f.Pkg() == wk.pkg {
		wk.edits.before(e.Pos(), wk.hold(wk.info.TypeOf(e))+"(")
		wk.edits.after(e.End(), ")")
	}
}

// hold is a helper that returns its argument, a function.
func (wk *walk) hold(t types.Type) string {
	text := wk.typeText(t)
	return wk.helper("hold", text, func() string { return "(f " + text + ") " + text + " { return f }" })
}
