package page

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lockstep/notebooks/nb"
)

// render returns the page of a notebook with the given cells.
func render(t *testing.T, s Source, cells ...nb.Cell) string {
	t.Helper()
	s.Notebook = nb.New(cells...)
	var b bytes.Buffer
	if err := Render(&b, s, Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// lessons is a small set with links in all directions.
func lessons() []Source {
	return []Source{
		{Name: "01-first", Status: Passed, Elapsed: 1500 * time.Millisecond, Notebook: nb.New(
			nb.NewCell(nb.Markdown, "# First `lesson` & more\n\nWhat it *shows*.[^1]\n\n[^1]: Note.\n\n## Part one\n### Detail\n#### Too deep\n\n[next](02-second.ipynb#The-lock) [here](#Part-one) [deep](sub/03-third.ipynb) [other](unknown.ipynb)"),
			nb.NewCell(nb.Markdown, "## Part one\n\nAgain.[^1]\n\n[^1]: Another."),
			codeCell("f()", stdout("x\n")))},
		{Name: "02-second", Status: Failed, Problem: "cell 2: <boom>", Notebook: nb.New(
			nb.NewCell(nb.Markdown, "# Second\n## The lock\n[back](01-first.ipynb) [up](sub/03-third.ipynb#End)"),
			codeCell("f()", nb.Output{Type: nb.Error, ErrName: "a", ErrValue: "b"}))},
		{Name: "sub/03-third", Notebook: nb.New(
			nb.NewCell(nb.Markdown, "## End\n[first](../01-first.ipynb#Part-one-2) <a href=\"../02-second.ipynb\">second</a>"))},
	}
}

func writeLessons(t *testing.T) (dir string, pages map[string]string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "new", "out")
	files, err := Write(dir, lessons(), Options{Title: "The <set>", Intro: "Start with [one](01-first.ipynb)."})
	if err != nil {
		t.Fatal(err)
	}
	pages = map[string]string{}
	var names []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, filepath.Base(f))
		pages[filepath.Base(f)] = string(data)
	}
	if diff := cmp.Diff([]string{"index.html", "01-first.html", "02-second.html", "sub-03-third.html"}, names); diff != "" {
		t.Fatal(diff)
	}
	return dir, pages
}

func TestPagesAreWellFormed(t *testing.T) {
	_, pages := writeLessons(t)
	for name, source := range pages {
		balanced(t, name, source)
		seen := map[string]bool{}
		for _, n := range elements(t, source) {
			if id := attribute(n, "id"); id != "" {
				if seen[id] {
					t.Errorf("%s: id %q twice", name, id)
				}
				seen[id] = true
			}
		}
	}
}

func TestLinksResolve(t *testing.T) {
	_, pages := writeLessons(t)
	ids := map[string]map[string]bool{}
	for name, source := range pages {
		ids[name] = map[string]bool{}
		for _, n := range elements(t, source) {
			ids[name][attribute(n, "id")] = true
		}
	}
	checked := map[string]int{}
	for name, source := range pages {
		for _, n := range elements(t, source) {
			href := attribute(n, "href")
			if n.DataAtom != atom.A || href == "unknown.ipynb" {
				continue
			}
			u, err := url.Parse(href)
			if err != nil {
				t.Fatal(err)
			}
			target := u.Path
			if target == "" {
				target = name
			}
			if _, ok := pages[target]; !ok {
				t.Errorf("%s links to %s, which was not written", name, href)
			} else if u.Fragment != "" && !ids[target][u.Fragment] {
				t.Errorf("%s links to %s, but there is no such place", name, href)
			}
			checked[name]++
		}
	}
	for name, least := range map[string]int{"index.html": 5, "01-first.html": 14, "02-second.html": 9, "sub-03-third.html": 6} {
		if checked[name] < least {
			t.Errorf("%s has %d links, want at least %d", name, checked[name], least)
		}
	}
	for _, want := range []string{`rel="prev"`, `rel="next"`, `href="02-second.html#The-lock"`, `href="sub-03-third.html"`, `href="unknown.ipynb"`} {
		if where := pages["02-second.html"] + pages["01-first.html"]; !strings.Contains(where, want) {
			t.Errorf("want %s", want)
		}
	}
	if strings.Contains(pages["01-first.html"], `rel="prev"`) || strings.Contains(pages["sub-03-third.html"], `rel="next"`) {
		t.Error("the first page links to a previous or the last to a next one")
	}
}

func TestContents(t *testing.T) {
	_, pages := writeLessons(t)
	var got []string
	for _, n := range elements(t, pages["01-first.html"]) {
		if n.DataAtom == atom.A && inside(n, atom.Details) {
			got = append(got, attribute(n, "href")+" "+textOf(n))
		}
	}
	want := []string{"#Part-one Part one", "#Detail Detail", "#Part-one-2 Part one"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("table of contents (-want +got):\n%s", diff)
	}
}

func TestIndex(t *testing.T) {
	_, pages := writeLessons(t)
	index := pages["index.html"]
	for _, want := range []string{
		"<title>The &lt;set&gt;</title>", `<a href="01-first.html">First lesson &amp; more</a>`, "<p>What it shows.</p>",
		`<span class="page-badge passed">passed</span> 1 code cell, 1.5 s`, `<span class="page-badge failed">failed</span>`,
		"cell 2: &lt;boom&gt;", `<a href="sub-03-third.html">End</a>`, "0 code cells",
		"1 of 2 notebooks ran without an error, in 1.5 s.", // the third was not run
	} {
		if !strings.Contains(index, want) {
			t.Errorf("index lacks %s", want)
		}
	}
	if got := strings.Count(index, `class="page-badge`); got != 2 {
		t.Errorf("%d badges, want 2: a notebook that was not run has none", got)
	}
}

func TestStatusOnThePage(t *testing.T) {
	_, pages := writeLessons(t)
	failed := pages["02-second.html"]
	id := lessons()[1].Notebook.Cells[1].ID
	for _, want := range []string{"stopped with an error", "cell 2: &lt;boom&gt;", `<a href="#cell-` + id + `">`} {
		if !strings.Contains(failed, want) {
			t.Errorf("failed page lacks %s", want)
		}
	}
	if strings.Contains(pages["01-first.html"], "stopped with an error") {
		t.Error("a passed notebook is called failed")
	}
	expected := tagged(codeCell("f()", nb.Output{Type: nb.Error}), "raises-exception")
	if out := render(t, Source{Status: Failed}, expected); strings.Contains(out, "Go to the cell") {
		t.Error("an expected error is pointed at")
	}
}

// A page has the landmarks and names that assistive software goes by.
func TestAccessibility(t *testing.T) {
	_, pages := writeLessons(t)
	pages["without heading"] = render(t, Source{Name: "dir/plain"}, codeCell("x", display(nb.Bundle{"image/png": pixel})))
	for name, source := range pages {
		count := map[atom.Atom]int{}
		names := map[string]bool{}
		for _, n := range elements(t, source) {
			count[n.DataAtom]++
			switch n.DataAtom {
			case atom.Html:
				if attribute(n, "lang") == "" {
					t.Errorf("%s: no language", name)
				}
			case atom.Img:
				if !hasAttribute(n, "alt") {
					t.Errorf("%s: a picture without alternative text", name)
				}
			case atom.Nav:
				if label := attribute(n, "aria-label"); label == "" || names[label] {
					t.Errorf("%s: a second landmark called %q", name, label)
				} else {
					names[label] = true
				}
			case atom.A, atom.Button:
				if strings.TrimSpace(allText(n)) == "" && attribute(n, "aria-label") == "" {
					t.Errorf("%s: a link or button without a text", name)
				}
			}
		}
		if count[atom.Main] != 1 || count[atom.H1] != 1 || count[atom.Title] != 1 || count[atom.Header] != 1 {
			t.Errorf("%s: want one main, h1, title and header, got %d, %d, %d and %d", name, count[atom.Main], count[atom.H1], count[atom.Title], count[atom.Header])
		}
		if !strings.Contains(source, `<a class="page-skip" href="#page-content">`) || !strings.Contains(source, `<main id="page-content"`) {
			t.Errorf("%s: no skip link to the text", name)
		}
	}
	if !strings.Contains(pages["without heading"], "<h1>plain</h1>") {
		t.Error("a notebook without a heading is not named after its file")
	}
}

func allText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return b.String()
}

// Everything in a notebook that is text, and everything that callers pass, is
// shown as text.
func TestHostileTextIsEscaped(t *testing.T) {
	const evil = `"'></pre></code></style></script></title><script>alert(1)</script><img src=x onerror=alert(2)>`
	cells := []nb.Cell{
		codeCell(evil, stdout(evil), stdout("\x1b[31m"+evil), stdout("\x1b]8;;"+evil+"\x1b\\"),
			nb.Output{Type: nb.Stream, Name: evil, Text: evil},
			nb.Output{Type: nb.Error, ErrName: evil, ErrValue: evil},
			nb.Output{Type: nb.Error, Traceback: []string{evil}},
			nb.Output{Type: nb.OutputType(evil)},
			display(nb.Bundle{"text/plain": evil}),
			display(nb.Bundle{"text/latex": evil + "$" + evil + "$"}),
			display(nb.Bundle{"application/json": map[string]any{evil: []any{evil}}}),
			display(nb.Bundle{evil: evil}),
			nb.Output{Type: nb.DisplayData, Data: nb.Bundle{"image/png": pixel}, Metadata: nb.Metadata{"alt": evil, "image/png": map[string]any{"width": evil}}},
			display(nb.Bundle{"image/png": evil, "text/plain": evil}),
			display(nb.Bundle{"image/svg+xml": evil, "text/plain": evil}),
		),
		codeCell("%%" + evil + "\n" + evil), codeCell("!" + evil), codeCell("%x " + evil),
		nb.NewCell(nb.Raw, evil), nb.NewCell(nb.CellType(evil), evil),
		nb.NewCell(nb.Markdown, "```"+evil+"\n"+evil+"\n```\n\n`"+evil+"` $"+evil+"$\n\n    "+evil+"\n\n$$\n"+evil+"\n$$\n\n[link](javascript:alert(3)) <a href=\" java\tscript:alert(4)\">x</a>"),
		nb.NewCell(nb.Markdown, `![](attachment:%22%3E%3Cscript%3Ealert(1)%3C/script%3E)`),
	}
	for i := range cells {
		cells[i].ID = evil
	}
	source := Source{Name: evil, Status: Failed, Problem: evil, Notebook: &nb.Notebook{Cells: cells, Metadata: nb.Metadata{"language_info": map[string]any{"name": evil}}}}
	dir := t.TempDir()
	files, err := Write(dir, []Source{source, source}, Options{Title: evil, Language: evil})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		balanced(t, f, string(data))
		scripts := 0
		for _, n := range elements(t, string(data)) {
			if n.DataAtom == atom.Script {
				scripts++
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || strings.Contains(strings.ReplaceAll(strings.ToLower(a.Val), "\t", ""), "javascript:") {
					t.Errorf("%s: <%s %s=%q>", filepath.Base(f), n.Data, a.Key, a.Val)
				}
			}
		}
		if scripts != 2 {
			t.Errorf("%s: %d scripts, want the page's own 2", filepath.Base(f), scripts)
		}
	}
}

// Nothing of a page is fetched: neither what the pages bring along nor what an
// author or an output asks for. Links stay links.
func TestNothingFromTheNetwork(t *testing.T) {
	asks := []string{
		`![alt](https://e.org/a.png)`, `<img src="//e.org/a.png">`, `<img src=" HTTP://e.org/a.png">`, `<img src="\\e.org\a.png">`,
		`<img src="ht` + "\n" + `tps://e.org/a.png">`, `<img srcset="a.png 1x, https://e.org/b.png 2x">`, `<script src="https://e.org/a.js"></script>`,
		`<link rel=stylesheet href="https://e.org/a.css">`, `<iframe src="https://e.org/"></iframe>`, `<video src="https://e.org/a"></video>`,
		`<video poster="https://e.org/a"></video>`, `<picture><source srcset="https://e.org/a"></picture>`, `<object data="https://e.org/a"></object>`,
		`<embed src="https://e.org/a">`, `<input type=image src="https://e.org/a">`, `<svg><image href="https://e.org/a"/></svg>`, `<svg><image xlink:href="https://e.org/a"/></svg>`,
		`<svg><use href="https://e.org/a#b"/></svg>`, `<table background="https://e.org/a"></table>`, `<meta http-equiv=refresh content="0;url=https://e.org/">`,
		`<base href="https://e.org/">`, `<img src="file:///etc/passwd">`, `<img src="ftp://e.org/a">`,
	}
	var cells []nb.Cell
	for _, ask := range asks {
		cells = append(cells, nb.NewCell(nb.Markdown, ask), codeCell("", display(nb.Bundle{"text/html": ask})))
	}
	out := render(t, Source{}, cells...)
	links := 0
	for _, n := range elements(t, out) {
		if n.DataAtom == atom.A {
			links++
			continue
		}
		if n.DataAtom == atom.Base || n.DataAtom == atom.Meta && attribute(n, "http-equiv") == "refresh" {
			t.Errorf("<%s> of a notebook in the page", n.Data)
		}
		for _, a := range n.Attr {
			if strings.Contains(a.Val, "e.org") || strings.Contains(a.Val, "file:///") {
				t.Errorf("<%s %s=%q> would be fetched", n.Data, a.Key, a.Val)
			}
		}
	}
	if links < 2*(len(asks)-2) {
		t.Errorf("%d links, want one for each of %d things left out", links, 2*(len(asks)-2))
	}
	if !strings.Contains(out, "[alt, not in this page: ") {
		t.Error("what was left out does not show its alternative text")
	}

	// What no one can see in the text (styles, scripts) the policy stops.
	meta := elements(t, out)
	i := slices.IndexFunc(meta, func(n *html.Node) bool { return attribute(n, "http-equiv") == "Content-Security-Policy" })
	if i < 0 {
		t.Fatal("no content security policy")
	}
	// A form or a base would reach the network past default-src.
	content := attribute(meta[i], "content")
	for _, want := range []string{"default-src 'none'", "form-action 'none'", "base-uri 'none'"} {
		if !strings.Contains(content, want) {
			t.Errorf("the policy lacks %s: %s", want, content)
		}
	}
	if strings.Contains(content, "http") || strings.Contains(content, "*") {
		t.Errorf("the policy lets the page go to the network: %s", content)
	}
	for _, name := range []string{"style.css", "page.js", "early.js", "page.html", "index.html"} {
		data, err := assets.ReadFile("assets/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"http:", "https:", "url(", "@import", "fetch("} {
			if bytes.Contains(data, []byte(word)) {
				t.Errorf("assets/%s has %s", name, word)
			}
		}
	}
}

func TestLocalImages(t *testing.T) {
	dir := t.TempDir()
	data, _ := base64.StdEncoding.DecodeString(pixel)
	for _, name := range []string{"dot.png", "secret.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	inner := filepath.Join(dir, "inner")
	if err := os.Mkdir(inner, 0o755); err != nil {
		t.Fatal(err)
	}
	embedded := "data:image/png;base64," + pixel
	tests := []struct {
		name, dir, text, want string
	}{
		{"beside", dir, "![d](dot.png)", embedded},
		{"as HTML", dir, `<img src="./dot.png" width=3>`, embedded},
		{"without a folder", "", "![d](dot.png)", `src="dot.png"`},
		{"missing", dir, "![d](none.png)", `src="none.png"`},
		{"outside", inner, "![d](../dot.png)", `src="../dot.png"`},
		{"not an image", dir, "![d](secret.txt)", `src="secret.txt"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"nb", "deep/er/nb"} {
				if out := render(t, Source{Name: name, Dir: tt.dir}, nb.NewCell(nb.Markdown, tt.text)); !strings.Contains(out, tt.want) {
					t.Errorf("%s: want %.60s in %s", name, tt.want, out[strings.Index(out, "<main"):])
				}
			}
		})
	}
}

func TestFileNames(t *testing.T) {
	names := []string{"01 a", "sub/01-a", "index", "INDEX", "a?b#c", "../../etc/x", "é", "", ".hidden", `c\d`, "01-a"}
	var sources []Source
	for _, n := range names {
		sources = append(sources, Source{Name: n})
	}
	want := []string{"01-a.html", "sub-01-a.html", "index-2.html", "INDEX-3.html", "a-b-c.html", "etc-x.html", "é.html", "notebook.html", "hidden.html", "c-d.html", "01-a-2.html"}
	if diff := cmp.Diff(want, fileNames(sources)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWriteErrors(t *testing.T) {
	if _, err := Write(t.TempDir(), nil, Options{}); err == nil {
		t.Error("no error for an empty set")
	}
	if _, err := Write(t.TempDir(), []Source{{Name: "x"}}, Options{}); err == nil || !strings.Contains(err.Error(), `"x"`) {
		t.Errorf("got %v, want an error that names the page without a notebook", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Write(file, lessons(), Options{}); err == nil {
		t.Error("no error for a folder that is a file")
	}
}

func TestRenderingChangesNothing(t *testing.T) {
	before := lessons()
	before[0].Notebook.Cells[2].Outputs = append(before[0].Notebook.Cells[2].Outputs, stdout("more"))
	want, err := before[0].Notebook.Encode()
	if err != nil {
		t.Fatal(err)
	}
	var first, second bytes.Buffer
	for _, b := range []*bytes.Buffer{&first, &second} {
		if err := Render(b, before[0], Options{}); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same notebook gives two pages")
	}
	if got, err := before[0].Notebook.Encode(); err != nil || !bytes.Equal(want, got) {
		t.Errorf("the notebook changed (%v)", err)
	}
}
