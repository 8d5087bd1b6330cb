package run

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"lockstep/notebooks/nb"
)

// tagUnchecked leaves a cell out of the comparison; nbval, which compares notebooks for
// pytest, has the same tag.
const tagUnchecked = "nbval-ignore-output"

// Shown is what the cells of a notebook show, by the cell's id, as text without
// what differs from one execution to the next: times, sizes, addresses, and the ratios and shares made of them.
type Shown map[string]string

// ShownBy returns what a notebook shows. Execution counts are no part of it.
func ShownBy(n *nb.Notebook) Shown {
	shown := Shown{}
	for i := range n.Cells {
		if c := &n.Cells[i]; runs(c) {
			shown[c.ID] = normalized(c)
		}
	}
	return shown
}

// Nothing reports whether no cell shows anything: most likely the notebook has never been executed.
func (s Shown) Nothing() bool {
	return !slices.ContainsFunc(slices.Collect(maps.Values(s)), func(text string) bool { return text != "" })
}

// A Mismatch is a cell that shows something else than before.
type Mismatch struct {
	Place int    // among all cells of the notebook, from 1
	Diff  string // a unified diff of what it showed and what it shows
}

// A MismatchError lists the cells of a notebook that show something else than before.
type MismatchError struct{ Cells []Mismatch }

// Error returns the places.
func (e *MismatchError) Error() string {
	if len(e.Cells) == 1 {
		return fmt.Sprintf("cell %d shows something else than what is stored", e.Cells[0].Place)
	}
	var places []string
	for _, c := range e.Cells {
		places = append(places, fmt.Sprint(c.Place))
	}
	return fmt.Sprintf("%d cells show something else than what is stored: cells %s", len(places), strings.Join(places, ", "))
}

// Differ compares what cells of n show with what they showed before. A cell with the tag
// nbval-ignore-output may show anything. The error is a [*MismatchError].
func (s Shown) Differ(n *nb.Notebook) error {
	var e MismatchError
	for i := range n.Cells {
		c := &n.Cells[i]
		before, known := s[c.ID]
		if !runs(c) || !known || c.HasTag(tagUnchecked) {
			continue
		}
		if now := normalized(c); now != before {
			_, d, _ := strings.Cut(string(diff.Diff("stored", []byte(before), "shown now", []byte(now))), "\n")
			e.Cells = append(e.Cells, Mismatch{i + 1, d})
		}
	}
	if len(e.Cells) == 0 {
		return nil
	}
	return &e
}

// normalized is what a cell shows: the text of each stream, which messages may cut anywhere, then
// the other outputs in their order, with the names of their other forms.
func normalized(c *nb.Cell) string {
	streams := map[string]string{}
	var rest strings.Builder
	for _, o := range c.Outputs {
		switch o.Type {
		case nb.Stream:
			streams[o.Name] += o.Text
		case nb.Error:
			fmt.Fprintf(&rest, "error %s: %s\n", o.ErrName, o.ErrValue)
		default:
			fmt.Fprintf(&rest, "%s %s\n", o.Type, strings.Join(slices.Sorted(maps.Keys(o.Data)), " "))
			if text := o.PlainText(); text != "" {
				rest.WriteString(text + "\n")
			}
		}
	}
	var all strings.Builder
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		all.WriteString(name + "\n" + strings.TrimSuffix(streams[name], "\n") + "\n")
	}
	text := all.String() + rest.String()
	for _, r := range restless {
		text = r.pattern.ReplaceAllString(text, r.stands)
	}
	return text
}

// restless are the parts of outputs that differ from one execution to the next.
var restless = []struct {
	pattern *regexp.Regexp
	stands  string
}{
	{regexp.MustCompile(`\x1b\[[0-9;]*m`), ""},
	{regexp.MustCompile(`\b\d{4}[-/]\d\d[-/]\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?( ?(Z|[+-]\d\d:?\d\d)( [A-Z]{3,4})?)?( m=[+-][\d.]+)?)?`), "DATE"},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d(\.\d+)?\b`), "TIME"},
	{regexp.MustCompile(`\b0x[0-9a-fA-F]{6,}\b`), "ADDRESS"},
	{regexp.MustCompile(`(≈ *|~ *|± *)?\b(\d+h)?(\d+m)?\d[\d,]*(\.\d+)? ?(ns|µs|us|ms|s|min)\b`), "TIME"},
	{regexp.MustCompile(`(± *|< *)?\b\d[\d,]*(\.\d+)? ?%`), "SHARE"},
	{regexp.MustCompile(`(≈ *|~ *)?\b\d+(\.\d+)? ?×`), "RATIO"},
	{regexp.MustCompile(`\b\d+(\.\d+)? ?([kKMGT]i?)?B\b`), "SIZE"},
	// A table is as wide as its widest figure.
	{regexp.MustCompile(`[ \t]{2,}`), "  "},
	{regexp.MustCompile(`─{2,}`), "──"},
	{regexp.MustCompile(`(?m) +$`), ""},
}
