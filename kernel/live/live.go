package live

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"lockstep/exec/procs"
	"lockstep/kernel/cell"
	"lockstep/kernel/check"
	"lockstep/kernel/check/stdtypes"
	"lockstep/kernel/display"
	"lockstep/kernel/godoc"
	"lockstep/kernel/lang"
	"lockstep/kernel/magic"
	"lockstep/kernel/native"
	"lockstep/kernel/pipe"
)

// Options say how a session is made. Argv is required.
type Options struct {
	// Argv starts a session process: it speaks package pipe over descriptors 3 (it reads) and 4 (it writes).
	Argv []string
	// Engine is the setting of %engine at the start: [Interp] (also ""), [Native] or [Auto].
	Engine string
	// Node starts a node of a cluster, with the flags of lockstep node after it; nil: none can be started.
	Node []string
	// Guard is the argument that makes this program the guard of what a session starts, see [procs.NewGuard]; "": there is none.
	Guard string
	// Version is what nodes must have too.
	Version string
	// Native finds the toolchain of the native engine; nil for none. It is called once.
	Native func(context.Context) (*native.Toolchain, error)
	// Dir is the working directory at the start, "" for the current one.
	Dir string
	// History is what %history shows; nil for none.
	History lang.History
	// Logger takes operator errors; nil for none.
	Logger *slog.Logger
	// Grace is how long an interrupted cell may take to stop before its process is
	// killed; 0 is one second.
	Grace time.Duration
	// ManyUnits is the number of loaded units at which the process is recycled, if nothing is lost by that; 0 is 300.
	ManyUnits int
}

// Session is one live session. Its methods are those of lang.Interpreter;
// Execute and Evaluate are called one at a time.
type Session struct {
	opt  Options
	log  *slog.Logger
	life context.Context // of what prepares the native engine
	stop func()          // ends it

	// running is held while a cell runs, which alone changes what follows; questions
	// about code that come meanwhile use only what mu guards.
	running sync.Mutex
	mu      sync.Mutex // guards writing scope and dir, and reading them without running
	scope   *check.Scope

	engine engine // of the process that runs
	choice
	proc  *process
	dir   string            // as %cd or the cells left it
	env   map[string]string // what %env set; "" with unset[name]
	unset map[string]bool
	cells texts
	// sweeper forgets the positions of cells.
	sweeper check.Sweeper
	serial  int
	memory  int64 // limit of the session process, and of each worker; 0: none
	usage

	importer *stdtypes.Importer
	packages *packages
	mod      *module // nil until it is wanted
	flags    native.Flags
	outputs  outputs
	docs     godoc.Library
	clusters clusters
	guard    *procs.Guard // nil: none
}

var _ lang.Interpreter = (*Session)(nil)

// New returns a session whose process is being started. Close it.
func New(opt Options) *Session {
	if opt.Logger == nil {
		opt.Logger = slog.New(slog.DiscardHandler)
	}
	if opt.Grace == 0 {
		opt.Grace = time.Second
	}
	if opt.ManyUnits == 0 {
		opt.ManyUnits = 300
	}
	importer := new(stdtypes.Importer)
	known := newPackages(importer)
	s := &Session{opt: opt, log: opt.Logger, importer: importer, packages: known, scope: check.NewScope(known),
		dir: opt.Dir, env: map[string]string{}, unset: map[string]bool{}, memory: usualLimit()}
	s.docs.Dir = s.sourceDir
	if opt.Guard != "" {
		s.guard = procs.NewGuard(opt.Guard, opt.Logger)
	}
	s.outputs.byCell = map[string]lang.Output{}
	s.booted = make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	s.life, s.stop = ctx, stop
	go s.boot(ctx)
	return s
}

// current returns the scope for questions about code.
func (s *Session) current() *check.Scope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scope
}

func (s *Session) setScope(scope *check.Scope) {
	s.mu.Lock()
	s.scope = scope
	s.mu.Unlock()
}

// Close ends the session process and waits for it.
func (s *Session) Close() error {
	s.stop()
	<-s.booted
	if s.prepared != nil {
		<-s.prepared
	}
	s.proc.kill()
	<-s.proc.gone
	s.clusters.close()
	var err error
	if s.mod != nil {
		err = s.mod.folder.Remove()
	}
	s.guard.Close()
	return err
}

// Execute runs a cell, part by part. The result is that of the last part.
func (s *Session) Execute(ctx context.Context, req lang.Request, out lang.Output) lang.Result {
	s.running.Lock()
	defer s.running.Unlock()
	if err := s.ready(ctx, out); err != nil {
		return lang.Result{Err: err}
	}
	c := s.newCall(req, out)
	c.cells.keep(c.name, req.Code)
	defer c.relieve()
	if s.serial%sweepEvery == 0 {
		s.sweeper.Sweep(s.scope)
	}
	return c.text(ctx, req.Code, 1)
}

// sweepEvery is after how many cells what nobody needs of their positions is forgotten.
const sweepEvery = 64

// call is one cell while it runs.
type call struct {
	*Session
	req   lang.Request
	out   lang.Output
	label string // what the session process calls the cell
	name  string // file name in positions: "cell 3"
	at    struct {
		text string
		line int
	} // the source at hand, for error lines
}

func (s *Session) newCall(req lang.Request, out lang.Output) *call {
	s.serial++
	c := &call{Session: s, req: req, out: out, label: strconv.Itoa(s.serial), name: fmt.Sprintf("cell %d", req.Count)}
	s.outputs.add(c.label, out)
	return c
}

// text runs the text of a cell, magics included; first is the cell line of its first line.
func (c *call) text(ctx context.Context, code string, first int) lang.Result {
	parts, err := cell.Split(code)
	if err != nil {
		return lang.Result{Err: magicSyntaxError(err, code)}
	}
	var last lang.Result
	for _, p := range parts {
		if err := context.Cause(ctx); err != nil {
			return lang.Result{Err: interrupted("the cell was interrupted between its parts")}
		}
		last = c.part(ctx, p, first-1)
		if last.Err != nil {
			return last
		}
	}
	return last
}

func (c *call) part(ctx context.Context, p cell.Part, offset int) lang.Result {
	m := magic.Call{Kind: magic.Line, Name: p.Name, Args: p.Args, Line: p.Line + offset, Body: p.Text, BodyLine: p.TextLine + offset, Whole: c.cells.textOf(c.name)}
	switch p.Kind {
	case cell.Source:
		return c.source(ctx, p.Text, p.TextLine+offset, runOptions{})
	case cell.CellMagic:
		m.Kind = magic.Cell
	case cell.Shell:
		m.Name = "!"
	case cell.Help:
		m.Name, m.Args = "?", p.Name
		if p.Detail > 0 {
			m.Name = "??"
		}
	}
	return magic.Run(ctx, &env{c}, m)
}

// Evaluate evaluates an expression for user_expressions.
func (s *Session) Evaluate(ctx context.Context, expression string) (display.Bundle, *lang.Error) {
	s.running.Lock()
	defer s.running.Unlock()
	if err := s.ready(ctx, discard{}); err != nil {
		return display.Bundle{}, err
	}
	c := s.newCall(lang.Request{Code: expression, Silent: true}, discard{})
	r := c.source(ctx, expression, 1, runOptions{expression: true})
	switch {
	case r.Err != nil:
		return display.Bundle{}, r.Err
	case r.Value == nil:
		return display.Bundle{Data: map[string]any{display.MIMEText: ""}}, nil
	}
	return *r.Value, nil
}

// IsComplete implements lang.Interpreter.
func (s *Session) IsComplete(code string) lang.Completeness {
	status, indent := cell.IsComplete(code)
	return lang.Completeness{Status: string(status), Indent: indent}
}

// outputs finds the output of the cell that a message of the session process names.
type outputs struct {
	mu     sync.Mutex
	byCell map[string]lang.Output
	order  []string
	latest lang.Output
}

// keptOutputs is for how many past cells late output still finds its place.
const keptOutputs = 10_000

// set directs a cell's output.
func (o *outputs) set(cell string, out lang.Output) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.byCell[cell], o.latest = out, out
}

func (o *outputs) add(cell string, out lang.Output) {
	o.set(cell, out)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.order = append(o.order, cell)
	if len(o.order) > keptOutputs {
		delete(o.byCell, o.order[0])
		o.order = o.order[1:]
	}
}

// of returns the output of a cell; output that belongs to none goes to the latest.
func (o *outputs) of(cell string) lang.Output {
	o.mu.Lock()
	defer o.mu.Unlock()
	if out := o.byCell[cell]; out != nil {
		return out
	}
	if o.latest == nil {
		return discard{}
	}
	return o.latest
}

// discard is the output of what nobody sees.
type discard struct{}

func (discard) Stream(string, string)     {}
func (discard) Display(display.Message)   {}
func (discard) Page(display.Bundle)       {}
func (discard) SetNextInput(string, bool) {}
func (discard) Input(context.Context, string, bool) (string, error) {
	return "", fmt.Errorf("no input here: %w", os.ErrInvalid)
}

// take hands a message of the session process that is no reply to whom it concerns.
func (s *Session) take(p *process, m any) {
	switch m := m.(type) {
	case pipe.Output:
		s.outputs.of(m.Cell).Stream(m.Name, m.Text)
	case pipe.Show:
		m.Message.Bundle = tabled(m.Message.Bundle)
		s.outputs.of(m.Cell).Display(m.Message)
	case pipe.Late:
		f := s.fault(&m.Fault)
		s.outputs.of(m.Cell).Stream("stderr", f.Name+": "+f.Value+" (after the cell had ended)\n")
	case pipe.Stuck:
		s.outputs.of(m.Cell).Stream("stderr", s.stuck(m.Places))
	case pipe.Want:
		s.give(p, m)
	case pipe.Lent:
		p.lent.Give(m.ID, m)
	case pipe.Ask:
		go p.ask(s.outputs.of(m.Cell), m)
	}
}
