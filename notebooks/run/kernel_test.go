package run_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"lockstep/notebooks/run"
)

func role(r string) run.KernelOptions {
	return run.KernelOptions{
		Command: []string{os.Args[0]},
		// The race detector else waits for a second before a process exits.
		Env: []string{roleEnv + "=" + r, "GORACE=atexit_sleep_ms=0"},
	}
}

// private sends the temporary files of this test to a folder of its own, which
// must be empty at the end.
func private(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Cleanup(func() {
		left, err := os.ReadDir(dir)
		if err != nil {
			t.Error(err)
		}
		for _, e := range left {
			t.Errorf("left behind: %s", e.Name())
		}
	})
}

func TestKernel(t *testing.T) {
	private(t)
	dir := t.TempDir()
	opts := role(roleKernel)
	opts.Dir = dir
	opts.Env = append(opts.Env, "WORD=given")
	k, err := run.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	n := notebook("folder\nenv WORD", "value 1")
	if _, err := k.Run(t.Context(), n, run.Options{}); err != nil {
		t.Error(err)
	}
	if got, want := n.Cells[0].OutputText(), filepath.Base(dir)+"\ngiven\n"; got != want {
		t.Errorf("got folder and variable %q, want %q", got, want)
	}
	if err := k.Stop(); err != nil {
		t.Error(err)
	}
	if err := k.Stop(); err != nil {
		t.Error("once more:", err)
	}
	if _, open := <-k.Client().Receive(0); open {
		t.Error("client is still connected")
	}
}

func TestConnectionFileIsPrivate(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	k, err := run.Start(t.Context(), role(roleKernel))
	if err != nil {
		t.Fatal(err)
	}
	defer k.Stop()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(files) == 0 {
		t.Fatal("no connection file", err)
	}
	for _, f := range append(files, filepath.Dir(files[0])) {
		info, err := os.Stat(f)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: got mode %v, want none for others", f, info.Mode())
		}
	}
}

// A folder for temporary files with a long name leaves no room for sockets.
func TestKernelInLongFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long", 30))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", dir)
	k, err := run.Start(t.Context(), role(roleKernel))
	if err != nil {
		t.Fatal(err)
	}
	if err := k.Stop(); err != nil {
		t.Error(err)
	}
}

func TestStartFails(t *testing.T) {
	for _, tt := range []struct {
		name    string
		options run.KernelOptions
		want    []string // in the error
	}{
		{"no such program", run.KernelOptions{Command: []string{"./no-such-program"}}, []string{"kernel: ", "no-such-program"}},
		{"ends at once", role(roleCrash), []string{"kernel gone: exit status 4", "no memory"}},
		{"never listens", func() run.KernelOptions {
			o := role(roleMute)
			o.StartTimeout = 2 * time.Second
			return o
		}(), []string{"kernel is not ready after 2s", "nobody is at home"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			private(t)
			k, err := run.Start(t.Context(), tt.options)
			if err == nil {
				k.Stop()
				t.Fatal("kernel started")
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got error %q, want %q in it", err, want)
				}
			}
		})
	}

	t.Run("ctx ends", func(t *testing.T) {
		private(t)
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(cause)
		if _, err := run.Start(ctx, role(roleMute)); !errors.Is(err, cause) {
			t.Errorf("got error %v, want the cause", err)
		}
	})
}

func TestKernelDies(t *testing.T) {
	private(t)
	k, err := run.Start(t.Context(), role(roleKernel))
	if err != nil {
		t.Fatal(err)
	}
	n := notebook("print a", "print b\ncrash stack overflow", "print c")
	result, err := k.Run(t.Context(), n, run.Options{AllowErrors: true})
	if !errors.Is(err, run.ErrKernelGone) {
		t.Errorf("got error %v, want kernel gone", err)
	}
	want := "error kernel gone: the kernel ended while the cell ran: exit status 3\nstack overflow\n"
	if got := shown(n.Cells[1]); !strings.HasSuffix(got, want) {
		t.Errorf("got outputs %s, want at their end %s", got, want)
	}
	if result.Count(run.Passed) != 1 || result.Count(run.Failed) != 1 || result.Count(run.NotRun) != 1 {
		t.Errorf("got %+v, want the cells passed, failed, not run", result.Cells)
	}
	if _, err := k.Run(t.Context(), notebook("print a"), run.Options{}); !errors.Is(err, run.ErrKernelGone) {
		t.Errorf("once more: got error %v, want kernel gone", err)
	}
	if err := k.Stop(); err != nil {
		t.Error(err)
	}
}
