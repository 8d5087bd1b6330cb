package kernel

import (
	"context"
	"time"

	"lockstep/kernel/wire"
)

// questionTimeout bounds a question about code. Nobody waits longer, and the
// questions behind it should get their turn.
const questionTimeout = 10 * time.Second

// complete handles complete_request.
func (k *Kernel) complete(ctx context.Context, r *request) (any, error) {
	req, err := wire.Decode[wire.CompleteRequestContent](r.msg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	c := k.interp.Complete(ctx, req.Code, req.CursorPos)
	reply := wire.CompleteReplyContent{Status: wire.StatusOK, CursorStart: c.Start, CursorEnd: c.End}
	if len(c.Items) == 0 {
		// Where nothing fits nothing is replaced, whatever the interpreter says.
		reply.CursorStart, reply.CursorEnd = req.CursorPos, req.CursorPos
	}
	for _, item := range c.Items {
		reply.Matches = append(reply.Matches, item.Text)
		reply.Metadata.Types = append(reply.Metadata.Types, wire.CompletionType{
			Start: c.Start, End: c.End, Text: item.Text, Type: item.Kind, Signature: item.Signature})
	}
	return reply, nil
}

// inspect handles inspect_request.
func (k *Kernel) inspect(ctx context.Context, r *request) (any, error) {
	req, err := wire.Decode[wire.InspectRequestContent](r.msg)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, questionTimeout)
	defer cancel()
	b, found := k.interp.Inspect(ctx, req.Code, req.CursorPos, req.DetailLevel)
	reply := wire.InspectReplyContent{Status: wire.StatusOK, Found: found}
	if found {
		reply.Data, reply.Metadata = withText(b.Data), wire.Bundle(b.Metadata)
	}
	return reply, nil
}

// isComplete handles is_complete_request.
func (k *Kernel) isComplete(_ context.Context, r *request) (any, error) {
	req, err := wire.Decode[wire.IsCompleteRequestContent](r.msg)
	if err != nil {
		return nil, err
	}
	c := k.interp.IsComplete(req.Code)
	return wire.IsCompleteReplyContent{Status: wire.Completeness(c.Status), Indent: c.Indent}, nil
}
