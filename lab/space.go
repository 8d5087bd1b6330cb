package lab

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"lockstep/exec/shm"
)

// space is the memory that the processes of a session share, as one of them
// sees it.
type space struct {
	region *shm.Region
	dir    *directory
	host   Sharer
	world  *world

	self atomic.Uint32 // the number of this process
	bell *shm.Word

	mu        sync.Mutex
	watched   map[*core]int // how many goroutines wait on objects that others may change
	listening bool
	locks     map[shm.Offset]bool // that this process shares
	tender    *time.Timer         // looks after them; nil: nobody does
}

const (
	// censuses is how often processes are looked after: for each a small file is read.
	censuses = 50 * time.Millisecond
	// records is how many processes can be at work at the same time.
	records = 1024
	// classes is into how many classes processes fall; those of one are told of
	// changes that only one of them may wait for.
	classes = 64
	// wishes is how many goroutines can be waiting for shared locks.
	wishes = 4096
)

// directory is where the processes find each other. It is at the root of the region.
type directory struct {
	last   uint32 // number given out last
	deaths uint32 // processes that have died at work
	died   id     // the last of them: its number and worker
	graph  shm.Word
	_      [4]byte
	// record n % records is that of the process with number n.
	records [records]record
	graphs  [wishes]sharedWish
}

// record is a process that has to do with shared objects, from the moment in which it begins a
// run to the moment in which it ends it.
type record struct {
	state   uint32 // below
	number  uint32
	pid     uint32
	worker  uint32 // its first worker and 1; 0: none
	started uint64 // tells processes with the same pid apart
	bell    shm.Word
	_       [36]byte // up to a cache line
}

// States of a record.
const (
	vacant uint32 = iota
	moving        // being filled in
	atWork
	leftWork
	died
)

// sharedWish is a goroutine that waits for a shared lock.
type sharedWish struct {
	who  id
	lock shm.Offset
}

// errNotShared says that there are no other processes.
var errNotShared = errors.New("objects of package lab can be sent only to worker processes of the session")

// space returns the shared memory, of which this process becomes a part if it is not yet.
func (w *world) space() (*space, error) {
	w.sharing.Lock()
	defer w.sharing.Unlock()
	if w.ownSpace != nil || w.spaceFail != nil {
		return w.ownSpace, w.spaceFail
	}
	host, err := w.sharer()
	if err != nil {
		return nil, err
	}
	s, err := newSpace(w, host)
	if err != nil {
		w.spaceFail = fmt.Errorf("lab: %w", err)
		return nil, w.spaceFail
	}
	w.ownSpace = s
	return s, nil
}

// sharer is the host as one of several processes.
func (w *world) sharer() (Sharer, error) {
	if host, ok := w.host.(Sharer); ok {
		return host, nil
	}
	return nil, errNotShared
}

func newSpace(w *world, host Sharer) (*space, error) {
	region, err := host.Region()
	if err != nil {
		return nil, err
	}
	s := &space{region: region, host: host, world: w, watched: map[*core]int{}, locks: map[shm.Offset]bool{}}
	root := region.Root()
	for atomic.LoadUint64(root) == 0 {
		at, err := region.Alloc(int(unsafe.Sizeof(directory{})))
		if err != nil {
			return nil, err
		}
		if !atomic.CompareAndSwapUint64(root, 0, uint64(at)) {
			region.Free(at, int(unsafe.Sizeof(directory{})))
		}
	}
	s.dir = shm.At[directory](region, shm.Offset(atomic.LoadUint64(root)))
	return s, s.join(-1)
}

// join enters this process into the directory.
func (s *space) join(worker int) error {
	started, err := startOf(uint32(os.Getpid()))
	if err != nil {
		return err
	}
	for range 2 * records {
		n := atomic.AddUint32(&s.dir.last, 1) & 0xffff
		r := &s.dir.records[n%records]
		state := atomic.LoadUint32(&r.state)
		if n == 0 || state == atWork || state == moving || !atomic.CompareAndSwapUint32(&r.state, state, moving) {
			continue
		}
		r.number, r.pid, r.worker, r.started = n, uint32(os.Getpid()), uint32(worker+1), started
		atomic.StoreUint32(&r.state, atWork)
		s.mu.Lock()
		s.bell = &r.bell
		s.mu.Unlock()
		s.self.Store(n)
		s.world.process.Store(n)
		return nil
	}
	return errors.New("too many processes share objects")
}

// record returns that of a process, nil if it is no longer there.
func (s *space) record(number uint32) *record {
	r := &s.dir.records[number%records]
	if r.number != number {
		return nil
	}
	return r
}

func (s *space) number() uint32 { return s.self.Load() }
func (s *space) class() uint32  { return s.number() % classes }

// pid is the process with a number; 0 if that is not known.
func (s *space) pid(number uint32) uint32 {
	if r := s.record(number); r != nil {
		return r.pid
	}
	return 0
}

// atWork reports whether a process is still at the run that it had the number for,
// as far as anybody has noticed.
func (s *space) atWork(number uint32) bool {
	r := s.record(number)
	return r != nil && atomic.LoadUint32(&r.state) == atWork
}

// census finds out which processes have died at work.
func (s *space) census() {
	for i := range s.dir.records {
		r := &s.dir.records[i]
		if atomic.LoadUint32(&r.state) != atWork || r.number == s.number() {
			continue
		}
		if started, err := startOf(r.pid); err == nil && started == r.started {
			continue
		}
		if atomic.CompareAndSwapUint32(&r.state, atWork, died) {
			atomic.StoreUint64((*uint64)(&s.dir.died), uint64(r.number)<<48|uint64(uint16(r.worker))<<32)
			atomic.AddUint32(&s.dir.deaths, 1)
		}
	}
}

// deaths is how many processes have died at work, and who did last.
func (s *space) deaths() (uint32, id) {
	n := atomic.LoadUint32(&s.dir.deaths)
	return n, id(atomic.LoadUint64((*uint64)(&s.dir.died)))
}

// BeginRun is for hosts: worker processes call it before they execute workers, the first of
// which has that number. What they had of shared objects before is lost to them then.
func BeginRun(worker int) {
	if s := here().spaceIfAny(); s != nil {
		s.leave()
		// If there is no room, whoever uses a shared object is told.
		_ = s.join(worker)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.tend()
	}
}

// EndRun is for hosts: worker processes call it when their workers have ended.
// Locks that they still hold are released, and whoever waits for them is told.
func EndRun() {
	here().settleDebts()
	if s := here().spaceIfAny(); s != nil {
		s.leave()
	}
}

func (w *world) spaceIfAny() *space {
	w.sharing.Lock()
	defer w.sharing.Unlock()
	return w.ownSpace
}

func (s *space) leave() {
	s.neglect()
	if r := s.record(s.number()); r != nil {
		atomic.CompareAndSwapUint32(&r.state, atWork, leftWork)
	}
}

// ringAll rings in the processes in which somebody may wait for an object, in this
// one only if that is said.
func (s *space) ringAll(h *head, here bool) {
	for c := range uint32(classes) {
		if h.interest[c] == 0 { // late news may be missed: waiters look again by themselves
			continue
		}
		for i := c; i < records; i += classes {
			r := &s.dir.records[i]
			if atomic.LoadUint32(&r.state) == atWork && (here || r.number != s.number()) {
				r.bell.Add(1)
				r.bell.Wake(1)
			}
		}
	}
}

// watch has this process listen as long as somebody waits on a shared object.
func (s *space) watch(c *core) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watched[c]++
	if !s.listening {
		s.listening = true
		go s.listen()
	}
}

func (s *space) unwatch(c *core) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.watched[c]--; s.watched[c] <= 0 {
		delete(s.watched, c)
	}
}

// listen passes rings from other processes on, and looks whether they are alive,
// until nobody waits any more.
func (s *space) listen() {
	var heard *shm.Word
	counted := time.Now()
	for last := uint32(0); ; {
		s.mu.Lock()
		bell := s.bell
		rung := bell.Load()
		var all []*core
		if s.listening = len(s.watched) > 0; !s.listening {
			s.mu.Unlock()
			return
		}
		if bell != heard || rung != last {
			for c := range s.watched {
				all = append(all, c)
			}
			heard, last = bell, rung
		}
		s.mu.Unlock()
		for _, c := range all {
			c.rung()
		}
		if all != nil {
			// Those that were woken run here first: in the kernel this thread would
			// take its processor along for a while.
			runtime.Gosched()
		}
		bell.Wait(rung, rounds)
		if time.Since(counted) > censuses {
			// Those who wait look around by themselves soon.
			s.census()
			counted = time.Now()
		}
	}
}

// A guard holds the number of the process whose it is, and contended if others
// may be asleep for it.
const (
	contended = 1 << 31
	// spins is how often a guard is tried before sleeping: what is done under
	// it mostly takes less than a microsecond.
	spins = 100
)

// enter takes a guard. If its holder has died in the middle of something, it is
// taken over: states are written so that each step leaves them whole.
func (s *space) enter(g *shm.Word) {
	self := s.number()
	for range spins {
		if g.CompareAndSwap(0, self) {
			return
		}
	}
	runtime.Gosched()
	for tries := 1; ; {
		held := g.Load()
		switch {
		case held == 0:
			// Others may be asleep, too: it is not known.
			if g.CompareAndSwap(0, self|contended) {
				return
			}
		case held&contended == 0 && !g.CompareAndSwap(held, held|contended):
		case tries%10 == 0 && s.gone(held&^contended):
			if g.CompareAndSwap(held|contended, self|contended) {
				return
			}
			tries++
		default:
			g.Wait(held|contended, time.Millisecond)
			tries++
		}
	}
}

// gone reports whether the process that holds a guard is no longer there at all.
func (s *space) gone(number uint32) bool {
	if number == s.number() {
		return false // another object for the same thing
	}
	r := s.record(number)
	if r == nil {
		return true
	}
	started, err := startOf(r.pid)
	return err != nil || started != r.started
}

func (s *space) exit(g *shm.Word) {
	for {
		held := g.Load()
		if g.CompareAndSwap(held, 0) {
			if held&contended != 0 {
				g.Wake(1)
			}
			return
		}
	}
}
