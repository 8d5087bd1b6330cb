package main

import (
	"context"
	"strings"

	"lockstep/bench/cells"
	"lockstep/kernel/live"
)

// loops are what checkpoints cost most in.
var loops = []struct {
	name, decl string
	calls      map[string]string  // by engine
	limits     map[string]float64 // so many times as long as without checkpoints
}{
	{
		name: "the tightest loop",
		decl: "//go:noinline\nfunc tight(n int) int { s := 0; for i := 0; i < n; i++ { s += i & 3 }; return s }",
		// Two milliseconds, less than a system gives a thread at a time: some are left in peace on any machine.
		calls:  map[string]string{live.Interp: "tight(20_000)", live.Native: "tight(5_000_000)"},
		limits: map[string]float64{live.Interp: mostInterpreted, live.Native: mostTight},
	},
	{
		name: "a loop of steps of 10 ns",
		decl: "//go:noinline\nfunc step(n int) int { x := uint32(n); for i := 0; i < n; i++ { " +
			strings.Repeat("x = x*1664525 + 1013904223; ", 8) + "}; return int(x) }",
		calls:  map[string]string{live.Native: "step(200_000)"},
		limits: map[string]float64{live.Native: mostLoop},
	},
}

// checkpoints compares cells with programs, which have none.
func (b *bench) checkpoints(ctx context.Context, engine string, s *cells.Session) error {
	for _, w := range loops {
		call, ok := w.calls[engine]
		if !ok {
			continue
		}
		program, cell, err := b.Twins(ctx, s, w.decl, call, 10*b.n)
		if err != nil {
			return err
		}
		by := "in a program"
		if engine == live.Interp {
			by = "by yaegi alone"
		}
		b.atMost(w.name+" ÷ the same "+by, engine, quickest(cell, program), w.limits[engine], unknown)
	}
	return nil
}
