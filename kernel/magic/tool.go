package magic

import (
	"context"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"lockstep/kernel/cell"
	"lockstep/kernel/lang"
)

func tools() []Magic {
	return []Magic{
		{
			Name: "test", Kind: Line | Cell, Group: groupCode,
			Summary:  "run the session's tests, benchmarks and examples with go test",
			LineArgs: "[ARG]…",
			CellArgs: "[ARG]…",
			Text: "The session's declarations become a package, in which go test runs as ever: the flags, the output and the exit status are its own, " +
				"and lines are those of the cells. `%%test` first runs the cell, and then only what it declares of tests, examples and benchmarks.\n\n" +
				"The tests run in a process of their own, in the session's working directory and environment. Variables have the values there that they were " +
				"declared with, or their zero values where it took a call to make those.",
			Examples: []string{"%test -v", "%test -run Reverse -count 3", "%%test -benchmem\nfunc BenchmarkSum(b *testing.B) {\n\tfor b.Loop() {\n\t\tsum(1, 2, 3)\n\t}\n}"},
			tool: []toolFlag{
				{"-v", "print every test's log"},
				{"-run", "only the tests and examples whose names match this pattern"},
				{"-skip", "not those whose names match"},
				{"-bench", "also the benchmarks whose names match; . is all"},
				{"-benchmem", "allocations of the benchmarks"},
				{"-benchtime", "how long, or as 100x how often, each benchmark runs"},
				{"-count", "run everything so many times"},
				{"-cpu", "a list of values of GOMAXPROCS, one run for each"},
				{"-cover", "how much of the declarations the tests execute"},
				{"-failfast", "stop at the first failure"},
				{"-fuzz", "fuzz the test whose name matches; -fuzztime says how long"},
				{"-fuzztime", "how long to fuzz"},
				{"-json", "print events as JSON"},
				{"-list", "list what matches instead of running it"},
				{"-race", "with the race detector"},
				{"-short", "tell the tests to be short"},
				{"-shuffle", "on: in random order"},
				{"-timeout", "panic if it all takes longer"},
			},
			setup: func(*pflag.FlagSet) runner { return test },
		},
		{
			Name: "vet", Kind: Line, Group: groupCode,
			Summary:  "look for suspicious code in the session's declarations and cells with go vet",
			LineArgs: "[ARG]…",
			Text:     "It looks at functions, types, constants and variables, and at the statements of the cells that have run, as far as they still fit these.",
			Examples: []string{"%vet", "%vet -printf=false"},
			tool:     []toolFlag{{"-printf=false", "without this check; `go tool vet help` lists all"}, {"-copylocks", "only this check"}, {"-lostcancel", "only this check"}},
			setup:    func(*pflag.FlagSet) runner { return vet },
		},
		{
			Name: "goflags", Kind: Line, Group: groupCode,
			Summary:  "show or set the flags with which cells are compiled",
			LineArgs: "[FLAG… | off]",
			Text: "They hold for what is compiled from now on. What the compiler says with `-gcflags=-m` (what escapes to the heap, what is inlined) is " +
				"shown with the cell. What a cell's code is around is compiled as ever: the standard library, modules, and earlier cells.",
			Examples: []string{"%goflags", "%goflags -gcflags=-m", "%goflags -gcflags='-N -l' -tags=debug", "%goflags off"},
			tool: []toolFlag{
				{"-gcflags=-m", "tell what the compiler optimises"},
				{"-gcflags='-N -l'", "optimise and inline nothing"},
				{"-gcflags=-S", "show the assembly"},
				{"-tags", "build tags for third-party packages"},
			},
			setup: func(*pflag.FlagSet) runner { return goflags },
		},
	}
}

func test(ctx context.Context, in *invocation) lang.Result {
	flags := in.args
	if in.Kind == Cell {
		if result := in.env.RunText(ctx, in.Body, in.BodyLine); result.Err != nil {
			return result
		}
		tests, benchmarks := testsIn(in.Body)
		if len(tests)+len(benchmarks) == 0 {
			return in.usage("the cell declares no Test, Benchmark, Example or Fuzz function")
		}
		only := []string{"-run=" + anyOf(tests)}
		if len(benchmarks) > 0 {
			only = append(only, "-bench="+anyOf(benchmarks))
		}
		flags = append(only, flags...) // whose own -run and -bench count
	}
	status, err := in.env.Test(ctx, flags)
	if err != nil {
		return in.fail(err)
	}
	if !status.OK() {
		return in.failAs("test failed", "go test ended with %s", status)
	}
	return lang.Result{}
}

// anyOf is the pattern of exactly these names, of none where there are none.
func anyOf(names []string) string { return "^(" + strings.Join(names, "|") + ")$" }

// testsIn returns the names of functions of the cell that go test calls.
func testsIn(body string) (tests, benchmarks []string) {
	parts, _ := cell.Split(body) // it has run
	for _, p := range parts {
		if p.Kind != cell.Source {
			continue
		}
		g, err := cell.Parse(token.NewFileSet(), "cell", p.Text, p.TextLine)
		if err != nil {
			continue
		}
		for _, d := range g.Decls {
			f, ok := d.Node.(*ast.FuncDecl)
			if !ok || f.Recv != nil {
				continue
			}
			switch kind := cell.TestKind(f.Name.Name); {
			case kind == "Benchmark":
				benchmarks = append(benchmarks, f.Name.Name)
			case kind != "":
				tests = append(tests, f.Name.Name)
			}
		}
	}
	return slices.Clip(tests), benchmarks
}

func goflags(ctx context.Context, in *invocation) lang.Result {
	flags, err := in.env.BuildFlags(ctx, in.args)
	switch {
	case err != nil:
		return in.fail(err)
	case flags == "":
		in.print("no build flags\n")
	default:
		in.print("%s\n", flags)
	}
	return lang.Result{}
}

func vet(ctx context.Context, in *invocation) lang.Result {
	findings, err := in.env.Vet(ctx, in.args)
	if err != nil {
		return in.fail(err)
	}
	for _, f := range findings {
		in.print("%s, line %d, column %d: %s\n", f.Cell, f.Line, f.Column, f.Text)
		if f.Source != "" {
			in.print("%5d | %s\n", f.Line, f.Source)
		}
	}
	if len(findings) == 0 {
		in.print("nothing found\n")
	}
	return lang.Result{}
}
