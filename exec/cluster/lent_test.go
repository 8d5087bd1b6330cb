//go:build unix

package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"lockstep/exec/cluster"
	"lockstep/lab"
)

func TestLentLock(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2, 2)
	mu, plain, sum := lab.NewLock("mu"), lab.NewValue(0), lab.NewFloat(0)
	l := r.lend("count with a lock", cluster.TeamOptions{Seats: 4}, objects{"mu": mu, "plain": plain, "sum": sum})
	const n, here = 40, 100
	var own sync.WaitGroup
	own.Go(func() { // who has lent them goes on using them
		for range here {
			mu.With(func() { plain.Store(plain.Load() + 1) })
		}
	})
	l.do(n)
	own.Wait()
	if got := plain.Load(); got != n*each+here || mu.Locked() {
		t.Errorf("counted to %d, locked: %t, want %d", got, mu.Locked(), n*each+here)
	}
	if got := sum.Load(); got != n*each/2 {
		t.Errorf("added up to %v, want %d", got, n*each/2)
	}
}

// TestAHolderIsLost has a worker, its node, or the connection of its node lost while it holds a lock and a permit.
func TestAHolderIsLost(t *testing.T) {
	for _, tt := range []struct {
		name   string
		victim func(worker, node int) int
		signal syscall.Signal
		want   string
	}{
		{"worker", func(worker, _ int) int { return worker }, syscall.SIGKILL, ", killed by signal 9 (SIGKILL))"},
		{"node", func(_, node int) int { return node }, syscall.SIGKILL, ", its node said nothing for 1.5s)"},
		{"node stands still", func(_, node int) int { return node }, syscall.SIGSTOP, ", its node said nothing for 1.5s)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, short, 1, 1)
			mu, plain, permits := lab.NewLock("mu"), lab.NewValue(0), lab.NewBoundedSemaphore(1, "permits")
			l := r.lend("hold", cluster.TeamOptions{Seats: 2, Once: true}, objects{"mu": mu, "plain": plain, "permits": permits})
			file := filepath.Join(t.TempDir(), "task")
			results := make(chan *cluster.Result, 1)
			done := make(chan error, 1)
			go func() {
				done <- l.team.Do(t.Context(), 1, func(int) (int, []byte) { return -1, l.arguments(0, file) }, func(x *cluster.Result) { results <- x })
			}()
			worker, node := who(t, file)
			waiter := make(chan any)
			go func() {
				defer func() { waiter <- recover() }()
				mu.Lock()
			}()
			signalTo(t, tt.victim(worker, node), tt.signal)
			e, ok := (<-waiter).(*lab.AbandonedError)
			if !ok || e.Object != `lock "mu"` || !strings.HasPrefix(e.Holder, "worker ") || !strings.HasSuffix(e.Holder, tt.want) ||
				!strings.Contains(e.Holder, fmt.Sprintf("(process %d on node n-", worker)) {
				t.Errorf("who waits: got %+v, want it to tell of process %d and %q", e, worker, tt.want)
			}
			if !mu.TryLock() {
				t.Error("the lock is not free")
			}
			await(t, "the permit", func() (int, bool) { return 0, permits.Value() == 1 })
			plain.Store(7)
			if tt.signal == syscall.SIGSTOP {
				// It comes back, believes that it holds the lock, and must not write.
				if err := os.WriteFile(file+".go", nil, 0o600); err != nil {
					t.Fatal(err)
				}
				signalTo(t, node, syscall.SIGCONT)
			}
			if err := <-done; err != nil {
				t.Error(err)
			}
			if x := <-results; x.Failure != "exit" && !strings.Contains(string(x.Value), "the lease of its node has run out") {
				t.Errorf("the task: got %+v", x)
			}
			if got := plain.Load(); got != 7 {
				t.Errorf("what the lock guards was written by who had lost it: %d", got)
			}
		})
	}
}

func TestLentSemaphore(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2, 2)
	inside, most := lab.NewValue(0), lab.NewValue(0)
	permits := lab.NewSemaphore(2)
	l := r.lend("permit", cluster.TeamOptions{Seats: 4}, objects{"permits": permits, "inside": inside, "most": most, "mu": lab.NewLock()})
	l.do(30)
	if most.Load() != 2 || inside.Load() != 0 || permits.Value() != 2 {
		t.Errorf("at most %d were inside, want 2; %d are left, %d permits are free", most.Load(), inside.Load(), permits.Value())
	}
}

func TestLentEvent(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2, 2)
	waiting, event := lab.NewValue(0), lab.NewEvent()
	l := r.lend("wait", cluster.TeamOptions{Seats: 4}, objects{"waiting": waiting, "event": event})
	go func() {
		await(t, "four who wait", func() (int, bool) { return 0, waiting.Load() == 4 })
		event.Set()
	}()
	l.do(4)
}

func TestLentQueue(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2, 2)
	const room = 5
	q, out := lab.NewQueue(room), lab.NewQueue(0)
	l := r.lend("flow", cluster.TeamOptions{Seats: 4}, objects{"queue": q, "out": out})
	seen := map[item]int{}
	most := 0
	read := make(chan bool)
	go func() {
		defer close(read)
		for range 2 * parts {
			seen[out.Get().(item)]++
			most = max(most, q.Len())
		}
		q.Close() // the consumers have had all
	}()
	l.do(4)
	<-read
	for p := range 2 {
		for i := range parts {
			if n := seen[item{p, i}]; n != 1 {
				t.Errorf("item %d of producer %d came %d times", i, p, n)
			}
		}
	}
	if most > room || out.Len() != 0 {
		t.Errorf("there were %d items in the queue, which has room for %d, and %d too many came", most, room, out.Len())
	}
}

// TestLentQueueOfLargeItems sends what no message has room for, both ways.
func TestLentQueueOfLargeItems(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	q, out := lab.NewQueue(0), lab.NewQueue(0)
	l := r.lend("bulk", cluster.TeamOptions{Seats: 1}, objects{"queue": q, "out": out})
	data := bytes.Repeat([]byte("0123456789"), 200_000)
	q.Put(data)
	l.do(1)
	if got := out.Get().([]byte); !bytes.Equal(got, append(data, data...)) {
		t.Errorf("got %d bytes, want %d", len(got), 2*len(data))
	}
}

// TestMisuseOfWhatIsLent is an error of the task that misuses it, and what that held is free then.
func TestMisuseOfWhatIsLent(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	mu := lab.NewLock("mu")
	l := r.lend("twice", cluster.TeamOptions{Seats: 1}, objects{"mu": mu})
	x := r.do(l.team, 1, func(i int) []byte { return l.arguments(i, "") })[0]
	if x.Failure != "panic" || !strings.Contains(x.Error, `lab: Lock of lock "mu": worker 0 (process `) || !strings.Contains(x.Error, "holds it already") {
		t.Errorf("got %s: %s", x.Failure, x.Error)
	}
	await(t, "the lock of a task that has ended", func() (int, bool) { return 0, mu.TryLock() })
}

// TestACircleOverNodes has each of two nodes hold what the other wants.
func TestACircleOverNodes(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1, 1)
	l := r.lend("cross", cluster.TeamOptions{Seats: 2}, objects{"a": lab.NewLock("a"), "b": lab.NewLock("b"), "both": lab.NewBarrier(2)})
	failed := 0
	for _, x := range r.do(l.team, 2, func(i int) []byte { return l.arguments(i, "") }) {
		if x.Failure == "" {
			continue
		}
		failed++
		if !strings.Contains(x.Error, "deadlock: 2 goroutines wait for each other in a circle") || strings.Count(x.Error, " on node n-") != 2 {
			t.Errorf("got %s", x.Error)
		}
	}
	if failed != 1 {
		t.Errorf("%d of two had an error, want one", failed)
	}
}

// TestTheServerIsAway checks that what is asked for while the server is killed and started again is done once.
func TestTheServerIsAway(t *testing.T) {
	dir, port := filepath.Join(t.TempDir(), "store"), freePort(t)
	server := start(t, "server", dir, port)
	r := rigAt(t, server.line, short, 1, 1)
	total, q := lab.NewValue(0), lab.NewQueue(0)
	l := r.lend("add", cluster.TeamOptions{Seats: 2}, objects{"total": total, "queue": q})
	const n = 200
	done := make(chan bool)
	go func() {
		defer close(done)
		for _, at := range []int{n / 4, n / 2} {
			await(t, "some of the tasks", func() (int, bool) { return 0, total.Load() >= at })
			server.kill()
			server = start(t, "server", dir, port)
		}
	}()
	for _, x := range r.do(l.team, n, func(i int) []byte { return l.arguments(i, "") }) {
		if x.Failure != "" {
			t.Error(x.Error)
		}
	}
	<-done
	// A task whose result was not stored in time may be done again, and adds again.
	if total.Load() < n || q.Len() != total.Load() {
		t.Errorf("%d were added by %d tasks, and %d put into the queue", total.Load(), n, q.Len())
	}
	seen := map[any]bool{}
	for range q.Len() {
		if x := q.Get(); seen[x] {
			t.Errorf("%v was put into the queue twice", x)
		} else {
			seen[x] = true
		}
	}
	l.team.Close() // the server that is there now goes before it
}

// TestATeamIsClosed ends the waits of its workers, and frees what they hold.
func TestATeamIsClosed(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2)
	waiting, event := lab.NewValue(0), lab.NewEvent()
	l := r.lend("wait", cluster.TeamOptions{Seats: 2}, objects{"waiting": waiting, "event": event})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		await(t, "two who wait", func() (int, bool) { return 0, waiting.Load() == 2 })
		cancel()
	}()
	err := l.team.Do(ctx, 2, func(i int) (int, []byte) { return -1, l.arguments(i, "") }, func(*cluster.Result) {})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	l.team.Close()
	l.loan.End() // which waits for all whom it serves
}
