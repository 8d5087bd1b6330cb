package live

import (
	"cmp"
	"context"
	"errors"
	osexec "os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"lockstep/kernel/cell"
	"lockstep/kernel/check"
	"lockstep/kernel/lang"
	"lockstep/kernel/magic"
	"lockstep/kernel/native"
	"lockstep/kernel/rewrite"
)

// goCommand runs the go command over the session's declarations as one package.
func (e *env) goCommand(ctx context.Context, what string, cmd native.Command) (magic.Status, error) {
	m, err := e.module(ctx, what)
	if err != nil {
		return magic.Status{}, err
	}
	if cmd.Dir, err = e.Getwd(ctx); err != nil {
		return magic.Status{}, err
	}
	cmd.Env = e.environ()
	if e.flags.Tags != "" {
		cmd.Args = append([]string{cmd.Args[0], "-tags=" + e.flags.Tags}, cmd.Args[1:]...)
	}
	err = m.Run(ctx, cmd)
	var exit *osexec.ExitError
	switch {
	case err == nil:
		return magic.Status{}, nil
	case ctx.Err() != nil:
		return magic.Status{}, interrupted("go " + cmd.Args[0] + " was stopped")
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return magic.Status{Code: exit.ExitCode()}, nil
	}
	return magic.Status{}, err
}

// Test implements magic.Env.
func (e *env) Test(ctx context.Context, flags []string) (magic.Status, error) {
	if !slices.ContainsFunc(e.scope.Decls(), func(d *check.Decl) bool { return d.Kind == check.Func && cell.TestKind(d.Key) != "" }) {
		return magic.Status{}, userError("magic error", "the session has no Test, Benchmark, Example or Fuzz function")
	}
	checked, err := empty(e.scope)
	if err != nil {
		return magic.Status{}, err
	}
	files, zero := rewrite.Package(checked)
	used := usedVars(checked, e.scope.Vars())
	zero = slices.DeleteFunc(zero, func(name string) bool { return !slices.Contains(used, name) })
	if len(zero) > 0 {
		e.out.Stream("stderr", "note: variables that have their zero values in the tests, since it took a call to make what they have: "+strings.Join(zero, ", ")+"\n")
	}
	return e.goCommand(ctx, "tests", native.Command{Args: append([]string{"test"}, flags...), Files: named(files),
		Stdout: stream{e.out, "stdout"}, Stderr: stream{e.out, "stderr"}})
}

func named(files []rewrite.File) map[string]string {
	all := map[string]string{}
	for _, f := range files {
		all[f.Name] = f.Text
	}
	return all
}

// stream is a cell's stream as an io.Writer.
type stream struct {
	out  lang.Output
	name string
}

// Write implements io.Writer.
func (s stream) Write(p []byte) (int, error) {
	s.out.Stream(s.name, string(p))
	return len(p), nil
}

// statements are those of the cells that have run, as far as they still are Go in the session as it is now. Whole
// programs and bodies of magics are not among them.
func (e *env) statements() []rewrite.File {
	var files []rewrite.File
	for name, text := range e.cells.all() {
		src := goAt(text, 0)
		if src.place != check.TopLevel {
			continue
		}
		parsed, err := cell.Parse(e.scope.Fset(), name, src.text, 1)
		if err != nil || parsed.Program {
			continue
		}
		checked, err := e.scope.Check(parsed, check.TopLevel)
		if err != nil {
			continue
		}
		if f, ok := rewrite.Statements(checked); ok {
			files = append(files, f)
		}
	}
	return files
}

// vetLine is how go vet reports.
var vetLine = regexp.MustCompile(`(?m)^(?:vet: )?(cell \d+):(\d+):(\d+): (.*)$`)

// Vet implements magic.Env.
func (e *env) Vet(ctx context.Context, flags []string) ([]magic.Finding, error) {
	checked, err := empty(e.scope)
	if err != nil {
		return nil, err
	}
	files, _ := rewrite.Package(checked)
	files = append(files, e.statements()...)
	var said strings.Builder
	status, err := e.goCommand(ctx, "vet's looks", native.Command{Args: append([]string{"vet"}, flags...), Files: named(files), Stdout: &said, Stderr: &said})
	if err != nil {
		return nil, err
	}
	var found []magic.Finding
	for _, m := range vetLine.FindAllStringSubmatch(said.String(), -1) {
		f := magic.Finding{Cell: m[1], Text: m[4]}
		f.Line, _ = strconv.Atoi(m[2])
		f.Column, _ = strconv.Atoi(m[3])
		if lines := strings.Split(e.cells.textOf(f.Cell), "\n"); f.Line <= len(lines) && f.Line > 0 {
			f.Source = strings.TrimRight(lines[f.Line-1], "\r")
		}
		found = append(found, f)
	}
	if !status.OK() && len(found) == 0 {
		return nil, errors.New(strings.TrimSpace(said.String()))
	}
	slices.SortStableFunc(found, func(a, b magic.Finding) int {
		return cmp.Or(cmp.Compare(len(a.Cell), len(b.Cell)), cmp.Compare(a.Cell, b.Cell), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return found, nil
}
