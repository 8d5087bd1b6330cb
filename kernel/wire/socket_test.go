package wire

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// PINGs are answered with their context, on every socket, and never inside a
// message.
func TestHeartbeatCommands(t *testing.T) {
	s := listen(t, Options{})
	serveInfoWith(t, s, strings.Repeat("x", 20<<10))
	types := map[Channel]string{Shell: "DEALER", Control: "DEALER", Stdin: "DEALER", IOPub: "SUB", Heartbeat: "REQ"}
	for ch, typ := range types {
		t.Run(ch.String(), func(t *testing.T) {
			e := shake(t, raw(t, s, ch), typ, "")
			for _, context := range []string{"", "c", "0123456789abcdef"} {
				e.send(t, command("PING", append([]byte{0, 10}, context...)...))
				if flags, body := e.frame(t); flags&flagCommand == 0 || string(body) != "\x04PONG"+context {
					t.Fatalf("got flags %#x and %.20q, want a PONG with %q", flags, body, context)
				}
			}
		})
	}
	t.Run("between messages", func(t *testing.T) {
		const pings = 200
		e := shake(t, raw(t, s, Shell), "DEALER", "")
		go func() {
			for i := range pings {
				req, err := s.codec.Encode(&Message{Header: Header{MsgID: fmt.Sprint("p", i), MsgType: KernelInfoRequest}})
				if err != nil {
					t.Error(err)
				}
				var parts []string
				for _, f := range req {
					parts = append(parts, string(f))
				}
				// In the middle of ours: libzmq sends them there.
				data := message(parts...)
				cut := len(frame(flagMore, req[0]))
				e.Write(slices.Concat(data[:cut], command("PING", 0, 10), data[cut:]))
			}
		}()
		replies, pongs, inside := 0, 0, false
		for replies < pings || pongs == 0 {
			flags, body := e.frame(t)
			switch {
			case flags&flagCommand != 0 && inside:
				t.Fatalf("got %q between the frames of a message", body)
			case flags&flagCommand != 0:
				pongs++
			default:
				if inside = flags&flagMore != 0; !inside {
					replies++
				}
			}
		}
	})
}

// A message waits a moment for a peer whose greeting is under way, and comes
// before all later ones; it does not wait for ever, nor without a limit.
func TestMessageBeforeItsPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		r := newRouter(l, Options{})
		defer r.Close(0)
		send := func(id, text string) {
			t.Helper()
			if err := r.Send(frames(id, text)); err != nil {
				t.Fatal(err)
			}
		}
		send("too late", "0")
		time.Sleep(parkTime / 2)
		send("late", "1")
		send("late", "2")
		send("big", strings.Repeat("x", parkBytes))
		time.Sleep(parkTime/2 + 1)
		for _, id := range []string{"late", "too late", "big"} {
			e := shake(t, l.dial(), "DEALER", id)
			defer e.Close()
			synctest.Wait()
			send(id, "3")
			want := []string{"3"}
			if id == "late" {
				want = []string{"1", "2", "3"}
			}
			for _, w := range want {
				if got := e.message(t); got[0] != w {
					t.Errorf("%s: got %.10q, want %q", id, got[0], w)
				}
			}
		}
		if len(r.parked) != 0 {
			t.Errorf("got %d messages still parked, want none", len(r.parked))
		}
	})
}

// A flood of PINGs from one that reads nothing costs no memory.
func TestPingFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		r := newRouter(l, Options{})
		defer r.Close(0)
		e := shake(t, l.dial(), "DEALER", "flood")
		for range 1000 {
			e.send(t, command("PING", 0, 10, 'x'))
		}
		synctest.Wait()
		p := r.ids["flood"]
		if p.bytes != 0 || len(p.queue) != 0 || string(p.ping) != "x" {
			t.Errorf("got %d messages queued and context %q, want none and x", len(p.queue), p.ping)
		}
	})
}

// What was sent before Close arrives, all of it, the last message too.
func TestLinger(t *testing.T) {
	for _, transport := range []Transport{TCP, IPC} {
		t.Run(string(transport), func(t *testing.T) {
			const total = 2000
			info := NewConnectionInfo()
			info.Transport = transport
			if transport == IPC {
				info.IP = t.TempDir() + "/k"
			}
			s, err := Listen(info, Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close(0)
			c := dial(t, s.Info())
			req, err := c.Request(Control, ShutdownRequest, ShutdownRequestContent{})
			if err != nil {
				t.Fatal(err)
			}
			received := receive(t, s.Receive(Control))
			text := strings.Repeat("x", 1000)
			for range total {
				if err := s.Publish(received, Stream, StreamContent{Stdout, text}); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Reply(received, ShutdownReplyContent{}); err != nil {
				t.Fatal(err)
			}
			if err := s.Publish(received, Status, StatusContent{StateIdle}); err != nil {
				t.Fatal(err)
			}
			closed := make(chan error, 1)
			go func() { closed <- s.Close(patience) }()
			got := 0
			for m := range c.Receive(IOPub) {
				if m.IsReplyTo(req) {
					got++
				}
			}
			if got != total+1 {
				t.Errorf("got %d messages on iopub, want %d", got, total+1)
			}
			if m := receive(t, c.Receive(Control)); m.Header.MsgType != ShutdownReply {
				t.Errorf("got %s, want the shutdown_reply", m.Header.MsgType)
			}
			if err := <-closed; err != nil {
				t.Error(err)
			}
		})
	}
}

// One that does not read holds Close up for the linger, and no longer.
func TestLingerEnds(t *testing.T) {
	s := listen(t, Options{})
	e := shake(t, raw(t, s, IOPub), "SUB", "")
	e.send(t, message("\x01"))
	e.message(t)
	for range 20 {
		if err := s.Publish(nil, Stream, StreamContent{Stdout, strings.Repeat("x", 1<<20)}); err != nil {
			t.Fatal(err)
		}
	}
	const linger = 200 * time.Millisecond
	start := time.Now()
	s.Close(linger)
	if got := time.Since(start); got < linger || got > patience/2 {
		t.Errorf("Close took %v, want %v", got, linger)
	}
	if err := s.Publish(nil, Stream, StreamContent{}); err != ErrClosed {
		t.Errorf("after Close: got error %v, want ErrClosed", err)
	}
	for _, ch := range []Channel{Shell, Control, Stdin} {
		if _, open := <-s.Receive(ch); open {
			t.Errorf("%s: got a message after Close", ch)
		}
		if err := s.Send(ch, &Message{Identities: frames("x")}); err != ErrClosed {
			t.Errorf("%s: got error %v after Close, want ErrClosed", ch, err)
		}
	}
}

func TestSendWithoutFrames(t *testing.T) {
	s := listen(t, Options{})
	if err := s.routers[Shell].Send(nil); err != errNoFrames {
		t.Errorf("router: got error %v, want errNoFrames", err)
	}
	if err := s.routers[Shell].Send(frames("nobody", "x")); err != nil {
		t.Errorf("router, to nobody: got error %v, want none", err)
	}
	for name, send := range map[string]func([][]byte) error{"Send": s.iopub.Send, "SendKept": s.iopub.SendKept} {
		if err := send(nil); err != errNoFrames {
			t.Errorf("%s: got error %v, want errNoFrames", name, err)
		}
	}
}

// Several goroutines on both ends, with buffers: nothing is lost or mixed up.
func TestManyAtOnce(t *testing.T) {
	const clients, requests = 4, 200
	s := listen(t, Options{})
	go func() {
		for m := range s.Receive(Shell) {
			reply, err := s.NewMessage(ExecuteReply, m, ExecuteReplyContent{})
			if err != nil {
				t.Error(err)
			}
			reply.Identities, reply.Buffers = m.Identities, m.Buffers
			go s.Send(Shell, reply)
		}
	}()
	done := make(chan error, clients)
	for range clients {
		c := dial(t, s.Info())
		go func() {
			waiting := make(map[string]string)
			for i := range requests {
				m, err := c.NewMessage(ExecuteRequest, nil, ExecuteRequestContent{})
				if err != nil {
					done <- err
					return
				}
				buffer := fmt.Sprint(c.Session(), i, strings.Repeat("b", i*i))
				m.Buffers = frames("", buffer)
				waiting[m.Header.MsgID] = buffer
				if err := c.Send(Shell, m); err != nil {
					done <- err
					return
				}
			}
			for range requests {
				m := <-c.Receive(Shell)
				p, err := m.Parent()
				if err != nil || len(m.Buffers) != 2 || string(m.Buffers[1]) != waiting[p.MsgID] {
					done <- fmt.Errorf("got %d buffers for parent %q (%v), want those of the request", len(m.Buffers), p.MsgID, err)
					return
				}
				delete(waiting, p.MsgID)
			}
			done <- nil
		}()
	}
	for range clients {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// Large buffers pass both ways, past the queue's limit.
func TestLargeBuffers(t *testing.T) {
	s := listen(t, Options{QueueBytes: 1 << 20})
	c := dial(t, s.Info())
	big := make([]byte, 20<<20)
	for i := range big {
		big[i] = byte(i >> 8)
	}
	req, err := c.NewMessage(CommMsg, nil, CommMsgContent{CommID: "c"})
	if err != nil {
		t.Fatal(err)
	}
	req.Buffers = [][]byte{big, nil, big[:300]}
	if err := c.Send(Shell, req); err != nil {
		t.Fatal(err)
	}
	got := receive(t, s.Receive(Shell))
	back, err := s.NewMessage(CommMsg, got, CommMsgContent{CommID: "c"})
	if err != nil {
		t.Fatal(err)
	}
	back.Buffers = got.Buffers
	if err := s.PublishMessage(back); err != nil {
		t.Fatal(err)
	}
	got = receive(t, c.Receive(IOPub))
	if !got.IsReplyTo(req) || !slices.EqualFunc(got.Buffers, req.Buffers, bytes.Equal) {
		t.Errorf("got %d buffers, want the three that were sent", len(got.Buffers))
	}
}
