package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// names lists the identifiers that can be used where the hole is: of the
// functions around it, the session, the packages and the universe.
func (p *partial) names(prefix string) []candidate {
	var out []candidate
	seen := map[string]bool{}
	add := func(obj types.Object, g group) {
		if name := obj.Name(); !seen[name] && name != "_" && !strings.Contains(name, "ˑ") {
			seen[name] = true
			if _, isPkg := obj.(*types.PkgName); isPkg {
				g = importable
			}
			out = append(out, candidate{itemOf(obj, p.pkg), g})
		}
	}
	inner, at := p.innermost(), p.ident().Pos()
	for scope := inner; scope != nil && scope != p.pkg.Scope() && scope != types.Universe; scope = scope.Parent() {
		for _, name := range scope.Names() {
			// What is declared further down is not there yet.
			if _, obj := inner.LookupParent(name, at); obj != nil && obj == scope.Lookup(name) {
				add(obj, local)
			}
		}
	}
	for _, name := range p.pkg.Scope().Names() {
		add(p.pkg.Scope().Lookup(name), session)
	}
	for _, c := range p.packages(prefix) {
		if !seen[c.Text] {
			out = append(out, c)
		}
	}
	for _, name := range types.Universe.Names() {
		add(types.Universe.Lookup(name), universe)
	}
	return out
}

// packages lists the imported packages, and once something is typed those that
// would be imported.
func (p *partial) packages(prefix string) []candidate {
	var out []candidate
	add := func(name, path string) {
		out = append(out, candidate{Item{name, PackageItem, path}, importable})
	}
	for _, name := range sortedKeys(p.scope.imports) {
		add(name, p.scope.imports[name])
	}
	for _, i := range p.importSpecs() {
		add(i.name, i.path)
	}
	list, ok := p.scope.packages.(Catalog)
	if !ok || prefix == "" {
		return out
	}
	byName := map[string]string{}
	lower := strings.ToLower(prefix)
	for path, name := range list.All() {
		if strings.HasPrefix(strings.ToLower(name), lower) {
			byName[name] = path
		}
	}
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		if path := byName[name]; len(p.scope.packages.ByName(name)) == 1 {
			add(name, path)
		} else {
			add(name, p.guess(name))
		}
	}
	return out
}

// importSpec is one import of the cell itself.
type importSpec struct{ name, path string }

func (p *partial) importSpecs() []importSpec {
	var out []importSpec
	for _, d := range p.Source.Decls {
		gen, ok := d.Node.(*ast.GenDecl)
		if !ok || gen.Tok != token.IMPORT {
			continue
		}
		for _, s := range gen.Specs {
			spec := s.(*ast.ImportSpec)
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				continue
			}
			if pkg, err := p.scope.packages.Import(path); err == nil {
				i := importSpec{pkg.Name(), path}
				if spec.Name != nil {
					i.name = spec.Name.Name
				}
				out = append(out, i)
			}
		}
	}
	return out
}

// isNew reports whether the hole is a name that is being declared.
func (p *partial) isNew() bool {
	id := p.ident()
	if _, ok := p.Info.Defs[id]; ok {
		return true
	}
	switch parent := p.parent(1).(type) {
	case *ast.BranchStmt, *ast.LabeledStmt, *ast.ImportSpec:
		return true
	case *ast.Field:
		return slices.Contains(parent.Names, id)
	}
	return false
}

// isType reports whether only a type fits where the hole, or the selector that
// it ends, is.
func (p *partial) isType() bool {
	n := 1
	if p.selector() != nil {
		n = 2
	}
	for ; ; n++ {
		child, _ := p.parent(n - 1).(ast.Expr)
		switch parent := p.parent(n).(type) {
		case *ast.StarExpr, *ast.ParenExpr:
			continue // *T is a type where T is one
		case *ast.Field:
			return parent.Type == child
		case *ast.ValueSpec:
			return parent.Type == child
		case *ast.TypeSpec:
			return parent.Type == child
		case *ast.ArrayType:
			return parent.Elt == child
		case *ast.MapType, *ast.ChanType, *ast.Ellipsis:
			return true
		case *ast.CompositeLit:
			return parent.Type == child
		case *ast.TypeAssertExpr:
			return parent.Type == child
		case *ast.IndexExpr:
			return parent.Index == child && p.Info.Types[parent.X].IsType()
		case *ast.IndexListExpr:
			return parent.X != child
		case *ast.CallExpr:
			fun, ok := parent.Fun.(*ast.Ident)
			return ok && fun.Name == "make" && len(parent.Args) > 0 && parent.Args[0] == child
		case *ast.CaseClause:
			_, ok := p.parent(n + 2).(*ast.TypeSwitchStmt)
			return ok && slices.Contains(parent.List, child)
		default:
			return false
		}
	}
}

// literalFields lists the fields that a struct literal around the hole does not
// set yet. only reports that nothing but a field can stand there.
func (p *partial) literalFields() (out []candidate, only bool) {
	n := 1
	if kv, ok := p.parent(1).(*ast.KeyValueExpr); ok {
		if kv.Key != p.ident() {
			return nil, false
		}
		n = 2
	}
	lit, ok := p.parent(n).(*ast.CompositeLit)
	if !ok || lit.Type == p.parent(n-1) {
		return nil, false
	}
	t := p.Info.TypeOf(lit)
	if t == nil && lit.Type != nil {
		t = p.Info.TypeOf(lit.Type)
	}
	if t == nil {
		return nil, false
	}
	if ptr, isPtr := t.Underlying().(*types.Pointer); isPtr {
		t = ptr.Elem()
	}
	fields, ok := t.Underlying().(*types.Struct)
	if !ok {
		return nil, false
	}
	set, positional := map[string]bool{}, false
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := kv.Key.(*ast.Ident); ok && key != p.ident() {
				set[key.Name], only = true, true
			}
		} else if e != p.parent(0) {
			positional = true
		}
	}
	if positional {
		return nil, false
	}
	for f := range fields.Fields() {
		if !set[f.Name()] && (f.Exported() || f.Pkg().Path() == p.pkg.Path()) {
			out = append(out, candidate{itemOf(f, p.pkg), literalField})
		}
	}
	return out, only || n == 2
}

// importsHere reports whether a string behind lex is the path of an import.
func importsHere(lex []lexeme) bool {
	n := len(lex)
	if n > 0 && (lex[n-1].tok == token.IDENT || lex[n-1].tok == token.PERIOD) {
		n--
	}
	if n > 0 && lex[n-1].tok == token.IMPORT {
		return true
	}
	for n--; n >= 0; n-- {
		switch lex[n].tok {
		case token.STRING, token.IDENT, token.PERIOD, token.SEMICOLON:
		case token.LPAREN:
			return n > 0 && lex[n-1].tok == token.IMPORT
		default:
			return false
		}
	}
	return false
}

// completePath completes the path of an import, which l is the string of.
func (s *Scope) completePath(text string, l lexeme, offset int) (start, end int, items []Item) {
	start, end = l.off+1, l.end
	if !l.open {
		end--
	}
	list, ok := s.packages.(Catalog)
	if !ok || offset < start {
		return offset, offset, nil
	}
	for _, path := range list.Paths() {
		if strings.HasPrefix(path, text[start:offset]) {
			items = append(items, Item{path, PackageItem, ""})
		}
	}
	if l.open {
		end = offset // the rest of the line need not be the path's
	}
	return start, end, items
}
