package page

import (
	"encoding/base64"
	"fmt"
	"html"
	"html/template"
	"io"
	"mime"
	"os"
	"path"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark"

	"lockstep/notebooks/nb"
)

// A writer turns the cells of one notebook into HTML.
type writer struct {
	*weaver
	budget   budget
	md       goldmark.Markdown
	language string
	blocks   int // of Markdown, for the ids of footnotes
	scripts  int // of JavaScript outputs
	cellIDs  []string
	cellName string // the current cell, in words
}

func newWriter(p Source, opt Options, pages map[string]string, md goldmark.Markdown) *writer {
	language := opt.Language
	if l := p.Notebook.Language(); l != "" {
		language = l
	}
	w := &writer{
		weaver:   &weaver{pages: pages, name: p.Name, sanitize: opt.Sanitize, ids: map[string]bool{"page-content": true, "page-theme": true}},
		md:       md,
		language: language,
		cellIDs:  cellIDs(p.Notebook),
	}
	for _, id := range w.cellIDs {
		w.ids[id] = true
	}
	if p.Dir != "" {
		// Names of notebooks are relative to the set, images to the notebook.
		base := path.Dir(p.Name)
		w.local = func(name string) (string, bool) { return localImage(p.Dir, strings.TrimPrefix(name, base+"/")) }
	}
	return w
}

// maxImageBytes is the largest file that is copied into a page.
const maxImageBytes = 8 << 20

// localImage reads an image below dir; a path that leaves dir is no image.
func localImage(dir, name string) (string, bool) {
	kind := mime.TypeByExtension(path.Ext(name))
	if !strings.HasPrefix(kind, "image/") {
		return "", false
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", false
	}
	defer root.Close()
	f, err := root.Open(name)
	if err != nil {
		return "", false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxImageBytes+1))
	if err != nil || len(data) > maxImageBytes {
		return "", false
	}
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(data), true
}

func (w *writer) markdownHTML(source string) (string, error) {
	w.blocks++
	return markdownHTML(w.md, source, w.blocks)
}

// cells returns all cells of the notebook as HTML.
func (w *writer) cells(n *nb.Notebook) (template.HTML, error) {
	var b strings.Builder
	for i := range n.Cells {
		out, err := w.cell(&n.Cells[i], i+1)
		if err != nil {
			return "", fmt.Errorf("cell %d: %w", i+1, err)
		}
		b.WriteString(out)
	}
	return template.HTML(strings.ToValidUTF8(b.String(), string(utf8.RuneError))), nil
}

// cell returns one cell; place counts from 1.
func (w *writer) cell(c *nb.Cell, place int) (string, error) {
	w.cellName = fmt.Sprintf("cell %d", place)
	if c.HasTag("remove-cell") {
		return "", nil
	}
	var body string
	kind := "nb-code"
	switch c.Type {
	case nb.Code:
		body = w.code(c)
	case nb.Markdown:
		kind = "nb-prose"
		out, err := w.markdownHTML(c.Source)
		if err != nil {
			return "", err
		}
		body = w.weave(out, fragment{attachments: c.Attachments, prose: true})
		w.budget.spend(len(body))
	default:
		kind = "nb-raw"
		body = w.raw(c)
	}
	if strings.TrimSpace(body) == "" {
		return "", nil
	}
	if label := hiddenCell(c); label != "" {
		body = fold(label, body)
	}
	return fmt.Sprintf("<div class=\"nb-cell %s\" id=\"%s\">\n%s</div>\n", kind, html.EscapeString(w.cellIDs[place-1]), body), nil
}

// cellIDs returns the places to which links to the cells lead.
func cellIDs(n *nb.Notebook) []string {
	ids := make([]string, len(n.Cells))
	taken := map[string]bool{}
	for i, c := range n.Cells {
		ids[i] = "cell-" + c.ID
		if c.ID == "" || taken[ids[i]] {
			ids[i] = fmt.Sprintf("cell-number-%d", i+1)
		}
		taken[ids[i]] = true
	}
	return ids
}

// hiddenCell returns what stands in the place of a cell that is folded away, or
// "" for one that is shown.
func hiddenCell(c *nb.Cell) string {
	switch {
	case c.HasTag("solution"):
		return "Show the solution"
	case c.HasTag("hide-cell"), c.Type == nb.Markdown && c.SourceHidden():
		return "Show this cell"
	}
	return ""
}

// fold hides HTML behind a line that unfolds it.
func fold(label, body string) string {
	return `<details class="nb-fold"><summary>` + html.EscapeString(label) + "</summary>\n" + body + "</details>\n"
}

func (w *writer) code(c *nb.Cell) string {
	var b strings.Builder
	if !c.Empty() && !c.HasTag("remove-input") {
		source := strings.TrimRight(c.Source, "\n")
		in := prompt("In ", c.ExecutionCount) + `<pre class="nb-source"><code>` + highlightCell(source, w.language) + "</code></pre>"
		w.budget.spend(len(in))
		if c.SourceHidden() || c.HasTag("hide-input") {
			in = fold("Show the code", in)
		}
		b.WriteString(`<div class="nb-in">` + in + "</div>\n")
	}
	if out := w.outputs(c); out != "" && !c.HasTag("remove-output") {
		if c.OutputsHidden() || c.HasTag("hide-output") {
			out = fold("Show the output", out)
		}
		b.WriteString(`<div class="nb-outs">` + out + "</div>\n")
	}
	return b.String()
}

func (w *writer) outputs(c *nb.Cell) string {
	// Joined in a copy: a page does not change the notebook it shows.
	joined := nb.Cell{Type: c.Type}
	for _, o := range c.Outputs {
		joined.Append(o)
	}
	var b strings.Builder
	for _, o := range joined.Outputs {
		out := w.output(o)
		if out == "" {
			continue
		}
		label := ""
		if o.Type == nb.ExecuteResult {
			label = prompt("Out", o.ExecutionCount)
		}
		b.WriteString(`<div class="nb-out">` + label + out + "</div>\n")
	}
	return b.String()
}

// prompt returns the label in the margin. A cell that was not executed has
// none.
func prompt(word string, count int) string {
	if count == 0 {
		return ""
	}
	return fmt.Sprintf(`<div class="nb-prompt">%s[%d]:</div>`, word, count)
}

// raw shows a raw cell that is meant for a page as what it is, one that is
// meant for another format not at all, and any other as text.
func (w *writer) raw(c *nb.Cell) string {
	format := c.Metadata.Text("raw_mimetype")
	if format == "" {
		format = c.Metadata.Text("format")
	}
	switch format {
	case "text/html":
		return w.weave(c.Source, fragment{attachments: c.Attachments, prose: true})
	case "text/markdown":
		if out, err := w.markdownHTML(c.Source); err == nil {
			return w.weave(out, fragment{attachments: c.Attachments, prose: true})
		}
	case "", "text/plain":
	default:
		return ""
	}
	if c.Empty() {
		return ""
	}
	return `<pre class="nb-text nb-plain">` + strings.Join(plainLines(c.Source), "\n") + "</pre>"
}
