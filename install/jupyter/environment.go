package jupyter

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

//go:embed requirements.txt
var requirements string

// overrides are settings of the private JupyterLab: it asks a newcomer nothing
// about news.
const overrides = `{"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
`

// marker is written into an environment last: without it the folder is what an
// ended build left behind. A virtual environment cannot be built elsewhere and
// moved into its place, since its scripts hold its path.
const marker = "lockstep-complete"

// Ensure returns the interpreter of the private Python environment with
// JupyterLab. It makes the environment if it is not there, which takes a minute
// and the network, with progress on opts.Stderr. A build that fails or is
// cancelled leaves nothing behind, one that is killed leaves a folder that the
// next build replaces, and two at a time build once.
func Ensure(ctx context.Context, opts Options) (interpreter string, err error) {
	opts, err = opts.orDefaults()
	if err != nil {
		return "", err
	}
	py, err := opts.findPython(ctx)
	if err != nil {
		return "", err
	}
	// An environment belongs to one version of Python.
	sum := sha256.Sum256([]byte(requirements + "\x00" + py.version))
	dir := filepath.Join(opts.CacheDir, "jupyter-"+hex.EncodeToString(sum[:6]))
	if complete(dir) {
		return interpreterOf(dir), nil
	}
	if err := os.MkdirAll(opts.CacheDir, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(ctx, dir+".lock", opts.Stderr)
	if err != nil {
		return "", err
	}
	defer unlock()
	if complete(dir) { // made by another while this one waited
		return interpreterOf(dir), nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := opts.build(ctx, py, dir); err != nil {
		return "", errors.Join(err, os.RemoveAll(dir))
	}
	return interpreterOf(dir), nil
}

// complete reports whether the environment in dir was built to its end and the
// Python that it was made from is still there.
func complete(dir string) bool {
	_, markerErr := os.Stat(filepath.Join(dir, marker))
	_, pythonErr := os.Stat(interpreterOf(dir))
	return markerErr == nil && pythonErr == nil
}

func interpreterOf(dir string) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(dir, "Scripts", "python.exe")
	}
	return filepath.Join(dir, "bin", "python")
}

// lock takes the lock file at path, and says so where it has to wait.
func lock(ctx context.Context, path string, say io.Writer) (unlock func(), err error) {
	type taken struct {
		unlock func()
		err    error
	}
	got := make(chan taken)
	// A lock cannot be waited for with a context: where the caller has gone, the
	// goroutine gives the lock back as soon as it gets it.
	go func() {
		unlock, err := lockedfile.MutexAt(path).Lock()
		select {
		case got <- taken{unlock, err}:
		case <-ctx.Done():
			if err == nil {
				unlock()
			}
		}
	}()
	patience := time.NewTimer(time.Second)
	defer patience.Stop()
	for {
		select {
		case t := <-got:
			return t.unlock, t.err
		case <-patience.C:
			fmt.Fprintln(say, "waiting for another lockstep that prepares JupyterLab")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// build makes the environment in dir.
func (o Options) build(ctx context.Context, py python, dir string) error {
	begun := time.Now()
	fmt.Fprintf(o.Stderr, "preparing a private JupyterLab with Python %s in %s, once; this takes a minute\n", py.version, dir)
	if err := o.step(ctx, nil, py.file, "-m", "venv", dir); err != nil {
		return fmt.Errorf("%s cannot make an environment (Debian and Ubuntu need the package python3-venv): %w", py.file, err)
	}
	file := filepath.Join(dir, "requirements.txt")
	if err := os.WriteFile(file, []byte(requirements), 0o644); err != nil {
		return err
	}
	progress := func(line string, n int) int {
		switch {
		case strings.HasPrefix(line, "Collecting "):
			if n++; n%20 == 0 {
				fmt.Fprintf(o.Stderr, "  %d packages found\n", n)
			}
		case strings.HasPrefix(line, "Installing collected packages"):
			fmt.Fprintf(o.Stderr, "  installing %d packages\n", n)
		}
		return n
	}
	if err := o.step(ctx, progress, interpreterOf(dir), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off", "-r", file); err != nil {
		return fmt.Errorf("JupyterLab cannot be installed (is there a network?): %w", err)
	}
	settings := filepath.Join(dir, "share", "jupyter", "lab", "settings")
	if err := os.MkdirAll(settings, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(settings, "overrides.json"), []byte(overrides), 0o644); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, marker), nil, 0o644); err != nil {
		return err
	}
	fmt.Fprintf(o.Stderr, "JupyterLab is ready, after %s\n", time.Since(begun).Round(time.Second))
	return nil
}

// saidLines is how much of a failed command's output goes into the error.
const saidLines = 15

// step runs a command of the build. Each line of its output goes to progress, with
// what progress returned for the line before; the error of a command that fails
// holds the last lines.
func (o Options) step(ctx context.Context, progress func(line string, n int) int, name string, args ...string) error {
	var said []string
	n := 0
	out := &lineWriter{line: func(line string) {
		if progress != nil {
			n = progress(line, n)
		}
		said = append(said[max(0, len(said)-saidLines+1):], line)
	}}
	cmd := osexec.CommandContext(ctx, name, args...)
	cmd.Env = o.Env
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Cancel = func() error { return interrupt(cmd.Process) } // pip then removes its temporary files
	cmd.WaitDelay = 5 * time.Second
	err := cmd.Run()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, strings.Join(said, "\n"))
	}
	return nil
}

// A lineWriter passes on what is written to it line by line.
type lineWriter struct {
	line func(string)
	rest []byte
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.rest = append(w.rest, p...)
	for {
		line, rest, found := bytes.Cut(w.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		w.line(strings.TrimRight(string(line), "\r"))
		w.rest = rest
	}
}
