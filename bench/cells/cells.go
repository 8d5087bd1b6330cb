// Package cells runs cells for benchmarks: in sessions as a notebook has them, of a program that is
// built for the purpose, with the engines of this machine.
package cells

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"lockstep/exec/measure"
	"lockstep/exec/render"
	"lockstep/kernel/display"
	"lockstep/kernel/lang"
	"lockstep/kernel/live"
	"lockstep/kernel/native"
)

// Bench is the program and the toolchain that sessions use. Make it with [New], and close it.
type Bench struct {
	Dir   string // for files of the benchmark; Close removes it
	Tools *native.Toolchain

	binary  string
	version string // of the program
}

// New builds the program and makes the native engine ready, which can take half a minute the
// first time.
func New(ctx context.Context) (*Bench, error) {
	dir, err := os.MkdirTemp("", "lockstep-bench-")
	if err != nil {
		return nil, err
	}
	b := &Bench{Dir: dir, binary: filepath.Join(dir, "lockstep")}
	err = Build(ctx, "lockstep", b.binary)
	if err == nil {
		b.version, err = version(ctx, b.binary)
	}
	if err == nil {
		b.Tools, err = Toolchain(ctx)
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Build builds a Go program, of this module where what is "lockstep", and writes it to the file to.
func Build(ctx context.Context, what, to string) error {
	if out, err := osexec.CommandContext(ctx, "go", "build", "-o", to, what).CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
}

// version is that of a program of this module.
func version(ctx context.Context, binary string) (string, error) {
	out, err := osexec.CommandContext(ctx, binary, "version").Output()
	if err != nil {
		return "", fmt.Errorf("%s version: %w", binary, err)
	}
	fields := strings.Fields(string(out))
	if len(fields) < 2 {
		return "", fmt.Errorf("%s version: got %q", binary, out)
	}
	return fields[1], nil
}

// Toolchain makes the native engine ready, for sessions of this module's program.
func Toolchain(ctx context.Context) (*native.Toolchain, error) {
	root, err := osexec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m: %w", err)
	}
	tools, err := native.Find(ctx, native.Options{Source: os.DirFS(strings.TrimSpace(string(root)))})
	if err != nil {
		return nil, err
	}
	return tools, tools.Prepare(ctx, func(text string) { fmt.Fprintln(os.Stderr, text) })
}

// Close removes the files of the benchmark.
func (b *Bench) Close() { _ = os.RemoveAll(b.Dir) }

// Session is one notebook. It is not safe for concurrent use; close it.
type Session struct {
	*live.Session
	engine string
	count  int
}

// Open starts a session with an engine. Its process starts with the first cell.
func (b *Bench) Open(engine string) *Session {
	return &Session{engine: engine, Session: live.New(live.Options{Argv: []string{b.binary, "session"}, Engine: engine, Node: []string{b.binary, "node"}, Version: b.version,
		Native: func(context.Context) (*native.Toolchain, error) { return b.Tools, nil }})}
}

// Run runs a cell and tells how long that took, from request to reply, and what it printed.
func (s *Session) Run(ctx context.Context, code string) (took time.Duration, printed string, err error) {
	_, took, printed, err = s.execute(ctx, code)
	return took, printed, err
}

// Compare runs a cell with one of the measuring magics and returns its result, without timelines.
func (s *Session) Compare(ctx context.Context, code string) (measure.Result, error) {
	value, _, _, err := s.execute(ctx, code)
	if err != nil {
		return measure.Result{}, err
	}
	if value == nil || value.Data[render.MIMEType] == nil {
		return measure.Result{}, fmt.Errorf("%s: it has no result", code)
	}
	data, err := json.Marshal(value.Data[render.MIMEType])
	if err != nil {
		return measure.Result{}, err
	}
	return measure.Decode(bytes.NewReader(data))
}

func (s *Session) execute(ctx context.Context, code string) (*display.Bundle, time.Duration, string, error) {
	s.count++
	out := &printed{}
	start := time.Now()
	r := s.Execute(ctx, lang.Request{Code: code, Count: s.count}, out)
	took := time.Since(start)
	if r.Err != nil {
		return nil, took, out.text, fmt.Errorf("%s: %w", code, r.Err)
	}
	return r.Value, took, out.text, nil
}

// printed is an output that keeps what is printed, and nothing else.
type printed struct{ text string }

func (p *printed) Stream(_, text string)                             { p.text += text }
func (*printed) Display(display.Message)                             {}
func (*printed) Page(display.Bundle)                                 {}
func (*printed) SetNextInput(string, bool)                           {}
func (*printed) Input(context.Context, string, bool) (string, error) { return "", os.ErrInvalid }

// Busy measures how much of a time some thread of the machine was ready and had no core: begin it, and call what it returns
// at the end. Where the system does not tell, that is 0.
func Busy() (end func() float64) {
	start, before := time.Now(), pressure()
	return func() float64 { return float64(pressure()-before) / float64(max(1, time.Since(start))) }
}

// pressure is Linux's pressure stall information: the time in which some thread was waiting for a core.
func pressure() time.Duration {
	text, err := os.ReadFile("/proc/pressure/cpu")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "total=")
	total, _, _ := strings.Cut(rest, "\n")
	us, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(us) * time.Microsecond
}

// Load is the machine's load average of the last minute, for the reader of figures; "unknown" where
// the system does not tell.
func Load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if fields := strings.Fields(string(text)); err == nil && len(fields) > 0 {
		return fields[0]
	}
	return "unknown"
}
