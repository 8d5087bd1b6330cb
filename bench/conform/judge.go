package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"

	"lockstep/kernel/display"
	"lockstep/kernel/lang"
	"lockstep/kernel/live"
)

// class is what came of a file.
type class string

const (
	passed  class = "passed"
	refused class = "refused"
	failed  class = "failed"
	wrong   class = "wrong"
	crashed class = "crashed"
)

var classes = []class{passed, refused, failed, wrong, crashed}

// verdict is what came of a file, by its path below GOROOT, and why.
type verdict struct {
	file, group string
	class       class
	why         string
}

// execute runs the program in a file and returns what it printed. The class is
// passed where it ended without an error: its output is judged by the caller.
type execute func(ctx context.Context, file string) (output []byte, c class, why string)

func (h *harness) judge(file string) verdict {
	rel, _ := filepath.Rel(h.root, file)
	v := verdict{file: filepath.ToSlash(rel), group: groupOf(filepath.Join(h.root, "test"), file)}
	want, err := os.ReadFile(strings.TrimSuffix(file, ".go") + ".out")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		v.class, v.why = failed, err.Error()
		return v
	}
	ctx, cancel := context.WithTimeout(context.Background(), h.timeout)
	defer cancel()
	var got []byte
	got, v.class, v.why = h.execute(ctx, file)
	if v.class == passed && !bytes.Equal(got, want) {
		v.class, v.why = wrong, difference(string(got), string(want))
	}
	v.why = short(v.why)
	return v
}

// inSession executes a program as the first cell of a session that open makes in the program's folder.
func inSession(open func(dir string) *live.Session) execute {
	return func(ctx context.Context, file string) ([]byte, class, string) {
		src, err := os.ReadFile(file)
		if err != nil {
			return nil, failed, err.Error()
		}
		s := open(filepath.Dir(file))
		defer s.Close()
		out := &output{}
		r := s.Execute(ctx, lang.Request{Code: string(src), Count: 1}, out)
		got := out.bytes()
		switch {
		case r.Err == nil:
			return got, passed, ""
		case ctx.Err() != nil:
			return got, failed, "time limit: " + r.Err.Value
		case r.Err.Name == "compile error" || r.Err.Name == "syntax error":
			return got, refused, r.Err.Value
		case strings.Contains(strings.Join(r.Err.Traceback, "\n"), "session process ended"):
			return got, crashed, r.Err.Value
		default:
			return got, failed, r.Err.Name + ": " + r.Err.Value
		}
	}
}

// goRun executes a program as the Go toolchain does.
func goRun(ctx context.Context, file string) ([]byte, class, string) {
	cmd := osexec.CommandContext(ctx, "go", "run", filepath.Base(file))
	cmd.Dir = filepath.Dir(file)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return out, failed, err.Error() + ": " + string(out)
	}
	return out, passed, ""
}

// output keeps what a program prints, up to a bound that no right output reaches.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

const maxOutput = 4 << 20

func (o *output) Stream(_, text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.text.Len() < maxOutput {
		o.text.WriteString(text)
	}
}

func (o *output) bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.text.Bytes())
}

func (*output) Display(display.Message)   {}
func (*output) Page(display.Bundle)       {}
func (*output) SetNextInput(string, bool) {}
func (*output) Input(context.Context, string, bool) (string, error) {
	return "", fmt.Errorf("no input")
}

// difference tells where an output leaves the one that was wanted.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("line %d of the output is %q, want %q", i+1, g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines of output, want %d", len(g), len(w))
}

func short(s string) string {
	const most = 160
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return s
}
