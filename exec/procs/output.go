package procs

import (
	"bytes"
	"io"
	"regexp"
	"strings"
	"sync"
)

// output passes on what the processes of a crew write.
type output struct {
	mu   sync.Mutex // of calls of sink
	sink func(worker int, stream, text string)
}

func (o *output) emit(worker int, stream string, text []byte) {
	if len(text) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sink(worker, stream, string(text))
}

// Bounds on what is kept in memory, in bytes: of a line that does not end, of
// what may be a crash report, and of what a process said last.
const (
	maxLine  = 64 << 10
	maxCrash = 4 << 20
	maxTail  = 2 << 10
)

// crashBegin is how reports of the Go runtime begin that end a process.
var crashBegin = regexp.MustCompile(`(?m)^(fatal error: |panic: |runtime: (goroutine stack exceeds|out of memory|program exceeds)|unexpected fault address |runtime/cgo: |SIG[A-Z]+: )`)

var noMemory = regexp.MustCompile(`out of memory|cannot allocate memory|pthread_create failed`)

// OutOfMemory tells from the crash report of a Go process whether it got no memory, from the system or for a thread.
func OutOfMemory(report string) bool { return noMemory.MatchString(report) }

// deathBegin is how such reports begin that no program writes itself, as it may write "panic: ".
var deathBegin = regexp.MustCompile(`^(fatal error: |runtime: )`)

// fence is what a process that is to be used again writes on both of its streams
// after a run: what came before it belongs to the run. No program prints that.
const fence = "\x00\x16lockstep worker fence\x16\x00"

// capture follows one stream of one process.
type capture struct {
	out    *output
	stream string
	fenced chan struct{} // one for each fence

	mu      sync.Mutex
	worker  int
	partial []byte // a line that has not ended
	held    []byte // perhaps a crash report: kept until it is known
	holding bool
	tail    []byte // what was passed on last
}

// belongTo says to which worker comes what is written from now on.
func (c *capture) belongTo(worker int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.worker = worker
}

// copyFrom passes on what comes until the end of the stream.
func (c *capture) copyFrom(r io.Reader) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := r.Read(buffer)
		c.add(buffer[:n])
		if err != nil {
			return
		}
	}
}

func (c *capture) add(p []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.holding {
		c.hold(p)
		return
	}
	c.partial = append(c.partial, p...)
	for {
		before, after, found := bytes.Cut(c.partial, []byte(fence))
		if !found {
			break
		}
		c.pass(before)
		c.partial = bytes.Clone(after)
		select {
		case c.fenced <- struct{}{}:
		default: // nobody has asked for it
		}
	}
	if c.stream == "stderr" {
		if at := crashBegin.FindIndex(c.partial); at != nil {
			c.pass(c.partial[:at[0]])
			rest := c.partial[at[0]:]
			c.partial, c.holding = nil, true
			c.hold(rest)
			return
		}
	}
	end := bytes.LastIndexByte(c.partial, '\n') + 1
	if end == 0 && len(c.partial) > maxLine {
		end = len(c.partial)
		for n := len(fence) - 1; n > 0; n-- {
			if strings.HasSuffix(string(c.partial[len(c.partial)-n:]), fence[:n]) {
				end -= n // of a fence
				break
			}
		}
	}
	c.pass(c.partial[:end])
	c.partial = bytes.Clone(c.partial[end:])
}

// hold keeps what may be a crash report. If it is too long for one, it is none.
func (c *capture) hold(p []byte) {
	c.held = append(c.held, p...)
	if len(c.held) > maxCrash {
		c.pass(c.held)
		c.held, c.holding = nil, false
	}
}

// endLine passes on a line that has not ended, unless it may be a crash report.
func (c *capture) endLine() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pass(c.partial)
	c.partial = nil
}

func (c *capture) pass(p []byte) {
	c.tail = append(c.tail, p...)
	if len(c.tail) > 2*maxTail {
		c.tail = bytes.Clone(c.tail[len(c.tail)-maxTail:])
	}
	c.out.emit(c.worker, c.stream, p)
}

// finish passes on the rest, at the end of the stream. If the process has
// crashed, it returns the report instead.
func (c *capture) finish(crashed bool) (report string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if crashed {
		report = string(c.held)
	} else {
		c.pass(c.held)
	}
	c.pass(c.partial)
	c.partial, c.held, c.holding = nil, nil, false
	return report
}

// dying reports whether what is kept is certain to be a crash report.
func (c *capture) dying() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return deathBegin.Match(c.held)
}

// last is what the process said last.
func (c *capture) last() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	text := c.tail
	if len(text) > maxTail {
		text = text[len(text)-maxTail:]
	}
	return strings.ToValidUTF8(strings.TrimSpace(string(text)), "")
}

// fault is the line of a crash report that names what happened.
func fault(report string) string {
	if OutOfMemory(report) {
		return "fatal error: out of memory"
	}
	first := ""
	for line := range strings.Lines(report) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "fatal error: ") || strings.HasPrefix(line, "panic: ") {
			return line
		}
		if first == "" {
			first = line
		}
	}
	return first
}

// Labelled puts a label before each line of text, and ends the last.
func Labelled(label, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(label + ": " + strings.TrimSuffix(line, "\n") + "\n")
	}
	return b.String()
}
