package page

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lockstep/notebooks/nb"
)

// A weaver makes the HTML of notebooks fit into one page: it closes what was
// left open, gives headings their ids and collects them, turns links between
// notebooks into links between pages, puts local images into the page, and
// takes out what would be fetched from the network.
type weaver struct {
	// pages maps the names of notebooks to the files of their pages.
	pages map[string]string
	// name is the notebook being written, for relative links.
	name string
	// local returns a file beside the notebook as a data URL.
	local func(name string) (dataURL string, ok bool)
	// sanitize reduces what it weaves to the allowlist and says what it left out.
	sanitize bool

	ids      map[string]bool
	headings []heading
	summary  string
}

// A heading is a line of the table of contents.
type heading struct {
	Level    int
	ID, Text string
}

// fragment is one piece of HTML on its way into the page.
type fragment struct {
	// attachments of the cell it came from.
	attachments map[string]nb.Bundle
	// prose says that it is the notebook's own text: its headings and first
	// paragraph count.
	prose bool
}

// weave returns the fragment as well-formed HTML. What no parser can close is
// shown as text.
func (w *weaver) weave(source string, f fragment) string {
	if !w.sanitize {
		return w.wellFormed(source, f)
	}
	clean, left := sanitized(source)
	return w.wellFormed(clean, f) + leftOut(left)
}

func (w *weaver) wellFormed(source string, f fragment) string {
	body := &html.Node{Type: html.ElementNode, Data: "div", DataAtom: atom.Div}
	nodes, err := html.ParseFragment(strings.NewReader(source), body)
	if err == nil {
		for _, n := range nodes {
			body.AppendChild(n)
		}
		w.walk(body, f)
		var b strings.Builder
		for n := range body.ChildNodes() {
			if err = html.Render(&b, n); err != nil {
				break
			}
		}
		if err == nil {
			return b.String()
		}
	}
	return `<pre class="nb-text">` + html.EscapeString(source) + "</pre>"
}

// walk changes the children of a node. It goes on to those of the children,
// unless it replaced them.
func (w *weaver) walk(parent *html.Node, f fragment) {
	for _, n := range slices.Collect(parent.ChildNodes()) {
		if n.Type != html.ElementNode {
			continue
		}
		if remote := fetches(n); remote != "" {
			replace(n, instead(n, remote))
			continue
		}
		if n.Namespace == "" && speaksForPage(n) {
			unwrap(n)
			continue
		}
		if w.sanitize && !w.strict(n) {
			parent.RemoveChild(n)
			continue
		}
		switch n.DataAtom {
		case atom.A:
			w.link(n)
		case atom.Img:
			w.image(n, f)
		case atom.Table:
			if !inside(n, atom.Table) && !hasClass(parent, "nb-table") {
				wrapIn(n, "nb-table")
			}
		}
		if id := attribute(n, "id"); id != "" {
			w.ids[id] = true
		}
		w.walk(n, f)
		if level := headingLevel(n); level > 0 && f.prose {
			w.heading(n, level)
		}
		if n.DataAtom == atom.P && f.prose && w.summary == "" {
			w.summary = strings.Join(strings.Fields(textOf(n)), " ")
		}
		if n.Data == "svg" {
			scale(n)
		}
	}
}

// speaksForPage reports whether an element would change or swallow the page
// around it. A title inside a drawing does not.
func speaksForPage(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Base, atom.Meta, atom.Title, atom.Plaintext:
		return true
	}
	return false
}

// heading gives a heading the id that JupyterLab links to, and a link to itself.
func (w *weaver) heading(n *html.Node, level int) {
	text := strings.Join(strings.Fields(textOf(n)), " ")
	if text == "" {
		return
	}
	id := attribute(n, "id")
	if id == "" {
		id = w.unique(strings.ReplaceAll(text, " ", "-"))
		setAttribute(n, "id", id)
	}
	w.headings = append(w.headings, heading{level, id, text})
	anchor := element(atom.A, "class", "nb-anchor", "href", "#"+url.PathEscape(id), "aria-label", "Link to “"+text+"”")
	anchor.AppendChild(&html.Node{Type: html.TextNode, Data: "#"})
	n.AppendChild(anchor)
}

func (w *weaver) unique(id string) string {
	for i := 1; ; i++ {
		candidate := id
		if i > 1 {
			candidate = fmt.Sprintf("%s-%d", id, i)
		}
		if !w.ids[candidate] {
			w.ids[candidate] = true
			return candidate
		}
	}
}

// link turns a link to a notebook of the set into one to its page. A link that
// is a script leads nowhere.
func (w *weaver) link(n *html.Node) {
	u, err := url.Parse(strings.TrimSpace(attribute(n, "href")))
	if scheme := addressScheme(attribute(n, "href")); scheme == "javascript" || scheme == "vbscript" {
		setAttribute(n, "href", "#")
		return
	}
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasSuffix(u.Path, ".ipynb") {
		return
	}
	name := strings.TrimSuffix(path.Join(path.Dir(w.name), u.Path), ".ipynb")
	if file, ok := w.pages[name]; ok {
		u.Path = file
		setAttribute(n, "href", u.String())
	}
}

// image puts attachments and local files into the page.
func (w *weaver) image(n *html.Node, f fragment) {
	src := attribute(n, "src")
	if !hasAttribute(n, "alt") {
		setAttribute(n, "alt", "")
	}
	if name, ok := strings.CutPrefix(src, "attachment:"); ok {
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
		if data, ok := bundleImage(f.attachments[name]); ok {
			setAttribute(n, "src", data)
			return
		}
		missing := element(atom.Span, "class", "nb-missing")
		missing.AppendChild(&html.Node{Type: html.TextNode, Data: fmt.Sprintf("[image %q is not attached to this cell]", name)})
		replace(n, missing)
		return
	}
	if u, err := url.Parse(src); err == nil && u.Scheme == "" && u.Path != "" && w.local != nil {
		if data, ok := w.local(path.Join(path.Dir(w.name), u.Path)); ok {
			setAttribute(n, "src", data)
		}
	}
}

// bundleImage returns the first image of a bundle as a data URL.
func bundleImage(b nb.Bundle) (string, bool) {
	for _, mime := range imageTypes {
		if text, ok := b.Text(mime); ok {
			return dataURL(mime, text), true
		}
	}
	if text, ok := b.Text("image/svg+xml"); ok {
		return "data:image/svg+xml," + url.PathEscape(text), true
	}
	return "", false
}

// loaders are the attributes that make a browser fetch something at once.
var loaders = map[string][]string{
	"img": {"src", "srcset"}, "source": {"src", "srcset"}, "video": {"src", "poster"}, "audio": {"src"}, "track": {"src"},
	"iframe": {"src"}, "frame": {"src"}, "embed": {"src"}, "object": {"data"}, "script": {"src", "href"}, "link": {"href"},
	"input": {"src"}, "image": {"href", "src"}, "use": {"href"}, "feimage": {"href"}, "body": {"background"}, "table": {"background"},
}

// fetches returns the network address that an element would load, or "".
// Addresses in style sheets and scripts are left to the page's content security
// policy, which forbids them too.
func fetches(n *html.Node) string {
	names := loaders[strings.ToLower(n.Data)]
	for _, a := range n.Attr {
		if !slices.Contains(names, a.Key) {
			continue
		}
		candidates := []string{a.Val}
		if a.Key == "srcset" {
			candidates = strings.FieldsFunc(a.Val, func(r rune) bool { return r == ',' || r == ' ' })
		}
		for _, candidate := range candidates {
			if isRemote(candidate) {
				return strings.TrimSpace(candidate)
			}
		}
	}
	return ""
}

// isRemote reports whether a browser would go to the network for the address.
func isRemote(address string) bool {
	scheme := addressScheme(address)
	return scheme != "" && !slices.Contains([]string{"data", "blob", "about", "attachment", "javascript"}, scheme)
}

// addressScheme returns the scheme of an address as a browser reads it, "//" for
// an address that takes the page's scheme, "" for one beside the page.
func addressScheme(address string) string {
	// Browsers drop these wherever they stand, and read \ as /.
	address = strings.NewReplacer("\t", "", "\n", "", "\r", "", `\`, "/").Replace(address)
	address = strings.ToLower(strings.TrimFunc(address, func(r rune) bool { return r <= ' ' }))
	if strings.HasPrefix(address, "//") {
		return "//"
	}
	scheme, _, ok := strings.Cut(address, ":")
	if !ok || strings.ContainsAny(scheme, "/?#") {
		return ""
	}
	return scheme
}

// instead is what the page shows for something that is on the network.
func instead(n *html.Node, address string) *html.Node {
	what := attribute(n, "alt")
	if what == "" {
		what = n.Data
	}
	note := element(atom.Span, "class", "nb-missing")
	note.AppendChild(&html.Node{Type: html.TextNode, Data: fmt.Sprintf("[%s, not in this page: ", what)})
	link := element(atom.A, "href", address)
	link.AppendChild(&html.Node{Type: html.TextNode, Data: address})
	note.AppendChild(link)
	note.AppendChild(&html.Node{Type: html.TextNode, Data: "]"})
	return note
}

// scale lets a drawing of fixed size shrink with the column.
func scale(n *html.Node) {
	if hasAttribute(n, "viewBox") {
		return
	}
	width, err1 := pixels(attribute(n, "width"))
	height, err2 := pixels(attribute(n, "height"))
	if err1 == nil && err2 == nil {
		setAttribute(n, "viewBox", fmt.Sprintf("0 0 %g %g", width, height))
	}
}

func pixels(s string) (float64, error) {
	return strconv.ParseFloat(strings.TrimSuffix(s, "px"), 64)
}

func headingLevel(n *html.Node) int {
	switch n.DataAtom {
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		return int(n.Data[1] - '0')
	}
	return 0
}

// textOf returns the text of a node; a formula counts as its TeX source, and
// marks of footnotes and notes of this package do not count.
func textOf(n *html.Node) string {
	switch {
	case n.Type == html.TextNode:
		return n.Data
	case n.Data == "math":
		return attribute(n, "alttext")
	case hasClass(n, "nb-anchor"), hasClass(n, "footnote-ref"), hasClass(n, "nb-missing"), n.DataAtom == atom.Style, n.DataAtom == atom.Script:
		return ""
	}
	var b strings.Builder
	for c := range n.ChildNodes() {
		b.WriteString(textOf(c))
	}
	return b.String()
}
