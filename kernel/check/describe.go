package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Description is what the checker knows of one name.
type Description struct {
	Name string // as its user writes it: "fmt.Println", "Point.Move", "x"
	Kind ItemKind
	Decl string // the declaration as Go writes it
	// Members are the declarations of a type's methods, or of what a package exports.
	Members []string
	// Path is the import path of the package that declares it, "builtin" for the
	// predeclared names, "" for those of the session.
	Path string
	// Symbol is the package-level name in that package that documents it: its own, or of a method
	// or field that of its type, which Member then is part of. Both are "" for a package.
	Symbol, Member string
	// Also are the paths of other packages of the same name.
	Also []string

	// Of what cells declare:
	Cell   string // "cell 3"; "" when it is the text's own
	Doc    string // the comment
	Source string // the whole declaration
	// Var is the session variable that it is, nil for all else.
	Var *Var
}

// Describe tells what the name at offset, in bytes of a cell's Go source, stands
// for, or else the function in the parentheses of whose call offset is.
// The text may be unfinished or wrong.
func (s *Scope) Describe(text string, offset int, place Place) (Description, bool) {
	text = strings.ReplaceAll(text, "\r", " ")
	offset = max(0, min(offset, len(text)))
	if d, ok := s.describePath(strings.TrimSpace(text)); ok {
		return d, true
	}
	all := lexemes(text)
	for i, l := range all {
		if !l.inside(offset) {
			continue
		}
		if l.tok == token.STRING && importsHere(withoutComments(all[:i])) {
			return s.describePackage(strings.Trim(l.lit, "\"`"))
		}
		if l.tok == token.COMMENT {
			return Description{}, false
		}
	}
	lex := withoutComments(all)
	if w, ok := word(lex, offset); ok && w.tok == token.IDENT {
		if d, ok := s.describeWord(text, lex, w, place); ok {
			return d, true
		}
	}
	if w, ok := word(lex, offset); ok && w.tok.IsKeyword() {
		return describeKeyword(w.tok)
	}
	if w, ok := called(lex, offset); ok {
		return s.describeWord(text, lex, w, place)
	}
	return Description{}, false
}

// called returns the name of the function in whose call offset is.
func called(lex []lexeme, offset int) (lexeme, bool) {
	depth, statements := 0, false
	for i := before(lex, offset) - 1; i > 0; i-- {
		switch lex[i].tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth++
		case token.SEMICOLON:
			statements = statements || depth == 0
		case token.LBRACE, token.LBRACK, token.LPAREN:
			if depth--; depth >= 0 {
				continue
			}
			if statements {
				return lexeme{}, false // a function literal's body is not its call
			}
			depth = 0
			f := i - 1
			if lex[i].tok == token.LPAREN && lex[f].tok == token.RBRACK {
				f = opening(lex, f) - 1 // f[int](…)
			}
			if lex[i].tok == token.LPAREN && f >= 0 && lex[f].tok == token.IDENT {
				return lex[f], true
			}
		}
	}
	return lexeme{}, false
}

// describeWord describes the identifier w of text, in the first reading of the text that
// gives it a meaning.
func (s *Scope) describeWord(text string, lex []lexeme, w lexeme, place Place) (Description, bool) {
	mended, moved := mend(text)
	cut, movedCut := mend(text[:w.end])
	i := slices.IndexFunc(lex, func(l lexeme) bool { return l.off == w.off })
	from := w.off
	if i > 1 && lex[i-1].tok == token.PERIOD {
		from = operandBefore(lex, i-1)
	}
	readings := []struct {
		text   string
		at     int
		accept diligence
	}{{text, w.off, sound}, {mended, moved(w.off), broken}, {cut, movedCut(w.off), broken}, {text[from:w.end], w.off - from, broken}}
	for _, r := range readings {
		line, column := lineColumn(r.text, r.at)
		p := s.partial(r.text, place, func(fset *token.FileSet, id *ast.Ident) bool {
			if id.Name != w.lit && id.Name != w.lit+oldMark {
				return false // one that the checker was given beside the text
			}
			pos := fset.Position(id.Pos())
			return pos.Line == line && pos.Column == column && pos.Filename == partialName
		}, r.accept)
		if p == nil {
			continue
		}
		if obj := p.object(); obj != nil {
			return p.describe(obj), true
		}
	}
	// A package's name alone imports nothing, but can be asked about.
	if from == w.off {
		if path := s.imports[w.lit]; path != "" {
			return s.describePackage(path)
		}
		if path := (&builder{Cell: &Cell{scope: s}}).guess(w.lit); path != "" {
			return s.describePackage(path)
		}
	}
	return Description{}, false
}

// lineColumn returns line and column of an offset, counted from 1.
func lineColumn(text string, off int) (line, column int) {
	return 1 + strings.Count(text[:off], "\n"), off - strings.LastIndexByte(text[:off], '\n')
}

// object returns what the identifier stands for, nil when the text does not tell.
func (p *partial) object() types.Object {
	id := p.ident()
	obj := p.Info.ObjectOf(id)
	if obj == nil {
		obj = p.Info.Implicits[p.clause(id)]
	}
	if sel := p.selector(); obj == nil && sel != nil {
		// As go doc has it, T.M and T.F are members of T also where they are no expressions.
		if _, tv, ok := p.operand(sel.X); ok && tv.Type != nil { // a package has none
			obj, _, _ = types.LookupFieldOrMethod(tv.Type, true, p.pkg, id.Name)
		}
	}
	switch obj := obj.(type) {
	case nil:
		return nil
	case *types.PkgName, *types.Builtin:
		return obj // of no valid type, as they must be
	case *types.Func:
		return obj.Origin()
	case *types.Var:
		obj = obj.Origin()
		if obj.Type() == types.Typ[types.Invalid] {
			return nil
		}
		return obj
	}
	return obj
}

// clause returns the first clause of the type switch whose variable id is.
func (p *partial) clause(id *ast.Ident) ast.Node {
	for i := len(p.path) - 1; i >= 0; i-- {
		if sw, ok := p.path[i].(*ast.TypeSwitchStmt); ok && len(sw.Body.List) > 0 {
			return sw.Body.List[0]
		}
	}
	return nil
}

// describePackage describes a package by its path.
func (s *Scope) describePackage(path string) (Description, bool) {
	pkg, err := s.packages.Import(path)
	if err != nil {
		return Description{}, false
	}
	d := Description{Name: pkg.Name(), Kind: PackageItem, Path: path, Decl: "package " + pkg.Name() + " // import \"" + path + "\""}
	for _, other := range s.packages.ByName(pkg.Name()) {
		if other != path {
			d.Also = append(d.Also, other)
		}
	}
	for _, name := range pkg.Scope().Names() {
		if obj := pkg.Scope().Lookup(name); obj.Exported() {
			d.Members = append(d.Members, headline(obj))
		}
	}
	return d, true
}

// describePath describes "net/http" and "net/http.Get", which are no Go but
// what one asks with.
func (s *Scope) describePath(text string) (Description, bool) {
	slash := strings.LastIndexByte(text, '/')
	if slash <= 0 || strings.ContainsAny(text, " \t\n\"") {
		return Description{}, false
	}
	dot := strings.IndexByte(text[slash:], '.')
	if dot < 0 {
		return s.describePackage(text)
	}
	path, member := text[:slash+dot], text[slash+dot+1:]
	pkg, err := s.packages.Import(path)
	if err != nil {
		return Description{}, false
	}
	c := s.clone()
	c.imports = map[string]string{pkg.Name(): path}
	return c.Describe(pkg.Name()+"."+member, len(pkg.Name())+1+len(member), TopLevel)
}

// describe makes the description of an object.
func (p *partial) describe(obj types.Object) Description {
	if name, ok := obj.(*types.PkgName); ok {
		d, _ := p.scope.describePackage(name.Imported().Path())
		return d
	}
	d := Description{Name: strings.TrimSuffix(obj.Name(), oldMark), Kind: kindOf(obj), Decl: declaration(obj), Symbol: obj.Name()}
	owner := ownerOf(obj, p.pkg)
	if owner != nil {
		d.Symbol, d.Member, d.Name = owner.Name(), obj.Name(), owner.Name()+"."+obj.Name()
	}
	if t, ok := obj.(*types.TypeName); ok {
		d.Members = methodsOf(t)
	}
	switch {
	case obj.Pkg() == nil:
		d.Path = "builtin"
	case obj.Pkg().Path() == p.pkg.Path():
		p.describeOwn(&d, obj)
	default:
		d.Path, d.Name = obj.Pkg().Path(), obj.Pkg().Name()+"."+d.Name
	}
	return d
}

// describeOwn adds what cells say about an object of theirs.
func (p *partial) describeOwn(d *Description, obj types.Object) {
	var decl *Decl
	for _, l := range p.live.decls {
		if l.Key == d.Symbol && d.Member == "" || l.Key == d.Symbol+"."+d.Member || slices.Contains(l.Names, d.Symbol) && decl == nil {
			decl = l
		}
	}
	v, isVar := obj.(*types.Var)
	if isVar && !v.IsField() {
		if obj.Parent() == p.pkg.Scope() {
			d.Var = p.scope.vars[d.Name]
		}
		if d.Var != nil {
			d.Cell = d.Var.Cell
		}
		return
	}
	if decl == nil || obj.Parent() != p.pkg.Scope() && d.Member == "" {
		return
	}
	if decl.Cell != partialName {
		d.Cell = decl.Cell
	}
	d.Doc = comment(decl.Node, obj.Pos())
	d.Source = decl.Text
	if d.Kind == TypeItem {
		d.Decl = decl.Text
	}
}

// comment returns the comment on what is declared at pos in a declaration.
func comment(decl ast.Decl, pos token.Pos) string {
	var doc string
	note := func(groups ...*ast.CommentGroup) {
		for _, g := range groups {
			if text := g.Text(); text != "" {
				doc = text
				return
			}
		}
	}
	ast.Inspect(decl, func(n ast.Node) bool {
		if n == nil || pos < n.Pos() || pos > n.End() {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncDecl:
			note(n.Doc)
			return false
		case *ast.GenDecl:
			note(n.Doc)
		case *ast.TypeSpec:
			note(n.Doc, n.Comment)
		case *ast.ValueSpec:
			note(n.Doc, n.Comment)
		case *ast.Field:
			doc = ""
			note(n.Doc, n.Comment)
		}
		return true
	})
	return doc
}
