package rewrite

import (
	"go/ast"
	"go/types"

	"lockstep/kernel/check"
)

// reflected are methods of package reflect that would speak of types as the
// engine has them; the functions of the run time that know them as the user does.
var reflected = map[string]string{
	"(reflect.Type).Name": "TypeName", "(reflect.Type).String": "TypeString", "(reflect.Type).PkgPath": "TypePkgPath",
	"(reflect.Type).Field": "TypeField", "(reflect.Type).FieldByName": "TypeFieldByName", "(reflect.Value).FieldByName": "FieldByName",
}

// instead are methods of the library that do not see what cells' types have; the functions of the run time
// that stand for them.
var instead = map[string]string{
	"(*encoding/json.Encoder).Encode": "EncodeJSON", "(*encoding/json.Decoder).Decode": "DecodeJSON",
}

// reflection puts a function of the run time in the place of such a method. It
// reports whether n was a call of one.
func (wk *walk) reflection(n *ast.CallExpr) bool {
	f := wk.callee(n)
	sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if f == nil || !ok || wk.info.Selections[sel] == nil || wk.info.Selections[sel].Kind() != types.MethodVal {
		return false
	}
	name := reflected[f.FullName()]
	if name == "" {
		name = instead[f.FullName()]
	}
	if name == "" {
		wk.judgeApart(n, f)
		return false
	}
	wk.judgeValues(n, f, f.Signature())
	if name == "TypeName" || name == "TypeString" || name == "TypePkgPath" {
		if own := wk.anyNameless(); own != "" {
			wk.refuse(n.Pos(), "reflection on the names of types beside "+own+", which is only a name to it")
		}
	}
	wk.edits.before(n.Pos(), wk.rt()+"."+name+"(")
	comma := ""
	if len(n.Args) > 0 {
		comma = ", "
	}
	wk.edits.replace(sel.X.End(), n.Lparen+1, comma)
	wk.expr(sel.X)
	for _, a := range n.Args {
		wk.expr(a)
	}
	return true
}

// apart are methods of package reflect that tell types apart, or give out values that have none of the names
// that the engine does not know.
var apart = map[string]bool{
	"(reflect.Value).Interface": true, "(reflect.Value).Convert": true, "(reflect.Value).CanConvert": true,
	"(reflect.Type).AssignableTo": true, "(reflect.Type).ConvertibleTo": true, "(reflect.Type).Implements": true,
}

// judgeApart refuses a call of one of them beside a type that the engine takes for the unnamed one.
func (wk *walk) judgeApart(n *ast.CallExpr, f *types.Func) {
	if !apart[f.FullName()] {
		return
	}
	if own := wk.anyNameless(); own != "" {
		wk.refuse(n.Pos(), "reflect's "+f.Name()+" beside "+own+", which is only a name to it")
	}
}

// judgeReflectedTypes refuses to compare types beside a type that the engine takes for the unnamed one.
func (wk *walk) judgeReflectedTypes(n *ast.BinaryExpr) {
	if types.TypeString(wk.info.TypeOf(n.X), nil) != "reflect.Type" {
		return
	}
	if own := wk.anyNameless(); own != "" {
		wk.refuse(n.Pos(), "a comparison of types beside "+own+", which is only a name to it")
	}
}

// anyNameless is the name of a type that the engine takes for the unnamed one, declared in the session or in
// a function of the cell; "" for none.
func (wk *walk) anyNameless() string {
	if d := wk.namelessType(); d != nil {
		return d.Key
	}
	for _, obj := range wk.info.Defs {
		if t, ok := obj.(*types.TypeName); ok && !t.IsAlias() && wk.nameless(t.Type()) {
			return t.Name()
		}
	}
	return ""
}

// namelessType is the declaration of a type that the engine takes for the unnamed one, nil for none.
func (wk *walk) namelessType() *check.Decl {
	for _, d := range wk.live {
		if d.Kind != check.Type || wk.generic(d) {
			continue
		}
		obj := wk.pkg.Scope().Lookup(d.Key)
		if obj == nil {
			continue
		}
		if _, alias := obj.Type().(*types.Alias); alias {
			continue
		}
		switch obj.Type().Underlying().(type) {
		case *types.Slice, *types.Array, *types.Map, *types.Chan, *types.Signature, *types.Pointer:
			return d
		}
	}
	return nil
}
