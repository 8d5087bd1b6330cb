package wire

import (
	"errors"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
)

const (
	// maxTopics and maxTopicBytes bound what a subscriber can make us keep.
	maxTopics     = 1000
	maxTopicBytes = 1024
)

var errTopics = errors.New("too many subscriptions, or too long a topic")

// XPub is a bound XPUB socket. All methods may be called from any goroutine.
//
// A busy subscriber loses nothing: Send waits for one that is over its limit.
// It stops waiting for one that took nothing for Options.Stall, and for any
// after Options.MaxWait; such a subscriber loses messages until it has read
// half of its queue. SendKept neither waits nor loses: a subscriber that is
// over twice its limit is disconnected.
type XPub struct {
	server *server
	// welcome makes the first message of a new subscription; nil for none.
	welcome func(topic string) [][]byte
	early   early
}

// early holds what is published before anybody has subscribed. A client's other
// sockets may connect first, and the end of its first request must not be lost
// to it for ever: it would wait for that.
type early struct {
	mu       sync.Mutex
	over     bool // somebody has subscribed, or it took too long
	until    time.Time
	messages []queued
	bytes    int
}

// Messages are held for the first subscriber for at most so long after the
// socket was bound, and at most so many bytes of them.
const (
	earlyTime  = 10 * time.Second
	earlyBytes = 1 << 20
)

// hold takes m if nobody has subscribed yet.
func (e *early) hold(m queued) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.over && time.Now().After(e.until) {
		e.over, e.messages = true, nil
	}
	if e.over {
		return false
	}
	n := 0
	for _, f := range m.frames {
		n += len(f)
	}
	if e.bytes+n <= earlyBytes {
		e.messages, e.bytes = append(e.messages, m), e.bytes+n
	}
	return true
}

// deliver gives p, the first subscriber, what was held. p.mu is held.
func (e *early) deliver(p *peer, limit int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.over && time.Now().Before(e.until) {
		for _, m := range e.messages {
			if p.wants(m.frames[0]) {
				p.push(m, limit)
			}
		}
	}
	e.over, e.messages = true, nil
}

// ListenXPub binds an XPUB socket. The caller closes it. For each new
// subscription of each subscriber welcome makes the first message that this
// subscriber gets; it may be nil, and it must not call the socket.
func ListenXPub(ep Endpoint, opts Options, welcome func(topic string) [][]byte) (*XPub, error) {
	ln, err := ep.listen()
	if err != nil {
		return nil, err
	}
	return newXPub(ln, opts, welcome), nil
}

func newXPub(ln net.Listener, opts Options, welcome func(topic string) [][]byte) *XPub {
	opts = opts.withDefaults()
	x := &XPub{welcome: welcome}
	x.early.until = time.Now().Add(earlyTime)
	x.server = newServer(ln, opts, behaviour{
		typ:       zmq4.XPub,
		limits:    limits{min(inboundOnlyBytes, opts.MaxMessageBytes), opts.MaxFrames},
		message:   x.message,
		subscribe: x.subscribe,
	})
	x.server.start()
	return x
}

// Addr returns the address on which the socket listens.
func (x *XPub) Addr() net.Addr { return x.server.Addr() }

// Close waits at most linger until what was sent has left, and closes all
// connections.
func (x *XPub) Close(linger time.Duration) error { return x.server.Close(linger) }

// message takes a subscription, which to ZMTP 3.0 is a message: 1 and the topic
// to begin, 0 and the topic to end. Anything else is not for us.
func (x *XPub) message(p *peer, frames [][]byte) {
	if len(frames) != 1 || len(frames[0]) == 0 || frames[0][0] > 1 {
		return
	}
	if x.subscribe(p, string(frames[0][1:]), frames[0][0] == 1) != nil {
		p.close()
	}
}

// subscribe takes the same from the commands of ZMTP 3.1.
func (x *XPub) subscribe(p *peer, topic string, on bool) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !on {
		delete(p.topics, topic)
		return nil
	}
	if _, old := p.topics[topic]; old {
		return nil
	}
	if len(p.topics) >= maxTopics || len(topic) > maxTopicBytes {
		return errTopics
	}
	if p.topics == nil {
		p.topics = make(map[string]struct{})
	}
	p.topics[topic] = struct{}{}
	if x.welcome != nil && !p.closed {
		// Under the lock, so that no message of this subscription comes before.
		if frames := x.welcome(topic); len(frames) > 0 && !p.push(newQueued(frames), 2*x.server.opts.QueueBytes) {
			return errTopics // it subscribes and does not read
		}
	}
	x.early.deliver(p, 2*x.server.opts.QueueBytes)
	return nil
}

// wants tells whether p subscribed to messages of topic. p.mu is held.
func (p *peer) wants(topic []byte) bool {
	if _, all := p.topics[""]; all {
		return true
	}
	for t := range p.topics {
		if strings.HasPrefix(string(topic), t) {
			return true
		}
	}
	return false
}

// Send sends a message to all who subscribed to a prefix of its first frame. It
// waits for slow subscribers as said at [XPub]. The frames belong to the socket
// from now on.
func (x *XPub) Send(frames [][]byte) error {
	m, err := x.check(frames)
	if err != nil || x.early.hold(m) {
		return err
	}
	var slow []*peer
	x.server.mu.Lock()
	for p := range x.server.peers {
		if !x.offer(p, m) {
			slow = append(slow, p)
		}
	}
	x.server.mu.Unlock()
	if slow == nil {
		return nil
	}
	deadline := time.Now().Add(x.server.opts.MaxWait)
	for _, p := range slow {
		if err := x.await(p, m, deadline); err != nil {
			return err
		}
	}
	return nil
}

// SendKept is Send for a message that no subscriber may miss. It never waits.
func (x *XPub) SendKept(frames [][]byte) error {
	m, err := x.check(frames)
	if err != nil || x.early.hold(m) {
		return err
	}
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	for p := range x.server.peers {
		p.mu.Lock()
		ok := p.closed || !p.wants(m.frames[0]) || p.push(m, 2*x.server.opts.QueueBytes)
		p.mu.Unlock()
		if !ok {
			p.close()
		}
	}
	return nil
}

func (x *XPub) check(frames [][]byte) (queued, error) {
	if len(frames) == 0 {
		return queued{}, errNoFrames
	}
	if x.server.isClosing() {
		return queued{}, ErrClosed
	}
	return newQueued(frames), nil
}

// offer gives m to p unless p must be waited for.
func (x *XPub) offer(p *peer, m queued) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed || !p.wants(m.frames[0]) || x.loses(p) || p.push(m, x.server.opts.QueueBytes)
}

// loses tells whether p is marked as stalled, and ends that when p has read
// enough. p.mu is held.
func (x *XPub) loses(p *peer) bool {
	if p.stalled && p.bytes <= x.server.opts.QueueBytes/2 {
		p.stalled = false
	}
	return p.stalled
}

// await waits until p takes m, stalls or goes, or deadline is over.
func (x *XPub) await(p *peer, m queued, deadline time.Time) error {
	for {
		p.mu.Lock()
		if p.closed || x.loses(p) || p.push(m, x.server.opts.QueueBytes) {
			p.mu.Unlock()
			return nil
		}
		left := min(x.server.opts.Stall-p.g.idle(), time.Until(deadline))
		if left <= 0 {
			p.stalled = true
			p.mu.Unlock()
			return nil
		}
		changed := p.wait()
		p.mu.Unlock()

		timer := time.NewTimer(left)
		select {
		case <-changed:
		case <-timer.C:
		case <-x.server.closing:
			timer.Stop()
			return ErrClosed
		}
		timer.Stop()
	}
}
