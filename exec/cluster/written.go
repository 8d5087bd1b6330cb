package cluster

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

// What a task writes comes with its result, unless it takes longer than liveAfter: then it comes as it is
// written, every liveEvery, in chunks that are stored as results are. A task that is shorter costs nothing more.
const (
	liveAfter = 500 * time.Millisecond
	liveEvery = 250 * time.Millisecond
	// outputBytes is what is kept of an attempt's output, chunks and result together.
	outputBytes = inlineBytes / 2
)

// written is what the task at hand writes, until it is sent.
type written struct {
	sending sync.Mutex // held while a chunk is on its way; locked before mu

	mu      sync.Mutex // of what follows
	task    *holding   // nil: none
	began   time.Time
	texts   []Text
	room    int // bytes that may still be kept
	dropped int
	chunks  int // that are sent or on their way
}

// begin makes another task the one at hand, and returns what the one before has written and was not sent.
func (w *written) begin(h *holding) []Text {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.texts
	if w.dropped > 0 {
		rest = append(rest, Text{"stderr", fmt.Sprintf("… (%d more bytes were written, which is more than is kept of a task's output)\n", w.dropped)})
	}
	w.task, w.began, w.texts, w.room, w.dropped, w.chunks = h, time.Now(), nil, outputBytes, 0, 0
	return rest
}

// add takes what the worker process writes.
func (w *written) add(stream, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.task == nil {
		return // of a goroutine that has outlived the task
	}
	if len(text) > w.room {
		w.dropped += len(text) - w.room
		text = strings.ToValidUTF8(text[:w.room], "")
		w.room = 0
		if text == "" {
			return
		}
	} else {
		w.room -= len(text)
	}
	if n := len(w.texts); n > 0 && w.texts[n-1].Stream == stream {
		w.texts[n-1].Text += text
		return
	}
	w.texts = append(w.texts, Text{stream, text})
}

// sent returns when no chunk is on its way: what is sent then comes after all of them.
func (w *written) sent() {
	w.sending.Lock()
	defer w.sending.Unlock()
}

// take returns what is to be sent of a task that has run for a while; n is the chunk's number.
func (w *written) take() (h *holding, began time.Time, n int, texts []Text) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.task == nil || len(w.texts) == 0 || time.Since(w.began) < liveAfter {
		return nil, time.Time{}, 0, nil
	}
	texts, w.texts = w.texts, nil
	w.chunks++
	return w.task, w.began, w.chunks, texts
}

// tellOn sends what tasks write while they run.
func (s *seat) tellOn(stopped <-chan struct{}) {
	tick := time.NewTicker(liveEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.tell()
		case <-stopped:
			return
		}
	}
}

func (s *seat) tell() {
	w, b := &s.written, s.bench
	w.sending.Lock()
	defer w.sending.Unlock()
	h, began, n, texts := w.take()
	if h == nil {
		return
	}
	r := &Result{Index: h.Index, Node: b.n.o.Name, Seat: s.number, Attempt: h.attempt, Start: began, Output: texts, chunk: n}
	err := publish(b.ctx, b.n.js, 1, func(int) (*nats.Msg, error) {
		id := b.order.Run + "." + strconv.Itoa(r.Index) + "." + strconv.Itoa(r.Attempt) + "." + strconv.Itoa(n)
		return message(resultSubject+b.order.Run, id, r.encode()), nil
	})
	if err != nil && b.ctx.Err() == nil {
		b.n.log.Warn("output of a task is lost", "err", err)
	}
}

// shown is what a reader has shown of a task's output before its result.
type shown struct {
	attempt int         // that was shown last
	chunks  map[int]int // of each attempt
}

// hear hands a chunk of a task's output to who waits for its result, once.
func (t *Team) hear(r *Result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.pending[r.Index]
	if w == nil || w.seen[r.Index-w.first] || w.live == nil {
		return
	}
	t.figures.Received += int64(r.bytes)
	r.Index -= w.first
	if w.shown == nil {
		w.shown = map[int]*shown{}
	}
	s := w.shown[r.Index]
	if s == nil {
		s = &shown{chunks: map[int]int{}}
		w.shown[r.Index] = s
	}
	if r.chunk <= s.chunks[r.Attempt] {
		return
	}
	s.chunks[r.Attempt] = r.chunk
	s.mark(r)
	w.live(r)
}

// mark tells in the output of an attempt that what is above it is of another, which was lost or is believed to be. s may be nil.
func (s *shown) mark(r *Result) {
	if s == nil || len(r.Output) == 0 {
		return
	}
	if s.attempt != 0 && s.attempt != r.Attempt {
		text := fmt.Sprintf("(from here on attempt %d of the task, on %s; above is attempt %d)\n", r.Attempt, r.Node, s.attempt)
		r.Output = append([]Text{{"stderr", text}}, r.Output...)
	}
	s.attempt = r.Attempt
}
