package page

import (
	"strings"
	"testing"

	"lockstep/notebooks/nb"
)

func TestMarkdown(t *testing.T) {
	tests := []struct {
		name, in string
		want     []string // to be found in this order
		not      string
	}{
		{"table", "|a|b|\n|-|-:|\n|1|2|", []string{`<div class="nb-table"><table>`, `<td style="text-align:right">2</td>`}, ""},
		{"heading", "## A *b* `c`", []string{`<h2 id="A-b-c">`, `href="#A-b-c"`}, ""},
		{"heading with formula", "## On $n^2$", []string{`id="On-n^2"`}, ""},
		{"footnote", "a[^1]\n\n[^1]: b", []string{`href="#n1-fn:1"`, `id="n1-fn:1"`}, ""},
		{"footnotes in a row", "a[^1][^2][^3]\n\n[^1]: b\n[^2]: c\n[^3]: d", []string{`>1</a></sup><sup class="footnote-ref">, </sup><sup`, `>2</a></sup><sup class="footnote-ref">, </sup><sup`, `>3</a></sup></p>`}, ""},
		{"footnotes apart", "a[^1] b[^2]\n\n[^1]: b\n[^2]: c", []string{`>1</a></sup> b<sup`, `>2</a></sup></p>`}, ", "},
		{"footnotes in a heading", "## A[^1][^2]\n\n[^1]: b\n[^2]: c", []string{`<h2 id="A">`}, ""},
		{"footnotes in an image", "![a[^1][^2]](b.png)\n\n[^1]: b\n[^2]: c", []string{`<img src="b.png" alt="a"`}, "footnote-ref\">, "},
		{"task", "- [x] a", []string{`type="checkbox"`}, ""},
		{"raw HTML", "<details><summary>s</summary>\n\n*x*\n\n</details>", []string{"<details><summary>s</summary>", "<em>x</em>", "</details>"}, ""},
		{"unclosed HTML", "<div><b>x\n\ny", []string{"<div><b>x", "</b></div>"}, ""},
		{"code", "```go\n%%compare -n 2\nreturn\n```", []string{`<span class="hl-g">%%compare</span> -n 2`, `<span class="hl-k">return</span>`}, ""},
		{"code without language", "```\nreturn <b>\n```", []string{"<code>return &lt;b&gt;"}, "hl-"},
		{"indented code", "    return", []string{`<pre class="nb-source"><code>return`}, ""},

		{"inline formula", "a $x_1*y*z$ b", []string{"a <math alttext=\"x_1*y*z\">", "</math> b"}, "<em>"},
		{"formula over lines", "a $x\n+y$ b", []string{"<math alttext=\"x\n+y\">"}, ""},
		{"display formula in a line", "a $$x$$ b", []string{`a <math display="block" alttext="x">`}, ""},
		{"display block", "a\n$$\nx = \\\\ y\n= z\n$$\nb", []string{"<p>a</p>", `<div class="nb-formula"><code class="nb-tex"`, "<p>b</p>"}, "<h1"},
		{"display block in one line", "$$ x $$", []string{`<div class="nb-formula"><math display="block" alttext="x">`}, ""},
		{"environment", "\\begin{align}\na &= b \\\\\nc &= *d*\n\\end{align}\nafter", []string{`<div class="nb-formula"><math`, "<mtable", "<p>after</p>"}, "<em>"},
		{"environment, unknown", "\\begin{tikz}\n*a*\n\\end{tikz}", []string{"<em>a</em>"}, "<math"},
		{"formula in a list", "- $$\n  x\n  $$\n- b", []string{"<li>", `<div class="nb-formula"><math`, "</li>", "<li>b"}, ""},
		{"money", "costs $5 or $6, not $ 7 $ or $8$9", []string{"costs $5 or $6, not $ 7 $ or $8$9"}, "<math"},
		{"escaped dollar", `\$x$ and \$y$`, []string{"$x$ and $y$"}, "<math"},
		{"dollar in code", "`$x$`", []string{"<code>$x$</code>"}, "<math"},
		{"never closed", "$$\nx\n\n*y*", []string{"$$\nx", "<em>y</em>"}, "<math"},
		{"never closed inline", "a $x *y*", []string{"a $x <em>y</em>"}, "<math"},
		{"empty formula", "a $$ $$ b", []string{"a $$ $$ b"}, "<math"},
		{"not understood", `$\foo<x>$`, []string{`<code class="nb-tex" title="shown as TeX: unknown command \foo">\foo&lt;x&gt;</code>`}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := body(t, nb.NewCell(nb.Markdown, tt.in))
			balanced(t, tt.name, out)
			rest := out
			for _, want := range tt.want {
				_, after, found := strings.Cut(rest, want)
				if !found {
					t.Fatalf("want %s in\n%s", want, out)
				}
				rest = after
			}
			if tt.not != "" && strings.Contains(out, tt.not) {
				t.Errorf("do not want %s in\n%s", tt.not, out)
			}
		})
	}
}

func TestHeadingIDsDoNotClash(t *testing.T) {
	cells := []nb.Cell{nb.NewCell(nb.Markdown, "# a\n# a\n# page-content\n<h1 id=\"mine\">b</h1>\n\n# mine")}
	out := body(t, cells...)
	for _, want := range []string{`id="a"`, `id="a-2"`, `id="page-content-2"`, `id="mine"`, `id="mine-2"`} {
		if strings.Count(out, want) != 1 {
			t.Errorf("want %s once in\n%s", want, out)
		}
	}
}

func FuzzMarkdown(f *testing.F) {
	f.Add("# a $x$\n\n$$\ny\n$$\n\n\\begin{align}\na\n\\end{align}\n\n- b[^1]\n\n[^1]: c <div>\n\n```go\n%%x\n```\n|a|\n|-|\n")
	f.Fuzz(func(t *testing.T, in string) {
		body(t, nb.NewCell(nb.Markdown, in))
	})
}
