package cell

import (
	"go/format"
	"go/token"
	"strings"
)

// Format lays out the Go source of a part as gofmt does, its declarations and its
// statements. line is the cell line of its first line. The error is that of [Parse].
func Format(text string, line int) (string, error) {
	g, err := Parse(token.NewFileSet(), "cell", text, line)
	if err != nil {
		return "", err
	}
	if g.Program {
		return formatted(text, "")
	}
	// gofmt takes declarations or statements, not both.
	var out strings.Builder
	all := items(text)
	for from, i := 0, 0; from < len(text); {
		header, end := "", len(text)
		if i < len(all) && all[i].decl {
			header = "package main\n\n"
		}
		for ; i < len(all); i++ {
			if i+1 < len(all) && all[i+1].decl != all[i].decl {
				end = all[i].end
				i++
				break
			}
		}
		part, err := formatted(text[from:end], header)
		if err != nil {
			return "", err
		}
		out.WriteString(part)
		if from = end; from < len(text) && text[from] == ';' {
			out.WriteString("\n")
			from++
		}
	}
	return out.String(), nil
}

// formatted lays out text with the lines before and behind it as they are. It is a
// list of statements, or with header a file.
func formatted(text, header string) (string, error) {
	source := strings.TrimSpace(text)
	if source == "" {
		return text, nil
	}
	before, after, _ := strings.Cut(text, source)
	out, err := format.Source([]byte(header + source))
	if err != nil {
		return "", err
	}
	lines := func(s string) string { return strings.Repeat("\n", strings.Count(s, "\n")) }
	return lines(before) + strings.TrimSpace(strings.TrimPrefix(string(out), header)) + lines(after), nil
}
