package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// target is a statement that break or continue can mean.
type target struct {
	label string
	loop  bool
	// back is what continue does first: it hands the loop's variables on.
	back string
	// state is the variable that tells how a loop over a function was left, "" for other statements.
	state string
	body  *ast.BlockStmt // of a loop over a function
	exits []leaving
}

// leaving is a way out of a loop over a function to a place beyond it.
type leaving struct {
	code  int
	kind  flow
	to    *target
	label *ast.Ident // of a goto statement
}

type flow int

const (
	flowBreak flow = iota
	flowContinue
	flowReturn
	flowGoto
)

// exit writes the jump of kind to a target (nil for the function itself) from where the walk is.
func (wk *walk) exit(kind flow, to *target) string {
	for i := len(wk.fn.targets) - 1; i >= 0; i-- {
		t := wk.fn.targets[i]
		switch {
		case t == to && t.state != "" && kind == flowContinue:
			return "return true"
		case t == to && t.state != "":
			return "{ " + t.state + " = 1; return false }"
		case t == to:
			word := "break"
			if kind == flowContinue {
				word = "continue"
			}
			if t.label != "" {
				word += " " + t.label
			}
			if kind == flowContinue && t.back != "" {
				return "{ " + t.back + word + " }"
			}
			return word
		case t.state != "":
			return t.leaveBy(leaving{kind: kind, to: to})
		}
	}
	return wk.fn.leave
}

// leaveBy writes the end of a loop over a function that is left for a place beyond it.
func (t *target) leaveBy(way leaving) string {
	for _, l := range t.exits {
		if l.kind == way.kind && l.to == way.to && (way.label == nil || l.label.Name == way.label.Name) {
			way.code = l.code
		}
	}
	if way.code == 0 {
		way.code = len(t.exits) + 2
		t.exits = append(t.exits, way)
	}
	return fmt.Sprintf("{ %s = %d; return false }", t.state, way.code)
}

// jump writes a goto statement, which leaves the loops over functions that do not have its label.
func (wk *walk) jump(label *ast.Ident) string {
	to := wk.info.Uses[label]
	for i := len(wk.fn.targets) - 1; i >= 0; i-- {
		if t := wk.fn.targets[i]; t.state != "" && (to.Pos() < t.body.Pos() || to.Pos() >= t.body.End()) {
			return t.leaveBy(leaving{kind: flowGoto, label: label})
		}
	}
	return "goto " + label.Name
}

// branch rewrites break and continue.
func (wk *walk) branch(n *ast.BranchStmt) {
	kind := flowBreak
	switch n.Tok {
	case token.GOTO:
		wk.edits.statement(n.Pos(), wk.checkpoint()+" ")
		wk.edits.replace(n.Pos(), n.End(), wk.jump(n.Label))
		return
	case token.CONTINUE:
		kind = flowContinue
	case token.BREAK:
	default:
		return
	}
	for i := len(wk.fn.targets) - 1; i >= 0; i-- {
		t := wk.fn.targets[i]
		if n.Label != nil && t.label != n.Label.Name || n.Label == nil && kind == flowContinue && !t.loop {
			continue
		}
		plain := "break"
		if kind == flowContinue {
			plain = "continue"
		}
		text := wk.exit(kind, t)
		if n.Label == nil && t.label != "" {
			text = strings.Replace(text, plain+" "+t.label, plain, 1)
		}
		if text != plain && text != plain+" "+t.label {
			wk.edits.replace(n.Pos(), n.End(), text)
		}
		return
	}
}

// within walks something with one more target.
func (wk *walk) within(t *target, visit func()) {
	wk.fn.targets = append(wk.fn.targets, t)
	visit()
	wk.fn.targets = wk.fn.targets[:len(wk.fn.targets)-1]
}

// takeLabel is the label of the statement about to be walked.
func (wk *walk) takeLabel() string {
	l := wk.label
	wk.label = ""
	return l
}

// forStmt puts the checkpoint into a loop and, where its variables are
// captured, gives each step variables of its own.
func (wk *walk) forStmt(n *ast.ForStmt) {
	t := &target{label: wk.takeLabel(), loop: true}
	open, shut := "", ""
	var own []types.Object
	if def, ok := n.Init.(*ast.AssignStmt); ok && def.Tok == token.DEFINE {
		for _, l := range def.Lhs {
			id, _ := l.(*ast.Ident)
			if id == nil || id.Name == "_" || wk.info.Defs[id] == nil || !wk.captured(wk.info.Defs[id], n.Body) {
				continue
			}
			own = append(own, wk.info.Defs[id])
			open += fmt.Sprintf("%[1]s := %[1]s%[2]si; ", id.Name, mark.Mark)
			t.back += fmt.Sprintf("%[1]s%[2]si = %[1]s; ", id.Name, mark.Mark)
		}
		for _, part := range []ast.Node{n.Cond, n.Post} {
			for _, v := range own {
				if part != nil && part != ast.Expr(nil) && wk.inLiteral(v, part) {
					wk.refuse(part.Pos(), "a function literal that captures the loop's variable in its condition or step")
				}
			}
		}
	}
	for _, v := range own {
		wk.rename[v] = v.Name() + mark.Mark + "i"
	}
	if n.Init != nil {
		wk.stmt(n.Init)
	}
	if n.Cond != nil {
		wk.expr(n.Cond)
	} else if n.Init != nil && n.Post == nil {
		wk.edits.replace(n.Init.End(), n.Body.Lbrace, "; true; ") // else the engine begins anew with each step
	}
	if n.Post != nil {
		wk.stmt(n.Post)
	}
	for _, v := range own {
		delete(wk.rename, v)
	}
	if open != "" {
		open, shut = open+"{ ", " }; "+t.back
	}
	wk.edits.after(n.Body.Lbrace+1, " "+wk.checkpoint()+" "+open)
	wk.within(t, func() { wk.statements(n.Body.List) })
	if shut != "" {
		wk.edits.before(n.Body.Rbrace, shut)
	}
}

// captured reports whether a function literal in body, or a pointer, can keep v beyond a step of the loop.
func (wk *walk) captured(v types.Object, body ast.Node) bool {
	found := wk.inLiteral(v, body)
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && wk.roots(n.X, v)
		case *ast.SliceExpr:
			found = found || wk.roots(n.X, v)
		case *ast.SelectorExpr:
			if sel := wk.info.Selections[n]; sel != nil && sel.Kind() == types.MethodVal && wk.roots(n.X, v) {
				_, ptr := sel.Obj().(*types.Func).Signature().Recv().Type().(*types.Pointer)
				found = found || ptr
			}
		}
		return !found
	})
	return found
}

// assigns reports whether code under root assigns to v.
func (wk *walk) assigns(v types.Object, root ast.Node) bool {
	found := false
	to := func(e ast.Expr) { found = found || e != nil && wk.roots(e, v) }
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				to(l)
			}
		case *ast.IncDecStmt:
			to(n.X)
		case *ast.RangeStmt:
			to(n.Key)
			to(n.Value)
		}
		return !found
	})
	return found
}

func (wk *walk) inLiteral(v types.Object, root ast.Node) bool {
	found := false
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			found = found || wk.uses(v, n.Body)
		case *ast.RangeStmt: // its body may become a function
			if _, ok := wk.info.TypeOf(n.X).Underlying().(*types.Signature); ok {
				found = found || wk.uses(v, n.Body)
			}
		}
		return !found
	})
	return found
}

func (wk *walk) uses(v types.Object, root ast.Node) bool {
	found := false
	ast.Inspect(root, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && wk.info.Uses[id] == v {
			found = true
		}
		return !found
	})
	return found
}

// roots reports whether e is v or a part of it.
func (wk *walk) roots(e ast.Expr, v types.Object) bool {
	for {
		switch x := ast.Unparen(e).(type) {
		case *ast.Ident:
			return wk.info.Uses[x] == v
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		default:
			return false
		}
	}
}

// rangeFunc turns a loop over a function into a call of it; the body becomes
// the function that it yields to.
func (wk *walk) rangeFunc(n *ast.RangeStmt, sig *types.Signature, t *target, at token.Pos) {
	wk.loops++
	t.state, t.body = fmt.Sprintf("%ss%d", mark.Mark, wk.loops), n.Body
	yield := sig.Params().At(0).Type().Underlying().(*types.Signature)
	var params []string
	bind := ""
	for i, e := range []ast.Expr{n.Key, n.Value} {
		if i >= yield.Params().Len() {
			break
		}
		p := fmt.Sprintf("%sk%d", mark.Mark, i)
		if e != nil && !isBlank(e) {
			if n.Tok == token.DEFINE {
				p = wk.loopVar(e, n.Tok)
			} else {
				bind += wk.loopVar(e, n.Tok) + " = " + wk.as(p, yield.Params().At(i).Type(), wk.info.TypeOf(e)) + "; "
			}
		}
		params = append(params, p+" "+wk.typeText(yield.Params().At(i).Type()))
	}
	label := ""
	if t.label != "" {
		label = t.label + ": " // for goto
	}
	wk.edits.statement(at, fmt.Sprintf("%s{ %s := 0; ", label, t.state))
	wk.edits.replace(at, n.X.Pos(), "")
	wk.edits.replace(n.X.End(), n.Body.Lbrace+1, fmt.Sprintf("(func(%s) bool { if %s != 0 { %s.Left() }; %s %s { ", strings.Join(params, ", "), t.state, wk.rt(), wk.checkpoint(), bind))
	wk.calledExpr(n.X)
	wk.within(t, func() { wk.statements(n.Body.List) })
	end := " }; return true }); "
	for _, l := range t.exits {
		on := ""
		if l.kind == flowGoto {
			on = wk.jump(l.label)
		} else {
			on = wk.exit(l.kind, l.to)
		}
		end += fmt.Sprintf("if %s == %d { %s }; ", t.state, l.code, on)
	}
	end += t.state + " = 1 "
	wk.edits.before(n.Body.Rbrace, end)
}
