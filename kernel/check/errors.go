package check

import (
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"sort"
	"strings"
)

// MaxErrors is how many errors of a cell are reported.
const MaxErrors = 10

// Error is one fault of a cell, in Go's own words.
type Error struct {
	Pos token.Position // cell name, line and column (bytes) in it
	Msg string
	// Earlier names the earlier declaration that the cell breaks, "" when the fault is in the cell itself.
	Earlier string
	key     string // of the same
}

// ErrorList is all that is wrong with a cell, sorted by position, at most [MaxErrors] and then one that counts the rest.
type ErrorList []Error

func (l ErrorList) Error() string {
	if len(l) == 0 {
		return "no errors"
	}
	first := l[0]
	text := fmt.Sprintf("%d:%d: %s", first.Pos.Line, first.Pos.Column, first.Msg)
	if n := len(l) - 1; n > 0 {
		text += fmt.Sprintf(" (and %d more)", n)
	}
	return text
}

// Render shows the errors with their source lines and a caret under each
// place. text is the cell's source, whose first line is cell line first.
func (l ErrorList) Render(text string, first int) []string {
	lines := strings.Split(text, "\n")
	var out []string
	for _, e := range l {
		if e.Earlier != "" {
			out = append(out, fmt.Sprintf("this breaks %s: %s:%d:%d: %s", e.Earlier, e.Pos.Filename, e.Pos.Line, e.Pos.Column, e.Msg))
			continue
		}
		out = append(out, fmt.Sprintf("line %d, column %d: %s", e.Pos.Line, e.Pos.Column, e.Msg))
		if i := e.Pos.Line - first; i >= 0 && i < len(lines) && e.Pos.Column > 0 {
			src := strings.TrimRight(lines[i], "\r")
			col := min(e.Pos.Column-1, len(src))
			out = append(out, fmt.Sprintf("%5d | %s", e.Pos.Line, src), "      | "+padding(src[:col])+"^")
		}
	}
	return out
}

// Broken are the names of the earlier declarations that the cell breaks, as %rm takes them.
func (l ErrorList) Broken() (names []string) {
	for _, e := range l {
		name, _, _ := strings.Cut(e.key, ",") // constants that are declared together
		if e.Earlier != "" && name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// padding is as wide as s when shown: tabs stay tabs.
func padding(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' {
			return '\t'
		}
		return ' '
	}, s)
}

// inCells has the parser's words fit a cell.
var inCells = strings.NewReplacer("expected 'EOF'", "expected the end of the cell", "found 'EOF'", "found the end of the cell",
	"expected 1 expression", "expected 1 expression; fmt.Println(a, b) shows several",
	"expected statement, found '%'", "expected statement, found '%'; a magic begins in its line's first column")

// FromScanner turns the parser's errors into an ErrorList.
func FromScanner(list scanner.ErrorList) ErrorList {
	var out ErrorList
	for _, e := range list {
		out = append(out, Error{Pos: e.Pos, Msg: inCells.Replace(e.Msg)})
	}
	return out.finish()
}

// finish sorts, drops repetitions and cuts the list to MaxErrors.
func (l ErrorList) finish() ErrorList {
	sort.SliceStable(l, func(i, j int) bool {
		a, b := l[i].Pos, l[j].Pos
		if (l[i].Earlier == "") != (l[j].Earlier == "") {
			return l[i].Earlier == ""
		}
		return a.Filename < b.Filename || a.Filename == b.Filename && (a.Line < b.Line || a.Line == b.Line && a.Column < b.Column)
	})
	out := l[:0]
	for _, e := range l {
		if n := len(out); n > 0 && out[n-1].Pos.Line == e.Pos.Line && out[n-1].Pos.Filename == e.Pos.Filename &&
			(out[n-1].Pos.Column == e.Pos.Column || out[n-1].Msg == e.Msg) {
			continue
		}
		out = append(out, e)
	}
	if len(out) > MaxErrors {
		rest := len(out) - MaxErrors
		out = append(out[:MaxErrors], Error{Pos: out[MaxErrors].Pos, Msg: fmt.Sprintf("and %d more errors from here on", rest)})
	}
	return out
}
