package page

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"lockstep/notebooks/nb"
)

// sanitizedBody returns cells as HTML of a sanitized page.
func sanitizedBody(t *testing.T, cells ...nb.Cell) string {
	t.Helper()
	p := Source{Name: "test", Notebook: &nb.Notebook{Cells: cells}}
	out, err := newWriter(p, Options{Language: "go", Sanitize: true}, nil, newMarkdown()).cells(p.Notebook)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// attacks are what a stranger's HTML may try, and what is left of it.
var attacks = []struct{ name, html, want string }{
	{"script", `a<script>alert(1)</script>b`, `ab`},
	{"script of the network", `<script src="https://e.org/a.js"></script>b`, `b`},
	{"script in pieces", `<scr<script>ipt>alert(1)</script>`, `ipt&gt;alert(1)`},
	{"script never closed", `a<script>alert(1)`, `a`},
	{"script with odd spelling", `<ScRiPt/x>alert(1)</sCrIpT >b`, `b`},
	{"script in a drawing", `<svg viewBox="0 0 1 1"><script>alert(1)</script></svg>`, `<svg viewBox="0 0 1 1"></svg>`},
	{"script behind a comment", `<!--><script>alert(1)</script>-->b`, `--&gt;b`},
	{"script in a title", `<svg><title><script>alert(1)</script></title></svg>`, `<svg><title>&lt;script&gt;alert(1)&lt;/script&gt;</title></svg>`},
	{"markup that turns to script", `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=x onerror=alert(1)&gt;">`, ""},
	{"markup in a style of a drawing", `<svg></p><style><a id="</style><img src=x onerror=alert(1)>">`, ""},
	{"markup in a noscript", `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, ""},
	{"markup in a text area", `<textarea><img src=x onerror=alert(1)></textarea>b`, ""},
	{"HTML in a formula", `<math><annotation-xml encoding="text/html"><img src=x onerror=alert(1)></annotation-xml></math>`, ""},
	{"event of a picture", `<img src=x onerror=alert(1)>`, `<img src="x" alt=""/>`},
	{"event of a drawing", `<svg onload=alert(1)><g onclick="alert(1)"></g></svg>`, `<svg><g></g></svg>`},
	{"event of a detail", `<details open ontoggle=alert(1)>x</details>`, `<details open="">x</details>`},
	{"event with a slash", `<b/onclick=alert(1)>x</b>`, `<b>x</b>`},
	{"body with an event", `<body onload=alert(1)>x`, `x`},
	{"animated event", `<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>`, `<svg></svg>`},
	{"animated link", `<svg><a><animate attributeName=href values=javascript:alert(1) /><text>x</text></a></svg>`, `<svg><a><text>x</text></a></svg>`},
	{"set link", `<svg><a><set attributeName="href" to="javascript:alert(1)"/>x</a></svg>`, `<svg><a>x</a></svg>`},
	{"script link", `<a href="javascript:alert(1)">x</a>`, `<a>x</a>`},
	{"script link, disguised", "<a href=\" jAva\tscript&colon;alert(1)\">x</a>", `<a>x</a>`},
	{"script link with an entity", `<a href="&#106;avascript:alert(1)">x</a>`, `<a>x</a>`},
	{"script link in a drawing", `<svg><a xlink:href="javascript:alert(1)">x</a></svg>`, `<svg><a>x</a></svg>`},
	{"visual basic link", `<a href="vbscript:x">x</a>`, `<a>x</a>`},
	{"page as a link", `<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>`, `<a>x</a>`},
	{"link that opens and pings", `<a href="https://e.org/" target="_blank" ping="https://e.org/p" download>x</a>`, `<a href="https://e.org/" rel="nofollow noreferrer">x</a>`},
	{"frame", `<iframe src="https://e.org/"></iframe>b`, `b`},
	{"frame with a page inside", `<iframe srcdoc="<script>alert(1)</script>"></iframe>b`, `b`},
	{"frame that is a script", `<iframe src="javascript:alert(1)"></iframe>b`, `b`},
	{"object and embed", `<object data="data:text/html,x"></object><embed src="x.swf">b`, `b`},
	{"applet", `<applet code=x></applet>b`, `b`},
	{"form", `<form action="https://e.org/"><input name=password type=password><button>Log in</button></form>`, `Log in`},
	{"fields alone", `<input value=x><select><option>x</select>`, `x`},
	{"a box to tick", `<input type=checkbox checked>`, `<input type="checkbox" checked="" disabled=""/>`},
	{"style sheet", `<style>body{display:none}</style>b`, `b`},
	{"style sheet in a drawing", `<svg><style>@import "https://e.org/a.css";</style></svg>`, `<svg></svg>`},
	{"style sheet of the network", `<link rel=stylesheet href="https://e.org/a.css">b`, `b`},
	{"style that covers the page", `<div style="position:fixed;top:0;left:0;width:100%;color:red">x</div>`, `<div style="width: 100%; color: red">x</div>`},
	{"style that is above all", `<div style="position:absolute;z-index:9">x</div>`, `<div>x</div>`},
	{"style that climbs", `<div style="margin-top:-99em;margin:0 0 -9px;transform:translate(0,-9em)">x</div>`, `<div>x</div>`},
	{"style that reaches out", `<div style="outline:99em solid red;box-shadow:0 0 0 99em red;overflow:visible">x</div>`, `<div>x</div>`},
	{"style that fetches", `<div style="background:url(https://e.org/a.png)">x</div>`, `<div>x</div>`},
	{"style that fetches, quoted", `<div style="background-color:red;background:url('//e.org/a')">x</div>`, `<div style="background-color: red">x</div>`},
	{"style that fetches, escaped", `<div style="background:\75\72\6c(https://e.org/a.png)">x</div>`, `<div>x</div>`},
	{"style that fetches, commented", `<div style="background:u/**/rl(https://e.org/a)">x</div>`, `<div>x</div>`},
	{"style that fetches by a set", `<div style="background:image-set('a.png' 1x)">x</div>`, `<div>x</div>`},
	{"style that is a script", `<div style="width:expression(alert(1));behavior:url(#x);-moz-binding:url(x)">x</div>`, `<div>x</div>`},
	{"style with a variable", `<div style="--paper:red;color:var(--rule)">x</div>`, `<div style="color: var(--rule)">x</div>`},
	{"style of a drawing", `<svg style="position:fixed;overflow:visible" width="10" height="10" overflow="visible"></svg>`, `<svg width="10" height="10" viewBox="0 0 10 10"></svg>`},
	{"drawing moved out of its place", `<svg transform="translate(0,-900)"><g transform="scale(2)"></g></svg>`, `<svg><g transform="scale(2)"></g></svg>`},
	{"drawing that fetches", `<svg><image href="https://e.org/a.png"></image><rect fill="url(https://e.org/a#b)"></rect></svg>`, `<svg><image></image><rect></rect></svg>`},
	{"drawing with HTML inside", `<svg><foreignObject><iframe src="x"></iframe></foreignObject></svg>`, `<svg></svg>`},
	{"drawing that repeats itself", `<svg><g id="a"><use href="#b"></use><use href="#b"></use></g></svg>`, `<svg><g id="a"></g></svg>`},
	{"drawing with entities", `<!DOCTYPE svg [<!ENTITY x "<script>alert(1)</script>">]><svg><text>&x;</text></svg>`, ""},
	{"formula out of its place", `<math><mspace width="-999em"></mspace><mi>x</mi></math>`, `<math><mspace></mspace><mi>x</mi></math>`},
	{"formula that links", `<math><mi href="javascript:alert(1)" xlink:href="javascript:alert(1)">x</mi></math>`, `<math><mi>x</mi></math>`},
	{"class of the page", `<div class="page-skip">x</div><p class="page-bar">y</p>`, `<div>x</div><p>y</p>`},
	{"id of the page", `<button id="page-theme">x</button><div id="page-theme">y</div>`, `x<div>y</div>`},
	{"id of a cell", `<div id="cell-number-1">x</div><div id="mine">y</div><div id="mine">z</div>`, `<div>x</div><div id="mine">y</div><div>z</div>`},
	{"name that shadows the document's", `<img name="getElementById" src=x><a name="cookie">x</a>`, `<img src="x" alt=""/><a>x</a>`},
	{"landmark of the page", `<main>x</main><header role="banner">y</header><div role="alert">z</div>`, `xy<div>z</div>`},
	{"base", `<base href="https://e.org/">x`, `x`},
	{"refresh", `<meta http-equiv=refresh content="0;url=https://e.org/">x`, `x`},
	{"policy of its own", `<meta http-equiv=Content-Security-Policy content="default-src *">x`, `x`},
	{"rest of the page swallowed", `a<plaintext>b`, ""},
	{"sources of a picture", `<img src="data:image/png;base64,` + pixel + `" srcset="https://e.org/a.png 2x">`, `<img src="data:image/png;base64,` + pixel + `" alt=""/>`},
	{"picture that is a page", `<img src="data:text/html,<script>alert(1)</script>">`, `<img alt=""/>`},
	{"sound and film", `<video src="a.mp4" autoplay></video><audio src="a.mp3" autoplay></audio>x`, `x`},
	{"template", `<template><script>alert(1)</script></template>x`, `x`},
	{"element of its own", `<x-evil onclick=alert(1)>x</x-evil>`, `x`},
	{"popover and dialog", `<dialog open>x</dialog><div popover contenteditable autofocus tabindex=1 accesskey=x>y</div>`, `x<div>y</div>`},
}

var notes = regexp.MustCompile(`<p class="nb-note">Left out of this page[^/]*</p>`)

func TestAttacks(t *testing.T) {
	for _, tt := range attacks {
		t.Run(tt.name, func(t *testing.T) {
			out := sanitizedBody(t, codeCell("x", display(nb.Bundle{"text/html": tt.html})))
			harmless(t, out)
			balanced(t, tt.name, out)
			_, rich, _ := strings.Cut(out, `<div class="nb-rich">`)
			rich, _, _ = strings.Cut(rich, "</div></div>\n</div>\n")
			got := strings.TrimSpace(notes.ReplaceAllString(rich, ""))
			if tt.want != "" && got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			// By every other way into a page, too.
			raw := nb.NewCell(nb.Raw, tt.html)
			raw.Metadata.Set("text/html", "raw_mimetype")
			for _, c := range []nb.Cell{
				raw, nb.NewCell(nb.Markdown, tt.html), nb.NewCell(nb.Markdown, "a | b\n--|--\n"+strings.ReplaceAll(tt.html, "\n", " ")+" | x"),
				codeCell("x", display(nb.Bundle{"text/markdown": tt.html})),
				codeCell("x", display(nb.Bundle{"image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg">` + tt.html + "</svg>"})),
				codeCell("x", display(nb.Bundle{"text/latex": tt.html + "$" + tt.html + "$"})),
				codeCell("x", display(nb.Bundle{"application/javascript": tt.html})),
				codeCell("x", stdout(tt.html)),
			} {
				harmless(t, sanitizedBody(t, c))
			}
		})
	}
}

// harmless fails where a page has what the attacks are after, judged by a list of
// its own, apart from the allowlist.
func harmless(t *testing.T, source string) {
	t.Helper()
	for _, n := range elements(t, source) {
		switch n.Data {
		case "script", "style", "link", "iframe", "frame", "object", "embed", "form", "button", "select", "textarea", "base", "meta", "use", "animate", "set", "foreignObject",
			"video", "audio", "template", "noscript", "plaintext", "main", "header", "annotation-xml", "mglyph":
			t.Errorf("<%s> is left in %s", n.Data, source)
		case "input":
			if attribute(n, "type") != "checkbox" || !hasAttribute(n, "disabled") {
				t.Errorf("a field that takes text is left in %s", source)
			}
		}
		for _, a := range n.Attr {
			value := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			switch {
			case strings.HasPrefix(a.Key, "on"), a.Key == "srcdoc", a.Key == "srcset", a.Key == "target", a.Key == "name", a.Key == "tabindex" && !strings.Contains(attribute(n, "class"), "nb-"),
				a.Key == "href" && (addressScheme(a.Val) == "javascript" || addressScheme(a.Val) == "vbscript" || strings.HasPrefix(value, "data:text")),
				a.Key == "src" && !strings.HasPrefix(value, "data:image/") && addressScheme(a.Val) != "",
				a.Key == "style" && regexp.MustCompile(`position:|z-index|url\((['"]?[^#'"])|expression|@|\\|:-\d|translate|outline|shadow|visible|--paper`).MatchString(value),
				a.Key == "class" && strings.Contains(a.Val, "page-"),
				a.Key == "id" && (a.Val == "page-content" || a.Val == "page-theme"):
				t.Errorf("<%s %s=%q> is left in %s", n.Data, a.Key, a.Val, source)
			}
		}
	}
}

// What Lockstep itself makes comes through whole: every element, every attribute,
// every style.
func TestSanitizingKeepsOurOwn(t *testing.T) {
	outputs := map[string]nb.Output{
		"table of values": display(nb.Bundle{"text/html": "<table style=\"border-collapse:collapse;font-variant-numeric:tabular-nums\">\n<thead><tr><th></th><th style=\"text-align:left\">a</th></tr></thead>\n<tbody>\n<tr><th>0</th><td style=\"text-align:right\">1</td></tr></tbody></table>\n<p><em>… 3 rows more</em></p>"}),
		"progress":        display(nb.Bundle{"text/html": `<div><progress value="0.5" max="1" style="width:20em;max-width:60%;vertical-align:middle"></progress> <span style="font-variant-numeric:tabular-nums">half</span></div>`}),
		"small":           display(nb.Bundle{"text/html": "<small>text</small>"}),
		"formula":         display(nb.Bundle{"text/markdown": `$\sum_{i=0}^n \frac{a_i}{\sqrt{b}} \quad \left( \begin{matrix} 1 & 2 \\ 3 & 4 \end{matrix} \right) \mathbb{R}\!x : y \bmod 2$`}),
		"list of tasks":   display(nb.Bundle{"text/markdown": "- [x] one\n- [ ] two"}),
		"footnote":        display(nb.Bundle{"text/markdown": "a[^1]\n\n[^1]: note"}),
		"code":            display(nb.Bundle{"text/markdown": "```go\nfunc f() int { return 1 } // c\n```"}),
		"table":           display(nb.Bundle{"text/markdown": "a | b\n:-:|--:\n1 | 2"}),
		"picture":         display(nb.Bundle{"text/html": `<img src="data:image/png;base64,` + pixel + `" alt="dot" width="3" height="4">`}),
		"plotted elsewhere": display(nb.Bundle{"image/svg+xml": `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><defs><linearGradient id="g"><stop offset="0" stop-color="#fff"></stop></linearGradient><clipPath id="c"><rect width="9" height="9"></rect></clipPath></defs>` +
			`<g id="axes_1" clip-path="url(#c)"><path d="M 0 0 L 1.5 -2e-3 z" style="fill: url(#g); stroke: #000000; stroke-width: 0.8; stroke-linecap: butt" transform="translate(1,-2) rotate(45)"></path>` +
			`<text x="1" y="2" style="font: 10px 'DejaVu Sans'; text-anchor: middle">a</text></g></svg>`}),
	}
	files, err := filepath.Glob("../../exec/render/testdata/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Ext(f) {
		case ".html":
			outputs[filepath.Base(f)] = display(nb.Bundle{"text/html": string(data)})
		case ".svg":
			outputs[filepath.Base(f)] = display(nb.Bundle{"image/svg+xml": string(data)})
		}
	}
	if len(outputs) < 18 {
		t.Fatalf("%d outputs, want those of exec/render among them", len(outputs))
	}
	for name, o := range outputs {
		t.Run(name, func(t *testing.T) {
			cell := codeCell("x", o)
			cell.ID = "x"
			want, got := tree(t, body(t, cell)), tree(t, sanitizedBody(t, cell))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("sanitized (-want +got):\n%s", diff)
			}
		})
	}
}

// The lessons' own text comes through whole as well.
func TestSanitizingKeepsLessons(t *testing.T) {
	files, err := filepath.Glob("../lessons/*.ipynb")
	if err != nil || len(files) < 13 {
		t.Fatalf("%d lessons, %v", len(files), err)
	}
	for _, f := range files {
		n, err := nb.Read(f)
		if err != nil {
			t.Fatal(err)
		}
		var whole, sanitized bytes.Buffer
		for b, opt := range map[*bytes.Buffer]Options{&whole: {}, &sanitized: {Sanitize: true}} {
			if err := Render(b, Source{Name: "lesson", Notebook: n}, opt); err != nil {
				t.Fatal(err)
			}
		}
		main := func(s string) string { return s[strings.Index(s, "<body"):strings.Index(s, "</main>")] }
		if diff := cmp.Diff(tree(t, main(whole.String())), tree(t, main(sanitized.String()))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f, diff)
		}
	}
}

// tree is HTML with what may differ made alike: space in styles, and what
// sanitizing adds to links.
func tree(t *testing.T, source string) string {
	t.Helper()
	nodes, err := html.ParseFragment(strings.NewReader(source), element(atom.Div))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, root := range nodes {
		fragment := element(atom.Div)
		fragment.AppendChild(root)
		for n := range fragment.Descendants() {
			if n.Type == html.TextNode {
				fmt.Fprintf(&b, "%q\n", n.Data)
				continue
			}
			attributes := map[string]string{}
			for _, a := range n.Attr {
				if a.Key == "style" {
					a.Val = strings.TrimSuffix(strings.NewReplacer(": ", ":", "; ", ";").Replace(a.Val), ";")
				}
				if a.Key != "rel" && a.Key != "disabled" {
					attributes[a.Key] = a.Val
				}
			}
			fmt.Fprintf(&b, "<%s %v>\n", n.Data, attributes)
		}
	}
	return b.String()
}

func TestSanitizedPageRunsItsOwnScriptsOnly(t *testing.T) {
	dir := t.TempDir()
	cell := codeCell("x", display(nb.Bundle{"application/javascript": "alert(1)", "text/plain": "in words"}), display(nb.Bundle{"application/javascript": "alert(2)"}))
	files, err := Write(dir, []Source{{Name: "a", Notebook: nb.New(cell)}}, Options{Sanitize: true, Intro: "<script>alert(3)</script>"})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		policy, own := "", 0
		for _, n := range elements(t, string(data)) {
			switch {
			case attribute(n, "http-equiv") == "Content-Security-Policy":
				policy = attribute(n, "content")
			case n.DataAtom == atom.Script, n.DataAtom == atom.Style:
				own++
				sum := sha256.Sum256([]byte(n.FirstChild.Data))
				if want := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
					t.Errorf("%s: the policy lacks the sum of <%s>: %s", f, n.Data, policy)
				}
			}
		}
		if own != 3 {
			t.Errorf("%s: %d scripts and style sheets, want the page's own 3", f, own)
		}
		directives := map[string]string{}
		for d := range strings.SplitSeq(policy, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(d), " ")
			directives[name] = value
		}
		for name, want := range map[string]string{"default-src": "'none'", "img-src": "data:", "form-action": "'none'", "base-uri": "'none'", "frame-src": ""} {
			if directives[name] != want {
				t.Errorf("%s: %s is %q, want %q", f, name, directives[name], want)
			}
		}
		if strings.Contains(directives["script-src"], "unsafe") || strings.Contains(policy, "*") || strings.Contains(policy, "http") {
			t.Errorf("%s: the policy is too wide: %s", f, policy)
		}
		if text := string(data); strings.Contains(text, "alert(") || strings.HasSuffix(f, "a.html") && (!strings.Contains(text, "in words") || !strings.Contains(text, "&lt;script&gt;.</p>")) {
			t.Errorf("%s: want the other form of the output, and a note about the script:\n%s", f, text[strings.Index(text, "<main"):])
		}
	}
}

// What is taken away is told, and what is not is not.
func TestLeftOut(t *testing.T) {
	tests := []struct{ html, want string }{
		{"<p>x</p>", ""},
		{"a & b < c", ""},
		{`<div><script>x</script><iframe></iframe></div>`, "&lt;iframe&gt;, &lt;script&gt;."},
		{"<a1><a2><a3><a4><a5><a6><a7><a8><a9>", "&lt;a8&gt;, …."},
	}
	for _, tt := range tests {
		out := sanitizedBody(t, nb.NewCell(nb.Markdown, tt.html), codeCell("x", display(nb.Bundle{"text/html": tt.html})))
		if got := strings.Count(out, "Left out of this page"); tt.want == "" && got != 0 || tt.want != "" && (got != 2 || strings.Count(out, tt.want) != 2) {
			t.Errorf("%s: %d notes, want %q in\n%s", tt.html, got, tt.want, out)
		}
	}
}

func FuzzSanitize(f *testing.F) {
	for _, a := range attacks {
		f.Add(a.html)
	}
	f.Fuzz(func(t *testing.T, source string) {
		harmless(t, sanitizedBody(t, codeCell("x", display(nb.Bundle{"text/html": source})), nb.NewCell(nb.Markdown, source)))
	})
}
