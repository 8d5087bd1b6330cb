package kernel

import (
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"lockstep/kernel/wire"
)

const (
	// flushInterval is the time between two messages with text. jupyter_server
	// lets a client have 1,000 messages in a second, all kinds together, and each
	// costs the browser a change of the page.
	flushInterval = 100 * time.Millisecond

	// flushDelay is how long the first text after a pause waits for more. It is
	// below what a person notices, and above what passes between the parts of
	// one line.
	flushDelay = 20 * time.Millisecond

	// maxText is the most text in one message, in bytes, and so the most that is
	// collected. jupyter_server takes 1 MB of text a second on average; larger
	// messages gain nothing.
	maxText = 1 << 20
)

// batcher collects the text that a request prints and sends it in few
// messages: after flushInterval, when there is maxText of it, and before
// anything else that the request sends. The order of all is kept. Whoever
// writes while a message is being sent waits, which is what keeps a flood of
// text from filling the memory when clients are slow. A rune whose bytes come in
// several writes is put together.
type batcher struct {
	send    func(wire.StreamContent)
	flusher *flusher

	mu    sync.Mutex
	parts []part
	size  int
	cut   [2]string // of stdout and stderr: the beginning of a rune
	timer *time.Timer
	sent  time.Time // when text was sent the last time
}

// part is text that was written to one stream without a break.
type part struct {
	name wire.StreamName
	text []byte
}

func newBatcher(f *flusher, send func(wire.StreamContent)) *batcher {
	return &batcher{send: send, flusher: f}
}

// write adds text.
func (b *batcher) write(name wire.StreamName, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	cut := &b.cut[0]
	if name == wire.Stderr {
		cut = &b.cut[1]
	}
	if *cut != "" {
		text = *cut + text
	}
	n := wholeRunes(text)
	// The clone does not hold on to a long text for its last three bytes.
	text, *cut = text[:n], strings.Clone(text[n:])
	b.add(name, text)
}

// add adds text that ends with a whole rune. b.mu is held.
func (b *batcher) add(name wire.StreamName, text string) {
	for text != "" {
		if b.size == 0 && !b.flusher.add(b) {
			return // the sockets are about to close
		}
		n := runeBoundary(text, maxText-b.size)
		if n > 0 {
			b.append(name, text[:n])
		}
		if text = text[n:]; text != "" {
			b.flush()
		}
	}
	if b.size > 0 && b.timer == nil {
		wait := max(flushDelay, flushInterval-time.Since(b.sent))
		b.timer = time.AfterFunc(wait, b.tick)
	}
}

func (b *batcher) append(name wire.StreamName, text string) {
	b.size += len(text)
	if n := len(b.parts); n > 0 && b.parts[n-1].name == name {
		b.parts[n-1].text = append(b.parts[n-1].text, text...)
		return
	}
	b.parts = append(b.parts, part{name, []byte(text)})
}

func (b *batcher) tick() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flush()
}

// then sends the text so far and calls f before any text that is written later
// is sent.
func (b *batcher) then(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.flush()
	f()
}

// end sends the text so far, and the beginnings of runes with it: when the cell
// is over, the rest will hardly come.
func (b *batcher) end() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, name := range [...]wire.StreamName{wire.Stdout, wire.Stderr} {
		cut := b.cut[i]
		b.cut[i] = ""
		b.add(name, cut)
	}
	b.flush()
}

// flush sends the text so far. b.mu is held.
func (b *batcher) flush() {
	if b.timer != nil {
		b.timer.Stop() // a tick that is under way finds nothing, or a bit early
		b.timer = nil
	}
	if b.size == 0 {
		return
	}
	for i, p := range b.parts {
		b.parts[i] = part{}
		b.send(wire.StreamContent{Name: p.name, Text: strings.ToValidUTF8(string(p.text), "\uFFFD")})
	}
	b.parts, b.size, b.sent = b.parts[:0], 0, time.Now()
	b.flusher.remove(b)
}

// wholeRunes returns the length of s without a rune at its end that may go on
// in the next write.
func wholeRunes(s string) int {
	for n := len(s) - 1; n >= 0 && n > len(s)-utf8.UTFMax; n-- {
		if utf8.RuneStart(s[n]) {
			if !utf8.FullRuneInString(s[n:]) {
				return n
			}
			break
		}
	}
	return len(s)
}

// runeBoundary returns the largest index up to n at which s can be split. Bytes
// that are no UTF-8 can be split anywhere.
func runeBoundary(s string, n int) int {
	if n >= len(s) {
		return len(s)
	}
	for i := n; i >= 0 && i > n-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			return i
		}
	}
	return n
}

// flusher knows the batchers that have text to send, so that nothing is lost
// when the kernel ends. The zero value is empty and open.
type flusher struct {
	mu      sync.Mutex
	waiting map[*batcher]struct{}
	closed  bool
}

// add notes that b has text; false when it comes too late.
func (f *flusher) add(b *batcher) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	if f.waiting == nil {
		f.waiting = make(map[*batcher]struct{})
	}
	f.waiting[b] = struct{}{}
	return true
}

func (f *flusher) remove(b *batcher) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.waiting, b)
}

// close sends all text that waits and lets no more be added.
func (f *flusher) close() {
	f.mu.Lock()
	f.closed = true
	waiting := f.waiting
	f.waiting = nil
	f.mu.Unlock()
	for b := range waiting {
		b.then(func() {})
	}
}
