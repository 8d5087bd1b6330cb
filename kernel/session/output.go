package session

import (
	"io"
	"os"
	"regexp"
	"sync"
	"time"

	"lockstep/exec/gil"
	"lockstep/exec/procs"
	"lockstep/kernel/pipe"
)

// outbox collects what cells print and sends it in order: soon, when it is
// much, or at the fence at the end of a cell.
type outbox struct {
	conn *pipe.Conn

	mu      sync.Mutex
	pending []piece
	size    int
	armed   bool

	sending sync.Mutex // held while a batch goes out, so that batches keep their order

	// direct sends everything to the process's own streams: that of a worker,
	// whose session captures them.
	direct bool
}

// piece is text of one stream of one cell.
type piece struct {
	cell, name string
	text       []byte
}

const (
	outboxDelay = 10 * time.Millisecond // shorter than the kernel's own batching
	outboxBytes = 64 << 10
)

func newOutbox(c *pipe.Conn) *outbox { return &outbox{conn: c} }

// write adds text of a cell. It blocks while the kernel does not read, so that
// a flood does not fill the memory.
func (o *outbox) write(cell, name string, text []byte) {
	if o.direct {
		if procs.Written(name, text) {
			return
		}
		file := os.Stdout
		if name == "stderr" {
			file = os.Stderr
		}
		_, _ = file.Write(text)
		return
	}
	o.mu.Lock()
	if n := len(o.pending); n > 0 && o.pending[n-1].cell == cell && o.pending[n-1].name == name {
		o.pending[n-1].text = append(o.pending[n-1].text, text...)
	} else {
		o.pending = append(o.pending, piece{cell, name, append(make([]byte, 0, 512), text...)})
	}
	o.size += len(text)
	full := o.size >= outboxBytes
	if !full && !o.armed {
		o.armed = true
		time.AfterFunc(outboxDelay, o.flush)
	}
	o.mu.Unlock()
	if full {
		gil.Block(o.flush)
	}
}

// flush sends what is pending.
func (o *outbox) flush() {
	o.sending.Lock()
	defer o.sending.Unlock()
	o.mu.Lock()
	batch := o.pending
	o.pending, o.size, o.armed = nil, 0, false
	o.mu.Unlock()
	for _, m := range batch {
		_ = o.conn.Send(pipe.Output{Cell: m.cell, Name: m.name, Text: string(m.text)})
	}
}

// fence sends everything, what went to the raw descriptors included.
func (o *outbox) fence() {
	o.flush()
	_, _ = os.Stdout.WriteString(pipe.Fence)
	_, _ = os.Stderr.WriteString(pipe.Fence)
}

// stream is a writer that knows the cell of the goroutine that writes.
type stream struct {
	o    *outbox
	name string
}

func (o *outbox) stream(name string) *stream { return &stream{o, name} }

// Write never fails.
func (w *stream) Write(p []byte) (int, error) {
	w.o.write(cellLabel(), w.name, p)
	return len(p), nil
}

// WriteString is Write for a string.
func (w *stream) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// cellLabel is the cell of the current goroutine; labels are inherited, so
// this also holds for goroutines that a cell started and that outlive it.
func cellLabel() string {
	cell, _ := gil.Label("cell")
	return cell
}

func (h streams) Stdout() io.Writer { return h.s.out.stream("stdout") }
func (h streams) Stderr() io.Writer { return h.s.out.stream("stderr") }
func (h streams) Stdin() io.Reader  { return &input{h.s} }

// quiet is yaegi's standard error: the notes that it writes for each frame that a
// panic unwinds are dropped, the rest is the cell's.
type quiet struct{ s *Session }

var panicNote = regexp.MustCompile(`^[^\n]*\d+:\d+: panic(: [^\n]*)?\n$`)

func (q quiet) Write(p []byte) (int, error) {
	if !panicNote.Match(p) {
		return q.s.out.stream("stderr").Write(p)
	}
	return len(p), nil
}
