package kernel

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"lockstep/kernel/wire"
)

// mute is a transport that sends nothing.
type mute struct {
	Transport
	shell chan *wire.Message
}

func (m mute) Receive(wire.Channel) <-chan *wire.Message { return m.shell }

func (mute) NewMessage(wire.MsgType, *wire.Message, any) (*wire.Message, error) {
	return &wire.Message{}, nil
}
func (mute) PublishMessage(*wire.Message) error     { return nil }
func (mute) Send(wire.Channel, *wire.Message) error { return nil }

// TestTurns sends two cells, a question about what they did and one that is
// answered at once, in one go.
func TestTurns(t *testing.T) {
	tests := []struct {
		cell          time.Duration // how long each of the cells takes
		question, now time.Duration // when the questions are answered
	}{
		{0, 0, 0},
		{10 * time.Millisecond, 20 * time.Millisecond, 0}, // takes account of both cells
		{time.Hour, asideGrace, 0},
	}
	for _, tt := range tests {
		t.Run(tt.cell.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begin := time.Now()
				note := func(at *time.Duration) func(*Kernel, context.Context, *request) (any, error) {
					return func(*Kernel, context.Context, *request) (any, error) {
						*at = time.Since(begin)
						return nil, nil
					}
				}
				question, now := time.Duration(-1), time.Duration(-1)
				shell := make(chan *wire.Message)
				k := New(mute{shell: shell}, nil, Options{})
				k.shell = table([]row{
					{msgType: wire.ExecuteRequest, turn: inTurn, handle: func(_ *Kernel, ctx context.Context, _ *request) (any, error) {
						select {
						case <-time.After(tt.cell):
						case <-ctx.Done():
						}
						return nil, nil
					}},
					{msgType: wire.InspectRequest, turn: aside, handle: note(&question)},
					{msgType: wire.KernelInfoRequest, turn: atOnce, handle: note(&now)},
				})
				ctx, cancel := context.WithCancel(t.Context())
				go k.readShell(ctx)
				go k.runCells(ctx)
				go k.answerAsides(ctx)
				for _, msgType := range []wire.MsgType{wire.ExecuteRequest, wire.ExecuteRequest, wire.InspectRequest, wire.KernelInfoRequest} {
					shell <- &wire.Message{Header: wire.Header{MsgType: msgType}}
				}
				time.Sleep(time.Second) // the bubble's
				synctest.Wait()
				if question != tt.question || now != tt.now {
					t.Errorf("got question answered after %v and kernel_info after %v, want %v and %v", question, now, tt.question, tt.now)
				}
				cancel()
				close(shell)
				k.cells.close()
				k.asides.close()
			})
		})
	}
}
