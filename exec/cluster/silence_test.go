package cluster

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// TestNobodyIsSilentWithoutTheServer has nodes and runs of which nothing was heard for a minute, by who could hear nobody.
func TestNobodyIsSilentWithoutTheServer(t *testing.T) {
	long := time.Now().Add(-time.Minute)
	for name, tt := range map[string]struct {
		deaf time.Time
		want int
	}{
		"silent":      {time.Time{}, 0},
		"deaf before": {long.Add(-time.Second), 0},
		"deaf":        {time.Now(), 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := registry{byName: map[string]*member{"n": {seen: long}}, changed: make(chan struct{})}
			r.forget(tt.deaf)
			if got := len(r.list()); got != tt.want {
				t.Errorf("a kernel knows %d nodes, want %d", got, tt.want)
			}
			ctx, stop := context.WithCancelCause(t.Context())
			n := &node{benches: map[string]*bench{"run": {heard: long, ctx: ctx, stop: stop}}, log: slog.New(slog.DiscardHandler)}
			n.dropSilent(tt.deaf)
			if got := len(n.benches); got != tt.want || (ctx.Err() == nil) != (tt.want == 1) {
				t.Errorf("a node has %d runs, want %d; its context: %v", got, tt.want, ctx.Err())
			}
		})
	}
}

func TestNoRoom(t *testing.T) {
	for want, got := range map[string]string{
		"the cluster has no nodes: start some, with lockstep node":                                                    noRoom(1, 0, 0, 0, nil),
		"no node of the cluster can be used: node a has no tag x":                                                     noRoom(1, 0, 0, 0, []string{"node a has no tag x"}),
		"1 worker is wanted, and the cluster has 0 free slots on 1 node: start more nodes, or give them more --slots": noRoom(1, 0, 0, 1, nil),
		"2 workers are wanted, and the cluster has 1 free slot on 2 nodes, as this session uses 3: close a pool that is not needed, start more nodes, or give them more --slots; not used: b": noRoom(2, 1, 3, 2, []string{"b"}),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestAServerThatIsNotThere(t *testing.T) {
	_, err := Connect(t.Context(), Options{Access: Access{URL: "nats://127.0.0.1:1"}, Program: "1"})
	if err == nil || err.Error() != "connecting to nats://127.0.0.1:1: no NATS server answers there: start it, or look at the address ("+nats.ErrNoServers.Error()+")" {
		t.Errorf("got %v", err)
	}
}
