package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"

	"lockstep/exec"
	"lockstep/exec/cluster"
	"lockstep/exec/measure"
	"lockstep/exec/procs"
	"lockstep/kernel/lang"
	"lockstep/kernel/magic"
	"lockstep/kernel/pipe"
)

// clusters is the cluster of a session, if it has one, and what its runs use of it. The kernel process has the
// connection; the session process asks for what it wants through the pipe.
type clusters struct {
	mu       sync.Mutex
	c        *cluster.Cluster // nil: none
	local    *cluster.Local   // of c, if it is on this machine
	serial   uint64
	programs map[uint64]*cluster.Processes
	crews    map[uint64]exec.Crew
	stops    map[uint64]wanted // what is asked for at the moment
	use      magic.ClusterUse  // of the measurement at hand

	starting sync.Mutex // held while a cluster is started that nobody has asked for
	pools    map[uint64]*nodePool
	open     sync.WaitGroup // pools
	folder   *procs.Folder  // for what does not go through the pipe; nil as long as there is nothing
}

// wanted is what the session process has asked for.
type wanted struct {
	stop    context.CancelFunc
	lasting bool // it does not end with a measurement
}

// clusterNodes is how many nodes a cluster has that nobody has asked for.
const clusterNodes = 2

func (s *Session) ClusterLocal(ctx context.Context, nodes, slots int) error {
	if len(s.opt.Node) == 0 {
		return userError("not supported", "this kernel cannot start nodes")
	}
	if slots == 0 {
		slots = runtime.NumCPU()
	}
	o := cluster.LocalOptions{Nodes: nodes, Slots: slots, Argv: s.opt.Node, Stderr: os.Stderr, Guard: s.guard, Options: cluster.Options{Program: s.opt.Version, Logger: s.log}}
	if s.tools != nil && s.tools.Ready() {
		o.Host = s.tools.Host()
	}
	l, err := cluster.StartLocal(ctx, o)
	if err != nil {
		return fmt.Errorf("starting a cluster on this machine: %w", err)
	}
	s.clusters.replace(l.Cluster, l)
	return nil
}

func (e *env) ClusterConnect(ctx context.Context, a cluster.Access, seed []byte) error {
	c, err := cluster.Connect(ctx, cluster.Options{Access: a, Program: e.opt.Version, Seed: seed, Logger: e.log})
	if err != nil {
		return err
	}
	e.clusters.replace(c, nil)
	return nil
}

func (e *env) ClusterStatus(ctx context.Context) (cluster.Status, error) {
	c := e.clusters.current()
	if c == nil {
		return cluster.Status{}, magic.ErrNoCluster
	}
	return c.Status(ctx)
}

func (e *env) ClusterStop(context.Context) error {
	if e.clusters.current() == nil {
		return magic.ErrNoCluster
	}
	e.clusters.replace(nil, nil)
	return nil
}

func (k *clusters) current() *cluster.Cluster {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.c
}

// replace makes another cluster the session's, and closes the one before.
func (k *clusters) replace(c *cluster.Cluster, local *cluster.Local) {
	k.clear()
	k.mu.Lock()
	old, oldLocal := k.c, k.local
	k.c, k.local = c, local
	k.mu.Unlock()
	switch {
	case oldLocal != nil:
		oldLocal.Close()
	case old != nil:
		old.Close()
	}
}

// clear ends what a measurement has left.
func (k *clusters) clear() {
	k.mu.Lock()
	crews := k.crews
	k.programs, k.crews = nil, nil
	for _, w := range k.stops {
		if !w.lasting {
			w.stop()
		}
	}
	k.mu.Unlock()
	for _, c := range crews {
		_ = c.Close() // never fails
	}
}

// wantCluster has a cluster with room for a plan: one that is there, or a small one on this machine.
func (e *env) wantCluster(ctx context.Context, m magic.Measurement) error {
	most := slices.Max(append([]int{1}, m.Plan.Workers...))
	if err := e.needCluster(ctx, most, e.out); err != nil {
		return err
	}
	c := e.clusters.current()
	if c == nil {
		return magic.ErrNoCluster
	}
	slots, unused := 0, ""
	for _, n := range c.Nodes() {
		if n.Refused == "" {
			slots += n.Slots
		} else {
			unused += "; not used: " + n.Refused
		}
	}
	if most > slots {
		return userError("usage error", fmt.Sprintf("-n %d wants more workers than the cluster has slots, %d: use fewer, or start more nodes (lockstep node, or %%cluster local N --slots M for some on this machine)%s", most, slots, unused))
	}
	e.clusters.mu.Lock()
	e.clusters.use = m.Cluster
	e.clusters.mu.Unlock()
	return nil
}

// needCluster has a cluster: one that is there, or else a small one on this machine with room for so many workers, of which out is told.
func (s *Session) needCluster(ctx context.Context, workers int, out lang.Output) error {
	s.clusters.starting.Lock()
	defer s.clusters.starting.Unlock()
	if s.clusters.current() != nil {
		return nil
	}
	slots := max(runtime.NumCPU(), (workers+clusterNodes-1)/clusterNodes)
	if err := s.ClusterLocal(ctx, clusterNodes, slots); err != nil {
		return err
	}
	out.Stream("stderr", fmt.Sprintf("note: a cluster of %d nodes with %d slots each was started on this machine; %%cluster tells of it and chooses another\n", clusterNodes, slots))
	return nil
}

// give answers what the session process wants. What takes long runs in a goroutine of its own.
func (s *Session) give(p *process, m pipe.Want) {
	k := &s.clusters
	if stop, ok := m.Body.(pipe.ClusterStop); ok {
		k.mu.Lock()
		defer k.mu.Unlock()
		if w, ok := k.stops[stop.ID]; ok {
			w.stop()
		}
		return
	}
	ctx, cancel := context.WithCancel(s.life)
	k.mu.Lock()
	if k.stops == nil {
		k.stops = map[uint64]wanted{}
	}
	k.stops[m.ID] = wanted{cancel, isForPool(m.Body)}
	k.mu.Unlock()
	go func() {
		defer cancel()
		g := pipe.Given{ID: m.ID}
		var err error
		if g.Body, err = s.provide(ctx, p, m); err != nil {
			g.Err = err.Error()
		}
		k.mu.Lock()
		delete(k.stops, m.ID)
		k.mu.Unlock()
		_ = p.conn.Send(g) // a process that is gone wants nothing more
	}()
}

// teller tells a cell what its run in the cluster waits for.
func (s *Session) teller(cell string) func(text string) {
	return func(text string) { s.outputs.of(cell).Stream("stderr", "note: "+text+"\n") }
}

var errForgotten = errors.New("the kernel has no such run in the cluster any more")

func (s *Session) provide(ctx context.Context, from *process, m pipe.Want) (any, error) {
	k := &s.clusters
	switch b := m.Body.(type) {
	case pipe.Folder:
		return s.where()
	case pipe.PoolOpen:
		return s.openPool(ctx, from, b)
	case pipe.PoolLoad:
		return s.loadForPool(ctx, b)
	case pipe.PoolCalls:
		return nil, s.callInPool(ctx, from, m.ID, b)
	case pipe.PoolEnd:
		return nil, k.endPool(b.Pool)
	case pipe.ClusterOpen:
		values, err := b.Values.One()
		if err != nil {
			return nil, err
		}
		c := k.current()
		if c == nil {
			return nil, magic.ErrNoCluster
		}
		k.mu.Lock()
		use := k.use
		k.mu.Unlock()
		o := cluster.CrewOptions{Tags: use.Tags, Once: use.Once, Output: func(worker int, stream, text string) {
			s.outputs.of(b.Cell).Stream(stream, procs.Labelled(fmt.Sprintf("worker %d", worker), text))
		}, Asked: lender{from, b.Loan}, Tell: s.teller(b.Cell)}
		p, err := c.Processes(ctx, cluster.Program{Data: b.Program, Values: values, Files: b.Files, Host: s.hostPath()}, o)
		if err != nil {
			return nil, err
		}
		return pipe.ClusterOpened{Program: keep(k, &k.programs, p)}, nil
	case pipe.ClusterPrepare:
		p, ok := held(k, &k.programs, b.Program)
		if !ok {
			return nil, errForgotten
		}
		crew, err := p.Prepare(ctx, b.Shape)
		if err != nil {
			return nil, err
		}
		return pipe.ClusterReady{Crew: keep(k, &k.crews, crew), Startup: crew.Startup()}, nil
	case pipe.ClusterRun:
		crew, ok := held(k, &k.crews, b.Crew)
		if !ok {
			return nil, errForgotten
		}
		outcomes, err := crew.Run(ctx)
		d := pipe.ClusterDone{Outcomes: outcomes, Timeline: crew.Timeline()}
		if c, ok := crew.(interface{ Cluster() *measure.Cluster }); ok {
			d.Cluster = c.Cluster()
		}
		return d, err
	case pipe.ClusterEnd:
		crew, ok := held(k, &k.crews, b.Crew)
		if !ok {
			return nil, errForgotten
		}
		k.mu.Lock()
		delete(k.crews, b.Crew)
		k.mu.Unlock()
		return nil, crew.Close()
	}
	return nil, fmt.Errorf("the kernel does not know %T", m.Body)
}

// keep names something for the session process.
func keep[T any](k *clusters, in *map[uint64]T, v T) uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	if *in == nil {
		*in = map[uint64]T{}
	}
	k.serial++
	(*in)[k.serial] = v
	return k.serial
}

func held[T any](k *clusters, in *map[uint64]T, id uint64) (v T, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	v, ok = (*in)[id]
	return v, ok
}
