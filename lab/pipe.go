package lab

import (
	"iter"
	"time"
)

// pipeRoom is the number of values that a pipe holds in each direction before
// Send waits: enough for both ends to work at the same time.
const pipeRoom = 64

// Conn is one end of a pipe: what one end sends, the other receives.
type Conn struct {
	in, out *Queue
}

// NewPipe returns the two ends of a pipe. Values can be sent in both directions.
func NewPipe(name ...string) (a, b *Conn) {
	direction := func() *Queue { return newQueue(pipeRoom, "pipe", name) }
	x, y := direction(), direction()
	return &Conn{in: x, out: y}, &Conn{in: y, out: x}
}

// Send sends v to the other end, and waits if that has not received the values
// before. It panics with a [*ClosedError] if either end is closed.
func (c *Conn) Send(v any) { c.out.put(here(), "Send", v, forever) }

// SendTimeout is Send that gives up after d. It reports whether it sent v.
func (c *Conn) SendTimeout(v any, d time.Duration) bool {
	return c.out.put(here(), "SendTimeout", v, max(d, 0))
}

// Recv waits for a value from the other end. It panics with a [*ClosedError] if
// either end is closed and there is nothing left to receive.
func (c *Conn) Recv() any {
	v, _ := c.in.get(here(), "Recv", forever)
	return v
}

// TryRecv receives a value if there is one, and reports whether there was.
func (c *Conn) TryRecv() (v any, ok bool) { return c.in.get(here(), "TryRecv", 0) }

// RecvTimeout is Recv that gives up after d. It reports whether it got a value.
func (c *Conn) RecvTimeout(d time.Duration) (v any, ok bool) {
	return c.in.get(here(), "RecvTimeout", max(d, 0))
}

// All returns the values as they come, until either end is closed and there is
// nothing left to receive.
func (c *Conn) All() iter.Seq[any] { return c.in.All() }

// Close closes the pipe for both ends. What was sent can still be received.
// Closing twice, or both ends, is fine.
func (c *Conn) Close() {
	c.in.Close()
	c.out.Close()
}
