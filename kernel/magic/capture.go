package magic

import (
	"context"

	"github.com/spf13/pflag"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
)

func captures() []Magic {
	return []Magic{{
		Name: "capture", Kind: Cell, Group: groupSystem,
		Summary:  "run the cell and keep its output in a variable",
		CellArgs: "[NAME]",
		Text: "NAME becomes a session variable of type `display.Captured`: `NAME.Stdout` and `NAME.Stderr` are texts, `NAME.Shown` is what was " +
			"displayed, and `NAME.Show()` puts all of it out. Without NAME the output is dropped. An error of the cell remains one.",
		Examples: []string{"%%capture out\nfmt.Println(6 * 7)", "%%capture --no-stderr listing\n!ls"},
		setup: func(flags *pflag.FlagSet) runner {
			var c capture
			flags.BoolVar(&c.noStdout, "no-stdout", false, "leave standard output alone")
			flags.BoolVar(&c.noStderr, "no-stderr", false, "leave standard error alone")
			flags.BoolVar(&c.noDisplay, "no-display", false, "leave what is displayed alone")
			return c.run
		},
	}}
}

// capture is one use of %%capture.
type capture struct{ noStdout, noStderr, noDisplay bool }

func (c *capture) run(ctx context.Context, in *invocation) lang.Result {
	name := ""
	switch len(in.args) {
	case 0:
	case 1:
		var err error
		if name, err = parseName(in.args[0]); err != nil {
			return in.usage("NAME %s", err)
		}
	default:
		return in.usage("takes one name, got %d words", len(in.args))
	}
	captured, result := in.env.Capture(func() lang.Result { return in.env.RunText(ctx, in.Body, in.BodyLine) })
	out := in.env.Output()
	if c.noStdout && captured.Stdout != "" {
		out.Stream("stdout", captured.Stdout)
		captured.Stdout = ""
	}
	if c.noStderr && captured.Stderr != "" {
		out.Stream("stderr", captured.Stderr)
		captured.Stderr = ""
	}
	if c.noDisplay {
		for _, b := range captured.Shown {
			out.Display(display.Message{Bundle: b})
		}
		captured.Shown = nil
	}
	if name == "" {
		return result
	}
	if err := in.env.BindCaptured(context.WithoutCancel(ctx), name, captured); err != nil && result.Err == nil {
		return in.fail(err)
	}
	return result
}
