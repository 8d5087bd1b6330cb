package live

import (
	"context"
	"errors"
	"fmt"
	"go/scanner"
	"go/types"
	"slices"
	"strings"

	"lockstep/kernel/cell"
	"lockstep/kernel/check"
	"lockstep/kernel/display"
	"lockstep/kernel/display/typetable"
	"lockstep/kernel/lang"
	"lockstep/kernel/pipe"
)

// runOptions are what distinguishes the uses of source.
type runOptions struct {
	expression bool // nothing may be declared, nothing is kept
	loops      int
	timing     *pipe.Timing
}

// source takes Go source through its whole way: parse, check, rewrite, run,
// commit. line is the cell line of its first line.
func (c *call) source(ctx context.Context, text string, line int, opt runOptions) lang.Result {
	c.at.text, c.at.line = text, line
	parsed, err := cell.Parse(c.scope.Fset(), c.name, text, line)
	if err != nil {
		return lang.Result{Err: syntaxError(err, text, line)}
	}
	if err := c.provide(ctx, parsed); err != nil {
		return lang.Result{Err: err}
	}
	if parsed.Program {
		return c.program(ctx, parsed, text, line)
	}
	checked, err := c.scope.Check(parsed, check.TopLevel)
	if err != nil {
		return lang.Result{Err: c.cellError(err, text, line)}
	}
	if opt.expression && (checked.Last == nil || len(checked.Vars)+len(checked.Decls) > 0) {
		return lang.Result{Err: userError("syntax error", "an expression is wanted")}
	}
	p, refused := c.engine.cell(ctx, c, checked)
	if refused != nil {
		return lang.Result{Err: refused}
	}
	c.warnReset(checked, p.reset)
	c.note(checked)
	p.run.Secluded = c.secluded(checked)
	p.run.Functions = p.next.functions(c, checked)
	describeAll(p, checked, text)
	reply, died := c.send(ctx, p, opt)
	if died == nil && reply.Err != nil && reply.Err.Kind == "compile error" && p.instead != nil {
		c.log.Info("a plain cell is compiled after all", "why", reply.Err.Text)
		if p, refused = p.instead(ctx); refused != nil {
			return lang.Result{Err: refused}
		}
		p.run.Functions = p.next.functions(c, checked)
		describeAll(p, checked, text)
		reply, died = c.send(ctx, p, opt)
	}
	if died != nil {
		return lang.Result{Err: c.revive(died)}
	}
	if reply.Err != nil && reply.Err.Kind == "compile error" {
		// Nothing ran, and the unit's names are not the session's.
		return lang.Result{Err: c.fault(reply.Err)}
	}
	c.engine = p.next
	if !opt.expression {
		c.setScope(checked.Commit(c.ran(checked, reply)))
	}
	if opt.timing != nil {
		*opt.timing = reply.Timing
	}
	if reply.Err != nil {
		return lang.Result{Err: c.fault(reply.Err)}
	}
	if reply.Bundle != nil {
		shown := tabled(*reply.Bundle)
		reply.Bundle = &shown
	}
	return lang.Result{Value: reply.Bundle}
}

// send has the process carry out a request.
func (c *call) send(ctx context.Context, p *prepared, opt runOptions) (pipe.Reply, *died) {
	if p.nothing {
		return pipe.Reply{}, nil
	}
	p.run.Loops = opt.loops
	return c.proc.call(ctx, p.run)
}

// program runs a cell that is a whole program; it leaves nothing in the session.
func (c *call) program(ctx context.Context, parsed *cell.Go, text string, line int) lang.Result {
	checked, err := c.scope.CheckProgram(parsed)
	if err != nil {
		return lang.Result{Err: c.cellError(err, text, line)}
	}
	c.note(checked)
	p, refused := c.engine.program(ctx, c, checked)
	if refused != nil {
		return lang.Result{Err: refused}
	}
	p.run.Secluded = c.secluded(checked)
	reply, died := c.proc.call(ctx, p.run)
	switch {
	case died != nil && died.exited:
		// A library ended the program, as package testing does, and the process with it.
		lost, kept, err := c.restart()
		if gone := slices.Concat(lost, kept); len(gone) > 0 || err != nil {
			c.out.Stream("stderr", "note: the program ended the session's process; variables that are gone: "+strings.Join(gone, ", ")+"\n")
		}
		return lang.Result{}
	case died != nil:
		return lang.Result{Err: c.revive(died)}
	case reply.Err != nil && reply.Err.Kind == "exit" && reply.Err.Code == 0:
		return lang.Result{}
	case reply.Err != nil:
		return lang.Result{Err: c.fault(reply.Err)}
	}
	return lang.Result{}
}

// ran returns the names of the cell's variables that came into being: all of
// them when the cell went through.
func (c *call) ran(checked *check.Cell, reply pipe.Reply) []string {
	if reply.Err == nil {
		return nil
	}
	made := []string{}
	for _, v := range checked.Vars {
		internal := c.engine.variable(v.Name)
		for _, m := range reply.Made {
			if m == internal {
				made = append(made, v.Name)
			}
		}
	}
	return made
}

// warnReset names, before the cell runs, the variables whose values it costs.
func (c *call) warnReset(checked *check.Cell, reset []string) {
	for _, name := range reset {
		c.out.Stream("stderr", "note: "+name+" is reset to its zero value, since this cell changes its type "+checked.After().Var(name).TypeText()+"\n")
	}
}

// workload parses and checks a workload's source.
func (c *call) workload(ctx context.Context, text string, line int, place check.Place) (*check.Cell, *lang.Error) {
	c.at.text, c.at.line = text, line
	parsed, err := cell.Parse(c.scope.Fset(), c.name, text, line)
	if err != nil {
		return nil, syntaxError(err, text, line)
	}
	if parsed.Program || parsed.Body == nil {
		return nil, userError("syntax error", "the workload has no statements")
	}
	if err := c.provide(ctx, parsed); err != nil {
		return nil, err
	}
	checked, err := c.scope.Check(parsed, place)
	if err != nil {
		return nil, c.cellError(err, text, line)
	}
	c.note(checked)
	return checked, nil
}

func (c *call) checkError(err error, text string, line int) *lang.Error {
	var list check.ErrorList
	if !errors.As(err, &list) {
		return userError("internal error", err.Error())
	}
	return listError("compile error", list, text, line)
}

// cellError is [call.checkError] for a cell, which tells how to go on where it breaks what others declare.
func (c *call) cellError(err error, text string, line int) *lang.Error {
	e := c.checkError(err, text, line)
	var list check.ErrorList
	if !errors.As(err, &list) {
		return e
	}
	if broken := list.Broken(); len(broken) > 0 {
		e.Traceback = append(e.Traceback, fmt.Sprintf("to go on, declare %s anew in the same cell, or begin by %%rm %s", strings.Join(broken, ", "), strings.Join(broken, " ")))
	}
	return e
}

func syntaxError(err error, text string, line int) *lang.Error {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return userError("syntax error", err.Error())
	}
	return listError("syntax error", check.FromScanner(list), text, line)
}

// describeAll adds all types of the session to what the process knows of types, where a cell may
// show a value that is in an interface.
func describeAll(p *prepared, checked *check.Cell, text string) {
	if p.table == nil || !(checked.LastType != nil && hasInterface(checked.LastType, map[types.Type]bool{}) || strings.Contains(text, "display.")) {
		return
	}
	addAll(p.table, checked.Pkg)
	p.run.Types = p.table.Types()
}

func addAll(table *typetable.Table, pkg *types.Package) {
	for _, name := range pkg.Scope().Names() {
		if t, ok := pkg.Scope().Lookup(name).(*types.TypeName); ok {
			if n, ok := t.Type().(*types.Named); ok && n.TypeParams().Len() == 0 {
				table.Add(n)
			}
		}
	}
}

// hasInterface reports whether values of a type can have others in interfaces.
func hasInterface(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if tuple, ok := t.(*types.Tuple); ok {
		for v := range tuple.Variables() {
			if hasInterface(v.Type(), seen) {
				return true
			}
		}
		return false
	}
	switch u := t.Underlying().(type) {
	case *types.Interface:
		return true
	case *types.Map:
		return hasInterface(u.Key(), seen) || hasInterface(u.Elem(), seen)
	case interface{ Elem() types.Type }:
		return hasInterface(u.Elem(), seen)
	case *types.Struct:
		for f := range u.Fields() {
			if hasInterface(f.Type(), seen) {
				return true
			}
		}
	}
	return false
}

// described returns the types of variables as a table for the session process.
func described(vars []*check.Var, scope *check.Cell) (display.Types, []display.TypeID) {
	table := typetable.New(func(p *types.Package) bool { return p.Path() == "main" })
	var ids []display.TypeID
	for _, v := range vars {
		t := v.Type
		if obj := scope.Pkg.Scope().Lookup(v.Name); obj != nil {
			t = obj.Type()
		}
		ids = append(ids, table.Add(t))
	}
	addAll(table, scope.Pkg)
	return table.Types(), ids
}
