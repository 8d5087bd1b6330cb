//go:build unix

package jupyter

import (
	"context"
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
)

type notFound struct{ name string }

func (e *notFound) Error() string { return e.name + " is not there" }
func (e *notFound) Unwrap() error { return osexec.ErrNotFound }

func TestEnsure(t *testing.T) {
	w := newWorld(t, "3.11")
	python, err := Ensure(t.Context(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(filepath.Dir(python))
	if !complete(dir) || !slices.Equal(w.environments(t), []string{dir}) {
		t.Errorf("got %s, want the interpreter of a complete environment among %s", python, w.environments(t))
	}
	if got, err := os.ReadFile(filepath.Join(dir, "requirements.txt")); err != nil || string(got) != requirements {
		t.Errorf("installed from %q, %v, want the embedded requirements", got, err)
	}
	for _, want := range []string{"preparing", "20 packages", "installing 40 packages", "ready"} {
		if !strings.Contains(w.stderr.String(), want) {
			t.Errorf("progress lacks %q: %s", want, w.stderr.String())
		}
	}

	w.stderr.Reset()
	again, err := Ensure(t.Context(), w.opts)
	if err != nil || again != python || w.stderr.Len() > 0 {
		t.Errorf("second time: got %s, %v, saying %q, want %s in silence", again, err, w.stderr.String(), python)
	}
	if got, want := w.steps(t), []string{"venv", "pip"}; !slices.Equal(got, want) {
		t.Errorf("steps: got %s, want %s", got, want)
	}
}

// Another version of Python, and one that has gone from under its environment, need
// a new environment.
func TestEnsureAgain(t *testing.T) {
	w := newWorld(t, "3.11")
	first, err := Ensure(t.Context(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	w.set("FAKE_PYTHON", "3.12")
	second, err := Ensure(t.Context(), w.opts)
	if err != nil || second == first {
		t.Errorf("after an upgrade: got %s, %v, want another than %s", second, err, first)
	}
	if err := os.Remove(second); err != nil {
		t.Fatal(err)
	}
	if third, err := Ensure(t.Context(), w.opts); err != nil || third != second {
		t.Errorf("after its Python has gone: got %s, %v, want %s anew", third, err, second)
	}
	if got := len(w.steps(t)); got != 6 {
		t.Errorf("steps: got %s, want three builds of two", w.steps(t))
	}
}

func TestEnsureFails(t *testing.T) {
	tests := []struct {
		name, version, fail string
		want                []string
	}{
		{"no venv", "3.11", "venv", []string{"python3-venv", "venv says why"}},
		{"no network", "3.11", "pip", []string{"network", "pip says why"}},
		{"old Python", "3.8", "", []string{"Python 3.10 or newer", "is Python 3.8", "jupyter-lab on PATH"}},
		{"Python 2", "2.7", "", []string{"is Python 2.7"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, tt.version)
			w.set("FAKE_FAIL", tt.fail)
			_, err := Ensure(t.Context(), w.opts)
			for _, want := range tt.want {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want an error with %q", err, want)
				}
			}
			if left := w.environments(t); len(left) > 0 {
				t.Errorf("left behind: %s", left)
			}
		})
	}
	t.Run("no Python", func(t *testing.T) {
		w := newWorld(t, "3.11")
		w.opts.LookPath = func(name string) (string, error) { return "", &notFound{name} }
		_, err := Ensure(t.Context(), w.opts)
		if !errors.Is(err, ErrNoPython) || !strings.Contains(err.Error(), "no python3 on PATH") {
			t.Errorf("got %v, want ErrNoPython", err)
		}
	})
}

func TestEnsureCancelled(t *testing.T) {
	w := newWorld(t, "3.11")
	c := listen(t)
	w.set("FAKE_CALLER", c.Addr().String())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := Ensure(ctx, w.opts)
		done <- err
	}()
	c.next(t) // pip is at work
	if got := w.environments(t); len(got) != 1 || complete(got[0]) {
		t.Errorf("while it is built: got %s, want one that does not count", got)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the cancellation", err)
	}
	if left := w.environments(t); len(left) > 0 {
		t.Errorf("left behind: %s", left)
	}
}

// A build that was killed could not tidy up.
func TestEnsureAfterKill(t *testing.T) {
	w := newWorld(t, "3.11")
	python, err := Ensure(t.Context(), w.opts)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(filepath.Dir(python))
	half := filepath.Join(dir, "half")
	if err := errors.Join(os.Remove(filepath.Join(dir, marker)), os.WriteFile(half, nil, 0o644)); err != nil {
		t.Fatal(err)
	}
	if again, err := Ensure(t.Context(), w.opts); err != nil || again != python {
		t.Errorf("got %s, %v, want %s", again, err, python)
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("what the killed build left is still there (%v)", err)
	}
}

func TestEnsureTwoAtOnce(t *testing.T) {
	w := newWorld(t, "3.11")
	c := listen(t)
	w.set("FAKE_CALLER", c.Addr().String())
	first, waiting := w.opts, w.opts
	first.Stderr = &strings.Builder{}
	said := &notifier{text: "waiting", heard: make(chan struct{})}
	waiting.Stderr = said

	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := Ensure(t.Context(), first); err != nil {
			t.Error(err)
		}
	})
	_, pip := c.next(t) // the first one holds the lock
	wg.Go(func() {
		if _, err := Ensure(t.Context(), waiting); err != nil {
			t.Error(err)
		}
	})
	<-said.heard
	if _, err := pip.Write([]byte("0\n")); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if got, want := w.steps(t), []string{"venv", "pip"}; !slices.Equal(got, want) {
		t.Errorf("steps: got %s, want %s", got, want)
	}
}

// A notifier closes heard when text has been written to it.
type notifier struct {
	text  string
	heard chan struct{}
	once  sync.Once
}

func (n *notifier) Write(p []byte) (int, error) {
	if strings.Contains(string(p), n.text) {
		n.once.Do(func() { close(n.heard) })
	}
	return len(p), nil
}

// Every package is pinned, for each Python that it may be installed with.
func TestRequirementsArePinned(t *testing.T) {
	pin := regexp.MustCompile(`^[A-Za-z0-9._-]+==[0-9][0-9a-z.]*(; (python_version|sys_platform) [<>=!]+ "[a-z0-9.]+")?$`)
	lab := false
	for line := range strings.Lines(requirements) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !pin.MatchString(line) {
			t.Errorf("not pinned: %s", line)
		}
		lab = lab || line == "jupyterlab==4.6.6"
	}
	if !lab {
		t.Error("jupyterlab itself is not among the requirements")
	}
}
