package check

import (
	"go/ast"
	"go/token"
	"go/types"

	"lockstep/kernel/cell"
)

// partial is a text that was parsed and checked in spite of its faults, and
// one of its identifiers.
type partial struct {
	*builder
	path []ast.Node // from a file down to the identifier
}

const (
	partialName = "cell" // file name in positions of a text that is asked about
	mainPath    = "main" // of the package that the session is
)

// partial parses text as a cell, checks it and looks for an identifier. nil says
// that the parser did not keep it, or that the text has syntax errors and sound is asked for.
func (s *Scope) partial(text string, place Place, wanted func(*token.FileSet, *ast.Ident) bool, d diligence) *partial {
	scope := s.clone()
	// A file set of its own, whose positions begin where the session's end: the
	// session's would keep every text that was ever asked about.
	scope.fset = token.NewFileSet()
	scope.fset.AddFile("", -1, s.fset.Base())
	g, err := cell.Parse(scope.fset, partialName, text, 1)
	if err != nil && d == sound || !parsed(g, wanted) {
		return nil
	}
	if g.Program {
		alone := NewScope(s.packages) // as in CheckProgram
		alone.fset = scope.fset
		scope, place = alone, Program
	}
	c := &Cell{Source: g, Place: place, scope: scope}
	b := &builder{Cell: c, live: scope.clone(), pkg: types.NewPackage(mainPath, "main")}
	_ = b.collect() // what it finds wrong is for the cell's run to say
	b.withoutBodies()
	b.assemble()
	c.Pkg = b.pkg
	c.Info = &types.Info{Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Scopes: map[ast.Node]*types.Scope{}, Implicits: map[ast.Node]types.Object{}}
	conf := types.Config{Importer: s.packages, DisableUnusedImportCheck: true, FakeImportC: true, Error: func(error) {}}
	_ = types.NewChecker(&conf, scope.fset, b.pkg, c.Info).Files(b.files)
	p := &partial{builder: b}
	for _, f := range b.files {
		if p.path = pathTo(f, func(id *ast.Ident) bool { return wanted(scope.fset, id) }); p.path != nil {
			return p
		}
	}
	return nil
}

// diligence says what partial puts up with.
type diligence int

const (
	sound  diligence = iota // only a text without syntax errors
	broken                  // any text
)

// parsed reports whether the wanted identifier is in what was parsed.
func parsed(g *cell.Go, wanted func(*token.FileSet, *ast.Ident) bool) bool {
	is := func(id *ast.Ident) bool { return wanted(g.Fset, id) }
	for _, d := range g.Decls {
		if pathTo(d.Node, is) != nil {
			return true
		}
	}
	return g.Body != nil && pathTo(g.Body, is) != nil
}

// withoutBodies takes the bodies off the session's functions, whose insides
// nobody asks about here: most of the time of a check goes there.
func (b *builder) withoutBodies() {
	own := map[*Decl]bool{}
	for _, d := range b.Decls {
		own[d] = true
	}
	for key, d := range b.live.decls {
		if f, ok := d.Node.(*ast.FuncDecl); ok && !own[d] {
			bare, decl := *d, *f
			decl.Body = nil
			bare.Node = &decl
			b.live.decls[key] = &bare
		}
	}
}

// pathTo returns the nodes from root to the first identifier that is wanted,
// nil when there is none.
func pathTo(root ast.Node, wanted func(*ast.Ident) bool) []ast.Node {
	var path, found []ast.Node
	ast.Inspect(root, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		if found != nil {
			return false
		}
		path = append(path, n)
		if id, ok := n.(*ast.Ident); ok && wanted(id) {
			found = append(found, path...)
		}
		return true
	})
	return found
}

func (p *partial) ident() *ast.Ident { return p.path[len(p.path)-1].(*ast.Ident) }

// parent returns the node n levels above the identifier, nil above the file.
func (p *partial) parent(n int) ast.Node {
	if i := len(p.path) - 1 - n; i >= 0 {
		return p.path[i]
	}
	return nil
}

// selector returns the selector expression of which the identifier is the
// selected name.
func (p *partial) selector() *ast.SelectorExpr {
	if sel, ok := p.parent(1).(*ast.SelectorExpr); ok && sel.Sel == p.ident() {
		return sel
	}
	return nil
}

// innermost returns the scope that the identifier stands in.
func (p *partial) innermost() *types.Scope {
	for i := len(p.path) - 1; i >= 0; i-- {
		n := p.path[i]
		switch f := n.(type) {
		case *ast.FuncDecl:
			n = f.Type
		case *ast.FuncLit:
			n = f.Type
		}
		if s := p.Info.Scopes[n]; s != nil {
			return s
		}
	}
	return p.pkg.Scope()
}

// operand tells what the selector's operand is: a package, or an expression with a type.
func (p *partial) operand(x ast.Expr) (pkg *types.PkgName, tv types.TypeAndValue, ok bool) {
	if id, isIdent := ast.Unparen(x).(*ast.Ident); isIdent {
		if pkg, ok = p.Info.Uses[id].(*types.PkgName); ok {
			return pkg, tv, true
		}
	}
	tv, ok = p.Info.Types[x]
	return nil, tv, ok && tv.Type != nil && tv.Type != types.Typ[types.Invalid]
}
