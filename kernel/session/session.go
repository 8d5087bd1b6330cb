package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/exec/procs"
	"lockstep/exec/shm"
	"lockstep/kernel/display"
	"lockstep/kernel/pipe"
	"lockstep/kernel/rt"
	"lockstep/lab"
)

// Session is the state of one session process.
type Session struct {
	conn    *pipe.Conn
	breaker *gil.Breaker
	out     *outbox
	asks    *asks
	wants   *wants
	loans   loans
	engine  *engine
	native  *native
	worker  func() *WorkerCommand // how worker processes start; nil: they cannot
	first   atomic.Int64          // in a worker process: the number of its first worker

	mu                    sync.Mutex
	vars                  map[string]*variable // by their names in the engine
	current               *run
	runs                  map[*gil.Group]*run
	cancel                context.CancelCauseFunc // of the running request
	handling, interrupted uint64                  // the running request; the latest that is to stop
	// shared is the memory that processes share, nil until something needs it or,
	// for the reason in noShared, for ever.
	shared   *shm.Region
	noShared error
	// functions are what worker processes can be given to call, by name; children are those that do.
	functions map[string]*sendable
	children  *procs.Children
	// checkpoints is what they cost in each engine, once that has been asked for.
	checkpoints map[string]exec.CheckpointCost
}

// WorkerCommand starts a worker process: this program in another role.
type WorkerCommand struct{ Argv []string }

// Serve runs a session process until the kernel closes the pipe. r and w are the
// inherited descriptors. worker tells how to start worker processes, nil for not at
// all; load loads a compiled unit, nil where the process cannot.
func Serve(r io.Reader, w io.Writer, worker func() *WorkerCommand, load Loader) error {
	if err := limitFromEnviron(); err != nil {
		return err
	}
	// Without this a write to a standard stream whose reader is gone ends the process before receive can end the rest.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	s, err := newSession(pipe.NewConn(r, w), load)
	if err != nil {
		return err
	}
	s.worker = worker
	display.SetHost(displayHost{s})
	dir, _ := os.Getwd()
	if err := s.conn.Send(pipe.Hello{Version: pipe.Version, PID: os.Getpid(), Dir: dir, Go: runtime.Version()}); err != nil {
		return err
	}
	requests := make(chan pipe.Request)
	go s.receive(requests)
	for req := range requests {
		s.handle(req)
	}
	return nil
}

func newSession(conn *pipe.Conn, load Loader) (s *Session, err error) {
	s = newBare(conn, load)
	s.engine, err = newEngine(s)
	return s, err
}

// newBare is a session without an interpreter, for what needs none or has its own: to make one takes
// more than a millisecond.
func newBare(conn *pipe.Conn, load Loader) *Session {
	s := &Session{conn: conn, breaker: &rt.Breaker, vars: map[string]*variable{}, runs: map[*gil.Group]*run{}, functions: map[string]*sendable{},
		checkpoints: map[string]exec.CheckpointCost{}}
	os.Args = []string{"cell"} // what flag.Parse in a cell should see of ours: nothing
	s.out = newOutbox(conn)
	s.asks = new(asks)
	s.wants = &wants{conn: conn}
	s.native = &native{load: load}
	lab.SetHost(labHost{s})
	rt.SetHost(streams{s})
	return s
}

// receive reads the pipe. What must not wait for the running request is done
// here; the rest goes to the loop of Serve, one at a time.
func (s *Session) receive(requests chan<- pipe.Request) {
	defer close(requests)
	for {
		m, err := s.conn.Receive()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				fmt.Fprintln(os.Stderr, err)
			}
			// The kernel is gone: nothing of this process is wanted any more, nor of what it has started.
			procs.EndFamily()
			os.Exit(0)
		}
		switch m := m.(type) {
		case pipe.Interrupt:
			s.interrupt(m.ID)
		case pipe.Answer:
			s.asks.answers.Give(m.ID, m)
		case pipe.Part:
			s.wants.take(m)
		case pipe.Given:
			s.wants.given.Give(m.ID, m)
		case pipe.Borrow:
			s.loans.serve(s.conn, m)
		case pipe.BorrowStop:
			s.loans.stop(m.ID)
		case pipe.BorrowEnd:
			s.loans.gone(m)
		case pipe.Request:
			requests <- m
		}
	}
}

var errInterrupted = errors.New("interrupted")

// interrupt stops a request. It may come before the request is at hand.
func (s *Session) interrupt(id uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.interrupted = id
	s.obey()
}

// obey stops the request at hand if it has been interrupted. s.mu is held.
func (s *Session) obey() {
	if s.cancel == nil || s.interrupted != s.handling {
		return
	}
	s.cancel(errInterrupted)
	if s.current != nil {
		s.current.group.Stop(errInterrupted)
		go s.current.leave()
	}
}

// handle carries out one request and replies.
func (s *Session) handle(req pipe.Request) {
	ctx, cancel := context.WithCancelCause(context.Background())
	s.mu.Lock()
	s.cancel, s.handling = cancel, req.ID
	s.obey()
	s.mu.Unlock()
	reply := s.perform(ctx, req)
	s.mu.Lock()
	s.cancel = nil
	s.mu.Unlock()
	cancel(nil)
	reply.ID, reply.Units, reply.Live = req.ID, s.native.loaded, liveBytes()
	s.out.fence()
	if err := s.conn.Send(reply); err != nil {
		// What cannot be encoded is our fault, but the kernel must not wait for ever.
		_ = s.conn.Send(pipe.Reply{ID: req.ID, Err: &pipe.Fault{Kind: "internal error", Text: err.Error()}})
	}
}

func (s *Session) perform(ctx context.Context, req pipe.Request) pipe.Reply {
	switch b := req.Body.(type) {
	case pipe.Run:
		return s.runUnit(b)
	case pipe.Measure:
		return s.measure(ctx, req.ID, b)
	case pipe.Describe:
		return s.describe(b)
	case pipe.Bind:
		return s.bind(b)
	case pipe.Save:
		return s.save(b)
	case pipe.Restore:
		return s.restore(b)
	case pipe.Forget:
		s.forget(b.Names)
		return pipe.Reply{}
	case pipe.Chdir:
		return chdir(b.Dir)
	case pipe.Environ:
		return environ(b)
	case pipe.Limit:
		return s.limit(b)
	case pipe.Shell:
		return s.shell(ctx, b)
	}
	return pipe.Reply{Err: &pipe.Fault{Kind: "internal error", Text: fmt.Sprintf("unknown request %T", req.Body)}}
}

func chdir(dir string) pipe.Reply {
	if dir != "" {
		if err := os.Chdir(dir); err != nil {
			return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
		}
	}
	wd, err := os.Getwd()
	if err != nil {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
	}
	return pipe.Reply{Text: wd}
}

func environ(b pipe.Environ) pipe.Reply {
	var err error
	switch {
	case b.Name == "":
	case b.Unset:
		err = os.Unsetenv(b.Name)
	default:
		err = os.Setenv(b.Name, b.Value)
	}
	if err != nil {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: fmt.Sprintf("environment variable %q: %v", b.Name, err)}}
	}
	var shown []string
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "LOCKSTEP_") {
			shown = append(shown, e)
		}
	}
	return pipe.Reply{Texts: shown}
}
