package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/rewrite/mark"
)

// receive makes <-c give up the lock while it waits, and end on interrupt.
func (wk *compiledWalk) receive(n *ast.UnaryExpr) { wk.received(n, "Recv") }

func (wk *compiledWalk) received(n *ast.UnaryExpr, how string) {
	if _, ok := wk.info.TypeOf(n.X).(*types.TypeParam); ok {
		return
	}
	wk.edits.replace(n.OpPos, n.OpPos+2, wk.rt()+"."+how+"(")
	wk.edits.after(n.End(), ")")
}

// send does for c <- v what receive does for <-c.
func (wk *compiledWalk) send(n *ast.SendStmt) {
	t := wk.info.TypeOf(n.Chan)
	ch, ok := t.Underlying().(*types.Chan)
	if _, param := t.(*types.TypeParam); !ok || param || wk.skip[n] {
		return
	}
	wk.flowsTo(n.Value, ch.Elem())
	call := wk.rt() + ".Send("
	if !types.Identical(wk.info.TypeOf(n.Value), ch.Elem()) && !check.DependsOnC(ch.Elem()) {
		call = wk.rt() + ".Send[" + wk.typeText(ch.Elem()) + "]("
	}
	wk.edits.before(n.Chan.Pos(), call)
	wk.edits.replace(n.Arrow, n.Arrow+2, ",")
	wk.edits.after(n.Value.End(), ")")
}

// selectStmt gives the lock up around a select that has no default, and adds a
// case that ends it on interrupt.
func (wk *compiledWalk) selectStmt(n *ast.SelectStmt) {
	if len(n.Body.List) == 0 {
		wk.edits.replace(n.Pos(), n.End(), "for { "+wk.rt()+".Forever() }")
		return
	}
	blocking := true
	for _, c := range n.Body.List {
		blocking = blocking && c.(*ast.CommClause).Comm != nil
	}
	if blocking {
		at := n.Pos()
		if wk.label.IsValid() {
			at = wk.label
		}
		wk.edits.statement(at, wk.rt()+".Begin(); ")
		wk.edits.after(n.Body.Lbrace+1, fmt.Sprintf(" case <-%[1]s.Done(): %[1]s.Ended(); panic(0); ", wk.rt()))
	}
	wk.label = token.NoPos
	for _, c := range n.Body.List {
		clause := c.(*ast.CommClause)
		text := ""
		if blocking {
			text = " " + wk.rt() + ".End(); "
		}
		switch comm := clause.Comm.(type) {
		case *ast.SendStmt:
			wk.skip[comm] = true
		case *ast.ExprStmt:
			wk.skip[ast.Unparen(comm.X)] = true
		case *ast.AssignStmt:
			wk.skip[ast.Unparen(comm.Rhs[0])] = true
			text += wk.uses(comm.Lhs, "", "; ")
		}
		if clause.Comm != nil {
			wk.node(clause.Comm)
		}
		wk.edits.after(clause.Colon+1, text)
		wk.statements(clause.Body)
	}
}

// rangeStmt puts the checkpoint into a range loop; one over a channel becomes receives.
func (wk *compiledWalk) rangeStmt(n *ast.RangeStmt) {
	ch, isChan := wk.info.TypeOf(n.X).Underlying().(*types.Chan)
	if _, param := wk.info.TypeOf(n.X).(*types.TypeParam); isChan && ch != nil && !param {
		wk.rangeChannel(n)
		return
	}
	used := ""
	for _, e := range []ast.Expr{n.Key, n.Value} {
		if e == nil {
			continue
		}
		if n.Tok == token.DEFINE {
			used += wk.uses([]ast.Expr{e}, " ", "; ")
		} else {
			wk.node(e)
		}
	}
	wk.edits.after(n.Body.Lbrace+1, wk.checkpoint()+used)
	wk.node(n.X)
	wk.statements(n.Body.List)
}

func (wk *compiledWalk) rangeChannel(n *ast.RangeStmt) {
	m := mark.Mark
	open := fmt.Sprintf("%s_, %sok := %s.Recv2(%sc); if !%sok { break }; { ", wk.checkpoint(), m, wk.rt(), m, m)
	switch {
	case n.Key == nil || isBlank(n.Key):
		wk.edits.replace(n.For, n.X.Pos(), "for "+m+"c := ")
	case n.Tok == token.DEFINE:
		id := n.Key.(*ast.Ident)
		open = strings.Replace(open, "_,", id.Name+",", 1) + wk.uses([]ast.Expr{id}, "", "; ")
		wk.edits.replace(n.For, n.X.Pos(), "for "+m+"c := ")
	default:
		// The variable is written where it stands, as part of the loop's body.
		key := wk.subtext(n.Key)
		open = strings.Replace(open, "_,", m+"v,", 1) + key + " = " + m + "v; "
		wk.edits.replace(n.For, n.X.Pos(), "for "+m+"c := ")
	}
	wk.edits.after(n.X.End(), "; ; ")
	wk.edits.after(n.Body.Lbrace+1, open)
	wk.node(n.X)
	wk.statements(n.Body.List)
	wk.edits.before(n.Body.Rbrace, " }; ")
}

// subtext is the edited text of an expression that is to stand elsewhere.
func (wk *compiledWalk) subtext(e ast.Expr) string {
	own := &edits{base: wk.edits.base, text: wk.edits.text}
	sub := *wk
	sub.edits = own
	sub.node(e)
	return own.apply(e.Pos(), e.End())
}

// typeSwitch leaves out a variable that no clause uses.
func (wk *compiledWalk) typeSwitch(n *ast.TypeSwitchStmt) {
	def, ok := n.Assign.(*ast.AssignStmt)
	if ok && wk.cell.Unused[def.Lhs[0].Pos()] {
		wk.edits.drop(def.Pos(), def.Rhs[0].Pos())
	}
}

// goStmt starts the goroutine through the run time, which guards it. What Go
// evaluates before the goroutine starts is evaluated here.
func (wk *compiledWalk) goStmt(n *ast.GoStmt) {
	call := n.Call
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok && len(call.Args) == 0 && lit.Type.Results.NumFields() == 0 {
		wk.edits.replace(n.Go, call.Pos(), wk.rt()+".Go(")
		wk.edits.replace(call.Lparen, call.Rparen+1, ")")
		wk.node(call.Fun)
		return
	}
	before, again := wk.evaluated(call)
	wk.edits.replace(n.Pos(), n.End(), keepLines(wk.edits.text[wk.edits.offset(n.Pos()):wk.edits.offset(n.End())], fmt.Sprintf("{ %s%s.Go(func() { %s }) }", before, wk.rt(), again)))
}

// deferred walks a deferred call, whose arguments are evaluated where it stands.
func (wk *compiledWalk) deferred(call *ast.CallExpr) {
	wk.skip[call] = true
	f := callee(wk.info, call)
	if blocks(f) && len(call.Args) == 0 && f.Signature().Results().Len() == 0 {
		wk.edits.before(call.Pos(), wk.rt()+".Block(")
		wk.edits.drop(call.Lparen, call.Rparen)
		wk.node(call.Fun)
		return
	}
	wk.node(call)
}

// evaluated splits a call into what evaluates the function and its arguments and the call itself.
func (wk *compiledWalk) evaluated(call *ast.CallExpr) (before, again string) {
	fun, args := "", []string{}
	tv := wk.info.Types[call.Fun]
	f := callee(wk.info, call)
	sig, _ := tv.Type.Underlying().(*types.Signature)
	switch {
	case tv.IsBuiltin(), tv.IsType(), f != nil && f.Signature().TypeParams().Len() > 0:
		fun = wk.subtext(call.Fun)
	default:
		fun = mark.Mark + "f"
		before = fun + " := " + wk.subtext(call.Fun) + "; "
	}
	if t, ok := wk.info.TypeOf(onlyArg(call)).(*types.Tuple); ok {
		for i := range t.Len() {
			args = append(args, fmt.Sprintf("%s%d", mark.Mark, i))
		}
		before += strings.Join(args, ", ") + " := " + wk.subtext(call.Args[0]) + "; "
		return before, fun + "(" + strings.Join(args, ", ") + ")"
	}
	for i, a := range call.Args {
		at := wk.info.Types[a]
		if sig != nil && !tv.IsBuiltin() {
			wk.flowsTo(a, paramType(sig, i))
		}
		if at.Value != nil || at.IsNil() || at.IsType() {
			args = append(args, wk.subtext(a))
			continue
		}
		name := fmt.Sprintf("%s%d", mark.Mark, i)
		use := name
		if p := wk.pointed(a); p != nil { // the pointer keeps alive what the number points to
			a, use = p, "uintptr("+name+")"
		}
		before += name + " := " + wk.subtext(a) + "; "
		args = append(args, use)
	}
	dots := ""
	if call.Ellipsis.IsValid() {
		dots = "..."
	}
	return before, fun + "(" + strings.Join(args, ", ") + dots + ")"
}

// pointed is p where e is uintptr(p) of an unsafe.Pointer.
func (wk *compiledWalk) pointed(e ast.Expr) ast.Expr {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok || !wk.info.Types[call.Fun].IsType() || len(call.Args) != 1 {
		return nil
	}
	to, ok1 := wk.info.TypeOf(call).(*types.Basic)
	from, ok2 := wk.info.TypeOf(call.Args[0]).(*types.Basic)
	if !ok1 || !ok2 || to.Kind() != types.Uintptr || from.Kind() != types.UnsafePointer {
		return nil
	}
	return call.Args[0]
}

func onlyArg(call *ast.CallExpr) ast.Expr {
	if len(call.Args) == 1 {
		return call.Args[0]
	}
	return nil
}

// keepLines gives a replacement as many lines as what it replaces.
func keepLines(was, text string) string {
	if missing := strings.Count(was, "\n") - strings.Count(text, "\n"); missing > 0 {
		text += strings.Repeat("\n", missing)
	}
	return text
}
