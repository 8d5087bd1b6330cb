package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize/english"
	"github.com/nats-io/nats.go"
)

// group is the seats on a node.
type group struct {
	seats []int
	since time.Time
}

// orderLimit is how long a node may take to make seats ready: it may have to fetch much.
const orderLimit = 2 * time.Minute

// assign has nodes make seats ready, and waits for that.
func (t *Team) assign(ctx context.Context, seats []int) error {
	placed, err := t.c.nodes.place(len(seats), t.want)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, orderLimit)
	defer cancel()
	var mu sync.Mutex
	var all sync.WaitGroup
	var failures []error
	for _, node := range slices.Sorted(maps.Keys(placed)) { // so that neighbours are on one node
		n := placed[node]
		mine := seats[:n]
		seats = seats[n:]
		all.Go(func() {
			ordered := time.Now()
			r, err := t.order(ctx, node, mine)
			answered := time.Now()
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.c.nodes.release(node, n)
				failures = append(failures, err)
				return
			}
			t.mu.Lock()
			defer t.mu.Unlock()
			g := t.at[node]
			if g == nil {
				g = &group{}
				t.at[node] = g
			}
			g.seats, g.since = append(g.seats, mine...), time.Now()
			t.note(node, len(g.seats), r, ordered, answered)
			t.started.Started += r.Started
			t.started.Took = max(t.started.Took, r.Took)
			t.started.Fetched += r.Fetched
			t.figures.Sent += r.Fetched
		})
	}
	all.Wait()
	return errors.Join(failures...)
}

// order has a node make seats ready.
func (t *Team) order(ctx context.Context, node string, seats []int) (r readied, err error) {
	o := order{Run: t.id, Version: t.c.version, Workers: t.o.Seats, Seats: seats, Host: t.want.host, Primed: t.o.Prime != nil, Prime: t.o.Prime,
		Lease: t.c.o.Lease, Attempts: t.c.o.Attempts, Batch: t.o.Batch, Live: t.o.Live != nil || t.job == nil, Asks: t.o.Asked != nil}
	if t.job != nil {
		o.Program, o.Values, o.Files = t.job.program, t.job.values, t.job.files
	} else {
		o.Withdrawn = t.withdrawn.list()
	}
	o.Node, o.Nonce, o.Issued = node, newID(), t.c.now().Round(0)
	o.Expires = o.Issued.Add(orderLife)
	if t.o.Once {
		o.Attempts = 1
	}
	data, err := sign(t.c.key, encode(o))
	if err != nil {
		return r, err
	}
	t.mu.Lock()
	t.ordered[node] = true
	t.mu.Unlock()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		if t.c.nodes.awaitLoss(ctx, node) {
			cancel(errNodeGone)
		}
	}()
	answer, err := t.c.conn.RequestWithContext(ctx, nodeSubject+node+".prepare", data)
	switch {
	case errors.Is(err, nats.ErrNoResponders), context.Cause(ctx) == errNodeGone:
		t.c.nodes.drop(node)
		return r, fmt.Errorf("node %s: %w", node, errNodeGone)
	case err != nil:
		return r, fmt.Errorf("node %s: %w", node, err)
	}
	if err := decode(answer.Data, &r); err != nil {
		return r, fmt.Errorf("node %s: %w", node, err)
	}
	if r.Error != "" {
		return r, fmt.Errorf("node %s: %s", node, r.Error)
	}
	return r, nil
}

var errNodeGone = errors.New("it is gone")

// watch gives seats of nodes that are lost to others, as soon as there are any, and tells what the run waits for.
func (t *Team) watch(ctx context.Context) {
	var lost []int
	from := map[string][]int{} // where they were
	away := false
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	for {
		next := t.c.nodes.next()
		switch connected := t.c.conn.IsConnected(); {
		case !connected && !away:
			t.tell("the connection to the server is lost; the run goes on when it is back")
			away = true
		case connected && away:
			t.tell("the server is back")
			away = false
		}
		lost = t.takeBack(lost, from)
		seats := t.missing(from)
		lost = append(lost, seats...)
		if len(lost) > 0 {
			if err := t.assign(ctx, lost); err == nil {
				lost = nil
			} else {
				t.c.o.Logger.Debug("cluster: seats of lost nodes", "run", t.id, "err", err)
				if n := t.c.nodes.free(t.want); n > 0 && n < len(lost) && t.assign(ctx, lost[:n]) == nil {
					lost = lost[n:]
				}
			}
		}
		if len(seats) > 0 && len(lost) > 0 {
			t.tell(fmt.Sprintf("lost: node %s; %s found no other place until now, and %d of %d go on", strings.Join(slices.Sorted(maps.Keys(from)), ", node "), english.Plural(len(lost), "worker", ""), t.o.Seats-len(lost), t.o.Seats))
		}
		select {
		case <-ctx.Done():
			return
		case <-next:
		case <-tick.C:
		}
	}
}

func (t *Team) tell(text string) {
	if t.o.Tell != nil {
		t.o.Tell(text)
	}
}

// takeBack gives nodes that are back the seats that they had, and have had all the time, if nobody else has got them. It returns those that are still lost.
func (t *Team) takeBack(lost []int, from map[string][]int) []int {
	t.mu.Lock()
	defer t.mu.Unlock()
	for node, seats := range from {
		seats = slices.DeleteFunc(seats, func(s int) bool { return !slices.Contains(lost, s) })
		switch from[node] = seats; {
		case len(seats) == 0:
			delete(from, node)
		case t.c.nodes.takeBack(node, t.id, len(seats)):
			delete(from, node)
			delete(t.figures.Lost, node)
			t.at[node] = &group{seats, time.Now()}
			lost = slices.DeleteFunc(lost, func(s int) bool { return slices.Contains(seats, s) })
		}
	}
	return lost
}

// missing are the seats on nodes that are not there any more. It notes where they were.
func (t *Team) missing(from map[string][]int) (seats []int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for node, g := range t.at {
		if t.c.nodes.has(node, t.id, g.since) {
			continue
		}
		seats, from[node] = append(seats, g.seats...), g.seats
		delete(t.at, node)
		t.figures.Lost[node] = true
	}
	slices.Sort(seats)
	return seats
}
