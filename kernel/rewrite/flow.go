package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// flowsTo notes that the value of e becomes one of type t: a standard stream
// goes by the cell's own where t is an interface, and a struct or array that is
// boxed is copied first, which yaegi forgets. The outcome of a comparison is boxed by a function:
// yaegi would have it set as a bool what is none.
func (wk *walk) flowsTo(e ast.Expr, t types.Type) {
	if wk.retyped(e, t) || t == nil || !types.IsInterface(t) {
		return
	}
	wk.judgeBehind(e.Pos(), wk.info.TypeOf(e), t)
	if isStream(wk.info, e) {
		wk.streams[ast.Unparen(e).(*ast.SelectorExpr)] = true
		return
	}
	if tv := wk.info.Types[e]; tv.Value == nil && isOutcome(e) {
		wk.passed(e, tv.Type)
		return
	}
	if from := wk.info.TypeOf(e); from != nil && isErrorLike(t) && wk.becomesFault(from) {
		wk.edits.before(e.Pos(), wk.asFault(from)+"(")
		wk.edits.after(e.End(), ")")
		return
	} else if isAny(t) && wk.nameless(wk.subst(from)) {
		wk.edits.before(e.Pos(), wk.rt()+".Typed("+strconv.Quote(printedName(wk.subst(from)))+", ")
		wk.edits.after(e.End(), ")")
		return
	} else if _, ok := ast.Unparen(e).(*ast.CompositeLit); ok && wk.boxes(t) && wk.nameless(from) {
		wk.passed(e, from)
		return
	} else if wk.losesNil(e, t) {
		wk.edits.before(e.Pos(), wk.asLibrary(from, t)+"(")
		wk.edits.after(e.End(), ")")
		return
	}
	wk.copied(e)
}

// becomesFault reports whether a value of type t is to become a fault of the run time when it becomes an
// error: the engine would keep a part of a struct, and no nil pointer.
func (wk *walk) becomesFault(t types.Type) bool {
	return wk.faulty(t) || wk.namelessFault(t) || !isErrorLike(t) && wk.boxes(t) && wk.boxed(t) && types.Implements(t, errorType)
}

// namelessFault reports the types of errors that are unnamed ones to the engine.
func (wk *walk) namelessFault(t types.Type) bool {
	return wk.nameless(t) && types.Implements(t, errorType)
}

// asFault is the name of a helper that makes an error of a value of type t, whole.
func (wk *walk) asFault(t types.Type) string {
	text := wk.typeText(t)
	return wk.helper("fault", text, func() string {
		if wk.faulty(t) {
			return "(v " + text + ") error { return " + wk.rt() + ".Fault(v) }"
		}
		unwrap := "nil"
		if m := types.NewMethodSet(t).Lookup(nil, "Unwrap"); m != nil && slices.Contains(printing["Unwrap"], unnamed(m.Obj().(*types.Func).Signature())) {
			unwrap = "func() " + wk.typeText(m.Obj().(*types.Func).Signature().Results().At(0).Type()) + " { return v.Unwrap() }"
		}
		name, none := printedName(t), ""
		if types.IsInterface(t) {
			name, none = "", "if v == nil { return nil }; "
		}
		return fmt.Sprintf("(v %s) error { %sreturn %s.FaultOf(v, %q, func() string { return v.Error() }, %s) }", text, none, wk.rt(), name, unwrap)
	})
}

// losesNil reports whether e may be a nil pointer, or the like, of which the engine would make a nil interface when
// it becomes one of type to: of the library, and not error.
func (wk *walk) losesNil(e ast.Expr, to types.Type) bool {
	from := wk.info.TypeOf(e)
	switch x := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			return false
		}
	case *ast.CompositeLit, *ast.FuncLit:
		return false
	}
	named, ok := types.Unalias(to).(*types.Named)
	if from == nil || !ok || named.Obj().Pkg() == wk.pkg || named.Obj().Pkg() == nil || isAny(to) || hasTypeParam(from) {
		return false
	}
	if p, ok := types.Unalias(from).(*types.Pointer); ok {
		return wk.ownNamed(p.Elem())
	}
	switch from.Underlying().(type) {
	case *types.Slice, *types.Map, *types.Chan, *types.Signature:
		return wk.ownNamed(from)
	}
	return false
}

// asLibrary is the name of a helper that makes an interface of the library of what is not nil, and of a nil
// slice as if it were an empty one.
func (wk *walk) asLibrary(from, to types.Type) string {
	f, t := wk.typeText(from), wk.typeText(to)
	return wk.helper("library", f+" "+t, func() string {
		if _, ok := from.Underlying().(*types.Slice); ok {
			return "(v " + f + ") " + t + " { if v == nil { v = " + f + "{} }; return v }"
		}
		return fmt.Sprintf("(v %s) %s { if v == nil { %s.LosesNil(%q, %q) }; return v }", f, t, wk.rt(), printedName(from), printedName(to))
	})
}

// faulty reports the types of errors whose values the run time can tell from others: declared in a cell,
// over a basic type or a struct, and pointers to such.
func (wk *walk) faulty(t types.Type) bool {
	if t == nil || hasTypeParam(t) || types.IsInterface(t) || !types.Implements(t, errorType) {
		return false
	}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Parent() != wk.pkg.Scope() {
		return false
	}
	switch named.Underlying().(type) {
	case *types.Struct, *types.Basic:
		return true
	}
	return false
}

var errorType = types.Universe.Lookup("error").Type().Underlying().(*types.Interface)

// isErrorLike reports the interface error, by whatever name.
func isErrorLike(t types.Type) bool { return t != nil && types.Identical(t.Underlying(), errorType) }

// discarded has a value evaluated that nothing takes: the engine leaves some out.
func (wk *walk) discarded(e ast.Expr) {
	if _, ok := ast.Unparen(e).(*ast.StarExpr); ok || isOutcome(e) {
		if tv := wk.info.Types[e]; tv.Value == nil {
			wk.passed(e, types.Default(tv.Type))
		}
	}
}

// ownNamed reports the types of the session that are not interfaces.
func (wk *walk) ownNamed(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return ok && named.Obj().Pkg() == wk.pkg && !types.IsInterface(t) && !hasTypeParam(t)
}

// boxes reports the interface types whose values the engine keeps in boxes.
func (wk *walk) boxes(t types.Type) bool {
	if t == nil {
		return false
	}
	i, ok := t.Underlying().(*types.Interface)
	return ok && i.NumMethods() > 0 && !isError(t)
}

// isOutcome reports a comparison or what is made of such.
func isOutcome(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.BinaryExpr:
		switch e.Op {
		case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ, token.LAND, token.LOR:
			return true
		}
	case *ast.UnaryExpr:
		return e.Op == token.NOT
	}
	return false
}

// passed passes e through a function of its type.
func (wk *walk) passed(e ast.Expr, t types.Type) {
	text := wk.typeText(types.Default(t))
	name := wk.helper("copy", text, func() string { return "(v " + text + ") " + text + " { return v }" })
	wk.edits.before(e.Pos(), name+"(")
	wk.edits.after(e.End(), ")")
}

// copied passes e through a function where it is a struct or array in memory
// that others can change.
func (wk *walk) copied(e ast.Expr) {
	tv, ok := wk.info.Types[e]
	if !ok || !tv.Addressable() && !isMapElement(wk.info, e) {
		return
	}
	switch tv.Type.Underlying().(type) {
	case *types.Struct, *types.Array:
	default:
		return
	}
	if hasTypeParam(tv.Type) {
		return
	}
	wk.passed(e, tv.Type)
}

// composed passes a struct that is written out through a function when it is
// assigned: into a variable of a function around this one the engine would not assign it.
func (wk *walk) composed(e ast.Expr, t types.Type) {
	if _, ok := ast.Unparen(e).(*ast.CompositeLit); !ok || types.IsInterface(t) && !wk.boxes(t) {
		return
	}
	if _, ok := wk.info.TypeOf(e).Underlying().(*types.Struct); ok {
		wk.passed(e, wk.info.TypeOf(e))
	}
}

// retyped converts a value of an unnamed struct type to the named one that it is assigned to.
func (wk *walk) retyped(e ast.Expr, t types.Type) bool {
	from := wk.info.TypeOf(e)
	if from == nil || t == nil || types.Identical(from, t) || hasTypeParam(t) {
		return false
	}
	_, ok := from.Underlying().(*types.Struct)
	_, also := t.Underlying().(*types.Struct)
	if ok && also {
		wk.edits.before(e.Pos(), wk.typeText(t)+"(")
		wk.edits.after(e.End(), ")")
	}
	return ok && also
}

func isMapElement(info *types.Info, e ast.Expr) bool {
	ix, ok := ast.Unparen(e).(*ast.IndexExpr)
	if !ok {
		return false
	}
	_, ok = info.TypeOf(ix.X).Underlying().(*types.Map)
	return ok
}

// dressed has a value of a session type become an interface of the library in
// a function's result: elsewhere the engine keeps the bare value, whose methods are lost.
func (wk *walk) dressed(e ast.Expr, t types.Type) bool {
	if t == nil {
		return false
	}
	from := wk.info.TypeOf(e)
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() == wk.pkg || !types.IsInterface(t) || from == nil || !wk.isSession(from) || types.IsInterface(from) || isErrorLike(t) && wk.becomesFault(from) || wk.losesNil(e, t) {
		return false
	}
	f, to := wk.typeText(from), wk.typeText(t)
	name := wk.helper("as", f+" "+to, func() string { return "(v " + f + ") " + to + " { return v }" })
	wk.edits.before(e.Pos(), name+"(")
	wk.edits.after(e.End(), ")")
	return true
}

// becomes notes that the value of e becomes one of type t where the engine would not dress it.
func (wk *walk) becomes(e ast.Expr, t types.Type) {
	if !wk.dressed(e, t) {
		wk.flowsTo(e, t)
	}
}

// intoLibrary assigns a slice to a variable of a compiled package through a
// pointer: the engine loses what an expression has just made.
func (wk *walk) intoLibrary(l, r ast.Expr) {
	sel, ok := ast.Unparen(l).(*ast.SelectorExpr)
	if !ok {
		return
	}
	v, ok := wk.info.Uses[sel.Sel].(*types.Var)
	if !ok || v.IsField() || v.Pkg() == wk.pkg {
		return
	}
	if s, ok := v.Type().Underlying().(*types.Slice); ok {
		text := wk.typeText(s)
		name := wk.helper("set", text, func() string { return "(p *" + text + ", v " + text + ") { *p = v }" })
		wk.edits.before(l.Pos(), name+"(&")
		wk.edits.replace(l.End(), r.Pos(), ", ")
		wk.edits.after(r.End(), ")")
	}
}

func (wk *walk) flowIntoParams(n *ast.CallExpr, sig *types.Signature) {
	if _, spread := wk.spreadOf(n); spread || n.Ellipsis.IsValid() {
		return
	}
	wk.judgeValues(n, wk.callee(n), sig)
	prints := showsValues(wk.callee(n))
	for i, a := range n.Args {
		t := paramType(sig, i)
		if isAny(t) && isPackage(wk.callee(n), "log/slog") && wk.info.Types[a].Value == nil {
			wk.edits.before(a.Pos(), wk.rt()+".Logged(")
			wk.edits.after(a.End(), ")")
			wk.flowsTo(a, t)
			continue
		}
		if isAny(t) && printsText(wk.callee(n)) && (wk.ownNamed(wk.info.TypeOf(a)) || wk.mayBeNilOwn(a)) {
			wk.edits.before(a.Pos(), wk.rt()+".Typed("+strconv.Quote(printedName(wk.info.TypeOf(a)))+", ")
			wk.edits.after(a.End(), ")")
			wk.flowsTo(a, t)
			continue
		}
		if prints && isAny(t) && (isBoxed(wk.info.TypeOf(a)) || wk.returnsMethods(a)) {
			wk.edits.before(a.Pos(), wk.rt()+".Bare([]interface{}{")
			wk.edits.after(a.End(), "}...)")
			continue
		}
		if _, plain := a.(*ast.Ident); !plain && wk.boxes(t) && types.IsInterface(wk.info.TypeOf(a)) {
			wk.edits.before(a.Pos(), "(") // else the engine boxes it once more
			wk.edits.after(a.End(), ")")
		}
		if f := wk.callee(n); isAny(t) && f != nil && f.Pkg() != wk.pkg && !prints {
			if of := wk.info.TypeOf(a); isErrorLike(of) || isAny(of) && !keepsValues[f.Pkg().Path()] && wk.namelessType() != nil {
				wk.edits.before(a.Pos(), wk.rt()+".Inner(")
				wk.edits.after(a.End(), ")")
			} else if wk.nameless(of) && !keepsValues[f.Pkg().Path()] {
				continue // it looks at the value
			}
		}
		if prints && isAny(t) {
			wk.judgePrinted(n, wk.info.TypeOf(a))
		}
		if sig.Variadic() && i >= sig.Params().Len()-1 && wk.dressed(a, t) {
			continue
		}
		if f := wk.callee(n); f != nil && f.Pkg() != wk.pkg && wk.losesNil(a, t) && !(sig.Variadic() && i >= sig.Params().Len()-1) {
			if _, ok := wk.info.TypeOf(a).Underlying().(*types.Slice); !ok {
				continue // the engine wraps it as the function wants it
			}
		}
		wk.flowsTo(a, t)
		wk.held(n, a)
	}
}

// mayBeNilOwn reports pointers to cells' types with methods that may be nil: the engine would print them as nil, and not by a method.
func (wk *walk) mayBeNilOwn(e ast.Expr) bool {
	p, ok := types.Unalias(wk.info.TypeOf(e)).(*types.Pointer)
	if x, is := ast.Unparen(e).(*ast.UnaryExpr); !ok || is && x.Op == token.AND {
		return false
	}
	return wk.ownNamed(p.Elem()) && methodOf(p.Elem(), printers) != ""
}

// keepsValues are packages that keep values of type any and give them back.
var keepsValues = map[string]bool{
	"container/heap": true, "container/list": true, "container/ring": true, "context": true, "sync": true, "sync/atomic": true,
}

// judgePrinted refuses to print values that hold some of a type with methods by which they print, but that the
// engine does not know by its name.
func (wk *walk) judgePrinted(n *ast.CallExpr, t types.Type) {
	if t == nil || wk.nameless(t) {
		return
	}
	if named, ok := types.Unalias(t).(*types.Named); ok && named.Obj().Pkg() == wk.pkg {
		return // a struct, whose fields say so
	}
	if kept, ok := strings.CutPrefix(wk.keptIn(t), "!"); ok {
		wk.refuse(n.Pos(), wk.callee(n).Pkg().Name()+"."+wk.callee(n).Name()+" with values of "+strings.TrimPrefix(kept, "main.")+" inside others")
	}
}

func (wk *walk) assign(n *ast.AssignStmt) {
	if n.Tok == token.SHL_ASSIGN || n.Tok == token.SHR_ASSIGN {
		wk.shiftCount(n.Rhs[0])
	}
	if len(n.Lhs) == 2 && len(n.Rhs) == 1 {
		wk.wantsPair(n.Rhs[0])
	}
	if len(n.Lhs) == len(n.Rhs) && n.Tok == token.ASSIGN {
		for i, l := range n.Lhs {
			if isBlank(l) {
				wk.discarded(n.Rhs[i])
				continue
			}
			if _, deref := ast.Unparen(n.Rhs[i]).(*ast.StarExpr); deref && isMapElement(wk.info, l) {
				wk.passed(n.Rhs[i], wk.info.TypeOf(n.Rhs[i])) // of a nil pointer the engine makes no element
			}
			wk.becomes(n.Rhs[i], wk.info.TypeOf(l))
			wk.composed(n.Rhs[i], wk.info.TypeOf(l))
			if len(n.Lhs) == 1 {
				wk.intoLibrary(l, n.Rhs[i])
			}
		}
	}
}

func (wk *walk) valueSpec(n *ast.ValueSpec) {
	if len(n.Names) == 2 && len(n.Values) == 1 {
		wk.wantsPair(n.Values[0])
	}
	for i, v := range n.Values {
		if len(n.Values) == len(n.Names) && isBlank(n.Names[i]) {
			wk.discarded(v)
		}
	}
	if n.Type != nil {
		for _, v := range n.Values {
			t := wk.info.TypeOf(n.Type)
			if _, ok := ast.Unparen(v).(*ast.CompositeLit); ok && len(n.Values) > 1 && types.IsInterface(t) && !wk.isSession(wk.info.TypeOf(v)) {
				wk.passed(v, wk.info.TypeOf(v)) // else the other variables stay nil
			}
			wk.becomes(v, t)
		}
	}
}

func (wk *walk) composite(n *ast.CompositeLit) {
	literalElements(wk.info, n, func(t types.Type, key, v ast.Expr, want types.Type) {
		if m, ok := t.(*types.Map); ok {
			wk.key(key, m)
		}
		if want != nil && types.IsInterface(want) {
			wk.becomes(v, want)
		} else {
			wk.copied(v)
		}
	})
}

// literalElements calls visit for each element of a composite literal with the literal's
// underlying type, the element's key (nil for none), its value, and the type that this becomes (nil if unknown).
func literalElements(info *types.Info, n *ast.CompositeLit, visit func(t types.Type, key, v ast.Expr, want types.Type)) {
	t := info.TypeOf(n)
	if t == nil {
		return
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	for i, el := range n.Elts {
		key, v, want := ast.Expr(nil), el, types.Type(nil)
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			key, v = kv.Key, kv.Value
		}
		switch u := t.Underlying().(type) {
		case *types.Struct:
			if id, ok := key.(*ast.Ident); ok {
				if f, ok := info.Uses[id].(*types.Var); ok {
					want = f.Type()
				}
			} else if i < u.NumFields() {
				want = u.Field(i).Type()
			}
		case *types.Slice:
			want = u.Elem()
		case *types.Array:
			want = u.Elem()
		case *types.Map:
			want = u.Elem()
		}
		visit(t.Underlying(), key, v, want)
	}
}
