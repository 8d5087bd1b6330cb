package display

import (
	"crypto/rand"
	"strconv"
	"sync"
	"sync/atomic"
)

// Host is the session that the calls for cells send their output to. Show is
// called from any goroutine, concurrently; the delayed updates of a [Bar] come
// from a goroutine that one of the cell's goroutines started, so that it
// carries their labels. A Host may be a [Formatter] too.
type Host interface {
	Show(Message)
}

// Formatter is a [Host] that knows more about a value than reflection does:
// [Any] and [Handle.Any] ask it.
type Formatter interface {
	Format(v any) Bundle
}

// outlet is a Host with what belongs to its time: the prefix that makes display
// ids unique, and the bars that have something left to show.
type outlet struct {
	host   Host
	prefix string
	count  atomic.Uint64

	mu    sync.Mutex
	dirty map[*Bar]struct{}
}

// current is the process's outlet. Calls of cells have no receiver that could
// carry it.
var current atomic.Pointer[outlet]

// SetHost names the session that shows what cells display. It is called once,
// before the first cell; a later call takes effect for later output.
func SetHost(h Host) {
	current.Store(&outlet{host: h, prefix: rand.Text(), dirty: map[*Bar]struct{}{}})
}

// NoHostError is the panic value of a call for cells in a program that is not a session.
type NoHostError struct {
	Call string // "display.HTML"
}

func (e *NoHostError) Error() string {
	return e.Call + ": no session to show the output in: display works in the cells of a notebook"
}

func outletFor(call string) *outlet {
	if o := current.Load(); o != nil && o.host != nil {
		return o
	}
	panic(&NoHostError{Call: call})
}

func (o *outlet) newID() string {
	return o.prefix + "-" + strconv.FormatUint(o.count.Add(1), 10)
}

func (o *outlet) hold(b *Bar) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.dirty[b] = struct{}{}
}

func (o *outlet) drop(b *Bar) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.dirty, b)
}

// Flush shows what progress bars still hold back. The session calls it at the
// end of each cell, so that the last state arrives before the cell is done.
func Flush() {
	o := current.Load()
	if o == nil {
		return
	}
	o.mu.Lock()
	bars := make([]*Bar, 0, len(o.dirty))
	for b := range o.dirty {
		bars = append(bars, b)
	}
	o.mu.Unlock()
	for _, b := range bars {
		b.flush()
	}
}
