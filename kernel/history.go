package kernel

import (
	"context"
	"fmt"

	"lockstep/kernel/history"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

// history handles history_request. An input is kept as it was entered, so that
// raw makes no difference.
func (k *Kernel) history(_ context.Context, r *request) (any, error) {
	req, err := wire.Decode[wire.HistoryRequestContent](r.msg)
	if err != nil {
		return nil, err
	}
	entries, err := k.remembered(req)
	if err != nil {
		return nil, err
	}
	reply := wire.HistoryReplyContent{Status: wire.StatusOK}
	for _, e := range entries {
		entry := wire.HistoryEntry{Session: e.Session, Line: e.Line, Input: e.Input, WithOutput: req.Output}
		if e.Output != "" {
			entry.Output = &e.Output
		}
		reply.History = append(reply.History, entry)
	}
	return reply, nil
}

func (k *Kernel) remembered(req wire.HistoryRequestContent) ([]lang.HistoryEntry, error) {
	store := k.opts.History
	if store == nil {
		return nil, nil
	}
	switch req.Access {
	case wire.HistoryTail:
		return store.Tail(req.N)
	case wire.HistoryRange:
		return store.Range(req.Session, req.Start, req.Stop)
	case wire.HistorySearch:
		return store.Search(history.Query{Pattern: req.Pattern, N: req.N, Unique: req.Unique})
	}
	return nil, fmt.Errorf("hist_access_type: want %s, %s or %s, got %q",
		wire.HistoryRange, wire.HistoryTail, wire.HistorySearch, req.Access)
}
