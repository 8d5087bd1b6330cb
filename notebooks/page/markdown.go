package page

import (
	"bytes"
	"fmt"
	"html"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer"
	goldmarkhtml "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// newMarkdown returns the converter of a set of pages: GitHub's Markdown, footnotes
// and formulas. Raw HTML passes, as in Jupyter; a weaver then makes it fit in.
func newMarkdown() goldmark.Markdown {
	return goldmark.New(
		goldmark.WithExtensions(
			extension.GFM,
			extension.NewFootnote(extension.WithFootnoteIDPrefixFunction(footnotePrefix)),
			formulas{},
		),
		goldmark.WithRendererOptions(
			goldmarkhtml.WithUnsafe(),
			renderer.WithNodeRenderers(util.Prioritized(codeBlocks{}, 100)),
		),
	)
}

// markdownHTML converts one cell. The place makes the ids of its footnotes
// unique in the page.
func markdownHTML(md goldmark.Markdown, source string, place int) (string, error) {
	src := []byte(source)
	doc := md.Parser().Parse(text.NewReader(src), parser.WithContext(parser.NewContext()))
	doc.OwnerDocument().AddMeta("place", place)
	if err := separateFootnotes(doc); err != nil {
		return "", err
	}
	var b bytes.Buffer
	err := md.Renderer().Render(&b, src, doc)
	return b.String(), err
}

func footnotePrefix(n ast.Node) []byte {
	return fmt.Appendf(nil, "n%v-", n.OwnerDocument().Meta()["place"])
}

// separateFootnotes puts a comma between references that touch: 1 and 2 in a row
// would read as 12.
func separateFootnotes(doc ast.Node) error {
	return ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if n.Kind() == ast.KindImage { // what it holds becomes an attribute
			return ast.WalkSkipChildren, nil
		}
		if !entering || n.Kind() != extast.KindFootnoteLink {
			return ast.WalkContinue, nil
		}
		if before := n.PreviousSibling(); before != nil && before.Kind() == extast.KindFootnoteLink {
			comma := ast.NewString([]byte(`<sup class="footnote-ref">, </sup>`))
			comma.SetCode(true) // is HTML already
			n.Parent().InsertBefore(n.Parent(), n, comma)
		}
		return ast.WalkContinue, nil
	})
}

// codeBlocks renders code in Markdown as cells are rendered, magics included.
type codeBlocks struct{}

func (c codeBlocks) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(ast.KindFencedCodeBlock, c.render)
	r.Register(ast.KindCodeBlock, c.render)
}

func (c codeBlocks) render(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
	if !entering {
		return ast.WalkContinue, nil
	}
	language := ""
	if fenced, ok := n.(*ast.FencedCodeBlock); ok {
		language = strings.ToLower(string(fenced.Language(source)))
	}
	lines := n.Lines()
	var code strings.Builder
	for i := range lines.Len() {
		segment := lines.At(i)
		code.Write(segment.Value(source))
	}
	w.WriteString(`<pre class="nb-source"><code>` + highlightCell(code.String(), language) + "</code></pre>\n")
	return ast.WalkSkipChildren, nil
}

// formulas is the goldmark extension for $…$, $$…$$ and \begin{…}…\end{…}.
type formulas struct{}

func (f formulas) Extend(md goldmark.Markdown) {
	md.Parser().AddOptions(
		parser.WithBlockParsers(util.Prioritized(f, 150)),
		parser.WithInlineParsers(util.Prioritized(inlineFormulas{}, 150)),
	)
	md.Renderer().AddOptions(renderer.WithNodeRenderers(util.Prioritized(f, 150)))
}

var (
	kindFormula      = ast.NewNodeKind("Formula")
	kindFormulaBlock = ast.NewNodeKind("FormulaBlock")
)

// A formula is TeX inside a paragraph.
type formula struct {
	ast.BaseInline
	tex     string
	display bool
}

// Kind implements [ast.Node].
func (*formula) Kind() ast.NodeKind { return kindFormula }

// Dump implements [ast.Node].
func (n *formula) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// A formulaBlock is TeX on lines of its own. End is what closes it.
type formulaBlock struct {
	ast.BaseBlock
	end    string
	closed bool
}

// Kind implements [ast.Node].
func (*formulaBlock) Kind() ast.NodeKind { return kindFormulaBlock }

// IsRaw implements [ast.Node]: no Markdown inside.
func (*formulaBlock) IsRaw() bool { return true }

// Dump implements [ast.Node].
func (n *formulaBlock) Dump(source []byte, level int) { ast.DumpHelper(n, source, level, nil, nil) }

// tex returns the formula without its dollars.
func (n *formulaBlock) tex(source []byte) string {
	var b strings.Builder
	lines := n.Lines()
	for i := range lines.Len() {
		segment := lines.At(i)
		b.Write(segment.Value(source))
	}
	return b.String()
}

func (f formulas) RegisterFuncs(r renderer.NodeRendererFuncRegisterer) {
	r.Register(kindFormula, func(w util.BufWriter, _ []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			n := n.(*formula)
			w.WriteString(formulaHTML(n.tex, n.display))
		}
		return ast.WalkContinue, nil
	})
	r.Register(kindFormulaBlock, func(w util.BufWriter, source []byte, n ast.Node, entering bool) (ast.WalkStatus, error) {
		if entering {
			w.WriteString(`<div class="nb-formula">` + formulaHTML(n.(*formulaBlock).tex(source), true) + "</div>\n")
		}
		return ast.WalkSkipChildren, nil
	})
}

// formulaHTML returns MathML, or the source where the formula is not
// understood.
func formulaHTML(tex string, display bool) string {
	mathml, err := mathML(tex, display)
	if err != nil {
		return fmt.Sprintf(`<code class="nb-tex" title="%s">%s</code>`, html.EscapeString("shown as TeX: "+err.Error()), html.EscapeString(strings.TrimSpace(tex)))
	}
	return mathml
}

// Trigger implements [parser.BlockParser].
func (formulas) Trigger() []byte { return []byte{'$', '\\'} }

// Open implements [parser.BlockParser].
func (f formulas) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	start := pc.BlockOffset()
	if start < 0 {
		return nil, parser.NoChildren
	}
	n := &formulaBlock{}
	body := line[start:]
	switch {
	case bytes.HasPrefix(body, []byte("$$")):
		n.end = "$$"
		start += 2
	case bytes.HasPrefix(body, []byte(`\begin{`)):
		name, _, ok := strings.Cut(string(body[len(`\begin{`):]), "}")
		if _, known := texEnvironments[strings.TrimSuffix(name, "*")]; !ok || !known {
			return nil, parser.NoChildren
		}
		n.end = `\end{` + name + "}"
	default:
		return nil, parser.NoChildren
	}
	if !f.line(n, line[start:], segment.WithStart(segment.Start+start)) {
		return nil, parser.NoChildren // $$x$$ in running text: the inline parser takes it
	}
	if !n.closed && !bytes.Contains(reader.Source()[min(segment.Stop, len(reader.Source())):], []byte(n.end)) {
		return nil, parser.NoChildren
	}
	reader.AdvanceToEOL()
	return n, parser.NoChildren
}

// line adds one line to the block, without the closing dollars. It reports
// false where text follows them.
func (formulas) line(n *formulaBlock, line []byte, segment text.Segment) bool {
	if at := bytes.Index(line, []byte(n.end)); at >= 0 {
		n.closed = true
		if len(bytes.TrimSpace(line[at+len(n.end):])) > 0 {
			return false
		}
		if n.end != "$$" {
			at += len(n.end)
		}
		segment = segment.WithStop(segment.Start + at)
	}
	n.Lines().Append(segment)
	return true
}

// Continue implements [parser.BlockParser].
func (f formulas) Continue(node ast.Node, reader text.Reader, pc parser.Context) parser.State {
	n := node.(*formulaBlock)
	if n.closed {
		return parser.Close
	}
	line, segment := reader.PeekLine()
	f.line(n, line, segment)
	reader.AdvanceToEOL()
	return parser.Continue | parser.NoChildren
}

// Close implements [parser.BlockParser].
func (formulas) Close(ast.Node, text.Reader, parser.Context) {}

// CanInterruptParagraph implements [parser.BlockParser].
func (formulas) CanInterruptParagraph() bool { return true }

// CanAcceptIndentedLine implements [parser.BlockParser].
func (formulas) CanAcceptIndentedLine() bool { return false }

// inlineFormulas parses $…$ and $$…$$ inside a paragraph.
type inlineFormulas struct{}

// Trigger implements [parser.InlineParser].
func (inlineFormulas) Trigger() []byte { return []byte{'$'} }

// Parse implements [parser.InlineParser]. As in pandoc, "$5 and $6" is money: no
// space may follow the opening dollar or stand before the closing one, and no
// digit may follow that.
func (inlineFormulas) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, start := block.PeekLine()
	mark := "$"
	if bytes.HasPrefix(line, []byte("$$")) {
		mark = "$$"
	}
	savedLine, savedPos := block.Position()
	block.Advance(len(mark))
	var tex strings.Builder
	for {
		line, _ = block.PeekLine()
		if line == nil {
			break
		}
		end := closingDollar(line, mark)
		if end < 0 {
			tex.Write(line)
			block.AdvanceLine()
			continue
		}
		tex.Write(line[:end])
		after := line[end+len(mark):]
		s := tex.String()
		padded := strings.TrimSpace(s) != s
		if strings.TrimSpace(s) == "" || mark == "$" && (padded || len(after) > 0 && isDigit(after[0])) {
			break
		}
		block.Advance(end + len(mark))
		return &formula{tex: s, display: mark == "$$"}
	}
	block.SetPosition(savedLine, savedPos)
	block.Advance(len(mark))
	return ast.NewTextSegment(start.WithStop(start.Start + len(mark)))
}

// closingDollar returns the place of the mark in the line, passing over escaped
// characters, or -1.
func closingDollar(line []byte, mark string) int {
	for i := 0; i < len(line); i++ {
		if line[i] == '\\' {
			i++
		} else if bytes.HasPrefix(line[i:], []byte(mark)) {
			return i
		}
	}
	return -1
}
