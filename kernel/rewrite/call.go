package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// call handles calls that block, builtins aside, and what flows into parameters.
func (wk *walk) call(n *ast.CallExpr) bool {
	tv := wk.info.Types[n.Fun]
	if tv.IsBuiltin() {
		return wk.builtin(n)
	}
	wk.skip[ast.Unparen(n.Fun)] = true
	wk.judgeCall(n)
	if wk.reflection(n) {
		return false
	}
	if tv.IsType() && len(n.Args) == 1 {
		return wk.conversion(n, tv.Type)
	}
	wk.edits.callback(wk.callee(n), n.Args, wk.rt)
	sig, ok := tv.Type.(*types.Signature)
	if !ok {
		if tv.Type != nil {
			sig, ok = tv.Type.Underlying().(*types.Signature)
		}
		if !ok {
			return true
		}
	}
	if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && isStream(wk.info, sel.X) && (sel.Sel.Name == "Write" || sel.Sel.Name == "WriteString" || sel.Sel.Name == "Read") {
		wk.streams[ast.Unparen(sel.X).(*ast.SelectorExpr)] = true
	} else if blocks(wk.callee(n)) && wk.outline(n, wk.rt()+".Block(func() { ", " })", true) {
		return false
	}
	if wk.spreadCall(n, sig) {
		return false
	}
	if wk.recoversItself(wk.callee(n)) && wk.outline(n, wk.rt()+".Called(); ", "", true) {
		return false // it is not called by a deferred call
	}
	if name := wk.cell.Sent(n); name != "" {
		wk.edits.before(n.Args[0].Pos(), sentAs(wk.alias(labPath), name))
		wk.edits.after(n.Args[0].End(), ")")
	}
	wk.flowIntoParams(n, sig)
	wk.calledExpr(n.Fun)
	for _, a := range n.Args {
		wk.expr(a)
	}
	return false
}

// spreadCall gives the values of one call to another by way of variables where
// interfaces are among them, which the engine would box again. It reports whether n was such a call.
func (wk *walk) spreadCall(n *ast.CallExpr, sig *types.Signature) bool {
	values, ok := wk.spreadOf(n)
	if !ok || hasTypeParam(sig) {
		return false
	}
	some := false
	var names, args []string
	prints := showsValues(wk.callee(n))
	for i := range values.Len() {
		t := values.At(i).Type()
		some = some || types.IsInterface(t) && !isAny(t)
		v := fmt.Sprintf("%s%d", mark.Mark, i)
		names = append(names, v)
		if prints && isBoxed(t) {
			v = wk.rt() + ".Bare([]interface{}{" + v + "}...)"
		}
		args = append(args, v)
	}
	if !some {
		return false
	}
	result, give := "", ""
	if sig.Results().Len() > 0 {
		_, result, _ = strings.Cut(wk.signatureText(types.NewSignatureType(nil, nil, nil, nil, sig.Results(), false)), ")")
		give = "return "
	}
	wk.edits.replaceExpr(n.Pos(), n.End(), fmt.Sprintf("func()%s { %s := %s; %s%s(%s) }()",
		result, strings.Join(names, ", "), wk.text(n.Args[0]), give, wk.text(n.Fun), strings.Join(args, ", ")))
	return true
}

// calledExpr walks an expression that is called, without its parentheses: the
// engine does not see through them what it passes arguments to.
func (wk *walk) calledExpr(e ast.Expr) {
	if _, ok := ast.Unparen(e).(*ast.StarExpr); ok {
		wk.passed(e, wk.info.TypeOf(e)) // of a nil pointer the engine calls something else
	}
	for p, ok := e.(*ast.ParenExpr); ok; p, ok = e.(*ast.ParenExpr) {
		switch p.X.(type) {
		case *ast.Ident, *ast.SelectorExpr, *ast.IndexExpr, *ast.ParenExpr:
		default:
			wk.expr(e)
			return
		}
		wk.edits.drop(p.Lparen, p.Lparen+1)
		wk.edits.drop(p.Rparen, p.Rparen+1)
		e = p.X
	}
	wk.expr(e)
}

// endsProcess reports the methods of a logger that end the process.
func endsProcess(f *types.Func) bool { return strings.HasPrefix(f.FullName(), "(*log.Logger).Fatal") }

// fatal has (*log.Logger).Fatal and its likes end the cell, not the process. It reports whether n was one.
func (wk *walk) fatal(n *ast.SelectorExpr) bool {
	sel := wk.info.Selections[n]
	if sel == nil || sel.Kind() != types.MethodVal {
		return false
	}
	f := sel.Obj().(*types.Func)
	if !endsProcess(f) {
		return false
	}
	wk.edits.replaceExpr(n.Pos(), n.End(), wk.loggerText(f, wk.text(n.X), sel))
	return true
}

// loggerText is what stands for the method f of the logger that x, or a field embedded in it, is.
func (wk *walk) loggerText(f *types.Func, x string, sel *types.Selection) string {
	path, t := wk.way(sel)
	if _, pointer := t.Underlying().(*types.Pointer); !pointer && !(path == "" && x == mark.Mark+"r") {
		x = "&" + x
	}
	return wk.rt() + ".Logger" + f.Name() + "(" + x + path + ")"
}

// returnsMethods reports constants and calls that give a value of a session type: the engine hands those over without their methods.
func (wk *walk) returnsMethods(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if wk.info.Types[e].Value == nil && (!ok || wk.info.Types[call.Fun].IsType()) {
		return false
	}
	t := wk.info.TypeOf(e)
	return t != nil && wk.isSession(t) && types.NewMethodSet(t).Len() > 0
}

// showsValues reports functions of packages that look at a value's methods and
// type: yaegi gives them interface values in the wrong clothes.
func showsValues(f *types.Func) bool {
	if f == nil || f.Pkg() == nil {
		return false
	}
	switch f.Pkg().Path() {
	case "fmt", "log", "log/slog":
		return true
	case "encoding/json", "encoding/xml":
		return strings.HasPrefix(f.Name(), "Marshal") || f.Name() == "Encode"
	case "lockstep/kernel/display":
		return f.Name() == "Any" || f.Name() == "JSON"
	}
	return false
}

func isPackage(f *types.Func, path string) bool {
	return f != nil && f.Pkg() != nil && f.Pkg().Path() == path
}

// printsText reports functions that make text of their arguments.
func printsText(f *types.Func) bool {
	return f != nil && f.Pkg() != nil && (f.Pkg().Path() == "fmt" || f.Pkg().Path() == "log") && !strings.Contains(f.Name(), "can")
}

func isAny(t types.Type) bool {
	i, ok := t.(*types.Interface)
	if t != nil && !ok {
		i, ok = t.Underlying().(*types.Interface)
	}
	return ok && i.Empty()
}

// isBoxed reports interface types but error, whose values are fine as they are.
func isBoxed(t types.Type) bool {
	return t != nil && types.IsInterface(t) && !isError(t) && !hasTypeParam(t)
}

func paramType(sig *types.Signature, i int) types.Type {
	n := sig.Params().Len()
	if n == 0 {
		return nil
	}
	if sig.Variadic() && i >= n-1 {
		if s, ok := sig.Params().At(n - 1).Type().(*types.Slice); ok {
			return s.Elem()
		}
		return nil
	}
	if i >= n {
		return nil
	}
	return sig.Params().At(i).Type()
}

// callee returns the function or method that a call names, nil for a value.
func (wk *walk) callee(n *ast.CallExpr) *types.Func {
	fun := ast.Unparen(n.Fun)
	if ix, ok := fun.(*ast.IndexExpr); ok {
		fun = ix.X
	}
	switch f := fun.(type) {
	case *ast.Ident:
		fn, _ := wk.info.Uses[f].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		fn, _ := wk.info.Uses[f.Sel].(*types.Func)
		return fn
	}
	return nil
}
