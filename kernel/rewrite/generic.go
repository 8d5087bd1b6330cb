package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"

	"lockstep/kernel/check"
)

// The engine's own generics are few, so each instance of a generic function or
// type becomes a declaration of its own, with the type arguments in their places.

// instance is a generic declaration that is to be written for certain types.
type instance struct {
	obj  types.Object
	args []types.Type
	name string
}

// maxInstances bounds what one unit may need: a generic function can call itself with ever larger types.
const maxInstances = 300

// instance returns the engine's name for an instance of the session's generic obj.
func (w *writer) instance(obj types.Object, args []types.Type) string {
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = w.typeText(a)
	}
	name := w.names.internal(obj.Name())
	key := name + "[" + strings.Join(texts, ", ") + "]"
	if known := w.names.instances[key]; known != "" {
		return known
	}
	own := w.names.local(name)
	w.names.instances[key] = own
	if w.instances++; w.instances > maxInstances || len(key) > 4000 {
		w.refuse(obj.Pos(), "a generic declaration that needs ever more types")
		return own
	}
	w.queue = append(w.queue, instance{obj, args, own})
	if _, isType := obj.(*types.TypeName); isType {
		if t, err := types.Instantiate(nil, obj.Type(), args, false); err == nil {
			w.made = append(w.made, t)
			w.names.generic = append(w.names.generic, types.TypeString(t, types.RelativeTo(w.pkg)))
		}
	}
	return own
}

// generic reports whether a declaration is written by instances only, or not
// at all: constraints mean nothing at run time.
func (w *writer) generic(d *check.Decl) bool {
	switch n := d.Node.(type) {
	case *ast.FuncDecl:
		f, ok := w.info.Defs[n.Name].(*types.Func)
		return ok && f.Signature().TypeParams().Len()+f.Signature().RecvTypeParams().Len() > 0
	case *ast.GenDecl:
		if spec, ok := n.Specs[0].(*ast.TypeSpec); ok {
			if spec.TypeParams != nil {
				return true
			}
			i, ok := w.info.Defs[spec.Name].Type().Underlying().(*types.Interface)
			return ok && !i.IsMethodSet()
		}
	}
	return false
}

// writeInstances writes what is wanted, and what that wants.
func (w *writer) writeInstances() {
	for len(w.queue) > 0 {
		in := w.queue[0]
		w.queue = w.queue[1:]
		for _, d := range w.live {
			switch n := d.Node.(type) {
			case *ast.FuncDecl:
				f, _ := w.info.Defs[n.Name].(*types.Func)
				switch {
				case f == nil:
				case f == in.obj:
					w.writeFunc(d, n, in, f.Signature().TypeParams())
				case f.Signature().RecvTypeParams().Len() == len(in.args) && receiverOf(f) == in.obj:
					w.writeFunc(d, n, in, f.Signature().RecvTypeParams())
				}
			case *ast.GenDecl:
				spec, ok := n.Specs[0].(*ast.TypeSpec)
				if !ok || w.info.Defs[spec.Name] != in.obj {
					continue
				}
				named, ok := in.obj.Type().(*types.Named)
				if !ok {
					w.refuse(spec.Pos(), "a generic alias")
					continue
				}
				wk := w.instanceWalk(d, spec, in, named.TypeParams())
				wk.typeBody(spec, in.name, shownType(in.obj.Type(), in.args))
				fmt.Fprintf(&w.types, "\n%s\ntype %s %s", directive(w.cell.Source.Fset.Position(spec.Pos())), in.name, wk.edits.apply(spec.Type.Pos(), spec.Type.End()))
			}
		}
	}
}

// shownType is the name that Go programs print for an instance of a generic type.
func shownType(t types.Type, args []types.Type) string {
	inst, err := types.Instantiate(nil, t, args, false)
	if err != nil {
		return types.TypeString(t, nil)
	}
	return printedName(inst)
}

// printedName is the name of a type as Go programs print it: without spaces between type arguments.
func printedName(t types.Type) string {
	var b strings.Builder
	parens := 0
	for _, r := range types.TypeString(t, nil) {
		switch r {
		case '(':
			parens++
		case ')':
			parens--
		}
		if text := b.String(); r == ' ' && parens == 0 && strings.HasSuffix(text, ",") {
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

func receiverOf(f *types.Func) types.Object {
	t := f.Signature().Recv().Type()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj()
	}
	return nil
}

func (w *writer) instanceWalk(d *check.Decl, n ast.Node, in instance, params *types.TypeParamList) *walk {
	sub := &substitution{w: w, args: map[*types.TypeParam]types.Type{}, node: n, made: map[*types.Named]*types.Named{}}
	for i := range params.Len() {
		sub.args[params.At(i)] = in.args[i]
	}
	wk := w.walk(w.editsFor(n, d.File))
	wk.sub, wk.info = sub, sub.info(w.info, n)
	return wk
}

func (w *writer) writeFunc(d *check.Decl, n *ast.FuncDecl, in instance, params *types.TypeParamList) {
	wk := w.instanceWalk(d, n, in, params)
	sig, _ := wk.sub.typ(w.info.Defs[n.Name].Type()).(*types.Signature)
	if n.Recv != nil {
		f := n.Recv.List[0]
		name := in.name
		if _, ok := ast.Unparen(f.Type).(*ast.StarExpr); ok {
			name = "*" + name
		}
		wk.edits.replace(f.Type.Pos(), f.Type.End(), name)
		wk.nameReceiver(n.Recv)
	} else {
		end := n.Name.End()
		if n.Type.TypeParams != nil {
			end = n.Type.TypeParams.Closing + 1
		}
		wk.edits.replace(n.Name.Pos(), end, in.name)
	}
	ftype := *n.Type
	ftype.TypeParams = nil
	wk.function(&ftype, sig, n.Body)
	fmt.Fprintf(&w.decls, "\n%s\n%s", directive(w.cell.Source.Fset.Position(n.Pos())), wk.edits.apply(n.Type.Func, n.End()))
}

// instanceText is what stands for a use of something generic, "" when id is none.
func (wk *walk) instanceText(id *ast.Ident) string {
	inst, ok := wk.info.Instances[id]
	if !ok {
		return ""
	}
	obj := wk.info.Uses[id]
	if obj == nil || obj.Pkg() == nil {
		return ""
	}
	args := make([]types.Type, inst.TypeArgs.Len())
	for i := range args {
		args[i] = wk.subst(inst.TypeArgs.At(i))
	}
	if obj.Pkg() == wk.pkg {
		if alias, ok := obj.Type().(*types.Alias); ok && alias != nil {
			return wk.typeText(wk.subst(inst.Type))
		}
		return wk.instance(obj, args)
	}
	if _, isType := obj.(*types.TypeName); isType {
		if t := wk.subst(inst.Type); obj.Pkg().Path() == "iter" {
			return wk.typeText(t.Underlying())
		}
		wk.refuse(id.Pos(), "the generic type "+obj.Pkg().Name()+"."+obj.Name())
		return id.Name
	}
	if obj.Pkg().Path() == "errors" && obj.Name() == "AsType" && wk.unfindable(args[0]) {
		wk.refuse(id.Pos(), "errors.AsType with an interface or a slice of a cell")
		return id.Name
	}
	if name := wk.standard(obj.Pkg().Path()+"."+obj.Name(), args); name != "" {
		return name
	}
	wk.refuse(id.Pos(), "the generic function "+obj.Pkg().Name()+"."+obj.Name())
	return id.Name
}

// generics replaces the use of an instance, type arguments included; it reports whether n was one.
func (wk *walk) generics(n ast.Node) bool {
	base, _ := n.(ast.Expr)
	switch x := n.(type) {
	case *ast.IndexExpr:
		base = x.X
	case *ast.IndexListExpr:
		base = x.X
	case *ast.SelectorExpr:
	default:
		return false
	}
	var id *ast.Ident
	switch x := ast.Unparen(base).(type) {
	case *ast.Ident:
		id = x
	case *ast.SelectorExpr:
		id = x.Sel
	default:
		return false
	}
	text := wk.instanceText(id)
	if text == "" {
		return false
	}
	wk.edits.replaceExpr(n.Pos(), n.End(), text)
	return true
}

// subst puts the type arguments of the instance at hand into t.
func (wk *walk) subst(t types.Type) types.Type {
	if wk.sub == nil {
		return t
	}
	return wk.sub.typ(t)
}

// substitution puts type arguments in the places of type parameters.
type substitution struct {
	w    *writer
	args map[*types.TypeParam]types.Type
	node ast.Node // the generic declaration: types declared inside are made anew
	made map[*types.Named]*types.Named
}

// info is what is known of a declaration's nodes once its type parameters are replaced.
func (s *substitution) info(old *types.Info, node ast.Node) *types.Info {
	info := *old
	info.Types = map[ast.Expr]types.TypeAndValue{}
	ast.Inspect(node, func(n ast.Node) bool {
		e, ok := n.(ast.Expr)
		if !ok {
			return true
		}
		if tv, ok := old.Types[e]; ok {
			if tv.Type != nil {
				tv.Type = s.typ(tv.Type)
			}
			info.Types[e] = tv
		} else if id, ok := e.(*ast.Ident); ok && old.TypeOf(id) != nil {
			info.Types[e] = types.TypeAndValue{Type: s.typ(old.TypeOf(id))}
		}
		return true
	})
	return &info
}

func (s *substitution) typ(t types.Type) types.Type {
	switch t := t.(type) {
	case *types.TypeParam:
		if a := s.args[t]; a != nil {
			return a
		}
	case *types.Alias:
		return s.typ(types.Unalias(t))
	case *types.Named:
		return s.named(t)
	case *types.Pointer:
		return types.NewPointer(s.typ(t.Elem()))
	case *types.Slice:
		return types.NewSlice(s.typ(t.Elem()))
	case *types.Array:
		return types.NewArray(s.typ(t.Elem()), t.Len())
	case *types.Map:
		return types.NewMap(s.typ(t.Key()), s.typ(t.Elem()))
	case *types.Chan:
		return types.NewChan(t.Dir(), s.typ(t.Elem()))
	case *types.Tuple:
		return s.tuple(t)
	case *types.Signature:
		return types.NewSignatureType(nil, nil, nil, s.tuple(t.Params()), s.tuple(t.Results()), t.Variadic())
	case *types.Struct:
		var fields []*types.Var
		var tags []string
		for i := range t.NumFields() {
			f := t.Field(i)
			fields = append(fields, types.NewField(f.Pos(), f.Pkg(), f.Name(), s.typ(f.Type()), f.Embedded()))
			tags = append(tags, t.Tag(i))
		}
		return types.NewStruct(fields, tags)
	case *types.Interface:
		if t.NumExplicitMethods() == 0 {
			return t
		}
		var methods []*types.Func
		var embedded []types.Type
		for i := range t.NumExplicitMethods() {
			m := t.ExplicitMethod(i)
			methods = append(methods, types.NewFunc(m.Pos(), m.Pkg(), m.Name(), s.typ(m.Type()).(*types.Signature)))
		}
		for i := range t.NumEmbeddeds() {
			embedded = append(embedded, s.typ(t.EmbeddedType(i)))
		}
		return types.NewInterfaceType(methods, embedded).Complete()
	}
	return t
}

func (s *substitution) tuple(t *types.Tuple) *types.Tuple {
	vars := make([]*types.Var, t.Len())
	for i := range vars {
		v := t.At(i)
		vars[i] = types.NewParam(v.Pos(), v.Pkg(), v.Name(), s.typ(v.Type()))
	}
	return types.NewTuple(vars...)
}

func (s *substitution) named(t *types.Named) types.Type {
	if t.TypeArgs().Len() > 0 {
		args := make([]types.Type, t.TypeArgs().Len())
		for i := range args {
			args[i] = s.typ(t.TypeArgs().At(i))
		}
		if inst, err := types.Instantiate(nil, t.Origin(), args, false); err == nil {
			return inst
		}
		return t
	}
	obj := t.Obj()
	if obj.Pkg() != s.w.pkg || obj.Parent() == s.w.pkg.Scope() || obj.Pos() < s.node.Pos() || obj.Pos() >= s.node.End() {
		return t
	}
	if made := s.made[t]; made != nil {
		return made
	}
	made := types.NewNamed(types.NewTypeName(obj.Pos(), obj.Pkg(), obj.Name(), nil), nil, nil)
	s.made[t] = made
	made.SetUnderlying(s.typ(t.Underlying()))
	return made
}

// localType is the engine's name of a type declared in a function. The engine
// knows no such types, so they stand beside the functions.
func (w *writer) localType(obj *types.TypeName) string {
	if name := w.locals[obj]; name != "" {
		return name
	}
	name := w.names.local(obj.Name())
	w.locals[obj] = name
	return name
}

// declareLocal moves the declaration of a type out of a function.
func (wk *walk) declareLocal(gen *ast.GenDecl) {
	for _, sp := range gen.Specs {
		spec := sp.(*ast.TypeSpec)
		obj, ok := wk.info.Defs[spec.Name].(*types.TypeName)
		if !ok || spec.Assign.IsValid() {
			continue
		}
		if spec.TypeParams != nil {
			wk.refuse(spec.Pos(), "a generic type in a function")
			continue
		}
		named, ok := wk.subst(obj.Type()).(*types.Named)
		if !ok {
			continue
		}
		name := wk.localType(named.Obj())
		inner := wk.writer.walk(&edits{base: wk.edits.base, text: wk.edits.text})
		inner.sub, inner.info = wk.sub, wk.info
		if i, ok := named.Underlying().(*types.Interface); ok && !i.IsMethodSet() {
			continue
		}
		inner.typeBody(spec, name, "main."+obj.Name())
		fmt.Fprintf(&wk.types, "\n%s\ntype %s %s", directive(wk.cell.Source.Fset.Position(spec.Pos())), name, inner.edits.apply(spec.Type.Pos(), spec.Type.End()))
	}
	wk.edits.drop(gen.Pos(), gen.End())
}

// typeName is what stands for the name of a type, "" for the name itself.
func (wk *walk) typeName(o *types.TypeName) string {
	switch t := o.Type().(type) {
	case *types.TypeParam:
		if wk.sub != nil {
			return wk.typeText(wk.sub.typ(t))
		}
	case *types.Alias:
		if o.Pkg() == wk.pkg && o.Parent() != wk.pkg.Scope() {
			return wk.typeText(wk.subst(t))
		}
	case *types.Named:
		if o.Pkg() == wk.pkg && o.Parent() != wk.pkg.Scope() {
			if made, ok := wk.subst(t).(*types.Named); ok {
				return wk.localType(made.Obj())
			}
		}
	}
	return ""
}

// standard is a helper that does what an instance of a generic function of the
// standard library does, "" where there is none.
func (wk *walk) standard(name string, args []types.Type) string {
	text, ok := standardGenerics[name]
	if !ok {
		return ""
	}
	var pairs []string
	var key []string
	for i, a := range args {
		t := wk.typeText(a)
		pairs = append(pairs, fmt.Sprintf("$%d", i), t)
		key = append(key, t)
	}
	for _, p := range []string{"errors", "sort", "sync"} {
		if strings.Contains(text, "@"+p+".") {
			pairs = append(pairs, "@"+p+".", wk.alias(p)+".")
		}
	}
	for _, dep := range []string{"cmp.Compare"} {
		if strings.Contains(text, "@"+dep) {
			elem := args[len(args)-1] // of slices.Compare as well
			pairs = append(pairs, "@"+dep, wk.standard(dep, []types.Type{elem}))
		}
	}
	return wk.helper(strings.ReplaceAll(name, ".", "_"), strings.Join(key, ", "), func() string { return strings.NewReplacer(pairs...).Replace(text) })
}
