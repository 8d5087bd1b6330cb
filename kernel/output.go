package kernel

import (
	"errors"
	"fmt"
	"sync"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

// output is the [lang.Output] of one execute_request. Everything goes through
// its batcher, which puts text, displays and the messages of the kernel itself
// in one order. It stays valid after the cell: what a goroutine prints later has
// the same parent, so that clients show it with its cell.
type output struct {
	k          *Kernel
	req        *wire.Message
	silent     bool // nothing is published
	allowInput bool
	text       *batcher
	ended      chan struct{} // closed by end

	mu        sync.Mutex
	payload   []wire.Payload
	nextInput *wire.Payload
}

var _ lang.Output = (*output)(nil)

func newOutput(k *Kernel, req *wire.Message, content wire.ExecuteRequestContent) *output {
	req = req.Stub() // outputs are kept, for what comes late, and cells may be large
	o := &output{k: k, req: req, silent: content.Silent, allowInput: content.AllowStdin, ended: make(chan struct{})}
	o.text = newBatcher(&k.texts, func(c wire.StreamContent) { k.publish(req, wire.Stream, c) })
	return o
}

// Stream implements [lang.Output].
func (o *output) Stream(name, text string) {
	if o.silent {
		return
	}
	stream := wire.Stdout
	if name == string(wire.Stderr) {
		stream = wire.Stderr
	}
	o.text.write(stream, text)
}

// Display implements [lang.Output].
func (o *output) Display(m display.Message) {
	data, metadata := wire.Bundle(m.Bundle.Data), wire.Bundle(m.Bundle.Metadata)
	switch m.Action {
	case display.ClearNow, display.ClearLater:
		o.publish(wire.ClearOutput, wire.ClearOutputContent{Wait: m.Action == display.ClearLater})
	case display.Update:
		o.show(wire.UpdateDisplayData, wire.UpdateDisplayDataContent{
			Data: data, Metadata: metadata, Transient: wire.Transient{DisplayID: m.ID}})
	case display.Show:
		content := wire.DisplayDataContent{Data: data, Metadata: metadata}
		if m.ID != "" {
			content.Transient = &wire.Transient{DisplayID: m.ID}
		}
		o.show(wire.DisplayData, content)
	}
}

// publish sends a message after the text so far.
func (o *output) publish(t wire.MsgType, content any) (err error) {
	if o.silent {
		return nil
	}
	o.text.then(func() { err = o.k.publish(o.req, t, content) })
	return err
}

// show publishes a value. One that cannot be encoded is the user's, so the user
// is told.
func (o *output) show(t wire.MsgType, content any) {
	if err := o.publish(t, content); err != nil && !errors.Is(err, wire.ErrClosed) {
		o.Stream(string(wire.Stderr), fmt.Sprintf("value cannot be shown: %v\n", err))
	}
}

// Page implements [lang.Output]. After the cell has ended it does nothing: the
// reply that would carry it is gone.
func (o *output) Page(b display.Bundle) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.payload = append(o.payload, wire.PagePayload(withText(b.Data), 0))
}

// SetNextInput implements [lang.Output]. Of several the last one counts.
func (o *output) SetNextInput(text string, replace bool) {
	p := wire.NextInputPayload(text, wire.Placement(replace))
	o.mu.Lock()
	defer o.mu.Unlock()
	o.nextInput = &p
}

func (o *output) takePayload() []wire.Payload {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.nextInput != nil {
		return append(o.payload, *o.nextInput)
	}
	return o.payload
}

// end sends all text so far; the cell is over.
func (o *output) end() {
	o.text.end()
	close(o.ended)
}
