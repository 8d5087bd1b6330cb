package kerneltest

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"lockstep/kernel"
	"lockstep/kernel/lang"
	"lockstep/kernel/wire"
	"lockstep/kernel/wire/wiretest"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// Config says what kernel [Start] runs. The zero value works.
type Config struct {
	Interpreter lang.Interpreter // nil is a zero [Interpreter]
	Options     kernel.Options   // its log goes to the test's unless set
	Wire        wire.Options
}

// Kernel is a running kernel as its client sees it. Every message that comes is
// checked and logged. It is for one goroutine.
type Kernel struct {
	Client  *wire.Client
	Sockets *wire.Sockets
	Log     []*wire.Message // of all channels, in the order in which they came

	t       testing.TB
	session string
	seen    map[string]bool // message ids
	sent    *tap
	ended   chan struct{}
	err     error // of Run, once ended is closed
	stop    context.CancelFunc
}

// Start runs a kernel and connects a client. The kernel ends with the test, and
// the test fails if it does not.
func Start(t testing.TB, cfg Config) *Kernel {
	t.Helper()
	if cfg.Interpreter == nil {
		cfg.Interpreter = &Interpreter{}
	}
	if cfg.Options.Logger == nil {
		cfg.Options.Logger = slog.New(slog.NewTextHandler(logWriter{t}, nil))
	}
	sockets := wiretest.Listen(t, wire.NewConnectionInfo(), cfg.Wire)
	k := &Kernel{
		Sockets: sockets,
		t:       t,
		session: sockets.Session(),
		seen:    make(map[string]bool),
		sent:    &tap{Sockets: sockets},
		ended:   make(chan struct{}),
	}
	ctx, cancel := context.WithCancel(context.Background())
	k.stop = cancel
	run := kernel.New(k.sent, cfg.Interpreter, cfg.Options)
	go func() {
		defer close(k.ended)
		k.err = run.Run(ctx)
	}()
	t.Cleanup(func() {
		cancel()
		if err := k.Wait(); err != nil {
			t.Error("kernel:", err)
		}
	})
	k.Client = wiretest.Dial(t, sockets.Info())
	return k
}

// Stop ends the kernel as if its context had ended.
func (k *Kernel) Stop() { k.stop() }

// Wait waits until the kernel has ended and returns its error.
func (k *Kernel) Wait() error {
	k.t.Helper()
	select {
	case <-k.ended:
		return k.err
	case <-time.After(patience):
		k.t.Fatal("kernel does not end")
		return nil
	}
}

// Dial connects another client. Its messages are not in Log.
func (k *Kernel) Dial() *wire.Client {
	k.t.Helper()
	return wiretest.Dial(k.t, k.Sockets.Info())
}

// Request sends a request.
func (k *Kernel) Request(ch wire.Channel, t wire.MsgType, content any) *wire.Message {
	k.t.Helper()
	m, err := k.Client.Request(ch, t, content)
	if err != nil {
		k.t.Fatal(err)
	}
	return m
}

// Execute sends an execute_request with the defaults of a notebook.
func (k *Kernel) Execute(code string) *wire.Message {
	k.t.Helper()
	return k.Request(wire.Shell, wire.ExecuteRequest,
		wire.ExecuteRequestContent{Code: code, StoreHistory: true, StopOnError: true, AllowStdin: true})
}

// Next waits for the next message on any channel.
func (k *Kernel) Next() *wire.Message {
	k.t.Helper()
	var m *wire.Message
	var open bool
	select {
	case m, open = <-k.Client.Receive(wire.Shell):
	case m, open = <-k.Client.Receive(wire.Control):
	case m, open = <-k.Client.Receive(wire.Stdin):
	case m, open = <-k.Client.Receive(wire.IOPub):
	case <-time.After(patience):
		k.t.Fatalf("no message within %v; so far:\n%s", patience, k)
	}
	if !open {
		k.t.Fatalf("kernel has closed its sockets; so far:\n%s", k)
	}
	k.take(m)
	return m
}

// take checks m and logs it.
func (k *Kernel) take(m *wire.Message) {
	k.t.Helper()
	k.Log = append(k.Log, m)
	if err := Check(m); err != nil {
		k.t.Error(err)
	}
	if m.Header.Session != k.session {
		k.t.Errorf("%s: session %q is not the kernel's", m.Header.MsgType, m.Header.Session)
	}
	if k.seen[m.Header.MsgID] {
		k.t.Errorf("%s: message id %q came before", m.Header.MsgType, m.Header.MsgID)
	}
	k.seen[m.Header.MsgID] = true
}

// Await returns the first message that matches, in Log or yet to come.
func (k *Kernel) Await(match func(*wire.Message) bool) *wire.Message {
	k.t.Helper()
	if i := slices.IndexFunc(k.Log, match); i >= 0 {
		return k.Log[i]
	}
	for {
		if m := k.Next(); match(m) {
			return m
		}
	}
}

// Drain takes what still comes until the kernel has closed all connections.
func (k *Kernel) Drain() {
	k.t.Helper()
	timeout := time.After(patience)
	shell, control := k.Client.Receive(wire.Shell), k.Client.Receive(wire.Control)
	stdin, iopub := k.Client.Receive(wire.Stdin), k.Client.Receive(wire.IOPub)
	for shell != nil || control != nil || stdin != nil || iopub != nil {
		var m *wire.Message
		var open bool
		var from *<-chan *wire.Message
		select {
		case m, open = <-shell:
			from = &shell
		case m, open = <-control:
			from = &control
		case m, open = <-stdin:
			from = &stdin
		case m, open = <-iopub:
			from = &iopub
		case <-timeout:
			k.t.Fatalf("kernel does not close its sockets; so far:\n%s", k)
		}
		if !open {
			*from = nil
			continue
		}
		k.take(m)
	}
}

// Answer is what came of a request.
type Answer struct {
	Reply   *wire.Message   // nil if there is none
	Outputs []*wire.Message // on iopub, without busy and idle
}

// Finish waits for the reply to req, if requests of its type have one, and for
// its idle, and returns all that belongs to req. The test fails if busy does not
// come first, idle last, and each once.
func (k *Kernel) Finish(req *wire.Message) Answer {
	k.t.Helper()
	want, replies := req.Header.MsgType.Reply()
	if _, known := contents[want]; !known {
		replies = false
	}
	if replies {
		k.Await(func(m *wire.Message) bool {
			return m.Channel == req.Channel && m.Header.MsgType == want && m.IsReplyTo(req)
		})
	}
	k.Await(func(m *wire.Message) bool { return IsStatus(m, req, wire.StateIdle) })
	return k.Collected(req)
}

// Collected is Finish for what is in Log already.
func (k *Kernel) Collected(req *wire.Message) Answer {
	k.t.Helper()
	var a Answer
	var published []*wire.Message
	for _, m := range k.Log {
		if !m.IsReplyTo(req) {
			continue
		}
		if !bytes.Equal(m.ParentHeader, req.Header.Raw) {
			k.t.Errorf("%s: parent header is %s, want it as it was sent: %s", m.Header.MsgType, m.ParentHeader, req.Header.Raw)
		}
		switch {
		case m.Channel == wire.IOPub:
			published = append(published, m)
		case m.Channel == req.Channel && a.Reply == nil:
			a.Reply = m
		case m.Channel != wire.Stdin:
			k.t.Errorf("%s: more than one reply: %s %s on %s", req.Header.MsgType, m.Header.MsgType, m.Content, m.Channel)
		}
	}
	if len(published) < 2 || !IsStatus(published[0], req, wire.StateBusy) {
		k.t.Fatalf("%s: want busy first; got:\n%s", req.Header.MsgType, show(published))
	}
	idle := slices.IndexFunc(published, func(m *wire.Message) bool { return IsStatus(m, req, wire.StateIdle) })
	a.Outputs = published[1:idle]
	for _, m := range slices.Concat(a.Outputs, published[idle+1:]) {
		if m.Header.MsgType == wire.Status {
			k.t.Errorf("%s: want busy and idle once each; got:\n%s", req.Header.MsgType, show(published))
		}
	}
	return a
}

// Run executes a cell to its end.
func (k *Kernel) Run(code string) (wire.ExecuteReplyContent, []*wire.Message) {
	k.t.Helper()
	a := k.Finish(k.Execute(code))
	return Content[wire.ExecuteReplyContent](k.t, a.Reply), a.Outputs
}

// Sent returns what the kernel has handed to its sockets so far, in that order
// over all channels, which no client can see.
func (k *Kernel) Sent() []*wire.Message {
	k.sent.mu.Lock()
	defer k.sent.mu.Unlock()
	return slices.Clone(k.sent.messages)
}

// String shows Log.
func (k *Kernel) String() string { return show(k.Log) }

func show(messages []*wire.Message) string {
	var b bytes.Buffer
	for _, m := range messages {
		b.WriteString(m.Channel.String() + " " + string(m.Header.MsgType) + " ")
		b.Write(m.Content[:min(len(m.Content), 300)])
		b.WriteByte('\n')
	}
	return b.String()
}

// IsStatus tells whether m says that the kernel is in state for req.
func IsStatus(m, req *wire.Message, state wire.ExecutionState) bool {
	if m.Header.MsgType != wire.Status || !m.IsReplyTo(req) {
		return false
	}
	var c wire.StatusContent
	return json.Unmarshal(m.Content, &c) == nil && c.ExecutionState == state
}

// Content decodes the content of m; the test fails when that is not possible.
func Content[T any](t testing.TB, m *wire.Message) T {
	t.Helper()
	if m == nil {
		t.Fatal("got no message")
	}
	c, err := wire.Decode[T](m)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// tap notes what goes into the sockets.
type tap struct {
	*wire.Sockets
	mu       sync.Mutex
	messages []*wire.Message
}

func (s *tap) note(ch wire.Channel, m *wire.Message) {
	noted := *m
	noted.Channel = ch
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = append(s.messages, &noted)
}

func (s *tap) Send(ch wire.Channel, m *wire.Message) error {
	s.note(ch, m)
	return s.Sockets.Send(ch, m)
}

func (s *tap) PublishMessage(m *wire.Message) error {
	s.note(wire.IOPub, m)
	return s.Sockets.PublishMessage(m)
}

func (s *tap) RequestInput(req *wire.Message, c wire.InputRequestContent) (*wire.Message, error) {
	m, err := s.Sockets.RequestInput(req, c)
	if err == nil {
		s.note(wire.Stdin, m)
	}
	return m, err
}

// logWriter shows a kernel's log with the test that it belongs to.
type logWriter struct{ t testing.TB }

func (w logWriter) Write(p []byte) (int, error) {
	w.t.Helper()
	w.t.Log(string(bytes.TrimSpace(p)))
	return len(p), nil
}
