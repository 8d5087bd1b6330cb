package cluster

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Orders that are signed carry a time, so that who has seen one cannot send it again.
const (
	// orderLife is how long after it was issued an order may come.
	orderLife = 30 * time.Second
	// clockTolerance is how much the clock of who issues an order and that of a node may differ.
	clockTolerance = 30 * time.Second
)

// guard refuses orders that are too old, or have come before. Its zero value is ready; it may be used concurrently.
type guard struct {
	mu   sync.Mutex
	seen map[string]time.Time // nonces, with when the order has expired for sure
}

// admit takes an order once. now is the node's clock.
func (g *guard) admit(o *order, now time.Time) error {
	const layout = "2006-01-02 15:04:05.000 MST"
	clock := now.UTC().Format(layout)
	switch {
	case o.Nonce == "" || o.Expires.Sub(o.Issued) > orderLife || !o.Expires.After(o.Issued):
		return errors.New("the order has no nonce, or not the time that an order has")
	case now.Before(o.Issued.Add(-clockTolerance)):
		return fmt.Errorf("the order was issued at %s by its sender's clock, and this node's clock is at %s: they must agree within %v, so keep both machines' time by NTP",
			o.Issued.UTC().Format(layout), clock, clockTolerance)
	case now.After(o.Expires.Add(clockTolerance)):
		return fmt.Errorf("the order expired at %s by its sender's clock (issued %s), and this node's clock is at %s: it was sent again by somebody, or the clocks differ by more than %v, so keep both machines' time by NTP",
			o.Expires.UTC().Format(layout), o.Issued.UTC().Format(layout), clock, clockTolerance)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for nonce, until := range g.seen {
		if now.After(until) {
			delete(g.seen, nonce)
		}
	}
	if _, again := g.seen[o.Nonce]; again {
		return errors.New("the order has been here before: somebody has sent a copy of it")
	}
	if g.seen == nil {
		g.seen = map[string]time.Time{}
	}
	g.seen[o.Nonce] = o.Expires.Add(clockTolerance)
	return nil
}
