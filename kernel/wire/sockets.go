package wire

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"time"
)

// Sockets is the kernel's end of the wire: its five sockets. All methods may be
// called from any goroutine.
type Sockets struct {
	author
	info    ConnectionInfo
	opts    Options
	codec   *Codec
	routers [3]*Router // Shell, Control, Stdin
	iopub   *XPub
	hb      *Echo
	recv    [3]chan *Message // closed by the goroutine that fills it
	closing chan struct{}
	once    sync.Once
	wg      sync.WaitGroup
}

// Listen binds the sockets that info describes. Ports that are 0 are chosen;
// [Sockets.Info] tells them. The caller closes what is returned.
func Listen(info ConnectionInfo, opts Options) (*Sockets, error) {
	codec, err := NewCodec(info.Key, info.SignatureScheme)
	if err != nil {
		return nil, err
	}
	s := &Sockets{
		author:  newAuthor("", cmp.Or(opts.Username, "kernel")),
		info:    info,
		opts:    opts,
		codec:   codec,
		closing: make(chan struct{}),
	}
	if err := s.bind(); err != nil {
		s.Close(0)
		return nil, err
	}
	for ch, r := range s.routers {
		s.recv[ch] = make(chan *Message)
		s.wg.Add(1)
		go s.receive(Channel(ch), r)
	}
	return s, nil
}

// ListenFile is Listen for the connection file at path. If it left ports open
// the file is written again with those that were chosen. Others cannot read it
// afterwards, unless it belongs to another user.
func ListenFile(path string, opts Options) (*Sockets, error) {
	info, err := ReadConnectionFile(path)
	if err != nil {
		return nil, err
	}
	s, err := Listen(info, opts)
	if err != nil {
		return nil, err
	}
	if !info.HasPorts() {
		if err := s.info.WriteFile(path); err != nil {
			s.Close(0)
			return nil, err
		}
	} else if file, err := os.Stat(path); err == nil && file.Mode().Perm()&0o077 != 0 {
		// Whose file it is decides otherwise: a service may start kernels as other users.
		if err := os.Chmod(path, 0o600); err != nil && !errors.Is(err, fs.ErrPermission) {
			s.Close(0)
			return nil, err
		}
	}
	return s, nil
}

func (s *Sockets) bind() (err error) {
	for ch := range Channel(channels) {
		ep := s.info.Endpoint(ch)
		var bound bound
		switch ch {
		case IOPub:
			if s.iopub, err = ListenXPub(ep, s.opts, s.welcome); err == nil {
				bound = s.iopub
			}
		case Heartbeat:
			if s.hb, err = ListenEcho(ep, s.opts); err == nil {
				bound = s.hb
			}
		default:
			if s.routers[ch], err = ListenRouter(ep, s.opts); err == nil {
				bound = s.routers[ch]
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", ch, err)
		}
		*s.info.port(ch) = ep.portOf(bound.Addr())
	}
	return nil
}

// Info returns the connection file's content, with the ports that are bound.
func (s *Sockets) Info() ConnectionInfo { return s.info }

// Receive returns the channel of the verified messages of shell, control or
// stdin. While nobody reads it the clients are held back. Close closes it.
func (s *Sockets) Receive(ch Channel) <-chan *Message { return s.recv[ch] }

func (s *Sockets) receive(ch Channel, r *Router) {
	defer s.wg.Done()
	defer close(s.recv[ch])
	for frames := range r.Recv() {
		m, err := s.codec.Decode(frames)
		if err != nil {
			if s.opts.OnDrop != nil {
				s.opts.OnDrop(ch, err)
			}
			continue
		}
		m.Channel = ch
		select {
		case s.recv[ch] <- m:
		case <-s.closing:
		}
	}
}

// Send sends m on shell, control or stdin to the client that m.Identities name.
// It never blocks, and does not tell whether that client still is there.
func (s *Sockets) Send(ch Channel, m *Message) error {
	frames, err := s.codec.Encode(m)
	if err != nil {
		return err
	}
	return s.routers[ch].Send(frames)
}

// Reply answers req, on its channel and to its client, with a message of the
// type that belongs to it.
func (s *Sockets) Reply(req *Message, content any) error {
	t, ok := req.Header.MsgType.Reply()
	if !ok {
		return fmt.Errorf("reply to %s: %w", req.Header.MsgType, errNoRequest)
	}
	m, err := s.NewMessage(t, req, content)
	if err != nil {
		return err
	}
	m.Identities = req.Identities
	return s.Send(req.Channel, m)
}

var errNoRequest = errors.New("not a request")

// RequestInput asks the client of req, a request on shell, for input. The
// answer comes on stdin; it is that of the message that is returned.
func (s *Sockets) RequestInput(req *Message, content InputRequestContent) (*Message, error) {
	m, err := s.NewMessage(InputRequest, req, content)
	if err != nil {
		return nil, err
	}
	m.Identities = req.Identities
	return m, s.Send(Stdin, m)
}

// Publish sends a message of type t to all clients. The parent is the request
// that it belongs to, nil for none. Outputs wait for slow clients as said at
// [XPub]; types that no client can do without, such as status and error, go as
// with [Sockets.PublishKept].
func (s *Sockets) Publish(parent *Message, t MsgType, content any) error {
	m, err := s.NewMessage(t, parent, content)
	if err != nil {
		return err
	}
	return s.PublishMessage(m)
}

// PublishMessage is Publish for a message that has metadata or buffers.
func (s *Sockets) PublishMessage(m *Message) error {
	if kept[m.Header.MsgType] {
		return s.publish(m, s.iopub.SendKept)
	}
	return s.publish(m, s.iopub.Send)
}

// PublishKept is Publish for a message that never waits for a slow client and
// that no client loses.
func (s *Sockets) PublishKept(parent *Message, t MsgType, content any) error {
	m, err := s.NewMessage(t, parent, content)
	if err != nil {
		return err
	}
	return s.publish(m, s.iopub.SendKept)
}

func (s *Sockets) publish(m *Message, send func([][]byte) error) error {
	if len(m.Identities) == 0 {
		topic := *m
		topic.Identities = [][]byte{[]byte("kernel." + s.session + "." + string(m.Header.MsgType))}
		m = &topic
	}
	frames, err := s.codec.Encode(m)
	if err != nil {
		return err
	}
	return send(frames)
}

// welcome makes the message that tells a client that it will miss nothing from
// now on. Its topic is the subscription, which alone is sure to match it.
func (s *Sockets) welcome(topic string) [][]byte {
	m, err := s.NewMessage(IOPubWelcome, nil, IOPubWelcomeContent{topic})
	if err != nil {
		return nil
	}
	if topic != "" {
		m.Identities = [][]byte{[]byte(topic)}
	}
	frames, err := s.codec.Encode(m)
	if err != nil {
		return nil
	}
	return frames
}

// bound is what the sockets have in common.
type bound interface{ Addr() net.Addr }

// Close closes the sockets. It waits at most linger, for all of them together,
// until what was sent has left. Connections that are closed end what clients
// wait for, so nothing may be sent during Close.
func (s *Sockets) Close(linger time.Duration) error {
	var errs [channels]error
	s.once.Do(func() {
		close(s.closing)
		var wg sync.WaitGroup
		for ch, r := range s.routers {
			if r != nil {
				wg.Go(func() { errs[ch] = r.Close(linger) })
			}
		}
		if s.iopub != nil {
			wg.Go(func() { errs[IOPub] = s.iopub.Close(linger) })
		}
		if s.hb != nil {
			wg.Go(func() { errs[Heartbeat] = s.hb.Close() })
		}
		wg.Wait()
	})
	s.wg.Wait()
	return errors.Join(errs[:]...)
}
