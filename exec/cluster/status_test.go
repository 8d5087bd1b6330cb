package cluster

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
)

// TestStatusAsksNodes has nodes whose word is not older than the question.
func TestStatusAsksNodes(t *testing.T) {
	s, err := StartServer(ServerOptions{Dir: filepath.Join(t.TempDir(), "store"), Token: "x"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	a := Access{URL: s.URL(), Token: "x"}
	c, err := Connect(t.Context(), Options{Access: a, Program: "1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	node, err := nats.Connect(a.URL, nats.Token(a.Token))
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	done := int64(0)
	say := func(name string) {
		done++
		_ = node.Publish(helloSubject, encode(hello{Node: name, Version: c.version, Slots: 2, Done: done}))
	}
	if _, err = node.Subscribe(whoSubject, func(*nats.Msg) { say("a") }); err == nil {
		err = node.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = c.conn.Publish(whoSubject, nil)
	if err := c.Await(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		before := c.Nodes()[0].Done
		s, err := c.Status(t.Context())
		if err != nil || len(s.Nodes) != 1 || s.Nodes[0].Done <= before {
			t.Errorf("got %+v, %v, want more than %d done", s, err, before)
		}
	}
	// One that does not answer holds nothing up.
	say("silent")
	if err := c.Await(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	if s, err := c.Status(t.Context()); err != nil || len(s.Nodes) != 2 {
		t.Errorf("with a silent node: got %+v, %v", s, err)
	}
	s.Close()
	for c.conn.IsConnected() {
		time.Sleep(time.Millisecond) // it finds out by itself
	}
	if _, err := c.Status(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be reached") {
		t.Errorf("without the server: got %v", err)
	}
}

// Nodes also say hello when they are asked, at any time: a rate is over a stretch of time.
func TestRate(t *testing.T) {
	r := registry{byName: map[string]*member{}, changed: make(chan struct{})}
	say := func(done int64) *member {
		r.take(&nats.Msg{Data: encode(hello{Node: "a", Done: done})})
		return r.byName["a"]
	}
	m := say(0)
	if say(1000); m.rate() != 0 {
		t.Errorf("after no time: got %v tasks a second", m.rate())
	}
	for i := range m.beats {
		m.beats[i].at = m.beats[i].at.Add(-time.Second)
	}
	if say(1500); m.rate() < 1400 || m.rate() > 1501 {
		t.Errorf("after a second: got %v tasks a second, want 1500", m.rate())
	}
	for i := range m.beats {
		m.beats[i].at = m.beats[i].at.Add(-time.Minute)
	}
	if say(1500); m.rate() != 0 || len(m.beats) != 2 {
		t.Errorf("after a minute without work: got %v tasks a second of %d beats", m.rate(), len(m.beats))
	}
}
