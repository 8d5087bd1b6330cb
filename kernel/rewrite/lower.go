package rewrite

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// fold puts the value of a constant expression in its place, in the type that
// the checker gave it: an engine's own arithmetic on constants knows no exact numbers and
// forgets types. It reports whether it did.
func (wk *walk) fold(e ast.Expr) bool {
	tv, ok := wk.info.Types[e]
	if !ok || tv.Value == nil || tv.Value.Kind() == constant.Unknown || !wk.skip[e] && plainLiteral(e, tv) {
		return false
	}
	breaks := strings.Count(wk.edits.text[wk.edits.offset(e.Pos()):wk.edits.offset(e.End())], "\n")
	wk.edits.replace(e.Pos(), e.End(), wk.constText(tv.Type, tv.Value, breaks))
	return true
}

// plainLiteral reports literals that mean the same to the engine.
func plainLiteral(e ast.Expr, tv types.TypeAndValue) bool {
	lit, ok := e.(*ast.BasicLit)
	if !ok {
		return false
	}
	if _, named := types.Unalias(tv.Type).(*types.Named); named {
		return false
	}
	b, ok := tv.Type.Underlying().(*types.Basic)
	if !ok {
		return true
	}
	switch lit.Kind {
	case token.STRING:
		return true
	case token.CHAR:
		return b.Kind() == types.Int32 || b.Kind() == types.UntypedRune
	case token.INT:
		_, fits := constant.Int64Val(constant.ToInt(tv.Value))
		return fits && b.Info()&(types.IsInteger|types.IsFloat) != 0
	case token.FLOAT:
		return b.Kind() == types.Float64 || b.Kind() == types.UntypedFloat
	}
	return false
}

// constText writes a constant of type t over breaks line ends.
func (wk *walk) constText(t types.Type, v constant.Value, breaks int) string {
	b, ok := t.Underlying().(*types.Basic)
	if !ok { // a type parameter or an interface: the default type
		b = types.Default(types.Typ[untypedKind(v)]).(*types.Basic)
		t = b
	}
	pad := func(lit, nothing string) string {
		if breaks == 0 {
			return lit
		}
		return "(" + lit + " +" + strings.Repeat("\n", breaks) + " " + nothing + ")"
	}
	plain := false
	text := ""
	switch info := b.Info(); {
	case info&types.IsBoolean != 0:
		text, plain = strconv.FormatBool(constant.BoolVal(v)), true
		if breaks > 0 {
			text = "(" + text + " &&" + strings.Repeat("\n", breaks) + " true)"
		}
	case info&types.IsString != 0:
		text, plain = pad(strconv.Quote(constant.StringVal(v)), `""`), true
	case info&types.IsInteger != 0:
		v = constant.ToInt(v)
		n, fits := constant.Int64Val(v)
		switch {
		case !fits:
			u, _ := constant.Uint64Val(v)
			text = wk.bigConst(wk.typeText(t), u)
			if breaks > 0 {
				text = pad(text, wk.typeText(t)+"(0)")
			}
			return text
		case b.Kind() == types.UntypedRune && n >= 0:
			text = pad("rune("+strconv.FormatInt(n, 10)+")", "0")
		case n < 0:
			text = "(" + pad(strconv.FormatInt(n, 10), "0") + ")"
		default:
			text = pad(strconv.FormatInt(n, 10), "0")
		}
		plain = b.Kind() == types.Int || b.Info()&types.IsUntyped != 0
	case info&types.IsFloat != 0:
		bits := 64
		if b.Kind() == types.Float32 {
			bits = 32
		}
		text, plain = pad(floatText(constant.ToFloat(v), bits), "0.0"), b.Kind() == types.Float64 || b.Kind() == types.UntypedFloat
	case info&types.IsComplex != 0:
		v = constant.ToComplex(v)
		bits, part := 64, "float64"
		if b.Kind() == types.Complex64 {
			bits, part = 32, "float32"
		}
		name := wk.helper("complex", part, func() string {
			return fmt.Sprintf("(a, b %s) complex%d { return complex(a, b) }", part, 2*bits)
		})
		text = name + "(" + floatText(constant.Real(v), bits) + ", " + strings.Repeat("\n", breaks) + floatText(constant.Imag(v), bits) + ")"
		plain = true
	default:
		return v.ExactString()
	}
	if _, named := types.Unalias(t).(*types.Named); named || !plain {
		return wk.typeText(t) + "(" + text + ")"
	}
	return text
}

func untypedKind(v constant.Value) types.BasicKind {
	switch v.Kind() {
	case constant.Bool:
		return types.UntypedBool
	case constant.String:
		return types.UntypedString
	case constant.Int:
		return types.UntypedInt
	case constant.Float:
		return types.UntypedFloat
	}
	return types.UntypedComplex
}

func floatText(v constant.Value, bits int) string {
	f, _ := constant.Float64Val(v)
	if bits == 32 {
		g, _ := constant.Float32Val(v)
		f = float64(g)
	}
	text := strconv.FormatFloat(f, 'g', -1, bits)
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	if f < 0 {
		text = "(" + text + ")"
	}
	return text
}

// bigConst is a variable that holds an integer which is no int64: the engine
// cannot write those.
func (wk *walk) bigConst(typ string, u uint64) string {
	key := fmt.Sprintf("big %s %d", typ, u)
	if name := wk.helpers[key]; name != "" {
		return name
	}
	name := fmt.Sprintf("%sbig%s%s%d", mark.Mark, wk.serial, mark.Mark, len(wk.helpers))
	wk.helpers[key] = name
	wk.vars = append(wk.vars, fmt.Sprintf("var %s = %s(%s.Big(%d, %d))", name, typ, wk.rt(), u>>32, u&(1<<32-1)))
	return name
}

// elementAddress writes &p[i] of a pointer to an array in full, as the engine wants it.
func (wk *walk) elementAddress(n *ast.UnaryExpr) {
	ix, ok := ast.Unparen(n.X).(*ast.IndexExpr)
	if !ok || n.Op != token.AND {
		return
	}
	if _, ok := wk.info.TypeOf(ix.X).Underlying().(*types.Pointer); ok {
		wk.edits.before(ix.X.Pos(), "(*")
		wk.edits.after(ix.X.End(), ")")
	}
}

// binary gives the constant that is shifted its type, which the engine takes to
// be int, and compares interfaces by their dynamic types and values.
func (wk *walk) binary(n *ast.BinaryExpr) {
	switch n.Op {
	case token.SHL, token.SHR:
		if tv := wk.info.Types[n.X]; tv.Value != nil && !types.Identical(tv.Type, types.Typ[types.Int]) {
			wk.skip[n.X] = true
		}
		wk.shiftCount(n.Y)
	case token.EQL, token.NEQ:
		x, y := wk.info.TypeOf(n.X), wk.info.TypeOf(n.Y)
		if x == nil || y == nil || isNil(x) || isNil(y) || !holdsInterface(x) && !holdsInterface(y) {
			return
		}
		wk.judgeReflectedTypes(n)
		not := ""
		if n.Op == token.NEQ {
			not = "!"
		}
		wk.edits.before(n.X.Pos(), not+wk.rt()+".Equal([]interface{}{")
		wk.edits.replace(n.OpPos, n.OpPos+2, ",")
		wk.edits.after(n.Y.End(), "}...)")
		wk.namedOperand(n.X)
		wk.namedOperand(n.Y)
	}
}

// namedOperand has an operand of a comparison of interfaces keep the name of its type, as it would in one.
func (wk *walk) namedOperand(e ast.Expr) {
	if t := wk.subst(wk.info.TypeOf(e)); wk.nameless(t) {
		wk.edits.before(e.Pos(), wk.rt()+".Typed("+strconv.Quote(printedName(t))+", ")
		wk.edits.after(e.End(), ")")
	}
}

// shiftCount has a count that may be negative looked at: the engine shifts by what it is without a sign.
func (wk *walk) shiftCount(e ast.Expr) {
	tv := wk.info.Types[e]
	if b, ok := tv.Type.Underlying().(*types.Basic); tv.Value != nil || !ok || b.Info()&types.IsInteger == 0 || b.Info()&types.IsUnsigned != 0 {
		return
	}
	wk.edits.before(e.Pos(), wk.rt()+".Shift(int(")
	wk.edits.after(e.End(), "))")
}

// holdsInterface reports whether values of a type are compared by the dynamic types of interfaces in them.
func holdsInterface(t types.Type) bool {
	return holds(t, func(types.Type) bool { return true })
}

// holds reports whether one of the interface types in t, fields and elements of arrays included, is as wanted.
func holds(t types.Type, wanted func(types.Type) bool) bool {
	switch u := t.Underlying().(type) {
	case *types.Interface:
		return wanted(t)
	case *types.Array:
		return holds(u.Elem(), wanted)
	case *types.Struct:
		for i := range u.NumFields() {
			if holds(u.Field(i).Type(), wanted) {
				return true
			}
		}
	}
	return false
}

// boxed reports the interface types whose values the engine keeps in boxes:
// the session's own, with methods.
func (wk *walk) boxed(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	return !isAny(t) && (!ok || named.Obj().Pkg() == wk.pkg)
}

// key has the key of a map out of the engine's box, by which no key is like another.
func (wk *walk) key(e ast.Expr, m *types.Map) {
	k := m.Key()
	if wk.flowsTo(e, k); isErrorLike(k) {
		return
	}
	switch {
	case isAny(k):
		wk.edits.before(e.Pos(), wk.rt()+".Raw(")
		wk.edits.after(e.End(), ")")
	case holds(k, wk.boxed):
		wk.refuse(e.Pos(), "a map whose keys hold interfaces with methods")
	case holds(k, isAny):
		t := wk.typeText(k)
		name := wk.helper("key", t, func() string { return fmt.Sprintf("(v %s) %s { return %s.RawKey(v).(%s) }", t, t, wk.rt(), t) })
		if lit, ok := e.(*ast.CompositeLit); ok && lit.Type == nil {
			name += "(" + t
		} else {
			name += "("
		}
		wk.edits.before(e.Pos(), name)
		wk.edits.after(e.End(), ")")
	}
}

func isNil(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Kind() == types.UntypedNil
}
