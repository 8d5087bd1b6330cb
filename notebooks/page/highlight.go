package page

import (
	"html"
	"path"
	"regexp"
	"strings"
	"sync"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
)

// maxHighlight is the longest text that is coloured; lexers are regular
// expressions and slow on megabytes.
const maxHighlight = 200_000

// highlight returns text in a language as HTML with a span around each run of
// one syntax class. An unknown language gives plain text.
func highlight(text, language string) string {
	lexer := lexers.Get(language)
	if lexer == nil || len(text) > maxHighlight {
		return html.EscapeString(text)
	}
	return tokens(lexer, text)
}

func tokens(lexer chroma.Lexer, text string) string {
	iterator, err := lexer.Tokenise(&chroma.TokeniseOptions{State: "root", EnsureLF: true}, text)
	if err != nil {
		return html.EscapeString(text)
	}
	var b, run strings.Builder
	class := ""
	flush := func() {
		writeSpan(&b, class, run.String())
		run.Reset()
	}
	for token := iterator(); token != chroma.EOF; token = iterator() {
		next := syntaxClass(token.Type)
		if strings.TrimSpace(token.Value) == "" {
			next = class // white space belongs to the run it stands in
		}
		if next != class {
			flush()
			class = next
		}
		run.WriteString(token.Value)
	}
	flush()
	return b.String()
}

func writeSpan(b *strings.Builder, class, text string) {
	if text == "" {
		return
	}
	// Space at the ends stays outside, so that plain runs need no span.
	if class == "" || strings.TrimSpace(text) == "" {
		b.WriteString(html.EscapeString(text))
		return
	}
	body := strings.TrimRight(text, " \t\n")
	b.WriteString(`<span class="` + class + `">` + html.EscapeString(body) + "</span>" + html.EscapeString(text[len(body):]))
}

// syntaxClass reduces chroma's eighty classes to those that have a colour here.
func syntaxClass(t chroma.TokenType) string {
	switch {
	case t == chroma.KeywordType, t == chroma.NameClass, t == chroma.NameAttribute, t == chroma.NameVariable:
		return "hl-t"
	case t.InCategory(chroma.Keyword), t == chroma.OperatorWord, t == chroma.CommentPreproc:
		return "hl-k"
	case t.InSubCategory(chroma.NameFunction), t.InSubCategory(chroma.NameBuiltin), t == chroma.NameTag, t == chroma.NameDecorator:
		return "hl-f"
	case t.InSubCategory(chroma.LiteralNumber):
		return "hl-m"
	case t.InCategory(chroma.Literal):
		return "hl-s"
	case t.InCategory(chroma.Comment):
		return "hl-c"
	case t == chroma.GenericInserted:
		return "hl-ins"
	case t == chroma.GenericDeleted:
		return "hl-del"
	}
	return ""
}

// magicLine matches a line that is not code of the cell's language: a magic, a
// shell command, or a question for documentation.
var magicLine = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:%|!|\?+[\w.]+\s*$|[\w.]+\?+\s*$)`)
})

// highlightCell returns the source of a code cell as HTML. Magics and shell
// lines are set apart, and the body below a cell magic is coloured as what it
// is.
func highlightCell(source, language string) string {
	var b strings.Builder
	rest := source
	for strings.HasPrefix(rest, "%%") {
		line, after, found := strings.Cut(rest, "\n")
		magic(&b, line)
		if found {
			b.WriteByte('\n')
		}
		language = bodyLanguage(line, language)
		rest = after
	}
	var code strings.Builder
	flush := func() {
		b.WriteString(highlight(code.String(), language))
		code.Reset()
	}
	for line := range strings.Lines(rest) {
		if !magicLine().MatchString(line) || language != "go" && language != "python" {
			code.WriteString(line)
			continue
		}
		flush()
		text := strings.TrimRight(line, "\n")
		magic(&b, text)
		b.WriteString(line[len(text):])
	}
	flush()
	return b.String()
}

// magic writes a magic line: its name in the magics' colour, a shell command as
// shell.
func magic(b *strings.Builder, line string) {
	if command, ok := strings.CutPrefix(line, "!"); ok {
		b.WriteString(`<span class="hl-g">!</span>` + highlight(command, "bash"))
		return
	}
	name, args, found := strings.Cut(line, " ")
	writeSpan(b, "hl-g", name)
	if found {
		b.WriteString(" " + html.EscapeString(args))
	}
}

// bodyLanguage returns the language of the text below a cell magic.
func bodyLanguage(line, language string) string {
	words := strings.Fields(strings.TrimPrefix(line, "%%"))
	if len(words) == 0 {
		return language
	}
	switch name := strings.ToLower(words[0]); name {
	case "bash", "sh", "html", "javascript", "markdown", "svg", "sql", "latex":
		return name
	case "js":
		return "javascript"
	case "python", "python3":
		return "python"
	case "script":
		return bodyLanguage(strings.Join(words[1:], " "), "bash")
	case "writefile", "file":
		if lexer := lexers.Match(path.Base(words[len(words)-1])); lexer != nil {
			return lexer.Config().Name
		}
		return ""
	}
	return language
}
