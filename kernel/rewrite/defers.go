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

// The engine evaluates the arguments of deferred calls late, runs closures of
// a loop with its last values, and deadlocks on deferred function variables. So a function with defer
// statements keeps a list of its own, which one deferred call runs, and its body becomes a function
// inside it, whose frame is free when the list is run.

// survey looks at a function body, literals inside it aside.
func (f *function) survey(info *types.Info, body *ast.BlockStmt) {
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.DeferStmt:
			f.defers = true
		case *ast.CallExpr:
			f.recovers = f.recovers || isRecover(info, n)
		case *ast.ForStmt:
			f.repeats = true
		case *ast.BranchStmt:
			f.repeats = f.repeats || n.Tok == token.GOTO
		case *ast.RangeStmt:
			f.repeats = true
			if t := info.TypeOf(n.X); t != nil {
				if _, ok := t.Underlying().(*types.Signature); ok {
					f.iterates = true
				}
			}
		}
		return true
	})
}

func isRecover(info *types.Info, n *ast.CallExpr) bool {
	id, ok := ast.Unparen(n.Fun).(*ast.Ident)
	if !ok {
		return false
	}
	b, ok := info.Uses[id].(*types.Builtin)
	return ok && b.Name() == "recover"
}

// mayRecover reports whether the function that a deferred call runs calls recover itself.
func (wk *walk) mayRecover(n *ast.CallExpr) bool {
	var body *ast.BlockStmt
	if lit, ok := ast.Unparen(n.Fun).(*ast.FuncLit); ok {
		body = lit.Body
	} else if f := wk.callee(n); f != nil {
		if f.Pkg() != wk.pkg {
			return false
		}
		if recv := f.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
			return true
		}
		return wk.recoversItself(f)
	} else {
		return true
	}
	var f function
	f.survey(wk.info, body)
	return f.recovers
}

// recoversItself reports whether the body of a session function calls recover.
func (wk *walk) recoversItself(f *types.Func) bool {
	if f == nil || f.Pkg() != wk.pkg {
		return false
	}
	d, ok := wk.declOf(f).(*ast.FuncDecl)
	if !ok || d.Body == nil {
		return false
	}
	if known, ok := wk.recovering[f.Origin()]; ok {
		return known
	}
	var fn function
	fn.survey(wk.info, d.Body)
	wk.recovering[f.Origin()] = fn.recovers
	return fn.recovers
}

// recovers is what stands for recover().
func (wk *walk) recovers() string {
	name := wk.helper("recover", "", func() string {
		return fmt.Sprintf("(c int) interface{} { return %s.Recover(c) }", wk.rt())
	})
	if !wk.fn.recovers {
		return name + "(0)"
	}
	return name + "(" + mark.Mark + "c)"
}

func (wk *walk) deferStmt(n *ast.DeferStmt) {
	call := n.Call
	hold := wk.hold(types.NewSignatureType(nil, nil, nil, nil, nil, false))
	add := mark.Mark + "d.Add(" + fmt.Sprint(wk.mayRecover(call)) + ", " + hold + "("
	wk.edits.drop(n.Defer, call.Pos())
	if lit, ok := ast.Unparen(call.Fun).(*ast.FuncLit); ok && len(call.Args) == 0 && lit.Type.Results.NumFields() == 0 {
		wk.edits.before(call.Pos(), add)
		wk.edits.replace(call.Lparen, call.Rparen+1, "))")
		wk.expr(call.Fun)
		return
	}
	if isRecover(wk.info, call) {
		// It is as if the function itself called it at its end.
		wk.edits.replace(call.Pos(), call.End(), mark.Mark+"d.Add(false, "+hold+"(func() { "+wk.recovers()+" }))")
		return
	}
	start, end := add+"func() { ", " }))"
	if !wk.outlineBuiltin(call, start, end) && !wk.outline(call, start, end, false) {
		wk.refuse(n.Pos(), "this defer statement")
	}
}

// returnStmt stores the results where they are variables of the function around.
func (wk *walk) returnStmt(n *ast.ReturnStmt) {
	exit := wk.exit(flowReturn, nil)
	sig := wk.fn.sig
	if wk.fn.stored && len(n.Results) > 0 {
		wk.edits.after(n.End(), "; "+exit+" }") // before what comes behind the results: it stands outermost
	}
	if sig != nil && len(n.Results) == sig.Results().Len() {
		for i, r := range n.Results {
			wk.flowsTo(r, sig.Results().At(i).Type())
			wk.heldFunction(r)
		}
	}
	switch {
	case len(n.Results) == 0:
		if exit != "return" {
			wk.edits.replace(n.Pos(), n.Return+6, exit)
		}
	case wk.fn.stored:
		wk.edits.replace(n.Return, n.Return+6, "{ "+strings.Join(wk.fn.results, ", ")+" =")
		wk.returnTuple(n)
	default:
		wk.returnTuple(n)
	}
}

// surveyed is what is known of a body that is no function's.
func (wk *walk) surveyed(body *ast.BlockStmt) *function {
	fn := &function{leave: "return"}
	fn.survey(wk.info, body)
	return fn
}

// declOf is the declaration of a session function or method, nil when there is none.
func (w *writer) declOf(f *types.Func) ast.Decl {
	if w.funcs == nil {
		w.funcs = map[*types.Func]*ast.FuncDecl{}
		for _, list := range [][]*check.Decl{w.cell.After().Decls(), w.cell.Decls} {
			for _, d := range list {
				if n, ok := d.Node.(*ast.FuncDecl); ok {
					if f, ok := w.info.Defs[n.Name].(*types.Func); ok {
						w.funcs[f] = n
					}
				}
			}
		}
	}
	if n := w.funcs[f.Origin()]; n != nil {
		return n
	}
	return nil
}
