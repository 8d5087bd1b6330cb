package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/nats-io/nats.go/jetstream"

	"lockstep/exec/procs"
)

// PoolOptions say what seats a pool is to have.
type PoolOptions struct {
	Seats int      // 0: as many as there are free slots
	Tags  []string // that their nodes must have
	// Once says that no call may be made twice: that of a worker or node that is lost is an error.
	Once bool
	// Host is the program that can load the compiled units of its programs, "" if they have none.
	Host string
	// Asked answers what worker processes ask for; nil: they can ask for nothing.
	Asked Asked
	// Tell is as in [TeamOptions].
	Tell func(text string)
}

// Pool is seats on nodes that make calls of any program, as they come. Its methods may be called concurrently.
type Pool struct{ team *Team }

// Pool has seats made ready on nodes. The error is a *[PlaceError] if there are not enough. Close it.
func (c *Cluster) Pool(ctx context.Context, o PoolOptions) (*Pool, error) {
	host := ""
	if o.Host != "" {
		var err error
		if host, err = procs.SumFile(o.Host); err != nil {
			return nil, fmt.Errorf("the program that loads compiled units: %w", err)
		}
	}
	if o.Seats == 0 {
		o.Seats = max(1, c.nodes.free(want{c.version, host, o.Tags}))
	}
	t, err := c.team(ctx, nil, host, TeamOptions{Seats: o.Seats, Tags: o.Tags, Once: o.Once, Asked: o.Asked, Tell: o.Tell})
	if err != nil {
		return nil, err
	}
	return &Pool{t}, nil
}

// Seats is how many it has.
func (p *Pool) Seats() int { return p.team.o.Seats }

// Figures are of all that was done until now, but how long calls were queued.
func (p *Pool) Figures() Figures { return p.team.Figures() }

// note tells what a task is a call of. Nodes get it signed, as they get an order, and by its hash. It has no time in which it expires, as it
// is used as long as the pool: it is good for that pool's run alone, which the node has by an order that does expire.
type note struct {
	Run             string
	Version         Version
	Program, Values blob
	Files           []blob
	Host            string
}

// Load stores a program that calls are to be made of. The error may be a *[StoreError].
func (p *Pool) Load(ctx context.Context, program Program) (*Job, error) {
	c := p.team.c
	if p.team.isClosed() {
		return nil, ErrClosed
	}
	j, err := c.Load(ctx, program)
	if err != nil {
		return nil, err
	}
	data, err := sign(c.key, encode(note{p.team.id, c.version, j.program, j.values, j.files, j.host}))
	if err != nil {
		return nil, err
	}
	var n int64
	j.note, n, err = c.blobs.share(ctx, data)
	j.sent += n
	return j, err
}

// Do has calls of a program made, which the pool has loaded, and returns when all are. each is called with what a call came to, never
// concurrently, in the order in which they come. If ctx ends, calls that are not done are withdrawn, and the processes that make them
// end; the pool goes on. live, if not nil, gets what a call that takes long writes meanwhile, as Live of [TeamOptions] does. The error is
// [ErrClosed] if the pool is closed meanwhile.
func (p *Pool) Do(ctx context.Context, j *Job, arguments [][]byte, each, live func(*Result)) error {
	if j.note.Name == "" {
		return errors.New("the program was not loaded for a pool")
	}
	return p.team.do(ctx, j.note, len(arguments), func(i int) (int, []byte) { return -1, arguments[i] }, each, live)
}

// Close gives the seats back. Calls that are not done are given up, and who makes them is killed.
func (p *Pool) Close() { p.team.Close() }

// notes is what tasks of a run are calls of, on a node. It may be used concurrently.
type notes struct {
	mu       sync.Mutex
	programs map[string]*procs.Program // by their hashes
	jobs     []noted                   // in the order of their last use
}

type noted struct {
	note string
	job  *procs.Job
}

// keptJobs is how many programs with values of their variables a run keeps on a node: the latest.
const keptJobs = 16

// jobOf is what tasks with a note are calls of.
func (b *bench) jobOf(ref blob) (*procs.Job, error) {
	if ref.Name == "" {
		if b.job.Program == nil {
			return nil, errors.New("the task does not say what it is a call of")
		}
		return b.job, nil
	}
	if j := b.notes.find(ref.Name); j != nil {
		return j, nil
	}
	data, _, err := b.n.shelf.get(b.ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("what is to be called: %w", err)
	}
	if data, err = verify(b.n.trusted, data); err != nil {
		return nil, err
	}
	var t note
	if err := decode(data, &t); err != nil {
		return nil, fmt.Errorf("what is to be called cannot be read: %w", err)
	}
	switch {
	case t.Run != b.order.Run:
		return nil, errors.New("what is to be called was signed for another pool")
	case !b.n.version.serves(t.Version):
		return nil, &VersionError{b.n.o.Name, b.n.version, t.Version}
	case t.Host != "" && t.Host != b.order.Host:
		return nil, errors.New("the program is compiled, and for another build of the native engine than these workers have")
	}
	program, values, _, err := b.n.fetch(b.ctx, t.Program, t.Values, t.Files)
	if err != nil {
		return nil, err
	}
	return b.notes.keep(ref.Name, t.Program.Name, values, func() *procs.Program { return b.staff.children.NewProgram(program) }), nil
}

func (n *notes) find(name string) *procs.Job {
	n.mu.Lock()
	defer n.mu.Unlock()
	i := slices.IndexFunc(n.jobs, func(j noted) bool { return j.note == name })
	if i < 0 {
		return nil
	}
	j := n.jobs[i]
	n.jobs = append(slices.Delete(n.jobs, i, i+1), j)
	return j.job
}

// keep notes a job, unless another seat has done so meanwhile.
func (n *notes) keep(name, program string, values []byte, load func() *procs.Program) *procs.Job {
	if j := n.find(name); j != nil {
		return j
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	p := n.programs[program]
	if p == nil {
		if n.programs == nil {
			n.programs = map[string]*procs.Program{}
		}
		p = load()
		n.programs[program] = p
	}
	j := &procs.Job{Program: p, Values: values}
	if len(n.jobs) == keptJobs {
		n.jobs = slices.Delete(n.jobs, 0, 1)
	}
	n.jobs = append(n.jobs, noted{name, j})
	return j
}

func (t *Team) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// purge removes messages of the team that have been read. What fails goes when it is old.
func (t *Team) purge(stream string, which ...jetstream.StreamPurgeOpt) {
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	if s, err := t.c.js.Stream(ctx, stream); err == nil {
		_ = s.Purge(ctx, which...)
	}
}
