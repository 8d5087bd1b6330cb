package page

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"path"
	"strings"
	"time"

	"github.com/yuin/goldmark"

	"lockstep/notebooks/nb"
)

//go:embed assets
var assets embed.FS

// A set is the pages that are written together.
type set struct {
	sources []Source
	entries []entry
	opt     Options
	md      goldmark.Markdown
	links   map[string]string // from names of notebooks to files
	alone   bool              // one page without an index
}

// An entry is what other pages and the index say about a page.
type entry struct {
	File, Title, Summary string
	Status               string
	Elapsed              string
	Problem              string
	Cells                int
}

func newSet(sources []Source, opt Options) *set {
	s := &set{sources: sources, opt: opt, md: newMarkdown(), links: map[string]string{}}
	for i, file := range fileNames(sources) {
		p := sources[i]
		title := s.plainText(p.Notebook.Title())
		if title == "" {
			title = path.Base(p.Name)
		}
		s.entries = append(s.entries, entry{
			File: file, Title: title, Cells: codeCells(p.Notebook),
			Status: statusClass(p.Status), Elapsed: elapsed(p.Elapsed), Problem: p.Problem,
		})
		s.links[path.Clean(p.Name)] = file
	}
	return s
}

// plainText returns a line of Markdown without its markup.
func (s *set) plainText(line string) string {
	out, err := markdownHTML(s.md, line, 0)
	if err != nil {
		return line
	}
	w := &weaver{ids: map[string]bool{}}
	w.weave(out, fragment{prose: true})
	return w.summary
}

func codeCells(n *nb.Notebook) int {
	count := 0
	for _, c := range n.Cells {
		if c.Type == nb.Code && !c.Empty() {
			count++
		}
	}
	return count
}

// statusClass is the status as a word for a reader and for CSS; "" for a
// notebook that was only converted, of which there is nothing to say.
func statusClass(s Status) string {
	if s == NotRun {
		return ""
	}
	return s.String()
}

func elapsed(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d < time.Second:
		return fmt.Sprintf("%d ms", max(d.Milliseconds(), 1))
	case d < time.Minute:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}

// layout is what both templates get.
type layout struct {
	Title      string
	Set        string // title of the set
	Index      string // file of the index; "" without one
	Style      template.CSS
	Early, JS  template.JS
	Policy     string
	Entry      entry
	Prev, Next *entry
	Headings   []heading
	MakeTitle  bool // the notebook has no heading that could be the page's
	FailedCell string
	Body       template.HTML
	Entries    []entry
	Total      string
}

func (s *set) layout(title string) (layout, error) {
	style, err := styleSheet()
	if err != nil {
		return layout{}, err
	}
	early, err := assets.ReadFile("assets/early.js")
	if err != nil {
		return layout{}, err
	}
	script, err := assets.ReadFile("assets/page.js")
	if err != nil {
		return layout{}, err
	}
	l := layout{
		Title: title, Set: s.opt.Title, Policy: contentPolicy,
		Style: template.CSS(style), Early: template.JS(early), JS: template.JS(script),
	}
	if s.opt.Sanitize {
		l.Policy = strictPolicy(style, string(early), string(script))
	}
	if !s.alone {
		l.Index = indexFile
	}
	return l, nil
}

// contentPolicy lets a page use what is inside it and files beside it, and nothing
// from the network, whatever a notebook's HTML asks for.
const contentPolicy = "default-src 'none'; img-src 'self' file: data: blob:; media-src 'self' file: data: blob:; font-src data:; " +
	"style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-src data: blob:; form-action 'none'; base-uri 'none'"

// strictPolicy lets a page use its own style sheet and scripts, known by their sums,
// styles of single elements, and pictures that are inside it. It is a second wall:
// behind it, a script that sanitizing missed is not run. Browsers that do not know
// style-src-elem go by style-src.
func strictPolicy(style string, scripts ...string) string {
	sum := func(text string) string {
		s := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(s[:]) + "'"
	}
	own := make([]string, len(scripts))
	for i, text := range scripts {
		own[i] = sum(text)
	}
	return "default-src 'none'; img-src data:; style-src 'unsafe-inline'; style-src-elem " + sum(style) + "; style-src-attr 'unsafe-inline'; script-src " +
		strings.Join(own, " ") + "; form-action 'none'; base-uri 'none'"
}

// page writes the page of one notebook and completes its entry.
func (s *set) page(out io.Writer, i int) error {
	source, e := s.sources[i], &s.entries[i]
	w := newWriter(source, s.opt, s.links, s.md)
	body, err := w.cells(source.Notebook)
	if err != nil {
		return err
	}
	e.Summary = shorten(w.summary, 240)
	l, err := s.layout(e.Title)
	if err != nil {
		return err
	}
	l.Entry, l.Body, l.Headings = *e, body, contents(w.headings)
	l.MakeTitle = len(w.headings) == 0 || w.headings[0].Level != 1
	l.FailedCell = failedCell(source.Notebook, w.cellIDs)
	if !s.alone {
		if i > 0 {
			l.Prev = &s.entries[i-1]
		}
		if i+1 < len(s.entries) {
			l.Next = &s.entries[i+1]
		}
	}
	return execute(out, "page.html", l)
}

// contents picks the headings for the table of contents: the title left out,
// two levels below it.
func contents(headings []heading) []heading {
	var list []heading
	for i, h := range headings {
		if h.Level <= 3 && !(i == 0 && h.Level == 1) {
			list = append(list, h)
		}
	}
	return list
}

// failedCell picks from ids that of the first cell with an error that was not
// expected, or "".
func failedCell(n *nb.Notebook, ids []string) string {
	for i := range n.Cells {
		c := &n.Cells[i]
		if c.HasTag("raises-exception") {
			continue
		}
		for _, o := range c.Outputs {
			if o.Type == nb.Error {
				return ids[i]
			}
		}
	}
	return ""
}

func (s *set) index(out io.Writer) error {
	l, err := s.layout(s.opt.Title)
	if err != nil {
		return err
	}
	intro, err := markdownHTML(s.md, s.opt.Intro, 0)
	if err != nil {
		return err
	}
	w := &weaver{pages: s.links, sanitize: s.opt.Sanitize, ids: map[string]bool{}}
	l.Body = template.HTML(w.weave(intro, fragment{prose: true}))
	l.MakeTitle = len(w.headings) == 0 || w.headings[0].Level != 1
	l.Entries, l.Total = s.entries, s.total()
	return execute(out, "index.html", l)
}

// total says how the execution of the set went, or "" when nothing was run.
func (s *set) total() string {
	run, passed := 0, 0
	var took time.Duration
	for _, p := range s.sources {
		if p.Status != NotRun {
			run++
		}
		if p.Status == Passed {
			passed++
		}
		took += p.Elapsed
	}
	if run == 0 {
		return ""
	}
	text := fmt.Sprintf("%d of %d notebooks ran without an error", passed, run)
	if run == 1 && passed == 1 {
		text = "The notebook ran without an error"
	}
	if e := elapsed(took); e != "" {
		text += ", in " + e
	}
	return text + "."
}

func shorten(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	cut := string(runes[:n])
	if space := strings.LastIndexByte(cut, ' '); space > n/2 {
		cut = cut[:space]
	}
	return strings.TrimRight(cut, " ,;.") + "…"
}

// styleSheet returns the style sheet with both palettes filled in.
func styleSheet() (string, error) {
	css, err := assets.ReadFile("assets/style.css")
	if err != nil {
		return "", err
	}
	return strings.NewReplacer("/*light*/", variables(false), "/*dark*/", variables(true)).Replace(string(css)), nil
}

func execute(out io.Writer, name string, l layout) error {
	t, err := template.ParseFS(assets, "assets/*.html")
	if err != nil {
		return err
	}
	return t.ExecuteTemplate(out, name, l)
}
