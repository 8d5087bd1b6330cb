package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"lockstep/kernel/rewrite/mark"
)

// The run time does the channel operations: they give up the lock while they
// wait and end on interrupt. The engine's own know neither, and its select statement keeps what it
// waits for in one place for all goroutines that run it, so that they take each other's messages.

func (wk *walk) receive(n *ast.UnaryExpr) {
	t := wk.info.TypeOf(n.X)
	ch, ok := t.Underlying().(*types.Chan)
	if !ok || hasTypeParam(t) {
		return
	}
	wk.edits.replace(n.OpPos, n.OpPos+2, wk.receiver(ch, wk.pair[n])+"(")
	wk.edits.after(n.End(), ")")
}

// receiver is a helper that returns what it receives, and with two results as Go does.
func (wk *walk) receiver(ch *types.Chan, two bool) string {
	elem := wk.typeText(ch.Elem())
	kind, result, give := "recv", elem, "v"
	if two {
		kind, result, give = "recvok", "("+elem+", bool)", "v, ok"
	}
	return wk.helper(kind, elem, func() string {
		return fmt.Sprintf("(c <-chan (%[1]s)) %[2]s { var v %[1]s; ok := %[3]s.Receive(c, &v); _ = ok; return %[4]s }", elem, result, wk.rt(), give)
	})
}

func (wk *walk) send(n *ast.SendStmt) {
	t := wk.info.TypeOf(n.Chan)
	ch, ok := t.Underlying().(*types.Chan)
	if !ok || hasTypeParam(t) {
		return
	}
	elem := wk.typeText(ch.Elem())
	name := wk.helper("send", elem, func() string {
		return fmt.Sprintf("(c chan<- (%[1]s), v %[1]s) { %[2]s.Send(c, &v) }", elem, wk.rt())
	})
	wk.flowsTo(n.Value, ch.Elem())
	wk.edits.before(n.Chan.Pos(), name+"(")
	wk.edits.replace(n.Arrow, n.Arrow+2, ",")
	wk.edits.after(n.Value.End(), ")")
}

// selectStmt turns a select statement into a switch over which of its
// operations the run time has done. at is where the statement begins, labels included.
func (wk *walk) selectStmt(n *ast.SelectStmt, at token.Pos) {
	if len(n.Body.List) == 0 {
		wk.edits.replace(n.Pos(), n.End(), wk.rt()+".Forever()")
		return
	}
	wk.selects++
	which, open := fmt.Sprintf("%sn%d", mark.Mark, wk.selects), fmt.Sprintf("%sok%d", mark.Mark, wk.selects)
	ops, args := "", ""
	for i, c := range n.Body.List {
		clause := c.(*ast.CommClause)
		head := fmt.Sprintf("case %d:", i)
		switch comm := clause.Comm.(type) {
		case nil:
			ops += "-"
			continue
		case *ast.SendStmt:
			ops += "s"
			elem := wk.info.TypeOf(comm.Chan).Underlying().(*types.Chan).Elem()
			args += ", " + wk.text(comm.Chan) + ", " + wk.reference(elem) + "(" + wk.textAs(comm.Value, elem) + ")"
		default:
			left, define, from := received(comm)
			args += ", " + wk.text(from)
			op := "d"
			for j, l := range left {
				if isBlank(l) {
					continue
				}
				value, t := open, types.Type(types.Typ[types.Bool])
				if j == 0 {
					t = wk.info.TypeOf(from).Underlying().(*types.Chan).Elem()
					value = fmt.Sprintf("%sv%d%s%d", mark.Mark, wk.selects, mark.Mark, i)
					wk.edits.statement(at, "var "+value+" "+wk.typeText(t)+"; ")
					args += ", &" + value
					op = "r"
				}
				if define == token.ASSIGN {
					value = wk.as(value, t, wk.info.TypeOf(l))
				}
				head += " " + wk.text(l) + " " + define.String() + " " + value + ";"
			}
			ops += op
		}
		wk.edits.replace(clause.Pos(), clause.Colon+1, head)
	}
	wk.edits.replace(n.Pos(), n.Body.Lbrace+1, fmt.Sprintf("switch %s, %s := %s.Select(%q%s); %[1]s {", which, open, wk.rt(), ops, args))
	for _, c := range n.Body.List {
		wk.clause(c.(*ast.CommClause).Body)
	}
}

// received takes apart what receives in a case of a select statement.
func received(comm ast.Stmt) (left []ast.Expr, tok token.Token, from ast.Expr) {
	switch comm := comm.(type) {
	case *ast.AssignStmt:
		return comm.Lhs, comm.Tok, ast.Unparen(comm.Rhs[0]).(*ast.UnaryExpr).X
	case *ast.ExprStmt:
		return nil, token.ILLEGAL, ast.Unparen(comm.X).(*ast.UnaryExpr).X
	}
	return nil, token.ILLEGAL, nil
}

// reference is a helper that puts a value into memory of its own.
func (wk *walk) reference(t types.Type) string {
	text := wk.typeText(t)
	return wk.helper("ref", text, func() string { return "(v " + text + ") *(" + text + ") { return &v }" })
}
