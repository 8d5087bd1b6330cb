package kernel

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"lockstep/kernel/wire"
)

// turn says when a request is handled.
type turn int

const (
	// atOnce: as it arrives, also while a cell runs. It must be quick: what comes
	// behind it on its channel waits.
	atOnce turn = iota
	// inTurn: after all requests of this kind that came before.
	inTurn
	// aside: beside the cells, one at a time. To a client that sends cells and
	// questions in one go, the answer takes account of those cells, provided that
	// they end within asideGrace; while a longer cell runs it is of use all the
	// same: people complete in one cell while another runs.
	aside
)

// asideGrace is how long a question waits for the cells that were sent before
// it. Cells that are not meant to take long end within it, and JupyterLab's
// completer, which waits a second, still has time.
const asideGrace = 250 * time.Millisecond

// row is how one type of request is handled. The handler returns the content of
// the reply; nil for none. An error becomes an error reply.
type row struct {
	msgType wire.MsgType
	turn    turn
	handle  func(*Kernel, context.Context, *request) (reply any, err error)

	ends bool // the reply goes to all clients as well, and the kernel ends
}

var shellRows = []row{
	{msgType: wire.KernelInfoRequest, turn: atOnce, handle: (*Kernel).info},
	{msgType: wire.ConnectRequest, turn: atOnce, handle: (*Kernel).connect},
	{msgType: wire.IsCompleteRequest, turn: atOnce, handle: (*Kernel).isComplete},
	{msgType: wire.ShutdownRequest, turn: atOnce, handle: (*Kernel).shutdown, ends: true},
	{msgType: wire.ExecuteRequest, turn: inTurn, handle: (*Kernel).execute},
	{msgType: wire.CommOpen, turn: inTurn, handle: (*Kernel).commOpen},
	{msgType: wire.CommMsg, turn: inTurn, handle: (*Kernel).commMsg},
	{msgType: wire.CommClose, turn: inTurn, handle: (*Kernel).commClose},
	{msgType: wire.CommInfoRequest, turn: aside, handle: (*Kernel).commInfo},
	{msgType: wire.CompleteRequest, turn: aside, handle: (*Kernel).complete},
	{msgType: wire.InspectRequest, turn: aside, handle: (*Kernel).inspect},
	{msgType: wire.HistoryRequest, turn: aside, handle: (*Kernel).history},
}

var controlRows = []row{
	{msgType: wire.KernelInfoRequest, handle: (*Kernel).info},
	{msgType: wire.ConnectRequest, handle: (*Kernel).connect},
	{msgType: wire.InterruptRequest, handle: (*Kernel).interrupt},
	{msgType: wire.ShutdownRequest, handle: (*Kernel).shutdown, ends: true},
	{msgType: wire.UsageRequest, turn: aside, handle: (*Kernel).usageInfo}, // looks at all processes: 20 ms and more
}

func table(rows []row) map[wire.MsgType]row {
	t := make(map[wire.MsgType]row, len(rows))
	for _, r := range rows {
		t[r.msgType] = r
	}
	return t
}

// unknown handles types that have no row: the client gets no reply, but does not
// wait for an idle that never comes.
func unknown(k *Kernel, _ context.Context, r *request) (any, error) {
	k.log.Warn("unknown type of message", "type", r.msg.Header.MsgType, "channel", r.msg.Channel)
	return nil, nil
}

// request is a message on its way through the kernel.
type request struct {
	msg     *wire.Message
	row     row
	after   <-chan struct{} // aside: done of the last request in turn before it, or nil
	done    chan struct{}   // closed after idle
	aborted bool            // a request before it failed
	failed  bool            // the handler did not handle it
	out     *output         // of a request that has output
	started time.Time
}

func newRequest(m *wire.Message, rows map[wire.MsgType]row) *request {
	r, ok := rows[m.Header.MsgType]
	if !ok {
		r = row{msgType: m.Header.MsgType, handle: unknown}
	}
	return &request{msg: m, row: r, done: make(chan struct{})}
}

// readShell takes the requests on shell and sees that each is handled in its
// turn. It never waits for a cell.
func (k *Kernel) readShell(ctx context.Context) {
	var last <-chan struct{}
	for m := range k.wire.Receive(wire.Shell) {
		r := newRequest(m, k.shell)
		switch r.row.turn {
		case inTurn:
			last = r.done
			k.cells.push(r)
		case aside:
			r.after = last
			k.asides.push(r)
		default:
			k.serve(ctx, r)
		}
	}
	k.end()
}

func (k *Kernel) readControl(ctx context.Context) {
	for m := range k.wire.Receive(wire.Control) {
		if r := newRequest(m, k.control); r.row.turn == aside {
			k.asides.push(r)
		} else {
			k.serve(ctx, r)
		}
	}
	k.end()
}

// runCells handles the requests that wait for their turn.
func (k *Kernel) runCells(ctx context.Context) {
	for {
		r, ok := k.cells.pop()
		if !ok {
			return
		}
		// From before busy on, so that whoever sees busy can interrupt.
		ctx, done := k.running.start(ctx)
		k.serve(ctx, r)
		done()
	}
}

// answerAsides handles the requests that need not wait for their turn.
func (k *Kernel) answerAsides(ctx context.Context) {
	for {
		r, ok := k.asides.pop()
		if !ok {
			return
		}
		if r.after != nil {
			grace := time.NewTimer(asideGrace)
			select {
			case <-r.after:
			case <-grace.C:
			case <-k.ending:
			}
			grace.Stop()
		}
		k.serve(ctx, r)
	}
}

// serve handles one request. It alone says busy and idle: busy before
// anything else, idle when all the output of the request and its reply are out.
func (k *Kernel) serve(ctx context.Context, r *request) {
	defer close(r.done)
	defer k.spare.later(k.running.busy)
	r.started = k.now()
	k.publish(r.msg, wire.Status, wire.StatusContent{ExecutionState: wire.StateBusy})
	reply := k.handle(ctx, r)
	if r.out != nil {
		r.out.end()
	}
	if reply != nil {
		k.reply(r, reply)
	}
	k.publish(r.msg, wire.Status, wire.StatusContent{ExecutionState: wire.StateIdle})
	if r.row.ends && !r.failed {
		k.end()
	}
}

// handle calls the handler of r and returns the reply's content, nil for none. A
// panic costs no more than the request.
func (k *Kernel) handle(ctx context.Context, r *request) (reply any) {
	defer func() {
		if p := recover(); p != nil {
			k.log.Error("panic in a handler", "type", r.msg.Header.MsgType, "panic", p, "stack", string(debug.Stack()))
			r.failed, reply = true, k.failure(r, "internal error", fmt.Sprint(p))
		}
	}()
	if r.aborted {
		return wire.ExecuteReplyContent{Status: wire.StatusAborted, ExecutionCount: k.count}
	}
	reply, err := r.row.handle(k, ctx, r)
	if err != nil {
		k.log.Warn("request failed", "type", r.msg.Header.MsgType, "error", err)
		name := "error"
		if _, ok := errors.AsType[*wire.DecodeError](err); ok {
			name = "invalid request"
		}
		r.failed, reply = true, k.failure(r, name, err.Error())
	}
	return reply
}

// failure makes the content of the reply to a request that could not be
// handled; nil if requests of its type have no reply.
func (k *Kernel) failure(r *request, ename, evalue string) any {
	if r.msg.Header.MsgType == wire.ExecuteRequest {
		return wire.ExecuteReplyContent{Status: wire.StatusError, ExecutionCount: k.count,
			EName: ename, EValue: evalue, Traceback: []string{ename + ": " + evalue}}
	}
	if _, ok := r.msg.Header.MsgType.Reply(); !ok {
		return nil
	}
	return wire.NewErrorReply(ename, evalue, ename+": "+evalue)
}

// reply sends the reply to r. One that cannot be encoded, for instance because a
// value is not a number, becomes an error reply: the client waits for one.
func (k *Kernel) reply(r *request, content any) {
	t, _ := r.msg.Header.MsgType.Reply()
	m, err := k.wire.NewMessage(t, r.msg, content)
	if err != nil {
		k.log.Error("reply cannot be encoded", "type", t, "error", err)
		if m, err = k.wire.NewMessage(t, r.msg, k.failure(r, "invalid reply", err.Error())); err != nil {
			return
		}
	}
	if t == wire.ExecuteReply {
		// JupyterLab keeps it in the cell's metadata when it records timing.
		err := m.SetMetadata(map[string]any{"started": r.started.UTC().Format(time.RFC3339Nano)})
		if err != nil {
			k.log.Error("reply without metadata", "type", t, "error", err)
		}
	}
	m.Identities = r.msg.Identities
	if err := k.wire.Send(r.msg.Channel, m); err != nil && !errors.Is(err, wire.ErrClosed) {
		k.log.Error("reply not sent", "type", t, "error", err)
	}
	if r.row.ends && !r.failed {
		k.publish(r.msg, t, content)
	}
}
