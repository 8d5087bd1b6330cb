package lab

import (
	"sync"
	"time"
)

// Borrower is a [Host] of a process that uses objects of a session on another machine. They stay with the session, which
// has a [Loan]; each operation is a message to it.
type Borrower interface {
	// Ask has [Loan.Serve] carry a request out, and waits for the answer. When done is closed the lender is told to stop, and
	// its answer is still waited for, though not for long. The error says that the lender cannot be asked.
	Ask(request []byte, done <-chan struct{}) (answer []byte, err error)
}

// away is an object of another process, as one has it that has borrowed it.
type away struct {
	host   Borrower
	object uint64
	core   *core // of the object here, which has its name
}

// borrow makes the object one that was lent, and returns what comes after its reference.
func (c *core) borrow(w *world, data []byte) (rest []byte, err error) {
	in := parcel{rest: data}
	in.uint()
	object, name := in.uint(), string(in.bytes())
	if in.err != nil {
		return nil, in.err
	}
	host, ok := w.host.(Borrower)
	if !ok {
		return nil, errNotShared
	}
	c.name, c.away = name, &away{host, object, c}
	return in.rest, nil
}

// ask has the lender do something. It panics as the operation does there.
func (a *away) ask(w *world, r request) reply { return a.askUndo(w, r, nil) }

// askUndo is ask; undo, if not nil, tells what takes it back, if the goroutine is stopped before it has what it asked for.
func (a *away) askUndo(w *world, r request, undo func(reply) request) (got reply) {
	var err error
	done, over := w.host.Done(), false
	defer func() {
		if !over && undo != nil && got.ok && got.panicked == nil {
			limit := make(chan struct{})
			defer time.AfterFunc(undoLimit, func() { close(limit) }).Stop()
			_, _ = a.send(w, undo(got), limit) // or the lender finds out when the calls end
		}
	}()
	w.host.Block(func() { got, err = a.send(w, r, done) })
	select {
	case <-done:
		panic(&StoppedError{})
	default:
	}
	over = true
	switch {
	case err != nil:
		panic(&LostError{r.name, a.core.of("object"), err.Error()})
	case got.panicked != nil:
		panic(got.panicked)
	}
	return got
}

// undoLimit is how long a goroutine that is stopped goes on for giving back what it has.
const undoLimit = time.Second

func (a *away) send(w *world, r request, done <-chan struct{}) (reply, error) {
	who := w.caller()
	r.object, r.thread, r.worker = a.object, who.thread(), who.worker()
	data, err := a.host.Ask(r.encode(), done)
	if err != nil {
		return reply{}, err
	}
	return decodeReply(data)
}

// acquire and release are those of a lock.
func (a *away) acquire(w *world, op string, limit time.Duration) bool {
	ok := a.askUndo(w, request{op: doAcquire, name: op, limit: limit}, func(reply) request { return request{op: doRelease, name: op} }).ok
	if ok {
		w.debts.add(w, a)
	}
	return ok
}

func (a *away) release(w *world, op string) {
	a.ask(w, request{op: doRelease, name: op})
	w.debts.drop(w.caller())
}

// debts are the goroutines of this process that hold a lock that was lent to it. The lender cannot know that one of
// them has ended.
type debts struct {
	mu    sync.Mutex
	holds map[id]int
	stop  chan struct{} // nil: nobody looks after them
	ended chan struct{}
}

func (d *debts) add(w *world, a *away) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.holds == nil {
		d.holds = map[id]int{}
	}
	d.holds[w.caller()]++
	if d.stop == nil && w.ended != nil {
		d.stop, d.ended = make(chan struct{}), make(chan struct{})
		go d.watch(w, a, d.stop, d.ended)
	}
}

func (d *debts) drop(who id) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.holds[who]--; d.holds[who] <= 0 {
		delete(d.holds, who)
	}
}

// watch tells the lender of those who have ended, until stop is closed.
func (d *debts) watch(w *world, a *away, stop <-chan struct{}, ended chan<- struct{}) {
	defer close(ended)
	tick := time.NewTicker(rounds)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-stop:
			return
		}
		var gone []id
		d.mu.Lock()
		for who := range d.holds {
			if w.ended(who.thread()) {
				gone = append(gone, who)
				delete(d.holds, who)
			}
		}
		d.mu.Unlock()
		for _, who := range gone {
			r := request{op: doBury, thread: who.thread(), worker: who.worker()}
			_, _ = a.host.Ask(r.encode(), stop) // or it finds out when the calls end
		}
	}
}

// settleDebts is the end of a run, which the lender is told of by others.
func (w *world) settleDebts() {
	d := &w.debts
	d.mu.Lock()
	stop, ended := d.stop, d.ended
	d.stop, d.ended, d.holds = nil, nil, nil
	d.mu.Unlock()
	if stop != nil {
		close(stop)
		<-ended
	}
}
