package cell

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"
)

// Go is the Go source of a cell, parsed. Its positions, taken through Fset,
// are cell positions: file name Name, and the cell's own lines and columns.
type Go struct {
	Name  string // file name in positions, such as "cell 3"
	Text  string // the source as it stood in the cell
	Fset  *token.FileSet
	Decls []Decl
	// Body is the function body that the cell's statements make, nil without statements.
	Body     *ast.BlockStmt
	BodyText string // the file that Body was parsed from
	// Program is set for a cell that begins with a package clause: it is a whole
	// program, and Decls holds all of it.
	Program bool
}

// Decl is one top-level declaration of a cell: an import, type, const or func.
// A type group is one Decl for each type.
type Decl struct {
	Node ast.Decl
	Spec *ast.TypeSpec // of a type declaration
	File string        // the file's text that Node's positions point into
}

// Parse parses the Go source of a part that begins at the cell's line. Syntax
// errors come back as a [scanner.ErrorList] with cell positions, sorted.
func Parse(fset *token.FileSet, name, text string, line int) (*Go, error) {
	g := &Go{Name: name, Text: text, Fset: fset}
	if firstToken(text) == token.PACKAGE {
		g.Program = true
		return g, g.parseProgram(line)
	}
	declText, bodyText := divide(text)
	var errs scanner.ErrorList
	errs = append(errs, g.parseDecls(declText, line)...)
	errs = append(errs, g.parseBody(bodyText, line)...)
	if len(errs) > 0 {
		errs.Sort()
		errs.RemoveMultiples()
		return g, errs
	}
	return g, nil
}

func (g *Go) parseProgram(line int) error {
	src := fmt.Sprintf("//line %s:%d:1\n%s", g.Name, line, g.Text)
	file, err := parser.ParseFile(g.Fset, g.Name, src, parser.ParseComments)
	if err != nil {
		return err
	}
	for _, d := range file.Decls {
		g.addDecl(d, src)
	}
	return nil
}

func (g *Go) parseDecls(text string, line int) scanner.ErrorList {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	src := fmt.Sprintf("package main\n//line %s:%d:1\n%s", g.Name, line, text)
	file, err := parser.ParseFile(g.Fset, g.Name, src, parser.ParseComments)
	if file != nil {
		for _, d := range file.Decls {
			g.addDecl(d, src)
		}
	}
	list, _ := err.(scanner.ErrorList)
	return list
}

func (g *Go) parseBody(text string, line int) scanner.ErrorList {
	if strings.TrimSpace(text) == "" || firstToken(text) == token.EOF {
		return nil
	}
	src := fmt.Sprintf("package main\nfunc _() {\n//line %s:%d:1\n%s\n}", g.Name, line, text)
	file, err := parser.ParseFile(g.Fset, g.Name, src, 0)
	list, _ := err.(scanner.ErrorList)
	g.atEnd(list, text, line)
	if file != nil && len(file.Decls) > 0 {
		f, _ := file.Decls[0].(*ast.FuncDecl)
		if f != nil {
			g.Body, g.BodyText = f.Body, src
		}
		if f != nil && f.Body != nil && f.Body.Rbrace.IsValid() && g.Fset.File(f.Pos()).Offset(f.Body.Rbrace) != len(src)-1 {
			// A closing brace too many ended the function that wraps the statements.
			list = scanner.ErrorList{{Pos: g.Fset.Position(f.Body.Rbrace), Msg: "unexpected }: nothing is open here"}}
		}
	}
	return list
}

// atEnd has errors that the parser finds in what is put behind the statements of a cell at the statements' end.
func (g *Go) atEnd(list scanner.ErrorList, text string, line int) {
	behind := line + strings.Count(text, "\n") + 1
	text = strings.TrimRight(text, " \t\n")
	end := strings.Count(text, "\n")
	column := len(text) - strings.LastIndexByte(text, '\n')
	for _, e := range list {
		if e.Pos.Line >= behind {
			e.Pos.Line, e.Pos.Column = line+end, column
			e.Msg = strings.Replace(e.Msg, "found '}'", "found 'EOF'", 1)
		}
	}
}

func (g *Go) addDecl(d ast.Decl, src string) {
	gen, ok := d.(*ast.GenDecl)
	if ok && gen.Tok == token.TYPE {
		for _, s := range gen.Specs {
			g.Decls = append(g.Decls, Decl{Node: d, Spec: s.(*ast.TypeSpec), File: src})
		}
		return
	}
	g.Decls = append(g.Decls, Decl{Node: d, File: src})
}

func firstToken(text string) token.Token {
	first := token.EOF
	scan(text, func(_ int, tok token.Token, _ string) bool {
		first = tok
		return false
	}, nil)
	return first
}

// item is one declaration or statement at a cell's top level.
type item struct {
	from, end int // of a declaration with the comment above it; end is where its semicolon is, or its line's end
	decl      bool
}

// items finds them.
func items(text string) []item {
	type tok struct {
		off int
		tok token.Token
	}
	var toks []tok
	scan(text, func(off int, t token.Token, _ string) bool {
		toks = append(toks, tok{off, t})
		return true
	}, nil)
	kind := func(i int) token.Token {
		if i < len(toks) {
			return toks[i].tok
		}
		return token.EOF
	}
	var list []item
	for i := 0; i < len(toks); {
		start, depth := i, 0
		for ; i < len(toks); i++ {
			switch toks[i].tok {
			case token.LPAREN, token.LBRACK, token.LBRACE:
				depth++
			case token.RPAREN, token.RBRACK, token.RBRACE:
				depth--
			}
			if toks[i].tok == token.SEMICOLON && depth <= 0 {
				break
			}
		}
		it := item{from: toks[start].off, end: len(text), decl: isDecl(kind, start)}
		if i < len(toks) {
			it.end = toks[i].off
			i++
		}
		if it.decl {
			it.from = commentStart(text, it.from)
		}
		list = append(list, it)
	}
	return list
}

// divide copies text twice: once with only its top-level declarations, once
// with only its statements; the rest is blanked, so that every byte keeps its
// line and column. Session variables (var, :=) are statements: they run in order.
func divide(text string) (decls, stmts string) {
	d, s := []byte(blank(text)), []byte(text)
	for _, it := range items(text) {
		if !it.decl {
			continue
		}
		copy(d[it.from:it.end], text[it.from:it.end])
		copy(s[it.from:it.end], blank(text[it.from:it.end]))
		if it.end < len(text) && text[it.end] == ';' {
			d[it.end], s[it.end] = ';', ' '
		}
	}
	return string(d), string(s)
}

// commentStart moves back from a declaration over the comment lines right above
// it, so that its documentation stays with it.
func commentStart(text string, off int) int {
	for {
		lineStart := strings.LastIndexByte(text[:off], '\n') + 1
		if strings.TrimSpace(text[lineStart:off]) != "" || lineStart == 0 {
			return off
		}
		prev := strings.LastIndexByte(text[:lineStart-1], '\n') + 1
		above := strings.TrimSpace(text[prev:lineStart])
		if strings.HasSuffix(above, "*/") {
			// C code, as a rule.
			open := strings.LastIndex(text[:lineStart], "/*")
			if open < 0 {
				return off
			}
			prev = strings.LastIndexByte(text[:open], '\n') + 1
			if strings.TrimSpace(text[prev:open]) != "" {
				return off
			}
		} else if !strings.HasPrefix(above, "//") {
			return off
		}
		off = prev
	}
}

// isDecl tells from the tokens at i whether a top-level declaration begins
// there. func needs a look ahead: a method and a function literal both go on with "(".
func isDecl(kind func(int) token.Token, i int) bool {
	switch kind(i) {
	case token.IMPORT, token.TYPE, token.CONST:
		return true
	case token.FUNC:
		if kind(i+1) == token.IDENT {
			return true
		}
		depth := 0
		for i++; kind(i) != token.EOF; i++ {
			switch kind(i) {
			case token.LPAREN:
				depth++
			case token.RPAREN:
				depth--
			}
			if depth == 0 {
				return kind(i+1) == token.IDENT && kind(i+2) == token.LPAREN
			}
		}
	}
	return false
}

func blank(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c != '\n' && c != '\t' {
			b[i] = ' '
		}
	}
	return string(b)
}
