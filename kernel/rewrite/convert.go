package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strconv"
)

// conversion lowers a conversion; it reports whether the operand is still to be walked.
func (wk *walk) conversion(n *ast.CallExpr, to types.Type) bool {
	from := wk.info.TypeOf(n.Args[0])
	if types.IsInterface(to) && !types.IsInterface(from) && !isNil(from) && !hasTypeParam(to) && !hasTypeParam(from) {
		wk.judgeBehind(n.Pos(), from, to)
		if isErrorLike(to) && wk.becomesFault(from) {
			wk.edits.replaceExpr(n.Fun.Pos(), n.Fun.End(), wk.asFault(from))
			wk.expr(n.Args[0])
			return false
		}
		if isAny(to) && wk.nameless(from) {
			wk.edits.replaceExpr(n.Fun.Pos(), n.Fun.End(), wk.rt()+".Typed")
			wk.edits.before(n.Args[0].Pos(), strconv.Quote(printedName(from))+", ")
			wk.expr(n.Args[0])
			return false
		}
		f, t := wk.typeText(from), wk.typeText(to)
		wk.edits.replaceExpr(n.Fun.Pos(), n.Fun.End(), wk.helper("as", f+" "+t, func() string { return "(v " + f + ") " + t + " { return v }" }))
		wk.expr(n.Args[0])
		return false
	}
	wk.judgeHeader(n, to)
	if wk.arrayConversion(n, to) {
		wk.expr(n.Args[0])
		return false
	}
	wk.textConversion(n, to)
	return true
}

// judgeHeader refuses to look at the header of a string by way of unsafe.Pointer: the engine has copies of strings.
func (wk *walk) judgeHeader(n *ast.CallExpr, to types.Type) {
	p, ok := to.Underlying().(*types.Pointer)
	inner, also := ast.Unparen(n.Args[0]).(*ast.CallExpr)
	if !ok || !also || !wk.info.Types[inner.Fun].IsType() || len(inner.Args) != 1 {
		return
	}
	if b, ok := wk.info.TypeOf(inner).Underlying().(*types.Basic); !ok || b.Kind() != types.UnsafePointer {
		return
	}
	from, ok := wk.info.TypeOf(inner.Args[0]).Underlying().(*types.Pointer)
	if !ok {
		return
	}
	if b, ok := from.Elem().Underlying().(*types.Basic); ok && b.Info()&types.IsString != 0 && !types.Identical(from.Elem().Underlying(), p.Elem().Underlying()) {
		wk.refuse(n.Pos(), "a look into the memory of a string")
	}
}

// arrayConversion lowers the conversion of a slice to an array or a pointer to one; it reports whether n was one.
func (wk *walk) arrayConversion(n *ast.CallExpr, to types.Type) bool {
	from := wk.info.TypeOf(n.Args[0])
	if _, ok := from.Underlying().(*types.Slice); !ok {
		return false
	}
	array, pointer := to, ""
	if p, ok := to.Underlying().(*types.Pointer); ok {
		array, pointer = p.Elem(), "*"
	}
	a, ok := array.Underlying().(*types.Array)
	if !ok {
		return false
	}
	f, t, plain := wk.typeText(from), wk.typeText(to), wk.typeText(a)
	name := wk.helper("array", f+" "+t, func() string {
		if pointer == "" {
			return fmt.Sprintf("(s %s) %s { %s.Short(len(s), %d); var a %s; copy(a[:], s); return a }", f, t, wk.rt(), a.Len(), t)
		}
		return fmt.Sprintf("(s %s) %s { %s.Short(len(s), %d); if s == nil { return nil }; p := %s.ArrayPointer(s, (*%s)(nil)); return %s(p.(*%s)) }", f, t, wk.rt(), a.Len(), wk.rt(), plain, "("+t+")", plain)
	})
	wk.edits.replaceExpr(n.Fun.Pos(), n.Fun.End(), name)
	return true
}

// textConversion lowers conversions between strings and slices of a cell's own byte or rune type.
func (wk *walk) textConversion(n *ast.CallExpr, to types.Type) {
	from := wk.info.TypeOf(n.Args[0])
	slice, isSlice := from.Underlying().(*types.Slice)
	basic, _ := to.Underlying().(*types.Basic)
	out := isSlice && basic != nil && basic.Info()&types.IsString != 0
	if !out {
		slice, isSlice = to.Underlying().(*types.Slice)
		basic, _ = from.Underlying().(*types.Basic)
		if !isSlice || basic == nil || basic.Info()&types.IsString == 0 {
			return
		}
	}
	elem, ok := slice.Elem().Underlying().(*types.Basic)
	if _, own := types.Unalias(slice.Elem()).(*types.Named); !ok || !own {
		return
	}
	f, t, e, own := wk.typeText(types.Default(from)), wk.typeText(to), elem.Name(), wk.typeText(slice.Elem())
	name := wk.helper("text", f+" "+t, func() string {
		if out {
			return fmt.Sprintf("(v %s) %s { b := make([]%s, len(v)); for i, c := range v { b[i] = %s(c) }; return %s(string(b)) }", f, t, e, e, t)
		}
		return fmt.Sprintf("(v %s) %s { b := []%s(string(v)); r := make(%s, len(b)); for i, c := range b { r[i] = %s(c) }; return r }", f, t, e, t, own)
	})
	wk.edits.replace(n.Fun.Pos(), n.Fun.End(), name)
}
