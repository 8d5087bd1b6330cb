package rewrite

import (
	"fmt"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"lockstep/kernel/cell"
	"lockstep/kernel/check"
)

// File is a file of an ordinary Go package.
type File struct{ Name, Text string }

// Package writes a scope's declarations and variables as an ordinary package main, for the go command: a file
// each, tests in files of tests, places in the cells by //line directives. c is the check of an empty cell in the scope.
// zero names the variables of which the package does not have the value (see [check.Cell.Declaration]).
func Package(c *check.Cell) (files []File, zero []string) {
	add := func(name, kind string, imports map[string]string, dots []string, c *check.Preamble, text string) {
		var b strings.Builder
		b.WriteString("package main\n")
		if c != nil {
			b.WriteString(importC(c))
		}
		for _, n := range sortedNames(imports) {
			if imports[n] == "C" {
				continue
			}
			fmt.Fprintf(&b, "import %s %q\n", n, imports[n])
		}
		for _, path := range dots {
			fmt.Fprintf(&b, "import . %q\n", path)
		}
		b.WriteString(text + "\n")
		files = append(files, File{fmt.Sprintf("%s%03d%s.go", name, len(files), kind), b.String()})
	}
	main := false
	for _, d := range c.Within().Decls() {
		kind := ""
		if isTest(d) {
			kind = "_test"
		}
		main = main || d.Key == "main"
		add("cell", kind, d.Imports, dotted(c, d.Node), d.C, ordinary(c, d))
	}
	for _, v := range c.Within().Vars() {
		text, imports, plain := c.Declaration(v)
		if !plain {
			zero = append(zero, v.Name)
		}
		add("var", "", imports, dottedText(c, text), nil, text)
	}
	for _, path := range c.Within().Blank() {
		add("import", "", map[string]string{"_": path}, nil, nil, "")
	}
	if !main {
		add("main", "", nil, nil, nil, "func main() {}")
	}
	return files, zero
}

// dotted are the packages imported as . whose names n uses.
func dotted(c *check.Cell, n ast.Node) []string {
	var paths []string
	selected := map[*ast.Ident]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			selected[n.Sel] = true
		case *ast.Ident:
			obj := c.Info.Uses[n]
			if obj == nil || obj.Pkg() == nil || obj.Pkg() == c.Pkg || selected[n] || obj.Parent() != obj.Pkg().Scope() || slices.Contains(paths, obj.Pkg().Path()) {
				return true
			}
			paths = append(paths, obj.Pkg().Path())
		}
		return true
	})
	return paths
}

// dottedText is dotted for a text.
func dottedText(c *check.Cell, text string) []string {
	var paths []string
	for _, path := range c.Within().Dots() {
		for _, pkg := range c.Pkg.Imports() {
			if pkg.Path() == path && usesNames(text, pkg.Scope()) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// usesNames reports whether a text uses an exported name of a scope, by itself.
func usesNames(text string, scope *types.Scope) bool {
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(text)), []byte(text), nil, 0)
	before := token.ILLEGAL
	for {
		_, tok, lit := s.Scan()
		if tok == token.EOF {
			return false
		}
		if tok == token.IDENT && before != token.PERIOD && token.IsExported(lit) && scope.Lookup(lit) != nil {
			return true
		}
		before = tok
	}
}

func sortedNames(imports map[string]string) []string {
	names := map[string]bool{}
	for n := range imports {
		names[n] = true
	}
	return sorted(names)
}

// isTest reports whether go test has a use for a declaration.
func isTest(d *check.Decl) bool {
	return d.Kind == check.Func && cell.TestKind(d.Key) != ""
}

// ordinary is a declaration as it was written, but for a use of the local variables that
// have none: Go does not allow those, a notebook does.
func ordinary(c *check.Cell, d *check.Decl) string {
	pos := c.Source.Fset.Position(d.Node.Pos())
	e := &edits{base: c.Source.Fset.File(d.Node.Pos()).Base(), text: d.File}
	uses := &unused{c, e}
	uses.in(d.Node)
	text := e.apply(d.Node.Pos(), d.Node.End())
	if d.Kind == check.Type {
		text = "type " + e.apply(typeSpec(d).Name.Pos(), typeSpec(d).End())
	}
	if doc := d.Comment(); doc != "" {
		pos.Line -= strings.Count(doc, "\n") + 1
		text = doc + "\n" + text
		pos.Column = 1
	}
	return fmt.Sprintf("//line %s:%d:%d\n%s", pos.Filename, max(pos.Line, 1), max(pos.Column, 1), text)
}

// unused adds uses of the variables that have none.
type unused struct {
	cell  *check.Cell
	edits *edits
}

// in looks through a node.
func (u *unused) in(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BlockStmt:
			u.statements(n.List)
		case *ast.CaseClause:
			u.statements(n.Body)
		case *ast.CommClause:
			u.statements(n.Body)
			u.first(n.Colon+1, n.Comm)
		case *ast.IfStmt:
			u.first(n.Body.Lbrace+1, n.Init)
		case *ast.ForStmt:
			u.first(n.Body.Lbrace+1, n.Init)
		case *ast.RangeStmt:
			if n.Tok == token.DEFINE {
				u.use(n.Body.Lbrace+1, " ", "; ", n.Key, n.Value)
			}
		case *ast.SwitchStmt:
			u.firstClause(n.Body, n.Init)
		case *ast.TypeSwitchStmt:
			u.firstClause(n.Body, n.Init)
			u.firstClause(n.Body, n.Assign)
		}
		return true
	})
}

// statements uses what statements of a block declare, right behind them.
func (u *unused) statements(list []ast.Stmt) {
	for _, st := range list {
		for {
			labeled, ok := st.(*ast.LabeledStmt)
			if !ok {
				break
			}
			st = labeled.Stmt
		}
		switch st := st.(type) {
		case *ast.AssignStmt:
			u.use(st.End(), "; ", "", st.Lhs...)
		case *ast.DeclStmt:
			for _, spec := range st.Decl.(*ast.GenDecl).Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, id := range v.Names {
						u.use(st.End(), "; ", "", id)
					}
				}
			}
		}
	}
}

// first uses what init declares at the beginning of a block.
func (u *unused) first(at token.Pos, init ast.Stmt) {
	if def, ok := init.(*ast.AssignStmt); ok {
		u.use(at, " ", "; ", def.Lhs...)
	}
}

// firstClause does so in the first clause of a switch. One without clauses is left alone.
func (u *unused) firstClause(body *ast.BlockStmt, init ast.Stmt) {
	if len(body.List) > 0 {
		u.first(body.List[0].(*ast.CaseClause).Colon+1, init)
	}
}

func (u *unused) use(at token.Pos, before, after string, list ...ast.Expr) {
	for _, e := range list {
		if id, ok := e.(*ast.Ident); ok && u.cell.Unused[id.Pos()] {
			u.edits.after(at, before+"_ = "+id.Name+after)
		}
	}
}
