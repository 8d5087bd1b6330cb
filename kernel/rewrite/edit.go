package rewrite

import (
	"cmp"
	"go/token"
	"slices"
	"strings"
)

// edits changes a source text in place, byte range by byte range, so that what
// is not touched keeps its line. Ranges must not overlap; insertions may meet.
type edits struct {
	base int // file base of position offsets
	text string
	list []edit
}

type edit struct {
	off, end int
	text     string
	rank     int // among insertions at one offset: lower first
}

func (e *edits) offset(p token.Pos) int { return int(p) - e.base }

// before inserts text before p; of several, the first asked for stands outermost (first).
func (e *edits) before(p token.Pos, text string) {
	e.list = append(e.list, edit{off: e.offset(p), end: e.offset(p), text: text, rank: 1_000_000 + len(e.list)})
}

// statement inserts a statement before the one that begins at p: before
// everything that before inserts there.
func (e *edits) statement(p token.Pos, text string) {
	e.list = append(e.list, edit{off: e.offset(p), end: e.offset(p), text: text, rank: len(e.list)})
}

// after inserts text right after what ends at p; of several, the first asked
// for stands outermost (last). It comes before what before inserts at p.
func (e *edits) after(p token.Pos, text string) {
	e.list = append(e.list, edit{off: e.offset(p), end: e.offset(p), text: text, rank: -len(e.list)})
}

// replace puts text in the place of [from, to).
func (e *edits) replace(from, to token.Pos, text string) {
	e.list = append(e.list, edit{off: e.offset(from), end: e.offset(to), text: text, rank: 2_000_000})
}

// drop removes [from, to) but keeps its line ends, so that lines keep their numbers.
func (e *edits) drop(from, to token.Pos) {
	gone := e.text[e.offset(from):e.offset(to)]
	e.replace(from, to, strings.Repeat("\n", strings.Count(gone, "\n")))
}

// replaceLines is replace for a whole statement: line ends that text lacks follow it.
func (e *edits) replaceLines(from, to token.Pos, text string) {
	e.replace(from, to, text+e.missing(from, to, text))
}

// replaceExpr is replace for an expression.
func (e *edits) replaceExpr(from, to token.Pos, text string) {
	if lines := e.missing(from, to, text); lines != "" {
		text = "(" + lines + text + ")"
	}
	e.replace(from, to, text)
}

// missing is the line ends that text lacks to stand for [from, to).
func (e *edits) missing(from, to token.Pos, text string) string {
	gone := strings.Count(e.text[e.offset(from):e.offset(to)], "\n")
	return strings.Repeat("\n", max(0, gone-strings.Count(text, "\n")))
}

// apply returns the edited text of [from, to). Edits inside a replaced range are lost.
func (e *edits) apply(from, to token.Pos) string {
	start, end := e.offset(from), e.offset(to)
	list := slices.Clone(e.list)
	slices.SortStableFunc(list, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.off, b.off), cmp.Compare(a.rank, b.rank))
	})
	var b strings.Builder
	at := start
	for _, ed := range list {
		if ed.off < at || ed.off > end || ed.end > end {
			continue
		}
		b.WriteString(e.text[at:ed.off])
		b.WriteString(ed.text)
		at = ed.end
	}
	b.WriteString(e.text[at:end])
	return b.String()
}
