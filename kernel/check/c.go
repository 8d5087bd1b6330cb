package check

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Preamble is the C code in the comment above import "C".
type Preamble struct {
	Text string
	// File and Line say where it begins: "cell 3" and a line there.
	File string
	Line int
}

func (p *Preamble) same(q *Preamble) bool {
	return p == q || p != nil && q != nil && p.Text == q.Text
}

// importC takes the comment above import "C" for the declarations and statements of
// this cell and of those that follow.
func (b *builder) importC(spec *ast.ImportSpec) {
	doc := spec.Doc
	for _, d := range b.Source.Decls {
		if gen, ok := d.Node.(*ast.GenDecl); ok && doc == nil && len(gen.Specs) == 1 && gen.Specs[0] == spec {
			doc = gen.Doc
		}
	}
	b.live.c = &Preamble{File: b.Source.Name, Line: b.position(spec.Pos()).Line}
	b.live.imports["C"] = "C"
	if doc == nil {
		return
	}
	list := slices.DeleteFunc(slices.Clone(doc.List), func(c *ast.Comment) bool { return strings.HasPrefix(c.Text, "//line ") })
	var lines []string
	for _, c := range list {
		text, isLine := strings.CutPrefix(c.Text, "//")
		if isLine {
			text = "  " + text // which keeps its column
		} else {
			text = strings.TrimSuffix(strings.TrimPrefix(text, "/*"), "*/")
		}
		lines = append(lines, text)
	}
	b.live.c.Text = strings.Join(lines, "\n")
	if len(list) > 0 {
		b.live.c.Line = b.position(list[0].Pos()).Line
	}
}

// preamble is the C code of what imports these packages.
func (b *builder) preamble(imports map[string]string) *Preamble {
	if imports["C"] == "C" {
		return b.live.c
	}
	return nil
}

// ExportC begins the line of a function's comment that makes it one for C.
const ExportC = "//export "

// exportedToC is where a function's comment exports it to C.
func exportedToC(f *ast.FuncDecl) token.Pos {
	if f.Doc != nil {
		for _, c := range f.Doc.List {
			if strings.HasPrefix(c.Text, ExportC) {
				return c.Pos()
			}
		}
	}
	return token.NoPos
}

// typesOfC completes a check in a session with C code: what comes of a use of C is not known before
// it is compiled. It says where a type that depends on C would be other cells' too, which have C types of their own.
func (b *builder) typesOfC() (errs ErrorList) {
	if b.live.c == nil {
		return nil
	}
	for _, f := range b.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if e, ok := n.(ast.Expr); ok && b.Info.TypeOf(e) == nil {
				b.Info.Types[e] = types.TypeAndValue{Type: types.Typ[types.Invalid]}
			}
			return true
		})
	}
	b.C = b.preamble(b.Imports)
	if b.C != nil && b.Last != nil && DependsOnC(b.Info.TypeOf(b.Last)) {
		b.LastType = types.Universe.Lookup("any").Type()
	}
	for _, d := range b.specs {
		for _, s := range d.(*ast.GenDecl).Specs {
			spec := s.(*ast.ValueSpec)
			for _, id := range spec.Names {
				v, ok := b.Info.Defs[id].(*types.Var)
				if ok && DependsOnC(v.Type()) && (b.Place != Program || spec.Type == nil) {
					errs = append(errs, Error{Pos: b.position(id.Pos()), Msg: "the type of " + id.Name +
						" depends on C, which is not known before it is compiled: say what it is, as in var " + id.Name + " int = int(…)"})
				}
			}
		}
	}
	if b.Place == Program {
		return errs
	}
	for _, d := range b.Decls {
		outside := []ast.Node{d.Node}
		if f, ok := d.Node.(*ast.FuncDecl); ok {
			outside = []ast.Node{f.Type}
			if pos := exportedToC(f); pos.IsValid() {
				errs = append(errs, Error{Pos: b.position(pos), Msg: "//export of " + d.Key + ": C code calls functions of whole programs only, so put it into a cell with package main"})
			}
			if f.Recv != nil {
				outside = append(outside, f.Recv)
			}
		}
		for _, n := range outside {
			if pos := usesC(n, b.Info); pos.IsValid() {
				errs = append(errs, Error{Pos: b.position(pos), Msg: "a type of C in what other cells see of " + d.Key + ": C is for the bodies of functions (or for a whole program)"})
			}
		}
	}
	return errs
}

// DependsOnC reports whether a type of a check has a type of C in it, or one that only C could tell.
func DependsOnC(t types.Type) bool {
	return strings.Contains(types.TypeString(t, nil), types.Typ[types.Invalid].String())
}

// usesC finds a use of package C.
func usesC(root ast.Node, info *types.Info) (pos token.Pos) {
	ast.Inspect(root, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && !pos.IsValid() {
			if p, ok := info.Uses[id].(*types.PkgName); ok && p.Imported().Path() == "C" {
				pos = id.Pos()
			}
		}
		return !pos.IsValid()
	})
	return pos
}
