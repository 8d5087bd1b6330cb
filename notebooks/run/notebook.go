package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"lockstep/kernel/wire"
	"lockstep/notebooks/nb"
)

// Tags of cells that are treated differently.
const (
	tagMayFail = "raises-exception"
	tagSkip    = "skip-execution"
)

// Options tunes the execution of a notebook. The zero value works.
type Options struct {
	// Timeout is the longest time that a cell may take; 0 sets no limit. A cell
	// that takes longer is interrupted and ends the run, whatever may fail.
	Timeout time.Duration

	// AllowErrors goes on after a cell that failed.
	AllowErrors bool

	// Grace is how long the kernel may take to stop a cell that was interrupted;
	// 0 is 10 s. Then the run ends without an answer.
	Grace time.Duration

	// MaxStreamBytes is how much printed text a cell keeps; 0 is 32 MiB. What
	// comes when there is more is left out, and a line says so.
	MaxStreamBytes int

	// Progress is called when a cell begins and when it has ended; it may be nil.
	Progress func(Progress)

	// lastWords tells why the connection to the kernel ended.
	lastWords func() string
}

// defaultGrace leaves room for a session process that has to be replaced:
// a second until it is killed, and then the declarations run again.
const defaultGrace = 10 * time.Second

// defaultStreamBytes is far above what a reader reads. A loop that prints
// without end makes gigabytes until its timeout.
const defaultStreamBytes = 32 << 20

// Progress is how far the execution of a notebook is.
type Progress struct {
	Cell  Cell // State is NotRun for one that begins
	Done  int  // cells that have ended
	Total int
}

// Notebook executes the code cells of n in the kernel that c is connected to,
// and changes n: outputs and execution counts, the metadata of cells that ran
// (execution) and of the notebook (language_info). Outputs of an earlier
// execution are removed from all cells that are to run, also from those that do
// not come to run.
//
// The error is a [*CellError] when a cell failed that may not, took too long, or
// was running when ctx or the kernel ended; the cause of ctx if it ended between
// two cells; or an error of the connection. When ctx ends the running cell is
// interrupted, and what it shows until then is kept.
//
// Nothing else may read from c meanwhile. After an error of the connection or an
// interrupt the kernel is of no further use.
func Notebook(ctx context.Context, c *wire.Client, n *nb.Notebook, opts Options) (Result, error) {
	start := time.Now()
	result := Result{Cells: plan(n)}
	finish := func(err error) (Result, error) {
		result.Elapsed = time.Since(start)
		return result, err
	}
	info, err := kernelInfo(ctx, c)
	if err != nil {
		return finish(err)
	}
	result.Language = info.LanguageInfo
	describe(n, info.LanguageInfo)

	r := &runner{client: c, opts: opts, collect: newCollector(n, cmp.Or(opts.MaxStreamBytes, defaultStreamBytes))}
	for i := range result.Cells {
		if ctx.Err() != nil {
			return finish(context.Cause(ctx))
		}
		cell := &result.Cells[i]
		r.report(*cell, i, len(result.Cells))
		begun := time.Now()
		err := r.cell(ctx, cell)
		cell.Elapsed = time.Since(begun)
		r.report(*cell, i+1, len(result.Cells))
		if err != nil {
			return finish(err)
		}
	}
	return finish(nil)
}

// plan lists the cells that are to run and clears them.
func plan(n *nb.Notebook) []Cell {
	var cells []Cell
	for i := range n.Cells {
		c := &n.Cells[i]
		if c.Type != nb.Code || c.HasTag(tagSkip) {
			continue
		}
		c.Outputs, c.ExecutionCount = nil, 0
		delete(c.Metadata, "execution")
		if runs(c) {
			cells = append(cells, Cell{Place: i + 1})
		}
	}
	return cells
}

// CellCount returns the number of cells that [Notebook] executes.
func CellCount(n *nb.Notebook) int {
	count := 0
	for i := range n.Cells {
		if runs(&n.Cells[i]) {
			count++
		}
	}
	return count
}

func runs(c *nb.Cell) bool { return c.Type == nb.Code && !c.Empty() && !c.HasTag(tagSkip) }

// kernelInfo asks the kernel who it is.
func kernelInfo(ctx context.Context, c *wire.Client) (wire.KernelInfoReplyContent, error) {
	var info wire.KernelInfoReplyContent
	req, err := c.Request(wire.Shell, wire.KernelInfoRequest, wire.KernelInfoRequestContent{})
	if err != nil {
		return info, err
	}
	for {
		m, err := c.ReceiveContext(ctx, wire.Shell)
		if err != nil {
			return info, fmt.Errorf("kernel_info_reply: %w", err)
		}
		if m.Header.MsgType == wire.KernelInfoReply && m.IsReplyTo(req) {
			return wire.Decode[wire.KernelInfoReplyContent](m)
		}
	}
}

// describe notes the language in the notebook's metadata, which tells viewers
// how to colour the code.
func describe(n *nb.Notebook, l wire.LanguageInfo) {
	if n.Metadata == nil {
		n.Metadata = nb.Metadata{}
	}
	info := map[string]any{}
	for key, value := range map[string]string{
		"name": l.Name, "version": l.Version, "mimetype": l.MIMEType, "file_extension": l.FileExtension,
		"pygments_lexer": l.PygmentsLexer, "codemirror_mode": l.CodeMirrorMode, "nbconvert_exporter": l.NBConvertExporter,
	} {
		if value != "" {
			info[key] = value
		}
	}
	n.Metadata["language_info"] = info
}

// runner executes the cells of one notebook.
type runner struct {
	client  *wire.Client
	opts    Options
	collect *collector
}

func (r *runner) report(c Cell, done, total int) {
	if r.opts.Progress != nil {
		r.opts.Progress(Progress{Cell: c, Done: done, Total: total})
	}
}

// cell executes one cell. The error is what ends the run.
func (r *runner) cell(ctx context.Context, cell *Cell) error {
	index := cell.Place - 1
	code := &r.collect.n.Cells[index]
	mayFail := r.opts.AllowErrors || code.HasTag(tagMayFail)

	// A cell whose ctx ends still has its last outputs and its reply to come.
	running, giveUp := context.WithCancelCause(context.WithoutCancel(ctx))
	defer giveUp(nil)
	begun, ended, watched := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	begin := sync.OnceFunc(func() { close(begun) })
	go func() { watched <- r.watch(ctx, begun, ended, giveUp) }()
	reply, err := r.client.Execute(running,
		wire.ExecuteRequestContent{Code: code.Source, StoreHistory: true, StopOnError: !mayFail},
		wire.ExecuteHandler{
			Output: func(m *wire.Message) error {
				begin()
				return r.collect.own(index, m)
			},
			Other: r.collect.other,
		})
	close(ended)
	stopped := <-watched
	if reply.ExecutionCount > 0 {
		code.ExecutionCount = reply.ExecutionCount
	}

	failure := &CellError{Place: cell.Place, Name: reply.EName, Value: reply.EValue, Traceback: reply.Traceback, Err: stopped}
	switch {
	case errors.Is(err, wire.ErrClosed):
		r.rest(index)
		failure.Err = ErrKernelGone
		r.explain(code, failure, r.goneText())
	case err != nil && !errors.Is(err, errUnresponsive):
		cell.State = Failed
		return fmt.Errorf("cell %d: %w", cell.Place, err)
	case err == nil && reply.Status == wire.StatusOK:
		cell.State = Passed
		return nil
	case stopped == ErrTimeout:
		text := fmt.Sprintf("cell took longer than %v and was interrupted", r.opts.Timeout)
		if err != nil {
			text += "; " + err.Error()
		}
		r.explain(code, failure, text)
	case err != nil:
		r.explain(code, failure, err.Error())
	case failure.Name == "":
		failure.Name = string(reply.Status)
	}
	cell.Err = failure
	if mayFail && failure.Err == nil {
		cell.State = Allowed
		return nil
	}
	cell.State = Failed
	return failure
}

// errUnresponsive ends the wait for a cell that was interrupted.
var errUnresponsive = errors.New("kernel did not stop the cell")

// interruptInterval is how often an interrupt is repeated. It is lost when it
// comes just before the cell begins, and does no harm a second time.
const interruptInterval = 500 * time.Millisecond

// watch interrupts the running cell when ctx ends or its time is over, and
// returns which it was, or nil if the cell has ended first. It gives up when the
// cell runs on.
func (r *runner) watch(ctx context.Context, begun, ended <-chan struct{}, giveUp context.CancelCauseFunc) error {
	var late <-chan time.Time // never, without a limit
	if r.opts.Timeout > 0 {
		timer := time.NewTimer(r.opts.Timeout)
		defer timer.Stop()
		late = timer.C
	}
	var why error
	select {
	case <-ended:
		return nil
	case <-late:
		why = ErrTimeout
	case <-ctx.Done():
		why = ErrInterrupted
	}
	grace := time.NewTimer(cmp.Or(r.opts.Grace, defaultGrace))
	defer grace.Stop()
	again := time.NewTicker(interruptInterval)
	defer again.Stop()
	replies := r.client.Receive(wire.Control) // nobody else reads them
	for {
		select {
		case <-begun:
			// An error says that the connection is closed, which ends the cell as well.
			r.client.Request(wire.Control, wire.InterruptRequest, wire.InterruptRequestContent{})
			begun = nil
		case <-again.C:
			r.client.Request(wire.Control, wire.InterruptRequest, wire.InterruptRequestContent{})
		case _, open := <-replies:
			if !open {
				replies = nil
			}
		case <-ended:
			return why
		case <-grace.C:
			giveUp(errUnresponsive)
			return why
		}
	}
}

// explain makes failure say what happened, and shows it in the cell after what
// the kernel itself showed.
func (r *runner) explain(code *nb.Cell, failure *CellError, text string) {
	failure.Name, failure.Value = failure.Err.Error(), text
	failure.Traceback = []string{failure.Problem()}
	code.Append(nb.Output{Type: nb.Error, ErrName: failure.Name, ErrValue: failure.Value, Traceback: failure.Traceback})
}

// restLimit is how long the end of iopub may take once that of another channel
// was seen. It comes at once, as all of them end with the kernel.
const restLimit = time.Second

// rest takes what a kernel that is gone has published before.
func (r *runner) rest(index int) {
	timeout := time.After(restLimit)
	for {
		select {
		case m, open := <-r.client.Receive(wire.IOPub):
			if !open || r.collect.last(index, m) != nil {
				return
			}
		case <-timeout:
			return
		}
	}
}

func (r *runner) goneText() string {
	text := "the kernel ended while the cell ran"
	if r.opts.lastWords != nil {
		text += ": " + r.opts.lastWords()
	}
	return text
}
