package magic

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
)

func helps() []Magic {
	return []Magic{
		{
			Name: "lsmagic", Kind: Line, Group: groupHelp,
			Summary:  "list all magics",
			Examples: []string{"%lsmagic"},
			setup: func(*pflag.FlagSet) runner {
				return func(_ context.Context, in *invocation) lang.Result {
					in.print("%s", overview())
					return lang.Result{}
				}
			},
		},
		{
			Name: "help", Kind: Line, Group: groupHelp,
			Summary:  "explain a magic, or list all",
			LineArgs: "[NAME]",
			Text:     "With or without percent signs.",
			Examples: []string{"%help", "%help compare"},
			values:   names,
			setup:    func(*pflag.FlagSet) runner { return help },
		},
		{
			Name: "?", Aliases: []string{"??"}, Kind: Line, Group: groupHelp, rest: true,
			Summary:  "show the documentation of a name in the pager",
			LineArgs: "NAME",
			Text: "Written before or after the NAME, which is a variable, function, type, package, member of one, or a magic. " +
				"`??` shows the source too.",
			Examples: []string{"?strings.Repeat", "xs?", "%%compare?"},
			setup:    func(*pflag.FlagSet) runner { return documentation },
		},
	}
}

// names is every magic's name without percent signs.
func names() []string {
	var all []string
	for _, m := range Magics() {
		all = append(all, m.Name)
	}
	return all
}

func help(_ context.Context, in *invocation) lang.Result {
	switch len(in.args) {
	case 0:
		in.print("%s", overview())
		return lang.Result{}
	case 1:
	default:
		return in.usage("takes one name, got %d", len(in.args))
	}
	m, ok := find(bare(in.args[0]))
	if !ok {
		return in.usage("no magic is called %s%s", in.args[0], didYouMean(bare(in.args[0]), names()))
	}
	in.env.Output().Display(display.Message{Bundle: m.page()})
	return lang.Result{}
}

// bare is a magic's name without its percent signs.
func bare(name string) string { return strings.TrimLeft(name, "%") }

func documentation(ctx context.Context, in *invocation) lang.Result {
	name := strings.TrimSpace(in.rest)
	if name == "" {
		in.env.Output().Page(display.Bundle{Data: map[string]any{display.MIMEText: overview()}})
		return lang.Result{}
	}
	if m, ok := find(bare(name)); ok && name != m.Name || name == "!" {
		in.env.Output().Page(m.page())
		return lang.Result{}
	}
	b, found := in.env.Inspect(ctx, name, len(in.Name)-1)
	if !found {
		// Not an error: a question without an answer should not end "run all".
		in.warn("%s: nothing is known by this name\n", name)
		return lang.Result{}
	}
	in.env.Output().Page(b)
	return lang.Result{}
}

// overview lists all magics by group.
func overview() string {
	var b strings.Builder
	all := Magics()
	width := 0
	for _, m := range all {
		width = max(width, len(strings.Join(m.Titles(), ", ")))
	}
	for i, group := range groups {
		if i > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "%s\n", group)
		for _, m := range all {
			if m.Group == group {
				fmt.Fprintf(&b, "  %-*s  %s\n", width, strings.Join(m.Titles(), ", "), m.Summary)
			}
		}
	}
	b.WriteString("\n%help NAME tells a magic's flags and shows examples.\n")
	return b.String()
}

// page is the magic's help as text and as Markdown.
func (m Magic) page() display.Bundle {
	return display.Bundle{Data: map[string]any{
		display.MIMEText:     m.plainHelp(),
		display.MIMEMarkdown: m.markdownHelp(),
	}}
}

func (m Magic) plainHelp() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n", strings.Join(m.Titles(), ", "), m.Summary, m.Usage())
	if m.flags().HasFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", m.flags().FlagUsages())
	}
	if m.tool != nil {
		b.WriteString("\nFlags, among others:\n")
		for _, f := range m.tool {
			fmt.Fprintf(&b, "  %-14s %s\n", f.name, f.usage)
		}
	}
	if m.Text != "" {
		fmt.Fprintf(&b, "\n%s\n", m.Text)
	}
	if len(m.Aliases) > 0 {
		fmt.Fprintf(&b, "\n%s\n", m.otherNames())
	}
	fmt.Fprintf(&b, "\nExamples:\n\n%s\n", strings.Join(m.Examples, "\n\n"))
	return b.String()
}

func (m Magic) markdownHelp() string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s.\n\n```text\n%s\n```\n", strings.Join(m.Titles(), ", "), capital(m.Summary), m.Usage())
	if m.Text != "" {
		fmt.Fprintf(&b, "\n%s\n", m.Text)
	}
	if m.flags().HasFlags() {
		b.WriteString("\n| flag | value | meaning |\n|---|---|---|\n")
		m.flags().VisitAll(func(f *pflag.Flag) {
			value, usage := pflag.UnquoteUsage(f)
			name := "`--" + f.Name + "`"
			if f.Shorthand != "" {
				name = "`-" + f.Shorthand + "`, " + name
			}
			if f.DefValue != "" && f.DefValue != "false" {
				usage += " (default " + f.DefValue + ")"
			}
			fmt.Fprintf(&b, "| %s | %s | %s |\n", name, value, strings.NewReplacer("|", `\|`, "*", `\*`).Replace(usage))
		})
	}
	if m.tool != nil {
		b.WriteString("\n| flag, among others | meaning |\n|---|---|\n")
		for _, f := range m.tool {
			fmt.Fprintf(&b, "| `%s` | %s |\n", f.name, f.usage)
		}
	}
	if len(m.Aliases) > 0 {
		fmt.Fprintf(&b, "\n%s\n", m.otherNames())
	}
	for _, example := range m.Examples {
		fmt.Fprintf(&b, "\n```go\n%s\n```\n", example)
	}
	return b.String()
}

// otherNames tells the aliases.
func (m Magic) otherNames() string {
	alias := m
	alias.Name = m.Aliases[0]
	return "Also: " + strings.Join(alias.Titles(), ", ")
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// Reference is the reference page of all magics in Markdown: docs/magics.md.
func Reference() string {
	var b strings.Builder
	b.WriteString("<!-- Generated from the table of magics; do not edit. To renew it:\n" +
		"     go test ./kernel/magic -run TestReferencePage -update -->\n\n# Magics\n\n" +
		"A line of a cell that begins with `%` is a magic and not Go; `%%` on the first line takes the whole cell. " +
		"In a notebook `%help NAME` shows the same as this page.\n\n")
	all := Magics()
	for _, group := range groups {
		fmt.Fprintf(&b, "* [%s](#%s): ", group, anchor(group))
		var titles []string
		for _, m := range all {
			if m.Group == group {
				titles = append(titles, "`"+strings.Join(m.Titles(), "`, `")+"`")
			}
		}
		fmt.Fprintf(&b, "%s\n", strings.Join(titles, ", "))
	}
	for _, group := range groups {
		fmt.Fprintf(&b, "\n## %s\n", group)
		for _, m := range all {
			if m.Group == group {
				fmt.Fprintf(&b, "\n%s", m.markdownHelp())
			}
		}
	}
	return b.String()
}

// anchor is the name that Markdown renderers give a heading.
func anchor(heading string) string {
	heading = strings.ToLower(strings.ReplaceAll(heading, ",", ""))
	return strings.ReplaceAll(heading, " ", "-")
}

// Inspect describes the magic on whose name or flags pos (in code points) stands.
func Inspect(code string, pos int) (display.Bundle, bool) {
	p, ok := placeAt(code, pos)
	if !ok {
		return display.Bundle{}, false
	}
	m, ok := find(bare(p.name))
	if !ok || !p.inName && p.inRest(m) {
		return display.Bundle{}, false
	}
	return m.page(), true
}
