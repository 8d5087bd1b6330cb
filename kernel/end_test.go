package kernel_test

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"sync"
	"testing"
	"time"

	"lockstep/kernel"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
)

// still is a transport without sockets. Text stands still in it until it is
// closed, as with a client that does not read, and closing takes all the time
// that it may.
type still struct {
	in      [3]chan *wire.Message
	closing chan struct{}

	mu     sync.Mutex
	sent   []wire.MsgType
	linger time.Duration
}

func newStill() *still {
	s := &still{closing: make(chan struct{})}
	for i := range s.in {
		s.in[i] = make(chan *wire.Message)
	}
	return s
}

func (s *still) request(ch wire.Channel, t wire.MsgType, content string) {
	s.in[ch] <- &wire.Message{Channel: ch, Header: wire.Header{MsgID: string(t), MsgType: t, Raw: []byte(`{}`)}, Content: []byte(content)}
}

func (s *still) note(t wire.MsgType) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent = append(s.sent, t)
}

func (s *still) Info() wire.ConnectionInfo                    { return wire.ConnectionInfo{} }
func (s *still) Receive(ch wire.Channel) <-chan *wire.Message { return s.in[ch] }

func (s *still) NewMessage(t wire.MsgType, _ *wire.Message, content any) (*wire.Message, error) {
	raw, err := json.Marshal(content)
	return &wire.Message{Header: wire.Header{MsgType: t}, Content: raw}, err
}

func (s *still) Send(_ wire.Channel, m *wire.Message) error {
	s.note(m.Header.MsgType)
	return nil
}

func (s *still) RequestInput(*wire.Message, wire.InputRequestContent) (*wire.Message, error) {
	return nil, wire.ErrClosed
}

func (s *still) PublishMessage(m *wire.Message) error {
	if m.Header.MsgType == wire.Stream {
		<-s.closing
		return wire.ErrClosed
	}
	s.note(m.Header.MsgType)
	return nil
}

func (s *still) Close(linger time.Duration) error {
	s.mu.Lock()
	s.linger = linger
	s.mu.Unlock()
	<-time.After(linger) // the worst case
	close(s.closing)
	for _, ch := range s.in {
		close(ch)
	}
	return nil
}

// TestEndsInTime has what a kernel depends on hang when it is to end. It has to
// be gone before jupyter_client sends SIGTERM, and its reply has to be out.
func TestEndsInTime(t *testing.T) {
	const limit = 2500 * time.Millisecond
	tests := []struct {
		name     string
		cell     func(hang <-chan struct{}, ctx context.Context, out lang.Output)
		interp   bool // Close hangs as well
		lateText bool
	}{
		{name: "nothing hangs", cell: func(<-chan struct{}, context.Context, lang.Output) {}},
		{name: "cell", cell: func(hang <-chan struct{}, _ context.Context, _ lang.Output) { <-hang }},
		{name: "cell and session", cell: func(hang <-chan struct{}, _ context.Context, _ lang.Output) { <-hang }, interp: true},
		{name: "client that does not read", cell: func(_ <-chan struct{}, _ context.Context, out lang.Output) { out.Stream("stdout", "x") }},
		{name: "client that does not read late text", cell: func(<-chan struct{}, context.Context, lang.Output) {}, lateText: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The graces add up to about 2 s; a busy machine may add to that once, not every time.
			took := time.Duration(math.MaxInt64)
			for range 5 {
				if took = min(took, endsIn(t, tt.cell, tt.interp, tt.lateText)); took <= limit {
					return
				}
			}
			t.Errorf("took %v, want at most %v", took, limit)
		})
	}
}

// endsIn has a kernel end while a cell does something, and returns how long it took.
func endsIn(t *testing.T, cell func(<-chan struct{}, context.Context, lang.Output), interpHangs, lateText bool) time.Duration {
	hang, entered := make(chan struct{}), make(chan lang.Output, 1)
	defer close(hang)
	script := &kerneltest.Interpreter{
		ExecuteFunc: func(ctx context.Context, _ lang.Request, out lang.Output) lang.Result {
			entered <- out
			cell(hang, ctx, out)
			return lang.Result{}
		},
		CloseFunc: func() error {
			if interpHangs {
				<-hang
			}
			return nil
		},
	}
	s := newStill()
	done := make(chan error)
	go func() { done <- kernel.New(s, script, kernel.Options{}).Run(context.Background()) }()
	s.request(wire.Shell, wire.ExecuteRequest, `{"code":"x"}`)
	out := <-entered
	if lateText {
		out.Stream("stdout", "x")
	}
	begin := time.Now()
	s.request(wire.Control, wire.ShutdownRequest, `{}`)
	if err := <-done; (err != nil) != interpHangs {
		t.Errorf("got error %v, want one: %v", err, interpHangs)
	}
	took := time.Since(begin)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.linger < wire.DefaultLinger {
		t.Errorf("got linger %v, want %v", s.linger, wire.DefaultLinger)
	}
	if !slices.Contains(s.sent, wire.ShutdownReply) {
		t.Errorf("got %v sent, want the reply among it", s.sent)
	}
	return took
}
