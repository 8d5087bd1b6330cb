package wire

import (
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
)

// behaviour is what distinguishes the kinds of bound sockets. The functions
// may be nil; they run in the peer's reading goroutine.
type behaviour struct {
	typ       zmq4.SocketType
	limits    limits
	joined    func(*peer) error // an error refuses the peer
	message   func(*peer, [][]byte)
	subscribe func(p *peer, topic string, on bool) error
	left      func(*peer)
}

// server accepts connections and keeps their peers.
type server struct {
	behaviour
	ln   net.Listener
	opts Options
	wg   sync.WaitGroup // the accept loop, and two goroutines a peer

	// closing is closed by the first Close; done when that one is through.
	closing chan struct{}
	done    chan struct{}

	mu       sync.Mutex
	closed   bool
	accepted uint64     // connections so far
	greeting []net.Conn // handshakes under way, oldest first
	peers    map[*peer]struct{}
}

// newServer takes ln over; start begins to accept.
func newServer(ln net.Listener, opts Options, b behaviour) *server {
	return &server{
		behaviour: b,
		ln:        ln,
		opts:      opts,
		closing:   make(chan struct{}),
		done:      make(chan struct{}),
		peers:     make(map[*peer]struct{}),
	}
}

func (s *server) start() {
	s.wg.Add(1)
	go s.accept()
}

const (
	minBackOff = 5 * time.Millisecond
	maxBackOff = time.Second
)

func (s *server) accept() {
	defer s.wg.Done()
	backOff := time.Duration(0)
	for {
		nc, err := s.ln.Accept()
		if err == nil {
			backOff = 0
			s.greet(nc)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		// Most likely the process is out of descriptors: an immediate retry would
		// spin until one is free.
		backOff = min(max(2*backOff, minBackOff), maxBackOff)
		select {
		case <-time.After(backOff):
		case <-s.closing:
			return
		}
	}
}

// greet starts the goroutine of a new connection.
func (s *server) greet(nc net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		nc.Close()
		return
	}
	if len(s.greeting) >= s.opts.MaxHandshakes {
		s.greeting[0].Close()
		s.greeting = slices.Delete(s.greeting, 0, 1)
	}
	s.greeting = append(s.greeting, nc)
	s.accepted++
	s.wg.Add(1)
	go s.serve(nc, s.accepted)
}

func (s *server) serve(nc net.Conn, born uint64) {
	defer s.wg.Done()
	defer nc.Close()
	p, err := open(nc, s.typ, "", true, s.limits, s.opts.HandshakeTimeout, s.subscribe)
	if err == nil {
		p.born = born
	}

	s.mu.Lock()
	if i := slices.Index(s.greeting, nc); i >= 0 {
		s.greeting = slices.Delete(s.greeting, i, i+1)
	}
	if err != nil || s.closed {
		s.mu.Unlock()
		return
	}
	s.peers[p] = struct{}{}
	s.wg.Add(1)
	s.mu.Unlock()

	go func() {
		defer s.wg.Done()
		p.write()
	}()
	if s.joined == nil || s.joined(p) == nil {
		p.read(func(frames [][]byte) {
			if s.message != nil {
				s.message(p, frames)
			}
		})
	}
	p.close()
	close(p.gone)
	if s.left != nil {
		s.left(p)
	}
	s.mu.Lock()
	delete(s.peers, p)
	s.mu.Unlock()
}

// isClosing tells whether Close was called.
func (s *server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// Addr returns the address on which the socket listens.
func (s *server) Addr() net.Addr { return s.ln.Addr() }

// Close stops accepting, waits at most linger until everything that was sent
// has left, and closes all connections. A further call waits for the first.
func (s *server) Close(linger time.Duration) error {
	return s.closeThen(linger, func() {})
}

// closeThen is Close that calls last when no goroutine of the socket is left.
func (s *server) closeThen(linger time.Duration, last func()) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		<-s.done
		return nil
	}
	s.closed = true
	greeting := s.greeting
	s.greeting = nil
	peers := make([]*peer, 0, len(s.peers))
	for p := range s.peers {
		peers = append(peers, p)
	}
	s.mu.Unlock()

	close(s.closing)
	err := s.ln.Close()
	for _, nc := range greeting {
		nc.Close()
	}
	if linger > 0 {
		s.linger(peers, linger)
	}
	for _, p := range peers {
		p.close()
	}
	s.wg.Wait()
	last()
	close(s.done)
	return err
}

func (s *server) linger(peers []*peer, linger time.Duration) {
	deadline := make(chan struct{})
	timer := time.AfterFunc(linger, func() { close(deadline) })
	defer timer.Stop()
	for _, p := range peers {
		p.drain(deadline)
		p.g.closeWrite()
	}
	drained := time.Now()
	for _, p := range peers {
		p.part(drained, deadline)
	}
}

// part waits until the peer has closed its end, has been quiet for closeGrace
// since then, or deadline is over. The reader goes on meanwhile, and what it
// reads is thrown away.
func (p *peer) part(since time.Time, deadline <-chan struct{}) {
	for {
		quiet := min(time.Since(since), p.g.quiet())
		if quiet >= closeGrace {
			return
		}
		timer := time.NewTimer(closeGrace - quiet)
		select {
		case <-p.gone:
			timer.Stop()
			return
		case <-deadline:
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}
