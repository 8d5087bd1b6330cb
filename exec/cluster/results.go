package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"lockstep/exec/measure"
)

// follow has f called with the messages of a subject, also after the server was away.
func (t *Team) follow(ctx context.Context, stream, subject string, f func(jetstream.Msg)) (jetstream.ConsumeContext, error) {
	c, err := t.c.js.OrderedConsumer(ctx, stream, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}, InactiveThreshold: time.Minute})
	if err != nil {
		return nil, fmt.Errorf("reading results: %w", explain(err))
	}
	return c.Consume(f, jetstream.PullMaxMessages(1000), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullBeat), jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) {
		t.c.o.Logger.Debug("cluster: reading results", "err", err)
	}))
}

// How soon it shows that the server was away and has forgotten who reads.
const (
	pullExpiry = 10 * time.Second
	pullBeat   = time.Second
)

// take gets a result.
func (t *Team) take(m jetstream.Msg) {
	r, err := decodeResult(m.Data())
	if err != nil {
		t.c.o.Logger.Error("cluster: result", "err", err)
		return
	}
	if t.job == nil {
		t.sweep(m)
	}
	if r.chunk > 0 {
		t.hear(r)
		return
	}
	if r.ref.Name != "" {
		t.all.Go(func() { t.takeLarge(r) }) // not here: it would hold the others up
		return
	}
	t.settle(r)
}

// takeLarge gets the value of a result out of the object store.
func (t *Team) takeLarge(r *Result) {
	ctx, cancel := context.WithTimeout(context.Background(), orderLimit)
	defer cancel()
	var err error
	r.Value, err = patiently(ctx, t.c.conn, func() ([]byte, error) { return t.c.blobs.fetch(ctx, r.ref) })
	if err != nil {
		r.Failure, r.Error = measure.Erred, fmt.Sprintf("its result is lost: %v", err)
	}
	r.bytes += int(r.ref.Size)
	t.settle(r)
	t.c.blobs.drop(ctx, r.ref)
}

// settle hands a result to who waits for it, if it is the first of its task.
func (t *Team) settle(r *Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.pending[r.Index]
	if w == nil || w.seen[r.Index-w.first] {
		return
	}
	w.seen[r.Index-w.first] = true
	t.account(r)
	f := &t.figures
	f.Received += int64(r.bytes)
	f.Sent += r.fetched + int64(max(0, r.Attempt-1)*w.sizes[r.Index-w.first])
	if r.Node != "" {
		f.Nodes[r.Node]++
		if t.job != nil { // they would grow as long as it lives
			f.Queued = append(f.Queued, r.Queued)
		}
	}
	f.Redelivered += max(0, r.Attempt-1)
	if r.GivenUp {
		f.Dead++
	}
	r.Index -= w.first
	w.shown[r.Index].mark(r)
	w.each(r)
	if w.left--; w.left == 0 {
		close(w.done)
	}
}

// bury gives a task up that was delivered as often as it may be: whoever had it has said nothing.
func (t *Team) bury(m jetstream.Msg) {
	var a struct {
		Sequence   uint64 `json:"stream_seq"`
		Deliveries int    `json:"deliveries"`
	}
	if err := json.Unmarshal(m.Data(), &a); err != nil || a.Sequence == 0 {
		t.c.o.Logger.Error("cluster: advisory", "err", err, "data", string(m.Data()))
		return
	}
	t.all.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), orderLimit)
		defer cancel()
		stream, err := t.c.js.Stream(ctx, taskStream)
		if err != nil {
			t.c.o.Logger.Error("cluster: a task that was given up", "err", err)
			return
		}
		raw, err := stream.GetMsg(ctx, a.Sequence)
		if err != nil {
			return // done after all
		}
		lost, err := decodeTask(raw.Data)
		if err != nil {
			t.c.o.Logger.Error("cluster: a task that was given up", "err", err)
			return
		}
		_ = stream.DeleteMsg(ctx, a.Sequence) // or it goes with the run
		t.settle(&Result{Index: lost.Index, Attempt: a.Deliveries, GivenUp: true, Failure: measure.Exited, Error: lostText(a.Deliveries)})
	})
}

func lostText(deliveries int) string {
	if deliveries == 1 {
		return "the node that had the task was lost, and the task may not be done twice"
	}
	return fmt.Sprintf("given up after %d attempts: the nodes that had the task were lost, or said nothing for longer than its lease", deliveries)
}
