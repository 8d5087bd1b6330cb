//go:build unix

package cluster_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lockstep/exec/cluster"
	"lockstep/lab"
)

// BenchmarkLentLock takes and gives back one lock from workers on two nodes: as the cluster does it, where it stays with who has lent it,
// and as it would be on JetStream's key-value store, without even the way from worker process to node: who creates
// the key has the lock, who finds it there watches it until it is deleted.
func BenchmarkLentLock(b *testing.B) {
	for _, workers := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprintf("lent/workers=%d", workers), func(b *testing.B) {
			r := newRig(b, cluster.Options{}, (workers+1)/2, (workers+1)/2)
			l := r.lend("locks", cluster.TeamOptions{Seats: workers}, objects{"mu": lab.NewLock()})
			l.times(b, workers, b.N)
		})
		b.Run(fmt.Sprintf("kv/workers=%d", workers), func(b *testing.B) {
			r := newRig(b, cluster.Options{})
			var all sync.WaitGroup
			kvs := make([]jetstream.KeyValue, workers)
			for i := range kvs {
				kvs[i] = newKV(b, r.url)
			}
			b.ResetTimer()
			for i, kv := range kvs {
				all.Go(func() {
					for range b.N / workers {
						if err := kvLock(b.Context(), kv, i); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// BenchmarkLentQueue puts items into a queue without a bound.
func BenchmarkLentQueue(b *testing.B) {
	for _, workers := range []int{1, 2, 4, 8} {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			r := newRig(b, cluster.Options{}, (workers+1)/2, (workers+1)/2)
			q := lab.NewQueue(0)
			l := r.lend("items", cluster.TeamOptions{Seats: workers}, objects{"queue": q})
			l.times(b, workers, b.N)
			if q.Len() != b.N/workers*workers {
				b.Errorf("got %d items, want %d", q.Len(), b.N)
			}
		})
	}
}

// times has each worker do its share of n operations.
func (l *lending) times(b *testing.B, workers, n int) {
	b.ResetTimer()
	err := l.team.Do(b.Context(), workers, func(i int) (int, []byte) { return i, l.arguments(n/workers, "") }, func(x *cluster.Result) {
		if x.Failure != "" {
			b.Error(x.Error)
		}
	})
	if err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
}

func newKV(b *testing.B, url string) jetstream.KeyValue {
	conn, err := nats.Connect(url, nats.Token(token))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		b.Fatal(err)
	}
	kv, err := js.CreateOrUpdateKeyValue(b.Context(), jetstream.KeyValueConfig{Bucket: "locks"})
	if err != nil {
		b.Fatal(err)
	}
	return kv
}

// kvLock takes the lock and gives it back.
func kvLock(ctx context.Context, kv jetstream.KeyValue, who int) error {
	for {
		revision, err := kv.Create(ctx, "mu", []byte(strconv.Itoa(who)))
		if err == nil {
			return kv.Delete(ctx, "mu", jetstream.LastRevision(revision))
		}
		if !errors.Is(err, jetstream.ErrKeyExists) {
			return err
		}
		w, err := kv.Watch(ctx, "mu")
		if err != nil {
			return err
		}
		for e := range w.Updates() {
			if e != nil && e.Operation() != jetstream.KeyValuePut {
				break
			}
		}
		_ = w.Stop() // there is another for the next wait
	}
}
