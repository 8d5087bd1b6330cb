// Package wiretest gives tests both ends of the wire.
package wiretest

import (
	"context"
	"testing"
	"time"

	"lockstep/kernel/wire"
)

// patience is how long a test waits for what must come. It is no measure of
// speed: the machine may be busy.
const patience = 30 * time.Second

// Start binds a kernel's sockets on the loopback, and connects a client to
// them. Both are closed when the test ends.
func Start(t testing.TB) (*wire.Sockets, *wire.Client) {
	t.Helper()
	s := Listen(t, wire.NewConnectionInfo(), wire.Options{})
	return s, Dial(t, s.Info())
}

// Listen binds a kernel's sockets and closes them when the test ends.
func Listen(t testing.TB, info wire.ConnectionInfo, opts wire.Options) *wire.Sockets {
	t.Helper()
	s, err := wire.Listen(info, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close(0) })
	return s
}

// Dial connects a client and closes it when the test ends.
func Dial(t testing.TB, info wire.ConnectionInfo) *wire.Client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c, err := wire.Dial(ctx, info, wire.ClientOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// Receive returns the next message of a channel, and fails the test when the
// channel is closed or nothing comes.
func Receive(t testing.TB, ch <-chan *wire.Message) *wire.Message {
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

// Content decodes the content of m, and fails the test when m is not of type
// want or its content is wrong.
func Content[T any](t testing.TB, m *wire.Message, want wire.MsgType) T {
	t.Helper()
	if m.Header.MsgType != want {
		t.Fatalf("got a %s with content %s, want a %s", m.Header.MsgType, m.Content, want)
	}
	c, err := wire.Decode[T](m)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
