package kernel

import (
	"context"
	"encoding/json"
	"sync"

	"lockstep/kernel/wire"
)

// CommTarget is called when a client opens a comm by the target's name. It
// returns what handles the comm from then on; an error closes it.
type CommTarget func(c *Comm, opening CommMessage) (CommHandler, error)

// CommHandler handles what a client does with an open comm. The functions are
// called one at a time, in turn with the cells; each may be nil.
type CommHandler struct {
	Message func(CommMessage) error
	Closed  func(CommMessage)
}

// CommMessage is what travels over a comm. Data and Metadata are JSON objects;
// nil is an empty one.
type CommMessage struct {
	Data     json.RawMessage
	Metadata json.RawMessage
	Buffers  [][]byte
}

// Comm is an open connection between an object of the kernel and one of a
// client. Its methods are safe for concurrent use.
type Comm struct {
	k       *Kernel
	id      string
	target  string
	handler CommHandler

	mu     sync.Mutex
	parent *wire.Message // the client's last message
}

// ID returns the id that the client chose.
func (c *Comm) ID() string { return c.id }

// Target returns the name of the target that was opened.
func (c *Comm) Target() string { return c.target }

// Send sends m to the clients.
func (c *Comm) Send(m CommMessage) error {
	return c.publish(wire.CommMsg, wire.CommMsgContent{CommID: c.id, Data: m.Data}, m)
}

// Close ends the comm; the clients are told with m. Closing it again does
// nothing.
func (c *Comm) Close(m CommMessage) error {
	if !c.k.comms.remove(c) {
		return nil
	}
	return c.publish(wire.CommClose, wire.CommCloseContent{CommID: c.id, Data: m.Data}, m)
}

func (c *Comm) publish(t wire.MsgType, content any, m CommMessage) error {
	c.mu.Lock()
	parent := c.parent
	c.mu.Unlock()
	out, err := c.k.wire.NewMessage(t, parent, content)
	if err != nil {
		return err
	}
	out.Metadata, out.Buffers = m.Metadata, m.Buffers
	return c.k.wire.PublishMessage(out)
}

func (c *Comm) received(m *wire.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parent = m
}

// comms are the open comms, and the targets for new ones.
type comms struct {
	targets map[string]CommTarget

	mu   sync.Mutex
	open map[string]*Comm
}

func newComms(targets map[string]CommTarget) comms {
	return comms{targets: targets, open: make(map[string]*Comm)}
}

func (cs *comms) find(id string) *Comm {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return cs.open[id]
}

func (cs *comms) add(c *Comm) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.open[c.id] = c
}

// remove tells whether c was open.
func (cs *comms) remove(c *Comm) bool {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	was := cs.open[c.id] == c
	if was {
		delete(cs.open, c.id)
	}
	return was
}

// commOpen handles comm_open.
func (k *Kernel) commOpen(_ context.Context, r *request) (any, error) {
	content, err := wire.Decode[wire.CommOpenContent](r.msg)
	if err != nil {
		return nil, err
	}
	c := &Comm{k: k, id: content.CommID, target: content.TargetName, parent: r.msg}
	target := k.comms.targets[content.TargetName]
	if target == nil {
		k.log.Warn("comm to a target that is not known", "target", content.TargetName)
		return nil, k.publish(r.msg, wire.CommClose, wire.CommCloseContent{CommID: content.CommID})
	}
	// Open before the target is called, so that it can send, and close.
	k.comms.add(c)
	accepted := false
	defer func() { // also when the target panics
		if !accepted {
			c.Close(CommMessage{})
		}
	}()
	if c.handler, err = target(c, commMessage(r.msg, content.Data)); err != nil {
		return nil, err
	}
	accepted = true
	return nil, nil
}

// commMsg handles comm_msg.
func (k *Kernel) commMsg(_ context.Context, r *request) (any, error) {
	content, err := wire.Decode[wire.CommMsgContent](r.msg)
	if err != nil {
		return nil, err
	}
	c := k.comms.find(content.CommID)
	if c == nil {
		k.log.Warn("message on a comm that is not open", "comm", content.CommID)
		return nil, nil
	}
	c.received(r.msg)
	if c.handler.Message == nil {
		return nil, nil
	}
	return nil, c.handler.Message(commMessage(r.msg, content.Data))
}

// commClose handles comm_close.
func (k *Kernel) commClose(_ context.Context, r *request) (any, error) {
	content, err := wire.Decode[wire.CommCloseContent](r.msg)
	if err != nil {
		return nil, err
	}
	c := k.comms.find(content.CommID)
	if c == nil || !k.comms.remove(c) {
		return nil, nil
	}
	c.received(r.msg)
	if c.handler.Closed != nil {
		c.handler.Closed(commMessage(r.msg, content.Data))
	}
	return nil, nil
}

func commMessage(m *wire.Message, data json.RawMessage) CommMessage {
	return CommMessage{Data: data, Metadata: m.Metadata, Buffers: m.Buffers}
}

// commInfo handles comm_info_request.
func (k *Kernel) commInfo(_ context.Context, r *request) (any, error) {
	req, err := wire.Decode[wire.CommInfoRequestContent](r.msg)
	if err != nil {
		return nil, err
	}
	k.comms.mu.Lock()
	defer k.comms.mu.Unlock()
	open := make(map[string]wire.CommInfo)
	for id, c := range k.comms.open {
		if req.TargetName == "" || req.TargetName == c.target {
			open[id] = wire.CommInfo{TargetName: c.target}
		}
	}
	return wire.CommInfoReplyContent{Status: wire.StatusOK, Comms: open}, nil
}
