package pipe

import (
	"encoding/gob"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestLargeMessages sends small and large messages in turn: all come, and after a large one both ends begin anew.
func TestLargeMessages(t *testing.T) {
	r, w := io.Pipe()
	from, to := NewConn(strings.NewReader(""), w), NewConn(r, io.Discard)
	sizes := []int{1, largeBytes, 2, 3 * largeBytes, largeBytes / 2, 3}
	go func() {
		for i, n := range sizes {
			before := from.enc
			if err := from.Send(Output{Cell: "1", Text: strings.Repeat(string(rune('a'+i)), n)}); err != nil {
				w.CloseWithError(err)
				return
			}
			if large := n >= largeBytes; large != (from.enc != before) {
				w.CloseWithError(errors.New("the stream was not begun anew after a large message, or was after a small one"))
				return
			}
		}
		_ = w.Close() // never fails
	}()
	var streams []*gob.Decoder
	for i, n := range sizes {
		m, err := to.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if got := m.(Output); len(got.Text) != n || got.Text[0] != byte('a'+i) {
			t.Errorf("message %d: got %d bytes of %q, want %d", i, len(got.Text), got.Text[:1], n)
		}
		if i == 0 || streams[len(streams)-1] != to.dec {
			streams = append(streams, to.dec)
		}
	}
	if len(streams) != 3 {
		t.Errorf("it read %d streams, want 3", len(streams))
	}
	if _, err := to.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
}
