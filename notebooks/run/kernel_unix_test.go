//go:build unix

package run_test

import (
	"errors"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"lockstep/notebooks/run"
)

// fifo makes a named pipe, for a process that is to hold it open for as long as
// it lives.
func fifo(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// holder waits until a process has opened the pipe, and returns a function that
// waits until it is gone.
func holder(t *testing.T, name string) (gone func()) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		defer f.Close()
		f.SetReadDeadline(time.Now().Add(20 * time.Second))
		if _, err := f.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("got %v from the pipe, want that the process is gone", err)
		}
	}
}

func TestStubbornKernelIsKilledWithItsChildren(t *testing.T) {
	name := fifo(t)
	opts := role(roleStubborn)
	opts.StopTimeout = 50 * time.Millisecond
	opts.Env = append(opts.Env, fifoEnv+"="+name)
	k, err := run.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	gone := holder(t, name)
	if err := k.Stop(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("got error %v, want that the kernel was killed", err)
	}
	gone()
}

func TestKernelEndsWithItsParent(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir()) // nobody tidies up
	name := fifo(t)
	parent := osexec.Command(os.Args[0])
	parent.Env = append(os.Environ(), roleEnv+"="+roleParent, fifoEnv+"="+name)
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	gone := holder(t, name)
	if err := parent.Process.Kill(); err != nil {
		t.Error(err)
	}
	parent.Wait()
	gone()
}
