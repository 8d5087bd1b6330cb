package magic

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

// A file that is loaded becomes a cell, which a browser has to edit and the
// notebook has to store.
const longestLoad = 1 << 20

func files() []Magic {
	return []Magic{
		{
			Name: "load", Kind: Line, Group: groupSystem, files: true,
			Summary:  "put a file's text into the cell",
			LineArgs: "FILE",
			Text:     "The text replaces the cell, and is run when the cell is run again.",
			Examples: []string{"%load workload.go", "%load -r 10-20 workload.go"},
			setup: func(flags *pflag.FlagSet) runner {
				var wanted lines
				flags.VarP(&parsed[lines]{to: &wanted, kind: "lines", parse: rangeFlag}, "range", "r", "only these lines, as in 10-20")
				return func(ctx context.Context, in *invocation) lang.Result { return load(ctx, in, wanted) }
			},
		},
		{
			Name: "writefile", Kind: Cell, Group: groupSystem, files: true, text: true,
			Summary:  "write the cell's text to a file",
			CellArgs: "FILE",
			Examples: []string{"%%writefile notes.txt\nwhat the cell says", "%%writefile -a notes.txt\none line more"},
			setup: func(flags *pflag.FlagSet) runner {
				add := flags.BoolP("append", "a", false, "add to the file's end instead of replacing it")
				return func(ctx context.Context, in *invocation) lang.Result { return writeFile(ctx, in, *add) }
			},
		},
	}
}

func rangeFlag(s string) (lines, error) {
	r, err := parseLines(s)
	if err != nil {
		return r, fmt.Errorf("must be lines such as 10-20, got %q", s)
	}
	return r, nil
}

// oneFile returns the only argument as a path.
func (in *invocation) oneFile(ctx context.Context) (string, error) {
	switch len(in.args) {
	case 0:
		return "", fmt.Errorf("needs the name of a file")
	case 1:
		return in.resolve(ctx, in.args[0])
	default:
		return "", fmt.Errorf("takes one file, got %d words: put quotes around a name with spaces", len(in.args))
	}
}

func load(ctx context.Context, in *invocation, wanted lines) lang.Result {
	path, err := in.oneFile(ctx)
	if err != nil {
		return in.usage("%s", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return in.fail(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, longestLoad+1))
	switch {
	case err != nil:
		return in.fail(err)
	case len(data) > longestLoad:
		return in.failAs(magicError, "%s is longer than %s: too long for a cell", path, bytes(longestLoad))
	case !utf8.Valid(data):
		return in.failAs(magicError, "%s is not a text in UTF-8", path)
	}
	text := strings.ReplaceAll(string(data), "\r\n", "\n")
	text = strings.TrimSuffix(strings.TrimPrefix(text, "\ufeff"), "\n")
	if wanted.last > 0 {
		all := strings.Split(text, "\n")
		if wanted.first > len(all) {
			return in.usage("-r must lie within the file's lines 1-%d, got %d-", len(all), wanted.first)
		}
		text = strings.Join(all[wanted.first-1:min(wanted.last, len(all))], "\n")
	}
	in.env.Output().SetNextInput("// "+in.title+" "+strings.TrimSpace(in.Args)+"\n"+text, true)
	return lang.Result{}
}

func writeFile(ctx context.Context, in *invocation, add bool) lang.Result {
	path, err := in.oneFile(ctx)
	if err != nil {
		return in.usage("%s", err)
	}
	flags, verb := os.O_CREATE|os.O_WRONLY|os.O_TRUNC, "Writing"
	if _, err := os.Stat(path); err == nil {
		verb = "Overwriting"
	}
	if add {
		flags, verb = os.O_CREATE|os.O_WRONLY|os.O_APPEND, "Appending to"
	}
	file, err := os.OpenFile(path, flags, 0o666)
	if err != nil {
		return in.fail(err)
	}
	text := in.Body
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err = file.WriteString(text)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return in.fail(err)
	}
	in.print("%s %s\n", verb, in.args[0])
	return lang.Result{}
}
