package page

import (
	"fmt"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A texError says what of a formula is not understood; the formula is then
// shown as its source.
type texError struct{ problem string }

func (e *texError) Error() string { return e.problem }

// maxTeXDepth bounds the nesting of a formula.
const maxTeXDepth = 60

// mathML converts a TeX formula, without its dollars, to a MathML element. It
// knows the part of TeX that texts use (see texsymbols.go and texcommands.go);
// for the rest it returns a [*texError].
func mathML(source string, display bool) (string, error) {
	p := &texParser{in: source, display: display}
	body := p.row(func(token string) bool { return false })
	if p.err == nil && p.pos < len(p.in) {
		p.fail("unexpected " + p.peek())
	}
	if p.err != nil {
		return "", p.err
	}
	open := "<math"
	if display {
		open += ` display="block"`
	}
	tex := html.EscapeString(strings.TrimSpace(source))
	return fmt.Sprintf(`%s alttext="%s"><semantics>%s<annotation encoding="application/x-tex">%s</annotation></semantics></math>`,
		open, tex, mrow(body), tex), nil
}

// A texParser reads one formula. The first error stops it: every method then
// returns at once.
type texParser struct {
	in      string
	pos     int
	depth   int
	display bool
	variant string // of letters: "", bold, double-struck, script, fraktur, upright, …
	err     error
}

func (p *texParser) fail(problem string) {
	if p.err == nil {
		p.err = &texError{problem}
	}
	p.pos = len(p.in)
}

// A texAtom is one element of a row. Limits says that in display style its
// scripts stand above and below. After is the space that follows it and its
// scripts.
type texAtom struct {
	xml    string
	limits bool
	after  string
}

// peek returns the next token without taking it: a command with its backslash,
// or one character; "" at the end.
func (p *texParser) peek() string {
	p.space()
	return p.tokenAt(p.pos)
}

func (p *texParser) tokenAt(pos int) string {
	s := p.in[pos:]
	if s == "" {
		return ""
	}
	if s[0] != '\\' || len(s) == 1 {
		_, size := utf8.DecodeRuneInString(s)
		return s[:size]
	}
	end := 1
	for end < len(s) && isLetter(s[end]) {
		end++
	}
	if end == 1 {
		_, size := utf8.DecodeRuneInString(s[1:])
		end += size
	}
	return s[:end]
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// next takes a token.
func (p *texParser) next() string {
	token := p.peek()
	p.pos += len(token)
	return token
}

// space skips white space and comments.
func (p *texParser) space() {
	for p.pos < len(p.in) {
		switch c := p.in[p.pos]; {
		case c == '%':
			line := strings.IndexByte(p.in[p.pos:], '\n')
			if line < 0 {
				p.pos = len(p.in)
				return
			}
			p.pos += line
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			p.pos++
		default:
			return
		}
	}
}

// row reads atoms up to a token for which stop is true, a closing brace or the
// end. The stopping token is not taken.
func (p *texParser) row(stop func(token string) bool) []string {
	var row []string
	for p.err == nil {
		token := p.peek()
		if token == "" || token == "}" || stop(token) {
			break
		}
		if token == "&" || token == `\\` || token == `\right` || token == `\end` {
			break
		}
		if xml := p.scripted(); xml != "" {
			row = append(row, xml)
		}
	}
	return row
}

// scripted reads one atom with its subscript, superscript and primes.
func (p *texParser) scripted() string {
	var base texAtom
	if token := p.peek(); token != "_" && token != "^" && token != "'" {
		base = p.atom()
	} else {
		base.xml = "<mrow></mrow>"
	}
	var sub, sup string
	for p.err == nil {
		switch p.peek() {
		case `\limits`:
			p.next()
			base.limits = true
			continue
		case `\nolimits`:
			p.next()
			base.limits = false
			continue
		case "_":
			p.next()
			if sub != "" {
				p.fail("double subscript")
			}
			sub = p.argument()
			continue
		case "^":
			p.next()
			if sup != "" {
				p.fail("double superscript")
			}
			sup = p.argument()
			continue
		case "'":
			if sup != "" {
				p.fail("double superscript")
			}
			primes := 0
			for ; p.peek() == "'"; primes++ {
				p.next()
			}
			mark := "<mo>" + strings.Repeat("′", primes) + "</mo>"
			if p.peek() == "^" {
				p.next()
				mark = mrow([]string{mark, p.argument()})
			}
			sup = mark
			continue
		}
		break
	}
	return attach(base, sub, sup, p.display) + base.after
}

func attach(base texAtom, sub, sup string, display bool) string {
	if sub == "" && sup == "" {
		return base.xml
	}
	xml := base.xml
	if xml == "" {
		xml = "<mrow></mrow>"
	}
	stacked := base.limits && display
	switch {
	case sup == "" && stacked:
		return "<munder>" + xml + sub + "</munder>"
	case sub == "" && stacked:
		return "<mover>" + xml + sup + "</mover>"
	case stacked:
		return "<munderover>" + xml + sub + sup + "</munderover>"
	case sup == "":
		return "<msub>" + xml + sub + "</msub>"
	case sub == "":
		return "<msup>" + xml + sup + "</msup>"
	}
	return "<msubsup>" + xml + sub + sup + "</msubsup>"
}

// argument reads what a command or script applies to: a group, or one atom.
func (p *texParser) argument() string {
	token := p.peek()
	switch token {
	case "":
		p.fail("an argument is missing at the end")
		return ""
	case "}", "&", "_", "^", `\\`, `\right`, `\end`:
		p.fail("an argument is missing before " + token)
		return ""
	}
	if token[0] >= '0' && token[0] <= '9' {
		// x^12 is x¹2 in TeX: one digit only.
		return "<mn>" + p.next() + "</mn>"
	}
	xml := p.atom().xml
	if xml == "" {
		return "<mrow></mrow>"
	}
	return xml
}

// group reads { … } as one element.
func (p *texParser) group() string {
	if token := p.next(); token != "{" {
		p.fail("want { but found " + token)
		return ""
	}
	row := p.row(func(string) bool { return false })
	p.closing()
	return mrow(row)
}

func (p *texParser) closing() {
	if p.err == nil && p.next() != "}" {
		p.fail("a closing brace is missing")
	}
}

// raw reads { … } as text, braces inside balanced.
func (p *texParser) raw() string {
	if p.peek() != "{" {
		p.fail("want { after a command that takes text")
		return ""
	}
	p.next()
	start, depth := p.pos, 1
	for ; p.pos < len(p.in); p.pos++ {
		switch p.in[p.pos] {
		case '\\':
			p.pos++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				text := p.in[start:p.pos]
				p.pos++
				return text
			}
		}
	}
	p.fail("a closing brace is missing")
	return ""
}

// atom reads one element without scripts.
func (p *texParser) atom() texAtom {
	p.depth++
	defer func() { p.depth-- }()
	token := p.peek()
	if p.depth > maxTeXDepth {
		p.fail("nested too deeply")
		return texAtom{}
	}
	if token == "{" {
		return texAtom{xml: p.group()}
	}
	p.next()
	if token[0] == '\\' {
		return p.command(token)
	}
	r, _ := utf8.DecodeRuneInString(token)
	switch {
	case r >= '0' && r <= '9':
		return texAtom{xml: "<mn>" + p.restyled(token+p.digits()) + "</mn>"}
	case unicode.IsLetter(r):
		return texAtom{xml: p.letter(r)}
	case r == '~':
		return texAtom{xml: mspace("0.333em")}
	case r == '#' || r == '$' || r == '%' || r == utf8.RuneError:
		p.fail("unexpected " + token)
		return texAtom{}
	}
	return texAtom{xml: operator(token)}
}

func (p *texParser) digits() string {
	start := p.pos
	for p.pos < len(p.in) {
		c := p.in[p.pos]
		separator := (c == '.' || c == ',') && p.pos+1 < len(p.in) && isDigit(p.in[p.pos+1])
		// A comma groups thousands only when three digits follow.
		if separator && c == ',' && !thousands(p.in[p.pos+1:]) {
			break
		}
		if !isDigit(c) && !separator {
			break
		}
		p.pos++
	}
	return p.in[start:p.pos]
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func thousands(s string) bool {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n == 3
}

func (p *texParser) letter(r rune) string {
	if p.variant == "upright" {
		return `<mi mathvariant="normal">` + html.EscapeString(string(r)) + "</mi>"
	}
	return "<mi>" + html.EscapeString(p.restyled(string(r))) + "</mi>"
}

// restyled maps letters and digits to the mathematical alphabet in force.
func (p *texParser) restyled(s string) string {
	if p.variant == "" || p.variant == "upright" {
		return s
	}
	return strings.Map(func(r rune) rune { return styled(r, p.variant) }, s)
}

// operator returns an mo element. Plain brackets and bars do not stretch, as in
// TeX.
func operator(s string) string {
	switch s {
	case "-":
		s = "−"
	case "*":
		s = "∗"
	case ":":
		return `<mo lspace="0.278em" rspace="0.278em">:</mo>`
	case "(", ")", "[", "]", "|", "{", "}", "‖", "⟨", "⟩", "⌈", "⌉", "⌊", "⌋", "/":
		return `<mo stretchy="false">` + s + "</mo>"
	}
	return "<mo>" + html.EscapeString(s) + "</mo>"
}

func mspace(width string) string { return `<mspace width="` + width + `"></mspace>` }

// mrow makes one element of a row.
func mrow(row []string) string {
	if len(row) == 1 {
		return row[0]
	}
	return "<mrow>" + strings.Join(row, "") + "</mrow>"
}
