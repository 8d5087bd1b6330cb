package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// The engine looks for a field or method of an embedded field by depth, not by
// breadth, and finds another one of that name. So the embedded fields on the way are written out.

// promoted writes the embedded fields on the way to what n selects.
func (wk *walk) promoted(n *ast.SelectorExpr) {
	if sel := wk.info.Selections[n]; sel != nil && sel.Kind() != types.MethodExpr {
		if path := wk.path(sel); path != "" {
			wk.edits.after(n.X.End(), path)
		}
	}
}

// path is the text of the embedded fields between what is selected from and
// what is selected, as far as they are the session's to name.
func (wk *walk) path(sel *types.Selection) string {
	text, _ := wk.way(sel)
	return text
}

// way is path with the type that it leads to.
func (wk *walk) way(sel *types.Selection) (text string, t types.Type) {
	t = wk.subst(sel.Recv())
	for _, i := range sel.Index()[:len(sel.Index())-1] {
		u := t.Underlying()
		if p, ok := u.(*types.Pointer); ok {
			u = p.Elem().Underlying()
		}
		s, ok := u.(*types.Struct)
		if !ok {
			break
		}
		f := s.Field(i)
		if !f.Exported() && f.Pkg() != wk.pkg {
			break
		}
		text += "." + wk.fieldName(f)
		t = f.Type()
	}
	return text, t
}

// methodExpr puts a function in the place of T.Method: the engine takes it for
// the method of a value. It reports whether n was one.
func (wk *walk) methodExpr(n *ast.SelectorExpr) bool {
	sel := wk.info.Selections[n]
	if sel == nil || sel.Kind() != types.MethodExpr {
		return false
	}
	sig, ok := wk.info.TypeOf(n).Underlying().(*types.Signature)
	if !ok || hasTypeParam(sig) {
		return false
	}
	var params, args []string
	for i := range sig.Params().Len() {
		t := sig.Params().At(i).Type()
		p := fmt.Sprintf("p%d", i)
		text, arg := wk.typeText(t), p
		if sig.Variadic() && i == sig.Params().Len()-1 {
			text, arg = "..."+wk.typeText(t.(*types.Slice).Elem()), p+"..."
		}
		params = append(params, p+" "+text)
		args = append(args, arg)
	}
	body := "p0" + wk.path(sel) + "." + n.Sel.Name + "(" + strings.Join(args[1:], ", ") + ")"
	if sig.Results().Len() > 0 {
		body = "return " + body
	}
	_, results, _ := strings.Cut(wk.signatureText(types.NewSignatureType(nil, nil, nil, nil, sig.Results(), false)), ")")
	name := wk.helper("method", strings.Join(params, ", ")+" "+n.Sel.Name, func() string {
		return "(" + strings.Join(params, ", ") + ")" + results + " { " + body + " }"
	})
	wk.edits.replaceExpr(n.Pos(), n.End(), name)
	return true
}
