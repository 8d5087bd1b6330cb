package session

import (
	"errors"
	"io"
	"sync"

	"lockstep/exec/gil"
	"lockstep/kernel/pipe"
)

// asks carries input requests to the kernel and the user's lines back.
type asks struct {
	answers pipe.Answers[pipe.Answer]

	mu      sync.Mutex
	cell    string
	allowed bool
	rest    []byte // of the last line, not read yet
}

// begin forgets what an earlier cell left unread.
func (a *asks) begin(cell string, allowed bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.cell, a.allowed, a.rest = cell, allowed, nil
}

// endOfInput is what a user types for the end of the input: Ctrl-D.
const endOfInput = "\x04"

// input is os.Stdin of a cell: a read that finds nothing asks the user for a line.
type input struct{ s *Session }

// Read returns at most one line. It fails where the client takes no input
// requests, and ends when the cell is interrupted.
func (in *input) Read(p []byte) (int, error) {
	a := in.s.asks
	a.mu.Lock()
	if len(a.rest) == 0 {
		if !a.allowed {
			a.mu.Unlock()
			return 0, errors.New("stdin: this client takes no input (allow_stdin is false)")
		}
		cell := a.cell
		a.mu.Unlock()
		id, ch := a.answers.Expect()
		in.s.out.flush()
		if err := in.s.conn.Send(pipe.Ask{ID: id, Cell: cell}); err != nil {
			return 0, err
		}
		var m pipe.Answer
		gil.Block(func() {
			select {
			case m = <-ch:
			case <-gil.Done():
			}
		})
		if m.Err != "" {
			return 0, errors.New("stdin: " + m.Err)
		}
		if m.Text == endOfInput {
			return 0, io.EOF
		}
		a.mu.Lock()
		a.rest = []byte(m.Text + "\n")
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	a.mu.Unlock()
	return n, nil
}
