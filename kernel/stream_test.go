package kernel

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"lockstep/kernel/wire"
)

// record is a batcher whose messages are kept with the time at which they were
// sent.
type record struct {
	*batcher
	flusher flusher
	start   time.Time
	got     []string // "stdout "text" at 20ms"
	longest int
}

func newRecord() *record {
	r := &record{start: time.Now()}
	r.batcher = newBatcher(&r.flusher, func(c wire.StreamContent) {
		r.longest = max(r.longest, len(c.Text))
		if len(c.Text) > 100 {
			c.Text = fmt.Sprintf("%d bytes", len(c.Text))
		}
		r.got = append(r.got, fmt.Sprintf("%s %q at %v", c.Name, c.Text, time.Since(r.start)))
	})
	return r
}

func (r *record) want(t *testing.T, want ...string) {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if diff := cmp.Diff(want, r.got); diff != "" {
		t.Error("-want +got:\n" + diff)
	}
}

func TestBatches(t *testing.T) {
	long := strings.Repeat("x", maxText)
	tests := []struct {
		name  string
		write func(*record)
		want  []string
	}{
		{"first text comes soon", func(r *record) {
			r.write(wire.Stdout, "a")
			r.write(wire.Stdout, "b\n")
		}, []string{`stdout "ab\n" at 20ms`}},
		{"then in intervals", func(r *record) {
			for i := range 26 {
				r.write(wire.Stdout, string(rune('a'+i)))
				time.Sleep(7 * time.Millisecond)
			}
		}, []string{`stdout "abc" at 20ms`, `stdout "defghijklmnopqr" at 120ms`, `stdout "stuvwxyz" at 220ms`}},
		{"streams keep their order", func(r *record) {
			r.write(wire.Stdout, "a")
			r.write(wire.Stderr, "b")
			r.write(wire.Stdout, "c")
		}, []string{`stdout "a" at 20ms`, `stderr "b" at 20ms`, `stdout "c" at 20ms`}},
		{"other messages push it out", func(r *record) {
			r.write(wire.Stdout, "a")
			r.then(func() { r.got = append(r.got, "other") })
			r.write(wire.Stdout, "b")
		}, []string{`stdout "a" at 0s`, "other", `stdout "b" at 100ms`}},
		{"a lot goes at once", func(r *record) { r.write(wire.Stdout, long+"rest") },
			[]string{`stdout "1048576 bytes" at 0s`, `stdout "rest" at 100ms`}},
		{"rune in two writes", func(r *record) {
			r.write(wire.Stdout, "a\xe2\x82")
			time.Sleep(time.Second)
			r.write(wire.Stdout, "\xacb")
		}, []string{`stdout "a" at 20ms`, `stdout "€b" at 1.02s`}},
		{"rune in four writes, with the other stream between", func(r *record) {
			for _, b := range []string{"\xf0", "\x9f", "\x98", "\x80"} {
				r.write(wire.Stdout, b)
				r.write(wire.Stderr, "e")
			}
		}, []string{`stderr "eee" at 20ms`, `stdout "😀" at 20ms`, `stderr "e" at 20ms`}},
		{"rune at the limit of a message", func(r *record) { r.write(wire.Stdout, long[1:]+"€") },
			[]string{`stdout "1048575 bytes" at 0s`, `stdout "€" at 100ms`}},
		{"no room for a rune of the other stream", func(r *record) {
			r.write(wire.Stdout, long[1:])
			r.write(wire.Stderr, "€")
		}, []string{`stdout "1048575 bytes" at 0s`, `stderr "€" at 100ms`}},
		{"what is no UTF-8", func(r *record) {
			r.write(wire.Stdout, "a\xffb")
			r.write(wire.Stdout, "\xe2\x82x")
		}, []string{`stdout "a` + "\uFFFD" + `b` + "\uFFFD" + `x" at 20ms`}},
		{"half a rune at the end", func(r *record) {
			r.write(wire.Stdout, "a\xe2\x82")
			r.end()
		}, []string{`stdout "a` + "\uFFFD" + `" at 0s`}},
		{"text after the end", func(r *record) {
			r.end()
			r.write(wire.Stdout, "late")
		}, []string{`stdout "late" at 20ms`}},
		{"the kernel ends", func(r *record) {
			r.write(wire.Stdout, "a")
			r.flusher.close()
			r.write(wire.Stdout, "too late")
		}, []string{`stdout "a" at 0s`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecord()
				tt.write(r)
				time.Sleep(time.Second)
				r.want(t, tt.want...)
				if len(r.flusher.waiting) > 0 || r.timer != nil {
					t.Errorf("got %d batchers waiting, timer %v, want all sent", len(r.flusher.waiting), r.timer)
				}
			})
		})
	}
}

// TestMessagesPerSecond has a cell print all the time.
func TestMessagesPerSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		for range 3000 {
			r.write(wire.Stdout, "line\n")
			time.Sleep(time.Millisecond)
		}
		r.end()
		if n := len(r.got); n > 32 {
			t.Errorf("got %d messages in 3 s, want about 10 a second", n)
		}
	})
}

// TestAnyChunks: however text is cut into writes, it arrives as it is, and every
// message is UTF-8.
func TestAnyChunks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(0, 200, -1).Draw(t, "text")
		var f flusher
		var got strings.Builder
		b := newBatcher(&f, func(c wire.StreamContent) {
			if !utf8.ValidString(c.Text) {
				t.Errorf("message %q is no UTF-8", c.Text)
			}
			got.WriteString(c.Text)
		})
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, min(5, len(rest))).Draw(t, "bytes")
			b.write(wire.Stdout, rest[:n])
			rest = rest[n:]
			if rapid.Bool().Draw(t, "flush") {
				b.then(func() {})
			}
		}
		b.end()
		if got.String() != text {
			t.Errorf("got %q, want %q", got.String(), text)
		}
	})
}

func TestRuneBoundary(t *testing.T) {
	tests := []struct {
		s    string
		n    int
		want int
	}{
		{"abc", 2, 2}, {"abc", 3, 3}, {"abc", 9, 3},
		{"a€", 1, 1}, {"a€", 2, 1}, {"a€", 3, 1}, {"a€", 4, 4},
		{"😀", 3, 0},
		{"\x80\x80\x80\x80\x80\x80", 4, 4}, // no UTF-8: anywhere
	}
	for _, tt := range tests {
		if got := runeBoundary(tt.s, tt.n); got != tt.want {
			t.Errorf("runeBoundary(%q, %d): got %d, want %d", tt.s, tt.n, got, tt.want)
		}
	}
}

// TestFloodWaits: while a message cannot be sent, who prints more waits, and no
// more than one message's text is kept.
func TestFloodWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := make(chan struct{})
		sent := 0
		var f flusher
		b := newBatcher(&f, func(c wire.StreamContent) {
			<-slow
			sent += len(c.Text)
		})
		written := 0
		done := make(chan struct{})
		go func() {
			defer close(done)
			for range 100 {
				b.write(wire.Stdout, strings.Repeat("x", maxText/4))
				written += maxText / 4
			}
		}()
		synctest.Wait()
		if written > maxText {
			t.Errorf("got %d bytes taken while nothing could be sent, want at most %d", written, maxText)
		}
		close(slow)
		<-done
		b.end()
		if sent != written {
			t.Errorf("got %d bytes sent, want %d", sent, written)
		}
	})
}
