package rewrite

import (
	"go/ast"
	"go/types"
)

// goStmt starts the goroutine through the run time, which guards it. The
// function and the arguments are evaluated here, as Go does.
func (wk *walk) goStmt(n *ast.GoStmt) {
	wk.edits.drop(n.Go, n.Call.Pos())
	hold := wk.hold(types.NewSignatureType(nil, nil, nil, nil, nil, false))
	if lit, ok := ast.Unparen(n.Call.Fun).(*ast.FuncLit); ok && len(n.Call.Args) == 0 && lit.Type.Results.NumFields() == 0 {
		wk.edits.before(n.Call.Pos(), wk.rt()+".Go("+hold+"(")
		wk.edits.replace(n.Call.Lparen, n.Call.Rparen+1, "))")
		wk.expr(n.Call.Fun)
		return
	}
	start, end := wk.rt()+".Go("+hold+"(func() { ", " }))"
	if !wk.outlineBuiltin(n.Call, start, end) && !wk.outline(n.Call, start, end, false) {
		wk.refuse(n.Pos(), "this go statement")
	}
}
