package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"lockstep/bench/cells"
	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// days is a session that is left open: rounds of ten cells that declare the same names again and again. What
// is asked is that the last rounds are as fast as the first, and where the memory goes is told.
// A compiled cell takes so long that there are a fifth as many.
var days = trial{"days", "cells of one session, with declarations redefined again and again; native: a fifth", 300, 20_000, func(ctx context.Context, b *bed, n int, t *tally) error {
	if b.engine != "interp" {
		n /= 5
	}
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer k.Kill()
	rounds := n / cellsOfRound
	warm, window := max(rounds/20, 1), max(rounds/20, min(rounds/5, 100), 1)
	if rounds < warm+2*window {
		return fmt.Errorf("%d cells are too few for a comparison", n)
	}
	// What is new from here on is the declarations, not the names.
	if err := expect(ctx, k, "import \"fmt\"\ncount := 0", ""); err != nil {
		return err
	}
	s := unfilled
	if n >= 1000 {
		s = spare{}
		if err := settle(ctx, k); err != nil {
			return err
		}
	}
	var before footprint
	var took []time.Duration
	from := b.rand.IntN(1 << 40)
	var ids []int32 // of the session's processes
	more := func(until int) error {
		for i := len(took); i < until; i++ {
			began := time.Now()
			if err := day(ctx, k, i, from, t); err != nil {
				return err
			}
			took = append(took, time.Since(began))
			all, err := processes(ctx, k)
			if err != nil {
				return err
			}
			if id := all[len(all)-1].Pid; len(ids) == 0 || id != ids[len(ids)-1] {
				ids = append(ids, id)
			}
			if i == warm {
				if before, err = weigh(ctx, k); err != nil {
					return err
				}
			}
			if i == warm || i == until-1 || (i+1)%max(rounds/4, 1) == 0 {
				t.note("after %d cells: %s", (i+1)*cellsOfRound, memoryOf(ctx, k))
			}
		}
		return nil
	}
	if err := more(rounds); err != nil {
		return err
	}
	first := cells.Median(took[warm : warm+window])
	ratio := func() float64 { return float64(cells.Median(took[len(took)-window:])) / float64(first) }
	// Others' load passes; a session that has become slow stays so.
	for again := 0; again < 3 && ratio() > mostSlower; again++ {
		if err := more(len(took) + window); err != nil {
			return err
		}
	}
	after, err := weigh(ctx, k)
	if err != nil {
		return err
	}
	t.compare(before, after, s)
	t.note("the session's process was recycled %d times, with all values", len(ids)-1)
	t.note("a round of %d cells: %v at first, %v at last, ratio %.2f (medians of %d rounds)", cellsOfRound, first.Round(time.Microsecond),
		cells.Median(took[len(took)-window:]).Round(time.Microsecond), ratio(), window)
	err = nil
	if r := ratio(); r > mostSlower && n >= 1000 { // with fewer, a loaded machine says as much
		err = fmt.Errorf("the last rounds took %.2f times as long as the first, not %.1f", r, mostSlower)
	}
	t.check("latency", err)
	return nil
}}

const (
	cellsOfRound = 10
	mostSlower   = 1.5
)

// day is a round of cells; a cell that does not come to what it should is one lost. Numbers from first on are in their text: a run
// that has others than those before finds no unit of its cells compiled.
func day(ctx context.Context, k *client.Kernel, i, first int, t *tally) error {
	n := first + i
	var resets []string // the types change their layout, which costs the variables of them their values
	for v := max(i-5, 0); v < i; v++ {
		if v%2 == i%2 {
			resets = append(resets, fmt.Sprintf("note: v%d is reset to its zero value, since this cell changes its type point%d\n", v%5, i%2))
		}
	}
	slices.Sort(resets)
	round := []struct{ code, want string }{
		{fmt.Sprintf("func f%d(x int) int { return x + %d }", i%4, n), ""},
		{fmt.Sprintf("fmt.Println(f%d(1))", i%4), fmt.Sprintln(n + 1)},
		{fmt.Sprintf("type point%d struct { x, y int; z%d string }", i%2, i%3), strings.Join(resets, "")},
		{fmt.Sprintf("func (p point%d) sum() int { return p.x + p.y + %d }", i%2, n), ""},
		{fmt.Sprintf("v%d := point%d{%d, 2, \"\"}", i%5, i%2, n), ""},
		{fmt.Sprintf("v%d.sum()", i%5), strconv.Itoa(2*n + 2)},
		{fmt.Sprintf("total := 0\nfor j := range 10 { total += j * %d }\ntotal", n), strconv.Itoa(45 * n)},
		// A function that stayed in a variable would keep the session's process from being recycled.
		{fmt.Sprintf("g := func(n int) []int { return []int{n, %d} }\nlast := g(1)[1]\ng = nil\nlast", n), strconv.Itoa(n)},
	}
	for _, c := range round {
		if err := expect(ctx, k, c.code, c.want); ctx.Err() != nil {
			return ctx.Err()
		} else {
			t.check(fmt.Sprintf("round %d", i), err)
		}
	}
	faults := []string{fmt.Sprintf("[]int{1}[f%d(1)]", i%4), fmt.Sprintf("missing%d", i)}
	r, err := execute(ctx, k, faults[i%2])
	if err == nil && r.reply.Status != wire.StatusError {
		err = fmt.Errorf("the cell %q did not fail", faults[i%2])
	}
	t.check(fmt.Sprintf("round %d, error", i), err)
	if i%10 == 9 { // in each window as often
		r, err = execute(ctx, k, fmt.Sprintf("%%%%compare -n 2 -r 1 --modes simple,goroutines --plot=false\nf%d(1)", i%4))
		if err == nil && r.reply.Status != wire.StatusOK {
			err = fmt.Errorf("%s: %s", r.reply.EName, r.reply.EValue)
		}
		t.check(fmt.Sprintf("round %d, comparison", i), err)
		return ctx.Err()
	}
	t.check(fmt.Sprintf("round %d, completion", i), complete(ctx, k, fmt.Sprintf("v%d.", i%5), "sum"))
	return ctx.Err()
}

// complete asks what may follow code, among which there must be want.
func complete(ctx context.Context, k *client.Kernel, code, want string) error {
	if _, err := k.Client.Request(wire.Shell, wire.CompleteRequest, wire.CompleteRequestContent{Code: code, CursorPos: len(code)}); err != nil {
		return err
	}
	m, err := k.Client.ReceiveContext(ctx, wire.Shell)
	if err != nil {
		return err
	}
	c, err := wire.Decode[wire.CompleteReplyContent](m)
	if err == nil && !slices.Contains(c.Matches, want) {
		err = fmt.Errorf("the completions of %q are %q, without %s", code, c.Matches, want)
	}
	return err
}
