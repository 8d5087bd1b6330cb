package kernel

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"sync"

	"lockstep/kernel/wire"
)

var (
	errNoInput   = errors.New("this client takes no input requests (allow_stdin is false)")
	errCellEnded = errors.New("input can be asked for only while the cell runs")
)

// stdin pairs input requests with their replies. There is one question at a
// time: a client shows one field, and most send replies without a parent.
type stdin struct {
	turn chan struct{} // holds one value while a question is open

	mu      sync.Mutex
	asked   *wire.Message      // the last question; nil when it is answered
	answers chan *wire.Message // of the open question; has room for one
}

func newStdin() stdin { return stdin{turn: make(chan struct{}, 1)} }

// read takes replies from stdin until the sockets are closed. It always reads,
// so that a reply that nobody waits for is not taken for a later answer.
func (s *stdin) read(replies <-chan *wire.Message, log *slog.Logger) {
	for m := range replies {
		if !s.deliver(m) {
			log.Warn("message on stdin that answers nothing", "type", m.Header.MsgType)
		}
	}
}

func (s *stdin) deliver(m *wire.Message) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked == nil || m.Header.MsgType != wire.InputReply || !answers(m, s.asked) {
		return false
	}
	s.answers <- m
	s.asked = nil
	return true
}

// answers tells whether m can be the reply to asked: it is from the client that
// was asked, and belongs to no other question. The blocking client of
// jupyter_client sends no parent at all.
func answers(m, asked *wire.Message) bool {
	if len(m.Identities) == 0 || len(asked.Identities) == 0 || !bytes.Equal(m.Identities[0], asked.Identities[0]) {
		return false
	}
	parent, err := m.Parent()
	return err == nil && (parent.MsgID == "" || m.IsReplyTo(asked))
}

// open sends a question by ask; its answer comes on the channel. A question
// before it that was given up is forgotten.
func (s *stdin) open(ask func() (*wire.Message, error)) (<-chan *wire.Message, error) {
	s.mu.Lock() // until the question is known, its answer waits
	defer s.mu.Unlock()
	asked, err := ask()
	if err != nil {
		return nil, err
	}
	s.asked = asked
	s.answers = make(chan *wire.Message, 1)
	return s.answers, nil
}

// Input implements [lang.Output]. Its errors are for the user. If the client
// goes away, the question waits for it until the cell is interrupted, as ipykernel's does: a client
// behind a broken connection comes back with its input box still open.
func (o *output) Input(ctx context.Context, prompt string, password bool) (string, error) {
	if !o.allowInput {
		return "", errNoInput
	}
	// Ready channels are chosen at random, so the end goes first.
	select {
	case <-o.ended:
		return "", errCellEnded
	default:
	}
	s := &o.k.stdin
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case <-o.ended:
		return "", errCellEnded
	}
	var reply <-chan *wire.Message
	var err error
	o.text.then(func() {
		reply, err = s.open(func() (*wire.Message, error) {
			return o.k.wire.RequestInput(o.req, wire.InputRequestContent{Prompt: prompt, Password: password})
		})
	})
	if err != nil {
		return "", err
	}
	select {
	case m := <-reply:
		content, err := wire.Decode[wire.InputReplyContent](m)
		return content.Value, err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	case <-o.ended:
		return "", errCellEnded
	}
}
