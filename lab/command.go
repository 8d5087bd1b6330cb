package lab

import (
	"io"
	"os"
	"os/exec"
	"time"
)

// Command is a command that [Shell.Start] has started.
type Command struct {
	// Stdin writes to the command, until it is closed. nil if the Shell names
	// another input.
	Stdin io.WriteCloser
	// Stdout and Stderr read what the command writes; also after Wait. Up to
	// 64 MB are kept unread; then the command waits for a reader. nil if the
	// Shell names another output.
	Stdout, Stderr io.Reader

	text   string
	cmd    *exec.Cmd
	spools []*spool

	o     core // guards what follows
	ended bool
	err   error
}

// Start starts a command and goes on. The error is a [*ShellError].
func (s Shell) Start(command string) (*Command, error) {
	c := &Command{text: command}
	var theirs []*os.File
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
	}()
	output := func(given io.Writer) (io.Writer, *spool, error) {
		if given != nil {
			return given, nil, nil
		}
		r, w, err := os.Pipe()
		if err != nil {
			return nil, nil, err
		}
		theirs = append(theirs, w)
		sp := &spool{from: r, room: spoolBytes}
		c.spools = append(c.spools, sp)
		return w, sp, nil
	}
	out, outSpool, err := output(s.Stdout)
	if err != nil {
		return nil, finish(command, err)
	}
	errOut, errSpool, err := output(s.Stderr)
	if err != nil {
		return nil, finish(command, err)
	}
	c.cmd = s.prepare(command, out, errOut)
	if s.Stdin == nil {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, finish(command, err)
		}
		theirs = append(theirs, r)
		c.cmd.Stdin, c.Stdin = r, &input{w}
	}
	if err := start(c.cmd); err != nil {
		for _, sp := range c.spools {
			sp.from.Close()
		}
		if c.Stdin != nil {
			c.Stdin.Close()
		}
		return nil, finish(command, err)
	}
	// An interface that holds a nil pointer is not nil.
	if outSpool != nil {
		c.Stdout = outSpool
	}
	if errSpool != nil {
		c.Stderr = errSpool
	}
	for _, sp := range c.spools {
		go sp.fill()
	}
	go c.reap()
	return c, nil
}

// reap waits for the end of the process.
func (c *Command) reap() {
	err := c.cmd.Wait()
	c.o.lock()
	defer c.o.unlock()
	c.ended, c.err = true, finish(c.text, err)
	c.o.ringAll(0)
}

// Wait waits for the command's end and returns its error: a [*ShellError], or
// nil if its exit status is 0. It closes Stdin first: a command that reads to
// the end would otherwise never end.
func (c *Command) Wait() error {
	if c.Stdin != nil {
		c.Stdin.Close()
	}
	c.o.lock()
	wait{on: &c.o, limit: forever, ready: func() bool { return c.ended }}.do(here())
	return c.err
}

// WaitTimeout is Wait that gives up after d, and leaves Stdin open. ended
// reports whether the command has ended.
func (c *Command) WaitTimeout(d time.Duration) (ended bool, err error) {
	c.o.lock()
	if !(wait{on: &c.o, limit: max(d, 0), ready: func() bool { return c.ended }}).do(here()) {
		return false, nil
	}
	return true, c.err
}

// Kill ends the command and what it has started, at once.
func (c *Command) Kill() {
	for _, sp := range c.spools {
		sp.discard()
	}
	c.o.lock()
	defer c.o.unlock()
	if !c.ended {
		killGroup(c.cmd)
	}
}

// PID is the number of the command's process.
func (c *Command) PID() int { return c.cmd.Process.Pid }

// ExitCode is the command's exit status; -1 while it runs, and if a signal ended it.
func (c *Command) ExitCode() int {
	c.o.lock()
	defer c.o.unlock()
	if !c.ended {
		return -1
	}
	return c.cmd.ProcessState.ExitCode()
}

// spoolBytes is how much output of a command is kept until somebody reads it.
const spoolBytes = 64 << 20

// spool keeps what a command writes until it is read, so that a command whose
// output nobody reads can end.
type spool struct {
	from *os.File
	room int

	o    core // guards what follows
	data []byte
	end  bool // there will be no more
	drop bool // nobody is going to read
}

// The lines of a spool.
const (
	readers = iota
	writer
)

// fill copies the command's output until its end.
func (s *spool) fill() {
	defer s.from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := s.from.Read(buf)
		s.o.lock()
		// This goroutine belongs to nobody's workload, and is not interrupted.
		wait{on: &s.o, line: writer, limit: forever, ready: func() bool {
			if !s.drop && len(s.data) > 0 && len(s.data)+n > s.room {
				return false
			}
			if !s.drop {
				s.data = append(s.data, buf[:n]...)
			}
			s.end = err != nil
			s.o.ringAll(readers)
			return true
		}}.do(hostless)
		if err != nil {
			return
		}
	}
}

func (s *spool) discard() {
	s.o.lock()
	defer s.o.unlock()
	s.drop = true
	s.o.ring(writer)
}

// Read waits for output.
func (s *spool) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	s.o.lock()
	wait{on: &s.o, line: readers, limit: forever, ready: func() bool {
		if len(s.data) == 0 {
			err = io.EOF
			return s.end
		}
		n, err = copy(p, s.data), nil
		s.data = s.data[n:]
		s.o.ring(writer)
		return true
	}}.do(here())
	return n, err
}

// input is the writing end of a command's standard input.
type input struct{ to *os.File }

func (i *input) Write(p []byte) (n int, err error) {
	host := here().host
	done := host.Done()
	host.Block(func() {
		written := make(chan struct{})
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			select {
			case <-written:
			case <-done:
				_ = i.to.SetWriteDeadline(time.Now())
			}
		}()
		n, err = i.to.Write(p)
		close(written)
		<-watched
	})
	select {
	case <-done:
		panic(&StoppedError{})
	default:
		return n, err
	}
}

// Close ends the input. Closing twice is fine.
func (i *input) Close() error {
	i.to.Close() // an error can only say that it was closed before
	return nil
}
