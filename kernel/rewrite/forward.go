package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// The engine looks for a method of an embedded field depth first, and does not find those of interfaces and
// of the library's types that are embedded deeper; those of a library's interface fail when the library calls them. Where that gives another method than Go's, or none, a type gets a method of its own that calls Go's.

// forward writes the methods that a declared struct type, called name by the engine, forwards to embedded fields.
func (wk *walk) forward(spec *ast.TypeSpec, name string) {
	obj := wk.info.Defs[spec.Name]
	if obj == nil || spec.TypeParams != nil || hasTypeParam(obj.Type()) {
		return
	}
	s, ok := obj.Type().Underlying().(*types.Struct)
	if !ok {
		return
	}
	values := types.NewMethodSet(obj.Type())
	all := types.NewMethodSet(types.NewPointer(obj.Type()))
	for i := range all.Len() {
		sel := all.At(i)
		m := sel.Obj().(*types.Func)
		if len(sel.Index()) < 2 || !m.Exported() && m.Pkg() != wk.pkg || !wk.strays(s, sel, m) {
			continue
		}
		recv := name
		if values.Lookup(m.Pkg(), m.Name()) == nil {
			recv = "*" + name
		}
		sig := m.Signature()
		params, args := make([]string, sig.Params().Len()), make([]string, sig.Params().Len())
		for k := range params {
			args[k] = fmt.Sprintf("a%d", k)
			t := wk.typeText(sig.Params().At(k).Type())
			if sig.Variadic() && k == len(params)-1 {
				t = "..." + strings.TrimPrefix(t, "[]")
				params[k], args[k] = args[k]+" "+t, args[k]+"..."
				continue
			}
			params[k] = args[k] + " " + t
		}
		_, result, _ := strings.Cut(wk.signatureText(types.NewSignatureType(nil, nil, nil, nil, sig.Results(), false)), ")")
		give := ""
		if sig.Results().Len() > 0 {
			give = "return "
		}
		fmt.Fprintf(&wk.decls, "\nfunc (%[1]st %[2]s) %[3]s(%[4]s)%[5]s { %[6]s%[1]st%[7]s.%[3]s(%[8]s) }\n",
			mark.Mark, recv, m.Name(), strings.Join(params, ", "), result, give, wk.path(sel), strings.Join(args, ", "))
	}
}

// strays reports whether the engine may find another method than the one of an embedded field that sel
// tells, or none.
func (wk *walk) strays(s *types.Struct, sel *types.Selection, m *types.Func) bool {
	ofInterface, ofLibrary := types.IsInterface(m.Signature().Recv().Type()), m.Pkg() != wk.pkg
	if deep := len(sel.Index()) > 2; deep && (ofLibrary || ofInterface) || ofLibrary && ofInterface {
		return true
	}
	for i := range sel.Index()[0] { // fields that come before
		if f := s.Field(i); f.Embedded() {
			if _, index, _ := types.LookupFieldOrMethod(f.Type(), true, m.Pkg(), m.Name()); index != nil { // an ambiguous one included
				return true
			}
		}
	}
	return false
}
