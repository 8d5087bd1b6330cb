package wire

import (
	"net"
	"strings"
	"testing"
	"time"
)

// When Close returns nothing runs any more.
func TestCloseWaits(t *testing.T) {
	for range 20 {
		s := listen(t, Options{})
		for range 5 {
			shake(t, raw(t, s, Shell), "DEALER", "")
		}
		until(t, "5 peers", func() bool { return peersOf(s, Shell) == 5 })
		s.Close(0)
		if n := peersOf(s, Shell); n != 0 {
			t.Fatalf("got %d peers still served after Close, want 0", n)
		}
	}
}

// A client that reads slowly, and sends all the time, gets all that it is owed:
// a connection that is closed with unread input is reset, and a reset throws
// away what is still in the system's buffers.
func TestCloseWithUnreadInput(t *testing.T) {
	const replies = 200
	s := listen(t, Options{})
	nc := raw(t, s, Shell)
	if err := nc.(*net.TCPConn).SetReadBuffer(64 << 10); err != nil { // so that most is still on our side
		t.Fatal(err)
	}
	e := shake(t, nc, "DEALER", "busy")
	until(t, "the client's connection", func() bool { return peersOf(s, Shell) == 1 })
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		request := message("<IDS|MSG>", strings.Repeat("x", 200))
		for {
			if _, err := e.Write(request); err != nil {
				return
			}
		}
	}()
	for range replies {
		m, err := s.NewMessage(KernelInfoReply, nil, KernelInfoReplyContent{Banner: strings.Repeat("x", 5000)})
		if err != nil {
			t.Fatal(err)
		}
		m.Identities = frames("busy")
		if err := s.Send(Shell, m); err != nil {
			t.Fatal(err)
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.Close(patience)
	}()
	shell := s.routers[Shell].server
	until(t, "everything to be on the network", func() bool {
		shell.mu.Lock()
		defer shell.mu.Unlock()
		for p := range shell.peers {
			p.mu.Lock()
			out := p.closed || p.bytes == 0 && !p.busy
			p.mu.Unlock()
			return shell.closed && out
		}
		return shell.closed
	})
	if n := len(<-collect(e)); n != replies {
		t.Errorf("got %d replies, want %d", n, replies)
	}
	e.Close()
	<-sent
	<-done
}

// Clients that go when they are told to do not cost the whole grace.
func TestCloseTellsClients(t *testing.T) {
	best := patience
	for range 10 {
		s := listen(t, Options{})
		c := dial(t, s.Info())
		start := time.Now()
		s.Close(patience)
		best = min(best, time.Since(start))
		c.Close()
	}
	if best >= closeGrace {
		t.Errorf("the fastest of 10 took %v, want less than %v", best, closeGrace)
	}
}

// Status and its like do not wait for a client that reads slowly.
func TestPublishKept(t *testing.T) {
	s := listen(t, Options{QueueBytes: 32 << 20, Stall: time.Hour, MaxWait: time.Hour})
	e := shake(t, raw(t, s, IOPub), "SUB", "")
	e.send(t, message("\x01"))
	e.message(t)
	big := StreamContent{Stdout, strings.Repeat("x", 40<<20)}
	if err := s.Publish(nil, Stream, big); err != nil { // the first is taken whatever its size
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		for _, msgType := range []MsgType{Status, Error, ExecuteInput, ClearOutput, ShutdownReply, CommOpen, CommClose} {
			if err := s.Publish(nil, msgType, struct{}{}); err != nil {
				done <- err
			}
		}
		done <- s.PublishKept(nil, Stream, StreamContent{})
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(patience):
		t.Error("a message that is kept waits for a slow client")
	}
	waiting := make(chan error, 1)
	go func() { waiting <- s.Publish(nil, Stream, StreamContent{}) }()
	s.Close(0)
	if err := <-waiting; err != ErrClosed {
		t.Errorf("an output got error %v, want that it waited, and ErrClosed", err)
	}
}
