package cluster

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"lockstep/exec/procs"
)

// asks is what worker processes of a node have asked those for who have the runs, and not been told yet.
//
// A question is a plain message, and so is its answer. What is lost of either, when the server is away, shows in the next beat of the
// node: it lists what is not answered, and is told again, or to ask again. Who is asked keeps answers
// until it knows that they have come, so that nothing is done twice.
type asks struct {
	n *node

	mu      sync.Mutex // also while something is published: beats must tell of all that went before them
	last    uint64
	pending map[uint64]*question
	rounds  map[string]map[string]bool // by run: those that have asked and not ended
}

// question is one that waits for its answer.
type question struct {
	run    string
	asked  ask
	answer chan told
}

func newAsks(n *node) *asks {
	return &asks{n: n, pending: map[uint64]*question{}, rounds: map[string]map[string]bool{}}
}

// name is a new name for a round.
func (a *asks) name() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last++
	return a.n.o.Name + "." + strconv.FormatUint(a.last, 10)
}

// withdrawLimit is how long the answer to a question that was withdrawn is waited for.
const withdrawLimit = 800 * time.Millisecond

// ask has who has a run answer a request of a round, by a worker process.
func (a *asks) ask(ctx context.Context, run, round string, pid int, data []byte) ([]byte, error) {
	q := &question{run: run, asked: ask{Kind: askDo, Node: a.n.o.Name, Round: round, PID: pid, Data: data}, answer: make(chan told, 1)}
	if len(data) > inlineBytes {
		var err error
		q.asked.Ref, err = patiently(ctx, a.n.conn, func() (blob, error) { return a.n.shelf.store.keep(ctx, newID(), data) })
		if err != nil {
			return nil, err
		}
		q.asked.Data = nil
	}
	a.mu.Lock()
	a.last++
	q.asked.ID = a.last
	a.pending[q.asked.ID] = q
	if a.rounds[run] == nil {
		a.rounds[run] = map[string]bool{}
	}
	a.rounds[run][round] = true
	a.send(run, &q.asked)
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.pending, q.asked.ID)
	}()
	select {
	case t := <-q.answer:
		return a.read(ctx, t)
	case <-ctx.Done():
	}
	if errors.Is(context.Cause(ctx), procs.ErrCallsEnded) {
		return nil, procs.ErrCallsEnded // of which who is asked is told
	}
	a.mu.Lock()
	a.send(run, &ask{Kind: askStop, Node: a.n.o.Name, Round: round, ID: q.asked.ID})
	a.mu.Unlock()
	limit := time.NewTimer(withdrawLimit)
	defer limit.Stop()
	select {
	case t := <-q.answer:
		return a.read(context.WithoutCancel(ctx), t)
	case <-limit.C:
		return nil, context.Cause(ctx)
	}
}

func (a *asks) read(ctx context.Context, t told) ([]byte, error) {
	if t.Err != "" {
		return nil, errors.New(t.Err)
	}
	if t.Ref.Name == "" {
		return t.Data, nil
	}
	store := a.n.shelf.store
	data, err := patiently(ctx, a.n.conn, func() ([]byte, error) { return store.fetch(ctx, t.Ref) })
	store.drop(ctx, t.Ref)
	return data, err
}

// send publishes a message, or has it published when the server is back; the next beat finds what is lost. mu is held.
func (a *asks) send(run string, m *ask) {
	m.Low = a.last + 1
	for id, q := range a.pending {
		if q.run == run {
			m.Low = min(m.Low, id)
		}
	}
	_ = a.n.conn.Publish(askSubject+run, m.encode())
}

// take gets an answer.
func (a *asks) take(data []byte) {
	t, err := decodeTold(data)
	if err != nil {
		a.n.log.Error("answer", "err", err)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if t.Kind == toldLost {
		for _, q := range a.pending {
			if q.asked.Round == t.Round {
				q.settle(t)
			}
		}
		return
	}
	q := a.pending[t.ID]
	switch {
	case q == nil: // not wanted any more
	case t.Kind == toldAgain:
		a.send(q.run, &q.asked)
	default:
		q.settle(t)
	}
}

func (q *question) settle(t told) {
	select {
	case q.answer <- t:
	default: // it has come twice
	}
}

// beat keeps the leases of what the rounds of a run hold.
func (a *asks) beat(run string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.rounds[run]) == 0 {
		return
	}
	m := ask{Kind: askBeat, Node: a.n.o.Name}
	for round := range a.rounds[run] {
		m.Rounds = append(m.Rounds, round)
	}
	for id, q := range a.pending {
		if q.run == run {
			m.Pending = append(m.Pending, pendingAsk{q.asked.Round, id})
		}
	}
	a.send(run, &m)
}

// end tells that a round has ended, and how if not as it should; it is nothing if the round has asked for nothing.
func (a *asks) end(run, round, died string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.rounds[run][round] {
		return
	}
	if delete(a.rounds[run], round); len(a.rounds[run]) == 0 {
		delete(a.rounds, run)
	}
	a.send(run, &ask{Kind: askEnd, Node: a.n.o.Name, Round: round, Died: died})
}

// patiently does what needs the server, again when that was away.
func patiently[T any](ctx context.Context, conn *nats.Conn, do func() (T, error)) (T, error) {
	for {
		got, err := do()
		if err == nil || conn.IsConnected() || conn.IsClosed() || ctx.Err() != nil {
			return got, err
		}
		select {
		case <-time.After(retryWait):
		case <-ctx.Done():
			return got, context.Cause(ctx)
		}
	}
}

// asker answers what a round asks for; nil: in this run nothing can be asked for.
func (b *bench) asker(round string, pid int) func(context.Context, []byte) ([]byte, error) {
	if !b.order.Asks {
		return nil
	}
	return func(ctx context.Context, request []byte) ([]byte, error) {
		return b.n.asks.ask(ctx, b.order.Run, round, pid, request)
	}
}
