package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// typeText writes t as source of the unit. Session types go by names that
// nothing in a body can hide.
func (w *compiled) typeText(t types.Type) string {
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return w.alias("unsafe") + ".Pointer"
		}
		if t.Kind() == types.UntypedNil {
			return "any"
		}
		return types.Default(t).String()
	case *types.Alias:
		return w.named(t.Obj(), t.TypeArgs())
	case *types.Named:
		return w.named(t.Obj(), t.TypeArgs())
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
		return w.structText(t)
	case *types.Interface:
		return w.interfaceText(t)
	case *types.Union:
		var terms []string
		for term := range t.Terms() {
			tilde := ""
			if term.Tilde() {
				tilde = "~"
			}
			terms = append(terms, tilde+w.typeText(term.Type()))
		}
		return strings.Join(terms, " | ")
	}
	return types.TypeString(t, nil)
}

func (w *compiled) named(obj *types.TypeName, args *types.TypeList) string {
	name := obj.Name()
	switch {
	case obj.Pkg() == nil: // error, comparable, any
	case obj.Pkg() != w.pkg:
		name = w.alias(obj.Pkg().Path()) + "." + name
	case obj.Parent() == w.pkg.Scope() && args.Len() == 0 && !w.alone:
		w.need(name)
		name = w.unhidden(name)
	case obj.Parent() == w.pkg.Scope():
		w.need(name)
	}
	if args.Len() > 0 {
		var parts []string
		for i := range args.Len() {
			parts = append(parts, w.typeText(args.At(i)))
		}
		name += "[" + strings.Join(parts, ", ") + "]"
	}
	return name
}

// unhidden is a second name of a session type, one that no local variable has.
func (w *compiled) unhidden(name string) string {
	own := mark.Mark + "t" + mark.Mark + name
	if !w.known[name] {
		w.known[name] = true
		fmt.Fprintf(&w.top, "type %s = %s\n", own, name)
	}
	return own
}

func (w *compiled) signatureText(s *types.Signature) string {
	var params, results []string
	for i := range s.Params().Len() {
		t := s.Params().At(i).Type()
		if s.Variadic() && i == s.Params().Len()-1 {
			if list, ok := t.(*types.Slice); ok {
				params = append(params, "..."+w.typeText(list.Elem()))
				continue
			}
		}
		params = append(params, w.typeText(t))
	}
	for i := range s.Results().Len() {
		results = append(results, w.typeText(s.Results().At(i).Type()))
	}
	out := "(" + strings.Join(params, ", ") + ")"
	if len(results) > 0 {
		out += " (" + strings.Join(results, ", ") + ")"
	}
	return out
}

func (w *compiled) interfaceText(t *types.Interface) string {
	if t.NumExplicitMethods()+t.NumEmbeddeds() == 0 {
		return "interface{}"
	}
	var parts []string
	for m := range t.ExplicitMethods() {
		name := m.Name()
		if !w.alone && !m.Exported() && ours(m) {
			name = exportMark + name
		}
		parts = append(parts, name+w.signatureText(m.Signature()))
	}
	for e := range t.EmbeddedTypes() {
		parts = append(parts, w.typeText(e))
	}
	return "interface{ " + strings.Join(parts, "; ") + " }"
}

// structText writes a struct type without a name. One with unexported fields
// is another type in each package, so that all units use that of the unit which wrote it first.
func (w *compiled) structText(s *types.Struct) string {
	text := w.fieldsText(s)
	if w.alone || !w.hides(s) {
		return text
	}
	key := structKey(s)
	home, ok := w.homes.structs[key]
	if ok && home.unit != "" {
		return w.unit(home.unit) + "." + home.name
	}
	if !ok {
		home = named{name: fmt.Sprintf("S%s%d", mark.Mark, len(w.own))}
		w.own = append(w.own, key)
		w.homes.structs[key] = home
		fmt.Fprintf(&w.top, "type %s = %s\n", home.name, text)
	}
	return home.name
}

// hides reports whether a struct type has unexported fields of the session's package.
func (w *compiled) hides(s *types.Struct) bool {
	for f := range s.Fields() {
		if !f.Exported() && ours(f) {
			return true
		}
	}
	return false
}

// fieldsText writes a struct type as such. An embedded field keeps its name, a type's own.
func (w *compiled) fieldsText(s *types.Struct) string {
	var fields []string
	for i := range s.NumFields() {
		f := s.Field(i)
		text := f.Name() + " " + w.typeText(f.Type())
		if f.Embedded() {
			text = w.embeddedText(f.Type())
		}
		if tag := s.Tag(i); tag != "" {
			text += " " + strconv.Quote(tag)
		}
		fields = append(fields, text)
	}
	return "struct{ " + strings.Join(fields, "; ") + " }"
}

func (w *compiled) embeddedText(t types.Type) string {
	switch t := t.(type) {
	case *types.Pointer:
		return "*" + w.embeddedText(t.Elem())
	case *types.Named:
		if t.Obj().Pkg() == w.pkg && t.TypeArgs().Len() == 0 {
			w.need(t.Obj().Name())
			return t.Obj().Name()
		}
	}
	return w.typeText(t)
}

// sizes are those of the compiler that builds the unit, which is for this machine.
var sizes = types.SizesFor("gc", runtime.GOARCH)

// foreign reports whether a field is unexported and of another unit's package.
func (w *compiled) foreign(f *types.Var) bool {
	if w.alone || f.Exported() || !ours(f) {
		return false
	}
	return !slices.ContainsFunc(w.inside, func(n ast.Node) bool { return n.Pos() <= f.Pos() && f.Pos() < n.End() })
}

// field writes x.f where f is a field that the unit's package cannot name: by
// its place in memory. It reports whether it was such a field.
func (wk *compiledWalk) field(n *ast.SelectorExpr, sel *types.Selection) bool {
	f := sel.Obj().(*types.Var)
	if !wk.foreign(f) {
		return false
	}
	if hasTypeParam(sel.Recv()) {
		wk.refuse(n.Pos(), "the unexported field "+f.Name()+" of a generic type of another cell in a generic function: put both into one cell")
		return false
	}
	typ := wk.typeText(f.Type())
	unsafe := wk.alias("unsafe")
	open, shut := "", ""
	recv := sel.Recv()
	offset := int64(0)
	wrap := func() {
		open = unsafe + ".Add(" + open
		shut += ", " + strconv.FormatInt(offset, 10) + ")"
	}
	start := unsafe + ".Pointer("
	if _, ptr := recv.Underlying().(*types.Pointer); !ptr {
		if wk.info.Types[n.X].Addressable() {
			start += "&"
		} else {
			start = wk.rt() + ".Address("
		}
	}
	for step, i := range sel.Index() {
		if p, ok := recv.Underlying().(*types.Pointer); ok {
			if step > 0 { // an embedded pointer leads elsewhere
				wrap()
				open, shut, offset = "*(*"+unsafe+".Pointer)("+open, shut+")", 0
			}
			recv = p.Elem()
		}
		s := recv.Underlying().(*types.Struct)
		all := make([]*types.Var, s.NumFields())
		for k := range all {
			all[k] = s.Field(k)
		}
		offset += sizes.Offsetsof(all)[i]
		recv = s.Field(i).Type()
	}
	wrap()
	wk.edits.before(n.X.Pos(), "(*(*"+typ+")("+open+start)
	wk.node(n.X)
	wk.edits.replace(n.X.End(), n.End(), ")"+shut+"))")
	return true
}

// composite writes a literal of a struct type whose fields the unit's package
// cannot name as one of a type of the same layout.
func (wk *compiledWalk) composite(n *ast.CompositeLit) {
	literalElements(wk.info, n, func(_ types.Type, _, v ast.Expr, want types.Type) { wk.flowsTo(v, want) })
	t := wk.info.TypeOf(n)
	elided := n.Type == nil
	pointer := false
	if p, ok := t.Underlying().(*types.Pointer); ok && elided {
		t, pointer = p.Elem(), true
	}
	s, ok := t.Underlying().(*types.Struct)
	if !ok || !wk.namesForeign(n, s) {
		return
	}
	if hasTypeParam(t) {
		wk.refuse(n.Pos(), "a literal of a generic type of another cell in a generic function: put both into one cell")
		return
	}
	text := "(" + wk.alias("unsafe") + ".Pointer(&" + wk.fieldsText(s)
	open := "(*(*" + wk.typeText(t) + ")" + text
	if pointer {
		open = "((*" + wk.typeText(t) + ")" + text
	}
	if elided {
		wk.edits.before(n.Lbrace, open)
	} else {
		wk.skip[n.Type] = true
		wk.edits.replace(n.Type.Pos(), n.Type.End(), open)
	}
	wk.edits.after(n.Rbrace+1, ")))")
}

func (wk *compiledWalk) namesForeign(n *ast.CompositeLit, s *types.Struct) bool {
	if len(n.Elts) == 0 {
		return false
	}
	if _, keyed := n.Elts[0].(*ast.KeyValueExpr); !keyed {
		for f := range s.Fields() {
			if wk.foreign(f) {
				return true
			}
		}
		return false
	}
	for _, el := range n.Elts {
		kv, ok := el.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		if id, ok := kv.Key.(*ast.Ident); ok {
			if f, ok := wk.info.Uses[id].(*types.Var); ok && f.IsField() && wk.foreign(f) {
				return true
			}
		}
	}
	return false
}

// conversion converts between struct types that are alike but for the packages
// of their unexported fields.
func (wk *compiledWalk) conversion(n *ast.CallExpr, to types.Type) {
	s, ok := to.Underlying().(*types.Struct)
	from := wk.info.TypeOf(n.Args[0])
	if !ok || from == nil || wk.alone || types.Identical(to, from) || !wk.hides(s) || hasTypeParam(to) {
		return
	}
	wk.edits.replace(n.Fun.Pos(), n.Fun.End(), wk.rt()+".Convert["+wk.typeText(to)+"]")
}

// ours reports whether an object is the session's. Each check has a package of its
// own, all with one path, and types may come from an earlier one.
func ours(o types.Object) bool { return o.Pkg() != nil && o.Pkg().Path() == "main" }
