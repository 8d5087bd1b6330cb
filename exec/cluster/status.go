package cluster

import (
	"context"
	"fmt"
	"time"
)

// NodeInfo is what a node says of itself.
type NodeInfo struct {
	Name     string
	Version  Version
	PID      int
	Slots    int
	Used     int // slots
	InFlight int // tasks at hand
	Done     int64
	Rate     float64 // tasks a second, over the last rateOver
	Native   bool    // it can have programs that are compiled
	Tags     []string
	Refused  string // why it gets no tasks; "" if it does
}

// Status is the state of a cluster.
type Status struct {
	URL     string
	Nodes   []NodeInfo
	Waiting uint64 // tasks in the queue, those at hand among them
	Stored  uint64 // bytes, in all streams
}

// rateOver is the time over which tasks a second are counted.
const rateOver = 2 * time.Second

// beat is what a node had done when it said hello.
type beat struct {
	at   time.Time
	done int64
}

// rate is how many tasks a node does a second. It is 0 until that can be told.
func (m *member) rate() float64 {
	if len(m.beats) == 0 {
		return 0
	}
	first, last := m.beats[0], m.beats[len(m.beats)-1]
	if took := last.at.Sub(first.at); took >= pulseEvery/2 {
		return float64(last.done-first.done) / took.Seconds()
	}
	return 0
}

// Nodes are those that have said hello of late, by name, without asking them.
func (c *Cluster) Nodes() (all []NodeInfo) {
	for _, m := range c.nodes.list() {
		all = append(all, NodeInfo{Name: m.Node, Version: m.hello.Version, PID: m.PID, Slots: m.Slots, Used: m.Used, InFlight: m.InFlight, Done: m.Done,
			Rate: m.rate(), Native: m.Host != "", Tags: m.Tags, Refused: want{version: c.version}.refuses(&m.hello)})
	}
	return all
}

// askLimit is how long nodes may take to say how they are, until what they said before has to do.
const askLimit = 300 * time.Millisecond

// ask has all nodes that are known say hello.
func (c *Cluster) ask(ctx context.Context) error {
	asked := time.Now()
	if err := c.conn.Publish(whoSubject, nil); err != nil {
		return err
	}
	limit := time.NewTimer(askLimit)
	defer limit.Stop()
	for {
		next := c.nodes.next()
		old := false
		for _, m := range c.nodes.list() {
			old = old || m.seen.Before(asked)
		}
		if !old {
			return nil
		}
		select {
		case <-next:
		case <-limit.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Status asks the server and the nodes for the state of the cluster.
func (c *Cluster) Status(ctx context.Context) (Status, error) {
	s := Status{URL: redacted(c.conn.ConnectedUrl())}
	if !c.conn.IsConnected() {
		return s, fmt.Errorf("the server at %s cannot be reached; the connection is made anew as soon as it can", redacted(c.o.URL))
	}
	if err := c.ask(ctx); err != nil {
		return s, fmt.Errorf("asking the nodes: %w", err)
	}
	s.Nodes = c.Nodes()
	stream, err := c.js.Stream(ctx, taskStream)
	if err != nil {
		return s, fmt.Errorf("asking the server: %w", explain(err))
	}
	s.Waiting = stream.CachedInfo().State.Msgs
	account, err := c.js.AccountInfo(ctx)
	if err != nil {
		return s, fmt.Errorf("asking the server: %w", explain(err))
	}
	s.Stored = account.Store
	return s, nil
}
