package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"runtime"
)

// unsafely lowers the functions of package unsafe that the engine lacks; it
// reports whether the operands are still to be walked.
func (wk *walk) unsafely(n *ast.CallExpr, name string) bool {
	t := wk.info.TypeOf(n.Args[0])
	if hasTypeParam(t) {
		return true
	}
	text, helper := wk.typeText(t), ""
	switch name {
	case "Sizeof", "Alignof", "Offsetof": // of what depends on type arguments: else it is a constant
		wk.edits.replaceExpr(n.Pos(), n.End(), fmt.Sprintf("uintptr(%d)", wk.measure(n, name)))
		return false
	case "Add":
		count := wk.typeText(types.Default(wk.info.TypeOf(n.Args[1])))
		helper = wk.helper("unsafeadd", count, func() string {
			return fmt.Sprintf("(p %s, n %s) %s { return %s.Add(p, int(n)) }", text, count, text, wk.alias("unsafe"))
		})
	case "Slice":
		count, slice := wk.typeText(types.Default(wk.info.TypeOf(n.Args[1]))), wk.typeText(wk.info.TypeOf(n))
		helper = wk.helper("unsafeslice", text+" "+count, func() string {
			return fmt.Sprintf("(p %s, n %s) %s { return %s.UnsafeSlice(p, n).(%s) }", text, count, slice, wk.rt(), slice)
		})
	case "SliceData":
		pointer := wk.typeText(wk.info.TypeOf(n))
		helper = wk.helper("unsafedata", text, func() string {
			return fmt.Sprintf("(s %s) %s { return %s.UnsafeSliceData(s).(%s) }", text, pointer, wk.rt(), pointer)
		})
	case "String":
		count := wk.typeText(types.Default(wk.info.TypeOf(n.Args[1])))
		helper = wk.helper("unsafestring", count, func() string {
			return fmt.Sprintf("(p *byte, n %s) string { return %s.UnsafeString(p, n) }", count, wk.rt())
		})
	case "StringData":
		helper = wk.rt() + ".UnsafeStringData"
	default:
		return true
	}
	wk.edits.replaceExpr(n.Fun.Pos(), n.Fun.End(), helper)
	for _, a := range n.Args {
		wk.expr(a)
	}
	return false
}

// measure is the value of a call of unsafe.Sizeof and its likes.
func (wk *walk) measure(n *ast.CallExpr, name string) int64 {
	sizes := types.SizesFor("gc", runtime.GOARCH)
	switch name {
	case "Sizeof":
		return sizes.Sizeof(wk.info.TypeOf(n.Args[0]))
	case "Alignof":
		return sizes.Alignof(wk.info.TypeOf(n.Args[0]))
	}
	sel := wk.info.Selections[ast.Unparen(n.Args[0]).(*ast.SelectorExpr)]
	offset := int64(0)
	t := wk.subst(sel.Recv())
	for _, i := range sel.Index() {
		if p, ok := t.Underlying().(*types.Pointer); ok {
			t = p.Elem()
		}
		s := t.Underlying().(*types.Struct)
		fields := make([]*types.Var, s.NumFields())
		for k := range fields {
			fields[k] = s.Field(k)
		}
		offset += sizes.Offsetsof(fields)[i]
		t = s.Field(i).Type()
	}
	return offset
}
