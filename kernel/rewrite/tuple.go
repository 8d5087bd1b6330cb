package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// The engine assigns several values one by one, some before the others have
// been evaluated, and loses those that go into maps, interfaces and what other operands of the same
// statement name. Where that can be seen, the values are evaluated first: as the arguments of a
// function that returns them, or into variables of their own.

// assignTuple lowers an assignment of several values; it reports whether the
// statement has been walked.
func (wk *walk) assignTuple(n *ast.AssignStmt) bool {
	switch {
	case len(n.Lhs) < 2 || n.Tok != token.ASSIGN && n.Tok != token.DEFINE:
		return false
	case n.Tok == token.DEFINE:
		again := wk.reuses(n)
		if len(n.Rhs) > 1 && (again || wk.anyCall(n.Rhs)) {
			wk.together(n.Rhs, wk.leftTypes(n))
		}
		return false
	case wk.entangled(n.Lhs) || wk.anyElement(n.Lhs) || len(n.Rhs) == 1 && wk.changesType(n):
		wk.inTurn(n)
		return true
	case len(n.Rhs) > 1 && (wk.anyCall(n.Rhs) || slices.ContainsFunc(n.Rhs, isCall) || wk.anyInterface(n.Lhs) || wk.anyNil(n.Rhs) || wk.dereferences(n.Rhs)):
		wk.together(n.Rhs, wk.leftTypes(n))
	}
	return false
}

// reuses makes an assignment of a definition that takes a parameter or result
// of the function again: in a function that defers, the body is one in it, and would define another. It reports
// whether it did.
func (wk *walk) reuses(n *ast.AssignStmt) bool {
	if !wk.fn.defers || n != wk.listed {
		return false
	}
	again, text := false, ""
	for _, l := range n.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok {
			continue
		}
		if v := wk.info.Uses[id]; v != nil {
			again = again || v.Pos() < wk.fn.begins && v.Parent() != wk.pkg.Scope()
		} else if v := wk.info.Defs[id]; v != nil && id.Name != "_" {
			text += "var " + id.Name + " " + wk.typeText(wk.subst(v.Type())) + "; "
		}
	}
	if again {
		wk.edits.statement(n.Pos(), text)
		wk.edits.replace(n.TokPos, n.TokPos+2, "=")
	}
	return again
}

// returnTuple has the results of a return statement evaluated before one of them is set.
func (wk *walk) returnTuple(n *ast.ReturnStmt) {
	sig := wk.fn.sig
	if sig == nil || len(n.Results) < 2 || sig.Results().Len() != len(n.Results) {
		return
	}
	mixed := wk.fn.stored && (wk.anyCall(n.Results) || wk.anyNil(n.Results) || wk.dereferences(n.Results))
	for i, e := range n.Results {
		ast.Inspect(e, func(x ast.Node) bool {
			if id, ok := x.(*ast.Ident); ok {
				at, isResult := wk.fn.named[wk.info.Uses[id]]
				mixed = mixed || isResult && at != i
			}
			return !mixed
		})
	}
	if !mixed {
		return
	}
	want := make([]types.Type, len(n.Results))
	for i := range want {
		want[i] = sig.Results().At(i).Type()
	}
	wk.together(n.Results, want)
}

// together makes a list of expressions the one call of a function that returns its arguments.
func (wk *walk) together(list []ast.Expr, want []types.Type) {
	var params, names, ts []string
	for i, t := range want {
		text := wk.typeText(t)
		names = append(names, fmt.Sprintf("v%d", i))
		params = append(params, fmt.Sprintf("v%d %s", i, text))
		ts = append(ts, text)
	}
	name := wk.helper("tuple", strings.Join(ts, ", "), func() string {
		return "(" + strings.Join(params, ", ") + ") (" + strings.Join(ts, ", ") + ") { return " + strings.Join(names, ", ") + " }"
	})
	wk.edits.before(list[0].Pos(), name+"(")
	wk.edits.after(list[len(list)-1].End(), ")")
}

// inTurn evaluates the operands on the left, then the values, then assigns one
// by one, from left to right.
func (wk *walk) inTurn(n *ast.AssignStmt) {
	text, places := wk.places(n.Lhs)
	if len(n.Rhs) == 1 {
		want := make([]types.Type, len(n.Lhs))
		for i, l := range n.Lhs {
			if want[i] = wk.info.TypeOf(l); isBlank(l) {
				places[i] = "_"
			}
		}
		text += wk.oneByOne(places, want, n.Rhs[0])
	} else {
		assign := ""
		for i, e := range n.Rhs {
			t := wk.leftTypes(n)[i]
			v := fmt.Sprintf("%sw%d%s%d", mark.Mark, wk.loops, mark.Mark, i)
			text += "var " + v + " " + wk.typeText(t) + " = " + wk.textAs(e, t) + "; "
			if !isBlank(n.Lhs[i]) {
				assign += places[i] + " = " + v + "; "
			}
		}
		text += assign
	}
	if n == wk.listed {
		text = "{ " + text + "}"
	} else {
		text = "func() { " + text + "}()"
	}
	wk.edits.replaceLines(n.Pos(), n.End(), text)
}

// places evaluates the operands of what is assigned to; it returns the text that does, and those
// of the places.
func (wk *walk) places(left []ast.Expr) (text string, places []string) {
	wk.loops++
	fresh := func(kind string, i int) string {
		return fmt.Sprintf("%s%s%d%s%d", mark.Mark, kind, wk.loops, mark.Mark, i)
	}
	places = make([]string, len(left))
	operands := 0
	hold := func(prefix string, e ast.Expr) string {
		v := fresh("o", operands)
		operands++
		text += v + " := " + prefix + wk.text(e) + "; "
		return v
	}
	for i, l := range left {
		switch x := ast.Unparen(l).(type) {
		case *ast.Ident:
			places[i] = wk.text(x)
		case *ast.StarExpr:
			places[i] = "*" + hold("", x.X)
		case *ast.IndexExpr:
			base, at := "", ""
			if _, array := wk.info.TypeOf(x.X).Underlying().(*types.Array); array {
				base = wk.place(x.X, hold)
			} else {
				base = hold("", x.X)
			}
			if at = wk.text(x.Index); wk.info.Types[x.Index].Value == nil {
				m, isMap := wk.info.TypeOf(x.X).Underlying().(*types.Map)
				v := fresh("o", operands)
				operands++
				if isMap {
					text += "var " + v + " " + wk.typeText(m.Key()) + " = " + at + "; "
				} else {
					text += v + " := " + at + "; "
				}
				at = v
			}
			places[i] = base + "[" + at + "]"
		case *ast.SelectorExpr:
			sel := wk.info.Selections[x]
			if sel == nil { // a variable of a package
				places[i] = wk.text(x)
				break
			}
			base := ""
			if _, ptr := wk.info.TypeOf(x.X).Underlying().(*types.Pointer); ptr {
				base = hold("", x.X)
			} else {
				base = wk.place(x.X, hold)
			}
			places[i] = base + wk.path(sel) + "." + wk.fieldName(sel.Obj().(*types.Var))
		}
	}
	return text, places
}

// oneByOne assigns the values of one expression to places, each as what is wanted there.
func (wk *walk) oneByOne(places []string, want []types.Type, e ast.Expr) string {
	wk.wantsPair(e)
	var from []types.Type
	if t, ok := wk.info.TypeOf(e).(*types.Tuple); ok {
		for i := range t.Len() {
			from = append(from, t.At(i).Type())
		}
	} else {
		from = []types.Type{wk.info.TypeOf(e), types.Typ[types.Bool]}
	}
	wk.loops++
	vars := make([]string, len(places))
	text := ""
	for i, p := range places {
		if vars[i] = "_"; p != "_" {
			vars[i] = fmt.Sprintf("%sv%d%s%d", mark.Mark, wk.loops, mark.Mark, i)
			text += "; " + p + " = " + wk.as(vars[i], from[i], want[i])
		}
	}
	define := " := "
	if text == "" {
		define = " = "
	}
	return strings.Join(vars, ", ") + define + wk.text(e) + text
}

// varDecl walks a declaration of variables in a function. top says that it
// is one of a cell's own, of which topDefine has made assignments.
func (wk *walk) varDecl(gen *ast.GenDecl, top bool) {
	several := func(s ast.Spec) bool {
		n := s.(*ast.ValueSpec)
		return n.Type != nil && len(n.Values) == 1 && len(n.Names) > 1
	}
	split := slices.ContainsFunc(gen.Specs, several) && !top
	if split {
		wk.dropParens(gen)
	}
	for _, s := range gen.Specs {
		switch n := s.(*ast.ValueSpec); {
		case several(s):
			wk.specTuple(n, top)
		default:
			if split {
				wk.edits.before(n.Pos(), "var ")
			}
			wk.expr(n)
		}
	}
}

// specTuple declares several variables, and then gives them the values of one
// expression, whose types need not be theirs.
func (wk *walk) specTuple(n *ast.ValueSpec, top bool) {
	t := wk.info.TypeOf(n.Type)
	places := make([]string, len(n.Names))
	want := make([]types.Type, len(n.Names))
	text := ""
	for i, id := range n.Names {
		want[i] = t
		if places[i] = "_"; id.Name == "_" {
			continue
		}
		if places[i] = wk.text(id); !top {
			text += "var " + places[i] + " " + wk.typeText(t) + "; "
		}
	}
	wk.edits.replaceLines(n.Pos(), n.End(), text+wk.oneByOne(places, want, n.Values[0]))
}

// place is the text of the variable that e denotes, whatever becomes of e's operands.
func (wk *walk) place(e ast.Expr, hold func(prefix string, e ast.Expr) string) string {
	switch x := ast.Unparen(e).(type) {
	case *ast.StarExpr:
		return "(*" + hold("", x.X) + ")"
	case *ast.Ident:
		return wk.text(x)
	default:
		return "(*" + hold("&", x) + ")"
	}
}

// text walks e by itself and returns what becomes of it.
func (wk *walk) text(e ast.Expr) string { return wk.textWith(e, func() {}) }

// textAs is text for an expression whose value becomes one of type t.
func (wk *walk) textAs(e ast.Expr, t types.Type) string {
	return wk.textWith(e, func() { wk.becomes(e, t) })
}

// textWith is text once prepare has noted edits around e.
func (wk *walk) textWith(e ast.Expr, prepare func()) string {
	outer := wk.edits
	wk.edits = &edits{base: outer.base, text: outer.text}
	defer func() { wk.edits = outer }()
	prepare()
	wk.expr(e)
	return wk.edits.apply(e.Pos(), e.End())
}

// as is the text of v as a value of another type, an interface by way of a function: see dressed.
func (wk *walk) as(v string, from, to types.Type) string {
	if types.Identical(from, to) || !types.IsInterface(to) {
		return v
	}
	if isErrorLike(to) && wk.becomesFault(from) {
		return wk.asFault(from) + "(" + v + ")"
	}
	if isAny(to) && wk.nameless(from) {
		return fmt.Sprintf("%s.Typed(%q, %s)", wk.rt(), printedName(from), v)
	}
	f, t := wk.typeText(from), wk.typeText(to)
	return wk.helper("as", f+" "+t, func() string { return "(v " + f + ") " + t + " { return v }" }) + "(" + v + ")"
}

// leftTypes are the types of what is assigned to, those of the values where that is blank.
func (wk *walk) leftTypes(n *ast.AssignStmt) []types.Type {
	out := make([]types.Type, len(n.Lhs))
	for i, l := range n.Lhs {
		if out[i] = wk.info.TypeOf(l); isBlank(l) || out[i] == nil {
			out[i] = types.Default(wk.info.TypeOf(n.Rhs[i]))
		}
		if isNil(out[i]) {
			out[i] = types.Universe.Lookup("any").Type()
		}
	}
	return out
}

// wantsPair notes that the second value of e is wanted.
func (wk *walk) wantsPair(e ast.Expr) {
	switch e := ast.Unparen(e).(type) {
	case *ast.UnaryExpr:
		wk.pair[e] = true
	case *ast.TypeAssertExpr:
		wk.skip[e] = true
	}
}

// entangled reports whether an operand on the left calls a function or names a
// variable that is on the left as well.
func (wk *walk) entangled(left []ast.Expr) bool {
	for _, l := range left {
		if _, ok := ast.Unparen(l).(*ast.Ident); !ok && wk.anyCall([]ast.Expr{l}) {
			return true
		}
	}
	return wk.related(left)
}

// related reports whether an operand on the left names a variable that is on the left as well,
// or a variable is there twice.
func (wk *walk) related(left []ast.Expr) bool {
	found := false
	set := map[types.Object]bool{}
	for _, l := range left {
		if id, ok := ast.Unparen(l).(*ast.Ident); ok && wk.info.Uses[id] != nil {
			found = found || set[wk.info.Uses[id]]
			set[wk.info.Uses[id]] = true
		}
	}
	for _, l := range left {
		if _, ok := ast.Unparen(l).(*ast.Ident); ok {
			continue
		}
		ast.Inspect(l, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			found = found || ok && set[wk.info.Uses[id]]
			return !found
		})
	}
	return found
}

// changesType reports whether a value of several changes its type when it is assigned.
func (wk *walk) changesType(n *ast.AssignStmt) bool {
	t := wk.info.TypeOf(n.Rhs[0])
	if _, ok := t.(*types.Tuple); ok && isCall(n.Rhs[0]) {
		return false
	}
	if tuple, ok := t.(*types.Tuple); ok {
		t = tuple.At(0).Type()
	}
	for i, want := range []types.Type{t, types.Typ[types.Bool]} {
		if !isBlank(n.Lhs[i]) && !types.Identical(wk.info.TypeOf(n.Lhs[i]), want) {
			return true
		}
	}
	return false
}

func isCall(e ast.Expr) bool {
	_, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok
}

// anyElement reports whether one of the places is an element of a map.
func (wk *walk) anyElement(list []ast.Expr) bool {
	for _, e := range list {
		if isMapElement(wk.info, e) {
			return true
		}
	}
	return false
}

// anyNil reports whether one of the values is nil: the engine does not know of what type.
func (wk *walk) anyNil(list []ast.Expr) bool {
	return slices.ContainsFunc(list, func(e ast.Expr) bool { return isNil(wk.info.TypeOf(e)) || wk.info.Types[e].IsNil() })
}

func (wk *walk) anyInterface(list []ast.Expr) bool {
	for _, e := range list {
		if t := wk.info.TypeOf(e); !isBlank(e) && t != nil && types.IsInterface(t) {
			return true
		}
	}
	return false
}

// anyCall reports whether one of the expressions calls something, conversions
// and len aside, or makes something.
func (wk *walk) anyCall(list []ast.Expr) bool {
	found := false
	for _, e := range list {
		ast.Inspect(e, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.CallExpr:
				tv := wk.info.Types[n.Fun]
				id, _ := ast.Unparen(n.Fun).(*ast.Ident)
				found = found || !tv.IsType() && wk.info.Types[n].Value == nil && !(tv.IsBuiltin() && id != nil && (id.Name == "len" || id.Name == "cap"))
			case *ast.UnaryExpr:
				found = found || n.Op == token.ARROW
			case *ast.CompositeLit:
				found = true
			}
			return !found
		})
	}
	return found
}

// dereferences reports whether one of the expressions may fail while others have been assigned.
func (wk *walk) dereferences(list []ast.Expr) bool {
	found := false
	for _, e := range list {
		ast.Inspect(e, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.StarExpr, *ast.TypeAssertExpr:
				found = true
			}
			return !found
		})
	}
	return found
}
