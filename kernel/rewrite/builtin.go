package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// builtin lowers the calls of builtin functions that the engine lacks. It
// reports whether the operands are still to be walked.
func (wk *walk) builtin(n *ast.CallExpr) bool {
	if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok {
		return wk.unsafely(n, sel.Sel.Name)
	}
	b := wk.builtinOf(n)
	if b == nil {
		return true
	}
	if values, ok := wk.spreadOf(n); ok {
		wk.spread(n, b, values)
		return true
	}
	t := wk.info.TypeOf(n)
	switch b.Name() {
	case "len", "cap":
		if p, ok := wk.info.TypeOf(n.Args[0]).Underlying().(*types.Pointer); ok {
			wk.edits.replaceExpr(n.Pos(), n.End(), wk.arrayLength(n.Args[0], p.Elem().Underlying().(*types.Array)))
			return false
		}
	case "delete":
		wk.key(n.Args[1], wk.info.TypeOf(n.Args[0]).Underlying().(*types.Map))
	case "min", "max":
		wk.edits.replace(n.Fun.Pos(), n.Fun.End(), wk.extreme(b.Name(), t, len(n.Args)))
	case "clear":
		wk.edits.replace(n.Fun.Pos(), n.Fun.End(), wk.rt()+".Clear")
	case "new":
		if len(n.Args) == 1 && !wk.info.Types[n.Args[0]].IsType() {
			elem := wk.typeText(t.Underlying().(*types.Pointer).Elem())
			wk.edits.replace(n.Fun.Pos(), n.Fun.End(), wk.helper("new", elem, func() string { return "(v " + elem + ") *" + elem + " { return &v }" }))
		}
	case "panic":
		wk.flowsTo(n.Args[0], types.Universe.Lookup("any").Type())
		box := wk.helper("box", "any", func() string { return "(v interface{}) interface{} { return v }" })
		if !types.IsInterface(wk.info.TypeOf(n.Args[0])) {
			wk.edits.before(n.Args[0].Pos(), box+"(")
			wk.edits.after(n.Args[0].End(), ")")
		}
	case "append":
		if s, ok := t.Underlying().(*types.Slice); ok && !n.Ellipsis.IsValid() {
			for _, a := range n.Args[1:] {
				wk.flowsTo(a, s.Elem())
				wk.heldFunction(a)
				if len(n.Args) > 2 && wk.info.Types[a].Addressable() {
					wk.passed(a, wk.info.TypeOf(a)) // before another argument takes its place
				}
			}
		}
	case "recover":
		wk.edits.replace(n.Pos(), n.End(), wk.recovers())
		return false
	}
	return true
}

// builtinOf is the builtin function that a call names, nil for none and for those of unsafe.
func (wk *walk) builtinOf(n *ast.CallExpr) *types.Builtin {
	id, ok := ast.Unparen(n.Fun).(*ast.Ident)
	if !ok {
		return nil
	}
	b, _ := wk.info.Uses[id].(*types.Builtin)
	return b
}

// spread gives the values of one call to a builtin function by way of a function with as many parameters.
func (wk *walk) spread(n *ast.CallExpr, b *types.Builtin, values *types.Tuple) {
	var params, args, ts []string
	for i := range values.Len() {
		text := wk.typeText(values.At(i).Type())
		ts = append(ts, text)
		args = append(args, fmt.Sprintf("p%d", i))
		params = append(params, args[i]+" "+text)
	}
	body, result := b.Name()+"("+strings.Join(args, ", ")+")", ""
	switch b.Name() {
	case "print", "println":
		return
	case "append", "complex", "copy":
		result, body = wk.typeText(wk.info.TypeOf(n))+" ", "return "+body
	}
	name := wk.helper("spread", b.Name()+" "+strings.Join(ts, ", "), func() string {
		return "(" + strings.Join(params, ", ") + ") " + result + "{ " + body + " }"
	})
	wk.edits.replace(n.Fun.Pos(), n.Fun.End(), name)
}

// extreme is a helper for min or max of n values.
func (wk *walk) extreme(name string, t types.Type, n int) string {
	text := wk.typeText(t)
	return wk.helper(name, fmt.Sprint(n, " ", text), func() string {
		params := make([]string, n)
		for i := range params {
			params[i] = fmt.Sprintf("v%d", i)
		}
		op := map[string]string{"min": "<", "max": ">"}[name]
		var b strings.Builder
		fmt.Fprintf(&b, "(%s %s) %s { r := v0; ", strings.Join(params, ", "), text, text)
		basic, _ := t.Underlying().(*types.Basic)
		for _, p := range params[1:] {
			if basic != nil && basic.Info()&types.IsFloat != 0 {
				call := map[string]string{"min": "Min", "max": "Max"}[name]
				fmt.Fprintf(&b, "r = %s(%s.%s(float64(r), float64(%s))); ", text, wk.alias("math"), call, p)
				continue
			}
			fmt.Fprintf(&b, "if %s %s r { r = %s }; ", p, op, p)
		}
		return b.String() + "return r }"
	})
}
