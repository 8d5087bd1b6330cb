package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"

	"lockstep/exec/procs"
)

// NodeOptions say how a node works. Access.URL, Program and Command must be given.
type NodeOptions struct {
	Access
	// Name is how tables call it; "" makes one of the host's name.
	Name    string
	Program string // version, as in [Options]
	Slots   int    // how many worker processes there are at once; 0 is 1
	Tags    []string
	// Command starts a worker process, Host one that can load compiled units; its Path is "" where there is none.
	Command, Host procs.Command
	// Trust is the public key with which programs must be signed; "" takes them from
	// whoever the server lets publish.
	Trust string
	// Dir is where files of programs are kept while the node runs; "" is a new folder, which goes with it.
	Dir    string
	Logger *slog.Logger
}

// node is a node at work.
type node struct {
	o       NodeOptions
	version Version
	host    string // hash
	trusted nkeys.KeyPair
	guard   guard
	conn    *nats.Conn
	js      jetstream.JetStream
	shelf   *shelf
	log     *slog.Logger
	asks    *asks

	inFlight, done atomic.Int64

	mu      sync.Mutex
	benches map[string]*bench
	over    map[string]time.Time // runs that have ended, for as long as orders for them may be under way, with when
	staffs  []*staff             // in the order of their last use
	used    int                  // slots
	left    chan struct{}        // closed when some are given back
	all     sync.WaitGroup
}

// Run is a node, until ctx ends: it tells clusters of itself, and does tasks for them. It returns nil then. joined is called
// once the server knows of it.
func Run(ctx context.Context, o NodeOptions, joined func(name string)) error {
	if o.Slots == 0 {
		o.Slots = 1
	}
	if o.Name == "" {
		host, _ := os.Hostname()
		o.Name = host
	}
	// Two of one name, or one that has been started again, must not be taken for each other.
	o.Name += "-" + newID()[16:]
	n := &node{o: o, version: ThisVersion(o.Program), log: o.Logger, benches: map[string]*bench{}, over: map[string]time.Time{}, left: make(chan struct{})}
	n.asks = newAsks(n)
	if n.log == nil {
		n.log = slog.New(slog.DiscardHandler)
	}
	if o.Trust != "" {
		var err error
		if n.trusted, err = nkeys.FromPublicKey(o.Trust); err != nil {
			return fmt.Errorf("--trust must be a public key, as nk -pubout writes it: %w", err)
		}
	}
	if o.Dir == "" {
		folder, err := procs.NewFolder("node", nil)
		if err != nil {
			return err
		}
		defer folder.Remove()
		n.o.Dir = folder.Path
	} else if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return err
	}
	if o.Host.Path != "" {
		var err error
		if n.host, err = procs.SumFile(o.Host.Path); err != nil {
			return err
		}
	}
	defer n.dismiss(0)
	var err error
	if n.conn, n.js, err = o.dial("lockstep node "+n.o.Name, n.log); err != nil {
		return err
	}
	defer n.conn.Close()
	objects, err := layout(ctx, n.js, 0)
	if err != nil {
		return err
	}
	n.shelf = newShelf(newStore(objects), n.o.Dir)
	return n.serve(ctx, joined)
}

// serve takes orders until ctx ends.
func (n *node) serve(ctx context.Context, joined func(string)) error {
	own := nodeSubject + n.o.Name
	orders := make(chan *nats.Msg, 64)
	for subject, to := range map[string]nats.MsgHandler{
		own + ".prepare": func(m *nats.Msg) { orders <- m },
		own + ".end": func(m *nats.Msg) {
			var e ending
			if decode(m.Data, &e) == nil {
				n.end(e)
			}
		},
		own + ".withdraw": func(m *nats.Msg) {
			var w withdrawal
			if decode(m.Data, &w) == nil {
				n.withdraw(w)
			}
		},
		own + ".answer": func(m *nats.Msg) { n.asks.take(m.Data) },
		pulseSubject: func(m *nats.Msg) {
			var p pulse
			if decode(m.Data, &p) == nil {
				n.heard(p)
			}
		},
		whoSubject: func(*nats.Msg) { n.hello() },
	} {
		if _, err := n.conn.Subscribe(subject, to); err != nil {
			return err
		}
	}
	n.hello()
	if err := refusal(n.conn, "be a node", "a node"); err != nil {
		return err
	}
	if joined != nil {
		joined(n.o.Name)
	}
	tick := time.NewTicker(pulseEvery)
	defer tick.Stop()
	var deaf time.Time // when the connection was last seen to be lost
	for {
		select {
		case m := <-orders:
			n.all.Go(func() {
				r := n.prepare(ctx, m.Data)
				r.Now = time.Now()
				_ = m.Respond(encode(r))
			})
		case <-tick.C:
			if !n.conn.IsConnected() {
				deaf = time.Now()
			}
			n.hello()
			n.dropSilent(deaf)
		case <-ctx.Done():
			n.mu.Lock()
			for _, b := range n.benches {
				b.stop(errKilled)
			}
			n.mu.Unlock()
			n.all.Wait()
			_ = n.conn.Flush()
			return nil
		}
	}
}

// hello tells clusters of the node.
func (n *node) hello() {
	n.mu.Lock()
	h := hello{Node: n.o.Name, Version: n.version, Host: n.host, PID: os.Getpid(), Slots: n.o.Slots, Used: n.used,
		InFlight: int(n.inFlight.Load()), Done: n.done.Load(), Tags: n.o.Tags}
	for id := range n.benches {
		h.Runs = append(h.Runs, id)
	}
	n.mu.Unlock()
	_ = n.conn.Publish(helloSubject, encode(h)) // there will be another
}

// heard notes which runs are alive.
func (n *node) heard(p pulse) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, id := range p.Runs {
		if b := n.benches[id]; b != nil {
			b.heard = time.Now()
		}
	}
}

// dropSilent ends runs of which nothing was heard: whoever had them is gone. Nobody could be heard until deaf.
func (n *node) dropSilent(deaf time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, b := range n.benches {
		if silent(b.heard, deaf) > 2*silence {
			n.log.Warn("a run has ended without a word", "run", id)
			b.stop(errKilled)
			delete(n.benches, id)
		}
	}
}

// end ends a run.
func (n *node) end(e ending) {
	n.mu.Lock()
	defer n.mu.Unlock()
	maps.DeleteFunc(n.over, func(_ string, at time.Time) bool { return time.Since(at) > orderLimit })
	n.over[e.Run] = time.Now()
	b := n.benches[e.Run]
	if b == nil {
		return
	}
	delete(n.benches, e.Run)
	if e.Kill {
		b.stop(errKilled)
	} else {
		b.stop(errEnded)
	}
}

var (
	errEnded  = errors.New("the run has ended")
	errKilled = errors.New("the run was given up")
)

// prepare carries an order out.
func (n *node) prepare(ctx context.Context, data []byte) readied {
	r := readied{Node: n.o.Name}
	fail := func(err error) readied {
		r.Error = err.Error()
		if !errors.Is(err, errEnded) {
			n.log.Warn("order refused", "err", err)
		}
		return r
	}
	data, err := verify(n.trusted, data)
	if err != nil {
		return fail(err)
	}
	var o order
	if err := decode(data, &o); err != nil {
		return fail(fmt.Errorf("an order that cannot be read: %w", err))
	}
	if !n.version.serves(o.Version) {
		return fail(&VersionError{n.o.Name, n.version, o.Version})
	}
	if o.Node != n.o.Name {
		return fail(fmt.Errorf("the order is for node %s, and this is %s", o.Node, n.o.Name))
	}
	if n.trusted != nil { // else anybody could make the same order anew
		if err := n.guard.admit(&o, time.Now()); err != nil {
			return fail(err)
		}
	}
	began := time.Now()
	b, err := n.bench(ctx, o, &r)
	if err != nil {
		return fail(err)
	}
	if err := b.open(&r); err != nil {
		b.stop(errKilled)
		return fail(err)
	}
	r.Took = time.Since(began)
	return r
}
