package cluster

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/nats-io/nats.go"
)

// registry is the nodes that have said hello of late.
type registry struct {
	mu      sync.Mutex
	byName  map[string]*member
	changed chan struct{} // closed at the next change
}

type member struct {
	hello
	seen  time.Time
	beats []beat // of the last rateOver, oldest first
	given int    // seats that it has from us, which its hello may not count yet
}

// take reads a hello.
func (r *registry) take(said *nats.Msg) {
	var h hello
	if decode(said.Data, &h) != nil {
		return // of another protocol, which its next version may tell of
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	m := r.byName[h.Node]
	if m == nil {
		m = &member{}
		r.byName[h.Node] = m
	}
	m.hello, m.seen = h, now
	m.beats = append(m.beats, beat{now, h.Done})
	for len(m.beats) > 2 && now.Sub(m.beats[1].at) >= rateOver {
		m.beats = m.beats[1:]
	}
	r.wake()
}

func (r *registry) wake() {
	close(r.changed)
	r.changed = make(chan struct{})
}

// forget drops nodes that have been silent. Nobody could be heard until deaf.
func (r *registry) forget(deaf time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, m := range r.byName {
		if silent(m.seen, deaf) > silence {
			delete(r.byName, name)
			r.wake()
		}
	}
}

// silent is for how long somebody has said nothing, who was last heard at a time, to one that could hear nobody until deaf: without
// the server all are silent.
func silent(heard, deaf time.Time) time.Duration {
	if deaf.After(heard) {
		heard = deaf
	}
	return time.Since(heard)
}

// drop forgets a node at once: it has said that it ends, or did not answer.
func (r *registry) drop(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.byName, name)
	r.wake()
}

// awaitLoss waits until a node is known no more, and reports false if ctx ends before.
func (r *registry) awaitLoss(ctx context.Context, node string) bool {
	for {
		r.mu.Lock()
		known, next := r.byName[node] != nil, r.changed
		r.mu.Unlock()
		if !known {
			return true
		}
		select {
		case <-next:
		case <-ctx.Done():
			return false
		}
	}
}

// next is closed at the next change.
func (r *registry) next() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.changed
}

// list is all nodes, by name.
func (r *registry) list() []member {
	r.mu.Lock()
	defer r.mu.Unlock()
	var all []member
	for _, m := range r.byName {
		c := *m
		c.beats = slices.Clone(m.beats)
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b member) int { return cmp.Compare(a.Node, b.Node) })
	return all
}

// want is what a run needs of nodes.
type want struct {
	version Version
	host    string // hash of the program for compiled units; "": any
	tags    []string
}

// refuses says why a node cannot have seats of a run; "" if it can.
func (w want) refuses(h *hello) string {
	if !h.Version.serves(w.version) {
		return (&VersionError{h.Node, h.Version, w.version}).Error()
	}
	if w.host != "" && w.host != h.Host {
		if h.Host == "" {
			return fmt.Sprintf("node %s has no native engine, and the program is compiled: use --engine interp, or start the node again where %s is installed and ready", h.Node, w.version.Go)
		}
		return fmt.Sprintf("node %s has another build of the native engine than the cluster: use --engine interp, or the same program and toolchain there", h.Node)
	}
	for _, t := range w.tags {
		if !slices.Contains(h.Tags, t) {
			return fmt.Sprintf("node %s has no tag %s", h.Node, t)
		}
	}
	return ""
}

// place divides n seats among nodes: always to the one with most slots left. The error says what is missing.
func (r *registry) place(n int, w want) (map[string]int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	type candidate struct {
		m    *member
		free int
	}
	var all []candidate
	var refused []string
	slots, ours := 0, 0
	for _, m := range r.byName {
		if why := w.refuses(&m.hello); why != "" {
			refused = append(refused, why)
			continue
		}
		all = append(all, candidate{m, m.Slots - m.given})
		slots += max(0, m.Slots-m.given)
		ours += m.given
	}
	slices.Sort(refused)
	if n > slots {
		return nil, &PlaceError{noRoom(n, slots, ours, len(all), refused)}
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(a.m.Node, b.m.Node) })
	placed := map[string]int{}
	for range n {
		best := &all[0]
		for i := range all {
			if all[i].free > best.free {
				best = &all[i]
			}
		}
		best.free--
		best.m.given++
		placed[best.m.Node]++
	}
	return placed, nil
}

// noRoom says why n workers find no place: so many slots are free, and ours are in use by this side, on nodes of which others are refused.
func noRoom(n, free, ours, nodes int, refused []string) string {
	are := " are"
	if n == 1 {
		are = " is"
	}
	switch {
	case nodes == 0 && len(refused) == 0:
		return "the cluster has no nodes: start some, with lockstep node"
	case nodes == 0:
		return "no node of the cluster can be used: " + strings.Join(refused, "; ")
	}
	text := english.Plural(n, "worker", "") + are + " wanted, and the cluster has " + english.Plural(free, "free slot", "") + " on " + english.Plural(nodes, "node", "")
	if ours > 0 {
		text += fmt.Sprintf(", as this session uses %d: close a pool that is not needed,", ours)
	} else {
		text += ":"
	}
	text += " start more nodes, or give them more --slots"
	if len(refused) > 0 {
		text += "; not used: " + strings.Join(refused, "; ")
	}
	return text
}

// release gives seats back.
func (r *registry) release(node string, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.byName[node]; m != nil {
		m.given = max(0, m.given-n)
		r.wake()
	}
}

// takeBack notes that a node has seats of a run again, n of them, if it is there and has that run.
func (r *registry) takeBack(node, run string, n int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.byName[node]
	if m == nil || !slices.Contains(m.Runs, run) {
		return false
	}
	m.given += n
	return true
}

// slots is how many a node has.
func (r *registry) slots(node string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.byName[node]; m != nil {
		return m.Slots
	}
	return 0
}

// PlaceError is a run for which there are not enough nodes.
type PlaceError struct{ Text string }

func (e *PlaceError) Error() string { return e.Text }

// Await waits until nodes with so many slots in all have said hello.
func (c *Cluster) Await(ctx context.Context, slots int) error {
	for {
		next := c.nodes.next()
		n := 0
		for _, m := range c.nodes.list() {
			n += m.Slots
		}
		if n >= slots {
			return nil
		}
		select {
		case <-next:
		case <-ctx.Done():
			return fmt.Errorf("%d slots of %d have come: %w", n, slots, context.Cause(ctx))
		}
	}
}

// free is how many slots could be given seats of a run.
func (r *registry) free(w want) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.byName {
		if w.refuses(&m.hello) == "" {
			n += max(0, m.Slots-m.given)
		}
	}
	return n
}

// has reports whether a node is there and has a run that was given to it some time ago.
func (r *registry) has(node, run string, since time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.byName[node]
	if m == nil {
		return false
	}
	return slices.Contains(m.Runs, run) || m.seen.Before(since.Add(pulseEvery/2))
}
