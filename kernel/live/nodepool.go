package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"lockstep/exec/cluster"
	"lockstep/exec/procs"
	"lockstep/kernel/pipe"
)

// nodePool is a pool of the session's on the nodes of its cluster. It ends with the session process, if not before.
type nodePool struct {
	*cluster.Pool
	closed chan struct{}

	mu   sync.Mutex
	jobs []*cluster.Job // the program with number n is the one before n
}

// isForPool reports whether what the session process wants belongs to a pool.
func isForPool(body any) bool {
	switch body.(type) {
	case pipe.PoolOpen, pipe.PoolLoad, pipe.PoolCalls, pipe.PoolEnd, pipe.Folder:
		return true
	}
	return false
}

var errNoPool = errors.New("the kernel has no such pool any more")

// openPool has workers ready for a pool of a session process.
func (s *Session) openPool(ctx context.Context, from *process, b pipe.PoolOpen) (any, error) {
	if err := s.needCluster(ctx, b.Workers, s.outputs.of(b.Cell)); err != nil {
		return nil, err
	}
	k := &s.clusters
	c := k.current()
	if c == nil {
		return nil, errors.New("the cluster was stopped meanwhile")
	}
	o := cluster.PoolOptions{Seats: b.Workers, Tags: b.Tags, Once: b.Once, Asked: lender{from, b.Loan}, Tell: s.teller(b.Cell)}
	if b.Compiled {
		o.Host = s.hostPath()
	}
	pool, err := c.Pool(ctx, o)
	if err != nil {
		return nil, err
	}
	p := &nodePool{Pool: pool, closed: make(chan struct{})}
	id := keep(k, &k.pools, p)
	k.open.Go(func() {
		select {
		case <-from.gone:
			_ = k.endPool(id) // or it has just been ended
		case <-p.closed:
		}
	})
	return pipe.PoolOpened{Pool: id, Workers: pool.Seats()}, nil
}

// endPool gives the workers of a pool back.
func (k *clusters) endPool(id uint64) error {
	k.mu.Lock()
	p := k.pools[id]
	delete(k.pools, id)
	k.mu.Unlock()
	if p == nil {
		return errNoPool
	}
	p.Close()
	close(p.closed)
	return nil
}

// loadForPool stores a program for the nodes.
func (s *Session) loadForPool(ctx context.Context, b pipe.PoolLoad) (any, error) {
	values, err := b.Values.One()
	if err != nil {
		return nil, err
	}
	p, ok := held(&s.clusters, &s.clusters.pools, b.Pool)
	if !ok {
		return nil, errNoPool
	}
	job, err := p.Load(ctx, cluster.Program{Data: b.Program, Values: values, Files: b.Files, Host: s.hostPath()})
	if err != nil {
		return nil, told(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.jobs = append(p.jobs, job)
	return pipe.PoolLoaded{Program: uint64(len(p.jobs))}, nil
}

func (p *nodePool) job(number uint64) *cluster.Job {
	p.mu.Lock()
	defer p.mu.Unlock()
	if number == 0 || number > uint64(len(p.jobs)) {
		return nil
	}
	return p.jobs[number-1]
}

// callInPool has calls made, and passes on what they come to.
func (s *Session) callInPool(ctx context.Context, from *process, want uint64, b pipe.PoolCalls) error {
	arguments, err := b.Arguments.Unpack()
	if err != nil {
		return err
	}
	p, ok := held(&s.clusters, &s.clusters.pools, b.Pool)
	if !ok {
		return errNoPool
	}
	job := p.job(b.Program)
	if job == nil {
		return fmt.Errorf("the pool has no program %d", b.Program)
	}
	r := &replies{s: s, cell: b.Cell, some: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		err := p.Do(ctx, job, arguments, r.add, r.write)
		close(r.some)
		done <- err
	}()
	for range r.some {
		if err = r.pass(from, want); err != nil {
			cancel()
			break
		}
	}
	return told(cmp.Or(err, <-done))
}

// told is an error of a pool as the session tells it.
func told(err error) error {
	if errors.Is(err, cluster.ErrClosed) {
		return errors.New("the pool's workers have been given back: the session has left the cluster, so make another pool")
	}
	return err
}

// replies is what calls came to and the session process has not been told yet.
type replies struct {
	s    *Session
	cell string
	some chan struct{} // has something when there are some; closed when there will be no more

	mu  sync.Mutex
	all []*cluster.Result
}

// write shows what a call has written since it did so last.
func (r *replies) write(x *cluster.Result) {
	for _, t := range x.Output {
		r.s.outputs.of(r.cell).Stream(t.Stream, procs.Labelled(fmt.Sprintf("worker %d", x.Seat), t.Text))
	}
}

// add takes a result. What the call has written comes before it.
func (r *replies) add(x *cluster.Result) {
	r.mu.Lock()
	r.all = append(r.all, x)
	r.mu.Unlock()
	select {
	case r.some <- struct{}{}:
	default:
	}
}

// pass sends what has come.
func (r *replies) pass(to *process, want uint64) error {
	r.mu.Lock()
	all := r.all
	r.all = nil
	r.mu.Unlock()
	if len(all) == 0 {
		return nil
	}
	var b pipe.PoolReplies
	var values [][]byte
	for _, x := range all {
		r.write(x)
		p := pipe.PoolReply{Call: x.Index, Worker: x.Seat, PID: x.PID, Node: x.Node}
		if x.Failure != "" {
			p.Failure = x.Error
		}
		b.Replies, values = append(b.Replies, p), append(values, x.Value)
	}
	var err error
	if b.Values, err = pipe.Pack(r.s.where, values...); err != nil {
		return err
	}
	return to.conn.Send(pipe.Part{ID: want, Body: b})
}

// where is the folder for what does not go through the pipe itself.
func (s *Session) where() (string, error) {
	k := &s.clusters
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.folder == nil {
		var err error
		if k.folder, err = procs.NewFolder("values", s.guard); err != nil {
			return "", err
		}
	}
	return k.folder.Path, nil
}

// close ends all of it, when the session process is gone.
func (k *clusters) close() {
	k.open.Wait()
	k.replace(nil, nil)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.folder != nil {
		_ = k.folder.Remove()
	}
}
