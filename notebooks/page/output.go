package page

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"maps"
	"slices"
	"strings"

	"lockstep/notebooks/nb"
)

// imageTypes are the pictures that browsers show, in order of preference.
var imageTypes = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}

// richness orders the MIME types from the first choice down, as nbconvert's
// HTML exporter does; what nbconvert does not know stands where JupyterLab
// puts it. Vendor types have no renderer here: their text/html is shown.
var richness = []struct {
	mime   string
	render func(*writer, nb.Output, string) (string, bool)
}{
	{"application/javascript", (*writer).javaScript},
	{"text/html", (*writer).html},
	{"text/markdown", (*writer).markdown},
	{"image/svg+xml", (*writer).svg},
	{"text/latex", (*writer).latex},
	{"image/png", (*writer).image},
	{"image/jpeg", (*writer).image},
	{"image/gif", (*writer).image},
	{"image/webp", (*writer).image},
	{"application/json", (*writer).json},
	{"text/plain", (*writer).plain},
}

// output returns one output as HTML.
func (w *writer) output(o nb.Output) string {
	switch o.Type {
	case nb.Stream:
		return w.terminal(o.Text, "nb-stream "+streamClass(o.Name), "")
	case nb.Error:
		text := strings.Join(o.Traceback, "\n")
		if strings.TrimSpace(text) == "" {
			text = o.ErrName + ": " + o.ErrValue
		}
		return w.terminal(text, "nb-error", ` role="group" aria-label="Error"`)
	case nb.DisplayData, nb.ExecuteResult:
		return w.bundle(o)
	}
	return note(fmt.Sprintf("An output of type %q, which this page cannot show.", string(o.Type)))
}

func streamClass(name string) string {
	if name == "stderr" {
		return "nb-stderr"
	}
	return "nb-stdout"
}

func note(text string) string { return `<p class="nb-note">` + html.EscapeString(text) + "</p>" }

// bundle shows the richest representation that can be shown.
func (w *writer) bundle(o nb.Output) string {
	for _, r := range richness {
		if _, ok := o.Data[r.mime]; !ok {
			continue
		}
		if out, ok := r.render(w, o, r.mime); ok {
			return out
		}
	}
	names := slices.Sorted(maps.Keys(o.Data))
	for _, mime := range names {
		if text, ok := o.Data.Text(mime); ok && strings.HasPrefix(mime, "text/") {
			return w.terminal(text, "nb-plain", "")
		}
		if strings.HasSuffix(mime, "+json") {
			return w.tree(o.Data[mime])
		}
	}
	if len(names) == 0 {
		return ""
	}
	if w.sanitize && slices.Contains(names, "application/javascript") {
		return leftOut([]string{"script"})
	}
	return note("An output of type " + strings.Join(names, ", ") + ", which this page cannot show.")
}

// terminal shows text as a terminal would, cut where it is too long.
func (w *writer) terminal(text, class, attributes string) string {
	lines := terminalLines(text)
	if len(lines) == 0 {
		return ""
	}
	head, tail, omitted := w.budget.cut(lines)
	body := strings.Join(head, "\n")
	if omitted > 0 {
		body += fmt.Sprintf("\n<span class=\"nb-omitted\">… %s left out of this page …</span>\n", lineCount(omitted)) + strings.Join(tail, "\n")
	}
	if len(head)+len(tail) > longOutput {
		class += " nb-long"
		if attributes == "" {
			attributes = fmt.Sprintf(` role="region" aria-label="Output of %s"`, lineCount(len(lines)))
		}
		attributes += ` tabindex="0"`
	}
	// A parser drops a newline right behind the tag; one more saves ours.
	if strings.HasPrefix(body, "\n") {
		body = "\n" + body
	}
	return `<pre class="nb-text ` + class + `"` + attributes + ">" + body + "</pre>"
}

// longOutput is the number of lines from which an output scrolls on the screen.
const longOutput = 60

func lineCount(n int) string {
	if n == 1 {
		return "1 line"
	}
	return fmt.Sprintf("%d lines", n)
}

func (w *writer) plain(o nb.Output, mime string) (string, bool) {
	text, ok := o.Data.Text(mime)
	return w.terminal(text, "nb-plain", ""), ok
}

func (w *writer) html(o nb.Output, mime string) (string, bool) {
	text, ok := o.Data.Text(mime)
	w.budget.spend(len(text))
	return `<div class="nb-rich">` + w.weave(text, fragment{}) + "</div>", ok
}

func (w *writer) markdown(o nb.Output, mime string) (string, bool) {
	text, ok := o.Data.Text(mime)
	if !ok {
		return "", false
	}
	out, err := w.markdownHTML(text)
	w.budget.spend(len(out))
	return `<div class="nb-rich nb-prose">` + w.weave(out, fragment{}) + "</div>", err == nil
}

// javaScript runs in the page, as nbconvert's does: "element" is the place of
// the output. A sanitized page has no such place.
func (w *writer) javaScript(o nb.Output, mime string) (string, bool) {
	text, ok := o.Data.Text(mime)
	if w.sanitize {
		return "", false
	}
	w.scripts++
	id := fmt.Sprintf("output-script-%d", w.scripts)
	// Inside a script these two would end it, or hide its end.
	text = strings.NewReplacer("</", `<\/`, "<!--", `<\!--`).Replace(text)
	return fmt.Sprintf("<div class=\"nb-rich\" id=\"%s\"></div><script>var element = document.getElementById(%q);\n%s\n</script>", id, id, text), ok
}

// svg puts the drawing into the page itself, where it can take the page's
// colours. One that names none of them stands on light paper in both themes.
func (w *writer) svg(o nb.Output, mime string) (string, bool) {
	text, ok := o.Data.Text(mime)
	title, drawing := readDrawing(text)
	if !ok || !drawing {
		return "", false
	}
	alt := title
	if alt == "" {
		alt = w.altText(o, mime)
	}
	if start := strings.Index(text, "<svg"); start > 0 {
		text = text[start:] // past the XML declaration and document type
	}
	class := "nb-figure"
	if !strings.Contains(text, "currentColor") && !strings.Contains(text, "var(--") && !strings.Contains(text, "prefers-color-scheme") {
		class += " nb-on-light"
	}
	return fmt.Sprintf(`<div class="%s" role="img" aria-label="%s">%s</div>`, class, html.EscapeString(alt), w.weave(text, fragment{})), true
}

// readDrawing reports whether text is well-formed XML with an svg element at its
// root, and returns the title of the drawing.
func readDrawing(text string) (title string, ok bool) {
	dec := xml.NewDecoder(strings.NewReader(text))
	dec.Entity = xml.HTMLEntity
	var open []string
	root := ""
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return strings.TrimSpace(title), root == "svg"
		}
		if err != nil {
			return "", false
		}
		switch token := token.(type) {
		case xml.StartElement:
			if root == "" {
				root = token.Name.Local
			}
			open = append(open, token.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			// Only the drawing's own title, not those of its shapes.
			if len(open) == 2 && open[1] == "title" {
				title += string(token)
			}
		}
	}
}

func (w *writer) image(o nb.Output, mime string) (string, bool) {
	text, ok := o.Data.Text(mime)
	if _, err := o.Data.Bytes(mime); err != nil || !ok {
		return "", false
	}
	size := ""
	for _, key := range []string{"width", "height"} {
		if v, ok := o.Metadata.Lookup(mime, key); ok {
			if n, err := pixels(fmt.Sprint(v)); err == nil {
				size += fmt.Sprintf(` %s="%g"`, key, n)
			}
		}
	}
	return fmt.Sprintf(`<div class="nb-figure nb-on-light"><img src="%s" alt="%s"%s></div>`, dataURL(mime, text), html.EscapeString(w.altText(o, mime)), size), true
}

// dataURL returns base64 text, line breaks dropped, as an address.
func dataURL(mime, base64 string) string {
	return "data:" + mime + ";base64," + html.EscapeString(strings.Join(strings.Fields(base64), ""))
}

// altText describes a picture: by its metadata, else by its text/plain, else by
// the cell it came from.
func (w *writer) altText(o nb.Output, mime string) string {
	for _, alt := range []string{o.Metadata.Text(mime, "alt"), o.Metadata.Text("alt")} {
		if alt != "" {
			return alt
		}
	}
	text, _ := o.Data.Text("text/plain")
	text = strings.Join(strings.Fields(text), " ")
	// <Figure size 640x480> and the like say nothing.
	if text != "" && !strings.HasPrefix(text, "<") && len(text) <= 200 {
		return text
	}
	return "Picture made by " + w.cellName
}

// latex shows formulas as formulas and the text between them as text.
func (w *writer) latex(o nb.Output, mime string) (string, bool) {
	text, ok := o.Data.Text(mime)
	text = strings.TrimSpace(text)
	w.budget.spend(len(text))
	var b strings.Builder
	for text != "" && ok {
		before, tex, after, display := cutFormula(text)
		b.WriteString(html.EscapeString(before))
		if tex != "" {
			b.WriteString(formulaHTML(tex, display))
		}
		text = after
	}
	return `<div class="nb-rich nb-formula">` + b.String() + "</div>", ok
}

// formulaMarks are the ways to mark a formula in LaTeX; where two open at the
// same place the earlier counts.
var formulaMarks = []struct {
	open, closing string
	display       bool
}{
	{"$$", "$$", true}, {`\[`, `\]`, true}, {`\(`, `\)`, false}, {"$", "$", false}, {`\begin{`, "", true},
}

// cutFormula finds the first formula of a text.
func cutFormula(text string) (before, tex, after string, display bool) {
	first := len(text)
	before = text
	for _, m := range formulaMarks {
		start := strings.Index(text, m.open)
		if start < 0 || start >= first {
			continue
		}
		inner := start + len(m.open)
		closing := m.closing
		if closing == "" {
			name, _, _ := strings.Cut(text[inner:], "}")
			closing = `\end{` + name + "}"
		}
		length := strings.Index(text[inner:], closing)
		if length < 0 {
			continue
		}
		end := inner + length + len(closing)
		first, before, tex, after, display = start, text[:start], text[inner:inner+length], text[end:], m.display
		if m.closing == "" {
			tex = text[start:end] // the environment is part of the formula
		}
	}
	return before, tex, after, display
}

func (w *writer) json(o nb.Output, mime string) (string, bool) {
	return w.tree(o.Data[mime]), true
}

// tree shows a JSON value as lists that fold.
func (w *writer) tree(v any) string {
	left := maxTreeNodes
	var b strings.Builder
	writeTree(&b, "", v, 0, &left)
	w.budget.spend(b.Len())
	return `<div class="nb-json">` + b.String() + "</div>"
}

// maxTreeNodes bounds a tree: beyond it no one unfolds.
const maxTreeNodes = 2_000

func writeTree(b *strings.Builder, key string, v any, depth int, left *int) {
	*left--
	if *left < 0 {
		if *left == -1 {
			b.WriteString(`<div class="nb-leaf nb-omitted">… more, left out of this page</div>`)
		}
		return
	}
	label := ""
	if key != "" {
		label = `<span class="nb-key">` + html.EscapeString(key) + "</span>: "
	}
	branch := func(kind string, n int, children func()) {
		open := ""
		if depth < 2 && n <= 50 {
			open = " open"
		}
		fmt.Fprintf(b, `<details%s><summary>%s<span class="nb-size">%s of %d</span></summary>`, open, label, kind, n)
		children()
		b.WriteString("</details>")
	}
	switch v := v.(type) {
	case map[string]any:
		if len(v) > 0 && depth < 100 {
			branch("object", len(v), func() {
				for _, k := range slices.Sorted(maps.Keys(v)) {
					writeTree(b, k, v[k], depth+1, left)
				}
			})
			return
		}
	case []any:
		if len(v) > 0 && depth < 100 {
			branch("list", len(v), func() {
				for i, item := range v {
					writeTree(b, fmt.Sprint(i), item, depth+1, left)
				}
			})
			return
		}
	}
	b.WriteString(`<div class="nb-leaf">` + label + leaf(v) + "</div>")
}

// leaf returns a JSON value that does not fold.
func leaf(v any) string {
	class := "hl-m"
	if _, ok := v.(string); ok {
		class = "hl-s"
	}
	var text strings.Builder
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return html.EscapeString(err.Error())
	}
	out := strings.TrimSpace(text.String())
	if runes := []rune(out); len(runes) > 2_000 {
		out = string(runes[:2_000]) + "…"
	}
	return `<span class="` + class + `">` + html.EscapeString(out) + "</span>"
}
