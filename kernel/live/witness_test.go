//go:build unix

package live_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// witness is a named pipe that other processes write lines to and then keep open: it tells when the last of them has ended.
type witness struct {
	path string
	own  *os.File // so that there is no end before anybody has come
	in   *os.File
	text *bufio.Reader
}

func newWitness(t *testing.T) *witness {
	t.Helper()
	w := &witness{path: filepath.Join(t.TempDir(), "witness")}
	err := syscall.Mkfifo(w.path, 0o600)
	if err == nil {
		w.own, err = os.OpenFile(w.path, os.O_RDWR, 0)
	}
	if err == nil {
		t.Cleanup(func() { _ = w.own.Close() })
		w.in, err = os.Open(w.path)
	}
	if err == nil {
		t.Cleanup(func() { _ = w.in.Close() })
		err = w.in.SetReadDeadline(time.Now().Add(time.Minute))
	}
	if err != nil && !errors.Is(err, os.ErrNoDeadline) { // macOS has none for named pipes
		t.Fatal(err)
	}
	w.text = bufio.NewReader(w.in)
	return w
}

// line is the next that a process writes.
func (w *witness) line(t *testing.T) string {
	t.Helper()
	line, err := w.text.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

// end waits until all who have written have ended, and returns what else they have written.
func (w *witness) end(t *testing.T) string {
	t.Helper()
	_ = w.own.Close()
	rest, err := io.ReadAll(w.text)
	if err != nil {
		t.Errorf("not all who have written have ended: %v", err)
	}
	return string(rest)
}
