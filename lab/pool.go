package lab

import (
	"context"
	"errors"
	"runtime/pprof"
	"strconv"
)

// Pool is operating-system processes, its workers, that call functions of the session, as
// Python's multiprocessing.Pool does.
//
// A function must be declared at the top of a cell, since another process finds it by its
// name. Arguments and results are sent as copies; so are the session variables that the function
// uses, as they are when the pool's method is called. A worker gets them anew when they have changed; what
// the function does to them stays in the worker. Objects of this package are not copied: they are the same in all
// processes. What the function prints appears in the cell, after the worker's number.
//
// A call in which the function panics has that as its error. If the process itself ends - by
// os.Exit, a signal, a stack overflow - the call that it was making has the error, and another
// process takes its place. An interrupt of the cell ends the calls that it waits for, and the
// processes that make them; the pool stays usable.
//
// With the option [Cluster] the workers are on other machines.
type Pool struct {
	o       core // guards what follows
	size    int
	workers []*poolWorker // none if there is a crew
	queue   []part
	closed  bool
	ended   bool // by Terminate
	guard   *guard
	living  int // workers that have not ended; a crew is one
	world   *world

	crew   Crew                          // on other machines; nil: none
	orders map[*batch]context.CancelFunc // what it is at
	left   bool                          // it has been let go, or is about to be
}

// The lines of a pool.
const (
	idlers  = iota // workers wait for something to do
	waiters        // wait for calls to be done
	leavers        // wait for the workers to end
)

// poolWorker is a worker: a goroutine that keeps a process.
type poolWorker struct {
	pool   *Pool
	number int

	// What follows only the worker changes, with the pool locked.
	child Child  // nil: there is no process
	at    *batch // what it is at, nil for nothing

	doomed bool // the process has been killed; guarded by the pool
	lent   bool // Apply uses the process
}

// NewPool returns a pool of processes; 0 stands for as many as there are processor cores. It
// panics with a [*MisuseError] if workers is negative. Close or Terminate it when it is not
// needed any more; with the session its processes end in any case.
//
// With the option [Cluster] 0 stands for as many workers as there are free slots, and NewPool waits until all are ready. It panics with
// a [*SpawnError] if they cannot be had: the error says what is missing.
func NewPool(workers int, options ...PoolOption) *Pool {
	if workers < 0 {
		panic(&MisuseError{"NewPool", "a pool", "the number of workers must be at least 0, got " + strconv.Itoa(workers)})
	}
	var o poolOptions
	for _, option := range options {
		option(&o)
	}
	p := &Pool{world: here(), size: workers}
	if o.cluster {
		o.crew.Workers = workers
		p.employ(o.crew)
		return p
	}
	if workers == 0 {
		workers = CPUCount()
	}
	p.size = workers
	for i := range workers {
		p.workers = append(p.workers, &poolWorker{pool: p, number: i})
	}
	if _, ok := p.world.host.(Spawner); ok {
		p.living = workers
		for _, w := range p.workers {
			go w.run()
		}
	}
	return p
}

// Workers is the number of the pool's workers.
func (p *Pool) Workers() int { return p.size }

// Apply calls f with arguments in one of the pool's processes and returns its value: nil if
// it has none. If f returns an error, or does not return, the error is a [*CallError]; it is a [*ClosedError] if
// the pool is closed, and a [*SpawnError] if something cannot be sent.
func (p *Pool) Apply(f any, arguments ...any) (any, error) {
	b, err := p.single("Pool.Apply", f, arguments)
	if err != nil {
		return nil, err
	}
	if w := p.borrow(b); w != nil {
		return p.directly(w, b)
	}
	return p.add(b, 1).Get()
}

// ApplyAsync is Apply that does not wait: the result says more later.
func (p *Pool) ApplyAsync(f any, arguments ...any) *AsyncResult {
	b, err := p.single("Pool.ApplyAsync", f, arguments)
	if err != nil {
		return failed(err)
	}
	return p.add(b, 1)
}

// single is a batch of one call.
func (p *Pool) single(op string, f any, arguments []any) (*batch, error) {
	work, err := p.prepare(op, f)
	if err != nil {
		return nil, err
	}
	data, err := work.Encode(arguments...)
	if err != nil {
		return nil, &SpawnError{op, err.Error()}
	}
	return &batch{op: op, work: work, call: [][]byte{data}}, nil
}

// Map calls f with each of items: the elements of a slice or an array, or the numbers from 0 to
// one less than an int. It waits, and returns a slice of f's results in the order of the items. The error joins those of all
// items that have one, each a [*CallError]; their results are zero values, and the others are there. Each process gets chunk items at
// a time; without chunk, so many that each has about four turns.
func (p *Pool) Map(f, items any, chunk ...int) (any, error) {
	return p.mapped("Pool.Map", f, items, chunk, 4).Get()
}

// MapAsync is Map that does not wait: the result says more later.
func (p *Pool) MapAsync(f, items any, chunk ...int) *AsyncResult {
	return p.mapped("Pool.MapAsync", f, items, chunk, 4)
}

// mapped adds the calls of a Map; turns is how many each worker is to have, 0 for one an item.
func (p *Pool) mapped(op string, f, items any, chunk []int, turns int) *AsyncResult {
	work, err := p.prepare(op, f)
	if err != nil {
		return failed(err)
	}
	all, err := work.EncodeEach(items)
	if err != nil {
		return failed(&SpawnError{op, err.Error()})
	}
	b := &batch{op: op, work: work, many: true, single: turns == 0, call: all}
	size := 1
	switch {
	case len(chunk) > 1:
		return failed(&SpawnError{op, "one size of chunks is wanted, got " + strconv.Itoa(len(chunk))})
	case len(chunk) == 1 && chunk[0] < 1:
		return failed(&SpawnError{op, "the size of chunks must be at least 1, got " + strconv.Itoa(chunk[0])})
	case len(chunk) == 1:
		size = chunk[0]
	case turns > 0:
		parts := turns * p.size
		size = max(1, (len(all)+parts-1)/parts)
	}
	return p.add(b, size)
}

func (p *Pool) prepare(op string, f any) (Work, error) {
	p.o.lock()
	closed := p.closed
	p.o.unlock()
	if closed {
		return nil, &ClosedError{op, "the pool"}
	}
	if p.crew != nil {
		return prepare(p.crew, op, f)
	}
	return p.world.prepare(op, f)
}

// add has the workers make the calls of a batch, size of them at a time.
func (p *Pool) add(b *batch, size int) *AsyncResult {
	n := len(b.call)
	b.init(p)
	p.o.lock()
	defer p.o.unlock()
	if p.closed {
		return failed(&ClosedError{b.op, "the pool"})
	}
	if p.crew != nil {
		if n > 0 {
			p.hand(b)
		}
		return &AsyncResult{batch: b}
	}
	for from := 0; from < n; from += size {
		p.queue = append(p.queue, part{b, from, min(from+size, n)})
	}
	p.o.ringAll(idlers)
	return &AsyncResult{batch: b}
}

// abandon gives the calls of a batch up: nobody waits for them any more.
func (p *Pool) abandon(b *batch) {
	p.o.lock()
	defer p.o.unlock()
	p.giveUp(b)
}

func (p *Pool) giveUp(b *batch) {
	b.gone = true
	p.drop(func(other *batch) bool { return other == b }, &StoppedError{})
}

// drop takes calls out of the queue, and ends the processes that make such calls. The pool is locked.
func (p *Pool) drop(which func(*batch) bool, cause error) {
	var rest []part
	for _, q := range p.queue {
		if !which(q.batch) {
			rest = append(rest, q)
			continue
		}
		q.settleAll(q.from, cause)
	}
	p.queue = rest
	p.withdraw(which)
	for _, w := range p.workers {
		if w.at != nil && which(w.at) && w.child != nil {
			w.doomed = true
			w.child.Kill()
		}
	}
}

// Close says that there will be no more calls. Those that are under way go on;
// then the processes end. Closing twice is fine.
func (p *Pool) Close() {
	p.o.lock()
	defer p.o.unlock()
	p.closed = true
	p.dismiss()
	p.o.ringAll(idlers)
}

// Terminate closes the pool and ends its processes at once. Calls that are not done
// have a [*ClosedError].
func (p *Pool) Terminate() {
	p.o.lock()
	defer p.o.unlock()
	p.closed, p.ended = true, true
	p.drop(func(*batch) bool { return true }, &ClosedError{"Terminate", "the pool"})
	p.dismiss()
	p.o.ringAll(idlers)
}

// Join waits until the processes of a pool have ended, which is closed or terminated. It
// panics with a [*MisuseError] if it is neither.
func (p *Pool) Join() {
	p.o.lock()
	if !p.closed {
		p.o.unlock()
		panic(&MisuseError{"Join", "a pool", "it still takes calls: Close or Terminate it first"})
	}
	wait{on: &p.o, line: leavers, limit: forever, ready: func() bool { return p.living == 0 }}.do(here())
}

// run is the goroutine of a worker. It belongs to no cell.
func (w *poolWorker) run() {
	pprof.SetGoroutineLabels(context.Background())
	p := w.pool
	_ = w.spawn() // so that the process is there when the first call comes
	for {
		q, ok := w.next()
		if !ok {
			break
		}
		w.carryOut(q)
	}
	if w.child != nil {
		if p.isEnded() {
			w.child.Kill()
		}
		w.child.Rest()
	}
	p.o.lock()
	defer p.o.unlock()
	if p.living--; p.living == 0 {
		p.unguard()
	}
	p.o.ringAll(leavers)
}

func (p *Pool) isEnded() bool {
	p.o.lock()
	defer p.o.unlock()
	return p.ended
}

// next waits for something to do; there is nothing more if it is not ok.
func (w *poolWorker) next() (q part, ok bool) {
	p := w.pool
	p.o.lock()
	if !w.lent {
		w.at = nil
	}
	wait{on: &p.o, line: idlers, limit: forever, ready: func() bool {
		if w.lent {
			return false
		}
		if len(p.queue) == 0 {
			return p.closed
		}
		q, ok = p.queue[0], true
		p.queue[0] = part{}
		p.queue = p.queue[1:]
		w.at = q.batch
		return true
	}}.do(hostless)
	return q, ok
}

// spawn has a process ready, and returns why there is none.
func (w *poolWorker) spawn() error {
	p := w.pool
	p.o.lock()
	old := w.child
	fit := old != nil && !w.doomed && !old.IsGone()
	if !fit {
		w.child, w.doomed = nil, false
	}
	p.o.unlock()
	switch {
	case fit:
		return nil
	case old != nil:
		old.Rest() // which a process does that has ended, or is about to
	}
	c, err := p.world.host.(Spawner).Spawn("worker " + strconv.Itoa(w.number))
	if err != nil {
		return err
	}
	p.o.lock()
	defer p.o.unlock()
	w.child = c
	if p.ended || w.at != nil && w.at.gone {
		w.doomed = true
		c.Kill()
	}
	return nil
}

// carryOut has the worker's process make calls. If it ends meanwhile, the call
// that it was making has come to nothing, and those after it are for others.
func (w *poolWorker) carryOut(q part) {
	p := w.pool
	if err := w.spawn(); err != nil {
		p.o.lock()
		defer p.o.unlock()
		q.settleAll(q.from, &SpawnError{q.op, "no process could be started: " + err.Error()})
		return
	}
	w.make(q)
}

// make has the worker's process, which is there, make calls.
func (w *poolWorker) make(q part) {
	p := w.pool
	pid, at := w.child.PID(), q.from
	exit := w.child.Do(q.work, w.number, p.size, q.calls(), func(i int, r Reply) {
		at = q.from + i
		v, err := q.read(r, at, w.number, pid)
		at++
		p.o.lock()
		defer p.o.unlock()
		q.settle(at-1, v, err)
	})
	if exit == nil {
		return
	}
	p.o.lock()
	defer p.o.unlock()
	w.doomed = true
	switch {
	case p.ended:
		q.settleAll(at, &ClosedError{"Terminate", "the pool"})
	case q.gone:
		q.settleAll(at, &StoppedError{})
	case at < q.to:
		q.settle(at, nil, &CallError{Item: q.item(at), Worker: w.number, PID: pid, Reason: "the process ended: " + exit.Text})
		if at++; at < q.to {
			p.queue = append([]part{{q.batch, at, q.to}}, p.queue...)
			p.o.ringAll(idlers)
		}
	}
}

// item is the number of an item, -1 where there are none.
func (b *batch) item(i int) int {
	if !b.many {
		return -1
	}
	return i
}

// read makes of a reply what the caller gets.
func (b *batch) read(r Reply, i, worker, pid int) (any, error) {
	failed := func(reason string, returned error) (any, error) {
		return nil, &CallError{Item: b.item(i), Worker: worker, PID: pid, Reason: reason, Returned: returned}
	}
	if r.Failure != "" {
		return failed(r.Failure, nil)
	}
	v, returned, err := b.work.Decode(r.Data)
	if err = errors.Join(returned, err); err != nil {
		return failed(err.Error(), returned)
	}
	return v, nil
}
