package rewrite

import (
	"go/ast"
	"go/types"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// PlainLiteral is a composite literal, or the like, which the session's process makes of its parts: a function
// that the source calls, since it has no name for the type and may not set all its fields.
type PlainLiteral struct {
	Type types.Type
	// Pointer says that a pointer to the value is wanted.
	Pointer bool
	// Fields are those of a struct that are given, one part each.
	Fields []int
	// Count is the number of parts of another type; of a map, keys and values in turn.
	Count int
	// Made says that the parts are a slice's length and capacity, as make has them.
	Made bool
	// Element says that it is no literal: of a slice and an index, the two parts, the element is wanted.
	Element bool
}

// maxParts is how many parts a literal may have that is made so.
const maxParts = 100

// literal writes a composite literal.
func (w *plain) literal(x *ast.CompositeLit) (string, bool) {
	if t, ok := w.simple(x); ok {
		return t, true
	}
	return w.construct(x, w.info.TypeOf(x))
}

// simple writes a slice or map of plain values.
func (w *plain) simple(x *ast.CompositeLit) (string, bool) {
	t, ok := w.info.TypeOf(x).(interface{ Elem() types.Type })
	if !ok || !isPlainBasic(t.Elem()) {
		return "", false
	}
	text := "[]"
	switch u := w.info.TypeOf(x).(type) {
	case *types.Slice:
	case *types.Map:
		if !isPlainBasic(u.Key()) {
			return "", false
		}
		text = "map[" + u.Key().String() + "]"
	default:
		return "", false
	}
	var parts []string
	for _, el := range x.Elts {
		key := ""
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			k, ok := w.expr(kv.Key)
			if !ok {
				return "", false
			}
			key, el = k+": ", kv.Value
		}
		v, ok := w.expr(el)
		if !ok {
			return "", false
		}
		parts = append(parts, key+v)
	}
	return text + t.Elem().String() + "{" + strings.Join(parts, ", ") + "}", true
}

// construct writes a literal of type t, or a pointer to one, as the call that makes it.
func (w *plain) construct(x *ast.CompositeLit, t types.Type) (string, bool) {
	lit := PlainLiteral{Type: t}
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		lit.Type, lit.Pointer = p.Elem(), true
	}
	if !definable(lit.Type) || len(x.Elts) > maxParts {
		return "", false
	}
	var args []string
	ok := true
	part := func(e ast.Expr, t types.Type) {
		text, isPlain := w.expr(e)
		ok = ok && isPlain && types.Identical(w.info.TypeOf(e), t) && !types.IsInterface(t) && !isFuncType(t)
		args = append(args, text)
	}
	switch u := lit.Type.Underlying().(type) {
	case *types.Struct:
		for i, e := range x.Elts {
			if kv, isKeyed := e.(*ast.KeyValueExpr); isKeyed {
				i, e = fieldIndex(u, kv.Key.(*ast.Ident).Name), kv.Value
			}
			if w.info.Types[e].IsNil() {
				continue
			}
			part(e, u.Field(i).Type())
			lit.Fields = append(lit.Fields, i)
		}
	case *types.Map:
		for _, e := range x.Elts {
			part(e.(*ast.KeyValueExpr).Key, u.Key())
			part(e.(*ast.KeyValueExpr).Value, u.Elem())
		}
	case interface{ Elem() types.Type }: // a slice or an array
		for _, e := range x.Elts {
			if _, isKeyed := e.(*ast.KeyValueExpr); isKeyed {
				return "", false
			}
			part(e, u.Elem())
		}
	default:
		return "", false
	}
	if lit.Fields == nil {
		lit.Count = len(args)
	}
	return w.made(lit, args), ok
}

// allocate writes a call of make, of a slice or a map, or of new.
func (w *plain) allocate(x *ast.CallExpr, name string) (string, bool) {
	lit := PlainLiteral{Type: w.info.TypeOf(x.Args[0])}
	_, isSlice := lit.Type.Underlying().(*types.Slice)
	_, isMap := lit.Type.Underlying().(*types.Map)
	switch {
	case name == "new" && !isSlice && !isMap && w.info.Types[x.Args[0]].IsType():
		lit.Pointer = true // as &T{}, also where T is no struct
	case name == "make" && isSlice:
		lit.Made, lit.Count = true, len(x.Args)-1
	case name != "make" || !isMap || len(x.Args) > 1:
		return "", false
	}
	var args []string
	for _, a := range x.Args[1:] {
		n, ok := w.expr(a)
		if !ok || !isInt(w.info.TypeOf(a)) {
			return "", false
		}
		args = append(args, n)
	}
	return w.made(lit, args), definable(lit.Type)
}

func (w *plain) made(lit PlainLiteral, parts []string) string {
	w.Literals = append(w.Literals, lit)
	return mark.Mark + "v." + mark.Literal(len(w.Literals)-1) + "(" + strings.Join(parts, ", ") + ")"
}

func fieldIndex(s *types.Struct, name string) int {
	for i := range s.NumFields() {
		if s.Field(i).Name() == name {
			return i
		}
	}
	return -1 // not in a cell that was checked
}
