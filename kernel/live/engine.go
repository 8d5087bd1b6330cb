package live

import (
	"context"
	"go/types"

	"lockstep/kernel/check"
	"lockstep/kernel/display/typetable"
	"lockstep/kernel/lang"
	"lockstep/kernel/pipe"
	"lockstep/kernel/rewrite"
)

// engine is how checked cells become something that a session process runs,
// and under which names that process knows the session's variables. It serves one process; a
// fresh one needs fresh.
type engine interface {
	// name is what %engine and the tables call it.
	name() string
	// argv starts a session process for it.
	argv() []string
	// environ is what its environment has besides the kernel's, which goes before.
	environ() []string
	// fresh returns the engine for a fresh process, which knows nothing yet.
	fresh() engine

	// The following make the request for a cell, a whole program, a workload, and the declarations
	// of a scope with those of its variables that vars names. The error is the cell's.
	cell(ctx context.Context, c *call, checked *check.Cell) (*prepared, *lang.Error)
	program(ctx context.Context, c *call, checked *check.Cell) (*prepared, *lang.Error)
	workload(ctx context.Context, c *call, checked *check.Cell) (*prepared, *lang.Error)
	replay(ctx context.Context, c *call, checked *check.Cell, vars []string) (*prepared, *lang.Error)

	// remote makes of a prepared workload what a worker process runs.
	remote(c *call, checked *check.Cell, p *prepared) *pipe.Program
	// alone makes what runs a workload where nothing of the session is known: in a process of its
	// own, or in another engine than the session's.
	alone(ctx context.Context, c *call, checked *check.Cell) (*pipe.Program, *lang.Error)
	// functions are those that the cell or a live declaration gives to other processes. It is asked of
	// the engine that follows.
	functions(c *call, checked *check.Cell) []pipe.Function
	// variable is the process's name for a session variable.
	variable(name string) string
}

// prepared is a request that is ready to be sent.
type prepared struct {
	run   pipe.Run
	table *typetable.Table
	// nothing says that there is nothing to send.
	nothing bool
	// reset are the variables whose values it costs.
	reset []string
	// instead prepares the cell otherwise when the process cannot take this; nil: there is no other way.
	instead func(context.Context) (*prepared, *lang.Error)
	// next is the engine once the process has compiled or loaded what is sent.
	next engine
}

// newRun begins a request, with the table of the types that it shows.
func newRun(c *call, values []types.Type) *prepared {
	p := &prepared{table: typetable.New(func(p *types.Package) bool { return p.Path() == "main" })}
	p.run = pipe.Run{Cell: c.label, Name: c.name, Input: c.req.AllowInput}
	for _, t := range values {
		p.run.Values = append(p.run.Values, p.table.Add(t))
	}
	p.run.Types = p.table.Types()
	return p
}

// interp is the yaegi engine, which is part of every session process.
type interp struct {
	command []string
	names   *rewrite.Names
}

func newInterp(command []string) *interp { return &interp{command, rewrite.NewNames()} }

func (e *interp) name() string                { return "interp" }
func (e *interp) argv() []string              { return e.command }
func (e *interp) environ() []string           { return nil }
func (e *interp) fresh() engine               { return newInterp(e.command) }
func (e *interp) variable(name string) string { return e.names.Variable(name) }

func (e *interp) cell(_ context.Context, c *call, checked *check.Cell) (*prepared, *lang.Error) {
	p, err := e.prepare(c, rewrite.Cell(e.names, checked, writing))
	if err == nil {
		p.reset = checked.Reset
	}
	return p, err
}

func (e *interp) program(_ context.Context, c *call, checked *check.Cell) (*prepared, *lang.Error) {
	p, err := e.prepare(c, rewrite.WholeProgram(checked, writing))
	if err == nil {
		p.run.Alone = true
		p.next = e // nothing of it stays
	}
	return p, err
}

func (e *interp) workload(_ context.Context, c *call, checked *check.Cell) (*prepared, *lang.Error) {
	return e.prepare(c, rewrite.Workload(e.names, checked, writing))
}

func (e *interp) replay(_ context.Context, c *call, checked *check.Cell, vars []string) (*prepared, *lang.Error) {
	return e.prepare(c, rewrite.Replay(checked, vars, writing))
}

func (e *interp) remote(c *call, checked *check.Cell, local *prepared) *pipe.Program {
	p := program(c, rewrite.Program(checked, writing), e)
	p.Types = local.run.Types
	return p
}

func (e *interp) alone(_ context.Context, c *call, checked *check.Cell) (*pipe.Program, *lang.Error) {
	unit := rewrite.Program(checked, writing)
	if len(unit.Refused) > 0 {
		return nil, c.refused(unit.Refused)
	}
	return program(c, unit, c.engine), nil
}

func (e *interp) functions(c *call, checked *check.Cell) (all []pipe.Function) {
	for _, name := range checked.Sendable() {
		unit := rewrite.Function(checked, name, writing)
		p := program(c, unit, e)
		p.Entry, p.Function = "", unit.Entry
		p.Cell = "" // whichever cell calls it, it is the same program, which processes load once
		all = append(all, pipe.Function{Name: name, Program: *p})
	}
	return all
}

// program is all that a workload reaches, for a fresh interpreter; of is the engine of the session's variables.
func program(c *call, unit *rewrite.Unit, of engine) *pipe.Program {
	p := &pipe.Program{Run: pipe.Run{Cell: c.label, Source: unit.Source, Imports: unit.Imports, Register: unit.Register, Named: unit.Named, Entry: unit.Entry}}
	for _, v := range unit.Vars {
		p.Vars = append(p.Vars, pipe.Var{Internal: v.Internal})
		p.Captured = append(p.Captured, pipe.Capture{Name: v.Name, Internal: v.Internal, Session: of.variable(v.Name)})
	}
	return p
}

func (e *interp) prepare(c *call, unit *rewrite.Unit) (*prepared, *lang.Error) {
	if len(unit.Refused) > 0 {
		return nil, c.refused(unit.Refused)
	}
	p := newRun(c, unit.Values)
	p.run.Source, p.run.Imports, p.run.Register, p.run.Entry, p.run.Named = unit.Source, unit.Imports, unit.Register, unit.Entry, unit.Named
	p.run.Vars = varsOf(unit.Vars)
	p.next = &interp{e.command, unit.Names}
	return p, nil
}

func varsOf(vars []rewrite.Variable) []pipe.Var {
	var out []pipe.Var
	for _, v := range vars {
		out = append(out, pipe.Var{Internal: v.Internal, From: v.From})
	}
	return out
}

// refused is the error of a cell that the engine cannot run.
func (c *call) refused(list check.ErrorList) *lang.Error {
	return listError("compile error", list, c.at.text, c.at.line)
}
