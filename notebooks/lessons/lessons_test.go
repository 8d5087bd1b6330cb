// Package lessons is the lesson notebooks. Its tests execute each of them with
// the real program and hold its text against what came out.
package lessons

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lockstep/exec/measure"
	"lockstep/exec/render"
	"lockstep/notebooks/nb"
	"lockstep/notebooks/run"
)

// tries is how often a claim about times may be measured. What else the machine
// does can spoil one measurement; a claim that is wrong fails all of them.
const tries = 4

// longest is how long a lesson may take: three times what the slowest takes with
// two cores and the interp engine, since others may use the machine.
const longest = 5 * time.Minute

// engineVariable has the lessons run with another engine than auto, which is what a
// reader with a toolchain has: interp or native. Those that set one themselves keep it.
const engineVariable = "LOCKSTEP_TEST_ENGINE"

func engine() string { return cmp.Or(os.Getenv(engineVariable), "auto") }

// claim is a statement of a lesson and what would refute it.
type claim struct {
	says  string // the words of the lesson
	exact bool   // true at any speed of the machine: one try
	holds func(l *lesson) error
}

// program is where the program was built, once for all lessons. It is not the
// test binary: under the race detector that would be too slow for the lessons.
var program = sync.OnceValues(func() (string, error) {
	path := filepath.Join(built, "lockstep")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	out, err := exec.Command("go", "build", "-race=false", "-o", path, "lockstep").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	// The native engine is made ready now; later it would be part of what is measured.
	if out, err := exec.Command(path, "install", "--prefix", built).CombinedOutput(); err != nil {
		return "", fmt.Errorf("lockstep install: %w\n%s", err, out)
	}
	return path, nil
})

// built is the folder for the program; TestMain makes and removes it.
var built string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "lockstep-lessons-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built = dir
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		_ = os.RemoveAll(dir)
		os.Exit(code)
	}))
}

// lesson is an executed notebook.
type lesson struct {
	*nb.Notebook
	cores  int
	took   time.Duration
	before *lesson // the last try before this one that counts; nil for none
}

// execute runs a lesson in a kernel of its own, and all its cells once more if again is set: a reader may do that.
func execute(t *testing.T, path string, again bool) *lesson {
	t.Helper()
	binary, err := program()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	k, err := run.Start(t.Context(), run.KernelOptions{Command: []string{binary, "kernel"}, Dir: home, Env: []string{"XDG_DATA_HOME=" + home, "LOCKSTEP_ENGINE=" + engine()}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = k.Stop() }()
	ctx, cancel := context.WithTimeout(t.Context(), 2*longest)
	defer cancel()
	pass := func() *lesson {
		n, err := nb.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := k.Run(ctx, n, run.Options{})
		if err != nil {
			var failed *run.CellError
			if errors.As(err, &failed) {
				t.Fatalf("%v\n%s", err, strings.Join(failed.Traceback, "\n"))
			}
			t.Fatal(err)
		}
		return &lesson{Notebook: n, cores: runtime.NumCPU(), took: r.Elapsed}
	}
	l := pass()
	if again {
		pass()
	}
	return l
}

// pinned reports whether a lesson sets its engine.
func pinned(t *testing.T, path string) bool {
	t.Helper()
	n, err := nb.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(n.Cells, func(c nb.Cell) bool {
		return c.Type == nb.Code && strings.HasPrefix(c.Source, "%engine ")
	})
}

func TestClaims(t *testing.T) {
	if _, err := program(); err != nil {
		t.Fatal(err)
	}
	waiting, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for _, path := range paths(t) {
		name := strings.TrimSuffix(path, ".ipynb")
		t.Run(name, func(t *testing.T) {
			if os.Getenv(engineVariable) != "" && pinned(t, path) {
				t.Skip("the lesson says itself what executes it")
			}
			var calm *lesson // the last try that nobody disturbed
			open := claimsOf[name]
			for try := 1; len(open) > 0; try++ {
				quiet(waiting, t)
				m := newMeter(t)
				l := execute(t, path, try == 1)
				l.before = calm
				percent := m.others(t)
				t.Logf("try %d: %v; others used %.0f %% of the machine", try, l.took.Round(time.Second), percent)
				// Times on a busy machine say nothing about the lesson.
				timed := t.Logf
				if percent <= busy {
					timed, calm = t.Errorf, l
				}
				if l.took > longest {
					timed("the lesson took %v, want at most %v", l.took, longest)
				}
				final := try == tries || !room(t, l.took)
				var again []claim
				for _, c := range open {
					err := c.holds(l)
					switch {
					case err == nil:
					case c.exact:
						t.Errorf("the lesson says %q, but %v", c.says, err)
					case final:
						timed("the lesson says %q, but %v (others used %.0f %% of the machine)", c.says, err, percent)
					default:
						t.Logf("measured again: %q, but %v", c.says, err)
						again = append(again, c)
					}
				}
				open = again
			}
		})
	}
}

// TestClaimsAreQuoted fails when a lesson's text no longer says what is tested.
func TestClaimsAreQuoted(t *testing.T) {
	for _, path := range paths(t) {
		n, err := nb.Read(path)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(path, ".ipynb")
		if len(claimsOf[name]) == 0 {
			t.Errorf("%s: no claim of it is tested", path)
		}
		var text strings.Builder
		for _, c := range n.Cells {
			if c.Type == nb.Markdown {
				text.WriteString(strings.NewReplacer("*", "", "`", "").Replace(c.Source) + "\n")
			}
		}
		for _, c := range claimsOf[name] {
			if !strings.Contains(text.String(), c.says) {
				t.Errorf("%s does not say %q", path, c.says)
			}
		}
	}
}

func (l *lesson) cell(id string) (*nb.Cell, error) {
	for i := range l.Cells {
		if l.Cells[i].ID == id {
			return &l.Cells[i], nil
		}
	}
	return nil, fmt.Errorf("there is no cell %q", id)
}

// text is everything that a cell put out, as text.
func (l *lesson) text(id string) string {
	c, err := l.cell(id)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for _, o := range c.Outputs {
		b.WriteString(o.PlainText() + "\n")
	}
	return b.String()
}

// result is what a cell measured, in this try and those before that count.
func (l *lesson) result(id string) (measure.Result, error) {
	c, err := l.cell(id)
	if err != nil {
		return measure.Result{}, err
	}
	for _, o := range c.Outputs {
		data, ok := o.Data[render.MIMEType]
		if !ok {
			continue
		}
		raw, err := json.Marshal(data)
		if err != nil {
			return measure.Result{}, err
		}
		r, err := measure.Decode(bytes.NewReader(raw))
		if err != nil || l.before == nil {
			return r, err
		}
		earlier, err := l.before.result(id)
		r.Runs = append(earlier.Runs, r.Runs...)
		measure.Summarize(&r)
		return r, err
	}
	return measure.Result{}, fmt.Errorf("cell %q has measured nothing", id)
}
