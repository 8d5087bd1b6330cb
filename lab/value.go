package lab

import (
	"math"
	"sync/atomic"

	"lockstep/exec/shm"
)

// Value is a whole number that goroutines, and worker processes, have in common.
// The zero value is 0. It has the methods of a lock of its own, for steps that
// belong together:
//
//	n.With(func() { n.Store(n.Load() * 2) })
type Value struct{ o shared }

// Float is a [Value] with a fraction.
type Float struct{ o shared }

// shared is what Value and Float have in common.
type shared struct {
	owned
	local uint64
	word  atomic.Pointer[uint64] // where the number is in shared memory; nil: local
}

// NewValue returns a value of n.
func NewValue(n int, name ...string) *Value {
	v := new(Value)
	v.o.title, v.o.local = named(name), uint64(n)
	return v
}

// NewFloat returns a float of x.
func NewFloat(x float64, name ...string) *Float {
	f := new(Float)
	f.o.title, f.o.local = named(name), math.Float64bits(x)
	return f
}

// place is where the number is. It stays there: it moves to shared memory only
// while nobody else has the object.
func (s *shared) place() *uint64 {
	if p := s.word.Load(); p != nil {
		return p
	}
	return &s.local
}

func (s *shared) load() uint64 {
	if s.away != nil {
		return s.away.ask(here(), request{op: doLoad, name: "Load"}).n
	}
	return atomic.LoadUint64(s.place())
}

func (s *shared) store(n uint64) {
	if s.away != nil {
		s.away.ask(here(), request{op: doStore, name: "Store", n: n})
		return
	}
	atomic.StoreUint64(s.place(), n)
}

// Load returns the number.
func (v *Value) Load() int { return int(v.o.load()) }

// Store sets the number.
func (v *Value) Store(n int) { v.o.store(uint64(n)) }

// Add adds n in one step, which nobody can come between, and returns the sum. The three
// steps v.Store(v.Load() + n) lose what others add meanwhile.
func (v *Value) Add(n int) int {
	if v.o.away != nil {
		return int(v.o.away.ask(here(), request{op: doAdd, name: "Add", n: uint64(n)}).n)
	}
	return int(atomic.AddUint64(v.o.place(), uint64(n)))
}

// Lock takes the value's own lock. The other methods do not heed it.
func (v *Value) Lock() { v.o.acquire(here(), "Lock", true, forever) }

// Unlock gives it up.
func (v *Value) Unlock() { v.o.release(here(), "Unlock", true) }

// With calls f with the value's own lock held, and gives it up however f ends.
func (v *Value) With(f func()) { v.o.with(f) }

// Load returns the number.
func (f *Float) Load() float64 { return math.Float64frombits(f.o.load()) }

// Store sets the number.
func (f *Float) Store(x float64) { f.o.store(math.Float64bits(x)) }

// Add adds x in one step, which nobody can come between, and returns the sum.
func (f *Float) Add(x float64) float64 {
	if f.o.away != nil {
		return math.Float64frombits(f.o.away.ask(here(), request{op: doAdd, name: "Add", n: math.Float64bits(x)}).n)
	}
	p := f.o.place()
	for {
		old := atomic.LoadUint64(p)
		sum := math.Float64frombits(old) + x
		if atomic.CompareAndSwapUint64(p, old, math.Float64bits(sum)) {
			return sum
		}
	}
}

// Lock takes the float's own lock. The other methods do not heed it.
func (f *Float) Lock() { f.o.acquire(here(), "Lock", true, forever) }

// Unlock gives it up.
func (f *Float) Unlock() { f.o.release(here(), "Unlock", true) }

// With calls g with the float's own lock held, and gives it up however g ends.
func (f *Float) With(g func()) { f.o.with(g) }

func (s *shared) with(f func()) {
	w := here()
	s.acquire(w, "Lock", true, forever)
	defer s.release(w, "Unlock", true)
	f()
}

// send makes the number a word of shared memory, behind its lock.
func (s *shared) send() ([]byte, error) {
	lock, err := s.owned.send()
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.word.Load() == nil {
		at, err := s.space.region.Alloc(8)
		if err != nil {
			return nil, err
		}
		word := shm.At[uint64](s.space.region, at)
		*word = atomic.LoadUint64(&s.local)
		s.word.Store(word)
		s.state().word = at
	}
	return lock, nil
}

func (s *shared) receive(data []byte) error {
	if err := s.owned.receive(data); err != nil || s.away != nil {
		return err
	}
	s.word.Store(shm.At[uint64](s.space.region, s.state().word))
	return nil
}
