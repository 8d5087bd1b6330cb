package wire

import (
	"context"
	"errors"
)

// ExecuteHandler receives what a cell does while it runs. Its functions are
// called one at a time, in the order of the messages; an error from one ends
// [Client.Execute], not the cell.
type ExecuteHandler struct {
	// Output gets each iopub message of the request, status included.
	Output func(*Message) error

	// Other gets iopub messages that belong to no or another request, such as
	// the output of a goroutine that an earlier cell started.
	Other func(*Message) error

	// Input answers an input_request. A kernel sends one only if the request has
	// AllowStdin.
	Input func(context.Context, InputRequestContent) (string, error)
}

// Execute runs a cell and returns its reply when the reply and the idle that
// follows the last output have both come. A cell's error is a reply with
// [StatusError], not an error. It reads shell, stdin and iopub meanwhile, so
// nobody else may. When ctx ends Execute returns its cause, and the cell runs on.
func (c *Client) Execute(ctx context.Context, content ExecuteRequestContent, h ExecuteHandler) (ExecuteReplyContent, error) {
	var reply ExecuteReplyContent
	req, err := c.Request(Shell, ExecuteRequest, content)
	if err != nil {
		return reply, err
	}
	for replied, idle := false, false; !replied || !idle; {
		select {
		case m, ok := <-c.Receive(Shell):
			if !ok {
				return reply, ErrClosed
			}
			if m.Header.MsgType != ExecuteReply || !m.IsReplyTo(req) {
				continue
			}
			if reply, err = Decode[ExecuteReplyContent](m); err != nil {
				return reply, err
			}
			replied = true
		case m, ok := <-c.Receive(IOPub):
			if !ok {
				return reply, ErrClosed
			}
			if !m.IsReplyTo(req) {
				if h.Other != nil {
					if err := h.Other(m); err != nil {
						return reply, err
					}
				}
				continue
			}
			if h.Output != nil {
				if err := h.Output(m); err != nil {
					return reply, err
				}
			}
			if m.Header.MsgType == Status {
				status, err := Decode[StatusContent](m)
				if err != nil {
					return reply, err
				}
				idle = status.ExecutionState == StateIdle
			}
		case m, ok := <-c.Receive(Stdin):
			if !ok {
				return reply, ErrClosed
			}
			if err := c.answer(ctx, m, req, h); err != nil {
				return reply, err
			}
		case <-ctx.Done():
			return reply, context.Cause(ctx)
		}
	}
	return reply, nil
}

var errNoInput = errors.New("cell asks for input and there is no handler for it")

func (c *Client) answer(ctx context.Context, m, req *Message, h ExecuteHandler) error {
	if m.Header.MsgType != InputRequest || !m.IsReplyTo(req) {
		return nil
	}
	if h.Input == nil {
		return errNoInput
	}
	ask, err := Decode[InputRequestContent](m)
	if err != nil {
		return err
	}
	line, err := h.Input(ctx, ask)
	if err != nil {
		return err
	}
	reply, err := c.NewMessage(InputReply, m, InputReplyContent{line})
	if err != nil {
		return err
	}
	return c.Send(Stdin, reply)
}
