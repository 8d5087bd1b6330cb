package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"

	"lockstep/kernel/rewrite/mark"
)

// switchStmt writes a switch over a value as one over comparisons, where the
// engine's own is not to be trusted: "v' := v; switch { case v' == a: }".
func (wk *walk) switchStmt(n *ast.SwitchStmt) {
	at, label := wk.start(n), wk.takeLabel()
	if !wk.compares(n) {
		wk.within(&target{label: label}, func() {
			wk.stmt(n.Init)
			if n.Tag != nil {
				wk.expr(n.Tag)
			}
			for _, c := range n.Body.List {
				if n.Tag == nil {
					wk.alternatives(c.(*ast.CaseClause).List)
				}
				for _, e := range c.(*ast.CaseClause).List {
					if n.Tag == nil && types.IsInterface(wk.info.TypeOf(e)) {
						wk.edits.before(e.Pos(), wk.rt()+".Equal([]interface{}{true, ")
						wk.edits.after(e.End(), "}...)")
					}
				}
				wk.expr(c)
			}
		})
		return
	}
	head := label
	if label != "" {
		head += ": "
	}
	wk.loops++
	v := fmt.Sprintf("%sy%d", mark.Mark, wk.loops)
	wk.edits.replace(at, n.Switch+6, "{ ")
	if n.Init != nil {
		wk.stmt(n.Init)
	}
	t := wk.info.TypeOf(n.Tag)
	wk.edits.before(n.Tag.Pos(), "var "+v+" "+wk.typeText(t)+" = ")
	wk.flowsTo(n.Tag, t)
	wk.expr(n.Tag)
	wk.edits.after(n.Tag.End(), "; "+head+"switch ")
	wk.within(&target{label: label}, func() {
		for _, c := range n.Body.List {
			clause := c.(*ast.CaseClause)
			for _, e := range clause.List {
				wk.caseOf(v, t, e)
			}
			wk.alternatives(clause.List)
			wk.clause(clause.Body)
		}
	})
	wk.edits.after(n.End(), " }")
}

// alternatives joins the conditions of a clause by ||: the engine looks at the first alone.
func (wk *walk) alternatives(list []ast.Expr) {
	for i := range len(list) - 1 {
		from, to := list[i].End(), list[i+1].Pos()
		wk.edits.replace(from, to, " ||"+wk.edits.missing(from, to, "")+" ")
	}
}

// compares reports whether a switch compares interfaces, values of several types, or something with nil,
// or has a statement before its value.
func (wk *walk) compares(n *ast.SwitchStmt) bool {
	if n.Tag == nil {
		return false
	}
	if n.Init != nil {
		return true // the engine evaluates a tag like x&3 before the statement
	}
	from := wk.info.TypeOf(n.Tag)
	if from == nil {
		return false
	}
	if types.IsInterface(from) {
		return true
	}
	for _, c := range n.Body.List {
		for _, e := range c.(*ast.CaseClause).List {
			if t := wk.info.TypeOf(e); wk.info.Types[e].Value == nil && !types.Identical(t, from) {
				return true
			}
		}
	}
	return false
}

// caseOf compares the variable v of type t with e.
func (wk *walk) caseOf(v string, t types.Type, e ast.Expr) {
	of := wk.info.TypeOf(e)
	switch {
	case isNil(of):
		same := wk.helper("copy", "bool", func() string { return "(v bool) bool { return v }" })
		wk.edits.before(e.Pos(), same+"("+v+" == ")
		wk.edits.after(e.End(), ")")
	case types.IsInterface(t) || types.IsInterface(of):
		wk.edits.before(e.Pos(), wk.rt()+".Equal([]interface{}{"+v+", ")
		wk.edits.after(e.End(), "}...)")
		if types.IsInterface(t) {
			wk.namedOperand(e)
		}
	case types.Identical(t, of) || wk.info.Types[e].Value != nil:
		wk.edits.before(e.Pos(), v+" == ")
	case types.AssignableTo(of, t):
		wk.edits.before(e.Pos(), v+" == ("+wk.typeText(t)+")(")
		wk.edits.after(e.End(), ")")
	default:
		wk.edits.before(e.Pos(), "("+wk.typeText(of)+")("+v+") == ")
	}
	wk.expr(e)
}
