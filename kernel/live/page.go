package live

import (
	"fmt"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/display"
	"lockstep/kernel/godoc"
)

// page is what inspection shows of a name.
type page struct {
	check.Description
	value  string // of a variable, "" when it is not known
	detail int    // 1 adds the source, and what a package exports
}

// bundle renders the page as text and as Markdown.
func (p page) bundle(docs *godoc.Library) display.Bundle {
	text, source := godoc.Render(p.Doc), p.Source
	if p.Path != "" {
		if e, ok := docs.Lookup(p.Path, p.Symbol, p.Member); ok {
			text, source = e.Text(), e.Source()
		}
	}
	var plain, md strings.Builder
	section := func(p, m string) {
		if p == "" {
			return
		}
		for _, x := range []struct {
			b    *strings.Builder
			text string
		}{{&plain, p}, {&md, m}} {
			if x.b.Len() > 0 {
				x.b.WriteString("\n")
			}
			x.b.WriteString(strings.TrimRight(x.text, "\n") + "\n")
		}
	}
	section(p.Decl, fenced(p.Decl))
	if p.value != "" {
		section("value: "+p.value, "**Value**\n\n"+fenced(p.value))
	}
	if origin := p.origin(); origin != "" {
		section(origin, origin)
	}
	section(text.Plain, text.Markdown)
	if len(p.Members) > 0 && (p.Kind != check.PackageItem || p.detail > 0) {
		list := strings.Join(p.Members, "\n")
		section(list, fenced(list))
	}
	if p.detail > 0 && source != "" && source != p.Decl {
		section(source, "**Source**\n\n"+fenced(source))
	}
	return display.Bundle{Data: map[string]any{display.MIMEText: plain.String(), display.MIMEMarkdown: md.String()}}
}

// origin tells where the name comes from.
func (p page) origin() string {
	switch {
	case p.Kind == check.KeywordItem:
		return "a keyword"
	case p.Path == "builtin":
		return "predeclared in Go"
	case p.Kind == check.PackageItem:
		if len(p.Also) > 0 {
			return "Other packages of this name: " + strings.Join(p.Also, ", ")
		}
		return ""
	case p.Path != "":
		return fmt.Sprintf("import %q", p.Path)
	case p.Cell != "":
		return "declared in " + p.Cell
	}
	return ""
}

// fenced sets text as Go code.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "go\n" + strings.TrimRight(text, "\n") + "\n" + fence
}
