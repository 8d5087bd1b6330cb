package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"

	"lockstep/kernel/rewrite/mark"
)

// rangeStmt puts the checkpoint into a range loop, lowers the kinds of range
// that wait or that interp does not have (over channels, integers and functions), assigns to
// variables that are not the loop's own in its body, and gives each step its own variables where they
// are captured.
func (wk *walk) rangeStmt(n *ast.RangeStmt) {
	at := wk.start(n)
	tg := &target{label: wk.takeLabel(), loop: true}
	t := wk.info.TypeOf(n.X)
	open, shut := "", ""
	if n.Tok == token.DEFINE && redeclares(n.Body, n.Key) {
		open, shut = "{ ", " }; "
	}
	switch u := t.Underlying().(type) {
	case *types.Signature:
		wk.rangeFunc(n, u, tg, at)
		return
	case *types.Chan:
		wk.rangeChan(n, u, open)
	default:
		if count := wk.counts(n); count != "" {
			wk.rangeInt(n, count, open)
			break
		}
		if wk.rangeOfChannels(n, t, open) {
			break
		}
		if b, ok := u.(*types.Basic); ok && b.Info()&types.IsString != 0 {
			if binds(n.Key) {
				if wk.rangeText(n, at, open) {
					shut = " }; "
				}
				break
			}
			wk.edits.before(n.X.Pos(), "[]rune(")
			wk.edits.after(n.X.End(), ")")
		}
		wk.rangeValues(n)
		if shut = ""; wk.ownVars(n) != "" {
			shut = " }; "
		}
	}
	wk.within(tg, func() { wk.statements(n.Body.List) })
	if shut != "" {
		wk.edits.before(n.Body.Rbrace, shut)
	}
}

// binds reports whether a loop has a variable, of its own or not, in the place of e.
func binds(e ast.Expr) bool { return e != nil && !isBlank(e) }

func (wk *walk) rangeChan(n *ast.RangeStmt, ch *types.Chan, open string) {
	wk.edits.replace(n.For, n.X.Pos(), "for"+wk.edits.missing(n.For, n.X.Pos(), "")+" "+mark.Mark+"c := ")
	wk.edits.after(n.X.End(), "; true; ")
	v, ok := "_", mark.Mark+"ok"
	text := ""
	if binds(n.Key) {
		v = mark.Mark + "v"
		if n.Tok == token.DEFINE {
			v = wk.loopVar(n.Key, n.Tok)
		} else {
			text = "; " + wk.loopVar(n.Key, n.Tok) + " = " + wk.as(v, ch.Elem(), wk.info.TypeOf(n.Key))
		}
	}
	wk.edits.after(n.Body.Lbrace+1, fmt.Sprintf(" %s %s, %s := %s(%sc); if !%s { break }%s; %s", wk.checkpoint(), v, ok, wk.receiver(ch, true), mark.Mark, ok, text, open))
	wk.expr(n.X)
}

// counts returns how many steps a loop over an integer has, or over an array
// whose elements are not asked for, which the loop then need not have; "" for other loops.
func (wk *walk) counts(n *ast.RangeStmt) string {
	t := wk.info.TypeOf(n.X).Underlying()
	if b, ok := t.(*types.Basic); ok && b.Info()&types.IsInteger != 0 {
		return wk.text(n.X)
	}
	if p, ok := t.(*types.Pointer); ok && !binds(n.Value) {
		return wk.arrayLength(n.X, p.Elem().Underlying().(*types.Array))
	}
	if a, ok := t.(*types.Array); ok && !binds(n.Value) {
		return wk.arrayLength(n.X, a)
	}
	return ""
}

// arrayLength is the length of the array that e is or points to; e is evaluated if that does something.
func (wk *walk) arrayLength(e ast.Expr, a *types.Array) string {
	if !wk.anyCall([]ast.Expr{e}) {
		return fmt.Sprint(a.Len())
	}
	text := wk.typeText(wk.info.TypeOf(e))
	return wk.helper("len", text, func() string { return fmt.Sprintf("(a %s) int { return %d }", text, a.Len()) }) + "(" + wk.text(e) + ")"
}

func (wk *walk) rangeInt(n *ast.RangeStmt, count, open string) {
	kind := types.Default(wk.info.TypeOf(n.X))
	if b, ok := kind.Underlying().(*types.Basic); !ok || b.Info()&types.IsInteger == 0 {
		kind = types.Typ[types.Int] // an array
	} else if binds(n.Key) && !types.IsInterface(wk.info.TypeOf(n.Key)) {
		kind = wk.info.TypeOf(n.Key)
	}
	head := fmt.Sprintf(" %[1]si, %[1]sn := %[2]s(0), %[2]s(%[3]s); %[1]si < %[1]sn; %[1]si++ ", mark.Mark, wk.typeText(kind), count)
	wk.edits.replace(n.For, n.Body.Lbrace, "for"+wk.edits.missing(n.For, n.Body.Lbrace, head)+head)
	bind := ""
	if binds(n.Key) {
		bind = wk.loopVar(n.Key, n.Tok) + " " + n.Tok.String() + " " + wk.as(mark.Mark+"i", kind, wk.info.TypeOf(n.Key)) + "; "
	}
	wk.edits.after(n.Body.Lbrace+1, " "+wk.checkpoint()+" "+bind+open)
}

// rangeText loops over a string whose offsets are asked for: the engine counts
// runes where there is no second variable, and is wrong for bytes that are no rune where there is one.
// It reports whether the body is in a block of its own.
func (wk *walk) rangeText(n *ast.RangeStmt, at token.Pos, open string) bool {
	wk.loops++
	name := func(kind string) string { return fmt.Sprintf("%s%s%d", mark.Mark, kind, wk.loops) }
	text, offsets, i, v := name("t"), name("o"), name("i"), "_"
	wk.edits.statement(at, fmt.Sprintf("{ %s := string(%s); %s := %s.Offsets(%s); ", text, wk.text(n.X), offsets, wk.rt(), text))
	wk.edits.after(n.End(), " }")
	bind := wk.loopVar(n.Key, n.Tok) + " " + n.Tok.String() + " " + wk.as(offsets+"["+i+"]", types.Typ[types.Int], wk.info.TypeOf(n.Key)) + "; "
	if binds(n.Value) {
		if v = name("v"); n.Tok == token.DEFINE {
			v = wk.loopVar(n.Value, n.Tok)
		} else {
			bind += wk.loopVar(n.Value, n.Tok) + " = " + wk.as(v, types.Typ[types.Rune], wk.info.TypeOf(n.Value)) + "; "
		}
	}
	if n.Tok == token.DEFINE && binds(n.Value) && wk.captured(wk.info.Defs[n.Value.(*ast.Ident)], n.Body) {
		bind += fmt.Sprintf("%[1]s := %[1]s; ", v)
		open = "{ "
	}
	head := fmt.Sprintf(" %s, %s := range []rune(%s) ", i, v, text)
	wk.edits.replace(n.For, n.Body.Lbrace, "for"+wk.edits.missing(n.For, n.Body.Lbrace, head)+head)
	wk.edits.after(n.Body.Lbrace+1, " "+wk.checkpoint()+" "+bind+open)
	return open != ""
}

// rangeValues is a range that the engine has, over variables of its own.
func (wk *walk) rangeValues(n *ast.RangeStmt) {
	bind := ""
	if n.Tok == token.ASSIGN && (binds(n.Key) || binds(n.Value)) {
		wk.loops++
		vars := [2]string{"_", "_"}
		from := wk.yields(wk.info.TypeOf(n.X))
		for i, e := range []ast.Expr{n.Key, n.Value} {
			if binds(e) {
				vars[i] = fmt.Sprintf("%sk%d%s%d", mark.Mark, wk.loops, mark.Mark, i)
				bind += wk.loopVar(e, n.Tok) + " = " + wk.as(vars[i], from[i], wk.info.TypeOf(e)) + "; "
			}
		}
		if left := []ast.Expr{n.Key, n.Value}; binds(n.Key) && binds(n.Value) && wk.related(left) {
			first, places := wk.places(left)
			bind = first
			for i, p := range places {
				bind += p + " = " + wk.as(vars[i], from[i], wk.info.TypeOf(left[i])) + "; "
			}
		}
		wk.edits.replace(n.For, n.X.Pos(), "for"+wk.edits.missing(n.For, n.X.Pos(), "")+" "+vars[0]+", "+vars[1]+" := range ")
	} else {
		for _, e := range []ast.Expr{n.Key, n.Value} {
			if e != nil {
				wk.expr(e)
			}
		}
	}
	wk.edits.after(n.Body.Lbrace+1, " "+wk.checkpoint()+" "+bind+wk.ownVars(n))
	if _, ok := wk.info.TypeOf(n.X).Underlying().(*types.Pointer); ok {
		wk.edits.before(n.X.Pos(), "(")
		wk.edits.after(n.X.End(), ")[:]")
	}
	wk.expr(n.X)
}

// yields are the types of what a range over t gives in each step.
func (wk *walk) yields(t types.Type) [2]types.Type {
	switch u := t.Underlying().(type) {
	case *types.Map:
		return [2]types.Type{u.Key(), u.Elem()}
	case *types.Slice:
		return [2]types.Type{types.Typ[types.Int], u.Elem()}
	case *types.Array:
		return [2]types.Type{types.Typ[types.Int], u.Elem()}
	case *types.Pointer:
		return wk.yields(u.Elem())
	}
	return [2]types.Type{types.Typ[types.Int], types.Typ[types.Rune]}
}

// rangeOfChannels is a range whose values are channels: the engine takes each
// of those for what the loop is over. So it goes over the keys.
func (wk *walk) rangeOfChannels(n *ast.RangeStmt, t types.Type, open string) bool {
	if n.Value == nil || isBlank(n.Value) {
		return false
	}
	if _, ok := wk.info.TypeOf(n.Value).Underlying().(*types.Chan); !ok {
		return false
	}
	text := wk.typeText(t)
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	c, k := mark.Mark+"c", mark.Mark+"k"
	key, bind := "int", ""
	if m, ok := t.Underlying().(*types.Map); ok {
		key, bind = wk.typeText(m.Key()), fmt.Sprintf("if _, in := %s[%s[0]]; !in { continue }; ", c, k)
	}
	keys := wk.helper("keys", text, func() string {
		return fmt.Sprintf("(c %[1]s) (%[1]s, []%[2]s) { var keys []%[2]s; for k := range c { keys = append(keys, k) }; return c, keys }", text, key)
	})
	wk.edits.replace(n.For, n.X.Pos(), fmt.Sprintf("for %s, %s := %s(", c, k, keys))
	wk.edits.after(n.X.End(), fmt.Sprintf("); len(%[1]s) > 0; %[1]s = %[1]s[1:] ", k))
	bind += fmt.Sprintf("%s %s %s[%s[0]]; ", wk.loopVar(n.Value, n.Tok), n.Tok, c, k)
	if n.Key != nil && !isBlank(n.Key) {
		bind += fmt.Sprintf("%s %s %s[0]; ", wk.loopVar(n.Key, n.Tok), n.Tok, k)
	}
	wk.edits.after(n.Body.Lbrace+1, " "+wk.checkpoint()+" "+bind+open)
	wk.expr(n.X)
	return true
}

// ownVars declares a loop's captured variables anew in each step, and the key where the body
// assigns to it: the engine counts with it.
func (wk *walk) ownVars(n *ast.RangeStmt) string {
	text := ""
	if n.Tok != token.DEFINE {
		return ""
	}
	for _, e := range []ast.Expr{n.Key, n.Value} {
		id, ok := e.(*ast.Ident)
		if !ok || id.Name == "_" || wk.info.Defs[id] == nil {
			continue
		}
		if wk.captured(wk.info.Defs[id], n.Body) || e == n.Key && wk.assigns(wk.info.Defs[id], n.Body) {
			text += fmt.Sprintf("%[1]s := %[1]s; ", id.Name)
		}
	}
	if text != "" {
		text += "{ "
	}
	return text
}

// redeclares reports whether a block declares the loop's variable again.
func redeclares(body *ast.BlockStmt, key ast.Expr) bool {
	id, ok := key.(*ast.Ident)
	if !ok {
		return false
	}
	for _, st := range body.List {
		switch st := st.(type) {
		case *ast.AssignStmt:
			for _, l := range st.Lhs {
				if v, ok := l.(*ast.Ident); ok && st.Tok == token.DEFINE && v.Name == id.Name {
					return true
				}
			}
		case *ast.DeclStmt:
			return true
		}
	}
	return false
}

// loopVar is the text of a loop's variable, which the header loses.
func (wk *walk) loopVar(e ast.Expr, tok token.Token) string {
	if id, ok := e.(*ast.Ident); ok {
		if tok == token.DEFINE {
			return id.Name
		}
		if to := wk.rename[wk.info.Uses[id]]; to != "" {
			return to
		}
		if v, ok := wk.info.Uses[id].(*types.Var); ok && v.Parent() == wk.pkg.Scope() {
			return wk.variable(v.Name())
		}
		return id.Name
	}
	return wk.text(e)
}

func isBlank(e ast.Expr) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == "_"
}
