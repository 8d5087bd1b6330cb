package check

import (
	"go/ast"
	"go/types"
	"strings"
)

// Impact says what a cell does to the session's declarations where functions
// can be exchanged in place: callers of a function whose signature stays need
// not be made anew, as they must where nothing compiled ever changes ([Cell.Remake]).
type Impact struct {
	// Renewed are the keys of declarations that become other things: new ones, types that
	// change or use such types, functions of another signature, generic functions.
	Renewed map[string]bool
	// Exchanged are the keys of functions and methods that stay what they are and need a new body.
	Exchanged map[string]bool
	// Retyped are session variables that get a new type by this cell; Reset are those
	// whose values cannot be carried over to it.
	Retyped, Reset []string
}

// Impact returns what the cell does.
func (c *Cell) Impact() *Impact {
	im := &impact{Cell: c, Impact: &Impact{Renewed: map[string]bool{}, Exchanged: map[string]bool{}}, names: map[string]bool{}, layout: map[string]bool{}}
	im.declarations()
	im.spread()
	im.variables()
	return im.Impact
}

type impact struct {
	*Cell
	*Impact
	// names are the package-level names that mean something else than before; layout those
	// of types whose memory does.
	names, layout map[string]bool
}

func (im *impact) declarations() {
	for key, d := range im.within.decls {
		old := im.scope.decls[key]
		if old == d {
			continue
		}
		switch {
		case old != nil && d.Kind == old.Kind && (d.Kind == Func || d.Kind == Method) && !isGeneric(d) && sameSignature(d, old):
			im.Exchanged[key] = true
		default:
			im.renew(d)
			if d.Kind == Type && old != nil {
				im.layout[d.Key] = true
			}
		}
	}
	for key, old := range im.scope.decls {
		if im.within.decls[key] != nil {
			continue
		}
		if t := im.within.decls[old.Recv]; old.Kind == Method && t != nil {
			im.renew(t) // its method set is smaller
		}
		for _, n := range old.Names {
			im.names[n] = true
		}
	}
	for _, v := range im.Vars {
		if old := im.scope.vars[v.Name]; old != nil && !sameVar(old, v) {
			im.names[v.Name] = true
		}
	}
}

// renew makes a declaration anew, a type together with its methods.
func (im *impact) renew(d *Decl) {
	if d.Kind == Method {
		if t := im.within.decls[d.Recv]; t != nil {
			d = t
		}
	}
	if im.Renewed[d.Key] {
		return
	}
	im.Renewed[d.Key] = true
	delete(im.Exchanged, d.Key)
	for _, n := range d.Names {
		im.names[n] = true
	}
	if d.Kind == Type {
		for _, m := range im.within.decls {
			if m.Kind == Method && m.Recv == d.Key {
				im.Renewed[m.Key] = true
				delete(im.Exchanged, m.Key)
			}
		}
	}
}

// spread follows the uses of what has changed until nothing more changes.
func (im *impact) spread() {
	for again := true; again; {
		again = false
		for key, d := range im.within.decls {
			if im.Renewed[key] {
				continue
			}
			outside, inside := im.touched(d)
			switch {
			case outside, inside && isGeneric(d), inside && d.Kind != Func && d.Kind != Method:
				im.renew(d)
				again = true
				if d.Kind == Type && im.reaches(d, im.layout) {
					im.layout[d.Key] = true
				}
			case inside && !im.Exchanged[key]:
				im.Exchanged[key] = true
				again = true
			}
		}
		for name, v := range im.within.vars {
			if !im.names[name] && im.scope.vars[name] != nil && v.mentions(im.names) {
				im.names[name], again = true, true
			}
		}
	}
	for key, d := range im.within.decls {
		if d.Kind == Type && im.reaches(d, im.layout) {
			im.layout[key] = true
		}
	}
}

// touched reports whether a declaration uses a name that has changed: in what
// others see of it, or in the body of a function.
func (im *impact) touched(d *Decl) (outside, inside bool) {
	f, ok := d.Node.(*ast.FuncDecl)
	if !ok {
		return im.uses(d.Node, im.names), false
	}
	outside = im.uses(f.Type, im.names)
	if f.Recv != nil && !outside {
		// A renewed receiver has renewed the method already; a generic one brings constraints.
		outside = isGeneric(d) && im.uses(f.Recv, im.names)
	}
	return outside, f.Body != nil && im.uses(f.Body, im.names)
}

func (im *impact) reaches(d *Decl, names map[string]bool) bool {
	return len(names) > 0 && im.uses(d.Node, names)
}

// uses reports whether n mentions one of names, or a field or method of such a type.
func (im *impact) uses(n ast.Node, names map[string]bool) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && !found {
			if name := sessionName(im.Info.Uses[id], im.Pkg); name != "" && names[name] {
				found = true
			}
		}
		return !found
	})
	return found
}

func (im *impact) variables() {
	for _, name := range sortedKeys(im.within.vars) {
		if !im.names[name] || im.scope.vars[name] == nil || im.definesVar(name) {
			continue
		}
		im.Impact.Retyped = append(im.Impact.Retyped, name)
		if im.within.vars[name].mentions(im.layout) {
			im.Impact.Reset = append(im.Impact.Reset, name)
		}
	}
}

func (im *impact) definesVar(name string) bool {
	for _, v := range im.Vars {
		if v.Name == name {
			return true
		}
	}
	return false
}

// isGeneric reports whether a function, or the type of a method, has type parameters.
func isGeneric(d *Decl) bool {
	f, ok := d.Node.(*ast.FuncDecl)
	if !ok {
		return false
	}
	if f.Recv != nil && len(f.Recv.List) == 1 {
		t := f.Recv.List[0].Type
		if p, ok := t.(*ast.StarExpr); ok {
			t = p.X
		}
		switch ast.Unparen(t).(type) {
		case *ast.IndexExpr, *ast.IndexListExpr:
			return true
		}
	}
	return f.Type.TypeParams.NumFields() > 0
}

// sameSignature compares what two functions say of their receiver, parameters
// and results, names aside. That the types themselves have not changed is another question.
func sameSignature(a, b *Decl) bool {
	return signatureOf(a) == signatureOf(b) && sameSignatureImports(a, b)
}

func signatureOf(d *Decl) string {
	f := d.Node.(*ast.FuncDecl)
	var b strings.Builder
	for _, list := range []*ast.FieldList{f.Recv, f.Type.Params, f.Type.Results} {
		b.WriteByte('(')
		if list != nil {
			for _, field := range list.List {
				for range max(len(field.Names), 1) {
					b.WriteString(types.ExprString(field.Type) + ",")
				}
			}
		}
		b.WriteByte(')')
	}
	return b.String()
}

// sameSignatureImports compares the packages that the two signatures name.
func sameSignatureImports(a, b *Decl) bool {
	for name, path := range a.Imports {
		if other, ok := b.Imports[name]; ok && other != path {
			return false
		}
	}
	return true
}
