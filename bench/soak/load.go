package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"lockstep/bench/client"
	"lockstep/kernel/wire"
)

const (
	manyClients = 20
	// asleep is how long a kernel is stopped, as by a computer that sleeps.
	asleep = time.Second
	// floodMB is what is printed past a subscriber that does not read: more than may wait for it.
	floodMB = 200
	// floodLimitMB is how much more memory than before that may take at most. What may wait for one subscriber is 64 MB,
	// and there are two; it is there once more as text and once as JSON while it is on its way.
	floodLimitMB = 400
	// loadLimit is how long a part may take.
	loadLimit = 10 * time.Minute
	// mostRounds is how often all is done at most: what leaks grows in each round, what happens to lie about does not.
	mostRounds = 5
)

// A burden is a part of the trial load.
type burden struct {
	name string
	do   func(ctx context.Context, k *client.Kernel, n int, t *tally) error
}

var burdens = []burden{
	{"queued requests", queued},
	{"clients at once", together},
	{"clients that die in mid-message", halves},
	{"a subscriber that does not read", stalled},
	{"a large cell", largeCell},
	{"a large output", largeOutput},
	{"sleep and wake", sleepAndWake},
}

// load brings as much as may ever come: of requests, clients, bytes. Afterwards the kernel and the session are right, and have
// the memory and the descriptors that they had before.
var load = trial{"load", "queued requests, and a hundredth as many megabytes; all at least twice", 1000, 10_000, func(ctx context.Context, b *bed, n int, t *tally) error {
	k, err := b.start(ctx)
	if err != nil {
		return err
	}
	defer k.Kill()
	if err := expect(ctx, k, "import (\"fmt\"; \"strings\")\nkept, count := 5, 0", ""); err != nil {
		return err
	}
	// A round of what is kept by intent, and buffers of encoding/gob as large as the largest message; nothing of that once
	// the kernel has run keptCells.
	s := spare{bytes: uint64((n+manyClients*max(n/100, 1))*keptBytes + min(largeCellBytes*n, keptText) + 10_000*n)}
	if n >= keptCells {
		s = spare{}
		if err := settle(ctx, k); err != nil {
			return err
		}
	}
	var before footprint
	for round := range mostRounds {
		for _, part := range burdens {
			began := time.Now()
			err := func() error {
				ctx, cancel := context.WithTimeout(ctx, loadLimit)
				defer cancel()
				return part.do(ctx, k, n, t)
			}()
			if ctx.Err() != nil {
				return ctx.Err()
			}
			t.check(part.name, err)
			if err := expect(ctx, k, "kept", "5"); err != nil {
				t.check("the session after "+part.name, err)
				return nil
			}
			t.note("%s: %.1f s, %s", part.name, time.Since(began).Seconds(), memoryOf(ctx, k))
		}
		after, err := weigh(ctx, k)
		if err != nil {
			return err
		}
		t.note("after round %d: heap in use %.1f MB, resident %.1f MB, %d descriptors", round+1, mb(after.heap), mb(after.bytes), after.files)
		memory, files := after.grown(before, s)
		if round > 0 && (memory == nil && files == nil || round == mostRounds-1) {
			t.compare(before, after, s)
			return nil
		}
		before = after // what is made once is made
	}
	return nil
}}

// queued sends n requests before it reads a reply: all come, in order.
func queued(ctx context.Context, k *client.Kernel, n int, _ *tally) error {
	if err := expect(ctx, k, "count = 0", ""); err != nil {
		return err
	}
	// Always the same text, since the native engine compiles another one, and no shorter than cells are elsewhere, since texts are kept.
	const code = "// Counts on, and shows how far it has come: each value is one more than that of the request before it.\ncount++\ncount"
	var requests []*wire.Message
	for range n {
		req, err := k.Client.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: code, StoreHistory: true})
		if err != nil {
			return err
		}
		requests = append(requests, req)
	}
	replies, values, count := 0, 0, 0
	for replies < n || values < n {
		select {
		case m, ok := <-k.Client.Receive(wire.Shell):
			if !ok {
				return fmt.Errorf("shell: %w", wire.ErrClosed)
			}
			r, err := wire.Decode[wire.ExecuteReplyContent](m)
			switch {
			case err != nil:
				return err
			case !m.IsReplyTo(requests[replies]):
				return fmt.Errorf("reply %d is not to request %d", replies, replies)
			case r.Status != wire.StatusOK:
				return fmt.Errorf("request %d: %s: %s", replies, r.EName, r.EValue)
			case replies > 0 && r.ExecutionCount != count+1:
				return fmt.Errorf("the execution count after %d is %d", count, r.ExecutionCount)
			}
			count = r.ExecutionCount
			replies++
		case m, ok := <-k.Client.Receive(wire.IOPub):
			if !ok {
				return fmt.Errorf("iopub: %w", wire.ErrClosed)
			}
			if m.Header.MsgType != wire.ExecuteResult {
				continue
			}
			if got := printed(m); !m.IsReplyTo(requests[values]) || got != fmt.Sprint(values+1) {
				return fmt.Errorf("the value of request %d is %q, or another's", values, got)
			}
			values++
		case <-ctx.Done():
			return fmt.Errorf("%d of %d replies, %d values: %w", replies, n, values, context.Cause(ctx))
		}
	}
	return nil
}

// together has many clients at once, each of which asks and runs cells.
func together(ctx context.Context, k *client.Kernel, n int, _ *tally) error {
	results := make(chan error)
	for i := range manyClients {
		go func() { results <- asOne(ctx, k.Info, i, max(n/100, 1)) }()
	}
	var err error
	for range manyClients {
		err = errors.Join(err, <-results)
	}
	return err
}

// asOne is the i-th of many clients: it says n times who it is, and expects to hear it.
func asOne(ctx context.Context, info wire.ConnectionInfo, i, n int) error {
	c, err := wire.Dial(ctx, info, wire.ClientOptions{})
	if err != nil {
		return fmt.Errorf("client %d: %w", i, err)
	}
	defer c.Close()
	k := &client.Kernel{Client: c}
	for j := range n {
		// Not by execute and its minute: the cells of all wait for each other, and the first of each is compiled.
		reply, outs, err := k.Execute(ctx, fmt.Sprintf("fmt.Sprint(\"client \", %d)", i))
		if err != nil {
			return fmt.Errorf("client %d, cell %d: %w", i, j, err)
		}
		r := result{reply, outs}
		if got, want := r.text(), fmt.Sprintf("%q", fmt.Sprint("client ", i)); got != want {
			return fmt.Errorf("client %d, cell %d: it got %q, not %q; %s: %s", i, j, got, want, r.reply.EName, r.reply.EValue)
		}
		if err := complete(ctx, k, "strings.Repe", "Repeat"); err != nil {
			return fmt.Errorf("client %d, completion %d: %w", i, j, err)
		}
	}
	return nil
}

// stalled prints past a subscriber that reads nothing. The other client gets all.
func stalled(ctx context.Context, k *client.Kernel, _ int, t *tally) error {
	conn, err := dialRaw(ctx, k.Info.Endpoint(wire.IOPub), "SUB", []byte{0, 1, 1}) // a message that subscribes to all
	if err != nil {
		return err
	}
	defer conn.Close()
	p, err := footprintOf(ctx, k)
	if err != nil {
		return err
	}
	most, err := flood(ctx, k, fmt.Sprintf("line := strings.Repeat(\"x\", 1<<10-1) + \"\\n\"\nfor range %d { fmt.Print(line) }", floodMB<<10), floodMB<<20)
	if err != nil {
		return err
	}
	t.note("%d MB past a subscriber that does not read: at most %d MB more than before", floodMB, (int64(most)-int64(p.bytes))>>20)
	if int64(most) > int64(p.bytes)+floodLimitMB<<20 {
		return fmt.Errorf("the kernel had %d MB, and %d MB before", most>>20, p.bytes>>20)
	}
	return nil
}

// flood runs a cell that prints n bytes and looks meanwhile how much memory the kernel has at most.
func flood(ctx context.Context, k *client.Kernel, code string, n int) (most uint64, err error) {
	got, messages := 0, 0
	reply, err := k.Client.Execute(ctx, wire.ExecuteRequestContent{Code: code}, wire.ExecuteHandler{Output: func(m *wire.Message) error {
		got += len(printed(m))
		if messages++; messages%10 == 0 {
			now, err := footprintOf(ctx, k)
			if err != nil {
				return err
			}
			most = max(most, now.bytes)
		}
		return nil
	}})
	switch {
	case err != nil:
		return most, err
	case reply.Status != wire.StatusOK:
		return most, fmt.Errorf("%s: %s", reply.EName, reply.EValue)
	case got != n:
		return most, fmt.Errorf("%d bytes came of %d", got, n)
	}
	return most, nil
}

// largeCellBytes are the bytes of large cells for each queued request.
const largeCellBytes = 11_000

// largeCell runs a cell with a comment of n/100 megabytes, and one with a text of a tenth of that.
func largeCell(ctx context.Context, k *client.Kernel, n int, t *tally) error {
	for _, c := range []struct{ code, want string }{
		{"/* " + strings.Repeat("long ", n*2000) + "*/\n20 + 22", "42"},
		{"len(\"" + strings.Repeat("long ", n*200) + "\")", fmt.Sprint(n * 1000)},
	} {
		began := time.Now()
		reply, outs, err := k.Execute(ctx, c.code)
		if err != nil {
			return err
		}
		if got := (result{reply, outs}).text(); got != c.want {
			return fmt.Errorf("a cell of %d MB: %q, not %q; %s: %s", len(c.code)/1e6, clip(got), c.want, reply.EName, clip(reply.EValue))
		}
		t.note("a cell of %d MB: %.1f s", len(c.code)/1e6, time.Since(began).Seconds())
	}
	return nil
}

// largeOutput prints n/100 megabytes at once, and has a value as large.
func largeOutput(ctx context.Context, k *client.Kernel, n int, t *tally) error {
	if _, err := flood(ctx, k, fmt.Sprintf("fmt.Print(strings.Repeat(\"x\", %d))", n*10_000), n*10_000); err != nil {
		return fmt.Errorf("printed: %w", err)
	}
	reply, outs, err := k.Execute(ctx, fmt.Sprintf("strings.Repeat(\"y\", %d)", n*10_000))
	if err != nil {
		return err
	}
	shown := result{reply, outs}.text()
	t.note("of a value of %d MB, %d bytes are shown: %s", n/100, len(shown), clip(shown))
	if !strings.HasPrefix(shown, "\"yyy") {
		return fmt.Errorf("the value is shown as %q; %s: %s", clip(shown), reply.EName, clip(reply.EValue))
	}
	return nil
}

// sleepAndWake stops the kernel and its session in the middle of a cell, as a computer does that sleeps. Clients ask meanwhile.
func sleepAndWake(ctx context.Context, k *client.Kernel, _ int, _ *tally) error {
	all, err := processes(ctx, k)
	if err != nil {
		return err
	}
	if _, err := k.Client.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: "time.Sleep(200 * time.Millisecond)\n\"woken\""}); err != nil {
		return err
	}
	for begun := false; !begun; {
		m, err := k.Client.ReceiveContext(ctx, wire.IOPub)
		if err != nil {
			return err
		}
		begun = m.Header.MsgType == wire.ExecuteInput
	}
	for _, p := range all {
		if err := p.SuspendWithContext(ctx); err != nil {
			return err
		}
	}
	for range 10 {
		if _, err := k.Client.Request(wire.Shell, wire.ExecuteRequest, wire.ExecuteRequestContent{Code: "\"asked\""}); err != nil {
			return err
		}
	}
	time.Sleep(asleep)
	for _, p := range all {
		if err := p.ResumeWithContext(ctx); err != nil {
			return err
		}
	}
	for i := range 11 {
		m, err := k.Client.ReceiveContext(ctx, wire.Shell)
		if err != nil {
			return fmt.Errorf("reply %d after the sleep: %w", i, err)
		}
		if r, err := wire.Decode[wire.ExecuteReplyContent](m); err != nil || r.Status != wire.StatusOK {
			return fmt.Errorf("reply %d after the sleep: %s: %s %w", i, r.EName, r.EValue, err)
		}
	}
	_, err = k.Client.Ping(ctx)
	return err
}
