//go:build unix

package cluster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"lockstep/exec/cluster"
)

func TestSignedPrograms(t *testing.T) {
	seed, public, err := cluster.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, cluster.Options{Seed: seed})
	r.node(1, "1", "", public)
	if err := r.c.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	r.wantNumbers(r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 1}), 5, number))
	other, _, err := cluster.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	for name, seed := range map[string][]byte{"another key": other, "no key": nil} {
		stranger := rigAt(t, r.url, cluster.Options{Seed: seed})
		if err := stranger.c.Await(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if _, err := stranger.try("echo", nil, cluster.TeamOptions{Seats: 1}); err == nil || !strings.Contains(err.Error(), "not signed with the key that this node trusts") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestOrdersAreCarriedOutOnce has somebody who sees orders send them again.
func TestOrdersAreCarriedOutOnce(t *testing.T) {
	seed, public, err := cluster.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, cluster.Options{Seed: seed})
	r.node(2, "1", "", public)
	r.node(2, "1", "other", public)
	if err := r.c.Await(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(r.url, nats.Token(token))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	orders, err := conn.SubscribeSync("lockstep.node.*.prepare")
	if err == nil {
		err = conn.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	team := r.team("echo", nil, cluster.TeamOptions{Seats: 1, Tags: []string{"other"}})
	order, err := orders.NextMsgWithContext(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	team.Close()
	for _, tt := range []struct{ name, subject, want string }{
		{"a copy", order.Subject, "has been here before"},
		{"for another node", "lockstep.node." + r.nodes[0].line + ".prepare", "the order is for node " + r.nodes[1].line + ", and this is " + r.nodes[0].line},
	} {
		answer, err := conn.RequestWithContext(t.Context(), tt.subject, order.Data)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := cluster.Refusal(answer.Data); err != nil || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
	for want, by := range map[string]time.Duration{"the order expired at ": -2 * time.Minute, "the order was issued at ": 2 * time.Minute} {
		r.c.ShiftClock(by)
		if _, err := r.try("echo", nil, cluster.TeamOptions{Seats: 1}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "this node's clock is at 20") {
			t.Errorf("a clock that is %v ahead: got %v, want %q", by, err, want)
		}
	}
	r.c.ShiftClock(10 * time.Second)
	r.wantNumbers(r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 1}), 3, number))
}

// TestNotesAreSigned has a node that trusts a key be given a call of what is signed with another one.
func TestNotesAreSigned(t *testing.T) {
	seed, public, err := cluster.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other, _, err := cluster.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, cluster.Options{Seed: seed})
	r.node(2, "1", "", public)
	if err := r.c.Await(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	p := r.pool(cluster.PoolOptions{Seats: 1})
	mine := r.load(p, "echo", nil)
	r.wantNumbers(r.call(p, mine, 5))
	if x := r.call(r.pool(cluster.PoolOptions{Seats: 1}), mine, 1)[0]; !strings.Contains(x.Error, "signed for another pool") {
		t.Errorf("in another pool: got %+v", x)
	}
	if err := p.SignWith(other); err != nil {
		t.Fatal(err)
	}
	if x := r.call(p, r.load(p, "echo", nil), 1)[0]; !strings.Contains(x.Error, "not signed with the key that this node trusts") {
		t.Errorf("got %+v", x)
	}
	r.wantNumbers(r.call(p, mine, 5))
	// A run that has a program of its own takes no calls of others, and a pool none that tell of nothing.
	if err := p.Do(t.Context(), &cluster.Job{}, [][]byte{number(1)}, nil, nil); err == nil || !strings.Contains(err.Error(), "not loaded for a pool") {
		t.Errorf("got %v", err)
	}
}
