package magic

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

func declarations() []Magic {
	return []Magic{
		{
			Name: "list", Kind: Line, Group: groupCode, names: true,
			Summary:  "print the session's declarations as source",
			LineArgs: "[NAME]…",
			Text: "They come in the order in which they were first declared, each as it was declared last. A type's NAME means its methods too, `T.M` " +
				"one method, `x` of a variable its type.",
			Examples: []string{"%list", "%list fib"},
			setup:    func(*pflag.FlagSet) runner { return list },
		},
		{
			Name: "rm", Kind: Line, Group: groupCode, names: true,
			Summary:  "remove declarations, variables or imports",
			LineArgs: "NAME…",
			Text: "A type's NAME means its methods too, `T.M` one method, a constant's those that are declared together with it. If something else " +
				"uses what is to go, nothing is removed, and the error names it.",
			Examples: []string{"%rm fib", "%rm -f fib n"},
			setup: func(flags *pflag.FlagSet) runner {
				force := flags.BoolP("force", "f", false, "remove what uses it, too")
				return func(ctx context.Context, in *invocation) lang.Result { return remove(ctx, in, *force) }
			},
		},
	}
}

// named reports whether name means the declaration.
func (d Declaration) named(name string) bool {
	return d.Name == name || slices.Contains(d.Names, name) || d.Kind == "method" && strings.HasPrefix(d.Name, name+".")
}

func list(ctx context.Context, in *invocation) lang.Result {
	all, err := in.env.Declarations(ctx)
	if err != nil {
		return in.fail(err)
	}
	var variables []Variable
	if len(in.args) > 0 {
		if variables, err = in.env.Variables(ctx); err != nil {
			return in.fail(err)
		}
	}
	for _, name := range in.args {
		known := slices.ContainsFunc(all, func(d Declaration) bool { return d.named(name) }) ||
			slices.ContainsFunc(variables, func(v Variable) bool { return v.Name == name })
		if !known {
			return in.usage("nothing in the session is called %s%s", name, didYouMean(name, namesOf(all, variables)))
		}
	}
	var b strings.Builder
	last := ""
	for _, d := range all {
		if len(in.args) > 0 && !slices.ContainsFunc(in.args, d.named) {
			continue
		}
		if b.Len() > 0 && (d.Kind != last || d.Kind != "import") {
			b.WriteByte('\n')
		}
		last = d.Kind
		if d.Doc != "" {
			b.WriteString(d.Doc + "\n")
		}
		b.WriteString(d.Source + "\n")
	}
	for _, v := range variables {
		if slices.Contains(in.args, v.Name) {
			b.WriteString("var " + v.Name + " " + v.Type + "\n")
		}
	}
	if b.Len() == 0 {
		b.WriteString("no declarations\n")
	}
	in.print("%s", b.String())
	return lang.Result{}
}

func namesOf(all []Declaration, variables []Variable) []string {
	var names []string
	for _, d := range all {
		names = append(append(names, d.Name), d.Names...)
	}
	for _, v := range variables {
		names = append(names, v.Name)
	}
	return names
}

func remove(ctx context.Context, in *invocation, force bool) lang.Result {
	if len(in.args) == 0 {
		return in.usage("needs a name; %%list and %%who tell what there is")
	}
	removed, err := in.env.Remove(ctx, Removal{Names: in.args, Dependents: force})
	if err != nil {
		return in.fail(err)
	}
	in.print("removed: %s\n", strings.Join(removed, ", "))
	return lang.Result{}
}
