package magic

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/pflag"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
)

func sessions() []Magic {
	return []Magic{
		{
			Name: "who", Aliases: []string{"whos"}, Kind: Line, Group: groupSession,
			Summary:  "list the session's variables",
			LineArgs: "[TYPE]…",
			Text:     "With TYPEs only variables of these types are listed.",
			Examples: []string{"%who", "%who int []string", "%who --declarations"},
			setup: func(flags *pflag.FlagSet) runner {
				declared := flags.BoolP("declarations", "d", false, "list functions, types, constants and imports instead")
				return func(ctx context.Context, in *invocation) lang.Result {
					if *declared {
						return listDeclarations(ctx, in)
					}
					return listVariables(ctx, in)
				}
			},
		},
		{
			Name: "reset", Kind: Line, Group: groupSession,
			Summary:  "forget all variables, declarations and imports",
			Text:     "It does not ask. What goroutines of earlier cells hold lives on until they end.",
			Examples: []string{"%reset"},
			setup: func(flags *pflag.FlagSet) runner {
				// IPython asks without -f, and its notebooks have the flag.
				flags.BoolP("force", "f", false, "accepted for IPython's sake: nothing is asked anyway")
				return func(ctx context.Context, in *invocation) lang.Result {
					if err := in.env.Reset(ctx); err != nil {
						return in.fail(err)
					}
					return lang.Result{}
				}
			},
		},
		{
			Name: "engine", Kind: Line, Group: groupSession,
			Summary:  "show or choose what executes Go",
			LineArgs: "[NAME]",
			Text: "The choice holds for the cells that follow. Without NAME it tells what there is, and of the native engine how many units " +
				"are loaded and what memory that took: what was compiled stays in the session's process. A new process, by `%recycle`, has all declarations in " +
				"one unit.",
			Examples: []string{"%engine", "%engine interp", "%engine --restart"},
			values:   func() []string { return engineNames },
			setup: func(flags *pflag.FlagSet) runner {
				restart := flags.Bool("restart", false, "as %recycle --force")
				return func(ctx context.Context, in *invocation) lang.Result { return engine(ctx, in, *restart) }
			},
		},
		{
			Name: "recycle", Kind: Line, Group: groupSession,
			Summary: "start the session's process anew, with declarations and values",
			Text: "That gives back the memory that a long session has taken: units and scopes of earlier cells stay in their process until it ends. " +
				"Where something would be lost — a value that cannot be sent to another process, a goroutine that still runs, a command, a timer, a setting of a " +
				"package — nothing is done and it is named; `--force` loses it.\n\n" +
				"The session does it by itself, after a cell, when its process has many units or uses more than a fifth of its memory (`%limit`), but only if " +
				"nothing would be lost; else it says once what keeps it from that.",
			Examples: []string{"%recycle", "%recycle --force"},
			setup: func(flags *pflag.FlagSet) runner {
				force := flags.BoolP("force", "f", false, "lose what cannot be kept")
				return func(ctx context.Context, in *invocation) lang.Result {
					if err := in.env.Recycle(ctx, *force); err != nil {
						return in.fail(err)
					}
					return lang.Result{}
				}
			},
		},
		limits(),
	}
}

// engineNames is for completion, which cannot ask the session.
var engineNames = []string{"auto", "interp", "native"}

func listVariables(ctx context.Context, in *invocation) lang.Result {
	variables, err := in.env.Variables(ctx)
	if err != nil {
		return in.fail(err)
	}
	t := newTable("name", "type", "value", "size")
	for _, v := range variables {
		if len(in.args) > 0 && !slices.Contains(in.args, v.Type) {
			continue
		}
		size := ""
		if v.Bytes > 0 {
			size = bytes(float64(v.Bytes))
		}
		t.AppendRow(table.Row{v.Name, v.Type, firstLine(v.Value), size})
	}
	if t.Length() == 0 {
		in.print("no variables%s\n", ofTypes(in.args))
		return lang.Result{}
	}
	in.show(t)
	return lang.Result{}
}

func ofTypes(types []string) string {
	if len(types) == 0 {
		return ""
	}
	return " of type " + strings.Join(types, " or ")
}

func listDeclarations(ctx context.Context, in *invocation) lang.Result {
	if len(in.args) > 0 {
		return in.usage("--declarations takes no types, got %q", in.args[0])
	}
	declarations, err := in.env.Declarations(ctx)
	if err != nil {
		return in.fail(err)
	}
	if len(declarations) == 0 {
		in.print("no declarations\n")
		return lang.Result{}
	}
	t := newTable("name", "kind", "source")
	for _, d := range declarations {
		t.AppendRow(table.Row{d.Name, d.Kind, firstLine(d.Source)})
	}
	in.show(t)
	return lang.Result{}
}

func engine(ctx context.Context, in *invocation, restart bool) lang.Result {
	if len(in.args) > 1 {
		return in.usage("takes one name, got %d", len(in.args))
	}
	if restart {
		if len(in.args) > 0 {
			return in.usage("--restart takes no name, got %q", in.args[0])
		}
		if err := in.env.Recycle(ctx, true); err != nil {
			return in.fail(err)
		}
		return lang.Result{}
	}
	info, err := in.env.Engine(ctx)
	if err != nil {
		return in.fail(err)
	}
	if len(in.args) == 0 {
		t := newTable("engine", "", "what it is")
		for _, e := range info.Engines {
			state, summary := "", e.Summary
			switch {
			case e.Name == info.Name:
				state = "in use"
			case e.Missing != "":
				state, summary = "not here", summary+" ("+e.Missing+")"
			}
			t.AppendRow(table.Row{e.Name, state, summary})
		}
		in.show(t)
		if info.Summary != "" {
			in.print("%s\n", info.Summary)
		}
		return lang.Result{}
	}
	name := in.args[0]
	if err := info.check(name); err != nil {
		return in.usage("NAME %s", err)
	}
	if err := in.env.SetEngine(ctx, name); err != nil {
		return in.fail(err)
	}
	in.print("engine: %s\n", name)
	return lang.Result{}
}

// check returns an error unless the engine can be chosen; its text continues
// the name of what chose it.
func (i EngineInfo) check(name string) error {
	var names []string
	for _, e := range i.Engines {
		switch {
		case e.Name != name:
			names = append(names, e.Name)
		case e.Missing != "":
			return fmt.Errorf("cannot be %s here: %s", name, e.Missing)
		default:
			return nil
		}
	}
	return fmt.Errorf("must be an engine, got %s%s", name, choose(name, names))
}

// newTable returns an empty table with a header and no frame.
func newTable(header ...any) table.Writer {
	t := table.NewWriter()
	style := table.StyleLight
	style.Format.Header = 0 // as written
	style.Options = table.Options{SeparateHeader: true}
	style.Box.PaddingLeft = ""
	style.HTML.CSSClass = "dataframe" // which JupyterLab and nbconvert give a table's looks
	t.SetStyle(style)
	t.AppendHeader(header)
	t.SuppressTrailingSpaces()
	return t
}

// leftAligned has what is words read as words: JupyterLab aligns all cells of a table to the right.
var leftAligned = strings.NewReplacer("<th>", `<th style="text-align:left">`, "<td>", `<td style="text-align:left">`)

// show displays a table as text and as HTML.
func (in *invocation) show(t table.Writer) {
	in.env.Output().Display(display.Message{Bundle: display.Bundle{Data: map[string]any{
		display.MIMEText: t.Render(),
		display.MIMEHTML: leftAligned.Replace(t.RenderHTML()),
	}}})
}

// firstLine is what a table shows of a text.
func firstLine(s string) string {
	line, _, more := strings.Cut(strings.TrimSpace(s), "\n")
	if more {
		line += " …"
	}
	return line
}

// choose is a hint: the nearest name, or all of them.
func choose(name string, names []string) string {
	if hint := didYouMean(name, names); hint != "" {
		return hint
	}
	return oneOf(names)
}
