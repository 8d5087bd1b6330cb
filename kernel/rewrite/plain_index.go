package rewrite

import (
	"go/ast"
	"go/types"

	"lockstep/kernel/rewrite/mark"
)

func (w *plain) index(x *ast.IndexExpr) (string, bool) {
	switch u := w.info.TypeOf(x.X).Underlying().(type) {
	case *types.Slice, *types.Array:
	case *types.Basic:
		if u.Info()&types.IsString == 0 {
			return "", false
		}
	case *types.Map:
		if !isPlainBasic(u.Key()) {
			return "", false
		}
	default:
		return "", false
	}
	l, ok1 := w.expr(x.X)
	i, ok2 := w.expr(x.Index)
	t := w.info.TypeOf(x.X)
	_, isMap := t.Underlying().(*types.Map)
	_, isString := t.Underlying().(*types.Basic)
	switch {
	case isMap:
	case !isInt(w.info.TypeOf(x.Index)):
		return "", false
	case isPath(x.X):
		i = w.alias(mark.Runtime) + ".Index(" + i + ", len(" + l + "))"
	case isString:
		return w.alias(mark.Runtime) + ".Char(" + l + ", " + i + ")", ok1 && ok2 && types.Identical(t, types.Typ[types.String])
	default:
		return w.made(PlainLiteral{Type: t, Element: true}, []string{l, i}), ok1 && ok2 && definable(t)
	}
	return l + "[" + i + "]", ok1 && ok2
}

// isInt reports int and constants.
func isInt(t types.Type) bool { return types.Identical(types.Default(t), types.Typ[types.Int]) }

// slice writes a part of a slice or a string.
func (w *plain) slice(x *ast.SliceExpr) (string, bool) {
	t := w.info.TypeOf(x.X)
	_, isSlice := t.Underlying().(*types.Slice)
	if x.Slice3 || !isPath(x.X) || !isSlice && !types.Identical(t, types.Typ[types.String]) {
		return "", false
	}
	l, ok := w.expr(x.X)
	if !ok {
		return "", false
	}
	bound := func(e ast.Expr, none string) (string, bool) {
		if e == nil {
			return none, true
		}
		t, ok := w.expr(e)
		return t, ok && isInt(w.info.TypeOf(e))
	}
	low, ok1 := bound(x.Low, "0")
	high, ok2 := bound(x.High, "len("+l+")")
	if !isSlice {
		return w.alias(mark.Runtime) + ".Cut(" + l + ", " + low + ", " + high + ")", ok1 && ok2
	}
	low = w.alias(mark.Runtime) + ".Bounds(" + low + ", " + high + ", len(" + l + "), cap(" + l + "))"
	return l + "[" + low + ":" + high + "]", ok1 && ok2
}
