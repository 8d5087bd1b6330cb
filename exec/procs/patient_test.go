//go:build unix

package procs_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"lockstep/exec/procs"
)

// The deadline of a process that has ended has come before its reader gets a core.
func TestPatient(t *testing.T) {
	for _, tt := range []struct {
		name  string
		text  string
		close bool // nobody holds the other end any more
		want  error
	}{
		{"last words", "last words", true, nil},
		{"nothing", "", true, nil},
		{"somebody holds the pipe", "last words", false, os.ErrDeadlineExceeded},
		{"somebody holds an empty pipe", "", false, os.ErrDeadlineExceeded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, w, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			defer w.Close()
			if _, err := io.WriteString(w, tt.text); err != nil {
				t.Fatal(err)
			}
			if tt.close {
				w.Close()
			}
			if err := r.SetReadDeadline(time.Now().Add(-time.Second)); err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(procs.NewPatient(r))
			if string(got) != tt.text || !errors.Is(err, tt.want) {
				t.Errorf("got %q, %v, want %q, %v", got, err, tt.text, tt.want)
			}
		})
	}
}

// Who writes on and on is not read for ever.
func TestPatientWithAFlood(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.SetReadDeadline(time.Now()); err != nil {
		t.Fatal(err)
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		for line := strings.Repeat("x", 1000); ; {
			if _, err := io.WriteString(w, line); err != nil {
				return
			}
		}
	}()
	if _, err := io.Copy(io.Discard, procs.NewPatient(r)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	r.Close() // ends the writer
	<-written
}
