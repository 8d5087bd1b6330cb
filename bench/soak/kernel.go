package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// start starts a kernel in a folder of its own, with the engine of the trial.
func (b *bed) start(ctx context.Context, env ...string) (*client.Kernel, error) {
	dir, err := os.MkdirTemp(b.dir, "kernel-")
	if err != nil {
		return nil, err
	}
	return client.Start(ctx, b.binary, dir, append([]string{"LOCKSTEP_ENGINE=" + b.engine}, env...)...)
}

// result is what a cell has come to.
type result struct {
	reply wire.ExecuteReplyContent
	outs  []*wire.Message
	took  time.Duration
}

// execute runs a cell, for a minute at most.
func execute(ctx context.Context, k *client.Kernel, code string) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	began := time.Now()
	reply, outs, err := k.Execute(ctx, code)
	if err != nil {
		err = fmt.Errorf("no reply to the cell %q: %w", clip(code), err)
	}
	return result{reply, outs, time.Since(began)}, err
}

// text is what a cell has printed: on its streams, and as its value.
func (r result) text() string {
	var b strings.Builder
	for _, m := range r.outs {
		switch m.Header.MsgType {
		case wire.Stream:
			if c, err := wire.Decode[wire.StreamContent](m); err == nil {
				b.WriteString(c.Text)
			}
		case wire.ExecuteResult:
			if c, err := wire.Decode[wire.ExecuteResultContent](m); err == nil {
				b.WriteString(fmt.Sprint(c.Data["text/plain"]))
			}
		}
	}
	return b.String()
}

// expect runs a cell that must print want and end well.
func expect(ctx context.Context, k *client.Kernel, code, want string) error {
	r, err := execute(ctx, k, code)
	switch {
	case err != nil:
		return err
	case r.reply.Status != wire.StatusOK:
		return fmt.Errorf("the cell %q failed: %s: %s", clip(code), r.reply.EName, r.reply.EValue)
	case r.text() != want:
		return fmt.Errorf("the cell %q printed %q, not %q", clip(code), clip(r.text()), clip(want))
	}
	return nil
}

// clip shortens a text for a message.
func clip(s string) string {
	if len(s) > 200 {
		return s[:150] + " … " + s[len(s)-40:]
	}
	return s
}
