package check

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"
)

// builder assembles the package that is checked.
type builder struct {
	*Cell
	live    *Scope // the live declarations, the cell's own included
	pkg     *types.Package
	files   []*ast.File
	defines map[string]bool // session variables that the cell's statements define
	specs   []ast.Decl      // their definitions as package-level declarations
	body    []ast.Stmt
	members map[string]map[string]bool // unresolved X → selected names, in this cell
	errs    ErrorList                  // found before go/types was asked
}

// collect sorts the cell's declarations and statements into the live scope.
func (b *builder) collect() ErrorList {
	decls, imports, inits := declsOf(b.Source)
	b.Inits = inits
	b.divideProgram()
	for _, spec := range imports {
		if e := b.addImport(spec); e != nil {
			b.errs = append(b.errs, *e)
		}
	}
	seen := map[string]*Decl{}
	for _, d := range decls {
		if prev := seen[d.Key]; prev != nil && !isBlank(d) {
			b.errs = append(b.errs, Error{Pos: b.position(d.Node.Pos()), Msg: d.Key + " redeclared in this cell (first at line " +
				strconv.Itoa(b.position(prev.Node.Pos()).Line) + ")"})
		}
		seen[d.Key] = d
	}
	for _, d := range decls {
		for _, n := range d.Names {
			delete(b.live.vars, n)
			b.dropName(n, d)
		}
	}
	b.defines = map[string]bool{}
	for _, d := range b.specs {
		for _, spec := range d.(*ast.GenDecl).Specs {
			for _, id := range spec.(*ast.ValueSpec).Names {
				b.defines[id.Name] = true
			}
		}
	}
	if b.Source.Body != nil {
		b.divideBody()
	}
	for name := range b.defines {
		b.dropName(name, nil)
	}
	for i, d := range decls {
		if old := b.scope.decls[d.Key]; old != nil && old.Text == d.Text && old.Kind == d.Kind {
			d = &Decl{Key: old.Key, Names: old.Names, Kind: old.Kind, Recv: old.Recv, Node: old.Node, File: old.File, Cell: old.Cell, Text: old.Text}
			decls[i] = d
		}
		if b.live.decls[d.Key] == nil && !slices.Contains(b.live.order, d.Key) {
			b.live.order = append(b.live.order, d.Key)
		}
		b.live.decls[d.Key] = d
	}
	b.Decls = decls
	b.members = map[string]map[string]bool{}
	for _, d := range decls {
		b.selected(d.Node)
	}
	if b.Source.Body != nil {
		b.selected(b.Source.Body)
	}
	for _, f := range inits {
		b.selected(f)
	}
	for _, d := range b.specs {
		b.selected(d)
	}
	for _, d := range decls {
		d.Imports = b.resolve(d.Node)
		d.C = b.preamble(d.Imports)
		if old := b.scope.decls[d.Key]; old != nil && old.Text == d.Text && sameImports(old.Imports, d.Imports) && old.C.same(d.C) {
			b.live.decls[d.Key] = old
		}
	}
	return b.errs
}

// isBlank reports a declaration of nothing but blank names.
func isBlank(d *Decl) bool { return d.Key == "_" || d.Key == "" || d.Key == d.Recv+"._" }

// divideProgram takes a whole program's package-level variables.
func (b *builder) divideProgram() {
	if b.Place != Program {
		return
	}
	for _, d := range b.Source.Decls {
		if gen, ok := d.Node.(*ast.GenDecl); ok && gen.Tok == token.VAR {
			b.specs = append(b.specs, gen)
		}
	}
}

// dropName removes live declarations that declare name otherwise than d does.
func (b *builder) dropName(name string, d *Decl) {
	for k, old := range b.live.decls {
		if k != keyOf(d) && (slices.Contains(old.Names, name) || old.Kind == Method && old.Recv == name && (d == nil || d.Kind != Type)) {
			delete(b.live.decls, k)
			b.live.order = slices.DeleteFunc(b.live.order, func(o string) bool { return o == k })
		}
	}
}

func keyOf(d *Decl) string {
	if d == nil {
		return ""
	}
	return d.Key
}

func sameImports(a, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// divideBody separates the statements that define session variables from the
// rest. Definitions are checked as package-level variables, so that the cell's
// functions see them; the order in which they run is the body's.
func (b *builder) divideBody() {
	list := b.Source.Body.List
	if n := len(list); n > 0 {
		if e, ok := list[n-1].(*ast.ExprStmt); ok {
			b.Last = e.X
		}
	}
	for i, st := range list {
		if b.Place.isWork() {
			break
		}
		switch st := st.(type) {
		case *ast.AssignStmt:
			if st.Tok == token.DEFINE {
				b.define(list[:i], st)
				continue
			}
		case *ast.DeclStmt:
			if gen := st.Decl.(*ast.GenDecl); gen.Tok == token.VAR {
				for _, spec := range gen.Specs {
					v := spec.(*ast.ValueSpec)
					b.newNames(list[:i], v.Names, append(slices.Clone(v.Values), v.Type))
				}
				b.specs = append(b.specs, gen)
				continue
			}
		}
		b.body = append(b.body, st)
	}
	if b.Place.isWork() {
		b.body = slices.Clone(list)
	}
	if b.Last != nil {
		b.body[len(b.body)-1] = &ast.ExprStmt{X: &ast.CallExpr{Fun: &ast.Ident{Name: showName, NamePos: b.Last.Pos()}, Lparen: b.Last.Pos(), Args: []ast.Expr{b.Last}, Rparen: b.Last.End() - 1}}
	}
}

// define handles "a, b := …" at top level. Names that the cell has defined
// before are assigned, the others are new.
func (b *builder) define(before []ast.Stmt, st *ast.AssignStmt) {
	var names []*ast.Ident
	mixed := false
	for _, l := range st.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok {
			mixed = true
			continue
		}
		if id.Name != "_" && !b.defines[id.Name] {
			names = append(names, id)
		} else if id.Name != "_" {
			mixed = true
		}
	}
	if len(names) == 0 || mixed && len(st.Lhs) == 1 {
		b.errs = append(b.errs, Error{Pos: b.position(st.TokPos), Msg: "no new variables on left side of :="})
		return
	}
	b.newNames(before, names, st.Rhs)
	spec := &ast.ValueSpec{Values: st.Rhs}
	for _, l := range st.Lhs {
		id, ok := l.(*ast.Ident)
		if !ok || !slices.Contains(names, id) {
			id = &ast.Ident{Name: "_", NamePos: l.Pos()}
		}
		spec.Names = append(spec.Names, id)
	}
	b.specs = append(b.specs, &ast.GenDecl{Tok: token.VAR, TokPos: st.Pos(), Specs: []ast.Spec{spec}})
	if mixed {
		assign := *st
		assign.Tok = token.ASSIGN
		b.body = append(b.body, &assign)
	}
}

// newNames notes that names become session variables. Where one of them exists
// already, or is a package, earlier statements and the definition's own values mean the old one.
func (b *builder) newNames(before []ast.Stmt, names []*ast.Ident, values []ast.Expr) {
	for _, id := range names {
		if id.Name == "_" {
			continue
		}
		b.Vars = append(b.Vars, &Var{Name: id.Name, Cell: b.Source.Name})
		b.defines[id.Name] = true
		old := b.live.vars[id.Name]
		if old == nil && !b.isPackage(id.Name) {
			continue
		}
		delete(b.live.vars, id.Name)
		renamed := false
		rename := func(n ast.Node) bool {
			if use, ok := n.(*ast.Ident); ok && use.Name == id.Name && use.Obj == nil && use != id {
				use.Name += oldMark
				renamed = true
			}
			return true
		}
		for _, st := range before {
			inspectUses(st, rename)
		}
		for _, v := range values {
			if v != nil {
				inspectUses(v, rename)
			}
		}
		if renamed && old != nil {
			cp := *old
			cp.Name += oldMark
			cp.decl = newParsedVar(b.scope.fset, cp.Name, cp.text)
			b.live.vars[cp.Name] = &cp
		}
	}
}

// inspectUses walks n like ast.Inspect but passes over names that are no uses: the selected
// name of a selector and the keys of composite literals' fields stay out.
func inspectUses(n ast.Node, f func(ast.Node) bool) {
	ast.Inspect(n, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			inspectUses(sel.X, f)
			return false
		}
		if n == nil {
			return true
		}
		return f(n)
	})
}

// assemble makes the files: one for each declaration, since each has its own imports.
func (b *builder) assemble() {
	scope := b.pkg.Scope()
	variadic := types.NewSlice(types.Universe.Lookup("any").Type())
	sig := types.NewSignatureType(nil, nil, nil, types.NewTuple(types.NewParam(token.NoPos, b.pkg, "", variadic)), nil, true)
	scope.Insert(types.NewFunc(token.NoPos, b.pkg, showName, sig))
	for _, key := range b.live.order {
		d := b.live.decls[key]
		b.addFile(d.Imports, d.Node)
	}
	for _, name := range sortedKeys(b.live.vars) {
		v := b.live.vars[name]
		if v.text == "" {
			scope.Insert(types.NewVar(token.NoPos, b.pkg, name, v.Type))
			continue
		}
		b.addFile(v.imports, v.decl.in(b.scope.fset))
	}
	b.Imports = map[string]string{}
	for _, d := range b.specs {
		imports := b.resolve(d)
		b.note(imports)
		b.addFile(imports, d)
	}
	for _, f := range b.Inits {
		imports := b.resolve(f)
		b.note(imports)
		b.addFile(imports, f)
	}
	if len(b.body) > 0 {
		block := &ast.BlockStmt{Lbrace: b.Source.Body.Lbrace, List: b.body, Rbrace: b.Source.Body.Rbrace}
		imports := b.resolve(b.Source.Body)
		b.note(imports)
		ftype := &ast.FuncType{Params: &ast.FieldList{}}
		if b.Place.isWork() {
			ftype.Params.List = []*ast.Field{{Names: []*ast.Ident{ast.NewIdent("worker"), ast.NewIdent("workers")}, Type: ast.NewIdent("int")}}
			if b.Place == Tasks {
				ftype.Params.List[0].Names = append(ftype.Params.List[0].Names, ast.NewIdent("task"))
			}
		}
		b.addFile(imports, &ast.FuncDecl{Name: &ast.Ident{Name: bodyName, NamePos: block.Lbrace}, Type: ftype, Body: block})
	}
}

func (b *builder) note(imports map[string]string) {
	for n, p := range imports {
		n, _ = OldName(n)
		b.Imports[n] = p
	}
}

func (b *builder) addFile(imports map[string]string, d ast.Decl) {
	f := &ast.File{Name: ast.NewIdent("main")}
	for _, name := range sortedKeys(imports) {
		spec := &ast.ImportSpec{Name: &ast.Ident{Name: name, NamePos: d.Pos()}, Path: &ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(imports[name]), ValuePos: d.Pos()}}
		if imports[name] == "C" {
			spec.Name = nil // which Go wants so
		}
		f.Imports = append(f.Imports, spec)
		f.Decls = append(f.Decls, &ast.GenDecl{Tok: token.IMPORT, TokPos: d.Pos(), Specs: []ast.Spec{spec}})
	}
	for _, path := range b.live.Dots() {
		spec := &ast.ImportSpec{Name: &ast.Ident{Name: ".", NamePos: d.Pos()}, Path: &ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(path), ValuePos: d.Pos()}}
		f.Imports = append(f.Imports, spec)
		f.Decls = append(f.Decls, &ast.GenDecl{Tok: token.IMPORT, TokPos: d.Pos(), Specs: []ast.Spec{spec}})
	}
	f.Decls = append(f.Decls, d)
	f.Package, f.Name.NamePos = d.Pos(), d.Pos()
	f.FileStart, f.FileEnd = d.Pos(), d.End()
	b.files = append(b.files, f)
}

// judge turns an error of go/types into one for the cell, or drops it.
func (b *builder) judge(err error) (Error, bool) {
	var te types.Error
	if !errors.As(err, &te) {
		return Error{Pos: token.Position{Filename: b.Source.Name, Line: 1}, Msg: err.Error()}, true
	}
	msg := strings.ReplaceAll(strings.ReplaceAll(te.Msg, oldMark, ""), " in argument to "+showName, "")
	if strings.Contains(msg, "declared and not used") {
		b.Unused[te.Pos] = true
		return Error{}, false
	}
	switch {
	case strings.Contains(msg, "imported and not used"),
		strings.HasPrefix(msg, "initialization cycle"), strings.HasPrefix(msg, "\t"):
		return Error{}, false
	case b.Last != nil && strings.HasSuffix(msg, "(no value) used as value") && b.Last.Pos() <= te.Pos && te.Pos < b.Last.End() && isCall(b.Last):
		if call := ast.Unparen(b.Last).(*ast.CallExpr); te.Pos == call.Pos() || te.Pos == call.Rparen || te.Pos == call.Lparen {
			return Error{}, false
		}
	}
	e := Error{Pos: b.position(te.Pos), Msg: msg}
	if e.Pos.Filename != b.Source.Name {
		e.Earlier, e.key = b.earlier(te.Pos)
	}
	return e, true
}

func isCall(e ast.Expr) bool {
	_, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok
}

// earlier names the declaration at pos, with its key.
func (b *builder) earlier(pos token.Pos) (text, key string) {
	within := func(n ast.Node) bool { return n.Pos() <= pos && pos < n.End() }
	for _, d := range b.live.decls {
		if within(d.Node) {
			return d.Kind.String() + " " + d.Key, d.Key
		}
	}
	for name, v := range b.live.vars {
		if v.decl != nil && within(v.decl.in(b.scope.fset)) {
			return "var " + name, name
		}
	}
	return "an earlier declaration", ""
}

func (b *builder) position(p token.Pos) token.Position { return b.scope.fset.Position(p) }
