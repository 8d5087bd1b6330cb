package gil

import (
	"slices"
	"sync"
	"time"
)

// MaxSpans bounds the memory of a [Timeline].
const MaxSpans = 100_000

// Span is a stretch of time that one thread of a worker spent in a state.
type Span struct {
	Worker     int
	State      State
	Start, End time.Duration // since the start signal
}

// Timeline is what the workers did when.
type Timeline struct {
	Spans []Span // by start
	// Stride is 1 if the list is complete; else only each Stride-th span was
	// kept, so that there are at most MaxSpans.
	Stride int
}

// Thinned keeps at most so many of the values that are added to it: all of them or, evenly, each
// Stride-th. Make it with [NewThinned]; it is for one goroutine at a time.
type Thinned[T any] struct {
	Kept   []T // in the order in which they were added
	Stride int

	max, seen int
}

// NewThinned returns one that keeps at most max values.
func NewThinned[T any](max int) Thinned[T] { return Thinned[T]{Stride: 1, max: max} }

// Add adds a value.
func (t *Thinned[T]) Add(v T) {
	if t.seen++; (t.seen-1)%t.Stride != 0 {
		return
	}
	if len(t.Kept) == t.max {
		for i := range t.max / 2 {
			t.Kept[i] = t.Kept[2*i]
		}
		t.Kept = t.Kept[:t.max/2]
		t.Stride *= 2
		if (t.seen-1)%t.Stride != 0 {
			return
		}
	}
	t.Kept = append(t.Kept, v)
}

// recorder collects spans.
type recorder struct {
	mu    sync.Mutex
	spans Thinned[Span]
}

func (r *recorder) add(s Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans.Add(s)
}

// Record makes the group keep a [Timeline].
func (g *Group) Record() { g.recorder = &recorder{spans: NewThinned[Span](MaxSpans)} }

// Timeline returns what was recorded until now.
func (g *Group) Timeline() Timeline {
	r := g.recorder
	if r == nil {
		return Timeline{Stride: 1}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	spans := slices.Clone(r.spans.Kept)
	slices.SortFunc(spans, func(a, b Span) int { return int(a.Start - b.Start) })
	return Timeline{Spans: spans, Stride: r.spans.Stride}
}
