//go:build unix

package jupyter

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// start runs Lab and returns what JupyterLab reported, the connection to it, and
// Lab's result.
func start(t *testing.T, ctx context.Context, w *world, path string) (report, *bufio.ReadWriter, chan error) {
	t.Helper()
	c := listen(t)
	w.set("FAKE_CALLER", c.Addr().String())
	done := make(chan error, 1)
	go func() { done <- Lab(ctx, path, w.opts) }()
	r, conn := c.next(t)
	return r, bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn)), done
}

func TestLab(t *testing.T) {
	lessons := t.TempDir()
	notebook := filepath.Join(lessons, "one.ipynb")
	if err := os.WriteFile(notebook, []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		path    string
		private bool
		first   []string // the arguments that start JupyterLab
		last    string
	}{
		{name: "on PATH", path: lessons, last: "--no-browser"},
		{name: "private", path: lessons, private: true, first: []string{"-m", "jupyterlab"}, last: "--no-browser"},
		{name: "a notebook", path: notebook, last: notebook},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, "3.11", "jupyter-lab")
			w.opts.Args = []string{"--no-browser"}
			w.opts.Private = tt.private
			if tt.private {
				if _, err := Ensure(t.Context(), w.opts); err != nil { // before pip reports, too
					t.Fatal(err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			r, jupyter, done := start(t, ctx, w, tt.path)

			if !slices.Equal(r.Args[:len(tt.first)], tt.first) || r.Args[len(r.Args)-1] != tt.last {
				t.Errorf("arguments: got %s, want %s … %s", r.Args, tt.first, tt.last)
			}
			for _, want := range []string{"--ServerApp.ip=127.0.0.1", "--ServerApp.root_dir=" + lessons, "--MultiKernelManager.default_kernel_name=lockstep", "--no-browser"} {
				if !slices.Contains(r.Args, want) {
					t.Errorf("arguments: got %s, want %s among them", r.Args, want)
				}
			}
			specs, theirs, _ := strings.Cut(r.Env["JUPYTER_PATH"], ":")
			if theirs != "/theirs" {
				t.Errorf("JUPYTER_PATH: got %s, want the user's behind ours", r.Env["JUPYTER_PATH"])
			}
			var spec struct{ Argv []string }
			if err := json.Unmarshal([]byte(r.Kernels["lockstep"]), &spec); err != nil || len(spec.Argv) == 0 || spec.Argv[0] != "/opt/lockstep" {
				t.Errorf("kernels: got %v, want lockstep starting /opt/lockstep", r.Kernels)
			}
			if dirs := w.environments(t); tt.private && !strings.HasPrefix(r.Env["PATH"], filepath.Join(dirs[0], "bin")+":") {
				t.Errorf("PATH: got %s, want the environment first", r.Env["PATH"])
			}

			cancel()
			if got, err := jupyter.ReadString('\n'); got != "terminated\n" {
				t.Errorf("JupyterLab was told %q, %v, want SIGTERM", got, err)
			}
			if err := <-done; err != nil {
				t.Errorf("got %v, want nil after a cancellation", err)
			}
			if _, err := os.Stat(specs); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("the kernelspec of this run is still there (%v)", err)
			}
		})
	}
}

func TestLabPassesSignalsOn(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			w := newWorld(t, "3.11", "jupyter-lab")
			_, jupyter, done := start(t, t.Context(), w, t.TempDir())
			if err := syscall.Kill(os.Getpid(), s); err != nil {
				t.Fatal(err)
			}
			if got, err := jupyter.ReadString('\n'); got != "terminated\n" {
				t.Errorf("JupyterLab was told %q, %v, want SIGTERM", got, err)
			}
			if err := <-done; err != nil {
				t.Errorf("got %v, want nil", err)
			}
		})
	}
}

func TestLabEndsByItself(t *testing.T) {
	for status, want := range map[string]string{"0": "", "3": "exit status 3"} {
		t.Run(status, func(t *testing.T) {
			w := newWorld(t, "3.11", "jupyter-lab")
			_, jupyter, done := start(t, t.Context(), w, t.TempDir())
			if _, err := jupyter.WriteString(status + "\n"); err != nil {
				t.Fatal(err)
			}
			if err := jupyter.Flush(); err != nil {
				t.Fatal(err)
			}
			err := <-done
			if (want == "") != (err == nil) || (err != nil && !strings.Contains(err.Error(), want)) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
}

func TestLabRefusesPath(t *testing.T) {
	w := newWorld(t, "3.11", "jupyter-lab")
	dir := t.TempDir()
	text := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(text, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{text: "a notebook", filepath.Join(dir, "none"): "no such file"} {
		if err := Lab(t.Context(), path, w.opts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want an error with %q", path, err, want)
		}
	}
	if got := w.steps(t); len(got) > 0 {
		t.Errorf("it started %s", got)
	}
}
