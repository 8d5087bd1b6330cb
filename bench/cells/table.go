package cells

import (
	"fmt"
	"slices"
	"strings"
)

// Table is rows of figures, each of which is what it should be or not.
type Table struct {
	Columns []string
	Verdict string // the title of the last column
	Failed  int    // rows that are not what they should be

	rows [][]string
}

// Add appends a row. wrong names what is not as it should be; nothing if all is.
func (t *Table) Add(wrong []string, cells ...string) {
	verdict := "yes"
	if len(wrong) > 0 {
		t.Failed++
		verdict = "**no**: " + strings.Join(wrong, ", ")
	}
	t.rows = append(t.rows, append(cells, verdict))
}

// String is the table as Markdown.
func (t *Table) String() string {
	var b strings.Builder
	line := func(cells []string) { fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | ")) }
	line(append(slices.Clone(t.Columns), t.Verdict))
	fmt.Fprintf(&b, "|%s\n", strings.Repeat("---|", len(t.Columns)+1))
	for _, row := range t.rows {
		line(row)
	}
	return b.String()
}
