package cluster

import (
	"slices"
	"sync"

	"github.com/nats-io/nats.go/jetstream"
)

// span is tasks by their numbers: From, and those after it up to one less than To.
type span struct{ From, To int }

// withdrawal tells a node that tasks are not to be done any more: nobody waits for them, though their run goes on.
type withdrawal struct {
	Run   string
	Tasks span
}

// withdrawn is the tasks of a run that have been withdrawn. It may be used concurrently.
type withdrawn struct {
	mu    sync.Mutex
	spans []span // neighbours are one
}

func newWithdrawn(all []span) *withdrawn { return &withdrawn{spans: slices.Clone(all)} }

func (w *withdrawn) add(s span) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.spans); n > 0 && w.spans[n-1].To == s.From {
		w.spans[n-1].To = s.To
		return
	}
	w.spans = append(w.spans, s)
}

func (w *withdrawn) has(task int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.spans, func(s span) bool { return s.From <= task && task < s.To })
}

func (w *withdrawn) list() []span {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.spans)
}

// withdraw tells the nodes that tasks are not to be done. A node that does not hear it does them for nothing. The team is locked.
func (t *Team) withdraw(s span) {
	if t.job != nil || t.closed {
		return // it ends, and all with it
	}
	t.withdrawn.add(s)
	for node := range t.at {
		_ = t.c.conn.Publish(nodeSubject+node+".withdraw", encode(withdrawal{t.id, s}))
	}
}

// withdraw drops tasks of a run; processes that are at one end.
func (n *node) withdraw(w withdrawal) {
	n.mu.Lock()
	first := n.benches[w.Run]
	if first == nil {
		n.mu.Unlock()
		return
	}
	first.withdrawn.add(w.Tasks)
	var seats []*seat
	for _, b := range append([]*bench{first}, first.kin...) {
		seats = append(seats, b.seats...)
	}
	n.mu.Unlock()
	for _, s := range seats {
		s.withdraw()
	}
}

// begin notes whose calls are made from now on. It reports false if one of them has been withdrawn.
func (s *seat) begin(all []*holding) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(all, func(h *holding) bool { return s.bench.withdrawn.has(h.Index) }) {
		return false
	}
	s.at, s.withdrew = all, false
	return true
}

// finish ends that, and reports whether the process was killed for a task that was withdrawn.
func (s *seat) finish() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = nil
	return s.withdrew
}

// withdraw kills the process if it is at a task that has been withdrawn, or about to. Others that it has taken with
// that are done again, by its successor: which of them it is at shows only when it has ended. Where none may be done
// twice, it takes one at a time.
func (s *seat) withdraw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if slices.ContainsFunc(s.at, func(h *holding) bool { return s.bench.withdrawn.has(h.Index) }) {
		s.withdrew = true
		s.child.Kill()
	}
}

// giveBack has a task delivered again, to anybody, unless nobody wants it.
func (s *seat) giveBack(d *done) {
	if s.bench.withdrawn.has(d.Index) {
		_ = d.m.Ack() // or it is delivered again, and dropped
		return
	}
	_ = d.m.Nak() // or its lease runs out
}

// sweepEvery is how many results of a team that lives long are read before they are removed from their stream.
const sweepEvery = 4096

// sweep removes results that have been read, up to the one at hand. It is called for each, in their order.
func (t *Team) sweep(m jetstream.Msg) {
	t.read += max(1, len(m.Data())*sweepEvery/sweepBytes)
	if t.read < sweepEvery {
		return
	}
	meta, err := m.Metadata()
	if err != nil {
		return
	}
	t.read = 0
	t.all.Go(func() {
		t.purge(resultStream, jetstream.WithPurgeSubject(resultSubject+t.id), jetstream.WithPurgeSequence(meta.Sequence.Stream))
	})
}

// sweepBytes is how many bytes of results are read before they are removed.
const sweepBytes = 64 << 20
