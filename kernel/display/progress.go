package display

import (
	"fmt"
	"html"
	"strings"
	"sync"
	"time"
)

// barInterval is the time between two updates of a bar: ten a second look
// continuous, and a loop of a million steps sends a handful of messages.
const barInterval = 100 * time.Millisecond

// Bar is a progress bar in a notebook. Its methods may be called as often as
// one likes and concurrently: about ten updates a second are sent, and the last
// state is always shown.
type Bar struct {
	h     *Handle
	total int

	mu      sync.Mutex
	n       int
	message string
	done    bool
	shown   time.Time // when the last update was sent
	waiting bool      // a goroutine is going to flush
	dirty   bool      // the state differs from what is shown
}

// Progress shows a progress bar for total steps. If total is less than 1, the
// end is not known: the bar moves and shows the number of steps.
func Progress(total int) *Bar {
	b := &Bar{total: total, shown: time.Now()}
	b.h = show("display.Progress", b.bundle())
	return b
}

// Progress replaces the output by a progress bar for total steps.
func (h *Handle) Progress(total int) *Bar {
	b := &Bar{h: h, total: total, shown: time.Now()}
	h.update(b.bundle())
	return b
}

// Set shows that n steps are done.
func (b *Bar) Set(n int) { b.change(func() { b.n = n }) }

// Add shows that n more steps are done.
func (b *Bar) Add(n int) { b.change(func() { b.n += n }) }

// Message shows a text beside the bar.
func (b *Bar) Message(text string) { b.change(func() { b.message = text }) }

// Done shows the bar as finished, at once. Later calls change nothing.
func (b *Bar) Done() {
	b.change(func() {
		b.done = true
		if b.total > 0 {
			b.n = b.total
		}
	})
}

func (b *Bar) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done {
		return
	}
	f()
	b.dirty = true
	wait := barInterval - time.Since(b.shown)
	if b.done || wait <= 0 {
		b.showLocked()
		return
	}
	if !b.waiting {
		b.waiting = true
		b.h.o.hold(b)
		// A goroutine and not time.AfterFunc: it inherits the labels by which the session knows the cell.
		go func() {
			for ; wait > 0; wait = b.late() {
				time.Sleep(wait)
			}
		}()
	}
}

// late shows what was held back. If another update went out meanwhile, it
// returns the time until the next is due.
func (b *Bar) late() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if wait := barInterval - time.Since(b.shown); b.dirty && wait > 0 {
		return wait
	}
	b.flushLocked()
	return 0
}

func (b *Bar) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flushLocked()
}

func (b *Bar) flushLocked() {
	b.waiting = false
	b.h.o.drop(b)
	if b.dirty {
		b.showLocked()
	}
}

// showLocked sends the state; b.mu is held, so that updates cannot overtake each other.
func (b *Bar) showLocked() {
	b.dirty = false
	b.shown = time.Now()
	b.h.update(b.bundle())
}

func (b *Bar) bundle() Bundle {
	n := b.n
	text, value := count(n), ""
	switch {
	case b.total > 0:
		n = min(max(n, 0), b.total)
		text = fmt.Sprintf("%s of %s", count(b.n), count(b.total))
		value = fmt.Sprintf(` value="%d" max="%d"`, n, b.total)
	case b.done:
		value = ` value="1" max="1"`
	}
	plain := text
	if b.total > 0 {
		const width = 20
		full := int(int64(n) * width / int64(b.total))
		percent := int(int64(n) * 100 / int64(b.total))
		plain = fmt.Sprintf("[%s%s] %3d %% (%s)", strings.Repeat("#", full), strings.Repeat(".", width-full), percent, text)
	}
	if b.done {
		plain += ", done"
	}
	if b.message != "" {
		text += " · " + b.message
		plain += " " + b.message
	}
	return Bundle{Data: map[string]any{
		MIMEHTML: `<div><progress` + value + ` style="width:20em;max-width:60%;vertical-align:middle"></progress> ` +
			`<span style="font-variant-numeric:tabular-nums">` + html.EscapeString(text) + `</span></div>`,
		MIMEText: plain,
	}}
}
