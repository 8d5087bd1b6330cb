package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lockstep/kernel/wire"
)

// output starts goroutines that print after their cell has ended: the lines belong to that cell's output, all of them, in order.
var output = trial{"output", "cells with a goroutine that prints on after the cell", 4, 400, func(ctx context.Context, b *bed, n int, t *tally) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer k.Kill()
	lines, printed := map[string]string{}, 0 // the lines by the request that they came for
	keep := func(m *wire.Message) {
		if m.Header.MsgType != wire.Stream {
			return
		}
		parent, err := m.Parent()
		c, err2 := wire.Decode[wire.StreamContent](m)
		if err == nil && err2 == nil {
			lines[parent.MsgID] += c.Text
			printed += strings.Count(c.Text, "\n")
		}
	}
	k.Other = keep
	run := func(code string) error {
		r, err := execute(ctx, k, code)
		for _, m := range r.outs {
			keep(m)
		}
		return err
	}
	if err := run("import (\"fmt\"; \"os\"; \"time\")\nvar ended = make(chan int, 10000)"); err != nil {
		return err
	}
	for i := range n {
		to := []string{"os.Stdout", "os.Stderr"}[i%2]
		err := run(fmt.Sprintf(`fmt.Fprintln(%[1]s, "cell %[2]d line 0")
go func() { for i := 1; i < 25; i++ { fmt.Fprintln(%[1]s, "cell %[2]d line", i); time.Sleep(time.Millisecond) }; ended <- 1 }()`, to, i))
		if err != nil {
			return err
		}
	}
	if err := run(fmt.Sprintf("for range %d { <-ended }", n)); err != nil {
		return err
	}
	for began := time.Now(); printed < 25*n && time.Since(began) < 2*time.Second; { // what is batched still comes
		if err := run("1"); err != nil {
			return err
		}
	}
	of := map[string]string{} // each cell's output, by its first line
	for _, text := range lines {
		first, _, _ := strings.Cut(text, "\n")
		of[first] = text
	}
	for i := range n {
		var want strings.Builder
		for j := range 25 {
			fmt.Fprintf(&want, "cell %d line %d\n", i, j)
		}
		var err error
		if got := of[fmt.Sprintf("cell %d line 0", i)]; got != want.String() {
			err = fmt.Errorf("it printed\n%s", got)
		}
		t.check(fmt.Sprintf("cell %d", i), err)
	}
	return nil
}}
