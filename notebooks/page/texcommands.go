package page

import (
	"html"
	"strings"
)

// command converts a command whose name has been taken.
func (p *texParser) command(name string) texAtom {
	if s, ok := texSymbols[name]; ok {
		return p.symbol(s)
	}
	if f, ok := texFunctions[name]; ok {
		return functionName(f.name, f.limits)
	}
	if width, ok := texSpaces[name]; ok {
		return texAtom{xml: mspace(width)}
	}
	if variant, ok := texVariants[name]; ok {
		return texAtom{xml: p.inVariant(variant)}
	}
	if a, ok := texAccents[name]; ok {
		return p.accent(a)
	}
	if size, ok := texSizes[name]; ok {
		return texAtom{xml: `<mo minsize="` + size + `" maxsize="` + size + `" stretchy="true">` + p.delimiter() + "</mo>"}
	}
	switch name {
	case `\frac`, `\dfrac`, `\tfrac`, `\cfrac`:
		return texAtom{xml: p.fraction(name)}
	case `\binom`, `\dbinom`, `\tbinom`:
		top, bottom := p.argument(), p.argument()
		return texAtom{xml: `<mrow><mo>(</mo><mfrac linethickness="0">` + top + bottom + `</mfrac><mo>)</mo></mrow>`}
	case `\sqrt`:
		return texAtom{xml: p.root()}
	case `\text`, `\textrm`, `\textnormal`, `\mbox`, `\textit`, `\textbf`, `\texttt`, `\textsf`:
		return texAtom{xml: p.text(name)}
	case `\operatorname`:
		limits := strings.HasPrefix(p.in[p.pos:], "*")
		if limits {
			p.next()
		}
		return functionName(plainTeX(p.raw()), limits)
	case `\left`:
		return texAtom{xml: p.fenced()}
	case `\begin`:
		return texAtom{xml: p.environment()}
	case `\overset`, `\stackrel`:
		over, base := p.argument(), p.argument()
		return texAtom{xml: "<mover>" + base + over + "</mover>"}
	case `\underset`:
		under, base := p.argument(), p.argument()
		return texAtom{xml: "<munder>" + base + under + "</munder>"}
	case `\not`:
		// The combining long solidus strikes the sign in front of it.
		return texAtom{xml: strings.Replace(p.atom().xml, "</m", "\u0338</m", 1)}
	case `\pmod`:
		return texAtom{xml: mrow([]string{mspace("1em"), `<mo stretchy="false">(</mo><mi>mod</mi>`, mspace("0.333em"), p.argument(), `<mo stretchy="false">)</mo>`})}
	case `\bmod`:
		return texAtom{xml: `<mo lspace="0.222em" rspace="0.222em">mod</mo>`}
	case `\boxed`:
		return texAtom{xml: `<mrow style="border:1px solid;padding:0.2em">` + p.argument() + "</mrow>"}
	case `\phantom`:
		return texAtom{xml: "<mphantom>" + p.argument() + "</mphantom>"}
	case `\label`:
		p.raw()
		return texAtom{}
	case `\tag`:
		return texAtom{xml: mrow([]string{mspace("2em"), "<mtext>(" + html.EscapeString(plainTeX(p.raw())) + ")</mtext>"})}
	case `\middle`:
		return texAtom{xml: `<mo stretchy="true">` + p.delimiter() + "</mo>"}
	case `\displaystyle`, `\textstyle`, `\nonumber`, `\notag`:
		return texAtom{}
	}
	p.fail("unknown command " + name)
	return texAtom{}
}

func (p *texParser) symbol(s texSymbol) texAtom {
	switch s.kind {
	case 'i':
		return texAtom{xml: "<mi>" + html.EscapeString(p.restyled(s.text)) + "</mi>"}
	case 'n':
		return texAtom{xml: `<mi mathvariant="normal">` + s.text + "</mi>"}
	case 'L':
		return texAtom{xml: `<mo largeop="true" movablelimits="false">` + s.text + "</mo>", limits: true}
	case 'I':
		return texAtom{xml: `<mo largeop="true">` + s.text + "</mo>"}
	}
	return texAtom{xml: operator(s.text)}
}

// functionName returns an upright name. Names of one letter would be set in
// italics without the attribute.
func functionName(name string, limits bool) texAtom {
	return texAtom{xml: `<mi mathvariant="normal">` + html.EscapeString(name) + "</mi>", limits: limits, after: mspace("0.1667em")}
}

// inVariant reads an argument with another alphabet in force.
func (p *texParser) inVariant(variant string) string {
	if variant == "upright" && p.peek() == "{" {
		// \mathrm{max} is one word, not three variables.
		mark := p.pos
		if word := p.raw(); word != "" && strings.Trim(word, letters) == "" {
			return `<mi mathvariant="normal">` + word + "</mi>"
		}
		if p.err != nil {
			return ""
		}
		p.pos = mark
	}
	outer := p.variant
	p.variant = variant
	xml := p.argument()
	p.variant = outer
	return xml
}

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func (p *texParser) accent(a texAccent) texAtom {
	mark := `<mo stretchy="false">` + a.mark + "</mo>"
	if a.stretches {
		mark = `<mo stretchy="true">` + a.mark + "</mo>"
	}
	base := p.argument()
	if a.below {
		return texAtom{xml: `<munder accentunder="true">` + base + mark + "</munder>", limits: a.brace}
	}
	return texAtom{xml: `<mover accent="true">` + base + mark + "</mover>", limits: a.brace}
}

func (p *texParser) fraction(name string) string {
	outer := p.display
	p.display = false
	top, bottom := p.argument(), p.argument()
	p.display = outer
	frac := "<mfrac>" + top + bottom + "</mfrac>"
	switch name {
	case `\dfrac`, `\cfrac`:
		return `<mstyle displaystyle="true">` + frac + "</mstyle>"
	case `\tfrac`:
		return `<mstyle displaystyle="false">` + frac + "</mstyle>"
	}
	return frac
}

func (p *texParser) root() string {
	if p.peek() != "[" {
		return "<msqrt>" + p.argument() + "</msqrt>"
	}
	p.next()
	index := mrow(p.row(func(token string) bool { return token == "]" }))
	if p.next() != "]" {
		p.fail("want ] after the index of a root")
	}
	return "<mroot>" + p.argument() + index + "</mroot>"
}

// text reads an argument of words, in which spaces count.
func (p *texParser) text(name string) string {
	text := plainTeX(p.raw())
	if strings.ContainsAny(text, `\$`) {
		p.fail("a command or formula inside " + name)
	}
	// MathML drops spaces at the ends.
	if strings.HasPrefix(text, " ") {
		text = "\u00a0" + text[1:]
	}
	if strings.HasSuffix(text, " ") {
		text = text[:len(text)-1] + "\u00a0"
	}
	style := map[string]string{
		`\textit`: ` style="font-style:italic"`, `\textbf`: ` style="font-weight:bold"`,
		`\texttt`: ` style="font-family:monospace"`, `\textsf`: ` style="font-family:sans-serif"`,
	}[name]
	return "<mtext" + style + ">" + html.EscapeString(text) + "</mtext>"
}

// plainTeX undoes the escapes of TeX text.
func plainTeX(s string) string {
	return strings.NewReplacer(`\_`, "_", `\%`, "%", `\&`, "&", `\#`, "#", `\{`, "{", `\}`, "}", `\ `, " ",
		`\,`, "\u2009", `\;`, "\u2005", "~", "\u00a0", "{", "", "}", "").Replace(s)
}

// fenced reads what follows \left up to and with the delimiter after \right.
func (p *texParser) fenced() string {
	open := p.delimiter()
	row := p.row(func(string) bool { return false })
	if p.err == nil && p.next() != `\right` {
		p.fail(`want \right after \left`)
	}
	closing := p.delimiter()
	return `<mrow><mo fence="true" form="prefix">` + open + "</mo>" + mrow(row) + `<mo fence="true" form="postfix">` + closing + "</mo></mrow>"
}

// delimiter reads the bracket after \left, \right or \big; a dot is none.
func (p *texParser) delimiter() string {
	token := p.next()
	switch token {
	case ".":
		return ""
	case "<":
		return "⟨"
	case ">":
		return "⟩"
	case "(", ")", "[", "]", "|", "/":
		return token
	}
	if s, ok := texSymbols[token]; ok && s.kind == 'o' {
		return html.EscapeString(s.text)
	}
	p.fail("want a bracket but found " + token)
	return ""
}

// An environment's table: brackets around it, and how its columns align.
type texEnvironment struct {
	open, closing string
	columns       string // of l, c and r, repeated
	display       bool
	preamble      bool // {ccc} follows
}

var texEnvironments = map[string]texEnvironment{
	"matrix":  {columns: "c"},
	"pmatrix": {open: "(", closing: ")", columns: "c"},
	"bmatrix": {open: "[", closing: "]", columns: "c"},
	"Bmatrix": {open: "{", closing: "}", columns: "c"},
	"vmatrix": {open: "|", closing: "|", columns: "c"},
	"Vmatrix": {open: "‖", closing: "‖", columns: "c"},
	"cases":   {open: "{", columns: "l"},
	"array":   {columns: "c", preamble: true},
	"aligned": {columns: "rl", display: true}, "align": {columns: "rl", display: true}, "split": {columns: "rl", display: true},
	"eqnarray": {columns: "rcl", display: true},
	"gathered": {columns: "c", display: true}, "gather": {columns: "c", display: true}, "multline": {columns: "c", display: true},
	"equation": {columns: "c", display: true}, "displaymath": {columns: "c", display: true}, "math": {columns: "c"},
}

// environment reads what follows \begin up to and with its \end{…}.
func (p *texParser) environment() string {
	full := p.raw()
	name := strings.TrimSuffix(full, "*")
	env, ok := texEnvironments[name]
	if !ok {
		p.fail("unknown environment " + full)
		return ""
	}
	if env.preamble {
		if columns := strings.Trim(keepOnly(p.raw(), "lcr"), " "); columns != "" {
			env.columns = columns
		}
	}
	outer := p.display
	p.display = env.display
	rows := p.tableRows()
	p.display = outer
	if p.err == nil && (p.next() != `\end` || p.raw() != full) {
		p.fail(`want \end{` + full + "}")
	}
	table := env.table(rows)
	if env.open != "" || env.closing != "" {
		table = `<mrow><mo fence="true" form="prefix">` + env.open + "</mo>" + table + `<mo fence="true" form="postfix">` + env.closing + "</mo></mrow>"
	}
	return table
}

func keepOnly(s, chars string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(chars, r) {
			return r
		}
		return -1
	}, s)
}

func (p *texParser) tableRows() [][]string {
	rows := [][]string{nil}
	for p.err == nil {
		for p.peek() == `\hline` {
			p.next()
		}
		last := len(rows) - 1
		rows[last] = append(rows[last], strings.Join(p.row(func(string) bool { return false }), ""))
		switch p.peek() {
		case "&":
			p.next()
		case `\\`:
			p.next()
			rows = append(rows, nil)
		default:
			if n := len(rows); n > 1 && len(rows[n-1]) == 1 && rows[n-1][0] == "" {
				rows = rows[:n-1] // a \\ behind the last row
			}
			return rows
		}
	}
	return rows
}

func (env texEnvironment) table(rows [][]string) string {
	if len(rows) == 1 && len(rows[0]) == 1 {
		return "<mrow>" + rows[0][0] + "</mrow>"
	}
	align := map[byte]string{'l': "left", 'c': "center", 'r': "right"}
	var b strings.Builder
	b.WriteString("<mtable")
	if env.display {
		b.WriteString(` displaystyle="true"`)
	}
	b.WriteString(">")
	for _, row := range rows {
		b.WriteString("<mtr>")
		for i, cell := range row {
			column := env.columns[i%len(env.columns)]
			style := "text-align:" + align[column]
			// Between the halves of an aligned equation there is no gap.
			if env.columns == "rl" && column == 'r' {
				style += ";padding-right:0"
			} else if env.columns == "rl" {
				style += ";padding-left:0"
			}
			b.WriteString(`<mtd style="` + style + `">` + cell + "</mtd>")
		}
		b.WriteString("</mtr>")
	}
	b.WriteString("</mtable>")
	return b.String()
}
