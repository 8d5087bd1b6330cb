package page

import (
	"html"
	"strings"
	"unicode/utf8"
)

// maxColumns is where a line of output is cut: no one reads further, and a
// cursor sent to column 10⁹ must not cost memory.
const maxColumns = 20_000

// A glyph is one character cell of the screen.
type glyph struct {
	r    rune
	look int // index into terminal.looks
}

// A terminal is a screen without a right or lower edge: what a program printed
// is written to it, with cursor movements obeyed, and read back as HTML. Its
// size is bounded by what was written to it.
type terminal struct {
	lines    [][]glyph
	row, col int
	looks    []look
	current  int
}

// terminalLines returns the lines of a terminal's screen after text was written
// to it, each as HTML.
func terminalLines(text string) []string {
	if !strings.ContainsAny(text, "\x1b\r\b\u009b") && !hasControls(text) {
		return plainLines(text)
	}
	t := &terminal{lines: make([][]glyph, 1), looks: []look{{}}}
	t.write(text)
	out := make([]string, len(t.lines))
	for i, line := range t.lines {
		out[i] = t.html(line)
	}
	if out[len(out)-1] == "" {
		out = out[:len(out)-1]
	}
	return out
}

func hasControls(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f })
}

// plainLines is terminalLines for text without escapes: the usual case, a
// hundred times cheaper than a screen.
func plainLines(text string) []string {
	if text == "" {
		return nil
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for i, line := range lines {
		if len(line) > maxColumns && utf8.RuneCountInString(line) > maxColumns {
			line = string([]rune(line)[:maxColumns]) + "…"
		}
		lines[i] = html.EscapeString(line)
	}
	return lines
}

func (t *terminal) write(text string) {
	for text != "" {
		r, size := utf8.DecodeRuneInString(text)
		rest := text[size:]
		switch {
		case r == 0x1b:
			rest = t.escape(rest)
		case r == 0x9b:
			rest = t.control(rest)
		case r == '\n':
			// Programs write \n for a new line; the terminal's driver would
			// have made \r\n of it.
			t.newline()
		case r == '\r':
			t.col = 0
		case r == '\b':
			t.col = max(t.col-1, 0)
		case r == '\v' || r == '\f':
			t.newline()
		case r < ' ' && r != '\t', r >= 0x7f && r < 0xa0:
			// The bell, shifts and other controls show nothing.
		default:
			t.put(r)
		}
		text = rest
	}
}

func (t *terminal) newline() {
	t.row++
	t.col = 0
	if t.row == len(t.lines) {
		t.lines = append(t.lines, nil)
	}
}

func (t *terminal) put(r rune) {
	if t.col >= maxColumns {
		if t.col == maxColumns {
			t.set('…')
		}
		return
	}
	t.set(r)
}

func (t *terminal) set(r rune) {
	line := t.lines[t.row]
	for len(line) <= t.col {
		line = append(line, glyph{r: ' '})
	}
	line[t.col] = glyph{r: r, look: t.current}
	t.lines[t.row] = line
	t.col++
}

// escape obeys the sequence after an ESC and returns the text behind it.
func (t *terminal) escape(text string) string {
	if text == "" {
		return ""
	}
	switch text[0] {
	case '[':
		return t.control(text[1:])
	case ']', 'P', '^', '_', 'X':
		// Titles, hyperlinks and other strings: up to BEL or ESC \.
		return afterString(text[1:])
	case 'c':
		t.lines, t.row, t.col, t.current = make([][]glyph, 1), 0, 0, 0
	case '(', ')', '*', '+', '#', '%', ' ':
		if len(text) > 1 && text[1] < utf8.RuneSelf {
			return text[2:]
		}
	}
	if text[0] < ' ' || text[0] >= 0x7f {
		return text // a lone ESC in front of ordinary text
	}
	return text[1:]
}

func afterString(text string) string {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\a':
			return text[i+1:]
		case 0x1b:
			if strings.HasPrefix(text[i+1:], `\`) {
				return text[i+2:]
			}
			return text[i:]
		case '\n':
			// It was never closed; the rest is text again.
			return text[i:]
		}
	}
	return ""
}

// control obeys a control sequence: parameters, intermediates, a final byte.
func (t *terminal) control(text string) string {
	end := 0
	for end < len(text) && text[end] >= 0x20 && text[end] < 0x40 {
		end++
	}
	if end == len(text) {
		return ""
	}
	params, final := text[:end], text[end]
	if final < 0x40 || final > 0x7e {
		return text[end:] // broken off by ordinary text
	}
	first, second, _ := strings.Cut(params, ";")
	n := min(max(number(first, 1), 1), maxColumns)
	switch final {
	case 'm':
		if strings.Trim(params, "0123456789;:") == "" {
			t.restyle(params)
		}
	case 'A':
		t.move(t.row-n, t.col)
	case 'B':
		t.move(t.row+n, t.col)
	case 'C':
		t.move(t.row, t.col+n)
	case 'D':
		t.move(t.row, t.col-n)
	case 'E':
		t.move(t.row+n, 0)
	case 'F':
		t.move(t.row-n, 0)
	case 'G':
		t.move(t.row, n-1)
	case 'H', 'f':
		t.move(n-1, min(max(number(second, 1), 1), maxColumns)-1)
	case 'J':
		t.eraseScreen(number(first, 0))
	case 'K':
		t.eraseLine(number(first, 0))
	}
	return text[end+1:]
}

// restyle takes up the look after an SGR sequence.
func (t *terminal) restyle(params string) {
	next := t.looks[t.current].apply(params)
	for i, l := range t.looks[:min(len(t.looks), 64)] {
		if l == next {
			t.current = i
			return
		}
	}
	t.looks = append(t.looks, next)
	t.current = len(t.looks) - 1
}

// move puts the cursor somewhere on the lines that there are.
func (t *terminal) move(row, col int) {
	t.row = min(max(row, 0), len(t.lines)-1)
	t.col = min(max(col, 0), maxColumns)
}

func (t *terminal) eraseLine(mode int) {
	line := t.lines[t.row]
	switch mode {
	case 0:
		t.lines[t.row] = line[:min(t.col, len(line))]
	case 1:
		for i := range min(t.col+1, len(line)) {
			line[i] = glyph{r: ' '}
		}
	case 2:
		t.lines[t.row] = nil
	}
}

func (t *terminal) eraseScreen(mode int) {
	switch mode {
	case 0:
		t.eraseLine(0)
		t.lines = t.lines[:t.row+1]
	case 1:
		for i := range t.row {
			t.lines[i] = nil
		}
		t.eraseLine(1)
	case 2, 3:
		for i := range t.lines {
			t.lines[i] = nil
		}
	}
}

// html returns one line, each run of one look in a span.
func (t *terminal) html(line []glyph) string {
	for len(line) > 0 && line[len(line)-1] == (glyph{r: ' '}) {
		line = line[:len(line)-1]
	}
	var b strings.Builder
	for len(line) > 0 {
		end := 1
		for end < len(line) && line[end].look == line[0].look {
			end++
		}
		var text strings.Builder
		for _, g := range line[:end] {
			text.WriteRune(g.r)
		}
		escaped := html.EscapeString(text.String())
		if attrs := t.looks[line[0].look].attributes(); attrs != "" {
			escaped = "<span" + attrs + ">" + escaped + "</span>"
		}
		b.WriteString(escaped)
		line = line[end:]
	}
	return b.String()
}
