package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// What strangers may do to a kernel's ports. After each attack, and while it
// lasts, a client that was there and a new one must be served.
func TestSurvives(t *testing.T) {
	ports := []Channel{Shell, Control, Stdin, IOPub, Heartbeat}
	socketType := map[Channel]string{Shell: "DEALER", Control: "DEALER", Stdin: "DEALER", IOPub: "SUB", Heartbeat: "REQ"}
	send := func(parts ...[]byte) func(testing.TB, net.Conn, string) {
		return func(t testing.TB, nc net.Conn, typ string) { nc.Write(slices.Concat(parts...)) }
	}
	afterHello := func(data []byte) func(testing.TB, net.Conn, string) {
		return func(t testing.TB, nc net.Conn, typ string) { shake(t, nc, typ, "").send(t, data) }
	}
	random := make([]byte, 1000)
	for i := range random {
		random[i] = byte(rand.IntN(256))
	}
	random[0] = 'x'

	const (
		stays  = false // the connection may stay open
		closed = true  // the kernel must end it at once
	)
	tests := []struct {
		name   string
		attack func(t testing.TB, nc net.Conn, typ string)
		ends   bool
	}{
		{"silent connection", send(), stays},
		{"half a greeting", send(greeting()[:30]), stays},
		{"greeting without READY", send(greeting()), stays},
		{"half a READY", send(greeting(), command("READY", make([]byte, 40)...)[:20]), stays},
		{"HTTP request", send([]byte("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")), closed},
		{"garbage", send(random), closed},
		{"malformed READY", send(greeting(), command("READY", 1, 'S', 0, 0)), closed},
		{"unknown socket type", send(hello("NONSENSE", "")), closed},
		{"wrong socket type", send(hello("PUSH", "")), closed},
		{"READY of 2^62 bytes", send(greeting(), longHeader(flagCommand, 1<<62)), closed},
		{"frame of 2^62 bytes", afterHello(longHeader(0, 1<<62)), closed},
		{"frame of 2^40 bytes", afterHello(longHeader(0, 1<<40)), closed},
		{"garbage after the handshake", afterHello(bytes.Repeat([]byte{0xee}, 100)), closed},
		{"half a frame", afterHello(frame(0, []byte("abcdefgh"))[:5]), stays},
		{"half a message", afterHello(frame(flagMore, []byte("abcdefgh"))), stays},
		{"20,000 frames", afterHello(bytes.Repeat(frame(flagMore, nil), 20000)), closed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := listen(t, Options{})
			serveInfo(t, s)
			old := dial(t, s.Info())
			for _, ch := range ports {
				nc := raw(t, s, ch)
				tt.attack(t, nc, socketType[ch])
				if tt.ends == closed {
					waitClosed(t, nc)
				}
			}
			roundTrip(t, old)
			roundTrip(t, dial(t, s.Info()))
			if _, err := old.Ping(t.Context()); err != nil {
				t.Errorf("heartbeat: %v", err)
			}
		})
	}
}

// More silent connections than may greet at once keep nobody out, and the time
// to greet ends.
func TestSilentConnectionsGiveWay(t *testing.T) {
	s := listen(t, Options{MaxHandshakes: 4, HandshakeTimeout: time.Minute})
	serveInfo(t, s)
	var silent []net.Conn
	for range 20 {
		silent = append(silent, raw(t, s, Shell))
	}
	roundTrip(t, dial(t, s.Info()))
	for _, nc := range silent[:16] {
		waitClosed(t, nc)
	}
}

// Two thousand conversations with errors in them, drawn anew in each run.
func TestMutatedConnections(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	const connections, workers = 2000, 16
	s := listen(t, Options{})
	serveInfo(t, s)
	roundTrip(t, dial(t, s.Info()))
	codec := s.codec

	ports := []Channel{Shell, Control, Stdin, IOPub, Heartbeat}
	conversation := func(ch Channel, n int) []byte {
		switch ch {
		case IOPub:
			return slices.Concat(hello("SUB", ""), message("\x01kernel."), message("\x00kernel."), command("PING", 0, 1, 'x'))
		case Heartbeat:
			return slices.Concat(hello("REQ", ""), message("", "ping"), command("PING", 0, 1))
		}
		m := &Message{Header: Header{MsgID: "m", MsgType: KernelInfoRequest}, Buffers: [][]byte{make([]byte, n)}}
		frames, err := codec.Encode(m)
		if err != nil {
			t.Error(err)
		}
		out := hello("DEALER", "x")
		for i, f := range frames {
			flags := byte(flagMore)
			if i == len(frames)-1 {
				flags = 0
			}
			out = append(out, frame(flags, f)...)
		}
		return out
	}
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(w)))
			for range connections / workers {
				ch := ports[rng.IntN(len(ports))]
				nc, err := s.Info().Endpoint(ch).dial(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				nc.Write(mutate(rng, conversation(ch, rng.IntN(1000))))
				if rng.IntN(2) == 0 {
					nc.(*net.TCPConn).CloseWrite()
					nc.SetReadDeadline(time.Now().Add(patience))
					io.Copy(io.Discard, nc)
				}
				nc.Close()
			}
		})
	}
	wg.Wait()
	c := dial(t, s.Info())
	roundTrip(t, c)
	if _, err := c.Ping(t.Context()); err != nil {
		t.Errorf("heartbeat: %v", err)
	}
}

// mutate changes, drops, repeats or inserts some bytes of a conversation.
func mutate(rng *rand.Rand, data []byte) []byte {
	for range 1 + rng.IntN(4) {
		at := rng.IntN(len(data))
		n := min(1+rng.IntN(16), len(data)-at)
		switch rng.IntN(5) {
		case 0:
			data[at] ^= 1 << rng.IntN(8)
		case 1:
			data = slices.Delete(data, at, at+n)
		case 2:
			data = slices.Insert(data, at, data[at:at+n]...)
		case 3:
			for i := range n {
				data[at+i] = byte(rng.IntN(256))
			}
		case 4:
			data = data[:at+1]
		}
		if len(data) == 0 {
			return []byte{0xff}
		}
	}
	return data
}

// peersOf returns how many connections of a channel have shaken hands.
func peersOf(s *Sockets, ch Channel) int {
	sv := [channels]*server{Heartbeat: s.hb.server, IOPub: s.iopub.server}
	for i, r := range s.routers {
		sv[i] = r.server
	}
	sv[ch].mu.Lock()
	defer sv[ch].mu.Unlock()
	return len(sv[ch].peers)
}

func TestConnectAndLeaveLeaksNothing(t *testing.T) {
	s := listen(t, Options{})
	serveInfo(t, s)
	roundTrip(t, dial(t, s.Info()))
	for ch := range Channel(channels) {
		until(t, "the client's own connection to "+ch.String(), func() bool { return peersOf(s, ch) == 1 })
	}
	fds, goroutines := descriptors(t), runtime.NumGoroutine()
	ports := []Channel{Shell, Control, Stdin, IOPub, Heartbeat}
	visits := map[string]func(i int){
		"at once": func(i int) { raw(t, s, ports[i%5]).Close() },
		"with garbage": func(i int) {
			nc := raw(t, s, ports[i%5])
			io.WriteString(nc, "GET /")
			nc.Close()
		},
		"as a client": func(i int) {
			nc := raw(t, s, Shell)
			shake(t, nc, "DEALER", "")
			nc.Close()
		},
		"as a subscriber": func(i int) {
			nc := raw(t, s, IOPub)
			shake(t, nc, "SUB", "").send(t, message("\x01"))
			nc.Close()
		},
	}
	for name, visit := range visits {
		for i := range 250 {
			visit(i)
		}
		until(t, "descriptors of those that came "+name, func() bool { return descriptors(t) <= fds })
		until(t, "goroutines of those that came "+name, func() bool { return runtime.NumGoroutine() <= goroutines })
	}
	shell := s.routers[Shell]
	shell.mu.Lock()
	defer shell.mu.Unlock()
	if n := len(shell.ids); n != 1 {
		t.Errorf("got %d identities in the router, want 1", n)
	}
}

// A client that does not read what it is owed is disconnected, and nobody else
// waits for it.
func TestClientThatNeverReads(t *testing.T) {
	s := listen(t, Options{QueueBytes: 1 << 20})
	serveInfo(t, s)
	c := dial(t, s.Info())
	mute := shake(t, raw(t, s, Shell), "DEALER", "mute")

	big := strings.Repeat("x", 1<<20)
	for range 25 { // more than the system's buffers hold
		m, err := s.NewMessage(KernelInfoReply, nil, KernelInfoReplyContent{Banner: big})
		if err != nil {
			t.Fatal(err)
		}
		m.Identities = [][]byte{[]byte("mute")}
		start := time.Now()
		if err := s.Send(Shell, m); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(start); d > patience/2 {
			t.Fatalf("Send took %v", d)
		}
	}
	roundTrip(t, c)
	roundTrip(t, dial(t, s.Info()))
	mute.waitClosed(t)
}

// A flood of requests whose replies nobody reads ends the same way.
func TestFloodWithoutReading(t *testing.T) {
	s := listen(t, Options{QueueBytes: 1 << 20})
	serveInfoWith(t, s, strings.Repeat("x", 20<<10))
	c := dial(t, s.Info())
	flood := shake(t, raw(t, s, Shell), "DEALER", "flood")
	sent := make(chan int)
	go func() {
		n := 0
		for {
			m := &Message{Header: Header{MsgID: strings.Repeat("i", 100) + string(rune(n)), MsgType: KernelInfoRequest}}
			frames, err := s.codec.Encode(m)
			if err != nil {
				t.Error(err)
			}
			var data []byte
			for i, f := range frames {
				flags := byte(flagMore)
				if i == len(frames)-1 {
					flags = 0
				}
				data = append(data, frame(flags, f)...)
			}
			if _, err := flood.Write(data); err != nil {
				break
			}
			n++
		}
		sent <- n
	}()
	roundTrip(t, c)
	if n := <-sent; n < 100 {
		t.Errorf("the flood ended after %d requests, want at least 100", n)
	}
	roundTrip(t, dial(t, s.Info()))
}

// ask sends a kernel_info_request and wants its reply.
func (e *wireEnd) ask(t testing.TB, s *Sockets, id string) {
	t.Helper()
	req, err := s.codec.Encode(&Message{Header: Header{MsgID: id, MsgType: KernelInfoRequest}})
	if err != nil {
		t.Fatal(err)
	}
	parts := make([]string, len(req))
	for i := range req {
		parts[i] = string(req[i])
	}
	e.send(t, message(parts...))
	if got := e.message(t); got[0] != "<IDS|MSG>" {
		t.Errorf("got %q, want a reply", got)
	}
}

// The newest connection with an identity has it; the old one gets nothing more.
func TestDuplicateIdentity(t *testing.T) {
	s := listen(t, Options{})
	serveInfo(t, s)
	other := dial(t, s.Info())
	old := shake(t, raw(t, s, Shell), "DEALER", "twin")
	shake(t, raw(t, s, Shell), "DEALER", "twin").ask(t, s, "1")
	if n, err := old.r.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the old connection got %d bytes and %v, want its end", n, err)
	}
	roundTrip(t, other)

	// The end of the old one must not take the identity from the new one.
	for i := range 50 {
		shake(t, raw(t, s, Shell), "DEALER", "twin").ask(t, s, fmt.Sprint("again ", i))
	}
}

// A connection whose handshake is slow does not take the identity from one that
// was accepted after it.
func TestDuplicateIdentityLate(t *testing.T) {
	s := listen(t, Options{})
	serveInfo(t, s)
	late := raw(t, s, Shell)
	begin := hello("DEALER", "twin")
	if _, err := late.Write(begin[:greetingBytes]); err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(io.Discard, late, greetingBytes); err != nil {
		t.Fatal(err)
	}
	young := shake(t, raw(t, s, Shell), "DEALER", "twin")
	young.ask(t, s, "1")
	if _, err := late.Write(begin[greetingBytes:]); err != nil {
		t.Fatal(err)
	}
	waitClosed(t, late)
	young.ask(t, s, "2")
}

func TestIdentityOfOurs(t *testing.T) {
	s := listen(t, Options{})
	for name, id := range map[string]string{"zero byte": "\x00\x00\x00\x00\x01", "too long": strings.Repeat("i", 256)} {
		t.Run(name, func(t *testing.T) {
			shake(t, raw(t, s, Shell), "DEALER", id).waitClosed(t)
		})
	}
}
