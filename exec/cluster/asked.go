package cluster

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// Asked answers what the worker processes of a run ask for while they make calls; see [procs.Ask]. Its methods are called concurrently.
type Asked interface {
	// Ask answers a request. ctx ends when the answer is not wanted any more, which it is given all the same.
	Ask(ctx context.Context, c Client, request []byte) ([]byte, error)
	// Gone tells that a client asks for nothing more: all its requests have been answered, or ctx has ended for them. died says how it
	// ended, if not as it should: its process has died, or its node said nothing for as long as the lease.
	Gone(c Client, died string)
}

// Client is calls that a worker process makes in a row.
type Client struct {
	ID   string // nobody else has it, then or later
	Node string
	PID  int
}

// asked is the side of a run that answers.
type asked struct {
	t       *Team
	answers Asked

	mu      sync.Mutex
	clients map[string]map[string]*client // by node and round
	deaf    time.Time                     // when the connection was last seen to be lost
	closed  bool
}

// client is one as a run knows it.
type client struct {
	Client
	ctx     context.Context
	stop    context.CancelFunc
	heard   time.Time // of its node
	lost    string    // why it is not answered any more; "" if it is
	running sync.WaitGroup
	asks    map[uint64]*answering
}

// answering is a question of a client.
type answering struct {
	stop   context.CancelFunc
	answer []byte // the message; nil: there is none yet
}

// listen answers for a team until that is closed.
func listen(t *Team, answers Asked) error {
	a := &asked{t: t, answers: answers, clients: map[string]map[string]*client{}}
	sub, err := t.c.conn.Subscribe(askSubject+t.id, a.take)
	if err != nil {
		return err
	}
	t.all.Go(func() {
		a.watch()
		_ = sub.Unsubscribe() // the connection may be closed
	})
	return nil
}

// take gets a message of a node. Calls never overlap, and are in the order in which the node has sent.
func (a *asked) take(msg *nats.Msg) {
	m, err := decodeAsk(msg.Data)
	if err != nil {
		a.t.c.o.Logger.Error("cluster: question", "err", err)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return
	}
	now := time.Now()
	here := a.clients[m.Node]
	for _, c := range here {
		c.heard = now
		for id, q := range c.asks {
			if id < m.Low && q.answer != nil {
				delete(c.asks, id)
			}
		}
	}
	switch m.Kind {
	case askDo:
		a.begin(&m, now)
	case askStop:
		if c := here[m.Round]; c != nil && c.asks[m.ID] != nil {
			c.asks[m.ID].stop()
		}
	case askEnd:
		if c := here[m.Round]; c != nil {
			a.drop(c, m.Died)
			a.forget(c)
		}
	case askBeat:
		a.compare(&m)
	}
}

// begin answers a question, unless that is being done or has been. mu is held, as for what follows.
func (a *asked) begin(m *ask, now time.Time) {
	c := a.clients[m.Node][m.Round]
	if c == nil {
		c = &client{Client: Client{m.Round, m.Node, m.PID}, heard: now, asks: map[uint64]*answering{}}
		c.ctx, c.stop = context.WithCancel(a.t.life)
		if a.clients[m.Node] == nil {
			a.clients[m.Node] = map[string]*client{}
		}
		a.clients[m.Node][m.Round] = c
	}
	if c.lost != "" {
		a.tell(m.Node, &told{Kind: toldLost, Round: m.Round, Err: c.lost})
		return
	}
	if q := c.asks[m.ID]; q != nil {
		if q.answer != nil {
			_ = a.t.c.conn.Publish(nodeSubject+m.Node+".answer", q.answer)
		}
		return
	}
	q := new(answering)
	var ctx context.Context
	ctx, q.stop = context.WithCancel(c.ctx)
	c.asks[m.ID] = q
	c.running.Go(func() {
		defer q.stop()
		t := a.answer(ctx, c, m)
		a.mu.Lock()
		defer a.mu.Unlock()
		q.answer = t.encode()
		_ = a.t.c.conn.Publish(nodeSubject+m.Node+".answer", q.answer) // if it is lost, a beat tells
	})
}

// answer does what a question asks for.
func (a *asked) answer(ctx context.Context, c *client, m *ask) *told {
	t := &told{Kind: toldAnswer, ID: m.ID}
	fail := func(err error) *told {
		t.Err = err.Error()
		return t
	}
	data, store := m.Data, a.t.c.blobs
	if m.Ref.Name != "" {
		var err error
		if data, err = patiently(ctx, a.t.c.conn, func() ([]byte, error) { return store.fetch(ctx, m.Ref) }); err != nil {
			return fail(err)
		}
		store.drop(ctx, m.Ref)
	}
	data, err := a.answers.Ask(ctx, c.Client, data)
	if err != nil {
		return fail(err)
	}
	if t.Data = data; len(data) > inlineBytes {
		t.Ref, err = patiently(ctx, a.t.c.conn, func() (blob, error) { return store.keep(ctx, newID(), data) })
		if t.Data = nil; err != nil {
			return fail(err)
		}
	}
	return t
}

func (a *asked) tell(node string, t *told) {
	_ = a.t.c.conn.Publish(nodeSubject+node+".answer", t.encode()) // if it is lost, a beat tells
}

// compare looks whether a node and this side know of the same.
func (a *asked) compare(m *ask) {
	for id, c := range a.clients[m.Node] {
		switch alive := slices.Contains(m.Rounds, id); {
		case !alive && c.lost == "":
			a.drop(c, "") // its end was lost
			fallthrough
		case !alive:
			a.forget(c)
		case c.lost != "":
			a.tell(m.Node, &told{Kind: toldLost, Round: id, Err: c.lost})
		}
	}
	for _, p := range m.Pending {
		c := a.clients[m.Node][p.Round]
		if c != nil && c.lost != "" {
			continue
		}
		var q *answering
		if c != nil {
			q = c.asks[p.ID]
		}
		if q == nil {
			a.tell(m.Node, &told{Kind: toldAgain, ID: p.ID})
		} else if q.answer != nil {
			_ = a.t.c.conn.Publish(nodeSubject+m.Node+".answer", q.answer)
		}
	}
}

// forget removes a client that has ended.
func (a *asked) forget(c *client) {
	here := a.clients[c.Node]
	if delete(here, c.ID); len(here) == 0 {
		delete(a.clients, c.Node)
	}
}

// drop ends a client.
func (a *asked) drop(c *client, died string) {
	c.stop()
	a.t.all.Go(func() {
		c.running.Wait()
		a.answers.Gone(c.Client, died)
	})
}

// watch drops clients whose node says nothing for as long as the lease, and in the end all.
func (a *asked) watch() {
	lease := a.t.c.o.Lease
	tick := time.NewTicker(lease / 5)
	defer tick.Stop()
	for {
		select {
		case <-a.t.life.Done():
			a.mu.Lock()
			defer a.mu.Unlock()
			for _, here := range a.clients {
				for _, c := range here {
					if c.lost == "" {
						a.drop(c, "")
					}
				}
			}
			a.clients, a.closed = nil, true
			return
		case <-tick.C:
		}
		a.mu.Lock()
		if !a.t.c.conn.IsConnected() {
			a.deaf = time.Now()
		}
		for _, here := range a.clients {
			for id, c := range here {
				if c.lost != "" || silent(c.heard, a.deaf) < lease {
					continue
				}
				c.lost = fmt.Sprintf("its node said nothing for %v", lease)
				a.t.c.o.Logger.Warn("cluster: a lease has run out", "client", id)
				a.drop(c, c.lost)
				a.tell(c.Node, &told{Kind: toldLost, Round: id, Err: "the lease of its node has run out: " + c.lost})
			}
		}
		a.mu.Unlock()
	}
}
