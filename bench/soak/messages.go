package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

// mutable are requests in a valid form. What ends the kernel is not among them.
var mutable = []struct {
	channel wire.Channel
	kind    wire.MsgType
	content string
}{
	{wire.Shell, wire.KernelInfoRequest, `{}`},
	{wire.Control, wire.KernelInfoRequest, `{}`},
	{wire.Shell, wire.ExecuteRequest, `{"code":"1 + 1","silent":false,"store_history":true,"user_expressions":{"a":"2"},"allow_stdin":false,"stop_on_error":true}`},
	{wire.Shell, wire.CompleteRequest, `{"code":"fmt.Pr","cursor_pos":6}`},
	{wire.Shell, wire.InspectRequest, `{"code":"fmt.Println","cursor_pos":5,"detail_level":1}`},
	{wire.Shell, wire.IsCompleteRequest, `{"code":"for {"}`},
	{wire.Shell, wire.HistoryRequest, `{"output":true,"raw":true,"hist_access_type":"range","session":0,"start":0,"stop":5,"n":3,"pattern":"*","unique":false}`},
	{wire.Shell, wire.CommInfoRequest, `{"target_name":"x"}`},
	{wire.Shell, wire.CommOpen, `{"comm_id":"1","target_name":"x","data":{"a":[1,2]}}`},
	{wire.Shell, wire.CommMsg, `{"comm_id":"1","data":{}}`},
	{wire.Shell, wire.CommClose, `{"comm_id":"1","data":{}}`},
	{wire.Control, wire.InterruptRequest, `{}`},
	{wire.Control, wire.UsageRequest, `{}`},
	{wire.Stdin, wire.InputReply, `{"value":"line"}`},
}

// between is after how many mutated messages a valid one is sent, which must be answered right.
const between = 50

// messages sends mutated requests, rightly signed, and then wrongly signed and framed ones. The kernel must stay, leak nothing, and answer valid ones in between.
var messages = trial{"messages", "mutated requests, and a tenth as many that are forged", 2000, 100_000, func(ctx context.Context, b *bed, n int, t *tally) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer k.Kill()
	if err := expect(ctx, k, "kept, count := 5, 0", ""); err != nil {
		return err
	}
	s := unfilled
	if n >= keptCells {
		s = spare{}
		if err := settle(ctx, k); err != nil {
			return err
		}
	}
	var before footprint
	for sent := 0; sent < n; {
		if sent >= n/10 && before == (footprint{}) { // by then what is made once is made
			if before, err = weigh(ctx, k); err != nil {
				return err
			}
		}
		var last string
		batch := min(between, n-sent)
		for range batch {
			m := mutableMessage(k.Client, b.rand)
			last = fmt.Sprintf("%s header %s content %s", m.Channel, clip(string(m.Header.Raw)), clip(string(m.Content)))
			if err := k.Client.Send(m.Channel, m); err != nil {
				return err
			}
			sent++
		}
		err := answers(ctx, k)
		t.tried += batch
		if err != nil {
			t.lost = append(t.lost, fmt.Sprintf("after %s: %v", last, err))
			return nil
		}
		t.survived += batch
		if sent%(20*between) == 0 { // what waits in queues is for the trial load
			if err := drained(ctx, k); err != nil {
				return err
			}
		}
	}
	t.check("the session", expect(ctx, k, "kept", "5"))
	if err := forged(ctx, k, b.rand, n/10, t); err != nil {
		t.check("forged requests", err)
	}
	after, err := weigh(ctx, k)
	if err != nil {
		return err
	}
	t.compare(before, after, s)
	t.note("after all: %s", memoryOf(ctx, k))
	return nil
}}

// answers has a valid request answered. Those that an error or an interrupt among the mutated ones has taken
// along are sent again.
func answers(ctx context.Context, k *client.Kernel) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		again, err := answered(ctx, k)
		if err != nil || !again {
			return err
		}
	}
}

// answered has a valid request answered, and forgets the replies to others.
func answered(ctx context.Context, k *client.Kernel) (again bool, err error) {
	var r result
	r.reply, err = k.Client.Execute(ctx, wire.ExecuteRequestContent{Code: "20 + 22", StopOnError: true}, wire.ExecuteHandler{
		Output: func(m *wire.Message) error { r.outs = append(r.outs, m); return nil },
	})
	for waiting := true; waiting; {
		select {
		case _, waiting = <-k.Client.Receive(wire.Control):
		default:
			waiting = false
		}
	}
	switch {
	case err != nil:
		return false, fmt.Errorf("no reply to a valid request: %w", err)
	case r.reply.Status == wire.StatusError && r.reply.EName != "interrupted":
		return false, fmt.Errorf("the reply is %s: %s", r.reply.EName, r.reply.EValue)
	case r.reply.Status != wire.StatusOK:
		return true, nil
	case r.text() != "42":
		return false, fmt.Errorf("20 + 22 is %q", r.text())
	}
	return false, nil
}

// mutableMessage makes one of the requests and changes something of it.
func mutableMessage(c *wire.Client, r *rand.Rand) *wire.Message {
	what := mutable[r.IntN(len(mutable))]
	m, err := c.NewMessage(what.kind, nil, json.RawMessage(what.content))
	if err != nil {
		panic(err) // the table is wrong
	}
	m.Channel = what.channel
	if r.IntN(10) == 0 {
		m.Channel = []wire.Channel{wire.Shell, wire.Control, wire.Stdin}[r.IntN(3)]
	}
	parts := []*json.RawMessage{&m.Content, &m.Content, &m.Content, &m.Header.Raw, &m.Metadata, &m.ParentHeader}
	for range 1 + r.IntN(2) {
		part := parts[r.IntN(len(parts))]
		if len(*part) == 0 {
			*part = json.RawMessage(`{"a":1}`)
		}
		*part = mutate(*part, r)
	}
	return m
}

// mutate changes a JSON text: a value of it, its keys, or its bytes.
func mutate(text json.RawMessage, r *rand.Rand) json.RawMessage {
	var v map[string]any
	if r.IntN(4) == 0 || json.Unmarshal(text, &v) != nil || len(v) == 0 {
		return mutateBytes(text, r)
	}
	key := slices.Sorted(maps.Keys(v))[r.IntN(len(v))]
	switch r.IntN(4) {
	case 0:
		delete(v, key)
	case 1:
		v[key+"x"] = v[key]
	default:
		v[key] = strange(r)
	}
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return out
}

func mutateBytes(text []byte, r *rand.Rand) []byte {
	out := bytes.Clone(text)
	for range 1 + r.IntN(3) {
		if len(out) == 0 {
			return out
		}
		i := r.IntN(len(out))
		switch r.IntN(4) {
		case 0:
			out[i] = byte(r.IntN(256))
		case 1:
			out = slices.Delete(out, i, i+1)
		case 2:
			out = slices.Insert(out, i, byte(r.IntN(256)))
		default:
			out = out[:i]
		}
	}
	return out
}

// strange is a value that is seldom what a field wants.
func strange(r *rand.Rand) any {
	all := []any{nil, true, false, -1, 1 << 40, json.Number("1e400"), json.Number("-9223372036854775809"), 0.5, "", "1 + 1", "\xff\xfe", "\u0000", strings.Repeat("x", 10_000),
		[]any{}, []any{1, "a", nil}, map[string]any{}, map[string]any{"a": map[string]any{"b": []any{}}}, nested(200), "range", "tail", "%lsmagic", "for {", "fmt.", -1 << 50}
	return all[r.IntN(len(all))]
}

func nested(depth int) any {
	var v any = 1
	for range depth {
		v = []any{v}
	}
	return v
}
