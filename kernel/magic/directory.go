package magic

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

func systems() []Magic {
	return []Magic{
		{
			Name: "cd", Kind: Line, Group: groupSystem, files: true,
			Summary:  "change the session's working directory",
			LineArgs: "[DIR | -]",
			Text:     "Without DIR it goes to the home directory, with - to the directory before the last `%cd`.",
			Examples: []string{
				"%cd data",
				"%cd -",
			},
			setup: func(*pflag.FlagSet) runner { return changeDirectory },
		},
		{
			Name: "pwd", Kind: Line, Group: groupSystem,
			Summary:  "print the session's working directory",
			Examples: []string{"%pwd"},
			setup: func(*pflag.FlagSet) runner {
				return func(ctx context.Context, in *invocation) lang.Result {
					dir, err := in.env.Getwd(ctx)
					if err != nil {
						return in.fail(err)
					}
					in.print("%s\n", dir)
					return lang.Result{}
				}
			},
		},
		{
			Name: "env", Kind: Line, Group: groupSystem, rest: true,
			Summary:  "list, show, set or remove environment variables",
			LineArgs: "[NAME | NAME=VALUE]",
			Text: "Commands and worker processes inherit what is set. The value is everything after the first `=`, quotes included. " +
				"In the list the values of names that contain KEY, TOKEN, SECRET or PASSWORD are hidden, since notebooks are passed on.",
			Examples: []string{"%env GOGC=200", "%env HOME", "%env --unset GOGC"},
			setup: func(flags *pflag.FlagSet) runner {
				unset := flags.BoolP("unset", "u", false, "remove NAME")
				return func(ctx context.Context, in *invocation) lang.Result { return environment(ctx, in, *unset) }
			},
		},
	}
}

func changeDirectory(ctx context.Context, in *invocation) lang.Result {
	if len(in.args) > 1 {
		return in.usage("takes one directory, got %d words: put quotes around a name with spaces", len(in.args))
	}
	// It may be gone, which must not keep the session there.
	old, gone := in.env.Getwd(ctx)
	var err error
	dir := "~"
	if len(in.args) == 1 {
		dir = in.args[0]
	}
	if dir == "-" {
		vars, err := in.env.Environ(ctx)
		if err != nil {
			return in.fail(err)
		}
		// Kept where shells keep it, so that a command can use it too.
		if dir = lookup(vars, "OLDPWD"); dir == "" {
			return in.usage("there is no previous directory yet")
		}
	}
	if dir, err = home(dir); err != nil {
		return in.fail(err)
	}
	dir, err = in.env.Chdir(ctx, dir)
	if err != nil {
		return in.fail(err)
	}
	if gone == nil {
		if err := in.env.Setenv(ctx, "OLDPWD", old); err != nil {
			return in.fail(err)
		}
	}
	in.print("%s\n", dir)
	return lang.Result{}
}

// home replaces a leading ~ by the user's home directory.
func home(path string) (string, error) {
	if path != "~" && !strings.HasPrefix(path, "~/") && !strings.HasPrefix(path, `~\`) {
		return path, nil
	}
	dir, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, path[1:]), nil
}

// resolve makes a file name that the cell wrote absolute: the session's working
// directory is not the kernel's.
func (in *invocation) resolve(ctx context.Context, name string) (string, error) {
	path, err := home(name)
	if err != nil || filepath.IsAbs(path) {
		return path, err
	}
	dir, err := in.env.Getwd(ctx)
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, path), nil
}

func environment(ctx context.Context, in *invocation, unset bool) lang.Result {
	name, value, assigned := strings.Cut(in.rest, "=")
	name = strings.TrimSpace(name)
	switch {
	case strings.ContainsAny(name, " \t"):
		return in.usage("%q is no name: write NAME=VALUE to set a variable", name)
	case unset && (assigned || name == ""):
		return in.usage("--unset takes the name of a variable, got %q", in.rest)
	case assigned && name == "":
		return in.usage("there is no name before the = sign")
	case unset:
		if err := in.env.Unsetenv(ctx, name); err != nil {
			return in.fail(err)
		}
		return lang.Result{}
	case assigned:
		if err := in.env.Setenv(ctx, name, value); err != nil {
			return in.fail(err)
		}
		in.print("%s=%s\n", name, value)
		return lang.Result{}
	}
	vars, err := in.env.Environ(ctx)
	if err != nil {
		return in.fail(err)
	}
	slices.Sort(vars)
	if name == "" {
		for _, v := range vars {
			in.print("%s\n", hideSecret(v))
		}
		return lang.Result{}
	}
	var names []string
	for _, v := range vars {
		n, value, _ := strings.Cut(v, "=")
		if n == name {
			in.print("%s\n", value)
			return lang.Result{}
		}
		names = append(names, n)
	}
	return in.usage("%s is not set%s", name, didYouMean(name, names))
}

// hideSecret returns a NAME=VALUE string whose value is hidden if the name says
// that it is nobody's business.
func hideSecret(v string) string {
	name, _, _ := strings.Cut(v, "=")
	upper := strings.ToUpper(name)
	for _, part := range []string{"KEY", "TOKEN", "SECRET", "PASSWORD"} {
		if strings.Contains(upper, part) {
			return name + "=<hidden>"
		}
	}
	return v
}

// lookup returns the value of a name in NAME=VALUE strings.
func lookup(vars []string, name string) string {
	for _, v := range vars {
		if n, value, _ := strings.Cut(v, "="); n == name {
			return value
		}
	}
	return ""
}
