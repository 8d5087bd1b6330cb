package kernel

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"lockstep/kernel/history"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

// Transport is what the kernel needs of its sockets. [*wire.Sockets] is one;
// tests put something in between.
type Transport interface {
	Info() wire.ConnectionInfo
	Receive(wire.Channel) <-chan *wire.Message
	NewMessage(t wire.MsgType, parent *wire.Message, content any) (*wire.Message, error)
	Send(wire.Channel, *wire.Message) error
	RequestInput(req *wire.Message, content wire.InputRequestContent) (*wire.Message, error)
	PublishMessage(*wire.Message) error
	Close(linger time.Duration) error
}

// Options tunes a [Kernel]. The zero value works.
type Options struct {
	Implementation        string            // "" is "lockstep"
	ImplementationVersion string            // "" is "0"
	LanguageInfo          wire.LanguageInfo // zero is Go as this program was built with
	Banner                string
	HelpLinks             []wire.HelpLink

	// History keeps the inputs; nil keeps none, and history_request finds
	// nothing. Run closes it.
	History *history.Store

	// CommTargets are the comms that clients can open, by name.
	CommTargets map[string]CommTarget

	// ParentPID is the process that started this one: when it ends, so does Run.
	// See [ParentPID]. 0 is not watched.
	ParentPID int
	// DirectParent says that this process was started by ParentPID, with nothing in between: if that is not the parent when
	// Run begins, it has ended meanwhile, and Run ends at once.
	DirectParent bool

	Logger *slog.Logger     // nil logs nothing
	Now    func() time.Time // nil is time.Now
}

// Kernel answers the messages of clients. Make one with [New].
type Kernel struct {
	wire   Transport
	interp lang.Interpreter
	opts   Options
	log    *slog.Logger
	now    func() time.Time

	shell   map[wire.MsgType]row
	control map[wire.MsgType]row

	cells   *queue // requests that wait for their turn
	asides  *queue // requests that are answered beside the cells
	running running
	count   int // execution count; the goroutine of cells alone uses it

	stdin  stdin
	texts  flusher
	comms  comms
	usage  usage
	spare  spare
	ending chan struct{} // closed by the first call of end
	once   sync.Once
}

// New returns a kernel that answers on sockets what interp knows. It takes over
// sockets, interp and opts.History: [Kernel.Run] closes them.
func New(sockets Transport, interp lang.Interpreter, opts Options) *Kernel {
	k := &Kernel{
		wire:    sockets,
		interp:  interp,
		opts:    opts,
		log:     opts.Logger,
		now:     opts.Now,
		shell:   table(shellRows),
		control: table(controlRows),
		cells:   newQueue(),
		asides:  newQueue(),
		stdin:   newStdin(),
		comms:   newComms(opts.CommTargets),
		ending:  make(chan struct{}),
	}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	if k.now == nil {
		k.now = time.Now
	}
	return k
}

// The time that Run may take once the kernel is to end. jupyter_client sends
// SIGTERM 2.5 s after its shutdown_request, so they stay below that in sum, with
// [wire.DefaultLinger].
const (
	cellGrace   = 300 * time.Millisecond // for the running cell to take its interrupt
	closeGrace  = 300 * time.Millisecond // for the running cell once the session is being closed
	textGrace   = 200 * time.Millisecond // for late text, which waits for slow clients
	finishGrace = 200 * time.Millisecond // for session and history after the sockets, and what the others have left
	allGraces   = cellGrace + closeGrace + textGrace + wire.DefaultLinger + finishGrace
)

// Run answers requests until a client asks for shutdown, the process gets
// SIGTERM, the parent process ends, ctx ends, or the sockets are closed. Then it
// interrupts the running cell, answers what waits with aborted, makes sure that
// everything sent is out, and returns, all within 2.5 seconds. SIGINT interrupts
// the running cell. The error is that something did not close as it should; the
// clients have been served nevertheless. Run may be called once.
func (k *Kernel) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	// Before anything is sent: whoever hears of the kernel may send it a signal,
	// or end.
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	hasParent := k.opts.ParentPID != 0 && isParent(k.opts.ParentPID)

	k.publish(nil, wire.Status, wire.StatusContent{ExecutionState: wire.StateStarting})

	// The readers end when the sockets are closed, the watchers with ctx, and
	// the workers when their queue is closed and empty.
	var readers, watchers sync.WaitGroup
	readers.Go(func() { k.readShell(ctx) })
	readers.Go(func() { k.readControl(ctx) })
	readers.Go(func() { k.stdin.read(k.wire.Receive(wire.Stdin), k.log) })
	watchers.Go(func() { k.watchSignals(ctx, signals) })
	if k.opts.DirectParent && !hasParent && k.opts.ParentPID > 1 {
		k.log.Info("parent process ended before the kernel was ready", "parent", k.opts.ParentPID)
		k.end()
	}
	if hasParent {
		watchers.Go(func() { k.watchParent(ctx, k.opts.ParentPID) })
	}
	cells, asides := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(cells)
		k.runCells(ctx)
	}()
	go func() {
		defer close(asides)
		k.answerAsides(ctx)
	}()

	select {
	case <-k.ending:
	case <-ctx.Done():
		k.end()
	}
	cancel(errShutdown)
	if err := k.finish(cells, asides); err != nil {
		return err
	}
	readers.Wait()
	watchers.Wait()
	return nil
}

var errHangs = errors.New("session or history does not close in time")

// finish ends the work and closes everything. The channels are closed when the
// goroutines of cells and questions end; one that hangs is left behind.
func (k *Kernel) finish(cells, asides <-chan struct{}) error {
	timeout := time.After(allGraces)
	k.spare.stop()
	k.cells.close()
	k.asides.close()
	waitAll(cellGrace, cells)

	closed := make(chan error, 2)
	go func() { closed <- k.interp.Close() }()
	waitAll(closeGrace, cells, asides)
	go func() {
		if k.opts.History == nil {
			closed <- nil
			return
		}
		closed <- k.opts.History.Close()
	}()
	texts := make(chan struct{})
	go func() {
		defer close(texts)
		k.texts.close()
	}()
	waitAll(textGrace, texts)
	err := k.wire.Close(wire.DefaultLinger)

	for range cap(closed) {
		select {
		case e := <-closed:
			err = errors.Join(err, e)
		case <-timeout:
			return errors.Join(err, errHangs)
		}
	}
	return err
}

// end makes Run return. Cells that have not begun are aborted.
func (k *Kernel) end() {
	k.once.Do(func() {
		k.cells.refuse()
		close(k.ending)
	})
}

// waitAll waits until all channels are closed, but not longer than most.
func waitAll(most time.Duration, channels ...<-chan struct{}) {
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	for _, done := range channels {
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
}

// publish sends a message to all clients. That the sockets are closed is no
// error: a goroutine of a cell may print until the very end.
func (k *Kernel) publish(parent *wire.Message, t wire.MsgType, content any) error {
	m, err := k.wire.NewMessage(t, parent, content)
	if err == nil {
		err = k.wire.PublishMessage(m)
	}
	if err != nil && !errors.Is(err, wire.ErrClosed) {
		k.log.Error("message not published", "type", t, "error", err)
	}
	return err
}
