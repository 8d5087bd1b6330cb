//go:build unix

package cluster_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lockstep/exec/cluster"
	"lockstep/exec/procs"
)

// TestTheEndOfARunIsNoWarning has a run end when its node has sent a result, and not been told that it is stored.
func TestTheEndOfARunIsNoWarning(t *testing.T) {
	r := newRig(t, cluster.Options{})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var log bytes.Buffer
	gone := make(chan error, 1)
	go func() {
		gone <- cluster.Run(ctx, cluster.NodeOptions{Access: cluster.Access{URL: r.url, Token: token}, Program: "1", Name: "n",
			Command: procs.Command{Path: os.Args[0], Args: []string{"worker"}}, Logger: slog.New(slog.NewTextHandler(&log, nil))}, nil)
	}()
	if err := r.c.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	team := r.team("echo", nil, cluster.TeamOptions{Seats: 1})
	conn, err := nats.Connect(r.url, nats.Token(token))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sent, err := conn.SubscribeSync("lockstep.result.*")
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err == nil {
		err = js.DeleteStream(t.Context(), "LOCKSTEP_RESULTS") // nobody tells that a result is stored
	}
	if err != nil {
		t.Fatal(err)
	}
	ran, end := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- team.Do(ran, 1, func(int) (int, []byte) { return -1, nil }, func(*cluster.Result) {}) }()
	if _, err := sent.NextMsgWithContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	end()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	team.Close()
	stop()
	if err := <-gone; err != nil || strings.Contains(log.String(), "level=WARN") {
		t.Errorf("got %v, and logged %s", err, log.String())
	}
}

// TestAnOrderOfARunThatHasEnded is carried out no more, also by a node that was waiting for slots to carry it out.
func TestAnOrderOfARunThatHasEnded(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	first := r.team("echo", nil, cluster.TeamOptions{Seats: 1})
	other := rigAt(t, r.url, cluster.Options{})
	if err := other.c.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	job, err := other.c.Load(t.Context(), cluster.Program{Data: []byte("echo")})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := nats.Connect(r.url, nats.Token(token))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	asked, err := conn.SubscribeSync("$JS.API.CONSUMER.INFO.LOCKSTEP_TASKS.*") // the last that a node asks for before it waits for slots
	if err == nil {
		err = conn.Flush()
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := other.c.Team(ctx, job, cluster.TeamOptions{Seats: 1})
		done <- err
	}()
	if _, err := asked.NextMsgWithContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	first.Close()
	r.wantNumbers(r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 1}), 5, number))
}

// TestANodeStopsWhileItGetsReady is missed before an order's time is over.
func TestANodeStopsWhileItGetsReady(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	signalTo(t, r.nodes[0].cmd.Process.Pid, syscall.SIGSTOP)
	began := time.Now()
	if _, err := r.try("echo", nil, cluster.TeamOptions{Seats: 1}); err == nil || !strings.HasSuffix(err.Error(), "it is gone") || time.Since(began) > time.Minute {
		t.Errorf("got %v after %v", err, time.Since(began))
	}
}
