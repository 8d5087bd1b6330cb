package rewrite

import (
	"fmt"
	"go/types"
	"strings"
)

// typeText writes t as source for the unit: session types by their present
// internal names, packages by their aliases.
func (w *writer) typeText(t types.Type) string {
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return w.alias("unsafe") + ".Pointer"
		}
		return types.Default(t).String()
	case *types.Alias:
		return w.typeText(types.Unalias(t))
	case *types.Named:
		return w.namedText(t)
	case *types.TypeParam:
		return t.Obj().Name()
	case *types.Pointer:
		return "*" + w.typeText(t.Elem())
	case *types.Slice:
		return "[]" + w.typeText(t.Elem())
	case *types.Array:
		return fmt.Sprintf("[%d]%s", t.Len(), w.typeText(t.Elem()))
	case *types.Map:
		return "map[" + w.typeText(t.Key()) + "]" + w.typeText(t.Elem())
	case *types.Chan:
		switch t.Dir() {
		case types.SendOnly:
			return "chan<- " + w.typeText(t.Elem())
		case types.RecvOnly:
			return "<-chan " + w.typeText(t.Elem())
		}
		return "chan (" + w.typeText(t.Elem()) + ")"
	case *types.Signature:
		return "func" + w.signatureText(t)
	case *types.Struct:
		return w.structText(t, "")
	case *types.Interface:
		return w.interfaceText(t)
	}
	return types.TypeString(t, nil)
}

func (w *writer) namedText(t *types.Named) string {
	obj := t.Obj()
	name := obj.Name()
	if args := t.TypeArgs(); args.Len() > 0 && obj.Pkg() == w.pkg {
		list := make([]types.Type, args.Len())
		for i := range list {
			list[i] = args.At(i)
		}
		return w.instance(t.Origin().Obj(), list)
	} else if args.Len() > 0 && obj.Pkg().Path() == "iter" {
		return w.typeText(t.Underlying())
	}
	switch {
	case obj.Pkg() == nil: // error, comparable, any
	case obj.Pkg() != w.pkg:
		name = w.alias(obj.Pkg().Path()) + "." + name
	case obj.Parent() == w.pkg.Scope():
		name = w.names.internal(name)
	default:
		name = w.localType(obj)
	}
	if args := t.TypeArgs(); args.Len() > 0 {
		var parts []string
		for i := range args.Len() {
			parts = append(parts, w.typeText(args.At(i)))
		}
		name += "[" + strings.Join(parts, ", ") + "]"
	}
	return name
}

func (w *writer) signatureText(s *types.Signature) string {
	var params, results []string
	for i := range s.Params().Len() {
		t := s.Params().At(i).Type()
		if s.Variadic() && i == s.Params().Len()-1 {
			params = append(params, "..."+w.typeText(t.(*types.Slice).Elem()))
			continue
		}
		params = append(params, w.typeText(t))
	}
	for i := range s.Results().Len() {
		results = append(results, w.typeText(s.Results().At(i).Type()))
	}
	out := "(" + strings.Join(params, ", ") + ")"
	switch len(results) {
	case 0:
		return out
	case 1:
		return out + " " + results[0]
	}
	return out + " (" + strings.Join(results, ", ") + ")"
}

func (w *writer) interfaceText(t *types.Interface) string {
	var parts []string
	for i := range t.NumExplicitMethods() {
		m := t.ExplicitMethod(i)
		parts = append(parts, m.Name()+w.signatureText(m.Signature()))
	}
	for i := range t.NumEmbeddeds() {
		parts = append(parts, w.typeText(t.EmbeddedType(i)))
	}
	if len(parts) == 0 {
		return "interface{}"
	}
	return "interface{ " + strings.Join(parts, "; ") + " }"
}

func hasTypeParam(t types.Type) bool {
	found := false
	var visit func(types.Type, int)
	visit = func(t types.Type, depth int) {
		if found || depth > 8 {
			return
		}
		switch t := t.(type) {
		case *types.TypeParam:
			found = true
		case *types.Named:
			for i := range t.TypeArgs().Len() {
				visit(t.TypeArgs().At(i), depth+1)
			}
		case *types.Pointer:
			visit(t.Elem(), depth+1)
		case *types.Slice:
			visit(t.Elem(), depth+1)
		case *types.Array:
			visit(t.Elem(), depth+1)
		case *types.Map:
			visit(t.Key(), depth+1)
			visit(t.Elem(), depth+1)
		case *types.Chan:
			visit(t.Elem(), depth+1)
		case *types.Struct:
			for i := range t.NumFields() {
				visit(t.Field(i).Type(), depth+1)
			}
		case *types.Signature:
			for i := range t.Params().Len() {
				visit(t.Params().At(i).Type(), depth+1)
			}
			for i := range t.Results().Len() {
				visit(t.Results().At(i).Type(), depth+1)
			}
		}
	}
	visit(t, 0)
	return found
}
