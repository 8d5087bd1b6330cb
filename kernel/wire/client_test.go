package wire

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// kernel runs cell for each execute_request between busy and idle, as a kernel
// does, until s is closed.
func kernel(t *testing.T, s *Sockets, cell func(req *Message, c ExecuteRequestContent) ExecuteReplyContent) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for req := range s.Receive(Shell) {
			c, err := Decode[ExecuteRequestContent](req)
			if err != nil {
				t.Error(err)
			}
			s.Publish(req, Status, StatusContent{StateBusy})
			reply := cell(req, c)
			s.Reply(req, reply)
			s.Publish(req, Status, StatusContent{StateIdle})
		}
	}()
	t.Cleanup(func() { s.Close(0); <-done })
}

func TestExecute(t *testing.T) {
	s := listen(t, Options{})
	count := 0
	kernel(t, s, func(req *Message, c ExecuteRequestContent) ExecuteReplyContent {
		count++
		s.Publish(nil, Stream, StreamContent{Stdout, "from no cell"})
		s.Publish(req, ExecuteInput, ExecuteInputContent{c.Code, count})
		if c.Code == "ask" {
			if _, err := s.RequestInput(req, InputRequestContent{Prompt: "name?"}); err != nil {
				t.Error(err)
			}
			answer, err := Decode[InputReplyContent](receive(t, s.Receive(Stdin)))
			if err != nil {
				t.Error(err)
			}
			s.Publish(req, Stream, StreamContent{Stdout, answer.Value})
		}
		if c.Code == "fail" {
			s.Publish(req, Error, ErrorContent{EName: "E"})
			return ExecuteReplyContent{Status: StatusError, ExecutionCount: count, EName: "E"}
		}
		return ExecuteReplyContent{ExecutionCount: count}
	})
	c := dial(t, s.Info())
	tests := []struct {
		code   string
		status ReplyStatus
		want   string
	}{
		{"1", StatusOK, "status execute_input status"},
		{"ask", StatusOK, "status execute_input stream:Gopher status"},
		{"fail", StatusError, "status execute_input error status"},
	}
	for i, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			var got []string
			others := 0
			reply, err := c.Execute(t.Context(), ExecuteRequestContent{Code: tt.code, AllowStdin: true}, ExecuteHandler{
				Output: func(m *Message) error {
					text := string(m.Header.MsgType)
					if st, err := Decode[StreamContent](m); err == nil && st.Text != "" {
						text += ":" + st.Text
					}
					got = append(got, text)
					return nil
				},
				Other: func(*Message) error { others++; return nil },
				Input: func(_ context.Context, ask InputRequestContent) (string, error) {
					if ask.Prompt != "name?" {
						t.Errorf("got prompt %q", ask.Prompt)
					}
					return "Gopher", nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if reply.Status != tt.status || reply.ExecutionCount != i+1 {
				t.Errorf("got reply %+v, want status %s and count %d", reply, tt.status, i+1)
			}
			if got := strings.Join(got, " "); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if others != 1 {
				t.Errorf("got %d messages of others, want 1", others)
			}
		})
	}
}

func TestExecuteEnds(t *testing.T) {
	errStop := errors.New("stop")
	stop := func(*Message) error { return errStop }
	tests := []struct {
		name    string
		cell    func(s *Sockets, cancel context.CancelCauseFunc, req *Message)
		handler ExecuteHandler
		want    error
	}{
		{"kernel goes", func(s *Sockets, _ context.CancelCauseFunc, _ *Message) { go s.Close(0) }, ExecuteHandler{}, ErrClosed},
		{"context ends", func(_ *Sockets, cancel context.CancelCauseFunc, _ *Message) { cancel(errStop) }, ExecuteHandler{}, errStop},
		{"output handler", func(s *Sockets, _ context.CancelCauseFunc, req *Message) {
			s.Publish(req, Stream, StreamContent{Stdout, "x"})
		}, ExecuteHandler{Output: stop}, errStop},
		{"other handler", func(s *Sockets, _ context.CancelCauseFunc, req *Message) {
			s.Publish(nil, Stream, StreamContent{Stdout, "x"})
		}, ExecuteHandler{Other: stop}, errStop},
		{"no input handler", func(s *Sockets, _ context.CancelCauseFunc, req *Message) {
			s.RequestInput(req, InputRequestContent{})
		}, ExecuteHandler{}, errNoInput},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := listen(t, Options{})
			c := dial(t, s.Info())
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			done := make(chan struct{})
			go func() {
				defer close(done)
				tt.cell(s, cancel, receive(t, s.Receive(Shell))) // and it never ends
			}()
			if _, err := c.Execute(ctx, ExecuteRequestContent{}, tt.handler); !errors.Is(err, tt.want) {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
			<-done
		})
	}
}

// Dial finds a kernel that starts to listen later.
func TestDialWaits(t *testing.T) {
	s := listen(t, Options{})
	info := s.Info()
	s.Close(0)
	type result struct {
		c   *Client
		err error
	}
	got := make(chan result, 1)
	go func() {
		c, err := Dial(t.Context(), info, ClientOptions{})
		got <- result{c, err}
	}()
	select {
	case r := <-got:
		t.Fatalf("got %v, %v without a kernel", r.c, r.err)
	case <-time.After(2 * minRetry): // let it fail at least once
	}
	again, err := Listen(info, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close(0)
	serveInfo(t, again)
	r := <-got
	if r.err != nil {
		t.Fatal(r.err)
	}
	defer r.c.Close()
	roundTrip(t, r.c)
}

func TestDialEnds(t *testing.T) {
	silent := NewConnectionInfo()
	ln, err := Endpoint{TCP, "127.0.0.1", 0}.listen()
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for ch := range Channel(channels) { // accepted by the system, and never greeted
		*silent.port(ch) = Endpoint{}.portOf(ln.Addr())
	}
	s := listen(t, Options{})
	other := s.Info()
	other.Key = "another key"
	for name, info := range map[string]ConnectionInfo{"silent kernel": silent, "other key": other} {
		t.Run(name, func(t *testing.T) {
			errStop := errors.New("stop")
			ctx, cancel := context.WithTimeoutCause(t.Context(), 100*time.Millisecond, errStop)
			defer cancel()
			if c, err := Dial(ctx, info, ClientOptions{}); !errors.Is(err, errStop) {
				t.Errorf("got %v, %v, want the cause of the context", c, err)
			}
		})
	}
	t.Run("no welcome", func(t *testing.T) {
		if _, err := Dial(t.Context(), other, ClientOptions{Welcome: 50 * time.Millisecond}); !errors.Is(err, errNoWelcome) {
			t.Errorf("got error %v, want errNoWelcome", err)
		}
		c, err := Dial(t.Context(), other, ClientOptions{Welcome: -1})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
}

func TestClientAfterTheKernel(t *testing.T) {
	s := listen(t, Options{})
	c := dial(t, s.Info())
	s.Close(0)
	for _, ch := range []Channel{Shell, Control, Stdin, IOPub} {
		if _, err := c.ReceiveContext(t.Context(), ch); !errors.Is(err, ErrClosed) {
			t.Errorf("%s: got error %v, want ErrClosed", ch, err)
		}
	}
	if _, err := c.Request(Shell, KernelInfoRequest, KernelInfoRequestContent{}); !errors.Is(err, ErrClosed) {
		t.Errorf("Request: got error %v, want ErrClosed", err)
	}
	if _, err := c.Ping(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("Ping: got error %v, want ErrClosed", err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
}

// What strangers send, and what comes twice, is dropped, told to OnDrop, and
// does not disturb the rest.
func TestDropped(t *testing.T) {
	drops := make(chan error, 10)
	s := listen(t, Options{OnDrop: func(ch Channel, err error) {
		if ch != Shell {
			t.Errorf("got a drop on %s", ch)
		}
		drops <- err
	}})
	serveInfo(t, s)
	c := dial(t, s.Info())
	stranger := s.Info()
	stranger.Key = "guessed"
	bad, err := Dial(t.Context(), stranger, ClientOptions{Welcome: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer bad.Close()
	if _, err := bad.Request(Shell, KernelInfoRequest, KernelInfoRequestContent{}); err != nil {
		t.Fatal(err)
	}
	if err := <-drops; !errors.Is(err, ErrSignature) {
		t.Errorf("got %v, want ErrSignature", err)
	}
	e := shake(t, raw(t, s, Shell), "DEALER", "")
	e.send(t, message("nothing"))
	if err := <-drops; !errors.Is(err, ErrMalformed) {
		t.Errorf("got %v, want ErrMalformed", err)
	}
	req, err := c.Request(Shell, KernelInfoRequest, KernelInfoRequestContent{})
	if err != nil {
		t.Fatal(err)
	}
	receive(t, c.Receive(Shell))
	if err := c.Send(Shell, req); err != nil {
		t.Fatal(err)
	}
	if err := <-drops; !errors.Is(err, ErrReplay) {
		t.Errorf("got %v, want ErrReplay", err)
	}
	roundTrip(t, c)
}
