package wire

import "time"

// DefaultLinger is how long a kernel's Close should wait for what was sent:
// the shutdown reply and the last idle are among it. ipykernel waits as long.
const DefaultLinger = time.Second

const (
	// closeGrace is how long a peer must be quiet, after the last byte for it,
	// before Close closes a connection that the peer has not closed. Closing
	// with unread input sends a reset, and a reset throws away what is still in
	// the system's buffers for the peer.
	closeGrace = 250 * time.Millisecond

	// handshakeFrameBytes bounds the READY command. libzmq's has under 400
	// bytes, with an identity of 255.
	handshakeFrameBytes = 64 << 10

	// commandBytes bounds PING, PONG, SUBSCRIBE and the like.
	commandBytes = 64 << 10

	// inboundOnlyBytes bounds a message to a socket that expects subscriptions
	// or heartbeats only.
	inboundOnlyBytes = 1 << 20

	// frameOverhead is what a queued frame costs beside its bytes; without it a
	// queue of empty frames would have no limit.
	frameOverhead = 64
)

// Options tunes the sockets. The zero value works: every zero field stands for
// the default named beside it.
type Options struct {
	// HandshakeTimeout is how long a new connection may take to greet; 10 s.
	HandshakeTimeout time.Duration

	// MaxHandshakes is the number of connections that may be greeting at once;
	// 256. One more closes the one that has been greeting longest, so that
	// silent connections cannot keep a client out.
	MaxHandshakes int

	// MaxMessageBytes bounds a received message, all its frames together; 2 GiB.
	MaxMessageBytes int64

	// MaxFrames bounds the number of frames of a received message; 16,384.
	MaxFrames int

	// QueueBytes bounds what may wait for one peer; 64 MiB. An empty queue takes
	// a message of any size.
	QueueBytes int64

	// Stall is how long a subscriber may take nothing at all before Send stops
	// waiting for it; 2 s.
	Stall time.Duration

	// MaxWait bounds the whole time that one Send waits for slow subscribers;
	// 5 s. One that is still over its limit then is treated as stalled. It
	// matters for large messages and slow lines: a subscriber that takes 100 kB
	// a second never stalls, and would hold an output of 64 MiB up for eleven
	// minutes. A subscriber that is merely slow slows the sender, as a terminal
	// does, and loses nothing.
	MaxWait time.Duration

	// Username is written in the header of messages; "kernel", or "lockstep"
	// for a client.
	Username string

	// OnDrop, if not nil, is told of each received message that was dropped, and
	// why. It may be called from several goroutines at once.
	OnDrop func(Channel, error)
}

func (o Options) withDefaults() Options {
	if o.HandshakeTimeout <= 0 {
		o.HandshakeTimeout = 10 * time.Second
	}
	if o.MaxHandshakes <= 0 {
		o.MaxHandshakes = 256
	}
	if o.MaxMessageBytes <= 0 {
		o.MaxMessageBytes = 2 << 30
	}
	if o.MaxFrames <= 0 {
		o.MaxFrames = 16384
	}
	if o.QueueBytes <= 0 {
		o.QueueBytes = 64 << 20
	}
	if o.Stall <= 0 {
		o.Stall = 2 * time.Second
	}
	if o.MaxWait <= 0 {
		o.MaxWait = 5 * time.Second
	}
	return o
}
