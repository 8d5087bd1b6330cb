// Command engine measures what the engines cost a user: the time of a cell with
// each of them, and the speed of compiled cells beside the same Go program.
//
//	go run ./bench/engine [-n 15]
//
// Times are medians. Run it on an idle machine; it says how loaded this one is.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"lockstep/bench/cells"
	"lockstep/kernel/live"
)

func main() {
	n := flag.Int("n", 15, "repetitions of each measurement")
	flag.Parse()
	if err := run(context.Background(), *n); err != nil {
		fmt.Fprintln(os.Stderr, "bench/engine:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n int) error {
	c, err := cells.New(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	b := &bench{Bench: c, n: n}
	fmt.Printf("%s, medians of %d, load average %s\n\n", b.Tools.Version(), n, cells.Load())
	for _, part := range []func(context.Context) error{b.cells, b.checks, b.speed} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

type bench struct {
	*cells.Bench
	n      int
	serial int
}

// median runs cells that make gives, n times.
func (b *bench) median(ctx context.Context, s *cells.Session, make func(i int) string) (time.Duration, error) {
	var times []time.Duration
	for i := range b.n {
		d, _, err := s.Run(ctx, make(i))
		if err != nil {
			return 0, err
		}
		times = append(times, d)
	}
	return cells.Median(times), nil
}

// unique is a text that no cache has seen.
func (b *bench) unique() string {
	b.serial++
	return fmt.Sprintf("v%d_%d", os.Getpid(), b.serial)
}

func (b *bench) cells(ctx context.Context) error {
	fmt.Printf("A cell, from request to reply\n%-48s %10s %10s %10s\n", "", "interp", "auto", "native")
	rows := []struct {
		name, before string
		make         func(i int) string
	}{
		{"plain statement: x = f(x) + 1", "func f(n int) int { return n }\nx := 1", func(int) string { return "x = f(x) + 1" }},
		{"plain statement: fmt.Println(x)", "x := 1", func(int) string { return "fmt.Println(x)" }},
		{"declaration, a new text", "", func(int) string {
			return "func g(n int) int { " + b.unique() + " := n; return " + fmt.Sprintf("v%d_%d", os.Getpid(), b.serial) + " + 1 }"
		}},
		{"declaration, a text of the cache", "", func(i int) string { return fmt.Sprintf("func h(n int) int { return n + %d }", i) }},
		{"declaration, the text before last", "", func(i int) string { return fmt.Sprintf("func k(n int) int { return n + %d }", i%2) }},
		{"loop, the same text again", "", func(int) string { return "t := 0\nfor i := range 1000 { t += i }" }},
	}
	for _, r := range rows {
		fmt.Printf("%-48s", r.name)
		for _, engine := range []string{live.Interp, live.Auto, live.Native} {
			if strings.Contains(r.name, "cache") { // fill it
				s := b.Open(engine)
				if _, err := b.median(ctx, s, r.make); err != nil {
					return err
				}
				_ = s.Close()
			}
			s := b.Open(engine)
			if r.before != "" {
				if _, _, err := s.Run(ctx, r.before); err != nil {
					return err
				}
			}
			if _, _, err := s.Run(ctx, "1"); err != nil { // the process has started
				return err
			}
			d, err := b.median(ctx, s, r.make)
			if err != nil {
				return err
			}
			_ = s.Close()
			fmt.Printf(" %7.2f ms", ms(d))
		}
		fmt.Println()
	}
	fmt.Println()
	return nil
}

// checks measures the type check in a session of 1,000 lines, as what an expression costs more there.
func (b *bench) checks(ctx context.Context) error {
	s := b.Open(live.Interp)
	defer s.Close()
	short, err := b.median(ctx, s, func(int) string { return "1 + 1" })
	if err != nil {
		return err
	}
	for i := range 100 {
		var code strings.Builder
		fmt.Fprintf(&code, "type t%d struct { a, b int }\nfunc (x t%d) sum(n int) int {\n\ts := 0\n\tfor i := range n {\n\t\ts += x.a*i + x.b\n\t}\n\treturn s\n}\nfunc f%d(x t%d) string { return fmt.Sprint(x.sum(3)) }\n", i, i, i, i)
		if _, _, err := s.Run(ctx, code.String()); err != nil {
			return err
		}
	}
	long, err := b.median(ctx, s, func(int) string { return "1 + 1" })
	fmt.Printf("The same expression in an empty session %.2f ms, in one of 1,000 lines %.2f ms (its check is in that)\n\n", ms(short), ms(long))
	return err
}

// workloads are cells and what they are in a program.
var workloads = []struct{ name, decl, call string }{
	{"loop of 100 million steps", "func work() int { s := 0; for i := 0; i < 100_000_000; i++ { s += i & 3 }; return s }", "work()"},
	{"fib(35)", "func work() int { return fib(35) }\nfunc fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }", "work()"},
	{"10 million steps of some 10 ns", "func work() int { s, x := 0, 88172645463325252; for i := 0; i < 10_000_000; i++ { for range 8 { x ^= x << 13; x ^= x >> 7; x ^= x << 17 }; s += x & 1 }; return s }", "work()"},
	{"20 million method calls", "type acc struct{ n int }\nfunc (a *acc) add(k int) { a.n += k }\nfunc work() int { var a acc; for i := range 20_000_000 { a.add(i) }; return a.n }", "work()"},
	{"sorting 1 million numbers", "func work() int { r := rand.New(rand.NewPCG(1, 2)); xs := make([]float64, 1_000_000); for i := range xs { xs[i] = r.Float64() }; slices.Sort(xs); return len(xs) }", "work()"},
}

func (b *bench) speed(ctx context.Context) error {
	fmt.Printf("Compiled cells beside the Go program (checkpoints included)\n%-48s %10s %10s %8s\n", "", "program", "cell", "ratio")
	s := b.Open(live.Native)
	defer s.Close()
	for _, w := range workloads {
		program, cell, err := b.Twins(ctx, s, w.decl, w.call, b.n)
		if err != nil {
			return err
		}
		p, c := cells.Median(program), cells.Median(cell)
		fmt.Printf("%-48s %7.1f ms %7.1f ms %7.2f×\n", w.name, ms(p), ms(c), float64(c)/float64(p))
	}
	return nil
}

func ms(d time.Duration) float64 { return float64(d) / 1e6 }
