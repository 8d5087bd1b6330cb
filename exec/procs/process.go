package procs

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"runtime"
	"slices"
	"sync"
	"time"

	"lockstep/exec/measure"
)

// Time limits. A process that is well says hello within milliseconds, ends when
// it is told to, and closes its streams to nobody but itself.
const (
	helloLimit = 30 * time.Second
	endGrace   = time.Second
	fenceGrace = 200 * time.Millisecond
)

// process is one worker process. Its goroutines end when it has ended.
type process struct {
	share    load // First, Count, Workers, Counted
	cmd      *osexec.Cmd
	started  time.Time
	startup  time.Duration
	began    time.Time         // of its workers, by its own account
	timeline *measure.Timeline // from then on; nil if there is none

	orders   *os.File // to it
	head     bytes.Buffer
	headers  *gob.Encoder // into head
	sent     int64
	stdout   *capture
	stderr   *capture
	received *counter
	greeted  bool          // it has said hello, and loaded its program
	reports  chan arrival  // closed at the end of the stream
	wire     *os.File      // of a child, which reads its reports itself and closes it; else nil
	line     *line         // nil: there is none
	lineFD   int           // its first descriptor there; 0: there is none
	exited   chan struct{} // closed when it has ended and all its output is passed on
	ending   ending        // after exited
	crash    string        // the report, if it has crashed; after exited

	atReady      Used
	atReadyBytes int64 // received

	mu     sync.Mutex
	killed bool // by us
	ended  bool // and is being reaped: its id may be another's
}

// arrival is a report and when it came.
type arrival struct {
	report
	at time.Time
}

// spawn starts a process.
func (ps *Processes) spawn(share load) (*process, error) {
	return spawn(&ps.options, &ps.nursery, ps.output, share, false)
}

// spawn starts a process; child says that its reports are left to the caller.
func spawn(o *Options, n *nursery, out *output, share load, child bool) (*process, error) {
	c := o.Command
	p := &process{
		share:   share,
		started: time.Now(),
		stdout:  &capture{out: out, worker: share.First, stream: "stdout", fenced: make(chan struct{}, 1)},
		stderr:  &capture{out: out, worker: share.First, stream: "stderr", fenced: make(chan struct{}, 1)},
		reports: make(chan arrival, 4), // more than it has to say
		exited:  make(chan struct{}),
	}
	p.cmd = osexec.Command(c.Path, c.Args...)
	p.cmd.Env, p.cmd.Dir = c.Env, c.Dir
	isolate(p.cmd)
	var ours, theirs []*os.File
	closeAll := func(files []*os.File) {
		for _, f := range files {
			_ = f.Close() // nothing is lost in a pipe's end
		}
	}
	// In this order: orders, reports, stdout, stderr, and of a line what is asked and the answers.
	pipes := 4
	if o.Line {
		pipes += lineFDs
	}
	for i := range pipes {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(ours)
			closeAll(theirs)
			return nil, err
		}
		if i == 0 || i == 5 {
			r, w = w, r
		}
		ours, theirs = append(ours, r), append(theirs, w)
	}
	p.cmd.ExtraFiles = slices.Clone(theirs[:2]) // ordersFD, reportsFD
	if r := o.Region; r != nil {
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, r.File()) // regionFD
	}
	if o.Line {
		p.line, p.lineFD = newLine(ours[4], ours[5]), ordersFD+len(p.cmd.ExtraFiles)
		p.cmd.ExtraFiles = append(p.cmd.ExtraFiles, theirs[4:]...)
	}
	p.cmd.Stdout, p.cmd.Stderr = theirs[2], theirs[3]
	err := n.start(p.cmd.Start)
	closeAll(theirs)
	if err != nil {
		closeAll(ours)
		return nil, err
	}
	p.orders = ours[0]
	p.headers = gob.NewEncoder(&p.head)
	p.received = &counter{r: NewPatient(ours[1])}
	var readers sync.WaitGroup
	mine := ours[1:]
	if child {
		p.wire, mine = ours[1], ours[2:]
	} else {
		readers.Go(p.readReports)
	}
	readers.Go(func() { p.stdout.copyFrom(NewPatient(ours[2])) })
	readers.Go(func() { p.stderr.copyFrom(NewPatient(ours[3])) })
	if p.line != nil {
		readers.Go(p.line.read)
	}
	go func() {
		p.ending = awaitExit(p.cmd)
		p.mu.Lock()
		reap(p.cmd)
		p.ended = true
		crashed, killed := p.ending.code != 0, p.killed
		p.mu.Unlock()
		// What has left the group may still hold the pipes.
		for _, f := range ours[1:] {
			_ = f.SetReadDeadline(time.Now()) // pipes have deadlines
		}
		readers.Wait()
		closeAll(mine)
		p.stdout.finish(false)
		// One that was killed may have been at its crash report, which takes long for a deep stack.
		p.crash = p.stderr.finish(crashed && (!killed || p.stderr.dying()))
		n.left()
		close(p.exited)
	}()
	return p, nil
}

// readReports passes reports on until the end of the stream. One that cannot be
// read ends it as well: the process speaks another language then.
func (p *process) readReports() {
	defer close(p.reports)
	_, decoder := newStream(p.received)
	for {
		var r report
		if err := decoder.Decode(&r); err != nil {
			return
		}
		a := arrival{r, time.Now()}
		select {
		case p.reports <- a:
		default:
			return
		}
	}
}

// kill ends the process and what it has started.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	p.killed = true
	killGroup(p.cmd.Process.Pid)
}

// assign gives a process that was put aside its share of another run.
func (p *process) assign(share load) {
	p.share, p.sent, p.started, p.timeline = share, 0, time.Now(), nil
	p.stdout.belongTo(share.First)
	p.stderr.belongTo(share.First)
}

// errStale says that a process is not fit for another run.
var errStale = errors.New("something of the last run is still there")

// prepare returns when the process is ready for the start signal.
func (p *process) prepare(program, values []byte) error {
	if !p.greeted {
		if err := p.greet(); err != nil {
			return err
		}
	}
	p.head.Reset()
	p.head.WriteByte(orderLoad)
	l := p.share
	if l.Again = p.greeted; l.Again {
		program = nil
	}
	l.ProgramBytes, l.ValuesBytes = int64(len(program)), int64(len(values))
	if err := p.headers.Encode(l); err != nil {
		return p.startError("", err)
	}
	if len(values) > maxLine {
		enlarge(p.orders)
	}
	for _, b := range [][]byte{p.head.Bytes(), program, values} {
		n, err := p.orders.Write(b)
		p.sent += int64(n)
		if err != nil {
			break // it has ended: what it said tells more
		}
	}
	a, ok := <-p.reports
	switch {
	case !ok && l.Again, ok && a.Ready != nil && a.Ready.Stale:
		return errStale
	case !ok || a.Ready == nil:
		return p.startError("", nil)
	case a.Ready.Error != "":
		return p.startError(a.Ready.Error, nil)
	}
	p.greeted = true
	p.startup, p.atReady, p.atReadyBytes = a.at.Sub(p.started), a.Ready.Used, p.received.n.Load()
	return nil
}

// greet waits for the process to say hello.
func (p *process) greet() error {
	return p.greeting(func() (report, bool) {
		a, ok := <-p.reports
		return a.report, ok
	})
}

func (p *process) greeting(next func() (report, bool)) error {
	limit := time.AfterFunc(helloLimit, p.kill)
	a, ok := next()
	if ok && a.Hello == nil {
		ok = false
	}
	if !limit.Stop() {
		return p.startError(fmt.Sprintf("it said nothing for %v", helloLimit), nil)
	}
	switch {
	case !ok:
		return p.startError("", nil)
	case a.Hello.Version != version || a.Hello.Go != runtime.Version():
		return p.startError(fmt.Sprintf("it speaks version %d and was built with %s, want %d and %s",
			a.Hello.Version, a.Hello.Go, version, runtime.Version()), nil)
	}
	return nil
}

// startError says why the process did not get ready; if text and cause are
// empty, because it ended.
func (p *process) startError(text string, cause error) error {
	e := &StartError{Worker: p.share.First, Text: text, Cause: cause}
	switch {
	case cause != nil:
		e.Text = cause.Error()
	case text == "":
		o := p.death(fault)
		if e.Text, e.Stderr = o.Error, o.Stack; e.Stderr == "" {
			e.Stderr = p.stderr.last()
		}
	}
	return e
}

// drained waits until all that the process wrote in its run is passed on, and
// reports whether that can be known.
func (p *process) drained() bool {
	grace := time.NewTimer(fenceGrace)
	defer grace.Stop()
	for _, c := range []*capture{p.stdout, p.stderr} {
		select {
		case <-c.fenced:
		case <-p.exited:
			return false
		case <-grace.C:
			return false // it has closed the stream, or something else fills it
		}
	}
	return true
}

// close has the process end and waits until it has.
func (p *process) close() {
	_ = p.orders.Close() // nothing is lost
	p.settle()
}

// settle waits until a process that should be ending has ended.
func (p *process) settle() {
	grace := time.AfterFunc(endGrace, p.kill)
	defer grace.Stop()
	<-p.exited
}
