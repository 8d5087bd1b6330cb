package wire

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func frames(parts ...string) [][]byte {
	out := make([][]byte, len(parts))
	for i, p := range parts {
		out[i] = []byte(p)
	}
	return out
}

func welcomeTo(topic string) [][]byte { return frames("welcome", topic) }

// bubble runs f with an XPub without a network, on the clock of a
// testing/synctest bubble.
func bubble(t *testing.T, opts Options, f func(t *testing.T, x *XPub, l *pipes)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := newPipes()
		x := newXPub(l, opts, welcomeTo)
		defer x.Close(0)
		f(t, x, l)
	})
}

// subscriber connects, subscribes and reads the welcome.
func subscriber(t *testing.T, l *pipes, topic string) *wireEnd {
	t.Helper()
	e := shake(t, l.dial(), "SUB", "")
	t.Cleanup(func() { e.Close() })
	e.send(t, message("\x01"+topic))
	if got, want := e.message(t), []string{"welcome", topic}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	return e
}

// collect reads messages until the connection ends, and then sends them.
func collect(e *wireEnd) <-chan []string {
	got := make(chan []string, 1)
	go func() {
		var texts []string
		for {
			flags, size, _, err := readFrameHeader(e.r)
			body := make([]byte, size)
			if err == nil {
				_, err = io.ReadFull(e.r, body)
			}
			if err != nil {
				got <- texts
				return
			}
			if flags&flagMore == 0 {
				texts = append(texts, string(body))
			}
		}
	}()
	return got
}

func TestWelcome(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, x *XPub, l *pipes) {
		a := subscriber(t, l, "")
		b := subscriber(t, l, "") // each subscriber has its own
		c := subscriber(t, l, "kernel.")
		c.send(t, message("\x01stream")) // and each subscription
		if got, want := c.message(t), []string{"welcome", "stream"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		c.send(t, message("\x01stream")) // but not one that is there
		c.send(t, command("SUBSCRIBE", []byte("new")...))
		if got, want := c.message(t), []string{"welcome", "new"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		if err := x.Send(frames("kernel.x", "1")); err != nil {
			t.Fatal(err)
		}
		for _, e := range []*wireEnd{a, b, c} {
			if got, want := e.message(t), []string{"kernel.x", "1"}; !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
}

func TestTopics(t *testing.T) {
	bubble(t, Options{}, func(t *testing.T, x *XPub, l *pipes) {
		all := subscriber(t, l, "")
		some := subscriber(t, l, "a.")
		none := shake(t, l.dial(), "SUB", "")
		none.send(t, message("not", "a subscription"))
		none.send(t, message("\x02neither"))
		synctest.Wait()
		some.send(t, message("\x01b"))
		some.message(t)
		some.send(t, message("\x00b"))
		synctest.Wait()
		for _, topic := range []string{"a", "a.", "a.x", "b", "", "ba."} {
			if err := x.Send(frames(topic, "of "+topic)); err != nil {
				t.Fatal(err)
			}
		}
		gotAll, gotSome, gotNone := collect(all), collect(some), collect(none)
		x.Close(time.Second)
		if got, want := <-gotAll, []string{"of a", "of a.", "of a.x", "of b", "of ", "of ba."}; !slices.Equal(got, want) {
			t.Errorf(`subscribed to "": got %q, want %q`, got, want)
		}
		if got, want := <-gotSome, []string{"of a.", "of a.x"}; !slices.Equal(got, want) {
			t.Errorf(`subscribed to "a.": got %q, want %q`, got, want)
		}
		if got := <-gotNone; len(got) != 0 {
			t.Errorf("not subscribed: got %q", got)
		}
	})
}

func TestTooManyTopics(t *testing.T) {
	tests := []struct {
		name   string
		topics func(yield func(string) bool)
	}{
		{"number", func(yield func(string) bool) {
			for i := range maxTopics + 1 {
				if !yield(fmt.Sprint(i)) {
					return
				}
			}
		}},
		{"length", func(yield func(string) bool) { yield(strings.Repeat("t", maxTopicBytes+1)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, Options{}, func(t *testing.T, x *XPub, l *pipes) {
				e := shake(t, l.dial(), "SUB", "")
				got := collect(e)
				for topic := range tt.topics {
					e.Write(message("\x01" + topic))
				}
				if n := len(<-got); n > maxTopics {
					t.Errorf("got %d welcomes, want at most %d", n, maxTopics)
				}
			})
		})
	}
}

// A subscriber that stops reading costs the others a wait of Stall, once, and
// not one message; and its queue is bounded.
func TestSubscriberThatStopsReading(t *testing.T) {
	const limit, total = 10_000, 2000
	bubble(t, Options{QueueBytes: limit, Stall: 2 * time.Second, MaxWait: time.Minute}, func(t *testing.T, x *XPub, l *pipes) {
		subscriber(t, l, "") // and never reads again
		healthy := collect(subscriber(t, l, ""))
		start := time.Now()
		for i := range total {
			if err := x.Send(frames("t", fmt.Sprintf("%0100d", i))); err != nil {
				t.Fatal(err)
			}
		}
		if got := time.Since(start); got != 2*time.Second {
			t.Errorf("sending took %v, want one wait of 2s", got)
		}
		// One who comes while it lasts is served as well.
		late := collect(subscriber(t, l, ""))
		x.Send(frames("t", "late"))
		synctest.Wait()
		x.server.mu.Lock()
		for p := range x.server.peers {
			p.mu.Lock()
			if p.bytes > limit {
				t.Errorf("got a queue of %d bytes, want at most %d", p.bytes, limit)
			}
			p.mu.Unlock()
		}
		x.server.mu.Unlock()
		x.Close(time.Second)
		got := <-healthy
		if len(got) != total+1 {
			t.Fatalf("the healthy subscriber got %d messages, want %d", len(got), total+1)
		}
		for i, text := range got[:total] {
			if text != fmt.Sprintf("%0100d", i) {
				t.Fatalf("message %d is %s", i, text)
			}
		}
		if got := <-late; !slices.Equal(got, []string{"late"}) {
			t.Errorf("the late subscriber got %q", got)
		}
	})
}

// A subscriber that reads slowly, but within Stall, loses nothing.
func TestBusySubscriberLosesNothing(t *testing.T) {
	const total = 300
	bubble(t, Options{QueueBytes: 10_000, Stall: 2 * time.Second, MaxWait: time.Minute}, func(t *testing.T, x *XPub, l *pipes) {
		busy := subscriber(t, l, "")
		got := make(chan int)
		go func() {
			n := 0
			for range total {
				time.Sleep(time.Second) // on the bubble's clock: how slow it is
				if m := busy.message(t); m[1][:3] != fmt.Sprintf("%03d", n) {
					t.Errorf("message %d is %q", n, m[1][:3])
				}
				n++
			}
			got <- n
		}()
		big := strings.Repeat("x", 40_000) // more than the guard's buffer
		for i := range total {
			if err := x.Send(frames("t", fmt.Sprintf("%03d", i)+big)); err != nil {
				t.Fatal(err)
			}
		}
		if n := <-got; n != total {
			t.Errorf("got %d messages, want %d", n, total)
		}
	})
}

// trickle is a connection of which a piece is read each second, until fast.
type trickle struct {
	net.Conn
	fast atomic.Bool
}

func (c *trickle) Read(p []byte) (int, error) {
	if !c.fast.Load() {
		time.Sleep(time.Second)
	}
	return c.Conn.Read(p)
}

// One that reads a trickle never stalls; it costs one wait of MaxWait. When it
// has caught up it gets everything again.
func TestTrickle(t *testing.T) {
	bubble(t, Options{QueueBytes: 1 << 20, Stall: 3 * time.Second, MaxWait: 5 * time.Second}, func(t *testing.T, x *XPub, l *pipes) {
		e := subscriber(t, l, "")
		slow := &trickle{Conn: e.Conn}
		e.r = bufio.NewReader(slow)
		got := collect(e)
		body := strings.Repeat("x", 8*writeChunk) // eight seconds
		start := time.Now()
		for range 100 {
			if err := x.Send(frames("t", body)); err != nil {
				t.Fatal(err)
			}
		}
		if got := time.Since(start); got != 5*time.Second {
			t.Errorf("sending 100 messages took %v, want one wait of 5s", got)
		}
		slow.fast.Store(true)
		time.Sleep(2 * time.Second)
		x.Send(frames("t", "again"))
		x.Close(time.Second)
		if got := <-got; len(got) > 3 || got[len(got)-1] != "again" {
			t.Errorf("got %d messages, the last of %d bytes; want at most 3 and %q", len(got), len(got[len(got)-1]), "again")
		}
	})
}

func TestKeptIsNeverDropped(t *testing.T) {
	const limit, total = 10_000, 1000 // more than queue and buffers hold
	bubble(t, Options{QueueBytes: limit}, func(t *testing.T, x *XPub, l *pipes) {
		stalled := subscriber(t, l, "")
		for range total {
			x.Send(frames("t", strings.Repeat("x", 100)))
		}
		start := time.Now()
		for i := range 20 {
			if err := x.SendKept(frames("t", fmt.Sprint("kept ", i))); err != nil {
				t.Fatal(err)
			}
		}
		if got := time.Since(start); got != 0 {
			t.Errorf("SendKept took %v, want no wait", got)
		}
		// It reads on: what was kept comes, and then everything again.
		got := collect(stalled)
		synctest.Wait()
		x.Send(frames("t", "again"))
		x.Close(time.Second)
		texts := <-got
		n := 0
		for _, text := range texts {
			if text == fmt.Sprint("kept ", n) {
				n++
			}
		}
		if n != 20 || texts[len(texts)-1] != "again" {
			t.Errorf("got %d of 20 kept messages and %q at the end, want all and %q", n, texts[len(texts)-1], "again")
		}
		if len(texts) >= total {
			t.Error("a subscriber that stalled lost nothing: the queue has no limit")
		}
	})
}

func TestKeptHasALimit(t *testing.T) {
	bubble(t, Options{QueueBytes: 10_000}, func(t *testing.T, x *XPub, l *pipes) {
		stalled := subscriber(t, l, "")
		for range 1000 {
			x.SendKept(frames("t", strings.Repeat("x", 100)))
		}
		synctest.Wait()
		if n := len(x.server.peers); n != 0 {
			t.Errorf("got %d peers, want the stalled one disconnected", n)
		}
		stalled.waitClosed(t)
	})
}

func TestAcceptBacksOff(t *testing.T) {
	full := &net.OpError{Op: "accept", Err: syscall.EMFILE}
	synctest.Test(t, func(t *testing.T) {
		l := newPipes(full, full, full, full, full, full, full, full, full, full)
		start := time.Now()
		x := newXPub(l, Options{}, welcomeTo)
		subscriber(t, l, "")
		// 5, 10, 20 … 640 ms, and then 1 s each time.
		if got, want := time.Since(start), 3275*time.Millisecond; got != want {
			t.Errorf("10 failures took %v, want %v", got, want)
		}
		x.Close(0)
	})
	synctest.Test(t, func(t *testing.T) {
		many := make([]error, 1000)
		for i := range many {
			many[i] = full
		}
		x := newXPub(newPipes(many...), Options{}, welcomeTo)
		time.Sleep(time.Minute)
		x.Close(0) // does not wait for the next try
	})
}

func TestHandshakeTimeout(t *testing.T) {
	bubble(t, Options{HandshakeTimeout: 3 * time.Second}, func(t *testing.T, x *XPub, l *pipes) {
		for name, sent := range map[string][]byte{"silent": nil, "half a greeting": greeting()[:30], "no READY": greeting()} {
			start := time.Now()
			nc := l.dial()
			go nc.Write(sent)
			io.Copy(io.Discard, nc)
			if got := time.Since(start); got != 3*time.Second {
				t.Errorf("%s: closed after %v, want 3s", name, got)
			}
		}
		synctest.Wait()
		if n := len(x.server.greeting); n != 0 {
			t.Errorf("got %d connections still greeting, want 0", n)
		}
	})
}
