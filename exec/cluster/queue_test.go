package cluster

import (
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// TestManyIdleSeats has more requests wait for tasks than the 512 that a server allows by itself.
func TestManyIdleSeats(t *testing.T) {
	const seats = 1000
	s, err := StartServer(ServerOptions{Dir: filepath.Join(t.TempDir(), "store"), Token: "x"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	c, err := Connect(t.Context(), Options{Access: Access{URL: s.URL(), Token: "x"}, Program: "1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	queue, err := c.js.CreateConsumer(t.Context(), taskStream, c.queue("run", seats, 1))
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	got := 0
	var all sync.WaitGroup
	for range seats {
		all.Go(func() {
			msgs, err := queue.Fetch(1, jetstream.FetchMaxWait(time.Minute))
			if err != nil {
				t.Error(err)
				return
			}
			for m := range msgs.Messages() {
				_ = m.Ack()
				mu.Lock()
				got++
				mu.Unlock()
			}
			if err := msgs.Error(); err != nil {
				t.Error(err)
			}
		})
	}
	for waiting := 0; waiting < seats; time.Sleep(5 * time.Millisecond) { // there is nothing to wait on
		info, err := queue.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if waiting = info.NumWaiting; t.Failed() {
			break // some were turned away
		}
	}
	for i := range seats {
		if _, err := c.js.Publish(t.Context(), taskSubject+"run", (&task{Index: i}).encode()); err != nil {
			t.Fatal(err)
		}
	}
	all.Wait()
	if got != seats {
		t.Errorf("got %d tasks, want %d", got, seats)
	}
}
