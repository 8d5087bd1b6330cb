package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"sync"
	"time"

	"lockstep/exec"
	"lockstep/exec/procs"
	"lockstep/kernel/lang"
	"lockstep/kernel/pipe"
)

// process is one session process.
type process struct {
	s    *Session
	cmd  *osexec.Cmd
	conn *pipe.Conn
	in   io.Closer // our end of what it reads: closing it ends it

	ready chan struct{} // closed at hello, or when there will be none
	gone  chan struct{} // closed when the process has ended and all is read
	state *os.ProcessState
	fail  error // why it could not be started

	mu      sync.Mutex
	next    uint64
	pending map[uint64]*pendingCall
	lent    pipe.Answers[pipe.Lent]
	fences  [2]int // seen on stdout and stderr
	replies int
	fenced  *sync.Cond
	crash   bytes.Buffer // what the runtime wrote when it died
	killed  string       // why we killed it
	hello   pipe.Hello
	units   pipe.Units // as of the last reply
	live    int64      // memory in use, as of the last reply, in bytes
}

type pendingCall struct {
	reply    chan pipe.Reply
	progress func(exec.Progress)
}

// start starts a session process. Errors show at the first call.
func (s *Session) start() *process {
	p := &process{s: s, ready: make(chan struct{}), gone: make(chan struct{}), pending: map[uint64]*pendingCall{}}
	p.fenced = sync.NewCond(&p.mu)
	if err := p.spawn(); err != nil {
		p.fail = fmt.Errorf("the session process cannot be started: %w", err)
		close(p.ready)
		close(p.gone)
		p.in = io.NopCloser(nil)
	}
	return p
}

func (p *process) spawn() error {
	var ours, theirs [4]*os.File // what it reads, its messages, stdout, stderr
	closeAll := func(files [4]*os.File) {
		for _, f := range files {
			_ = f.Close() // nothing is lost in a pipe's end, nor is one that was not made
		}
	}
	for i := range ours {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(ours)
			closeAll(theirs)
			return err
		}
		if i == 0 {
			r, w = w, r
		}
		ours[i], theirs[i] = r, w
	}
	argv := p.s.engine.argv()
	cmd := osexec.Command(argv[0], argv[1:]...)
	cmd.Dir = p.s.dir
	cmd.Env = append(p.s.engine.environ(), p.s.environ()...)
	if p.s.memory > 0 {
		cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d", pipe.MemoryVariable, p.s.memory))
	}
	inherit(cmd, theirs[0], theirs[1])
	cmd.Stdout, cmd.Stderr = theirs[2], theirs[3]
	err := cmd.Start()
	closeAll(theirs)
	if err != nil {
		closeAll(ours)
		return err
	}
	over := p.s.guard.Family(cmd.Process.Pid) // before it is asked to do anything
	p.cmd, p.in, p.conn = cmd, ours[0], pipe.NewConn(procs.NewPatient(ours[1]), ours[0])
	var readers sync.WaitGroup
	readers.Go(func() { p.raw(procs.NewPatient(ours[2]), 0, "stdout") })
	readers.Go(func() { p.raw(procs.NewPatient(ours[3]), 1, "stderr") })
	readers.Go(p.read)
	go func() {
		procs.Wait(cmd)
		over()
		// What has left the family may still hold the pipes.
		for _, f := range ours[1:] {
			_ = f.SetReadDeadline(time.Now())
		}
		readers.Wait()
		closeAll(ours)
		p.state = cmd.ProcessState
		close(p.gone)
	}()
	return nil
}

// read takes the process's messages until it is gone.
func (p *process) read() {
	hello := false
	defer func() {
		if !hello {
			close(p.ready)
		}
	}()
	for {
		m, err := p.conn.Receive()
		if err != nil {
			if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrDeadlineExceeded) {
				p.s.log.Error("session pipe", "err", err)
				p.kill()
			}
			return
		}
		switch m := m.(type) {
		case pipe.Hello:
			p.hello, hello = m, true
			close(p.ready)
		case pipe.Reply:
			p.awaitFences()
			p.mu.Lock()
			c := p.pending[m.ID]
			delete(p.pending, m.ID)
			p.units, p.live = m.Units, m.Live
			p.mu.Unlock()
			if c != nil {
				c.reply <- m
			}
		case pipe.Advance:
			p.mu.Lock()
			c := p.pending[m.ID]
			p.mu.Unlock()
			if c != nil && c.progress != nil {
				c.progress(m.Progress)
			}
		default:
			p.s.take(p, m)
		}
	}
}

// fenceWait bounds the wait for the fences, in case the cell closed its descriptors.
const fenceWait = 200 * time.Millisecond

// awaitFences waits until all that the process wrote to its raw descriptors
// before its reply has been read.
func (p *process) awaitFences() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.replies++
	late := false
	timer := time.AfterFunc(fenceWait, func() {
		p.mu.Lock()
		late = true
		p.mu.Unlock()
		p.fenced.Broadcast()
	})
	defer timer.Stop()
	for !late && (p.fences[0] < p.replies || p.fences[1] < p.replies) {
		p.fenced.Wait()
	}
	if late {
		p.fences[0], p.fences[1] = max(p.fences[0], p.replies), max(p.fences[1], p.replies)
	}
}

// raw reads one of the process's standard streams: text for the latest cell,
// fences, and at the end perhaps the runtime's last words.
func (p *process) raw(r io.Reader, i int, name string) {
	fence := []byte(pipe.Fence)
	var buf []byte
	chunk := make([]byte, 32<<10)
	crashing := false
	for {
		n, err := r.Read(chunk)
		buf = append(buf, chunk[:n]...)
		for !crashing {
			at := bytes.Index(buf, fence)
			if at < 0 {
				break
			}
			p.emit(name, buf[:at])
			buf = buf[at+len(fence):]
			p.mu.Lock()
			p.fences[i]++
			p.mu.Unlock()
			p.fenced.Broadcast()
		}
		if i == 1 && !crashing {
			if at := lastWords(buf); at >= 0 {
				crashing = true
				p.emit(name, buf[:at])
				buf = buf[at:]
			}
		}
		if crashing {
			p.mu.Lock()
			if p.crash.Len() < 64<<10 {
				p.crash.Write(buf)
			}
			p.mu.Unlock()
			buf = buf[:0]
		} else if keep := partial(buf, fence); keep < len(buf) {
			p.emit(name, buf[:len(buf)-keep])
			buf = append(buf[:0], buf[len(buf)-keep:]...)
		}
		if err != nil {
			p.emit(name, buf)
			p.mu.Lock()
			p.fences[i] = 1 << 40
			p.mu.Unlock()
			p.fenced.Broadcast()
			return
		}
	}
}

func (p *process) emit(name string, text []byte) {
	if len(text) > 0 {
		p.s.outputs.of("").Stream(name, string(text))
	}
}

// partial returns how many bytes at the end of buf may be the beginning of mark.
func partial(buf, mark []byte) int {
	for n := min(len(buf), len(mark)-1); n > 0; n-- {
		if bytes.HasPrefix(mark, buf[len(buf)-n:]) {
			return n
		}
	}
	return 0
}

// dying are the words with which the Go runtime begins its report.
var dying = [][]byte{[]byte("fatal error: "), []byte("runtime: goroutine stack exceeds"), []byte("panic: "), []byte("SIG"), []byte("unexpected fault address"), []byte("runtime: out of memory"), []byte("runtime/cgo: ")}

// lastWords finds where such a report begins, at the start of a line.
func lastWords(buf []byte) int {
	for at := 0; at < len(buf); {
		for _, d := range dying {
			if bytes.HasPrefix(buf[at:], d) {
				return at
			}
		}
		nl := bytes.IndexByte(buf[at:], '\n')
		if nl < 0 {
			break
		}
		at += nl + 1
	}
	return -1
}

// kill ends the process; its goroutines end with it.
func (p *process) kill() {
	if p.cmd != nil && p.cmd.Process != nil {
		killGroup(p.cmd)
	}
}

// died says that the process ended while, or before, a call was answered.
type died struct {
	reason string
	report string // of the runtime
	exited bool   // by itself, with exit status 0
}

// call sends a request and waits for its reply. When ctx ends the process is
// asked to stop, and killed after the grace.
func (p *process) call(ctx context.Context, body any) (pipe.Reply, *died) {
	return p.callProgress(ctx, body, nil)
}

func (p *process) callProgress(ctx context.Context, body any, progress func(exec.Progress)) (pipe.Reply, *died) {
	<-p.ready
	c := &pendingCall{reply: make(chan pipe.Reply, 1), progress: progress}
	p.mu.Lock()
	p.next++
	id := p.next
	p.pending[id] = c
	p.mu.Unlock()
	if p.conn != nil {
		if err := p.conn.Send(pipe.Request{ID: id, Body: body}); err != nil {
			p.kill()
		}
	}
	stop := ctx.Done()
	var deadline <-chan time.Time
	for {
		select {
		case r := <-c.reply:
			return r, nil
		case <-p.gone:
			select {
			case r := <-c.reply:
				return r, nil
			default:
			}
			return pipe.Reply{}, p.obituary()
		case <-stop:
			stop = nil
			_ = p.conn.Send(pipe.Interrupt{ID: id})
			deadline = time.After(p.s.opt.Grace)
		case <-deadline:
			p.mu.Lock()
			p.killed = fmt.Sprintf("interrupted: the cell did not stop within %v, so its process was ended", p.s.opt.Grace)
			p.mu.Unlock()
			p.kill()
			deadline = nil
		}
	}
}

// obituary tells what ended the process.
func (p *process) obituary() *died {
	p.mu.Lock()
	defer p.mu.Unlock()
	d := &died{reason: p.killed, report: p.crash.String()}
	switch {
	case d.reason != "":
	case p.fail != nil:
		d.reason = p.fail.Error()
	case d.report != "":
		d.reason = headline(d.report)
	case p.state != nil:
		d.exited = p.state.Success()
		d.reason = "the session process ended: " + p.state.String()
	default:
		d.reason = "the session process ended"
	}
	return d
}

// headline is the first line of a runtime's report that says what happened.
func headline(report string) string {
	for _, mark := range []string{"fatal error: ", "panic: "} {
		for _, l := range bytes.Split([]byte(report), []byte("\n")) {
			if bytes.HasPrefix(l, []byte(mark)) {
				return string(l)
			}
		}
	}
	first, _, _ := bytes.Cut([]byte(report), []byte("\n"))
	return string(first)
}

// ask gets a line from the user for the process.
func (p *process) ask(out lang.Output, m pipe.Ask) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-p.gone:
			cancel()
		case <-ctx.Done():
		}
	}()
	text, err := out.Input(ctx, m.Prompt, false)
	answer := pipe.Answer{ID: m.ID, Text: text}
	if err != nil {
		answer.Err = err.Error()
	}
	_ = p.conn.Send(answer)
}
