package lab

import (
	"context"
	"encoding"
	"fmt"
	"sync"
)

// Loan is objects of this process while processes on other machines use them: a host lends what a workload
// captures, and serves what [Borrower]s ask for. The objects stay what and where they are: who is here uses them
// at the same time, and nothing has to come back. Its methods may be called concurrently.
type Loan struct {
	w *world

	mu      sync.Mutex
	objects []lent // by their numbers, from 1
	numbers map[lent]uint64
	guests  map[string]*guest
	gone    []string // of them those that have gone of late, in this order
	ended   bool
}

// Guest is a process, or a part of its life, that uses what is lent. What it holds when it goes is freed.
type Guest struct {
	ID    string // nobody else has it, then or later
	Place string // as error texts call it: "process 12 on node a"
}

// lent is a pointer to an object that can be lent.
type lent interface {
	title() (kind, name string)
	// serve does what a request says, as w. It panics as the operation does.
	serve(w *world, g *guest, r *request) reply
	// bury frees what a goroutine of a guest holds that has ended; died says that the guest has. It reports whether there was something.
	bury(w *world, who id, died bool) bool
}

// guest is what a loan knows of one.
type guest struct {
	place   string
	ctx     context.Context
	stop    context.CancelFunc
	serving sync.WaitGroup // Add with mu of the loan held, while the loan has it

	mu      sync.Mutex    // of what follows
	ids     map[uint32]id // of its goroutines here, by their numbers there
	permits map[*Semaphore]int
}

// over stands for a guest that has gone.
var over = new(guest)

// keptGone is how many guests that have gone are known, so that what they had asked for comes to nothing if it arrives late. A pool that lives for days
// has millions.
const keptGone = 4096

// NewLoan returns one without objects. End it.
func NewLoan() *Loan {
	w := here()
	w.lends.Store(true)
	return &Loan{w: w, numbers: map[lent]uint64{}, guests: map[string]*guest{}}
}

// Lend returns what to send in place of an object: its own MarshalBinary is not used then. What is no object
// of this package is left to itself.
func (l *Loan) Lend(x encoding.BinaryMarshaler) ([]byte, error) {
	switch x := x.(type) {
	case *Conn:
		data, err := l.reference(nil, x.in)
		if err != nil {
			return nil, err
		}
		return l.reference(data, x.out)
	case *BoundedSemaphore:
		return l.reference(nil, &x.Semaphore)
	case *SharedMemory:
		return nil, &MisuseError{"sending", x.object(), "machines have no memory in common: give the workload a slice, which is copied, and bring what comes of it back by a lab.Queue or as results"}
	case lent:
		return l.reference(nil, x)
	}
	return x.MarshalBinary()
}

func (l *Loan) reference(b []byte, x lent) ([]byte, error) {
	if c, ok := x.(*Condition); ok && c.held == nil {
		return nil, &MisuseError{"sending", titleOf(x), "it was not made by NewCondition"}
	}
	if o, reentrant := lockOf(x); o != nil {
		if holder := o.heldNow(); holder.thread() == TheCell && !holder.visits() {
			return nil, &MisuseError{"sending", o.called(reentrant), l.w.name(holder) + " holds it: unlock it first"}
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	n, ok := l.numbers[x]
	if !ok {
		l.objects = append(l.objects, x)
		n = uint64(len(l.objects))
		l.numbers[x] = n
	}
	_, name := x.title()
	return appendReference(b, n, name), nil
}

// lockOf is the lock in an object, if it has one.
func lockOf(x lent) (o *owned, reentrant bool) {
	switch x := x.(type) {
	case *Lock:
		return &x.o, false
	case *RLock:
		return &x.o, true
	case *Value:
		return &x.o.owned, true
	case *Float:
		return &x.o.owned, true
	case *Condition:
		return x.held, x.reentrant
	}
	return nil, false
}

// Serve does what a borrower asks for, and returns the answer. It may have to wait, until ctx ends.
func (l *Loan) Serve(ctx context.Context, from Guest, asked []byte) []byte {
	var answer reply
	r, err := decodeRequest(asked)
	if err == nil {
		answer, err = l.serve(ctx, from, &r)
	}
	if err != nil {
		answer = reply{panicked: err}
	}
	return answer.encode()
}

func (l *Loan) serve(ctx context.Context, from Guest, r *request) (answer reply, err error) {
	lost := func(x lent, reason string) error {
		e := &LostError{Op: r.name, Reason: reason}
		if x != nil {
			e.Object = titleOf(x)
		}
		return e
	}
	l.mu.Lock()
	var x lent
	if r.object > 0 && r.object <= uint64(len(l.objects)) {
		x = l.objects[r.object-1]
	}
	g := l.guests[from.ID]
	if g == nil && !l.ended {
		g = &guest{place: from.Place, ids: map[uint32]id{}, permits: map[*Semaphore]int{}}
		g.ctx, g.stop = context.WithCancel(context.Background())
		l.guests[from.ID] = g
	}
	if l.ended || g == over {
		l.mu.Unlock()
		return answer, lost(x, "the run that it was lent to has ended for "+from.Place)
	}
	g.serving.Add(1)
	l.mu.Unlock()
	defer g.serving.Done()
	if r.op == doBury {
		l.buryThread(g, r.thread)
		return answer, nil
	}
	if x == nil {
		return answer, lost(nil, fmt.Sprintf("no object %d is lent", r.object))
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(g.ctx, cancel)()
	who := g.visitor(l.w, r)
	w := &world{host: visiting{l.w.host, Caller{who.thread(), who.worker()}, ctx}, ended: l.w.ended, common: l.w.common}
	defer func() {
		if p := recover(); p != nil {
			var ok bool
			if err, ok = p.(error); !ok {
				err = lost(x, fmt.Sprint(p))
			}
			if _, stopped := p.(*StoppedError); stopped && g.ctx.Err() != nil {
				err = lost(x, "the run that it was lent to has ended for "+g.place)
			}
		}
	}()
	return x.serve(w, g, r), nil
}

func titleOf(x lent) string {
	kind, name := x.title()
	return title{name}.of(kind)
}

// visitor is who asks, as this process knows it.
func (g *guest) visitor(w *world, r *request) id {
	g.mu.Lock()
	defer g.mu.Unlock()
	who, ok := g.ids[r.thread]
	if !ok {
		who = id(uint16(r.worker+1))<<32 | id(w.visitors.add(g.place))
		g.ids[r.thread] = who
	}
	return who
}

// hold counts permits of a semaphore that a guest has taken and not given back.
func (g *guest) hold(s *Semaphore, n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.permits[s] += n
}

// buryThread is the end of a guest's goroutine.
func (l *Loan) buryThread(g *guest, thread uint32) {
	g.mu.Lock()
	who, ok := g.ids[thread]
	delete(g.ids, thread)
	g.mu.Unlock()
	if ok {
		l.bury(who, "", false)
	}
}

// bury ends one goroutine for all objects.
func (l *Loan) bury(who id, how string, died bool) {
	v := &l.w.visitors
	v.end(who.thread(), how)
	l.mu.Lock()
	all := l.objects[:len(l.objects):len(l.objects)]
	l.mu.Unlock()
	missed := false
	for _, x := range all {
		missed = x.bury(l.w, who, died) || missed
	}
	if !missed { // else errors name it
		v.forget(who.thread())
	}
}

// Gone tells that a guest uses nothing any more: its waits end, locks that it holds are free, and who waits for them
// gets an [*AbandonedError]. died says how it ended, if not as it should: permits that it had taken are given back then, and barriers
// at which others wait are broken.
func (l *Loan) Gone(guest, died string) {
	l.mu.Lock()
	g := l.guests[guest]
	if g == over {
		l.mu.Unlock()
		return
	}
	l.guests[guest] = over // also if it was not known: its first request may come yet
	if l.gone = append(l.gone, guest); len(l.gone) > keptGone {
		delete(l.guests, l.gone[0])
		l.gone = l.gone[1:]
	}
	l.mu.Unlock()
	if g == nil {
		return
	}
	g.stop()
	g.serving.Wait() // those who wait are stopped, and hold nothing of what they waited for
	for _, who := range g.ids {
		l.bury(who, died, died != "")
	}
	if died == "" {
		return
	}
	for s, n := range g.permits {
		for range n {
			s.giveBack()
		}
	}
}

// End ends the loan: what guests still hold is freed, and their requests are refused.
func (l *Loan) End() {
	l.mu.Lock()
	l.ended = true
	var all []string
	for id := range l.guests {
		all = append(all, id)
	}
	l.mu.Unlock()
	for _, id := range all {
		l.Gone(id, "")
	}
}
