package rewrite

import (
	"go/ast"
	"go/types"
)

// selector routes os.Stdin, os.Stdout and os.Stderr, where no *os.File is
// wanted, to the cell's own streams.
func (wk *walk) selector(n *ast.SelectorExpr) bool {
	x, ok := n.X.(*ast.Ident)
	if !ok {
		return true
	}
	p, ok := wk.info.Uses[x].(*types.PkgName)
	if !ok || p.Imported().Path() != "os" || !wk.streams[n] {
		return true
	}
	wk.edits.replace(n.Pos(), n.End(), wk.rt()+"."+n.Sel.Name)
	return false
}

func isStream(info *types.Info, e ast.Expr) bool {
	n, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := n.X.(*ast.Ident)
	if !ok {
		return false
	}
	p, ok := info.Uses[x].(*types.PkgName)
	return ok && p.Imported().Path() == "os" && (n.Sel.Name == "Stdin" || n.Sel.Name == "Stdout" || n.Sel.Name == "Stderr")
}
