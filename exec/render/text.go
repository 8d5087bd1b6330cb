package render

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"lockstep/exec/measure"
)

// Text writes a result as plain text, for terminals and text/plain.
func Text(w io.Writer, r measure.Result) error {
	rep := newReport(&r)
	var b strings.Builder
	if rep.title != "" {
		b.WriteString(rep.title + "\n")
	}
	b.WriteString(rep.about + "\n\n")
	b.WriteString(textTable(rep.times) + "\n")
	for _, line := range rep.legend {
		b.WriteString("  " + wrap(line, 100, "  ") + "\n")
	}
	if len(rep.verdict) > 0 {
		b.WriteString("\n")
		for _, line := range rep.verdict {
			fmt.Fprintf(&b, "  %s\n", wrap(line, 100, "  "))
		}
	}
	for _, t := range rep.details {
		b.WriteString("\n" + textTable(t) + "\n")
	}
	if len(rep.results) > 0 {
		b.WriteString("\nResults\n")
		for _, line := range rep.results {
			b.WriteString("  " + line + "\n")
		}
	}
	if len(rep.notes) > 0 {
		b.WriteString("\nNotes\n")
		for i, note := range rep.notes {
			fmt.Fprintf(&b, "  %s %s\n", superscript(i+1), wrap(note, 100, "    "))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func textTable(t grid) string {
	p := table.NewWriter()
	style := table.StyleLight
	style.Options.DrawBorder = false
	style.Options.SeparateColumns = false
	style.Format.Header = text.FormatDefault
	p.SetStyle(style)
	p.SuppressTrailingSpaces()
	if groups := t.groups(); groups != nil {
		row := table.Row{}
		for _, g := range groups {
			for range g.columns {
				row = append(row, g.title)
			}
		}
		p.AppendHeader(row, table.RowConfig{AutoMerge: true, AutoMergeAlign: text.AlignCenter})
	}
	header, configs := table.Row{}, []table.ColumnConfig{}
	for i, c := range t.columns {
		header = append(header, c.title)
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	p.AppendHeader(header)
	for i, width := range t.leastWidths() {
		configs[i].WidthMin = width
	}
	p.SetColumnConfigs(configs)
	for _, r := range t.rows {
		row := table.Row{}
		for _, c := range r {
			row = append(row, textCell(c))
		}
		p.AppendRow(row)
	}
	return t.caption + "\n" + p.Render()
}

// leastWidths are widths of the columns with which the header of each group has room above them.
// go-pretty makes room by itself, but some widths have it divide by zero (v6.8.3, reBalanceMaxMergedColumnLengths).
func (t grid) leastWidths() []int {
	widths := make([]int, len(t.columns))
	first := 0
	for _, g := range t.groups() {
		room := g.columns - 1 // between the columns
		for i := first; i < first+g.columns; i++ {
			widths[i] = text.LongestLineLen(t.columns[i].title)
			for _, row := range t.rows {
				widths[i] = max(widths[i], text.LongestLineLen(textCell(row[i])))
			}
			room += widths[i]
		}
		for i := first; room < text.LongestLineLen(g.title); i++ {
			widths[first+(i-first)%g.columns]++
			room++
		}
		first += g.columns
	}
	return widths
}

func textCell(c cell) string {
	s := c.text
	if c.faint != "" {
		s += " " + c.faint
	}
	return s + superscript(c.notes...)
}

var raised = strings.NewReplacer("0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴", "5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// superscript writes numbers in small raised digits, with commas: two notes are not to look like one.
func superscript(numbers ...int) string { return raised.Replace(list(numbers)) }

// list writes numbers down with commas.
func list(numbers []int) string {
	texts := make([]string, len(numbers))
	for i, n := range numbers {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ",")
}

// wrap breaks a text into lines of a width, the later ones indented.
func wrap(s string, width int, indent string) string {
	var b strings.Builder
	n := 0
	for i, word := range strings.Fields(s) {
		length := len([]rune(word))
		switch {
		case i == 0:
		case n+1+length > width:
			b.WriteString("\n" + indent)
			n = 0
		default:
			b.WriteByte(' ')
			n++
		}
		b.WriteString(word)
		n += length
	}
	return b.String()
}
