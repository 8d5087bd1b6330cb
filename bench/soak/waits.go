package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// waiting are cells whose goroutines all wait for each other, with the line that they have to be told.
var waiting = []struct{ name, code, line string }{
	{"a receive", "never := make(chan int)\n<-never", "line 2"},
	{"a mutex", "var twice sync.Mutex\ntwice.Lock()\ntwice.Lock()", "line 3"},
	{"a wait group", "full := make(chan int)\nvar all sync.WaitGroup\nfor range 3 {\n\tall.Add(1)\n\tgo func() { defer all.Done(); full <- 1 }()\n}\nall.Wait()", "3 goroutines"},
	{"a select", "select {}", "line 1"},
}

// waits has cells wait for ever: each is told where it waits, and an interrupt ends it.
func waits(ctx context.Context, b *bed, t *tally) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer k.Kill()
	if err := expect(ctx, k, "keep := 5", ""); err != nil {
		return err
	}
	for _, w := range waiting {
		err := waitFor(ctx, k, w.code, w.line)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			err = expect(ctx, k, "keep", "5")
		}
		t.check("waits for ever for "+w.name, err)
	}
	return nil
}

func waitFor(ctx context.Context, k *client.Kernel, code, line string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	if _, err := k.Client.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: code}); err != nil {
		return err
	}
	for said := ""; !strings.Contains(said, "all goroutines of this cell wait"); {
		m, err := k.Client.ReceiveContext(ctx, wire.IOPub)
		if err != nil {
			return fmt.Errorf("the cell %q was told %q: %w", code, said, err)
		}
		said += printed(m)
		if strings.Contains(said, "note:") && !strings.Contains(said, line) {
			return fmt.Errorf("the cell %q was told %q, without %s", code, said, line)
		}
	}
	if _, err := k.Client.Request(wire.Control, wire.InterruptRequest, wire.InterruptRequestContent{}); err != nil {
		return err
	}
	if _, err := k.Client.ReceiveContext(ctx, wire.Control); err != nil {
		return err
	}
	m, err := k.Client.ReceiveContext(ctx, wire.Shell)
	if err != nil {
		return err
	}
	reply, err := wire.Decode[wire.ExecuteReplyContent](m)
	if err == nil && reply.EName != "interrupted" {
		err = fmt.Errorf("the cell %q ended with %s %s: %s", code, reply.Status, reply.EName, reply.EValue)
	}
	return err
}
