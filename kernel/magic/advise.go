package magic

import (
	"context"
	"go/ast"
	"go/parser"
	"runtime"
	"time"

	"github.com/spf13/pflag"

	"lockstep/kernel/lang"
)

func advising() []Magic {
	return []Magic{{
		Name: "advise", Kind: Line, Group: groupMeasure, LineArgs: "FUNCTION or EXPRESSION", rest: true,
		Summary: "find out what a function's time goes to and which mode suits it",
		Text: "It runs as a workload in the modes simple, serialized, goroutines and subprocess, with a worker for each core, until the times are known. " +
			"The verdict says whether it is CPU-bound, waiting, lock-bound, bound by memory or by passing data to processes, with the figures that say so, and the mode to use. " +
			"A name alone, or a function literal, is called without arguments.",
		Examples: []string{"%advise fetchAll", "%advise --time 10s fib(30)"},
		setup: func(flags *pflag.FlagSet) runner {
			c := &comparison{workers: []int{max(2, runtime.GOMAXPROCS(0))}, budget: 5 * time.Second, plot: true}
			flags.VarP(counts{&c.workers}, "workers", "n", "numbers of workers; one for each core when not given")
			flags.Var(duration{&c.budget}, "time", "how long to measure at most")
			c.otherFlags(flags)
			return c.advise
		},
	}}
}

// advise measures what stands on the line.
func (c *comparison) advise(ctx context.Context, in *invocation) lang.Result {
	if in.rest == "" {
		return in.usage("name a function, or write a call such as fib(30)")
	}
	in.Body, in.BodyLine = in.source(), in.Line
	if isFunction(in.rest) {
		in.Body += "()"
	}
	return c.run(ctx, in)
}

// isFunction reports whether a text is a name, perhaps of something in a package or a method, or a function literal.
func isFunction(text string) bool {
	e, err := parser.ParseExpr(text)
	if err != nil {
		return false
	}
	switch e.(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.FuncLit:
		return true
	}
	return false
}
