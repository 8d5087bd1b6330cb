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
		return false
	}
	wk.judgeValues(n, f, f.Signature())
	if name == "TypeName" || name == "TypeString" || name == "TypePkgPath" {
		if d := wk.namelessType(); d != nil {
			wk.refuse(n.Pos(), "reflection on the names of types beside "+d.Key+", which is only a name to it")
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
