package lab

import (
	"context"
	"strconv"
	"sync"
)

// Goroutines of processes that objects are lent to have numbers of their own among the threads of this one.
const firstVisitor = 1 << 31

func (i id) visits() bool { return i.thread() >= firstVisitor && i.thread() != TheCell }

// visitors knows those who have used an object and not been forgotten.
type visitors struct {
	mu   sync.Mutex
	last uint32
	all  map[uint32]*visitor
}

// visitor is a goroutine of another process.
type visitor struct {
	place string // where it is: "process 12 on node a"
	ended bool
}

func (v *visitors) add(place string) uint32 {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all == nil {
		v.all = map[uint32]*visitor{}
	}
	for {
		v.last = (v.last + 1) % (firstVisitor - 1)
		if n := firstVisitor + v.last; v.all[n] == nil {
			v.all[n] = &visitor{place: place}
			return n
		}
	}
}

// end notes that one has ended, and how if there is something to say.
func (v *visitors) end(n uint32, how string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if x := v.all[n]; x != nil {
		x.ended = true
		if how != "" {
			x.place += ", " + how
		}
	}
}

func (v *visitors) forget(n uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.all, n)
}

func (v *visitors) gone(i id) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	x := v.all[i.thread()]
	return x == nil || x.ended
}

func (v *visitors) name(i id) string {
	text := "a goroutine"
	if i.worker() >= 0 {
		text = "worker " + strconv.Itoa(i.worker())
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if x := v.all[i.thread()]; x != nil {
		return text + " (" + x.place + ")"
	}
	return text + " of another machine"
}

// visiting is the host of who acts for a visitor. It is a goroutine of this process that does nothing else.
type visiting struct {
	Host
	caller Caller
	ctx    context.Context
}

func (h visiting) Caller() Caller        { return h.caller }
func (h visiting) Block(f func())        { f() }
func (h visiting) Outside(f func())      { f() }
func (h visiting) Done() <-chan struct{} { return h.ctx.Done() }
