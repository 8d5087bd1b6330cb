package cluster

import (
	"strings"
	"testing"
	"time"
)

func TestGuard(t *testing.T) {
	issued := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var g guard
	for _, tt := range []struct {
		name string
		o    order
		late time.Duration // the node's clock, after it was issued
		want string        // in the error; "": none
	}{
		{"at once", order{Nonce: "a"}, 0, ""},
		{"the node is a little behind", order{Nonce: "b"}, -29 * time.Second, ""},
		{"the node is a little ahead", order{Nonce: "c"}, 59 * time.Second, ""},
		{"the node is behind", order{Nonce: "d"}, -31 * time.Second, "was issued at 2026-03-01 12:00:00.000 UTC by its sender's clock, and this node's clock is at 2026-03-01 11:59:29.000 UTC"},
		{"expired", order{Nonce: "e"}, time.Hour, "expired at 2026-03-01 12:00:30.000 UTC by its sender's clock (issued 2026-03-01 12:00:00.000 UTC), and this node's clock is at 2026-03-01 13:00:00.000 UTC"},
		{"no nonce", order{}, 0, "no nonce"},
		{"valid for too long", order{Nonce: "f", Expires: issued.Add(time.Hour)}, 0, "not the time that an order has"},
		{"a copy", order{Nonce: "a"}, time.Second, "has been here before"},
		{"a late copy", order{Nonce: "c"}, 60 * time.Second, "has been here before"},
		{"a later one", order{Nonce: "g", Issued: issued.Add(time.Minute)}, 61 * time.Second, ""},
	} {
		if tt.o.Issued.IsZero() {
			tt.o.Issued = issued
		}
		if tt.o.Expires.IsZero() {
			tt.o.Expires = tt.o.Issued.Add(orderLife)
		}
		err := g.admit(&tt.o, issued.Add(tt.late))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
	// At 12:01:01 those of 12:00:00 cannot come any more, so nothing is known of them.
	if len(g.seen) != 1 {
		t.Errorf("%d nonces are kept, want that of the last order", len(g.seen))
	}
}
