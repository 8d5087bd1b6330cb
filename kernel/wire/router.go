package wire

import (
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
)

// errNoFrames is returned for a message without an identity, or with nothing
// behind it.
var errNoFrames = errors.New("message has too few frames")

// errIdentity refuses a peer; the zero byte is kept for identities of our own.
var errIdentity = errors.New("identity is longer than 255 bytes or starts with a zero byte")

// errTaken refuses a peer whose handshake took longer than that of a newer
// connection with its identity.
var errTaken = errors.New("a newer connection has the identity")

// Router is a bound ROUTER socket. All methods may be called from any goroutine.
type Router struct {
	server *server
	recv   chan [][]byte

	mu     sync.Mutex
	ids    map[string]*peer
	next   uint32
	parked []parked // oldest first
}

// parked is a message for a peer that is not there (yet).
type parked struct {
	id    string
	m     queued
	until time.Time
}

const (
	// parkTime is how long a message waits for its peer. A client connects to
	// shell and stdin at once, and may be heard on shell while its greeting on
	// stdin is still under way; an input_request that were dropped then would
	// leave the cell waiting for ever. It also bridges a reconnect.
	parkTime = 2 * time.Second

	// parkBytes bounds all that waits so.
	parkBytes = 1 << 20
)

// ListenRouter binds a ROUTER socket. The caller closes it.
func ListenRouter(ep Endpoint, opts Options) (*Router, error) {
	ln, err := ep.listen()
	if err != nil {
		return nil, err
	}
	return newRouter(ln, opts), nil
}

func newRouter(ln net.Listener, opts Options) *Router {
	opts = opts.withDefaults()
	r := &Router{recv: make(chan [][]byte), ids: make(map[string]*peer)}
	r.server = newServer(ln, opts, behaviour{
		typ:     zmq4.Router,
		limits:  limits{opts.MaxMessageBytes, opts.MaxFrames},
		joined:  r.joined,
		message: r.message,
		left:    r.left,
	})
	r.server.start()
	return r
}

// Addr returns the address on which the socket listens.
func (r *Router) Addr() net.Addr { return r.server.Addr() }

// Recv returns the channel of received messages: the identity of the peer, then
// the frames as they came. While nobody reads it, peers that send are held back
// by their connection. Close closes it.
func (r *Router) Recv() <-chan [][]byte { return r.recv }

// Send sends frames[1:] to the peer whose identity is frames[0]. It never
// blocks: a message to an unknown peer is dropped unless the peer comes within
// two seconds, and a peer that does not read its messages is disconnected when
// more than QueueBytes wait for it. The frames belong to the socket from now on.
func (r *Router) Send(frames [][]byte) error {
	if len(frames) < 2 {
		return errNoFrames
	}
	if r.server.isClosing() {
		return ErrClosed
	}
	m := newQueued(frames[1:])
	r.mu.Lock()
	p := r.ids[string(frames[0])]
	if p == nil {
		r.park(string(frames[0]), m)
	}
	r.mu.Unlock()
	if p != nil {
		p.pushOrClose(m, r.server.opts.QueueBytes)
	}
	return nil
}

// park keeps m until its peer comes. r.mu is held.
func (r *Router) park(id string, m queued) {
	r.expire()
	size := m.size
	for _, other := range r.parked {
		size += other.m.size
	}
	if size <= parkBytes {
		r.parked = append(r.parked, parked{id, m, time.Now().Add(parkTime)})
	}
}

// expire drops what nobody came for. r.mu is held.
func (r *Router) expire() {
	now := time.Now()
	r.parked = slices.DeleteFunc(r.parked, func(m parked) bool { return now.After(m.until) })
}

// Close waits at most linger until what was sent has left, closes all
// connections and the channel of Recv.
func (r *Router) Close(linger time.Duration) error {
	return r.server.closeThen(linger, func() { close(r.recv) })
}

// joined gives a peer its identity. As libzmq with ROUTER_HANDOVER, the newest
// connection has it: the old one is most likely the same client's, lost. The
// newest is the one that was accepted last, whichever handshake ended first.
func (r *Router) joined(p *peer) error {
	if len(p.id) > 255 || p.id != "" && p.id[0] == 0 {
		return errIdentity
	}
	r.mu.Lock()
	if p.id == "" {
		r.next++
		p.id = autoIdentity(r.next)
	}
	old := r.ids[p.id]
	if old != nil && old.born > p.born {
		r.mu.Unlock()
		return errTaken
	}
	r.ids[p.id] = p
	r.expire()
	r.parked = slices.DeleteFunc(r.parked, func(m parked) bool {
		if m.id == p.id {
			p.pushOrClose(m.m, r.server.opts.QueueBytes)
		}
		return m.id == p.id
	})
	r.mu.Unlock()
	if old != nil {
		old.close()
	}
	return nil
}

func (r *Router) left(p *peer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ids[p.id] == p {
		delete(r.ids, p.id)
	}
}

func (r *Router) message(p *peer, frames [][]byte) {
	all := make([][]byte, 0, len(frames)+1)
	all = append(append(all, []byte(p.id)), frames...)
	select {
	case r.recv <- all:
	case <-r.server.closing:
	}
}

// Echo is a bound socket that sends every message back: the heartbeat. All
// methods may be called from any goroutine.
type Echo struct{ server *server }

// ListenEcho binds a heartbeat socket. The caller closes it.
func ListenEcho(ep Endpoint, opts Options) (*Echo, error) {
	ln, err := ep.listen()
	if err != nil {
		return nil, err
	}
	opts = opts.withDefaults()
	e := &Echo{}
	e.server = newServer(ln, opts, behaviour{
		typ:    zmq4.Router, // for REQ as well as DEALER clients
		limits: limits{min(inboundOnlyBytes, opts.MaxMessageBytes), opts.MaxFrames},
		message: func(p *peer, frames [][]byte) {
			p.pushOrClose(newQueued(frames), opts.QueueBytes)
		},
	})
	e.server.start()
	return e, nil
}

// Addr returns the address on which the socket listens.
func (e *Echo) Addr() net.Addr { return e.server.Addr() }

// Close closes the socket and its connections.
func (e *Echo) Close() error { return e.server.Close(0) }
