package magic

import (
	"context"
	"errors"
	"fmt"
	"go/scanner"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"lockstep/kernel/cell"
	"lockstep/kernel/lang"
)

func formats() []Magic {
	return []Magic{{
		Name: "fmt", Kind: Line | Cell, Group: groupCode,
		Summary:  "lay out a cell's Go as gofmt does",
		LineArgs: "[NUMBER]",
		Text: "`%%fmt` puts the laid out text into the cell and runs nothing. `%fmt` in a cell does it to the cell around it, which runs as ever. " +
			"With the NUMBER of an input of this session, that becomes the next cell. Magics stay as they are. How the text gets into the " +
			"cell is up to the notebook program: where it takes no such requests, nothing happens.",
		Examples: []string{"%%fmt\nfor i:=range 3{fmt.Println(i)}", "%fmt\nx:=1", "%fmt 2"},
		setup:    func(*pflag.FlagSet) runner { return formatInput },
	}}
}

func formatInput(_ context.Context, in *invocation) lang.Result {
	text, line, replace := in.Body, in.BodyLine, true
	switch {
	case in.Kind == Cell:
	case len(in.args) > 1:
		return in.usage("takes one number, got %d words", len(in.args))
	case len(in.args) == 1:
		input, err := in.input(in.args[0])
		if err != nil {
			return in.usage("%s", err)
		}
		text, line, replace = input, 1, false
	default:
		// The line itself becomes an empty one, so that lines keep their numbers in errors.
		lines := strings.SplitAfter(in.Whole, "\n")
		if in.Line <= len(lines) {
			lines[in.Line-1] = "\n"
		}
		text, line = strings.Join(lines, ""), 1
	}
	if strings.TrimSpace(text) == "" {
		return in.usage("there is no code to lay out")
	}
	out, err := format(text, line)
	if list, ok := errors.AsType[scanner.ErrorList](err); ok {
		e := list[0]
		return in.failAs("syntax error", "line %d, column %d: %s", e.Pos.Line, e.Pos.Column, e.Msg)
	}
	if err != nil {
		return in.fail(err)
	}
	in.env.Output().SetNextInput(strings.Trim(out, "\n"), replace)
	return lang.Result{}
}

// input returns an input of this session by its number.
func (in *invocation) input(number string) (string, error) {
	n, err := strconv.Atoi(number)
	if err != nil {
		return "", fmt.Errorf("NUMBER must be that of an input, got %q", number)
	}
	if h := in.env.History(); h != nil {
		entries, err := h.Session(0)
		if err != nil {
			return "", err
		}
		for _, e := range entries {
			if e.Line == n {
				return e.Input, nil
			}
		}
	}
	return "", fmt.Errorf("there is no input %d in this session", n)
}

// format lays out the Go of a cell. line is the cell line of the text's first line.
func format(text string, line int) (string, error) {
	parts, err := cell.Split(text)
	if err != nil {
		return "", err
	}
	text = strings.ReplaceAll(text, "\r\n", "\n")
	lines := strings.SplitAfter(text, "\n")
	var out strings.Builder
	next := 0 // index in lines
	for _, p := range parts {
		if p.Text == "" {
			continue
		}
		if m, ok := find(p.Name); p.Kind == cell.CellMagic && (!ok || m.text) {
			return "", fmt.Errorf("what stands below %%%%%s is not Go", p.Name)
		}
		from := p.TextLine - 1
		out.WriteString(strings.Join(lines[next:from], ""))
		body, err := cell.Format(p.Text, line+from)
		if err != nil {
			return "", err
		}
		out.WriteString(body)
		next = from + len(strings.SplitAfter(strings.TrimSuffix(p.Text, "\n"), "\n"))
	}
	out.WriteString(strings.Join(lines[next:], ""))
	return out.String(), nil
}
