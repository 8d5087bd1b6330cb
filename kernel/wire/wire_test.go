package wire

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must come; the machine may be busy.
const patience = 30 * time.Second

func listen(t testing.TB, opts Options) *Sockets {
	t.Helper()
	s, err := Listen(NewConnectionInfo(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(0) })
	return s
}

func dial(t testing.TB, info ConnectionInfo) *Client {
	t.Helper()
	c, err := dialAs(t, info, "")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func dialAs(t testing.TB, info ConnectionInfo, session string) (*Client, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := Dial(ctx, info, ClientOptions{Session: session})
	if err == nil {
		t.Cleanup(func() { c.Close() })
	}
	return c, err
}

// serveInfo answers each message on shell, control and stdin with a
// kernel_info_reply, until the sockets are closed.
func serveInfo(t testing.TB, s *Sockets) { serveInfoWith(t, s, "") }

func serveInfoWith(t testing.TB, s *Sockets, banner string) {
	t.Helper()
	for _, ch := range []Channel{Shell, Control, Stdin} {
		done := make(chan struct{})
		go func() {
			defer close(done)
			for m := range s.Receive(ch) {
				if err := s.Reply(m, KernelInfoReplyContent{Banner: banner}); err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, errNoRequest) {
					t.Error(err)
				}
			}
		}()
		t.Cleanup(func() { s.Close(0); <-done })
	}
}

// receive returns the next message of a channel.
func receive(t testing.TB, ch <-chan *Message) *Message {
	t.Helper()
	select {
	case m, ok := <-ch:
		if !ok {
			t.Fatal("channel of messages is closed")
		}
		return m
	case <-time.After(patience):
		t.Fatalf("no message within %v", patience)
	}
	return nil
}

// roundTrip fails the test unless the kernel answers c on shell and control.
func roundTrip(t testing.TB, c *Client) {
	t.Helper()
	for _, ch := range []Channel{Shell, Control} {
		req, err := c.Request(ch, KernelInfoRequest, KernelInfoRequestContent{})
		if err != nil {
			t.Fatal(err)
		}
		if m := receive(t, c.Receive(ch)); !m.IsReplyTo(req) || m.Header.MsgType != KernelInfoReply {
			t.Fatalf("got %s with parent %s, want the reply to %s", m.Header.MsgType, m.ParentHeader, req.Header.MsgID)
		}
	}
}

// raw opens a plain connection to a channel of s.
func raw(t testing.TB, s *Sockets, ch Channel) net.Conn {
	t.Helper()
	info := s.Info()
	nc, err := info.Endpoint(ch).dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close() })
	nc.SetDeadline(time.Now().Add(2 * patience)) // what does not come fails the test, and does not stop it
	return nc
}

// until waits for a condition that no event tells of: what the operating
// system counts.
func until(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// descriptors returns the number of open descriptors of this process.
func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("counting descriptors needs /proc: %v", err)
	}
	return len(entries)
}

func TestRoundTrip(t *testing.T) {
	for _, transport := range []Transport{TCP, IPC} {
		t.Run(string(transport), func(t *testing.T) {
			info := NewConnectionInfo()
			info.Transport = transport
			if transport == IPC {
				info.IP = t.TempDir() + "/k"
			}
			s, err := Listen(info, Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { s.Close(0) })
			serveInfo(t, s)
			clients := []*Client{dial(t, s.Info()), dial(t, s.Info()), dial(t, s.Info())}
			for _, c := range clients {
				roundTrip(t, c)
				if _, err := c.Ping(t.Context()); err != nil {
					t.Errorf("heartbeat: %v", err)
				}
			}
			for i := range 100 {
				if err := s.Publish(nil, Stream, StreamContent{Stdout, fmt.Sprint(i)}); err != nil {
					t.Fatal(err)
				}
			}
			for _, c := range clients {
				for i := range 100 {
					m := receive(t, c.Receive(IOPub))
					got, err := Decode[StreamContent](m)
					if err != nil || got.Text != fmt.Sprint(i) {
						t.Fatalf("got %s, %v, want text %d", m.Content, err, i)
					}
					if got, want := string(m.Identities[0]), "kernel."+s.Session()+".stream"; got != want {
						t.Fatalf("got topic %s, want %s", got, want)
					}
				}
			}
		})
	}
}
