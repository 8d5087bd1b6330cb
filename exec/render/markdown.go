package render

import (
	"fmt"
	"io"
	"strings"

	"lockstep/exec/measure"
)

// Markdown writes a result with the tables of GitHub's Markdown.
func Markdown(w io.Writer, r measure.Result) error {
	rep := newReport(&r)
	var b strings.Builder
	if rep.title != "" {
		fmt.Fprintf(&b, "**%s**\n\n", markdownText(rep.title))
	}
	fmt.Fprintf(&b, "%s\n\n", markdownText(rep.about))
	markdownTable(&b, rep.times)
	for _, line := range rep.legend {
		fmt.Fprintf(&b, "\n%s\n", markdownText(line))
	}
	for _, line := range rep.verdict {
		fmt.Fprintf(&b, "\n%s\n", markdownText(line))
	}
	for _, t := range rep.details {
		b.WriteString("\n")
		markdownTable(&b, t)
	}
	if len(rep.results) > 0 {
		b.WriteString("\nResults:\n\n")
		for _, line := range rep.results {
			fmt.Fprintf(&b, "- %s\n", markdownText(line))
		}
	}
	if len(rep.notes) > 0 {
		b.WriteString("\nNotes:\n\n")
		for i, note := range rep.notes {
			fmt.Fprintf(&b, "%d. %s\n", i+1, markdownText(note))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// markdownTable writes a table. Markdown has one row of headers: the group of a
// column goes before its title where two columns have the same.
func markdownTable(b *strings.Builder, t grid) {
	fmt.Fprintf(b, "*%s*\n\n", markdownText(t.caption))
	titles := map[string]int{}
	for _, c := range t.columns {
		titles[c.title]++
	}
	for _, c := range t.columns {
		title := c.title
		if c.group != "" && titles[c.title] > 1 && c.group != t.columns[1].group {
			title += ", " + c.group
		}
		b.WriteString("| " + markdownText(title) + " ")
	}
	b.WriteString("|\n")
	b.WriteString(strings.Repeat("|---:", len(t.columns)) + "|\n")
	for _, row := range t.rows {
		for _, c := range row {
			text := markdownText(c.text)
			if c.tone == strong {
				text = "**" + text + "**"
			}
			if c.faint != "" {
				text += " " + markdownText(c.faint)
			}
			b.WriteString("| " + text + superscript(c.notes...) + " ")
		}
		b.WriteString("|\n")
	}
}

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "<", "&lt;", ">", "&gt;", "&", "&amp;", "[", `\[`, "~", `\~`, "\n", " ",
)

func markdownText(s string) string { return markdownEscapes.Replace(s) }
