// Package cell turns the text of a notebook cell into its parts: magics, shell
// lines, help requests and Go source, and Go source into declarations,
// statements and a last expression. It parses and never type-checks.
//
// Reading order: [Split], [Part], [Parse], [Go], [Complete].
package cell

import (
	"fmt"
	"go/scanner"
	"go/token"
	"strings"
)

// Kind says what a [Part] is.
type Kind int

// The kinds of parts.
const (
	Source    Kind = iota // Go source
	Line                  // %name args
	CellMagic             // %%name args, and the rest of the cell as Body
	Shell                 // !command
	Help                  // NAME? or ?NAME, detail 1 with two marks
)

// Part is one piece of a cell; the parts of a cell run in order.
type Part struct {
	Kind Kind
	Name string // of a magic; the name asked for with Help
	Args string // the rest of a magic's line; the command of Shell
	Text string // Go source, or the body of a cell magic
	Line int    // cell line (1-based) of the part's first line
	// TextLine is the cell line of Text's first line.
	TextLine int
	Detail   int // 1 for NAME??
}

// SyntaxError is a magic line that cannot be understood.
type SyntaxError struct {
	Line, Column int
	Msg          string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("%d:%d: %s", e.Line, e.Column, e.Msg) }

// Split separates the text of a cell into parts. A magic, shell or help line
// is one that begins, at its first column, outside brackets, raw strings and comments, with %, ! or ?
// (or ends a lone name with ?). A cell magic must be the first thing in its cell.
func Split(code string) ([]Part, error) {
	code = strings.ReplaceAll(code, "\r\n", "\n")
	lines := strings.SplitAfter(code, "\n")
	if first := firstNonBlank(lines); first >= 0 {
		if l := strings.TrimRight(lines[first], " \t\n"); strings.HasPrefix(l, "%%") {
			name, args := splitName(l[2:])
			if name == "" {
				return nil, &SyntaxError{first + 1, 1, "a name is wanted after %%; %lsmagic lists them, and Go statements need none"}
			}
			return []Part{{Kind: CellMagic, Name: name, Args: args, Line: first + 1,
				Text: strings.Join(lines[first+1:], ""), TextLine: first + 2}}, nil
		}
	}
	var parts []Part
	goStart := -1
	flush := func(end int) {
		if goStart >= 0 {
			if text := strings.Join(lines[goStart:end], ""); strings.TrimSpace(text) != "" {
				parts = append(parts, Part{Kind: Source, Text: text, Line: goStart + 1, TextLine: goStart + 1})
			}
		}
		goStart = -1
	}
	inside := continuations(code)
	for i, raw := range lines {
		p, ok, err := special(strings.TrimRight(raw, " \t\n"), i+1)
		if inside[i] || (!ok && err == nil) {
			if goStart < 0 {
				goStart = i
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		flush(i)
		parts = append(parts, p)
	}
	flush(len(lines))
	return parts, nil
}

// special recognises a line that is not Go.
func special(line string, n int) (Part, bool, error) {
	switch {
	case strings.HasPrefix(line, "%%"):
		return Part{}, false, &SyntaxError{n, 1, "a cell magic (%%) must stand at the top of its cell"}
	case strings.HasPrefix(line, "%"):
		name, args := splitName(line[1:])
		if name == "" {
			return Part{}, false, &SyntaxError{n, 1, "a name is wanted after %; %lsmagic lists them"}
		}
		return Part{Kind: Line, Name: name, Args: args, Line: n, TextLine: n}, true, nil
	case strings.HasPrefix(line, "!"):
		return Part{Kind: Shell, Args: strings.TrimSpace(line[1:]), Line: n, TextLine: n}, true, nil
	case strings.HasPrefix(line, "?"):
		return help(strings.TrimLeft(line, "?"), line, n)
	case strings.HasSuffix(line, "?"):
		return help(strings.TrimRight(line, "?"), line, n)
	}
	return Part{}, false, nil
}

func help(name, line string, n int) (Part, bool, error) {
	name = strings.TrimSpace(name)
	for _, r := range name {
		if r != '.' && r != '_' && r != '%' && r != '/' && !isLetter(r) && (r < '0' || r > '9') {
			return Part{}, false, nil
		}
	}
	if name == "" {
		return Part{}, false, &SyntaxError{n, 1, "a name is wanted beside ?, as in fmt.Println?"}
	}
	p := Part{Kind: Help, Name: name, Line: n, TextLine: n}
	if strings.HasPrefix(line, "??") || strings.HasSuffix(line, "??") {
		p.Detail = 1
	}
	return p, true, nil
}

func isLetter(r rune) bool {
	return r == '_' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r >= 0x80
}

// splitName parts "name args"; the name is letters, digits, _ and -.
func splitName(s string) (name, args string) {
	end := strings.IndexFunc(s, func(r rune) bool {
		return !isLetter(r) && (r < '0' || r > '9') && r != '-'
	})
	if end < 0 {
		return s, ""
	}
	return s[:end], strings.TrimSpace(s[end:])
}

func firstNonBlank(lines []string) int {
	for i, l := range lines {
		if strings.TrimSpace(l) != "" {
			return i
		}
	}
	return -1
}

// continuations tells for each line whether it begins inside brackets, a raw
// string or a comment that an earlier Go line opened. The lines that special
// recognises are blanked first: what stands in a shell line is not Go.
func continuations(code string) []bool {
	lines := strings.SplitAfter(code, "\n")
	inside := make([]bool, len(lines)+1)
	// One pass over the whole text would take a shell line's quotes for Go's,
	// so the lines are fed one by one, with what the Go lines before have left open.
	var open unfinished
	for i, raw := range lines {
		inside[i] = open != unfinished{}
		if !inside[i] {
			if _, ok, err := special(strings.TrimRight(raw, " \t\n"), i+1); ok || err != nil {
				continue
			}
		}
		open = open.after(raw)
	}
	return inside
}

// unfinished is what Go lines have left open: brackets, and the raw string or
// comment that begins with inside.
type unfinished struct {
	depth  int
	inside string
}

// after is what is open after one more line.
func (u unfinished) after(line string) unfinished {
	next := unfinished{depth: u.depth}
	scan(u.inside+line, func(_ int, tok token.Token, _ string) bool {
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			next.depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			next.depth--
		}
		return true
	}, func(_ int, msg string) {
		switch msg {
		case "comment not terminated":
			next.inside = "/*"
		case "raw string literal not terminated":
			next.inside = "`"
		}
	})
	next.depth = max(next.depth, 0)
	return next
}

// scan runs Go's scanner over text; offsets are into text. bad may be nil.
func scan(text string, each func(off int, tok token.Token, lit string) bool, bad func(off int, msg string)) {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(text))
	var s scanner.Scanner
	s.Init(file, []byte(text), func(pos token.Position, msg string) {
		if bad != nil {
			bad(pos.Offset, msg)
		}
	}, 0)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF || !each(file.Offset(pos), tok, lit) {
			return
		}
	}
}
