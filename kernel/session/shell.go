package session

import (
	"context"
	"errors"
	osexec "os/exec"
	"strings"
	"time"

	"lockstep/exec/gil"
	"lockstep/kernel/pipe"
)

// shell runs a command in the session's directory and environment; its output
// is the cell's. An interrupt ends it and what it started.
func (s *Session) shell(ctx context.Context, b pipe.Shell) pipe.Reply {
	if len(b.Argv) == 0 {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: "no command"}}
	}
	cmd := osexec.CommandContext(ctx, b.Argv[0], b.Argv[1:]...)
	cmd.Stdin = strings.NewReader(b.Stdin)
	cmd.Stdout = cellWriter{s.out, b.Cell, "stdout"}
	cmd.Stderr = cellWriter{s.out, b.Cell, "stderr"}
	cmd.WaitDelay = 500 * time.Millisecond
	ownGroup(cmd)
	err := cmd.Run()
	var exit *osexec.ExitError
	switch {
	case ctx.Err() != nil:
		return pipe.Reply{Err: &pipe.Fault{Kind: "interrupted", Text: "the command was interrupted"}}
	case errors.As(err, &exit):
		return pipe.Reply{Code: exit.ExitCode(), Signal: signalOf(exit.ProcessState)}
	case err != nil && !errors.Is(err, osexec.ErrWaitDelay):
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
	}
	return pipe.Reply{}
}

// cellWriter writes for a cell whatever goroutine calls it.
type cellWriter struct {
	o          *outbox
	cell, name string
}

func (w cellWriter) Write(p []byte) (int, error) {
	gil.Block(func() { w.o.write(w.cell, w.name, p) })
	return len(p), nil
}
