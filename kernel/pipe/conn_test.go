package pipe

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// TestLargeMessages sends small and large messages in turn, with a rest after each: all come, and after a large one both ends begin anew.
func TestLargeMessages(t *testing.T) {
	r, w := io.Pipe()
	from, to := NewConn(strings.NewReader(""), w), NewConn(r, io.Discard)
	sizes := []int{1, largeBytes, 2, 3 * largeBytes, largeBytes / 2, 3}
	go func() {
		for i, n := range sizes {
			before := from.enc
			err := from.Send(Output{Cell: "1", Text: strings.Repeat(string(rune('a'+i)), n)})
			if err == nil && from.large != (n >= largeBytes) {
				err = errors.New("a message is taken for large, or for small, which is not")
			}
			if from.renew(); err == nil && (n >= largeBytes) != (from.enc != before) {
				err = errors.New("the stream was not begun anew after a large message, or was after a small one")
			}
			if err != nil {
				w.CloseWithError(err)
				return
			}
		}
		_ = w.Close() // never fails
	}()
	begun := 0
	for i, n := range sizes {
		before := to.dec
		m, err := to.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if got := m.(Output); len(got.Text) != n || got.Text[0] != byte('a'+i) {
			t.Errorf("message %d: got %d bytes of %q, want %d", i, len(got.Text), got.Text[:1], n)
		}
		if to.dec != before {
			begun++
		}
	}
	if begun != 2 {
		t.Errorf("it began %d streams anew, want 2", begun)
	}
	if _, err := to.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}

// TestRestAfterLargeMessage waits until a connection that rests begins its stream anew.
func TestRestAfterLargeMessage(t *testing.T) {
	r, w := io.Pipe()
	defer r.Close()
	from, to := NewConn(strings.NewReader(""), w), NewConn(r, io.Discard)
	go func() {
		_ = from.Send(Output{Text: strings.Repeat("x", largeBytes)}) // the other end sees what came
	}()
	if _, err := to.Receive(); err != nil {
		t.Fatal(err)
	}
	before := to.dec
	limit := time.AfterFunc(30*time.Second, func() { w.CloseWithError(errors.New("no new stream within 30 s")) })
	defer limit.Stop()
	go func() {
		for {
			from.mu.Lock()
			large := from.large
			from.mu.Unlock()
			if !large {
				break
			}
			time.Sleep(time.Millisecond)
		}
		_ = from.Send(Output{Text: "y"}) // the other end sees what came
	}()
	m, err := to.Receive()
	if err != nil || m.(Output).Text != "y" || to.dec == before {
		t.Errorf("got %v, %v, and the stream of before: %v", m, err, to.dec == before)
	}
}
