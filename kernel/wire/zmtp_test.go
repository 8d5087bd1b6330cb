package wire

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// The other end of the wire in single bytes, for what no library would send.

func greeting() []byte {
	g := make([]byte, greetingBytes)
	g[0], g[9], g[10] = 0xff, 0x7f, 3
	copy(g[12:], "NULL")
	return g
}

func frame(flags byte, body []byte) []byte {
	if len(body) < 256 {
		return append([]byte{flags, byte(len(body))}, body...)
	}
	return append(longHeader(flags, uint64(len(body))), body...)
}

func longHeader(flags byte, size uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{flags | flagLong}, size)
}

func property(name, value string) []byte {
	p := append([]byte{byte(len(name))}, name...)
	p = binary.BigEndian.AppendUint32(p, uint32(len(value)))
	return append(p, value...)
}

func command(name string, body ...byte) []byte {
	return frame(flagCommand, append(append([]byte{byte(len(name))}, name...), body...))
}

func hello(typ, id string) []byte {
	return append(greeting(), command("READY", append(property("Socket-Type", typ), property("Identity", id)...)...)...)
}

func message(frames ...string) (out []byte) {
	for i, f := range frames {
		flags := byte(flagMore)
		if i == len(frames)-1 {
			flags = 0
		}
		out = append(out, frame(flags, []byte(f))...)
	}
	return out
}

// wireEnd is a connection that has shaken hands.
type wireEnd struct {
	net.Conn
	r *bufio.Reader
}

// shake greets on nc as a socket of type typ and returns when the other side has
// accepted.
func shake(t testing.TB, nc net.Conn, typ, id string) *wireEnd {
	t.Helper()
	sent := make(chan error, 1)
	go func() { _, err := nc.Write(hello(typ, id)); sent <- err }()
	e := &wireEnd{nc, bufio.NewReader(nc)}
	if _, err := io.CopyN(io.Discard, e.r, greetingBytes); err != nil {
		t.Fatal("greeting:", err)
	}
	if flags, body := e.frame(t); flags&flagCommand == 0 || string(body[1:6]) != "READY" {
		t.Fatalf("got flags %#x, %q, want READY", flags, body)
	}
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *wireEnd) send(t testing.TB, data []byte) {
	t.Helper()
	if _, err := e.Write(data); err != nil {
		t.Fatal(err)
	}
}

// frame reads one frame.
func (e *wireEnd) frame(t testing.TB) (flags byte, body []byte) {
	t.Helper()
	flags, size, _, err := readFrameHeader(e.r)
	if err != nil {
		t.Fatal("frame:", err)
	}
	body = make([]byte, size)
	if _, err := io.ReadFull(e.r, body); err != nil {
		t.Fatal("frame body:", err)
	}
	return flags, body
}

// message reads the frames of one message, without commands.
func (e *wireEnd) message(t testing.TB) (frames []string) {
	t.Helper()
	for {
		flags, body := e.frame(t)
		if flags&flagCommand != 0 {
			continue
		}
		frames = append(frames, string(body))
		if flags&flagMore == 0 {
			return frames
		}
	}
}

// waitClosed fails the test unless the other side ends the connection.
func (e *wireEnd) waitClosed(t testing.TB) {
	t.Helper()
	waitClosed(t, e.Conn)
}

func waitClosed(t testing.TB, nc net.Conn) {
	t.Helper()
	nc.SetReadDeadline(time.Now().Add(patience))
	_, err := io.Copy(io.Discard, nc)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		t.Fatalf("connection is still open after %v", patience)
	}
}

// pipes is a listener without a network: in a testing/synctest bubble the
// sockets then run on its clock. fail, if set, is what Accept returns first.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once

	mu   sync.Mutex
	fail []error
}

func newPipes(fail ...error) *pipes {
	return &pipes{conns: make(chan net.Conn), closed: make(chan struct{}), fail: fail}
}

func (l *pipes) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.fail) > 0 {
		err := l.fail[0]
		l.fail = l.fail[1:]
		return nil, err
	}
	select {
	case nc := <-l.conns:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipes) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "unix"} }

// dial connects; nothing is buffered between the ends.
func (l *pipes) dial() net.Conn {
	ours, theirs := net.Pipe()
	l.conns <- theirs
	return ours
}
