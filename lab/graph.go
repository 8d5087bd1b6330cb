package lab

import (
	"slices"
	"sync/atomic"

	"lockstep/exec/shm"
)

// wish is [world.wish] for shared locks. Goroutines whose process has died leave
// their wishes behind, which nobody comes to: they hold nothing any more.
func (s *space) wish(w *world, me id, o *owned) (done func()) {
	s.enter(&s.dir.graph)
	defer s.exit(&s.dir.graph)
	entry := s.free(me)
	if entry == nil {
		return func() {} // so many wait that nobody can tell for whom
	}
	entry.lock = o.at
	atomic.StoreUint64((*uint64)(&entry.who), uint64(me))
	if circle := s.circle(me, o.at); circle != nil {
		entry.who = 0
		s.exit(&s.dir.graph)
		defer s.enter(&s.dir.graph) // for the deferred exit
		panic(&DeadlockError{w.describe(circle)})
	}
	return func() {
		s.enter(&s.dir.graph)
		defer s.exit(&s.dir.graph)
		entry.who = 0
	}
}

// probes is how many places of the table of wishes a goroutine can have.
const probes = 32

// free returns a place for the wish of a goroutine, nil if there is none.
func (s *space) free(me id) *sharedWish {
	for i := range uint64(probes) {
		e := &s.dir.graphs[place(me, i)]
		if e.who == 0 || !s.atWork(e.who.process()) {
			return e
		}
	}
	return nil
}

func place(who id, probe uint64) uint64 {
	return (uint64(who)*0x9e3779b97f4a7c15>>32 + probe) % wishes
}

// wanted returns what a goroutine waits for; 0: nothing.
func (s *space) wanted(who id) shm.Offset {
	for i := range uint64(probes) {
		if e := &s.dir.graphs[place(who, i)]; e.who == who {
			return e.lock
		}
	}
	return 0
}

// circle is that of the shared graph; see [world.circle].
func (s *space) circle(me id, at shm.Offset) []step {
	var path []step
	for who := me; ; {
		p := shm.At[placed[ownedState]](s.region, at)
		path = append(path, step{who, at, string(p.head.name[:min(int(p.head.nameLen), len(p.head.name))])})
		holder := p.state.heldBy()
		if holder == me {
			return path
		}
		next := s.wanted(holder)
		if holder == 0 || next == 0 || slices.ContainsFunc(path, func(p step) bool { return p.who == holder }) {
			return nil
		}
		who, at = holder, next
	}
}
