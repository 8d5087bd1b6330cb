package magic

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

func shells() []Magic {
	return []Magic{
		{
			Name: "!", Kind: Line, Group: groupSystem, rest: true, files: true,
			Summary:  "run a shell command",
			LineArgs: "COMMAND",
			Text: "The output appears while the command runs, and an interrupt of the cell ends it. The command has a shell of its own, so `!cd` changes " +
				"nothing: use `%cd` and `%env`. A command that fails prints its exit status, and the cell goes on.",
			Examples: []string{"!go version", "!ls -l | head -3"},
			setup:    func(*pflag.FlagSet) runner { return runCommand },
		},
		script("bash"),
		script("sh"),
	}
}

// script is the row of a cell magic that runs its body in a shell.
func script(shell string) Magic {
	return Magic{
		Name: shell, Kind: Cell, Group: groupSystem, text: true,
		Summary:  "run the cell as a script of " + shell,
		CellArgs: "[ARG]…",
		Text:     "The output appears while the script runs. ARGs are its `$1`, `$2` and so on. A script that fails is an error of the cell.",
		Examples: []string{"%%" + shell + "\nfor i in 1 2 3; do\n  echo $i\ndone"},
		setup: func(flags *pflag.FlagSet) runner {
			goOn := flags.Bool("no-raise-error", false, "print a failed script's exit status instead of failing")
			return func(ctx context.Context, in *invocation) lang.Result { return runScript(ctx, in, shell, *goOn) }
		},
	}
}

func runCommand(ctx context.Context, in *invocation) lang.Result {
	if in.rest == "" {
		return in.usage("there is no command")
	}
	argv := []string{"sh", "-c", in.rest}
	if runtime.GOOS == "windows" {
		argv = []string{"cmd", "/c", in.rest}
	}
	status, err := in.env.Shell(ctx, argv, "")
	if err != nil {
		return in.fail(err)
	}
	if !status.OK() {
		in.warn("%s\n", status)
	}
	return lang.Result{}
}

func runScript(ctx context.Context, in *invocation, shell string, goOn bool) lang.Result {
	if strings.TrimSpace(in.Body) == "" {
		return in.usage("the cell has no script below its first line")
	}
	status, err := in.env.Shell(ctx, append([]string{shell, "-s", "--"}, in.args...), in.Body)
	switch {
	case err != nil:
		return in.fail(err)
	case status.OK():
		return lang.Result{}
	case goOn:
		in.warn("%s\n", status)
		return lang.Result{}
	}
	return in.failAs(commandError, "the script ended with %s", status)
}

// String is "exit status 3" or "signal killed".
func (s Status) String() string {
	if s.Signal != "" {
		return "signal " + s.Signal
	}
	return fmt.Sprintf("exit status %d", s.Code)
}
