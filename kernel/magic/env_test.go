package magic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"lockstep/exec"
	"lockstep/exec/cluster"
	"lockstep/exec/measure"
	"lockstep/exec/render"
	"lockstep/kernel/display"
	"lockstep/kernel/lang"
)

// fakeEnv is a session that writes down what is asked of it. What its Go text "does" is
// told by the text: see Time and Measure.
type fakeEnv struct {
	log  strings.Builder
	root string // shown as $WORK
	dir  string
	vars map[string]string

	variables    []Variable
	declarations []Declaration
	engine       string
	limit        int64
	cluster      *cluster.Status
	bindError    error
	history      lang.History
	cancel       context.CancelFunc // called when a measurement is interrupted, if set
	ids          map[string]string  // display ids, as the transcript shows them
}

func newFakeEnv(t *testing.T) *fakeEnv {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &fakeEnv{
		root: root, dir: root, engine: "interp",
		vars: map[string]string{"HOME": "/home/gopher", "GOGC": "100", "API_KEY": "abc", "MixedPassword": "xyz"},
		variables: []Variable{
			{Name: "n", Type: "int", Value: "3", Bytes: 8},
			{Name: "text", Type: "string", Value: "\"<b>\"\nmore", Bytes: 12345},
			{Name: "ready", Type: "chan struct {}", Value: "(chan struct {})(0xc0)"},
		},
		declarations: []Declaration{
			{Name: "fmt", Kind: "import", Source: `import "fmt"`},
			{Name: "fib", Names: []string{"fib"}, Kind: "function", Doc: "// fib is slow.", Source: "func fib(n int) int {\n\treturn n\n}"},
			{Name: "p", Names: []string{"p"}, Kind: "type", Source: "type p struct{}"},
			{Name: "p.m", Kind: "method", Source: "func (p) m() {}"},
			{Name: "a,b", Names: []string{"a", "b"}, Kind: "constant", Source: "const (\n\ta = iota\n\tb\n)"},
		},
		history: fakeHistory{
			input(1, 1, "old := 1"), input(1, 2, "http.Get(x)\nfoo()"),
			input(2, 1, "a := 1"), input(2, 2, "b := 2"), input(2, 3, "http.Post(y)"),
		},
		ids: map[string]string{},
	}
}

func (e *fakeEnv) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	e.log.WriteString(strings.ReplaceAll(strings.TrimRight(text, "\n"), e.root, "$WORK") + "\n")
}

func (e *fakeEnv) Output() lang.Output   { return fakeOutput{e} }
func (e *fakeEnv) History() lang.History { return e.history }

func (e *fakeEnv) Run(_ context.Context, source string, line int) lang.Result {
	e.note("run line %d: %q", line, source)
	return resultOf(source, line)
}

func (e *fakeEnv) RunText(_ context.Context, text string, line int) lang.Result {
	e.note("run text line %d: %q", line, text)
	return resultOf(text, line)
}

// resultOf fails for a text with "broken" in it, and has the value 42 for one with "value".
func resultOf(source string, line int) lang.Result {
	var r lang.Result
	if strings.Contains(source, "broken") {
		r.Err = &lang.Error{Name: "compile error", Value: fmt.Sprintf("line %d: broken", line), Traceback: []string{"broken"}}
	}
	if strings.Contains(source, "value") {
		r.Value = &display.Bundle{Data: map[string]any{display.MIMEText: "42"}}
	}
	return r
}

// Time takes, for each loop, the duration that is the source's first word.
func (e *fakeEnv) Time(_ context.Context, source string, line, loops int) (Timing, lang.Result) {
	e.note("time line %d × %d: %q", line, loops, source)
	result := resultOf(source, line)
	if result.Err != nil {
		return Timing{}, result
	}
	word, _, _ := strings.Cut(strings.TrimSpace(source), " ")
	each, err := time.ParseDuration(word)
	if err != nil {
		panic(err)
	}
	wall := each * time.Duration(loops)
	timing := Timing{Wall: wall, User: wall / 2, System: wall / 4, AllocatedBytes: int64(48 * loops), AllocatedObjects: int64(loops)}
	if strings.Contains(source, "panics") {
		result.Err = &lang.Error{Name: "panic", Value: "boom"}
	}
	return timing, result
}

func (e *fakeEnv) Variables(context.Context) ([]Variable, error) { return e.variables, nil }

func (e *fakeEnv) Declarations(context.Context) ([]Declaration, error) { return e.declarations, nil }

// Remove knows that fmt is used.
func (e *fakeEnv) Remove(_ context.Context, r Removal) ([]string, error) {
	e.note("remove %q, dependents %t", r.Names, r.Dependents)
	if slices.Contains(r.Names, "fmt") && !r.Dependents {
		return nil, &lang.Error{Name: "compile error", Value: "undefined: fmt", Traceback: []string{"this breaks func fib"}}
	}
	return r.Names, nil
}

func (e *fakeEnv) Reset(context.Context) error {
	e.note("reset")
	e.variables, e.declarations = nil, nil
	return nil
}

func (e *fakeEnv) Chdir(_ context.Context, dir string) (string, error) {
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(e.dir, dir)
	}
	if _, err := os.Stat(dir); err != nil {
		return "", err
	}
	e.dir = dir
	return dir, nil
}

func (e *fakeEnv) Getwd(context.Context) (string, error) { return e.dir, nil }

func (e *fakeEnv) Environ(context.Context) ([]string, error) {
	var all []string
	for name, value := range e.vars {
		all = append(all, name+"="+value)
	}
	return all, nil
}

func (e *fakeEnv) Setenv(_ context.Context, name, value string) error {
	e.note("setenv %s=%s", name, value)
	e.vars[name] = value
	return nil
}

func (e *fakeEnv) Unsetenv(_ context.Context, name string) error {
	e.note("unsetenv %s", name)
	delete(e.vars, name)
	return nil
}

// Shell ends as the word after "end" in the command or script says.
func (e *fakeEnv) Shell(_ context.Context, argv []string, stdin string) (Status, error) {
	e.note("shell %q stdin %q", argv, stdin)
	text := strings.Join(argv, " ") + stdin
	var s Status
	switch _, how, _ := strings.Cut(text, "end "); strings.TrimSpace(how) {
	case "three":
		s.Code = 3
	case "killed":
		s.Signal = "killed"
	case "interrupted":
		return s, &lang.Error{Name: "interrupted", Value: "the command was interrupted"}
	case "missing":
		return s, errors.New("bash is not installed")
	}
	return s, nil
}

func (e *fakeEnv) Inspect(_ context.Context, name string, detail int) (display.Bundle, bool) {
	return display.Bundle{Data: map[string]any{display.MIMEText: fmt.Sprintf("%s with detail %d", name, detail)}}, name == "fmt.Println"
}

func (e *fakeEnv) Engine(context.Context) (EngineInfo, error) {
	return EngineInfo{Name: e.engine, Summary: "0 units loaded", Engines: []Engine{
		{Name: "interp", Summary: "answers at once"},
		{Name: "auto", Summary: "the better one of both"},
		{Name: "native", Summary: "compiles", Missing: "go is not installed"},
	}}, nil
}

func (e *fakeEnv) Recycle(_ context.Context, force bool) error {
	e.note("recycle, force %v", force)
	return nil
}

func (e *fakeEnv) Memory(context.Context) (MemoryInfo, error) {
	return MemoryInfo{Used: 100e6, Limit: e.limit, Machine: 16e9}, nil
}

func (e *fakeEnv) LimitMemory(_ context.Context, bytes int64) error {
	e.note("limit %d", bytes)
	e.limit = bytes
	return nil
}

func (e *fakeEnv) SetEngine(_ context.Context, name string) error {
	e.engine = name
	return nil
}

// Get knows no module that is called missing.
func (e *fakeEnv) Get(_ context.Context, queries []string) ([]string, error) {
	e.note("get %q", queries)
	var said []string
	for _, q := range queries {
		path, version, _ := strings.Cut(q, "@")
		if strings.Contains(path, "missing") {
			return nil, errors.New("module " + path + ": not found")
		}
		if version != "now" {
			said = append(said, "added "+path+" "+version)
		}
	}
	return said, nil
}

func (e *fakeEnv) Mod(context.Context) (string, error) {
	return "module session\n\nrequire example.org/m v1.0.0\n", nil
}

// BuildFlags knows no -race.
func (e *fakeEnv) BuildFlags(_ context.Context, flags []string) (string, error) {
	e.note("build flags %q", flags)
	if slices.Contains(flags, "-race") {
		return "", &lang.Error{Name: "usage error", Value: "-race is not for units"}
	}
	if slices.Contains(flags, "off") {
		return "", nil
	}
	return strings.Join(flags, " "), nil
}

// Test fails with -fail among its flags.
func (e *fakeEnv) Test(_ context.Context, flags []string) (Status, error) {
	e.note("test %q", flags)
	switch {
	case slices.Contains(flags, "-fail"):
		return Status{Code: 1}, nil
	case slices.Contains(flags, "-missing"):
		return Status{}, &lang.Error{Name: "not supported", Value: "tests take a Go toolchain"}
	}
	return Status{}, nil
}

// Vet finds something without flags.
func (e *fakeEnv) Vet(_ context.Context, flags []string) ([]Finding, error) {
	e.note("vet %q", flags)
	if len(flags) > 0 {
		return nil, nil
	}
	return []Finding{{Cell: "cell 3", Line: 5, Column: 2, Text: "self-assignment of x to x", Source: "\tx = x"}, {Cell: "cell 4", Line: 1, Column: 1, Text: "wrong"}}, nil
}

// Measure pretends to carry out the plan. Lines of the body change what comes of
// it: "fails MODE WORKER" (* for every one), "slow", "broken", "interrupted".
func (e *fakeEnv) Measure(_ context.Context, m Measurement, progress func(exec.Progress)) (measure.Result, error) {
	p := m.Plan
	e.note("measure line %d engine %q: modes %v workers %v repetitions %d lock %s timeout %s", m.Line, m.Engine,
		p.Modes, p.Workers, p.Repetitions, p.Lock, p.Timeout)
	if p.Budget > 0 || p.Shapes != nil || p.Timeline || p.Spawn {
		e.note("  budget %s shapes %v timeline %t spawn %t", p.Budget, p.Shapes, p.Timeline, p.Spawn)
	}
	if p.Tasks > 0 {
		e.note("  tasks %d chunk %d", p.Tasks, p.Chunk)
	}
	if strings.Contains(m.Body, "broken") {
		return measure.Result{}, &lang.Error{Name: "compile error", Value: fmt.Sprintf("line %d: broken", m.Line)}
	}
	if p.Budget > 0 {
		p.Repetitions = 1
	}
	modes := p.Modes
	if modes == nil {
		modes = []exec.Mode{exec.Simple, exec.Serialized, exec.Goroutines, exec.Subprocess}
	}
	each := 10 * time.Millisecond
	if strings.Contains(m.Body, "slow") {
		each = 60 * time.Millisecond
	}
	result := measure.Result{
		Schema: measure.Schema, Title: p.Title, Machine: measure.ThisMachine(), Started: time.Unix(1e9, 0),
		Workers: p.Workers, Repetitions: p.Repetitions, Baseline: "simple",
	}
	for _, mode := range modes {
		result.Modes = append(result.Modes, string(mode))
	}
	state := exec.Progress{Total: len(modes) * len(p.Workers) * (p.Repetitions + 1)}
	for repetition := range p.Repetitions + 1 {
		for _, n := range p.Workers {
			for _, mode := range modes {
				if strings.Contains(m.Body, "interrupted") && state.Done == 5 {
					result.Interrupted = "interrupted"
					if e.cancel != nil {
						e.cancel()
					}
					measure.Summarize(&result)
					return result, &lang.Error{Name: "interrupted", Value: "the cell was interrupted"}
				}
				run := measure.Run{Mode: string(mode), Workers: n, Repetition: repetition, Sample: measure.Sample{Elapsed: each}}
				for worker := range n {
					run.Outcomes = append(run.Outcomes, outcome(m, string(mode), worker))
				}
				result.Runs = append(result.Runs, run)
				state.Mode, state.Workers, state.Repetition = mode, n, repetition
				progress(state)
				state.Done++
				state.Elapsed += each
			}
		}
	}
	progress(state)
	measure.Summarize(&result)
	return result, nil
}

func outcome(m Measurement, mode string, worker int) measure.Outcome {
	for line := range strings.SplitSeq(m.Body, "\n") {
		f := strings.Fields(line)
		if len(f) == 3 && f[0] == "fails" && (f[1] == mode || f[1] == "*") && (f[2] == fmt.Sprint(worker) || f[2] == "*") {
			return measure.Outcome{
				Worker: worker, Failure: measure.Panicked, Stack: "goroutine 7\ncell line 3\n",
				Error: fmt.Sprintf("panic: boom (line %d)", m.Line+1),
			}
		}
	}
	return measure.Outcome{Worker: worker, Elapsed: time.Millisecond, Result: "1"}
}

func (e *fakeEnv) Bind(ctx context.Context, name string, r measure.Result) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e.note("bind %s: %d runs", name, len(r.Runs))
	return e.bindError
}

// Capture knows of one line of output.
func (e *fakeEnv) Capture(run func() lang.Result) (display.Captured, lang.Result) {
	c := display.Captured{Stdout: "out\n", Stderr: "err\n"}
	r := run()
	if r.Value != nil {
		c.Shown = append(c.Shown, *r.Value)
		r.Value = nil
	}
	return c, r
}

func (e *fakeEnv) BindCaptured(_ context.Context, name string, c display.Captured) error {
	e.note("bind %s: %q", name, c)
	return e.bindError
}

// fakeOutput writes the cell's output into the session's transcript.
type fakeOutput struct{ env *fakeEnv }

func (o fakeOutput) Stream(name, text string) {
	for line := range strings.Lines(text) {
		o.env.note("%s| %s", name, line)
	}
}

func (o fakeOutput) Display(m display.Message) {
	action := [...]string{"show", "update", "clear now", "clear later"}[m.Action]
	id := ""
	if m.ID != "" {
		if o.env.ids[m.ID] == "" {
			o.env.ids[m.ID] = fmt.Sprintf("id%d", len(o.env.ids)+1)
		}
		id = " " + o.env.ids[m.ID]
	}
	o.env.bundle(action+id, m.Bundle)
}

func (o fakeOutput) Input(context.Context, string, bool) (string, error) {
	return "", errors.New("no magic asks")
}

func (o fakeOutput) Page(b display.Bundle) { o.env.bundle("page", b) }

func (o fakeOutput) SetNextInput(text string, replace bool) {
	o.env.note("next input, replace %t:\n%s", replace, indent(text))
}

// bundle writes a bundle down. How a result is laid out is tested where that is done, so of a table only the
// fact is noted.
func (e *fakeEnv) bundle(what string, b display.Bundle) {
	if _, ok := b.Data[render.MIMEType]; ok {
		e.note("%s: result as %v", what, slices.Sorted(maps.Keys(b.Data)))
		return
	}
	for _, mime := range slices.Sorted(maps.Keys(b.Data)) {
		text := fmt.Sprint(b.Data[mime])
		if mime == display.MIMEMarkdown {
			text, _, _ = strings.Cut(text, "\n") // TestReferencePage has it whole
		}
		e.note("%s %s:\n%s", what, mime, indent(text))
	}
}

// ended notes how a magic ended.
func (e *fakeEnv) ended(r lang.Result) {
	if r.Value != nil {
		e.bundle("value", *r.Value)
	}
	if r.Err != nil {
		e.note("ERROR %s: %s\n%s", r.Err.Name, r.Err.Value, indent(strings.Join(r.Err.Traceback, "\n")))
	}
}

func indent(text string) string {
	return "    " + strings.ReplaceAll(strings.TrimRight(text, "\n"), "\n", "\n    ")
}

// fakeHistory is a stored history, of which session 2 is the current one.
type fakeHistory []lang.HistoryEntry

func input(session, line int, text string) lang.HistoryEntry {
	return lang.HistoryEntry{Session: session, Line: line, Input: text}
}

func (h fakeHistory) Tail(n int) ([]lang.HistoryEntry, error) {
	return h[max(0, len(h)-n):], nil
}

func (h fakeHistory) Session(session int) ([]lang.HistoryEntry, error) {
	if session == 0 {
		session = 2
	}
	var found []lang.HistoryEntry
	for _, e := range h {
		if e.Session == session {
			found = append(found, e)
		}
	}
	return found, nil
}

func (e *fakeEnv) ClusterLocal(_ context.Context, nodes, slots int) error {
	fmt.Fprintf(&e.log, "start a cluster: %d nodes, %d slots\n", nodes, slots)
	e.cluster = &cluster.Status{URL: "nats://127.0.0.1:4222", Nodes: []cluster.NodeInfo{
		{Name: "node1", Slots: 2, Used: 1, InFlight: 1, Done: 30, Rate: 12, Native: true, Version: cluster.Version{Lockstep: "1.0", Go: "go1.26", Platform: "linux/amd64"}, Tags: []string{"gpu", "big"}},
		{Name: "node2", Slots: 4, Version: cluster.Version{Lockstep: "0.9", Go: "go1.26", Platform: "linux/arm64"}, Refused: "node node2 is old"},
	}, Waiting: 3, Stored: 12345}
	return nil
}

func (e *fakeEnv) ClusterConnect(_ context.Context, a cluster.Access, seed []byte) error {
	fmt.Fprintf(&e.log, "connect: %+v, sign with %q\n", a, seed)
	return e.ClusterLocal(context.Background(), 0, 0)
}

func (e *fakeEnv) ClusterStatus(context.Context) (cluster.Status, error) {
	if e.cluster == nil {
		return cluster.Status{}, ErrNoCluster
	}
	return *e.cluster, nil
}

func (e *fakeEnv) ClusterStop(context.Context) error {
	if e.cluster == nil {
		return ErrNoCluster
	}
	e.cluster = nil
	return nil
}
