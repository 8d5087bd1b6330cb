package page

import (
	"encoding/xml"
	"io"
	"regexp"
	"strings"
	"testing"
)

// shape drops what every formula has around it, and styling attributes.
func shape(t *testing.T, mathml string) string {
	t.Helper()
	start, end := strings.Index(mathml, "<semantics>"), strings.Index(mathml, "<annotation")
	if start < 0 || end < 0 {
		t.Fatalf("no semantics in %s", mathml)
	}
	s := mathml[start+len("<semantics>") : end]
	return regexp.MustCompile(` (stretchy|mathvariant|largeop|movablelimits|fence|form|accent|accentunder|lspace|rspace|style|minsize|maxsize)="[^"]*"`).ReplaceAllString(s, "")
}

func TestMathML(t *testing.T) {
	tests := []struct {
		tex, want string
	}{
		{`x`, "<mi>x</mi>"},
		{`x+1`, "<mrow><mi>x</mi><mo>+</mo><mn>1</mn></mrow>"},
		{`3.14, 1,000 1,2`, "<mrow><mn>3.14</mn><mo>,</mo><mn>1,000</mn><mn>1</mn><mo>,</mo><mn>2</mn></mrow>"},
		{`x_i^2`, "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"},
		{`x^{n+1}`, "<msup><mi>x</mi><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></msup>"},
		{`x^12`, "<mrow><msup><mi>x</mi><mn>1</mn></msup><mn>2</mn></mrow>"},
		{`f''`, "<msup><mi>f</mi><mo>′′</mo></msup>"},
		{`\frac12`, "<mfrac><mn>1</mn><mn>2</mn></mfrac>"},
		{`\frac{a}{b}`, "<mfrac><mi>a</mi><mi>b</mi></mfrac>"},
		{`\sqrt{x}`, "<msqrt><mi>x</mi></msqrt>"},
		{`\sqrt[3]{x}`, "<mroot><mi>x</mi><mn>3</mn></mroot>"},
		{`\log_2 n`, `<mrow><msub><mi>log</mi><mn>2</mn></msub><mspace width="0.1667em"></mspace><mi>n</mi></mrow>`},
		{`\sum_{i=1}^n i`, "<mrow><munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi></mrow>"},
		{`\int_0^1`, "<msubsup><mo>∫</mo><mn>0</mn><mn>1</mn></msubsup>"},
		{`\left( x \right.`, "<mrow><mo>(</mo><mi>x</mi><mo></mo></mrow>"},
		{`a \le b < c`, "<mrow><mi>a</mi><mo>≤</mo><mi>b</mi><mo>&lt;</mo><mi>c</mi></mrow>"},
		{`\mathbb{R}`, "<mi>ℝ</mi>"},
		{`\mathbf{x1}`, "<mrow><mi>𝐱</mi><mn>𝟏</mn></mrow>"},
		{`\mathrm{max}`, "<mi>max</mi>"},
		{`\operatorname{speed up}`, "<mi>speed up</mi>" + `<mspace width="0.1667em"></mspace>`},
		{`\text{if } x`, "<mrow><mtext>if\u00a0</mtext><mi>x</mi></mrow>"},
		{`\hat x`, "<mover><mi>x</mi><mo>^</mo></mover>"},
		{`\overbrace{x}^{n}`, "<mover><mover><mi>x</mi><mo>⏞</mo></mover><mi>n</mi></mover>"},
		{`\not=`, "<mo>=\u0338</mo>"},
		{`\begin{pmatrix}1&2\\3&4\\\end{pmatrix}`, "<mrow><mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr>" +
			"<mtr><mtd><mn>3</mn></mtd><mtd><mn>4</mn></mtd></mtr></mtable><mo>)</mo></mrow>"},
		{`\begin{equation}x\label{a}\end{equation}`, "<mrow><mi>x</mi></mrow>"},
		{"x % rest\n y", "<mrow><mi>x</mi><mi>y</mi></mrow>"},
	}
	for _, tt := range tests {
		t.Run(tt.tex, func(t *testing.T) {
			got, err := mathML(tt.tex, true)
			if err != nil {
				t.Fatal(err)
			}
			wellFormed(t, got)
			if got := shape(t, got); got != tt.want {
				t.Errorf("\ngot  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestMathMLRefuses(t *testing.T) {
	tests := map[string]string{
		`\unknown x`:                    `unknown command \unknown`,
		`{x`:                            "a closing brace is missing",
		`x}`:                            "unexpected }",
		`x_1_2`:                         "double subscript",
		`x^`:                            "an argument is missing at the end",
		`\frac{a}`:                      "an argument is missing at the end",
		`\left(x`:                       `want \right after \left`,
		`\begin{tikz}\end{tikz}`:        "unknown environment tikz",
		`\begin{align}x\end{matrix}`:    `want \end{align}`,
		`\text{a $b$}`:                  `a command or formula inside \text`,
		`\text`:                         "want { after a command that takes text",
		strings.Repeat("{", 10_000):     "nested too deeply",
		strings.Repeat(`\sqrt `, 9_000): "nested too deeply",
	}
	for tex, want := range tests {
		if got, err := mathML(tex, false); err == nil || err.Error() != want {
			t.Errorf("%.30s: got %v (%s), want %s", tex, err, got, want)
		}
	}
}

func TestMathMLKeepsItsSource(t *testing.T) {
	got, err := mathML(` a<b\text{"x"} `, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`display="block"`, `alttext="a&lt;b\text{&#34;x&#34;}"`, `<annotation encoding="application/x-tex">a&lt;b\text{&#34;x&#34;}</annotation>`} {
		if !strings.Contains(got, want) {
			t.Errorf("want %s in %s", want, got)
		}
	}
}

func wellFormed(t *testing.T, s string) {
	t.Helper()
	dec := xml.NewDecoder(strings.NewReader(s))
	for {
		if _, err := dec.Token(); err == io.EOF {
			return
		} else if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, s)
		}
	}
}

func FuzzMathML(f *testing.F) {
	f.Add(`\frac{x_1^2}{\sqrt[3]{y}} = \left\{\begin{cases} a & b \\ \text{c} \end{cases}\right. \mathbb{R}'`)
	f.Fuzz(func(t *testing.T, tex string) {
		got, err := mathML(strings.ToValidUTF8(tex, ""), true)
		if err != nil || strings.ContainsFunc(tex, func(r rune) bool { return r < ' ' || r > 0xd7ff }) {
			return
		}
		wellFormed(t, got)
	})
}
