package lab

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"lockstep/exec/shm"
)

// object is what each synchroniser is built on: a state of type T, a mutex that
// guards it, and lines in which goroutines wait for it to change.
//
// The state is in this process's memory until the object is sent to another
// process; then it moves to memory that the processes share, for good. The code
// that works on it is the same.
type object[T any] struct {
	core
	local  T
	shared atomic.Pointer[T] // nil: the state is local. Set once, with mu held
}

// state is where the state is. The object must be locked, and stay so while the
// state is used.
func (o *object[T]) state() *T {
	if s := o.shared.Load(); s != nil {
		return s
	}
	return &o.local
}

// core is what does not depend on the type of the state.
type core struct {
	title
	// away is where the object is if it was lent to this process, else nil. Set once, before anybody has the object.
	away *away

	mu      sync.Mutex
	lines   [3]line
	changed bool // something happened that others may wait for; see unlock

	// Where the object is shared, else zero. Set once, with mu held.
	head  *head
	at    shm.Offset
	space *space
}

// lock gives the caller the object for a few steps, in all processes. Goroutines
// that have to wait for longer do so in a line.
func (c *core) lock() {
	c.mu.Lock()
	if c.head != nil {
		c.space.enter(&c.head.guard)
	}
}

// unlock gives it up, and tells other processes of what has changed.
func (c *core) unlock() {
	h, tell, here := c.head, c.changed && c.head != nil, false
	c.changed = false
	if h != nil {
		if tell {
			tell, here = h.awaited(c.space.class(), c.waiting())
		}
		c.space.exit(&h.guard)
	}
	c.mu.Unlock()
	if tell {
		c.space.ringAll(h, here)
	}
}

// waiting is how many goroutines of this process wait, as far as this object knows.
func (c *core) waiting() (n int) {
	for i := range c.lines {
		n += len(c.lines[i].waiters)
	}
	return n
}

// ring wakes the first in a line. The object is locked.
func (c *core) ring(line int) {
	c.changed = true
	c.lines[line].ring()
}

// ringAll wakes all in a line. The object is locked.
func (c *core) ringAll(line int) {
	c.changed = true
	c.lines[line].ringAll()
}

// rung has everybody look again who waits in this process, because of what
// another one did.
func (c *core) rung() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.lines {
		c.lines[i].ringAll()
	}
}

// head is the beginning of every object in shared memory. Its guard guards all but
// the guard itself, and the state behind it.
type head struct {
	kind  kind
	guard shm.Word
	// interest counts the goroutines that wait, by the class of their process.
	interest [classes]uint16
	// oldest is since when the one waits that has waited longest in each line, by
	// Unix time in nanoseconds, and in which process; 0: nobody is known to.
	oldest   [3]int64
	oldestBy [3]uint32
	nameLen  uint32
	name     [64]byte
}

// kind tells objects in shared memory apart.
type kind uint32

const (
	lockKind kind = iota + 1
	semaphoreKind
	eventKind
	conditionKind
	barrierKind
	queueKind
)

// placed is an object as it lies in shared memory.
type placed[T any] struct {
	head  head
	state T
}

// share moves the state to shared memory, if it is not there yet, and returns
// where that is. move fills the new state from the old one; nothing else happens
// to the object meanwhile. Its error leaves the object as it was.
func (o *object[T]) share(w *world, k kind, move func(to *T, s *space) error) (shm.Offset, error) {
	if o.away != nil {
		return 0, errLent
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.head != nil {
		return o.at, nil
	}
	s, err := w.space()
	if err != nil {
		return 0, err
	}
	size := int(unsafe.Sizeof(placed[T]{}))
	at, err := s.region.Alloc(size)
	if err != nil {
		return 0, err
	}
	p := shm.At[placed[T]](s.region, at)
	p.head.kind = k
	p.head.nameLen = uint32(copy(p.head.name[:], o.name))
	if err := move(&p.state, s); err != nil {
		s.region.Free(at, size)
		return 0, err
	}
	o.head, o.at, o.space = &p.head, at, s
	o.shared.Store(&p.state)
	for i := range o.lines {
		for range o.lines[i].waiters {
			o.watch()
		}
	}
	return at, nil
}

// attach makes the object the one that is at a place in shared memory.
func (o *object[T]) attach(w *world, k kind, at shm.Offset) error {
	s, err := w.space()
	if err != nil {
		return err
	}
	p := shm.At[placed[T]](s.region, at)
	if p.head.kind != k {
		return fmt.Errorf("lab: want an object of kind %d in shared memory, got %d", k, p.head.kind)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.name = string(p.head.name[:min(int(p.head.nameLen), len(p.head.name))])
	o.head, o.at, o.space = &p.head, at, s
	o.shared.Store(&p.state)
	return nil
}

// watch counts a goroutine that waits, so that other processes tell this one of
// changes. The object is locked.
func (c *core) watch() {
	c.head.interest[c.space.class()]++
	c.space.watch(c)
}

func (c *core) unwatch() {
	if n := &c.head.interest[c.space.class()]; *n > 0 {
		*n--
	}
	c.space.unwatch(c)
}

// awaited reports whether somebody waits for a change in another process, or in
// this one, of whose class there are more than the few that are known of: two objects
// may be one in shared memory. The guard is held.
func (h *head) awaited(own uint32, known int) (somebody, here bool) {
	for c, n := range h.interest {
		if uint32(c) != own {
			somebody = somebody || n > 0
		} else if int(n) > known {
			somebody, here = true, true
		}
	}
	return somebody, here
}

// passed reports whether me has to let somebody in another process go first, who
// has waited longer than is reasonable; me is nil for a newcomer. The object is locked.
func (c *core) passed(line int, me *waiter) bool {
	if c.head == nil {
		return false
	}
	oldest := c.head.oldest[line]
	if oldest == 0 || time.Now().UnixNano()-oldest <= int64(patience) {
		return false
	}
	return me == nil || me.since.UnixNano() != oldest || c.head.oldestBy[line] != c.space.number()
}

// queueUp makes me the oldest if nobody is, or if that one's process has gone. The object is locked.
func (w wait) queueUp(me *waiter) {
	c := w.on
	if !w.turns || c.head == nil {
		return
	}
	if c.head.oldest[w.line] == 0 || !c.space.atWork(c.head.oldestBy[w.line]) {
		c.head.oldest[w.line], c.head.oldestBy[w.line] = me.since.UnixNano(), c.space.number()
	}
}

func (c *core) leaveQueue(line int, me *waiter) {
	if c.head != nil && c.head.oldest[line] == me.since.UnixNano() && c.head.oldestBy[line] == c.space.number() {
		c.head.oldest[line], c.head.oldestBy[line] = 0, 0
	}
}
