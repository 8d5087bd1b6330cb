package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// To the engine, types of one layout are one type in interfaces, and all fields
// are exported. So the struct types of a session carry tags that tell them apart and name them and their
// fields, and its types over basic types are made of the run time's stock.

// typeBody writes what stands behind the name in the declaration of a type. name
// is the engine's name of it, shown the one that Go programs print.
func (wk *walk) typeBody(spec *ast.TypeSpec, name, shown string) {
	t := wk.info.TypeOf(spec.Type)
	if spec.Assign.IsValid() || t == nil {
		wk.expr(spec.Type)
		return
	}
	if obj := wk.info.Defs[spec.Name]; obj != nil && refersToItself(obj.Type()) {
		wk.refuse(spec.Pos(), "the type "+spec.Name.Name+", which refers to itself outside a struct")
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		kind := types.Typ[max(u.Kind(), 0)].Name()
		if n := wk.names.stock[kind]; u.Info()&types.IsUntyped == 0 && u.Kind() != types.UnsafePointer && n < mark.NamedTypes {
			wk.names.stock[kind]++
			own := mark.NamedType(kind, n)
			wk.Named[own] = shown
			wk.edits.replaceExpr(spec.Type.Pos(), spec.Type.End(), wk.rt()+"."+own)
			return
		}
	case *types.Struct:
		own := ownTag(name, shown)
		wk.forward(spec, name)
		if field := functionsOfItself(wk.info.Defs[spec.Name], u); field != "" {
			wk.refuse(spec.Pos(), "the type "+spec.Name.Name+", whose field "+field+" holds several functions of that type")
		}
		if lit, ok := spec.Type.(*ast.StructType); ok {
			wk.structLit(lit, own)
			return
		}
		wk.edits.replaceLines(spec.Type.Pos(), spec.Type.End(), wk.structText(u, own))
		return
	}
	wk.judgeName(spec)
	wk.expr(spec.Type)
}

// judgeName refuses a type of a function that the engine could only tell by its printed name from
// another one: of another function, or of the session.
func (wk *walk) judgeName(spec *ast.TypeSpec) {
	obj := wk.info.Defs[spec.Name]
	if obj == nil || obj.Parent() == wk.pkg.Scope() || !wk.nameless(obj.Type()) {
		return
	}
	for id, other := range wk.info.Defs {
		if t, ok := other.(*types.TypeName); ok && other != obj && id.Name == spec.Name.Name && wk.nameless(t.Type()) {
			wk.refuse(spec.Pos(), "two types of the name "+id.Name+", which it tells apart by nothing else")
			return
		}
	}
	if other, ok := wk.pkg.Scope().Lookup(spec.Name.Name).(*types.TypeName); ok && wk.nameless(other.Type()) {
		wk.refuse(spec.Pos(), "a type of the name "+spec.Name.Name+" beside the session's, which it tells apart by nothing else")
	}
}

// refersToItself reports whether a type is part of itself other than by a field
// of a struct or a method: the engine cannot make such types.
func refersToItself(t types.Type) bool {
	seen := map[types.Type]bool{}
	var visit func(types.Type) bool
	visit = func(u types.Type) bool {
		switch u := types.Unalias(u).(type) {
		case *types.Named:
			if u == t && len(seen) > 0 || u.Origin() == t && len(seen) > 0 {
				return true
			}
			if seen[u] {
				return false
			}
			seen[u] = true
			return visit(u.Underlying())
		case *types.Pointer:
			return visit(u.Elem())
		case *types.Slice:
			return visit(u.Elem())
		case *types.Array:
			return visit(u.Elem())
		case *types.Chan:
			return visit(u.Elem())
		case *types.Map:
			return visit(u.Key()) || visit(u.Elem())
		case *types.Signature:
			return visit(u.Results()) // not the parameters: the engine manages those
		case *types.Tuple:
			for i := range u.Len() {
				if visit(u.At(i).Type()) {
					return true
				}
			}
		}
		return false
	}
	return visit(t)
}

// functionsOfItself is the name of a field of the struct type of obj that is a slice, a map or the like of functions which take
// or return values of that type, "" for none: the engine makes them functions of another type.
func functionsOfItself(obj types.Object, s *types.Struct) string {
	seen := map[types.Type]bool{}
	var visit func(t types.Type, several, function bool) bool
	visit = func(t types.Type, several, function bool) bool {
		t = types.Unalias(t)
		if named, ok := t.(*types.Named); ok {
			if named.Obj() == obj {
				return several && function
			}
			if seen[t] {
				return false
			}
			seen[t] = true
		}
		switch u := t.Underlying().(type) {
		case *types.Pointer:
			return visit(u.Elem(), several, function)
		case *types.Slice:
			return visit(u.Elem(), true, function)
		case *types.Array:
			return visit(u.Elem(), true, function)
		case *types.Chan:
			return visit(u.Elem(), true, function)
		case *types.Map:
			return visit(u.Elem(), true, function)
		case *types.Signature:
			for _, list := range []*types.Tuple{u.Params(), u.Results()} {
				for v := range list.Variables() {
					if several && visit(v.Type(), several, true) {
						return true
					}
				}
			}
		}
		return false
	}
	for f := range s.Fields() {
		clear(seen)
		if visit(f.Type(), false, false) {
			return f.Name()
		}
	}
	return ""
}

// ownTag is the tag of the first field of a declared struct type.
func ownTag(name, shown string) string {
	tag := mark.Mark + ":" + strconv.Quote(name)
	if "main."+mark.Plain(name) != shown {
		tag += " " + mark.TypeTag + ":" + strconv.Quote(shown)
	}
	return tag
}

// structText is the text of a struct type; own is the tag of its first field, "" for a type without a name.
func (w *writer) structText(s *types.Struct, own string) string {
	var fields []string
	for i := range s.NumFields() {
		f := s.Field(i)
		text := w.typeText(f.Type())
		if !f.Embedded() {
			text = fieldName(f.Name(), i) + " " + text
		}
		fields = append(fields, text+w.fieldTag(f.Name(), f.Type(), f.Embedded(), s.Tag(i), own))
		own = ""
	}
	if own != "" {
		fields = append(fields, hiddenField(own))
	}
	return "struct{ " + strings.Join(fields, "; ") + " }"
}

// hiddenField tells a struct type without fields from others.
func hiddenField(own string) string {
	return mark.Mark + " struct{}" + (*writer)(nil).fieldTag(mark.Mark, nil, false, "", own)
}

// fieldName is the name of a struct's i-th field: the engine takes no two blank ones.
func fieldName(name string, i int) string {
	if name == "_" {
		return fmt.Sprintf("%s_%d", mark.Mark, i)
	}
	return name
}

// fieldTag is the tag of a field, quoted, "" for none. It keeps packages that
// look at exported fields from those that are not.
func (w *writer) fieldTag(name string, t types.Type, embedded bool, tag, own string) string {
	var parts []string
	if t != nil {
		if kept := w.keptIn(t); kept != "" {
			parts = append(parts, mark.MethodTag+":"+strconv.Quote(kept))
		}
	}
	if !ast.IsExported(name) {
		if !embedded {
			parts = append(parts, `json:"-" xml:"-"`)
		}
		parts = append(parts, mark.FieldTag+":"+strconv.Quote(name))
	}
	if embedded {
		parts = append(parts, mark.EmbedTag+`:""`)
	}
	for _, part := range []string{tag, own} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " " + strconv.Quote(strings.Join(parts, " "))
}

// keptIn is the name of a type with methods by which values print that the engine does not know by its name: of t
// itself, or, with ! before it, of a type that t holds without a declared struct between; "" for none.
func (w *writer) keptIn(t types.Type) string {
	if w.nameless(t) && types.NewMethodSet(t).Len() > 0 && methodOf(t, printers) != "" {
		return printedName(t)
	}
	found := ""
	w.inside(t, func(t types.Type) bool {
		if w.nameless(t) && methodOf(t, printers) != "" {
			found = "!" + printedName(t)
		}
		return found == ""
	})
	return found
}

var printers = []string{"Error", "Format", "GoString", "String"}

// nameless reports the types of cells that are unnamed ones to the engine, and pointers to such.
func (w *writer) nameless(t types.Type) bool {
	if p, ok := types.Unalias(t).(*types.Pointer); ok {
		t = p.Elem()
	}
	named, ok := types.Unalias(t).(*types.Named)
	if !ok || named.Obj().Pkg() != w.pkg || types.IsInterface(t) || hasTypeParam(t) {
		return false
	}
	switch named.Underlying().(type) {
	case *types.Struct, *types.Basic:
		return false
	}
	return true
}

// structLit writes a struct type where it stands.
func (wk *walk) structLit(n *ast.StructType, own string) {
	if n.Fields.NumFields() == 0 {
		if own != "" {
			wk.edits.after(n.Fields.Opening+1, " "+hiddenField(own)+" ")
		}
		return
	}
	i := 0
	for _, f := range n.Fields.List {
		tag := ""
		if f.Tag != nil {
			tag, _ = strconv.Unquote(f.Tag.Value)
		}
		if len(f.Names) == 0 {
			t := f.Type
			if p, ok := t.(*ast.StarExpr); ok {
				t = p.X
			}
			wk.expr(f.Type)
			wk.tagged(f, wk.fieldTag(embeddedIdent(t), wk.subst(wk.info.TypeOf(f.Type)), true, tag, own))
			i, own = i+1, ""
			continue
		}
		same := !slices.ContainsFunc(f.Names, func(id *ast.Ident) bool { return !id.IsExported() }) && own == "" || len(f.Names) == 1
		if same {
			if name := f.Names[0]; name.Name == "_" {
				wk.edits.replace(name.Pos(), name.End(), fieldName("_", i))
			}
			wk.expr(f.Type)
			wk.tagged(f, wk.fieldTag(f.Names[0].Name, wk.subst(wk.info.TypeOf(f.Type)), false, tag, own))
			i, own = i+len(f.Names), ""
			continue
		}
		var fields []string
		for _, id := range f.Names {
			fields = append(fields, fieldName(id.Name, i)+" "+wk.text(f.Type)+wk.fieldTag(id.Name, wk.subst(wk.info.TypeOf(f.Type)), false, tag, own))
			i, own = i+1, ""
		}
		wk.edits.replaceLines(f.Pos(), f.End(), strings.Join(fields, "; "))
	}
}

// tagged gives a field a tag in the place of its own.
func (wk *walk) tagged(f *ast.Field, tag string) {
	switch {
	case f.Tag != nil:
		wk.edits.replaceExpr(f.Tag.Pos(), f.Tag.End(), tag)
	case tag != "":
		wk.edits.after(f.Type.End(), tag)
	}
}

// embeddedIdent is the name of the field that an embedded type makes.
func embeddedIdent(t ast.Expr) string {
	switch t := ast.Unparen(t).(type) {
	case *ast.Ident:
		return t.Name
	case *ast.SelectorExpr:
		return t.Sel.Name
	case *ast.IndexExpr:
		return embeddedIdent(t.X)
	case *ast.IndexListExpr:
		return embeddedIdent(t.X)
	}
	return "_"
}

// printing are the methods by which package fmt prints a value and packages
// look into an error, without their receivers and as the types of functions.
var printing = map[string][]string{
	"Error": {"func() string"}, "Format": {"func(fmt.State, rune)"}, "GoString": {"func() string"}, "String": {"func() string"},
	"Unwrap": {"func() error", "func() []error"}, "Is": {"func(error) bool"}, "As": {"func(any) bool", "func(interface{}) bool"},
	"MarshalJSON": {"func() ([]byte, error)"}, "MarshalText": {"func() ([]byte, error)"},
	"UnmarshalJSON": {"func([]byte) error"}, "UnmarshalText": {"func([]byte) error"}, "IsZero": {"func() bool"}, "LogValue": {"func() log/slog.Value"},
	"Timeout": {"func() bool"}, "Temporary": {"func() bool"},
}

// methods writes the function that makes known how values of the unit's types
// print, wherever they are found in other values; it returns its name, "" where there is nothing to make known.
func (w *writer) methods() string {
	var b strings.Builder
	for _, t := range append(w.declared, w.made...) {
		if types.IsInterface(t) || hasTypeParam(t) {
			continue
		}
		for _, of := range []types.Type{t, types.NewPointer(t)} {
			set := types.NewMethodSet(of)
			for _, name := range slices.Sorted(maps.Keys(printing)) {
				sel := set.Lookup(nil, name)
				if sel == nil || sel.Kind() != types.MethodVal || !slices.Contains(printing[name], unnamed(sel.Obj().(*types.Func).Signature())) {
					continue
				}
				if w.nameless(of) {
					fmt.Fprintf(&b, "\t%s.MethodOf(%q, %q, %s)\n", w.rt(), printedName(of), name, w.unbound(of, sel.Obj().(*types.Func)))
					continue
				}
				fmt.Fprintf(&b, "\t%s.Method(%q, %s)\n", w.rt(), name, w.unbound(of, sel.Obj().(*types.Func)))
			}
		}
	}
	if b.Len() == 0 {
		return ""
	}
	name := mark.Mark + "methods" + w.serial
	fmt.Fprintf(&w.decls, "\nfunc %s() {\n%s}\n", name, b.String())
	return name
}

// unbound is the text of a function that calls a method of a value of type t.
func (w *writer) unbound(t types.Type, m *types.Func) string {
	sig := m.Signature()
	params, args := "v "+w.typeText(t), []string{}
	for i := range sig.Params().Len() {
		arg := fmt.Sprintf("a%d", i)
		params += ", " + arg + " " + w.typeText(sig.Params().At(i).Type())
		args = append(args, arg)
	}
	_, result, _ := strings.Cut(w.signatureText(types.NewSignatureType(nil, nil, nil, nil, sig.Results(), false)), ")")
	give := ""
	if sig.Results().Len() > 0 {
		give = "return "
	}
	return fmt.Sprintf("func(%s)%s { %sv.%s(%s) }", params, result, give, m.Name(), strings.Join(args, ", "))
}

// unnamed writes the type of a function without the names of parameters.
func unnamed(sig *types.Signature) string {
	var params []*types.Var
	for i := range sig.Params().Len() {
		params = append(params, types.NewParam(0, nil, "", sig.Params().At(i).Type()))
	}
	return types.TypeString(types.NewSignatureType(nil, nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic()), nil)
}
