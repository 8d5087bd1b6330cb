package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"lockstep/exec/procs"
)

// TeamOptions say what seats are wanted. Seats must be given.
type TeamOptions struct {
	Seats int
	Tags  []string // that their nodes must have
	// Prime are the arguments of a call that each process makes before it is ready; nil: none.
	Prime []byte
	// Once says that no task may be done twice: that of a worker or node that is lost is an error.
	Once bool
	// Live, if not nil, gets what a task writes while it runs, if that takes long; its result then has the rest. It is called as
	// the function given to Do is, with a Result of which Index, Node, Seat, Attempt, Start and Output are set. What an attempt that is
	// lost has written until then is not taken back.
	Live func(*Result)
	// Batch is how many tasks a seat takes at a time, at most; 0: as many as it does in batchTime.
	Batch int
	// Asked answers what worker processes ask for; nil: they can ask for nothing.
	Asked Asked
	// Tell, if not nil, is told of what the run waits for: the server, or nodes. Calls never overlap.
	Tell func(text string)
}

// Figures tell how tasks were done.
type Figures struct {
	Nodes       map[string]int  // tasks that each did
	Seats       map[string]int  // most that each had at a time
	Slots       map[string]int  // of those nodes
	Lost        map[string]bool // nodes that were lost, and are not back
	Redelivered int             // deliveries of tasks after their first
	Dead        int             // tasks that were given up
	Sent        int64           // bytes: tasks, as often as they were delivered, and what nodes fetched
	Received    int64           // bytes: results
	Queued      []time.Duration
}

// Team is seats on nodes for one run. Do may be called concurrently.
type Team struct {
	c    *Cluster
	id   string
	job  *Job // nil: each task names its own
	o    TeamOptions
	want want

	results, dead jetstream.ConsumeContext
	life          context.Context // ends when the team is closed
	stop          context.CancelFunc
	all           sync.WaitGroup

	mu      sync.Mutex
	at      map[string]*group // by node
	ordered map[string]bool   // nodes that were to make seats ready
	next    int               // index of the next task
	pending map[int]*round
	// withdrawn are tasks that nobody waits for any more, of a team that goes on.
	withdrawn withdrawn
	figures   Figures
	started   readied                  // sums of what nodes answered
	clocks    map[string]time.Duration // of the nodes: how much they are ahead of ours
	ready     []seatSpan               // by our clock
	used      map[place]procs.Used     // by each seat, as its results tell
	closed    bool
	gaveUp    bool // somebody has left before all was done

	read int // what sweep counts; only the reader of results uses it
}

// round is the tasks of one Do.
type round struct {
	first, n int
	seen     []bool
	sizes    []int          // of the messages
	shown    map[int]*shown // of tasks whose output comes while they run; nil: none
	left     int
	each     func(*Result)
	live     func(*Result) // nil: nobody wants output while tasks run
	done     chan struct{}
}

// Team has seats made ready on nodes. The error is a *[PlaceError] if there are not enough, or of a node that could not
// get ready. Close it.
func (c *Cluster) Team(ctx context.Context, j *Job, o TeamOptions) (*Team, error) {
	return c.team(ctx, j, j.host, o)
}

// team is Team; host is the hash of the program that can load its compiled units. Without a job tasks name their own.
func (c *Cluster) team(ctx context.Context, j *Job, host string, o TeamOptions) (*Team, error) {
	t := &Team{c: c, id: newID(), job: j, o: o, want: want{c.version, host, o.Tags}, at: map[string]*group{}, ordered: map[string]bool{}, pending: map[int]*round{}}
	t.figures.Nodes, t.figures.Seats, t.figures.Slots, t.figures.Lost, t.clocks = map[string]int{}, map[string]int{}, map[string]int{}, map[string]bool{}, map[string]time.Duration{}
	t.used = map[place]procs.Used{}
	attempts := c.o.Attempts
	if o.Once {
		attempts, t.o.Batch = 1, 1
	}
	if _, err := c.js.CreateConsumer(ctx, taskStream, c.queue(t.id, o.Seats, attempts)); err != nil {
		return nil, fmt.Errorf("a queue for the tasks: %w", explain(err))
	}
	t.life, t.stop = context.WithCancel(context.WithoutCancel(ctx))
	c.mu.Lock()
	c.teams[t.id] = t
	c.mu.Unlock()
	seats := make([]int, o.Seats)
	for i := range seats {
		seats[i] = i
	}
	var err error
	if t.results, err = t.follow(ctx, resultStream, resultSubject+t.id, t.take); err == nil {
		t.dead, err = t.follow(ctx, deadStream, advisory+t.id, t.bury)
	}
	if err == nil && o.Asked != nil {
		err = listen(t, o.Asked)
	}
	if err == nil {
		err = t.assign(ctx, seats)
	}
	if err != nil {
		t.Close()
		return nil, err
	}
	t.all.Go(func() { t.watch(t.life) })
	return t, nil
}

// queue is how the tasks of a run are handed out. Each seat that has nothing to do has a request waiting there, and may have
// one that is about to expire.
func (c *Cluster) queue(run string, seats, attempts int) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable: run, FilterSubject: taskSubject + run, AckPolicy: jetstream.AckExplicitPolicy, AckWait: c.o.Lease,
		MaxDeliver: attempts, MaxAckPending: 100_000, MaxWaiting: max(512, 2*seats), InactiveThreshold: time.Hour,
	}
}

// Do has tasks done, n of them, and returns when all are. what tells the arguments of each, and who is to make the call: -1
// for whoever takes it. each is called with what a task came to, never concurrently, in the order in which they come.
func (t *Team) Do(ctx context.Context, n int, what func(i int) (worker int, arguments []byte), each func(*Result)) error {
	return t.do(ctx, blob{}, n, what, each, t.o.Live)
}

// do is Do of what a note tells, if the team has no job. live is as Live of the options.
func (t *Team) do(ctx context.Context, note blob, n int, what func(i int) (worker int, arguments []byte), each, live func(*Result)) error {
	r := &round{n: n, live: live, seen: make([]bool, n), sizes: make([]int, n), left: n, each: each, done: make(chan struct{})}
	if n == 0 {
		return nil
	}
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return ErrClosed
	}
	t.all.Add(1)
	defer t.all.Done()
	r.first = t.next
	t.next += n
	for i := range n {
		t.pending[r.first+i] = r
	}
	t.mu.Unlock()
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		for i := range n {
			delete(t.pending, r.first+i)
		}
		if r.left > 0 {
			t.gaveUp = true
			t.withdraw(span{r.first, r.first + n})
		}
	}()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(t.life, func() { cancel(ErrClosed) })()
	published := make(chan struct{})
	go func() {
		defer close(published)
		err := publish(ctx, t.c.js, n, func(i int) (*nats.Msg, error) {
			m := task{Index: r.first + i, Note: note}
			m.Worker, m.Data = what(i)
			if len(m.Data) > inlineBytes {
				var err error
				if m.Ref, _, err = t.c.blobs.share(ctx, m.Data); err != nil {
					return nil, err
				}
				m.Data = nil
			}
			data := m.encode()
			t.mu.Lock()
			t.figures.Sent += int64(len(data))
			r.sizes[i] = len(data)
			t.mu.Unlock()
			return message(taskSubject+t.id, t.id+"."+strconv.Itoa(m.Index), data), nil
		})
		if err != nil {
			cancel(fmt.Errorf("handing tasks out: %w", err))
		}
	}()
	defer func() { <-published }()
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ErrClosed ends what a team or a pool does when it is closed, or its cluster is.
var ErrClosed = errors.New("the workers in the cluster have been given back")

// Figures are of all that was done until now.
func (t *Team) Figures() Figures {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.figures
	f.Nodes, f.Seats, f.Slots = maps.Clone(f.Nodes), maps.Clone(f.Seats), maps.Clone(f.Slots)
	f.Lost, f.Queued = maps.Clone(f.Lost), slices.Clone(f.Queued)
	return f
}

// Close gives the seats back. Tasks that are not done are given up, and who does them is killed.
func (t *Team) Close() {
	t.mu.Lock()
	if t.closed {
		t.mu.Unlock()
		return
	}
	t.closed = true
	e := ending{Run: t.id, Kill: t.gaveUp || len(t.pending) > 0}
	t.mu.Unlock()
	t.stop()
	for _, c := range []jetstream.ConsumeContext{t.results, t.dead} {
		if c != nil {
			c.Stop()
		}
	}
	t.all.Wait()
	t.mu.Lock()
	at := t.at
	t.at = map[string]*group{}
	t.mu.Unlock()
	for node := range t.ordered { // also those that were lost, which may be back, and that have not answered
		_ = t.c.conn.Publish(nodeSubject+node+".end", encode(e)) // or it finds out by our pulse
	}
	for node, g := range at {
		t.c.nodes.release(node, len(g.seats))
	}
	t.c.mu.Lock()
	delete(t.c.teams, t.id)
	t.c.mu.Unlock()
	if !t.c.conn.IsConnected() {
		return // what is left there goes when it is old, as does what fails below
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	_ = t.c.js.DeleteConsumer(ctx, taskStream, t.id)
	t.purge(taskStream, jetstream.WithPurgeSubject(taskSubject+t.id))
	t.purge(resultStream, jetstream.WithPurgeSubject(resultSubject+t.id))
}

// closeLimit is how long the server may take to remove what is not needed any more.
const closeLimit = 5 * time.Second
