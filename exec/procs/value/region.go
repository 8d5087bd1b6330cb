package value

import (
	"cmp"
	"slices"
	"unsafe"
)

// region is memory that is sent as one piece: elements of one type in a row.
type region struct {
	start  unsafe.Pointer
	layout *layout
	reach  int    // elements until the end of what anybody may use
	sent   []span // elements whose contents are sent, in order, apart
	alloc  int    // elements that the receiver has to make room for
}

// span is the elements from … to-1.
type span struct{ from, to int }

// Spare room is what a region has beyond and between the elements that are
// sent. The receiver makes room for it on the sender's word alone; hence the
// bounds, in bytes, for one stretch of it, and for all beyond and all between.
const (
	maxSpare    = 1 << 20
	maxSpareAll = 64 << 20
)

func (r *region) size() uintptr { return r.layout.size }

// add notes that elements from … to-1 are sent. Spans come in order of from.
func (r *region) add(from, to int) {
	if from >= to {
		return
	}
	if n := len(r.sent); n > 0 && from <= r.sent[n-1].to {
		r.sent[n-1].to = max(r.sent[n-1].to, to)
		return
	}
	r.sent = append(r.sent, span{from, to})
}

// end is the number of elements up to the last that is sent.
func (r *region) end() int {
	if len(r.sent) == 0 {
		return 0
	}
	return r.sent[len(r.sent)-1].to
}

// joinAll looks at everything that the variables refer to, and joins requests
// whose memory overlaps to regions.
func (e *encoder) joinAll() *Error {
	for {
		if err := e.scanAll(); err != nil {
			return err
		}
		before := len(e.tasks)
		if err := e.join(); err != nil {
			return err
		}
		if len(e.tasks) == before {
			return nil
		}
	}
}

// join makes the regions. It may find that more has to be looked at: then it
// has to be called again.
func (e *encoder) join() *Error {
	order := make([]int32, len(e.requests))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		x, y := &e.requests[a], &e.requests[b]
		return cmp.Or(
			cmp.Compare(uintptr(x.start), uintptr(y.start)),
			cmp.Compare(uintptr(y.reach)*y.layout.size, uintptr(x.reach)*x.layout.size),
			cmp.Compare(a, b))
	})
	e.regions, e.gaps = e.regions[:0], maxSpareAll
	for _, i := range order {
		if err := e.place(i); err != nil {
			return err
		}
	}
	budget := uintptr(maxSpareAll)
	for i := range e.regions {
		r := &e.regions[i]
		size := r.size()
		spare := uintptr(max(r.reach-r.end(), 0)) * size
		if spare = min(spare, maxSpare, budget); spare > 0 {
			budget -= spare
		}
		r.alloc = r.end() + int(spare/size)
	}
	return nil
}

// place puts a request into the last region or makes one for it.
func (e *encoder) place(i int32) *Error {
	q := &e.requests[i]
	if len(e.regions) == 0 {
		e.open(q, q.start, q.layout)
		return nil
	}
	r := &e.regions[len(e.regions)-1]
	distance := uintptr(q.start) - uintptr(r.start)
	if distance >= uintptr(r.reach)*r.size() {
		e.open(q, q.start, q.layout)
		return nil
	}
	index := int(distance / r.size())
	within := distance % r.size()
	aligned := within == 0 && same(r.layout.t, q.layout.t)
	if gap := uintptr(max(index-r.end(), 0)) * r.size(); gap <= min(maxSpare, e.gaps) {
		e.gaps -= gap
	} else {
		// So far apart that they may as well be two pieces.
		r.reach = index
		e.open(q, unsafe.Add(r.start, uintptr(index)*r.size()), r.layout)
		r = &e.regions[len(e.regions)-1]
		index, distance = 0, within
	}
	switch {
	case aligned:
		r.add(index, index+q.length)
		r.reach = max(r.reach, index+q.reach)
	case r.layout.locate(within, q.layout, e.layouts) >= max(q.length, 1):
		if index >= r.end() && q.length > 0 {
			e.whole(q, r.layout, unsafe.Add(r.start, uintptr(index)*r.size()))
			r.add(index, index+1)
			q = &e.requests[i] // the list may have moved
		}
	case distance == 0 && r.reach == 1 && q.layout.locate(0, r.layout, e.layouts) > 0:
		// The same place as a struct and as its only field.
		*r = region{start: q.start, layout: q.layout, reach: q.reach}
		r.add(0, q.length)
		if q.length == 0 {
			e.whole(q, q.layout, q.start)
			q = &e.requests[i]
			r.add(0, 1)
		}
	default:
		return &Error{Path: e.pathOfRequest(i), Type: q.layout.t.String(), Remedy: remedyUnsafe}
	}
	q.region, q.offset = int32(len(e.regions)-1), distance
	return nil
}

// whole requests all of an element of which something else is a part: it will
// be sent, so it has to be looked at.
func (e *encoder) whole(part *request, l *layout, p unsafe.Pointer) {
	current := e.current
	e.current = part.parent
	_ = e.want(l, p, 1, 1, false) // nothing is sought
	e.current = current
}

// open makes a region that begins at start for a request.
func (e *encoder) open(q *request, start unsafe.Pointer, l *layout) {
	e.regions = append(e.regions, region{start: start, layout: l})
	r := &e.regions[len(e.regions)-1]
	q.region, q.offset = int32(len(e.regions)-1), uintptr(q.start)-uintptr(start)
	if l == q.layout {
		r.add(0, q.length)
		r.reach = q.reach
	} else {
		r.reach = 1
	}
}

func (e *encoder) pathOfRequest(i int32) string {
	for t := range e.tasks {
		if e.tasks[t].request == i {
			return e.pathTo(int32(t), "")
		}
	}
	for t, top := range e.tops {
		if top == i {
			return e.roots[t].Name
		}
	}
	if parent := e.requests[i].parent; parent >= 0 {
		return e.pathTo(parent, "")
	}
	return ""
}
