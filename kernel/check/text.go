package check

import (
	"go/scanner"
	"go/token"
	"strings"
)

// hole is the identifier that stands at the cursor while an unfinished text is
// parsed and checked. Like all names with that letter it is nobody's.
const hole = "ˑhole"

// lexeme is one token of a text.
type lexeme struct {
	tok      token.Token
	lit      string
	off, end int
	open     bool // a string or comment that is not terminated
}

// automatic reports whether the lexeme is a semicolon that the scanner put at a line's end.
func (l lexeme) automatic() bool { return l.tok == token.SEMICOLON && l.lit != ";" }

// lexemes scans text, comments included.
func lexemes(text string) []lexeme {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(text))
	open := -1
	var sc scanner.Scanner
	sc.Init(file, []byte(text), func(pos token.Position, msg string) {
		if strings.HasSuffix(msg, "not terminated") {
			open = pos.Offset
		}
	}, scanner.ScanComments)
	var out []lexeme
	for {
		pos, tok, lit := sc.Scan()
		if tok == token.EOF {
			return out
		}
		l := lexeme{tok: tok, lit: lit, off: file.Offset(pos)}
		switch {
		case l.automatic():
			l.end = l.off
		case tok == token.ILLEGAL:
			l.end = l.off + 1 // the literal of an invalid byte is longer than it
		case lit != "":
			l.end = l.off + len(lit)
		default:
			l.end = l.off + len(tok.String())
		}
		l.open = open == l.off
		out = append(out, l)
	}
}

// withoutComments returns the lexemes that the parser sees.
func withoutComments(all []lexeme) []lexeme {
	out := make([]lexeme, 0, len(all))
	for _, l := range all {
		if l.tok != token.COMMENT {
			out = append(out, l)
		}
	}
	return out
}

// inside reports whether offset stands in the lexeme's text rather than before
// or behind it.
func (l lexeme) inside(offset int) bool {
	if offset <= l.off {
		return false
	}
	switch l.tok {
	case token.COMMENT:
		return offset < l.end || offset == l.end && (l.open || strings.HasPrefix(l.lit, "//"))
	case token.STRING, token.CHAR:
		return offset < l.end || offset == l.end && l.open
	case token.INT, token.FLOAT, token.IMAG:
		return offset <= l.end
	}
	return false
}

// word returns the identifier or keyword at offset: the one that offset stands
// in, before or behind.
func word(all []lexeme, offset int) (lexeme, bool) {
	for _, l := range all {
		if (l.tok == token.IDENT || l.tok.IsKeyword()) && l.off <= offset && offset <= l.end {
			return l, true
		}
	}
	return lexeme{}, false
}

// before returns how many lexemes end at offset or before it, semicolons of
// the scanner at offset itself left out.
func before(lex []lexeme, offset int) int {
	n := 0
	for n < len(lex) && lex[n].end <= offset && !(lex[n].automatic() && lex[n].off == offset) {
		n++
	}
	return n
}

// edit is a change of a text: some bytes put in at an offset.
type edit struct {
	off  int
	text string
}

// level is a bracket that is open while mend reads a text.
type level struct {
	open token.Token
	// group is set for the brackets of a declaration group, where lines may end.
	group bool
	// header is set from if, for, switch or select on; block from the end of the
	// braces that follow.
	header, block bool
}

// mend closes what an unfinished text leaves open, as near as possible to where
// its writer will: a call at the end of its line, a function before the next
// one. It returns the whole text and where an offset of the old one went.
func mend(text string) (string, func(int) int) {
	m := mender{text: []byte(text), levels: []level{{}}}
	lex := withoutComments(lexemes(text))
	for i, l := range lex {
		m.read(lex, i, l)
	}
	end := len(text)
	if n := len(lex); n > 0 {
		end = lex[n-1].end
	}
	m.closeTo(1, end)
	return m.result()
}

type mender struct {
	text   []byte
	edits  []edit
	levels []level
}

func (m *mender) top() *level { return &m.levels[len(m.levels)-1] }

func (m *mender) read(lex []lexeme, i int, l lexeme) {
	switch l.tok {
	case token.IF, token.FOR, token.SWITCH, token.SELECT:
		m.top().header, m.top().block = true, false
	case token.LPAREN, token.LBRACK, token.LBRACE:
		next := level{open: l.tok}
		if i > 0 && l.tok == token.LPAREN {
			switch lex[i-1].tok {
			case token.IMPORT, token.CONST, token.VAR, token.TYPE:
				next.group = true
			}
		}
		m.levels = append(m.levels, next)
	case token.RPAREN, token.RBRACK, token.RBRACE:
		m.closing(l)
	case token.SEMICOLON:
		if l.automatic() && i > 0 {
			m.lineEnd(lex[i-1].end) // the semicolon itself may come behind a comment
		}
	case token.FUNC:
		if len(m.levels) > 1 && (l.off == 0 || m.text[l.off-1] == '\n') && declaresFunc(lex[i:]) {
			m.closeTo(1, l.off)
			m.edits = append(m.edits, edit{l.off, "; "})
		}
	}
}

// closing takes a closing bracket: what was opened after its partner is closed
// before it, and one without a partner goes.
func (m *mender) closing(l lexeme) {
	partner := map[token.Token]token.Token{token.RPAREN: token.LPAREN, token.RBRACK: token.LBRACK, token.RBRACE: token.LBRACE}[l.tok]
	for n := len(m.levels) - 1; n > 0; n-- {
		if m.levels[n].open == partner {
			m.closeTo(n+1, l.off)
			m.levels = m.levels[:n]
			m.top().block = m.top().block || l.tok == token.RBRACE
			return
		}
	}
	m.text[l.off] = ' '
}

// lineEnd takes a line's end where a statement may end too: an open call or index
// cannot go on behind it, and a header without a block gets one.
func (m *mender) lineEnd(off int) {
	n := len(m.levels)
	for n > 1 && m.levels[n-1].open != token.LBRACE && !m.levels[n-1].group {
		n--
	}
	m.closeTo(n, off)
	if t := m.top(); t.header && !t.block {
		m.edits = append(m.edits, edit{off, " {}"})
	}
	m.top().header, m.top().block = false, false
}

// closeTo closes levels until n are left.
func (m *mender) closeTo(n, off int) {
	for len(m.levels) > n {
		switch m.top().open {
		case token.LPAREN:
			m.edits = append(m.edits, edit{off, ")"})
		case token.LBRACK:
			m.edits = append(m.edits, edit{off, "]"})
		default:
			m.edits = append(m.edits, edit{off, "}"})
		}
		m.levels = m.levels[:len(m.levels)-1]
	}
}

func (m *mender) result() (string, func(int) int) {
	var b strings.Builder
	at := 0
	for _, e := range m.edits {
		b.Write(m.text[at:e.off])
		b.WriteString(e.text)
		at = e.off
	}
	b.Write(m.text[at:])
	return b.String(), func(off int) int {
		moved := off
		for _, e := range m.edits {
			if e.off <= off {
				moved += len(e.text)
			}
		}
		return moved
	}
}

// declaresFunc reports whether lex begins with the declaration of a function
// or method.
func declaresFunc(lex []lexeme) bool {
	i := 1
	if i < len(lex) && lex[i].tok == token.LPAREN {
		for i++; i < len(lex) && lex[i].tok != token.RPAREN; i++ {
		}
		i++
	}
	return i+1 < len(lex) && lex[i].tok == token.IDENT && (lex[i+1].tok == token.LPAREN || lex[i+1].tok == token.LBRACK)
}

// operandBefore returns where the operand begins whose selector's period is lex[dot]:
// names, selectors, calls, indices and literals, read backwards.
func operandBefore(lex []lexeme, dot int) int {
	i := dot - 1
	for i >= 0 {
		switch lex[i].tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			i = opening(lex, i)
			if i < 0 {
				return lex[dot].off
			}
			if i == 0 {
				return lex[0].off
			}
			switch lex[i-1].tok {
			case token.IDENT, token.RPAREN, token.RBRACK, token.RBRACE:
				i--
				continue
			}
			return lex[i].off
		case token.IDENT, token.STRING, token.CHAR:
			if i > 0 && lex[i-1].tok == token.PERIOD {
				i -= 2
				continue
			}
			return lex[i].off
		default:
			if i+1 <= dot {
				return lex[i+1].off
			}
			return lex[dot].off
		}
	}
	return lex[0].off
}

// opening returns the index of the bracket that lex[i] closes, -1 for none.
func opening(lex []lexeme, i int) int {
	depth := 0
	for ; i >= 0; i-- {
		switch lex[i].tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth++
		case token.LPAREN, token.LBRACK, token.LBRACE:
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}
