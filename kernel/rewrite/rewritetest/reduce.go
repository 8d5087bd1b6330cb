package rewritetest

import (
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Smaller returns programs that are the given one without a part: a declaration, a
// statement, or the head of a statement. All of them are valid; the smallest come first.
// To reduce a program that shows a fault, go on with the first that shows it too, until none does.
func Smaller(program string) (smaller []string) {
	const head = "package main\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n\t\"sync\"\n)\n\nvar _, _, _ = fmt.Sprint, strings.ToUpper, new(sync.Mutex)\n"
	source := head + program
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "main.go", source, parser.SkipObjectResolution)
	if err != nil {
		return nil
	}
	at := func(p token.Pos) int { return fset.Position(p).Offset }
	without := func(from, to token.Pos) {
		smaller = append(smaller, source[len(head):at(from)]+source[at(to):])
	}
	for _, d := range f.Decls[2:] {
		if fn, ok := d.(*ast.FuncDecl); !ok || !strings.HasSuffix(fn.Name.Name, "main") {
			without(d.Pos(), d.End())
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		var list []ast.Stmt
		switch n := n.(type) {
		case *ast.BlockStmt:
			list = n.List
		case *ast.CaseClause:
			list = n.Body
		}
		for _, s := range list {
			without(s.Pos(), s.End())
			var body *ast.BlockStmt
			switch s := s.(type) {
			case *ast.IfStmt:
				body = s.Body
			case *ast.ForStmt:
				body = s.Body
			case *ast.RangeStmt:
				body = s.Body
			case *ast.BlockStmt:
				body = s
			}
			if body != nil {
				smaller = append(smaller, source[len(head):at(s.Pos())]+source[at(body.Lbrace)+1:at(body.Rbrace)]+source[at(s.End()):])
			}
		}
		return true
	})
	smaller = slices.DeleteFunc(smaller, func(p string) bool { return !valid(head + p) })
	slices.SortStableFunc(smaller, func(a, b string) int { return len(a) - len(b) })
	return smaller
}

// valid reports whether a file's text is a program.
func valid(source string) bool {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "main.go", source, parser.SkipObjectResolution)
	if err != nil {
		return false
	}
	_, err = (&types.Config{Importer: imports}).Check("main", fset, []*ast.File{f}, nil)
	return err == nil
}

// imports reads what the compiler has left of the packages that programs use.
var imports = importer.ForCompiler(token.NewFileSet(), "gc", nil)
