package magic

import (
	"context"

	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

func modules() []Magic {
	return []Magic{
		{
			Name: "get", Kind: Line, Group: groupCode,
			Summary:  "get third-party modules, or other versions of them",
			LineArgs: "MODULE[@VERSION]|FOLDER…",
			Text: "It does what `go get` does, to a module that is the session's own. A cell that imports a package which is in none of its " +
				"modules gets the newest version by itself, and says which; the magic fixes the version. `@none` removes a module. " +
				"What is in this machine's module cache is there without a network, too.\n\n" +
				"A folder, written with `./`, `../` or from the root, stands for the Go module in it, as with `replace` in a go.mod. What it has now is copied; " +
				"after a change `%get` takes it again. `replace` in the folder's own go.mod does not count: get those folders, too.\n\n" +
				"If the session has loaded another version already, its process is started anew; the variables that this costs are named.",
			Examples: []string{"%get golang.org/x/text@v0.31.0", "%get github.com/google/uuid@latest golang.org/x/exp", "%get ../mymodule"},
			setup:    func(*pflag.FlagSet) runner { return getModules },
		},
		{
			Name: "mod", Kind: Line, Group: groupCode,
			Summary: "show the session's go.mod",
			Text: "It requires from the start what the session's own program is built with. Without a Go toolchain there is no module, and cells " +
				"import only the standard library.",
			Examples: []string{"%mod"},
			setup: func(*pflag.FlagSet) runner {
				return func(ctx context.Context, in *invocation) lang.Result {
					text, err := in.env.Mod(ctx)
					if err != nil {
						return in.fail(err)
					}
					in.print("%s", text)
					return lang.Result{}
				}
			},
		},
	}
}

func getModules(ctx context.Context, in *invocation) lang.Result {
	if len(in.args) == 0 {
		return in.usage("needs a module, as in %%get golang.org/x/text, or a folder with one, as in %%get ../mymodule")
	}
	said, err := in.env.Get(ctx, in.args)
	if err != nil {
		return in.fail(err)
	}
	for _, line := range said {
		in.print("%s\n", line)
	}
	if len(said) == 0 {
		in.print("nothing has changed\n")
	}
	return lang.Result{}
}
