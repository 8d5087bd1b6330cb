package check

import (
	"cmp"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// conclude draws the consequences of a cell that checked: types of its
// variables, what depends on what, what must be made anew.
func (b *builder) conclude() {
	if b.Last != nil {
		tv := b.Info.Types[b.Last]
		b.LastType = tv.Type
		if tv.IsVoid() {
			b.LastType = nil
		}
		if t, ok := tv.Type.(*types.Tuple); ok && (t.Len() == 0 || b.prints(b.Last)) {
			b.LastType = nil
		}
	}
	b.next, b.within = b.live, b.live
	for name := range b.live.vars {
		if _, old := OldName(name); old {
			delete(b.live.vars, name)
		}
	}
	b.dependencies()
	b.changes()
	b.values()
	if b.Place.isWork() {
		b.next = b.scope.clone()
	}
}

// prints reports a call of one of fmt's printing functions, whose count of
// bytes nobody wants to see under what was printed.
func (b *builder) prints(e ast.Expr) bool {
	call, ok := ast.Unparen(e).(*ast.CallExpr)
	if !ok {
		return false
	}
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return false
	}
	f, ok := b.Info.Uses[sel.Sel].(*types.Func)
	return ok && f.Pkg() != nil && f.Pkg().Path() == "fmt" && (strings.HasPrefix(f.Name(), "Print") || strings.HasPrefix(f.Name(), "Fprint"))
}

// dependencies fills uses for every live component.
func (b *builder) dependencies() {
	b.uses = map[string]map[string]bool{}
	component := map[string]string{}
	for _, d := range b.live.decls {
		for _, n := range d.Names {
			component[n] = d.Component()
		}
	}
	note := func(comp string, n ast.Node) {
		if b.uses[comp] == nil {
			b.uses[comp] = map[string]bool{}
		}
		ast.Inspect(n, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			if name := sessionName(b.Info.Uses[id], b.pkg); name != "" {
				if c := component[name]; c != "" {
					name = c
				}
				if name != comp {
					b.uses[comp][name] = true
				}
			}
			return true
		})
	}
	for _, d := range b.live.decls {
		note(d.Component(), d.Node)
	}
	if b.Source.Body != nil {
		note(bodyName, b.Source.Body)
	}
	for _, f := range b.Inits {
		note(bodyName, f)
	}
}

// sessionName returns the package-level name through which obj is reached, ""
// when obj is not the session's.
func sessionName(obj types.Object, pkg *types.Package) string {
	if obj == nil || obj.Pkg() != pkg {
		return ""
	}
	if f, ok := obj.(*types.Func); ok {
		if recv := f.Signature().Recv(); recv != nil {
			return typeName(recv.Type())
		}
	}
	if obj.Parent() == pkg.Scope() {
		return obj.Name()
	}
	return ""
}

func typeName(t types.Type) string {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n, ok := t.(*types.Named); ok {
		return n.Obj().Name()
	}
	return ""
}

// BodyUses returns the session names that the cell's statements use.
func (c *Cell) BodyUses() map[string]bool { return c.uses[bodyName] }

// changes finds which components must be made anew, and what that does to variables.
func (b *builder) changes() {
	b.Remake = map[string]bool{}
	layout := map[string]bool{} // types whose memory changes
	for key, d := range b.live.decls {
		if old := b.scope.decls[key]; old != d {
			b.Remake[d.Component()] = true
			if d.Kind == Type && old != nil {
				layout[d.Key] = true
			}
		}
	}
	for key, old := range b.scope.decls {
		if b.live.decls[key] == nil {
			b.Remake[old.Component()] = true
		}
	}
	changed := map[string]bool{}
	for _, v := range b.Vars {
		obj := b.pkg.Scope().Lookup(v.Name)
		v.Type = obj.Type()
		v.describe(b.pkg, b.scope.fset)
		old := b.scope.vars[v.Name]
		if old != nil && !sameVar(old, v) {
			changed[v.Name] = true
		}
		b.live.vars[v.Name] = v
	}
	for again := true; again; {
		again = false
		for comp, uses := range b.uses {
			if comp == bodyName || b.Remake[comp] {
				continue
			}
			for u := range uses {
				if b.Remake[u] || changed[u] {
					b.Remake[comp], again = true, true
				}
				if layout[u] && b.isType(comp) {
					layout[comp] = true
				}
			}
		}
		for name, v := range b.live.vars {
			if !changed[name] && b.scope.vars[name] != nil && v.mentions(b.Remake) {
				changed[name], again = true, true
			}
		}
	}
	for comp := range b.Remake {
		if !slices.ContainsFunc(sortedDecls(b.live.decls), func(d *Decl) bool { return d.Component() == comp }) {
			delete(b.Remake, comp)
		}
	}
	for _, name := range sortedKeys(changed) {
		if b.defines[name] {
			continue
		}
		b.Retyped = append(b.Retyped, name)
		if b.live.vars[name].mentions(layout) {
			b.Reset = append(b.Reset, name)
		}
	}
}

func (b *builder) isType(comp string) bool {
	d := b.live.decls[comp]
	return d != nil && d.Kind == Type
}

// sameVar reports whether two definitions of a variable have one type.
func sameVar(a, b *Var) bool {
	if a.text != "" || b.text != "" {
		return a.text == b.text && sameImports(a.imports, b.imports)
	}
	return types.Identical(a.Type, b.Type)
}

// describe fills in text where the type mentions session types.
func (v *Var) describe(pkg *types.Package, fset *token.FileSet) {
	w := typeWriter{main: pkg, imports: map[string]string{}}
	text := types.TypeString(v.Type, w.qualify)
	if w.session {
		v.text, v.imports = text, w.imports
		v.decl = newParsedVar(fset, v.Name, text)
	}
}

// parsedVar is a variable's declaration, parsed when it is first wanted: a
// file in the session's file set for every check would be a leak.
type parsedVar struct {
	fset       *token.FileSet
	name, text string
	parse      func() ast.Decl
	pos        atomic.Int64 // in that file set, once it is parsed
}

func newParsedVar(fset *token.FileSet, name, text string) *parsedVar {
	p := &parsedVar{fset: fset, name: name, text: text}
	p.parse = sync.OnceValue(func() ast.Decl {
		d := parseVar(fset, name, text)
		p.pos.Store(int64(d.Pos()))
		return d
	})
	return p
}

// in is the declaration for a check with fset; one that is not the session's is a question's and dies with it.
func (p *parsedVar) in(fset *token.FileSet) ast.Decl {
	if fset == p.fset {
		return p.parse()
	}
	return parseVar(fset, p.name, p.text)
}

// mentions reports whether the variable's type names one of the session types.
func (v *Var) mentions(names map[string]bool) bool {
	if v.text == "" {
		return false
	}
	word := func(r rune) bool {
		return !(r == '_' || r == '.' || r >= 0x80 || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z')
	}
	return slices.ContainsFunc(strings.FieldsFunc(v.text, word), func(w string) bool { return names[w] })
}

// typeWriter qualifies package names for source text and notes their imports.
type typeWriter struct {
	main    *types.Package
	imports map[string]string
	session bool
}

func (w *typeWriter) qualify(p *types.Package) string {
	if p == w.main {
		w.session = true
		return ""
	}
	name := p.Name()
	for w.imports[name] != "" && w.imports[name] != p.Path() {
		name += "ˑ"
	}
	w.imports[name] = p.Path()
	return name
}

// TypeText returns the variable's type as its user would write it.
func (v *Var) TypeText() string {
	if v.text != "" {
		return v.text
	}
	return types.TypeString(v.Type, func(p *types.Package) string { return p.Name() })
}

func parseVar(fset *token.FileSet, name, text string) ast.Decl {
	f, err := parser.ParseFile(fset, "session", "package main\nvar "+name+" "+text, parser.SkipObjectResolution)
	if err != nil || len(f.Decls) != 1 {
		return &ast.GenDecl{Tok: token.VAR, Specs: []ast.Spec{&ast.ValueSpec{Names: []*ast.Ident{ast.NewIdent(name)}, Type: ast.NewIdent("any")}}}
	}
	return f.Decls[0]
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func sortedDecls(m map[string]*Decl) []*Decl {
	out := make([]*Decl, 0, len(m))
	for _, d := range m {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b *Decl) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// Mentions reports whether the variable's type names one of the session types.
func (v *Var) Mentions(names map[string]bool) bool { return v.mentions(names) }

// Mentions reports whether the variable's type names a component that the cell makes anew.
func (c *Cell) Mentions(v *Var) bool { return v.mentions(c.Remake) }
