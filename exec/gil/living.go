package gil

import (
	"sync"
	"sync/atomic"
)

// lastID is the number that the latest thread got.
var lastID atomic.Uint32

// nextID leaves out 0, and the largest number, which others use for something else.
func nextID() uint32 {
	for {
		if id := lastID.Add(1); id != 0 && id != 1<<32-1 {
			return id
		}
	}
}

// living are the threads that have begun and not ended, by number, in parts so that
// those that begin at the same time do not meet.
var living registry

type registry struct {
	parts [32]struct {
		sync.Mutex
		threads map[uint32]*Thread
		_       [48]byte // up to a cache line
	}
}

func (r *registry) add(t *Thread) {
	p := &r.parts[t.id%uint32(len(r.parts))]
	p.Lock()
	defer p.Unlock()
	if p.threads == nil {
		p.threads = map[uint32]*Thread{}
	}
	p.threads[t.id] = t
}

func (r *registry) remove(t *Thread) {
	p := &r.parts[t.id%uint32(len(r.parts))]
	p.Lock()
	defer p.Unlock()
	delete(p.threads, t.id)
}

// Lives reports whether the thread with a number has begun and not ended yet.
func Lives(id uint32) bool {
	p := &living.parts[id%uint32(len(living.parts))]
	p.Lock()
	defer p.Unlock()
	return p.threads[id] != nil
}

// BlockedMarks returns the marks of the threads of this process that are blocked now, between [Release] and [Acquire] or in what
// calls them.
func BlockedMarks() (marks []int) {
	for i := range living.parts {
		p := &living.parts[i]
		p.Lock()
		for _, t := range p.threads {
			if b := t.blocked.Load(); b > 0 {
				marks = append(marks, int(b-1))
			}
		}
		p.Unlock()
	}
	return marks
}
