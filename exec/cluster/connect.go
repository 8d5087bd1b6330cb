package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/nats-io/nuid"
)

// Access is how to reach a server, and get in.
type Access struct {
	URL   string // nats://HOST:PORT or tls://HOST:PORT, several separated by commas
	Token string // "": none
	Creds string // a file of credentials, as nsc makes them; "": none
	NKey  string // a file with the seed of an NKey; "": none
	CA    string // a file with the certificates to trust; "": those of the system

	server *Server // in this process; nil: it is reached by its URL
}

// ReadSecret returns what a file with a token or a seed holds, without the space around it.
func ReadSecret(path string) (string, error) {
	text, err := os.ReadFile(path)
	return strings.TrimSpace(string(text)), err
}

// Options say how a cluster is used. Access.URL and Program must be given.
type Options struct {
	Access
	// Program is this program's version, which nodes must have too.
	Program string
	// Seed is an NKey seed with which programs are signed; "" leaves it.
	Seed []byte
	// Lease is how long a node may be silent about a task before another gets it; 0 is 5 s.
	Lease time.Duration
	// Attempts is how often a task is delivered at most; 0 is 3.
	Attempts int
	// MaxBytes bounds the object store when it is made; 0 is no bound.
	MaxBytes int64
	Logger   *slog.Logger // for operators; nil: none
}

func (o *Options) fill() {
	if o.Lease == 0 {
		o.Lease = 5 * time.Second
	}
	if o.Attempts == 0 {
		o.Attempts = 3
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}

// dial connects, and stays connected: it tries again for ever when the connection is lost.
func (a Access) dial(name string, log *slog.Logger) (*nats.Conn, jetstream.JetStream, error) {
	o := []nats.Option{nats.Name(name), nats.MaxReconnects(-1), nats.ReconnectWait(100 * time.Millisecond), nats.ReconnectJitter(50*time.Millisecond, 200*time.Millisecond),
		nats.Timeout(5 * time.Second), nats.PingInterval(10 * time.Second), nats.MaxPingsOutstanding(2),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				log.Warn("cluster: the connection is lost and will be made anew", "err", err)
			}
		}),
		nats.ErrorHandler(func(_ *nats.Conn, s *nats.Subscription, err error) { log.Warn("cluster", "err", err) }),
	}
	if a.server != nil {
		o = append(o, nats.InProcessServer(a.server.s))
	}
	if a.Token != "" {
		o = append(o, nats.Token(a.Token))
	}
	if a.Creds != "" {
		o = append(o, nats.UserCredentials(a.Creds))
	}
	if a.NKey != "" {
		key, err := nats.NkeyOptionFromSeed(a.NKey)
		if err != nil {
			return nil, nil, fmt.Errorf("NKey file %s: %w", a.NKey, err)
		}
		o = append(o, key)
	}
	if a.CA != "" {
		o = append(o, nats.RootCAs(a.CA))
	}
	conn, err := nats.Connect(a.URL, o...)
	if err != nil {
		return nil, nil, fmt.Errorf("connecting to %s: %w", redacted(a.URL), explain(err))
	}
	js, err := jetstream.New(conn, jetstream.WithDefaultTimeout(10*time.Second))
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return conn, js, nil
}

// refusal tells that the server does not let a connection do what it has asked for until now. what it is to do, and whose permissions that needs, are for people.
func refusal(conn *nats.Conn, what, who string) error {
	if err := conn.Flush(); err != nil {
		return explain(err)
	}
	if err := conn.LastError(); errors.Is(err, nats.ErrPermissionViolation) {
		return fmt.Errorf("the server lets us in, but not %s: that needs the permissions of %s (%w)", what, who, err)
	}
	return nil
}

// redacted is an address without what lets one in.
func redacted(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "the server"
	}
	u.User = nil
	return u.String()
}

// Cluster is a connection to a server, and knows the nodes there. Its methods may be called concurrently.
type Cluster struct {
	o       Options
	version Version
	conn    *nats.Conn
	js      jetstream.JetStream
	blobs   *store
	key     nkeys.KeyPair // nil: nothing is signed
	nodes   registry
	now     func() time.Time

	stop context.CancelFunc
	all  sync.WaitGroup

	mu    sync.Mutex
	teams map[string]*Team
}

// Connect connects to a server and makes the streams that are missing. Close it.
func Connect(ctx context.Context, o Options) (*Cluster, error) {
	o.fill()
	c := &Cluster{o: o, version: ThisVersion(o.Program), now: time.Now, teams: map[string]*Team{}}
	if len(o.Seed) > 0 {
		var err error
		if c.key, err = nkeys.FromSeed(o.Seed); err != nil {
			return nil, fmt.Errorf("the key for signing programs: %w", err)
		}
	}
	var err error
	if c.conn, c.js, err = o.dial("lockstep", o.Logger); err != nil {
		return nil, err
	}
	objects, err := layout(ctx, c.js, o.MaxBytes)
	if err != nil {
		c.conn.Close()
		return nil, err
	}
	c.blobs = newStore(objects)
	c.nodes.changed = make(chan struct{})
	c.nodes.byName = map[string]*member{}
	if _, err = c.conn.Subscribe(helloSubject, c.nodes.take); err == nil {
		err = c.conn.Publish(whoSubject, nil)
	}
	if err == nil {
		err = refusal(c.conn, "have runs in the cluster", "a publisher")
	}
	if err != nil {
		c.conn.Close()
		return nil, err
	}
	life, stop := context.WithCancel(context.WithoutCancel(ctx))
	c.stop = stop
	c.all.Go(func() { c.pulse(life) })
	return c, nil
}

// pulse tells nodes which runs are alive.
func (c *Cluster) pulse(ctx context.Context) {
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	var deaf time.Time // when the connection was last seen to be lost
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !c.conn.IsConnected() {
			deaf = time.Now()
		}
		var p pulse
		c.mu.Lock()
		for id := range c.teams {
			p.Runs = append(p.Runs, id)
		}
		c.mu.Unlock()
		if len(p.Runs) > 0 {
			_ = c.conn.Publish(pulseSubject, encode(p)) // there will be another
		}
		c.nodes.forget(deaf)
	}
}

// Close ends the connection; runs that are under way are given up.
func (c *Cluster) Close() {
	c.mu.Lock()
	var teams []*Team
	for _, t := range c.teams {
		teams = append(teams, t)
	}
	c.mu.Unlock()
	for _, t := range teams {
		t.Close()
	}
	c.stop()
	c.all.Wait()
	_ = c.conn.Flush()
	c.conn.Close()
}

// newID makes a name that nobody else has.
func newID() string { return nuid.Next() }
