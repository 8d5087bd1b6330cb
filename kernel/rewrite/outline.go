package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// outline turns CALLEE(ARGS) into func(PARAMS) RESULTS { start CALLEE(PARAMS) end }(ARGS): the arguments
// are evaluated where they stand, the call itself inside start and end. It reports whether it could.
func (wk *walk) outline(n *ast.CallExpr, start, end string, results bool) bool {
	sig, ok := wk.info.TypeOf(n.Fun).Underlying().(*types.Signature)
	if !ok || wk.info.Types[n.Fun].IsType() || wk.info.Types[n.Fun].IsBuiltin() || hasTypeParam(sig) {
		return false
	}
	var params, args []string
	fun := ast.Unparen(n.Fun)
	fn := wk.callee(n)
	callee, address, early, receiver := "", "", "", false
	sel, isSel := fun.(*ast.SelectorExpr)
	_, isLit := fun.(*ast.FuncLit)
	switch {
	case fn != nil && fn.Signature().Recv() != nil && isSel && wk.info.Selections[sel] != nil && wk.info.Selections[sel].Kind() == types.MethodVal:
		t := wk.info.TypeOf(sel.X)
		_, wantsPtr := fn.Signature().Recv().Type().Underlying().(*types.Pointer)
		p, isPtr := t.Underlying().(*types.Pointer)
		switch {
		case wantsPtr && !isPtr && wk.info.Types[sel.X].Addressable():
			address, t = "&", types.NewPointer(t)
		case !wantsPtr && isPtr && !types.IsInterface(fn.Signature().Recv().Type()) && len(wk.info.Selections[sel].Index()) == 1:
			address, t = "*", p.Elem()
		}
		params = append(params, mark.Mark+"r "+wk.typeText(t))
		if !results && types.IsInterface(t) { // it fails where it stands, not when it is called
			early = fmt.Sprintf("if %sr == nil { %s.Nil() }; ", mark.Mark, wk.rt())
		}
		callee, receiver = mark.Mark+"r"+wk.path(wk.info.Selections[sel])+"."+sel.Sel.Name, true
		if endsProcess(fn) {
			callee = wk.loggerText(fn, mark.Mark+"r", wk.info.Selections[sel])
		}
	case isLit || fn != nil:
	default:
		params = append(params, mark.Mark+"f "+wk.typeText(sig))
		callee = mark.Mark + "f"
	}
	values, spread := wk.spreadOf(n)
	count := len(n.Args)
	if spread {
		count = values.Len()
	}
	for i := range count {
		p := fmt.Sprintf("%s%d", mark.Mark, i)
		t := paramType(sig, i)
		if spread {
			t = values.At(i).Type()
		}
		arg := p
		if n.Ellipsis.IsValid() && i == len(n.Args)-1 {
			t = sig.Params().At(i).Type()
			arg += "..."
		}
		params = append(params, p+" "+wk.typeText(t))
		args = append(args, arg)
	}
	res, assign, ret := "", "", ""
	if results && sig.Results().Len() > 0 {
		var rs, names []string
		for i := range sig.Results().Len() {
			r := fmt.Sprintf("%sr%d", mark.Mark, i)
			names = append(names, r)
			rs = append(rs, r+" "+wk.typeText(sig.Results().At(i).Type()))
		}
		res, assign, ret = " ("+strings.Join(rs, ", ")+")", strings.Join(names, ", ")+" = ", "; return"
	}
	open := "func(" + strings.Join(params, ", ") + ")" + res + " { " + early + start + assign
	shut := "(" + strings.Join(args, ", ") + ")" + end + ret + " }("
	comma := ""
	if len(args) > 0 {
		comma = ", "
	}
	if lead := len(params) - count; spread && lead > 0 { // Go takes no other argument beside those
		inner := "func(" + strings.Join(params[lead:], ", ") + ")" + res
		open = "func(" + params[0] + ") " + inner + " { return " + inner + " { " + early + start + assign
		shut = "(" + strings.Join(args, ", ") + ")" + end + ret + " } }("
		comma = ")("
	}
	switch {
	case receiver:
		wk.edits.before(n.Pos(), open+callee+shut+address)
		wk.edits.replace(sel.X.End(), n.Lparen+1, comma)
		wk.expr(sel.X)
	case callee != "":
		wk.edits.before(n.Pos(), open+callee+shut)
		wk.edits.replace(n.Lparen, n.Lparen+1, comma)
		wk.expr(n.Fun)
	default:
		wk.edits.before(n.Pos(), open)
		wk.edits.replace(n.Lparen, n.Lparen+1, shut)
		wk.skip[fun] = true
		wk.expr(n.Fun)
	}
	if !spread {
		wk.flowIntoParams(n, sig)
	}
	for _, a := range n.Args {
		wk.expr(a)
	}
	return true
}

// spreadOf is what a call f(g()) passes on, of several values; ok is false for other calls.
func (wk *walk) spreadOf(n *ast.CallExpr) (values *types.Tuple, ok bool) {
	if len(n.Args) != 1 {
		return nil, false
	}
	values, ok = wk.info.TypeOf(n.Args[0]).(*types.Tuple)
	return values, ok
}

// outlineBuiltin does for the statement of a builtin function what outline does for other calls.
func (wk *walk) outlineBuiltin(n *ast.CallExpr, start, end string) bool {
	id, _ := ast.Unparen(n.Fun).(*ast.Ident)
	if id == nil || !wk.info.Types[n.Fun].IsBuiltin() || n.Ellipsis.IsValid() {
		return false
	}
	if id.Name == "recover" {
		wk.edits.replace(n.Pos(), n.End(), "")
		return true
	}
	var params, args []string
	for i, a := range n.Args {
		p := fmt.Sprintf("%s%d", mark.Mark, i)
		t := types.Default(wk.info.TypeOf(a))
		if b, ok := t.(*types.Basic); ok && b.Kind() == types.UntypedNil {
			t = types.Universe.Lookup("any").Type()
		}
		if id.Name == "panic" {
			t = types.Universe.Lookup("any").Type()
		}
		params = append(params, p+" "+wk.typeText(t))
		args = append(args, p)
		wk.expr(a)
	}
	name := id.Name
	switch name {
	case "print", "println":
		name = wk.rt() + "." + strings.ToUpper(name[:1]) + name[1:]
	case "clear":
		name = wk.rt() + ".Clear"
	}
	wk.edits.replace(n.Pos(), n.Lparen+1, "func("+strings.Join(params, ", ")+") { "+start+name+"("+strings.Join(args, ", ")+")"+end+" }(")
	return true
}
