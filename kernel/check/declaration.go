package check

import (
	"go/constant"
	"go/format"
	"go/types"
	"strings"
)

// declaration writes an object's declaration as its own package would.
func declaration(obj types.Object) string {
	t, ok := obj.(*types.TypeName)
	if !ok {
		return headline(obj)
	}
	qualify := own(obj)
	head := headline(obj)
	if t.IsAlias() || obj.Pkg() == nil && obj.Name() != "error" {
		return head
	}
	switch u := t.Type().Underlying().(type) {
	case *types.Struct:
		var b strings.Builder
		hidden := false
		for f := range u.Fields() {
			if !f.Exported() {
				hidden = true
				continue
			}
			b.WriteByte('\t')
			if !f.Embedded() {
				b.WriteString(f.Name() + " ")
			}
			b.WriteString(types.TypeString(f.Type(), qualify) + "\n")
		}
		if hidden {
			b.WriteString("\t// and unexported fields\n")
		}
		return block(head, b.String())
	case *types.Interface:
		var b strings.Builder
		for e := range u.EmbeddedTypes() {
			b.WriteString("\t" + types.TypeString(e, qualify) + "\n")
		}
		for m := range u.ExplicitMethods() {
			b.WriteString("\t" + m.Name() + signature(m.Signature(), qualify) + "\n")
		}
		return block(head, b.String())
	}
	return head
}

func block(head, lines string) string {
	if lines == "" {
		return head + "{}"
	}
	text := head + " {\n" + lines + "}"
	if formatted, err := format.Source([]byte(text)); err == nil {
		return string(formatted)
	}
	return text
}

// headline is a declaration in one line: of a struct or interface type its head.
func headline(obj types.Object) string {
	qualify := own(obj)
	switch obj := obj.(type) {
	case *types.Func:
		head := "func "
		if recv := obj.Signature().Recv(); recv != nil {
			head += "(" + strings.TrimPrefix(recv.Name()+" ", " ") + types.TypeString(recv.Type(), qualify) + ") "
		}
		return head + obj.Name() + signature(obj.Signature(), qualify)
	case *types.Builtin:
		return "func " + obj.Name() + builtins[obj.Name()]
	case *types.Const:
		typ := ""
		if b, ok := obj.Type().(*types.Basic); !ok || b.Info()&types.IsUntyped == 0 {
			typ = " " + types.TypeString(obj.Type(), qualify)
		}
		return "const " + obj.Name() + typ + " = " + value(obj.Val())
	case *types.Nil:
		return "var nil Type // of a pointer, function, slice, map, channel or interface type"
	case *types.Var:
		if obj.IsField() {
			return "field " + obj.Name() + " " + types.TypeString(obj.Type(), qualify)
		}
		return "var " + strings.TrimSuffix(obj.Name(), oldMark) + " " + types.TypeString(obj.Type(), qualify)
	case *types.TypeName:
		return typeHead(obj, qualify)
	}
	return types.ObjectString(obj, qualify)
}

func typeHead(obj *types.TypeName, qualify types.Qualifier) string {
	head := "type " + obj.Name()
	t := obj.Type()
	if a, ok := t.(*types.Alias); ok {
		rhs := types.TypeString(a.Rhs(), qualify)
		if rhs == obj.Name() {
			rhs = "interface{}" // go/types writes that as any, which this is
		}
		return head + typeParams(a.TypeParams(), qualify) + " = " + rhs
	}
	if obj.IsAlias() {
		return head + " = " + types.TypeString(t, qualify)
	}
	if n, ok := t.(*types.Named); ok {
		head += typeParams(n.TypeParams(), qualify)
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		return head + " struct"
	case *types.Interface:
		if p, ok := t.(*types.TypeParam); ok {
			return head + " " + types.TypeString(p.Constraint(), qualify) + " // type parameter"
		}
		return head + " interface"
	case *types.Basic:
		if obj.Pkg() == nil {
			return head
		}
		return head + " " + u.Name()
	default:
		return head + " " + types.TypeString(u, qualify)
	}
}

// own qualifies names as the object's package would.
func own(obj types.Object) types.Qualifier {
	if obj.Pkg() == nil {
		return (*types.Package).Name
	}
	return qualifier(obj.Pkg())
}

func value(v constant.Value) string {
	if v.Kind() == constant.Int {
		return v.ExactString()
	}
	return v.String()
}

// signature writes type parameters, parameters and results, names of one type together.
func signature(sig *types.Signature, qualify types.Qualifier) string {
	out := typeParams(sig.TypeParams(), qualify) + "(" + tuple(sig.Params(), sig.Variadic(), qualify) + ")"
	results := tuple(sig.Results(), false, qualify)
	switch n := sig.Results().Len(); {
	case n == 1 && sig.Results().At(0).Name() == "":
		out += " " + results
	case n > 0:
		out += " (" + results + ")"
	}
	return out
}

func tuple(t *types.Tuple, variadic bool, qualify types.Qualifier) string {
	var b strings.Builder
	for i := range t.Len() {
		v := t.At(i)
		text := types.TypeString(v.Type(), qualify)
		if variadic && i == t.Len()-1 {
			if s, ok := v.Type().(*types.Slice); ok {
				text = "..." + types.TypeString(s.Elem(), qualify)
			} else {
				text += "..." // append([]byte, string...)
			}
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(v.Name())
		last := i == t.Len()-1
		if v.Name() != "" && !last && types.Identical(v.Type(), t.At(i+1).Type()) && !(variadic && i == t.Len()-2) {
			continue // the next one says the type
		}
		if v.Name() != "" {
			b.WriteByte(' ')
		}
		b.WriteString(text)
	}
	return b.String()
}

func typeParams(list *types.TypeParamList, qualify types.Qualifier) string {
	if list.Len() == 0 {
		return ""
	}
	var b strings.Builder
	for i := range list.Len() {
		p := list.At(i)
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(p.Obj().Name())
		if i < list.Len()-1 && types.Identical(p.Constraint(), list.At(i+1).Constraint()) {
			continue
		}
		b.WriteString(" " + types.TypeString(p.Constraint(), qualify))
	}
	return "[" + b.String() + "]"
}

// methodsOf lists the declarations of a type's own methods; those of an
// interface are in its declaration.
func methodsOf(t *types.TypeName) []string {
	n, ok := types.Unalias(t.Type()).(*types.Named)
	if !ok || t.IsAlias() {
		return nil
	}
	var out []string
	for m := range n.Methods() {
		if m.Exported() || m.Pkg().Path() == mainPath {
			out = append(out, headline(m))
		}
	}
	return out
}

// ownerOf returns the type whose method or field obj is, nil for what is none.
func ownerOf(obj types.Object, pkg *types.Package) *types.TypeName {
	switch obj := obj.(type) {
	case *types.Func:
		recv := obj.Signature().Recv()
		if recv == nil {
			return nil
		}
		t := recv.Type()
		if p, ok := types.Unalias(t).(*types.Pointer); ok {
			t = p.Elem()
		}
		if n, ok := types.Unalias(t).(*types.Named); ok {
			return n.Obj()
		}
	case *types.Var:
		if !obj.IsField() || obj.Pkg() == nil {
			return nil
		}
		from := obj.Pkg().Scope()
		if obj.Pkg().Path() == pkg.Path() {
			from = pkg.Scope()
		}
		for _, name := range from.Names() {
			t, ok := from.Lookup(name).(*types.TypeName)
			if !ok || t.IsAlias() {
				continue
			}
			if s, ok := t.Type().Underlying().(*types.Struct); ok {
				for f := range s.Fields() {
					if f == obj {
						return t
					}
				}
			}
		}
	}
	return nil
}
