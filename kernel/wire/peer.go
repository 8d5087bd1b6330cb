package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
)

// ErrClosed is returned for a socket that was closed, and by a client whose
// kernel has gone.
var ErrClosed = errors.New("socket is closed")

// maxPing is the longest context that ZMTP 3.1 lets a PING carry.
const maxPing = 16

// maxSpare is the length of an empty queue that is worth keeping.
const maxSpare = 1024

// queued is a message in a peer's queue. Its frames are shared with the queues
// of other peers and never written to.
type queued struct {
	frames [][]byte
	size   int64
}

func newQueued(frames [][]byte) queued {
	size := int64(len(frames)) * frameOverhead
	for _, f := range frames {
		size += int64(len(f))
	}
	return queued{frames, size}
}

// peer is one connection: a queue and a goroutine that writes it. Whoever made
// it runs write in a goroutine, calls read, and calls close in the end.
type peer struct {
	g    *guard
	conn *zmq4.Conn
	id   string        // the identity it announced
	born uint64        // counts the connections that a server accepted, from 1
	gone chan struct{} // closed by whoever called read, when it returned

	mu      sync.Mutex
	ready   sync.Cond // queue, pong or closed changed; the writer waits
	queue   []queued
	bytes   int64  // queued, or taken by the writer and not yet written
	busy    bool   // the writer has something that is not flushed
	ping    []byte // context of a PING that is to be answered; nil for none
	closed  bool
	stalled bool                // nothing waits for it
	topics  map[string]struct{} // XPub: what it subscribed to
	waiters int
	changed chan struct{} // closed and renewed by notify
}

// open performs the handshake on nc. It returns within timeout and does not
// close nc. Messages from the peer are bounded by lim; subscribe, if not nil,
// is told of ZMTP 3.1 subscriptions.
func open(nc net.Conn, typ zmq4.SocketType, id string, server bool, lim limits, timeout time.Duration, subscribe func(p *peer, topic string, on bool) error) (p *peer, err error) {
	p = &peer{gone: make(chan struct{}), changed: make(chan struct{})}
	p.ready.L = &p.mu
	p.g = newGuard(nc, lim, func(name string, body []byte) error {
		switch {
		case name == zmq4.CmdPing:
			return p.pinged(body)
		case name == zmq4.CmdSubscribe && subscribe != nil:
			return subscribe(p, string(body), true)
		case name == zmq4.CmdCancel && subscribe != nil:
			return subscribe(p, string(body), false)
		}
		return nil
	})
	// zmq4 slices a malformed READY without looking; and its Open panics on a
	// socket type that it does not know.
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, fmt.Errorf("handshake: %v", r)
		}
	}()
	if err := nc.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	if p.conn, err = zmq4.Open(p.g, null.Security(), typ, zmq4.SocketIdentity(id), server, nil); err != nil {
		return nil, err
	}
	if err := nc.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	p.id = p.conn.Peer.Meta["Identity"]
	p.g.touch()
	return p, nil
}

// read calls deliver for each message until the connection ends.
func (p *peer) read(deliver func(frames [][]byte)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("read: %v", r)
		}
	}()
	for {
		msg, err := p.conn.RecvMsg()
		if err != nil {
			return err
		}
		deliver(msg.Frames)
	}
}

// pinged takes a PING: two bytes of time to live, then a context to echo. Only
// the last is answered when they come faster than they can be, which bounds
// what a flood of them costs.
func (p *peer) pinged(body []byte) error {
	if len(body) < 2 || len(body) > 2+maxPing {
		return fmt.Errorf("%w: PING of %d bytes", errFrame, len(body))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ping = append([]byte{}, body[2:]...)
	p.ready.Signal()
	return nil
}

// write sends the queue until the peer is closed.
func (p *peer) write() {
	defer p.close()
	var batch []queued
	for {
		p.mu.Lock()
		if len(p.queue) == 0 && p.ping == nil && p.busy {
			p.mu.Unlock()
			if p.g.Flush() != nil {
				return
			}
			p.mu.Lock()
			if len(p.queue) == 0 && p.ping == nil {
				p.busy = false
				p.notify()
			}
		}
		for len(p.queue) == 0 && p.ping == nil && !p.closed {
			p.ready.Wait()
		}
		if p.closed {
			p.mu.Unlock()
			return
		}
		p.busy = true
		if cap(batch) > maxSpare {
			batch = nil
		}
		batch, p.queue = p.queue, batch[:0]
		p.mu.Unlock()

		for i := range batch {
			if p.pong() != nil || p.conn.SendMsg(zmq4.Msg{Frames: batch[i].frames}) != nil {
				return
			}
			p.mu.Lock()
			p.bytes -= batch[i].size
			p.notify()
			p.mu.Unlock()
			batch[i] = queued{} // the frames may go
		}
		if p.pong() != nil {
			return
		}
	}
}

// pong answers a PING that is waiting, between messages.
func (p *peer) pong() error {
	p.mu.Lock()
	context := p.ping
	p.ping = nil
	p.mu.Unlock()
	if context == nil {
		return nil
	}
	return p.conn.SendCmd(zmq4.CmdPong, context)
}

// notify wakes those who wait for room or for the end. p.mu is held.
func (p *peer) notify() {
	if p.waiters > 0 {
		close(p.changed)
		p.changed = make(chan struct{})
		p.waiters = 0
	}
}

// wait returns a channel that is closed at the next notify. p.mu is held.
func (p *peer) wait() <-chan struct{} {
	p.waiters++
	return p.changed
}

// push queues m if the queue then holds at most limit bytes, or nothing else.
// p.mu is held.
func (p *peer) push(m queued, limit int64) bool {
	if p.bytes > 0 && p.bytes+m.size > limit {
		return false
	}
	if p.bytes == 0 {
		p.g.touch()
	}
	p.queue = append(p.queue, m)
	p.bytes += m.size
	p.ready.Signal()
	return true
}

// pushOrClose queues m; a peer that has no room for it is disconnected.
func (p *peer) pushOrClose(m queued, limit int64) {
	p.mu.Lock()
	ok := p.closed || p.push(m, limit)
	p.mu.Unlock()
	if !ok {
		p.close()
	}
}

// drain waits until everything queued is on the network, the peer is closed or
// deadline is over.
func (p *peer) drain(deadline <-chan struct{}) {
	for {
		p.mu.Lock()
		if p.closed || p.bytes == 0 && !p.busy {
			p.mu.Unlock()
			return
		}
		changed := p.wait()
		p.mu.Unlock()
		select {
		case <-changed:
		case <-deadline:
			return
		}
	}
}

// close ends the connection, and with it read and write. What is queued is
// lost. It may be called more than once.
func (p *peer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	p.closed = true
	p.queue = nil
	p.ready.Signal()
	p.notify()
	p.g.Conn.Close()
}

// autoIdentity makes the identity of a peer that announced none: a zero byte,
// which no peer may announce, and a number.
func autoIdentity(n uint32) string {
	return string(binary.BigEndian.AppendUint32([]byte{0}, n))
}
