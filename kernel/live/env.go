package live

import (
	"context"
	"slices"

	"lockstep/exec"
	"lockstep/exec/gotrace"
	"lockstep/exec/measure"
	"lockstep/kernel/check"
	"lockstep/kernel/display"
	"lockstep/kernel/lang"
	"lockstep/kernel/magic"
	"lockstep/kernel/pipe"
)

// env is what the magics of a cell may do to its session.
type env struct{ *call }

var _ magic.Env = (*env)(nil)

func (e *env) Output() lang.Output   { return e.out }
func (e *env) History() lang.History { return e.opt.History }

func (e *env) Run(ctx context.Context, source string, line int) lang.Result {
	return e.source(ctx, source, line, runOptions{})
}

func (e *env) RunText(ctx context.Context, text string, line int) lang.Result {
	return e.text(ctx, text, line)
}

func (e *env) Time(ctx context.Context, source string, line, loops int) (magic.Timing, lang.Result) {
	var t pipe.Timing
	r := e.source(ctx, source, line, runOptions{loops: loops, timing: &t})
	return magic.Timing{Wall: t.Wall, User: t.User, System: t.System, AllocatedBytes: t.Bytes, AllocatedObjects: t.Objects}, r
}

func (e *env) Variables(ctx context.Context) ([]magic.Variable, error) {
	vars := e.scope.Vars()
	checked, err := empty(e.scope)
	if err != nil {
		return nil, err
	}
	req := pipe.Describe{}
	req.Types, req.IDs = described(vars, checked)
	for _, v := range vars {
		req.Names = append(req.Names, e.engine.variable(v.Name))
	}
	reply, err := e.ask(ctx, req)
	if err != nil {
		return nil, err
	}
	var out []magic.Variable
	for i, v := range vars {
		out = append(out, magic.Variable{Name: v.Name, Type: v.TypeText(), Value: reply.Texts[i], Bytes: reply.Sizes[i]})
	}
	return out, nil
}

func (e *env) Reset(context.Context) error {
	e.reset()
	return nil
}

func (e *env) Chdir(ctx context.Context, dir string) (string, error) {
	reply, err := e.ask(ctx, pipe.Chdir{Dir: dir})
	if err == nil {
		e.setDirectory(reply.Text)
	}
	return reply.Text, err
}

func (e *env) Getwd(ctx context.Context) (string, error) { return e.Chdir(ctx, "") }

func (e *env) Environ(ctx context.Context) ([]string, error) {
	reply, err := e.ask(ctx, pipe.Environ{})
	return reply.Texts, err
}

func (e *env) Setenv(ctx context.Context, name, value string) error {
	_, err := e.ask(ctx, pipe.Environ{Name: name, Value: value})
	if err == nil {
		e.env[name] = value
		delete(e.unset, name)
	}
	return err
}

func (e *env) Unsetenv(ctx context.Context, name string) error {
	_, err := e.ask(ctx, pipe.Environ{Name: name, Unset: true})
	if err == nil {
		delete(e.env, name)
		e.unset[name] = true
	}
	return err
}

func (e *env) Shell(ctx context.Context, argv []string, stdin string) (magic.Status, error) {
	reply, err := e.ask(ctx, pipe.Shell{Cell: e.label, Argv: argv, Stdin: stdin})
	return magic.Status{Code: reply.Code, Signal: reply.Signal}, err
}

func (e *env) Inspect(ctx context.Context, name string, detail int) (display.Bundle, bool) {
	return e.inspect(name, len([]rune(name)), detail, func(v *check.Var) string { return e.value(ctx, v) })
}

// Measure compiles the workload, for this session and where worker processes
// are wanted as a program for theirs, and has the session run the plan.
func (e *env) Measure(ctx context.Context, m magic.Measurement, progress func(exec.Progress)) (measure.Result, error) {
	place := check.Workload
	if m.Plan.Tasks > 0 {
		place = check.Tasks
	}
	checked, lerr := e.workload(ctx, m.Body, m.Line, place)
	if lerr != nil {
		return measure.Result{}, lerr
	}
	req, next, refused := e.measurement(ctx, m, checked)
	if refused != nil {
		return measure.Result{}, refused
	}
	if slices.Contains(m.Plan.Modes, exec.Cluster) {
		if err := e.wantCluster(ctx, m); err != nil {
			return measure.Result{}, err
		}
		defer e.clusters.clear()
	}
	reply, died := e.proc.callProgress(ctx, req, progress)
	if died != nil {
		return measure.Result{}, e.revive(died)
	}
	if reply.Err != nil {
		if reply.Err.Kind == "compile error" {
			return measure.Result{}, e.fault(reply.Err)
		}
		e.engine = next
		readTraces(reply.Result.Runs)
		return reply.Result, e.fault(reply.Err)
	}
	e.engine = next
	readTraces(reply.Result.Runs)
	return reply.Result, nil
}

// readTraces makes timelines of what Go's execution tracer wrote. A trace that cannot be read leaves the run with
// what its own calls told.
func readTraces(runs []measure.Run) {
	for i := range runs {
		run := &runs[i]
		if len(run.Trace) == 0 {
			continue
		}
		if t, err := gotrace.Timeline(run.Trace, run.Sample.Elapsed); err == nil {
			run.Timeline = t
		}
		run.Trace = nil
	}
}

// measurement makes the request for a workload, and tells the engine once the
// process has it. An engine other than the session's is one for this run alone.
func (e *env) measurement(ctx context.Context, m magic.Measurement, checked *check.Cell) (req pipe.Measure, next engine, refused *lang.Error) {
	req = pipe.Measure{Plan: m.Plan, Engine: e.engine.name()}
	other, refused := e.other(m.Engine)
	if refused != nil {
		return req, nil, refused
	}
	if other != nil {
		if req.Program, refused = other.alone(ctx, e.call, checked); refused != nil {
			return req, nil, refused
		}
		table := newRun(e.call, nil).table
		if checked.LastType != nil {
			table.Add(checked.LastType)
		}
		req.Program.Types = table.Types()
		req.Run, req.Alone, req.Engine = req.Program.Run, true, other.name()
		req.Secluded = e.secluded(checked)
		return req, e.engine, nil
	}
	p, refused := e.engine.workload(ctx, e.call, checked)
	if refused != nil {
		return req, nil, refused
	}
	if checked.LastType != nil {
		p.table.Add(checked.LastType)
	}
	p.run.Types = p.table.Types()
	p.run.Functions = p.next.functions(e.call, checked)
	req.Run = p.run
	req.Secluded = e.secluded(checked)
	if usesProcesses(m.Plan) {
		req.Program = e.engine.remote(e.call, checked, p)
	}
	return req, p.next, nil
}

func usesProcesses(p exec.Plan) bool {
	if p.Modes == nil {
		return true
	}
	return slices.ContainsFunc(exec.Modes(), func(m exec.ModeInfo) bool { return m.Processes && slices.Contains(p.Modes, m.Mode) })
}

// Bind declares a variable of type lab.Result and sets it.
func (e *env) Bind(ctx context.Context, name string, r measure.Result) error {
	return e.bind(ctx, name, "lab.Result", pipe.Bind{Result: r})
}

func (e *env) bind(ctx context.Context, name, typ string, b pipe.Bind) error {
	if res := e.source(ctx, "var "+name+" "+typ, 1, runOptions{}); res.Err != nil {
		return res.Err
	}
	b.Internal = e.engine.variable(name)
	_, err := e.ask(ctx, b)
	return err
}
