package live

import (
	"context"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/lang"
	"lockstep/kernel/native"
	"lockstep/kernel/pipe"
	"lockstep/kernel/rewrite"
	"lockstep/kernel/rewrite/mark"
)

// compiled is the native engine: each cell becomes a unit that the toolchain
// compiles and the process loads.
type compiled struct {
	tools *native.Toolchain
	homes *rewrite.Homes
	built map[string]string // the plugin of each unit's path; shared by all that follow
	cells map[string]string // the cell that each unit's path was last made for; shared as well
}

func newCompiled(tools *native.Toolchain) *compiled {
	return &compiled{tools: tools, built: map[string]string{}, cells: map[string]string{}}
}

// with returns the engine once homes hold.
func (e *compiled) with(homes *rewrite.Homes) *compiled {
	return &compiled{tools: e.tools, homes: homes, built: e.built, cells: e.cells}
}

func (e *compiled) name() string                { return "native" }
func (e *compiled) argv() []string              { return []string{e.tools.Host(), "session"} }
func (e *compiled) environ() []string           { return []string{"GOROOT=" + e.tools.Root()} } // as go run
func (e *compiled) fresh() engine               { return e.with(nil) }
func (e *compiled) variable(name string) string { return e.homes.Variable(name) }

func (e *compiled) cell(ctx context.Context, c *call, checked *check.Cell) (*prepared, *lang.Error) {
	if c.wanted == Auto {
		if p, ok := e.plain(c, checked); ok {
			return p, nil
		}
	}
	return e.prepare(ctx, c, rewrite.NativeCell(e.homes, checked))
}

func (e *compiled) program(ctx context.Context, c *call, checked *check.Cell) (*prepared, *lang.Error) {
	p, err := e.prepare(ctx, c, rewrite.NativeProgram(checked))
	if err == nil {
		p.run.Alone, p.next = true, e
	}
	return p, err
}

func (e *compiled) workload(ctx context.Context, c *call, checked *check.Cell) (*prepared, *lang.Error) {
	return e.prepare(ctx, c, rewrite.NativeWorkload(e.homes, checked))
}

func (e *compiled) replay(ctx context.Context, c *call, checked *check.Cell, vars []string) (*prepared, *lang.Error) {
	return e.prepare(ctx, c, rewrite.NativeReplay(checked, vars))
}

// remote is the workload's unit and those that it needs.
func (e *compiled) remote(c *call, checked *check.Cell, local *prepared) *pipe.Program {
	after := local.next.(*compiled)
	path := local.run.Plugins[len(local.run.Plugins)-1].Path
	p := &pipe.Program{Run: pipe.Run{Cell: c.label, Name: c.name, Types: local.run.Types}}
	reached, vars := rewrite.WorkloadReach(checked)
	p.Plugins = after.plugins(path, reached)
	for _, name := range vars {
		slot := after.homes.Variable(name)
		p.Captured = append(p.Captured, pipe.Capture{Name: name, Internal: slot, Session: slot})
	}
	return p
}

func (e *compiled) functions(c *call, checked *check.Cell) (all []pipe.Function) {
	for _, name := range checked.Sendable() {
		f := pipe.Function{Name: name, Program: pipe.Program{Run: pipe.Run{Function: e.homes.Variable(name)}}}
		reached, vars := rewrite.FunctionReach(checked, name)
		f.Plugins = e.plugins(e.homes.Body(name), reached)
		for _, name := range vars {
			slot := e.homes.Variable(name)
			f.Captured = append(f.Captured, pipe.Capture{Name: name, Internal: slot, Session: slot})
		}
		all = append(all, f)
	}
	return all
}

// plugins are a unit and those that code of it needs which reaches some names, in the order in which they can be loaded.
func (e *compiled) plugins(path string, names map[string]bool) (all []pipe.Plugin) {
	for _, unit := range e.homes.Reached(path, names) {
		all = append(all, pipe.Plugin{Path: unit, File: e.built[unit], Age: e.homes.Age(unit)})
	}
	return all
}

func (e *compiled) alone(ctx context.Context, c *call, checked *check.Cell) (*pipe.Program, *lang.Error) {
	unit := rewrite.NativeRemote(checked)
	own, err := e.with(nil).prepare(ctx, c, unit)
	if err != nil {
		return nil, err
	}
	p := &pipe.Program{Run: own.run}
	for _, v := range unit.Vars {
		p.Captured = append(p.Captured, pipe.Capture{Name: v.Name, Internal: v.Internal, Session: c.engine.variable(v.Name)})
	}
	return p, nil
}

func (e *compiled) prepare(ctx context.Context, c *call, unit *rewrite.NativeUnit) (*prepared, *lang.Error) {
	if len(unit.Refused) > 0 {
		return nil, c.refused(unit.Refused)
	}
	p := newRun(c, unit.Values)
	p.reset = unit.Reset
	p.run.Vars = varsOf(unit.Vars)
	p.next = e.with(unit.Homes)
	if unit.Empty {
		p.nothing = true
		return p, nil
	}
	built, err := e.tools.Build(ctx, native.Unit{Source: unit.Source, Imports: unit.Imports, Units: unit.Units, Flags: c.flags.Compile, Cgo: unit.Cgo})
	if err != nil {
		return nil, c.buildError(ctx, err)
	}
	c.compilerSaid(built.Said)
	unit.Settle(built.Path)
	e.built[built.Path], e.cells[built.Path] = built.Plugin, c.name
	p.run.Plugins = []pipe.Plugin{{Path: built.Path, File: built.Plugin}}
	return p, nil
}

// plain makes the request for a cell of plain statements, which is interpreted
// over what is compiled. What the interpreter does not take after all is compiled.
func (e *compiled) plain(c *call, checked *check.Cell) (*prepared, bool) {
	unit, ok := rewrite.PlainCell(e.homes, checked, c.serial)
	if !ok {
		return nil, false
	}
	p := newRun(c, unit.Values)
	p.run.Source, p.run.Imports, p.run.Entry = unit.Source, unit.Imports, unit.Entry
	p.run.Symbols = &pipe.Symbols{Path: mark.Symbols(c.serial), Slots: unit.Slots, Funcs: unit.Funcs}
	for _, v := range unit.Vars {
		p.run.Symbols.Vars = append(p.run.Symbols.Vars, pipe.NewVar{Name: v.Name, Type: e.typeRef(v.Type)})
	}
	for _, f := range unit.Fields {
		p.run.Symbols.Fields = append(p.run.Symbols.Fields, pipe.Field(f))
	}
	for _, l := range unit.Literals {
		p.run.Symbols.Literals = append(p.run.Symbols.Literals, pipe.Literal{
			Type: e.typeRef(l.Type), Fields: l.Fields, Count: l.Count, Pointer: l.Pointer, Made: l.Made, Element: l.Element,
		})
	}
	p.next = e.with(unit.Homes)
	p.instead = func(ctx context.Context) (*prepared, *lang.Error) {
		return e.prepare(ctx, c, rewrite.NativeCell(e.homes, checked))
	}
	return p, true
}

// typeRef describes a type for the session process.
func (e *compiled) typeRef(t types.Type) pipe.TypeRef {
	part := func(t types.Type) *pipe.TypeRef {
		r := e.typeRef(t)
		return &r
	}
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return pipe.TypeRef{Name: types.Default(t).(*types.Basic).Name()}
	case *types.Named:
		r := pipe.TypeRef{Name: t.Obj().Name()}
		if p := t.Obj().Pkg(); p != nil {
			if r.Pkg = p.Path(); r.Pkg == "main" {
				r.Pkg = e.homes.Home(r.Name)
			}
		}
		return r
	case *types.Interface: // an empty one: see rewrite.PlainCell
		return pipe.TypeRef{Name: "any"}
	case *types.Pointer:
		return pipe.TypeRef{Kind: reflect.Pointer, Elem: part(t.Elem())}
	case *types.Slice:
		return pipe.TypeRef{Kind: reflect.Slice, Elem: part(t.Elem())}
	case *types.Array:
		return pipe.TypeRef{Kind: reflect.Array, Elem: part(t.Elem()), Len: int(t.Len())}
	case *types.Map:
		return pipe.TypeRef{Kind: reflect.Map, Key: part(t.Key()), Elem: part(t.Elem())}
	}
	return pipe.TypeRef{} // which the process refuses
}

// buildError is the cell's error for what the compiler or the linker says.
func (c *call) buildError(ctx context.Context, err error) *lang.Error {
	if ctx.Err() != nil {
		return interrupted("the cell was interrupted while it was compiled; nothing of it ran")
	}
	var be *native.BuildError
	if !errors.As(err, &be) {
		return userError("build error", "the native engine could not build this cell: "+err.Error())
	}
	var list check.ErrorList
	for _, d := range be.Diagnostics {
		if d.File == mark.ThisCell {
			d.File = c.name
		}
		list = append(list, check.Error{Pos: token.Position{Filename: d.File, Line: d.Line, Column: d.Column}, Msg: d.Msg})
	}
	if len(list) == 0 {
		return userError("build error", fmt.Sprint(err))
	}
	return c.refused(list)
}

// ended tells where the goroutine was that ended the process, from the runtime's report.
func (e *compiled) ended(report string) (places []pipe.Place) {
	_, stack, _ := strings.Cut(report, "\ngoroutine ")
	stack, _, _ = strings.Cut(stack, "\n\n")
	for _, p := range mark.Places(stack) {
		if p.Cell == mark.ThisCell {
			p.Cell = e.cells[p.Unit]
		}
		places = append(places, pipe.Place{Cell: p.Cell, Line: p.Line})
	}
	return places
}
