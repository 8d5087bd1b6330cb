package rewrite

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/rewrite/mark"
)

// The engine compares dynamic types in several ways, each with faults of its
// own; the assertion of a concrete type is the one that can be relied upon. So type switches become
// switches over the number of the first case that fits, and assertions of interfaces ask for the
// session's types that have the methods before they ask the engine.

// typeSwitch turns "switch x := v.(type)" into "v' := v; switch number(v')".
func (wk *walk) typeSwitch(n *ast.TypeSwitchStmt) {
	at := wk.start(n)
	label := wk.takeLabel()
	wk.loops++
	v := fmt.Sprintf("%sy%d", mark.Mark, wk.loops)
	var guard *ast.TypeAssertExpr
	name := ""
	switch st := n.Assign.(type) {
	case *ast.AssignStmt:
		guard, _ = st.Rhs[0].(*ast.TypeAssertExpr)
		name = st.Lhs[0].(*ast.Ident).Name
	case *ast.ExprStmt:
		guard, _ = st.X.(*ast.TypeAssertExpr)
	}
	from := wk.info.TypeOf(guard.X)
	var tests []string
	var bodies []func()
	for _, c := range n.Body.List {
		clause := c.(*ast.CaseClause)
		var numbers []string
		bind := ""
		if name != "" && name != "_" {
			bind = fmt.Sprintf(" %s := %s; ", name, v)
		}
		for _, e := range clause.List {
			t := wk.info.TypeOf(e)
			test := "v == nil"
			if b, ok := t.(*types.Basic); !ok || b.Kind() != types.UntypedNil {
				test = "_, ok := " + wk.asserted("v", from, t, true) + "; ok"
				if len(clause.List) == 1 && bind != "" && !isAny(t) {
					bind = fmt.Sprintf(" %s := %s; ", name, wk.asserted(v, from, t, false))
				}
			}
			tests = append(tests, fmt.Sprintf("if %s { return %d }; ", test, len(tests)))
			numbers = append(numbers, fmt.Sprint(len(tests)-1))
		}
		if len(numbers) > 0 {
			lines := strings.Count(wk.edits.text[wk.edits.offset(clause.Case):wk.edits.offset(clause.Colon)], "\n")
			wk.edits.replace(clause.Case, clause.Colon+1, "case "+strings.Repeat("\n", lines)+strings.Join(numbers, ", ")+": ")
		}
		bodies = append(bodies, func() {
			wk.edits.statement(clause.Colon+1, bind)
			wk.clause(clause.Body)
		})
	}
	text := wk.typeText(from)
	number := wk.helper("which", text+" "+strings.Join(tests, ""), func() string {
		return "(v " + text + ") int { " + strings.Join(tests, "") + "return -1 }"
	})
	if label != "" {
		label += ": "
	}
	wk.edits.replace(at, n.Switch+6, "{ ")
	if n.Init != nil {
		wk.stmt(n.Init)
	}
	wk.edits.replace(n.Assign.Pos(), guard.X.Pos(), v+" := ")
	wk.expr(guard.X)
	wk.edits.replace(guard.X.End(), n.Body.Lbrace, fmt.Sprintf("; %sswitch %s(%s) ", label, number, v))
	wk.within(&target{label: strings.TrimSuffix(label, ": ")}, func() {
		for _, b := range bodies {
			b()
		}
	})
	wk.edits.after(n.End(), " }")
}

// assertion has an interface asserted by asserted's helper.
func (wk *walk) assertion(n *ast.TypeAssertExpr) {
	if n.Type == nil {
		return
	}
	open, shut, _ := strings.Cut(wk.asserted("\x00", wk.info.TypeOf(n.X), wk.info.TypeOf(n.Type), wk.skip[n]), "\x00")
	if open == "" {
		return
	}
	if _, plain := n.X.(*ast.Ident); !plain && wk.boxes(wk.info.TypeOf(n.X)) {
		open, shut = open+"(", ")"+shut // else the engine boxes it once more
	}
	wk.edits.before(n.X.Pos(), open)
	wk.edits.replace(n.X.End(), n.End(), shut)
}

// asserted is the text of v.(to), with its second value or without.
func (wk *walk) asserted(v string, from, to types.Type, two bool) string {
	wk.judgeAssertion(from, to)
	t, f := wk.typeText(to), wk.typeText(from)
	whole := func(v string) string { return v }
	if named, ok := types.Unalias(from).(*types.Named); ok && isAny(from) && named.Obj().Pkg() == wk.pkg {
		// Into an empty interface with a name the engine puts what is in another one once more.
		whole = func(v string) string { return wk.rt() + ".Raw(" + v + ")" }
	}
	switch {
	case isAny(to) && two:
		return wk.helper("any", f, func() string { return "(v " + f + ") (interface{}, bool) { return v, v != nil }" }) + "(" + v + ")"
	case !types.IsInterface(to) && !types.AssertableTo(under(from), to): // by type arguments
		return wk.never(f, t, two) + "(" + v + ")"
	case wk.faulty(to) && isAny(from): // it may have come there as an error
		return wk.rt() + ".Inner(" + v + ").(" + t + ")"
	case isAny(to) || !types.IsInterface(to) && isAny(from) && !wk.nameless(to) && !wk.hasTwin(to):
		if isAny(to) {
			return v + ".(" + t + ")"
		}
		return whole(v) + ".(" + t + ")"
	}
	inner := func(to types.Type) string {
		if wk.nameless(to) && (isErrorLike(from) || isAny(from)) {
			return fmt.Sprintf("%s.InnerOf(%q, []interface{}{v}...)", wk.rt(), printedName(to)) // a list, since yaegi opens the box of an argument
		}
		if wk.faulty(to) && (isErrorLike(from) || isAny(from)) {
			return wk.rt() + ".Inner(v)"
		}
		return whole("v")
	}
	// A value that a call has given to a parameter is boxed twice; it is once in the helper's.
	both := wk.lateHelper("assertok", f+" "+t, func() string {
		text := fmt.Sprintf("(v %s) (%s, bool) { ", f, t)
		if !types.IsInterface(to) {
			if wk.hasTwin(to) {
				text += fmt.Sprintf("if %s.Named([]interface{}{v}...) { var t %s; return t, false }; ", wk.rt(), t)
			}
			if _, pointer := types.Unalias(to).(*types.Pointer); wk.nameless(to) && !pointer && inner(to) != whole("v") {
				return text + "t, ok := " + inner(to) + ".(" + wk.typeText(to.Underlying()) + "); return " + t + "(t), ok }"
			}
			return text + "t, ok := " + inner(to) + ".(" + t + "); return t, ok }"
		}
		text += "if v == nil { return nil, false }; "
		for _, h := range wk.having(to) {
			if types.AssertableTo(under(from), h) {
				t, is, made := "t", wk.typeText(h), ""
				if _, pointer := h.(*types.Pointer); wk.nameless(h) && !pointer && inner(h) != whole("v") {
					t, is, made = "u", wk.typeText(h.Underlying()), "u := "+is+"(t); "
				}
				if isErrorLike(to) {
					t = wk.as(t, h, to)
				}
				text += fmt.Sprintf("if t, ok := %s.(%s); ok { %sreturn %s, true }; ", inner(h), is, made, t)
			}
		}
		judge := ""
		if names := wk.cellMethods(to); names != "" {
			judge = fmt.Sprintf("if !ok { %s.Foreign(v, %q, %q) }; ", wk.rt(), printedName(to), names)
		}
		return text + fmt.Sprintf("if %s.Own(v) { return nil, false }; t, ok := v.(%s); %sreturn t, ok }", wk.rt(), t, judge)
	})
	if two {
		return both + "(" + v + ")"
	}
	one := wk.lateHelper("assert", f+" "+t, func() string {
		fails := ""
		if i, ok := to.Underlying().(*types.Interface); ok {
			fails = fmt.Sprintf("%s.Lacks(v, %q, %q); ", wk.rt(), printedName(to), wk.lacking(i))
		} else if inner(to) != whole("v") || wk.hasTwin(to) {
			word := "interface {}"
			if isErrorLike(from) {
				word = "error"
			}
			fails = fmt.Sprintf("%s.Differs(v, %q, %q); ", wk.rt(), word, printedName(to))
		}
		return fmt.Sprintf("(v %s) %s { if t, ok := %s(v); ok { return t }; %sreturn v.(%s) }", f, t, both, fails, t)
	})
	return one + "(" + v + ")"
}

// hasTwin reports an unnamed type for which the engine would take a type of a cell.
func (wk *walk) hasTwin(t types.Type) bool {
	switch types.Unalias(t).(type) {
	case *types.Slice, *types.Array, *types.Map, *types.Chan, *types.Signature:
		return slices.ContainsFunc(wk.concrete(), func(own types.Type) bool { return wk.nameless(own) && types.Identical(own.Underlying(), t) })
	}
	return false
}

// cellMethods are the methods of an interface that a cell has declared, "" of others: whether a value of the
// library has them the engine does not find out.
func (wk *walk) cellMethods(t types.Type) string {
	i, ok := t.Underlying().(*types.Interface)
	if named, is := types.Unalias(t).(*types.Named); !ok || is && named.Obj().Pkg() != wk.pkg {
		return ""
	}
	var names []string
	for k := range i.NumMethods() {
		names = append(names, i.Method(k).Name())
	}
	return strings.Join(names, " ")
}

// lacking tells which method of an interface each type of the session lacks, and last the methods of it:
// "main.T=M main.U=N M,N".
func (wk *walk) lacking(i *types.Interface) string {
	var b strings.Builder
	for _, t := range wk.concrete() {
		for _, of := range []types.Type{t, types.NewPointer(t)} {
			if m, _ := types.MissingMethod(of, i, true); m != nil {
				fmt.Fprintf(&b, "%s=%s ", printedName(of), m.Name())
			}
		}
	}
	var names []string
	for k := range i.NumMethods() {
		names = append(names, i.Method(k).Name())
	}
	return b.String() + strings.Join(names, ",")
}

// never is a helper for an assertion that no value passes, which the engine does not compile.
func (wk *walk) never(from, to string, two bool) string {
	if two {
		return wk.helper("neverok", from+" "+to, func() string {
			return "(v " + from + ") (t " + to + ", ok bool) { return t, false }"
		})
	}
	return wk.helper("never", from+" "+to, func() string {
		return fmt.Sprintf("(v %s) (t %s) { %s.Never(); return t }", from, to, wk.rt())
	})
}

func under(t types.Type) *types.Interface {
	i, ok := t.Underlying().(*types.Interface)
	if !ok {
		return types.NewInterfaceType(nil, nil)
	}
	return i
}

// having are the session's types that implement an interface with methods.
func (wk *walk) having(t types.Type) []types.Type {
	i, ok := t.Underlying().(*types.Interface)
	if !ok || i.NumMethods() == 0 {
		return nil
	}
	var out []types.Type
	for _, t := range wk.concrete() {
		out = append(out, implementing(t, i)...)
	}
	return out
}

// concrete are the session's types that are not interfaces.
func (wk *walk) concrete() []types.Type {
	var out []types.Type
	for _, d := range wk.live {
		if d.Kind != check.Type || wk.generic(d) {
			continue
		}
		if obj := wk.pkg.Scope().Lookup(d.Key); obj != nil {
			out = append(out, obj.Type())
		}
	}
	for _, obj := range slices.SortedFunc(maps.Keys(wk.locals), func(a, b *types.TypeName) int { return cmp.Compare(wk.locals[a], wk.locals[b]) }) {
		out = append(out, obj.Type())
	}
	out = append(append(out, wk.earlier()...), wk.made...)
	return slices.DeleteFunc(out, func(t types.Type) bool { return t == nil || types.IsInterface(t) })
}

// earlier are the instances of generic types that earlier units have made.
func (w *writer) earlier() []types.Type {
	var out []types.Type
	for _, text := range w.before.generic {
		if tv, err := types.Eval(w.cell.Source.Fset, w.pkg, token.NoPos, text); err == nil && tv.IsType() {
			out = append(out, tv.Type)
		}
	}
	return out
}

// implementing are those of t and the pointer to it that implement i.
func implementing(t types.Type, i *types.Interface) []types.Type {
	p := types.NewPointer(t)
	switch {
	case types.IsInterface(t):
		return nil
	case types.Implements(t, i):
		return []types.Type{t, p}
	case types.Implements(p, i):
		return []types.Type{p}
	}
	return nil
}
