package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"time"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// start starts a kernel in a folder of its own, with the engine of the trial; env, NAME=VALUE, goes over all.
func (b *bed) start(ctx context.Context, env ...string) (*client.Kernel, error) {
	dir, err := os.MkdirTemp(b.dir, "kernel-")
	if err != nil {
		return nil, err
	}
	return client.Start(ctx, b.binary, dir, append([]string{"LOCKSTEP_ENGINE=" + b.engine, memoryVariable + "=" + dir, noProfile}, env...)...)
}

// prepare has the program make its engine ready, which it does in the first cell on a machine and tells of there.
func (b *bed) prepare(ctx context.Context) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer k.Kill()
	_, _, err = k.Execute(ctx, "1")
	return err
}

// result is what a cell has come to.
type result struct {
	reply wire.ExecuteReplyContent
	outs  []*wire.Message
}

// execute runs a cell, for a minute at most.
func execute(ctx context.Context, k *client.Kernel, code string) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	reply, outs, err := k.Execute(ctx, code)
	if err != nil {
		err = fmt.Errorf("no reply to the cell %q: %w", clip(code), err)
	}
	return result{reply, outs}, err
}

// text is what a cell has printed: on its streams, and as its value.
func (r result) text() string {
	var b strings.Builder
	for _, m := range r.outs {
		b.WriteString(printed(m))
	}
	return b.String()
}

// printed is what a message prints, "" for one that prints nothing.
func printed(m *wire.Message) string {
	switch m.Header.MsgType {
	case wire.Stream:
		if c, err := wire.Decode[wire.StreamContent](m); err == nil {
			return c.Text
		}
	case wire.ExecuteResult:
		if c, err := wire.Decode[wire.ExecuteResultContent](m); err == nil {
			return fmt.Sprint(c.Data["text/plain"])
		}
	}
	return ""
}

// recycled is what a cell prints that has had the session's process replaced, or that says what would be lost by it; either may
// come with any.
var recycled = regexp.MustCompile(`note: [^\n]*, so the session has a fresh process now[^\n]*\n|note: [^\n]* %recycle starts another one with[^\n]*\n(?:      [^\n]*\n)*`)

// expect runs a cell that must print want and end well.
func expect(ctx context.Context, k *client.Kernel, code, want string) error {
	r, err := execute(ctx, k, code)
	switch {
	case err != nil:
		return err
	case r.reply.Status != wire.StatusOK:
		return fmt.Errorf("the cell %q failed: %s: %s", clip(code), r.reply.EName, r.reply.EValue)
	case r.text() != want && recycled.ReplaceAllString(r.text(), "") != want:
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
