package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
)

// ClientOptions tunes a client. The zero value works.
type ClientOptions struct {
	// Session is the id of the client, and its ZeroMQ identity; a new uuid.
	Session string

	// Welcome is how long Dial waits for the iopub_welcome, which says that no
	// output will be missed; 5 s. With less than 0 Dial does not wait, for
	// kernels that send none.
	Welcome time.Duration

	// Options bounds what the client takes from the kernel.
	Options Options
}

// Client is a client's end of the wire, connected to one kernel process. It does
// not reconnect: when the kernel goes, the channels of Receive are closed. All
// methods may be called from any goroutine.
type Client struct {
	author
	codec *Codec
	opts  Options
	links [channels]*link
	wg    sync.WaitGroup

	closing chan struct{}
	once    sync.Once

	ping sync.Mutex // one heartbeat at a time, as a REQ socket does
}

// link is the connection to one socket of the kernel.
type link struct {
	p    *peer
	recv chan *Message // closed by the goroutine that fills it
	echo chan []byte   // heartbeat only
}

// Dial connects to the kernel that info describes, and keeps trying until ctx
// ends: a kernel that was just started may not listen yet. When it returns the
// client is subscribed to all of iopub. The caller closes the client.
func Dial(ctx context.Context, info ConnectionInfo, opts ClientOptions) (*Client, error) {
	codec, err := NewCodec(info.Key, info.SignatureScheme)
	if err != nil {
		return nil, err
	}
	c := &Client{
		author:  newAuthor(opts.Session, cmp.Or(opts.Options.Username, "lockstep")),
		codec:   codec,
		opts:    opts.Options.withDefaults(),
		closing: make(chan struct{}),
	}
	for ch := range Channel(channels) {
		if err := c.connect(ctx, ch, info.Endpoint(ch)); err != nil {
			c.Close()
			return nil, fmt.Errorf("%s of the kernel at %s: %w", ch, info.Endpoint(ch), err)
		}
	}
	if opts.Welcome >= 0 {
		if err := c.awaitWelcome(ctx, cmp.Or(opts.Welcome, 5*time.Second)); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

const (
	minRetry = 5 * time.Millisecond
	maxRetry = 100 * time.Millisecond
)

// connect opens the link of ch.
func (c *Client) connect(ctx context.Context, ch Channel, ep Endpoint) error {
	for retry := minRetry; ; retry = min(2*retry, maxRetry) {
		p, err := c.open(ctx, ch, ep)
		if err == nil {
			c.start(ch, p)
			return nil
		}
		if errors.Is(err, errTransport) {
			return err
		}
		select {
		case <-time.After(retry):
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		}
	}
}

func (c *Client) open(ctx context.Context, ch Channel, ep Endpoint) (*peer, error) {
	nc, err := ep.dial(ctx)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { nc.SetDeadline(time.Unix(1, 0)) })
	typ, id := zmq4.Dealer, c.session
	switch ch {
	case IOPub:
		typ, id = zmq4.Sub, ""
	case Heartbeat:
		typ, id = zmq4.Req, ""
	}
	p, err := open(nc, typ, id, false, limits{c.opts.MaxMessageBytes, c.opts.MaxFrames}, c.opts.HandshakeTimeout, nil)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		nc.Close()
		return nil, err
	}
	return p, nil
}

// start runs the goroutines of a link.
func (c *Client) start(ch Channel, p *peer) {
	l := &link{p: p, recv: make(chan *Message, 16), echo: make(chan []byte, 1)}
	c.links[ch] = l
	c.wg.Add(2)
	go func() {
		defer c.wg.Done()
		p.write()
	}()
	go func() {
		defer c.wg.Done()
		defer close(l.recv)
		defer close(l.echo)
		defer close(p.gone)
		defer p.close()
		p.read(func(frames [][]byte) { c.deliver(ch, l, frames) })
	}()
	if ch == IOPub {
		p.pushOrClose(newQueued([][]byte{{1}}), c.opts.QueueBytes)
	}
}

func (c *Client) deliver(ch Channel, l *link, frames [][]byte) {
	if ch == Heartbeat {
		select {
		case l.echo <- frames[len(frames)-1]:
		default: // nobody asked
		}
		return
	}
	m, err := c.codec.Decode(frames)
	if err != nil {
		if c.opts.OnDrop != nil {
			c.opts.OnDrop(ch, err)
		}
		return
	}
	m.Channel = ch
	select {
	case l.recv <- m:
	case <-c.closing:
	}
}

var errNoWelcome = errors.New("kernel sent no iopub_welcome")

func (c *Client) awaitWelcome(ctx context.Context, most time.Duration) error {
	ctx, cancel := context.WithTimeoutCause(ctx, most, errNoWelcome)
	defer cancel()
	for {
		m, err := c.ReceiveContext(ctx, IOPub)
		if err != nil || m.Header.MsgType == IOPubWelcome {
			return err
		}
	}
}

// Receive returns the channel of the verified messages of shell, control, stdin
// or iopub. It is closed when the kernel goes, and by Close. While nobody reads
// it, the kernel is held back.
func (c *Client) Receive(ch Channel) <-chan *Message { return c.links[ch].recv }

// ReceiveContext returns the next message of a channel. The error is
// [ErrClosed], or what ended ctx.
func (c *Client) ReceiveContext(ctx context.Context, ch Channel) (*Message, error) {
	select {
	case m, ok := <-c.Receive(ch):
		if !ok {
			return nil, fmt.Errorf("%s: %w", ch, ErrClosed)
		}
		return m, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Send sends m on shell, control or stdin. It does not wait until it is out.
func (c *Client) Send(ch Channel, m *Message) error {
	frames, err := c.codec.Encode(m)
	if err != nil {
		return err
	}
	return c.push(ch, frames)
}

func (c *Client) push(ch Channel, frames [][]byte) error {
	p := c.links[ch].p
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return fmt.Errorf("%s: %w", ch, ErrClosed)
	}
	p.pushOrClose(newQueued(frames), c.opts.QueueBytes)
	return nil
}

// Request sends a new message of type t and returns it; answers have it as
// their parent.
func (c *Client) Request(ch Channel, t MsgType, content any) (*Message, error) {
	m, err := c.NewMessage(t, nil, content)
	if err != nil {
		return nil, err
	}
	m.Channel = ch
	return m, c.Send(ch, m)
}

// Ping sends a heartbeat and returns how long its echo took.
func (c *Client) Ping(ctx context.Context) (time.Duration, error) {
	c.ping.Lock()
	defer c.ping.Unlock()
	body := []byte(c.session + time.Now().String())
	start := time.Now()
	if err := c.push(Heartbeat, [][]byte{{}, body}); err != nil {
		return 0, err
	}
	for {
		select {
		case got, ok := <-c.links[Heartbeat].echo:
			if !ok {
				return 0, fmt.Errorf("%s: %w", Heartbeat, ErrClosed)
			}
			if string(got) == string(body) { // not that of an earlier Ping that was given up
				return time.Since(start), nil
			}
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// Close sends what is still queued, waiting at most [DefaultLinger] for it, and
// ends the connections. It may be called more than once.
func (c *Client) Close() error {
	c.once.Do(func() {
		close(c.closing)
		deadline := make(chan struct{})
		timer := time.AfterFunc(DefaultLinger, func() { close(deadline) })
		defer timer.Stop()
		for _, l := range c.links {
			if l != nil {
				l.p.drain(deadline)
				l.p.close()
			}
		}
	})
	c.wg.Wait()
	return nil
}
