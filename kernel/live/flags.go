package live

import (
	"context"
	"regexp"
	"strings"

	"lockstep/kernel/native"
	"lockstep/kernel/rewrite/mark"
)

// BuildFlags implements magic.Env.
func (e *env) BuildFlags(ctx context.Context, words []string) (string, error) {
	if err := e.compiles(ctx, "build flags"); err != nil {
		return "", err
	}
	if len(words) == 0 {
		return e.flags.String(), nil
	}
	var next native.Flags
	if len(words) != 1 || words[0] != "off" {
		var err error
		if next, err = native.ParseFlags(words); err != nil {
			return "", userError("usage error", err.Error())
		}
	}
	old := e.flags
	e.flags = next
	if e.mod != nil && next.Tags != old.Tags {
		if err := e.adopt(ctx, e.mod); err != nil {
			e.flags = old
			return "", err
		}
	}
	return e.flags.String(), nil
}

// remark is a line of the compiler about a place in a file.
var remark = regexp.MustCompile(`^(.+?):\d+(:\d+)?: `)

// compilerSaid shows the cell what the compiler said of it, but not of what the rewriting
// has added.
func (c *call) compilerSaid(text string) {
	text = strings.ReplaceAll(text, mark.ThisCell+":", c.name+":")
	if text == "" || c.out == nil {
		return
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		m := remark.FindStringSubmatch(line)
		if m == nil || strings.HasPrefix(m[1], "cell ") {
			b.WriteString(line)
		}
	}
	said := strings.NewReplacer("X"+mark.Mark, "", mark.Mark, "").Replace(b.String())
	if said != "" {
		c.out.Stream("stderr", strings.TrimRight(said, "\n")+"\n")
	}
}
