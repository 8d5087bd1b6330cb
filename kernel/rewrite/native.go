package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/rewrite/mark"
)

// runtimePath is the package that compiled units call.
const runtimePath = "lockstep/kernel/rt"

// NativeUnit is the source of a unit for the native engine. It is a package
// main that other units import (so that the names of its types are those that
// a program's would be), and registers itself with package rt when it is loaded.
type NativeUnit struct {
	Source  string
	Imports []string // packages, units aside
	Units   []string // import paths of other units
	Cgo     bool     // Source imports "C"
	// Vars are the session variables that the unit makes, by the names of their slots.
	Vars []Variable
	// Reset are the session variables that it resets, since their types change.
	Reset []string
	// Values are the static types of the values that the cell hands over.
	Values []types.Type
	// Runs says that there is a cell or a workload to run, not only declarations to put in force.
	Runs bool
	// Empty says that there is nothing to compile.
	Empty   bool
	Refused check.ErrorList
	// Homes are the session's once the unit is in force. See Settle.
	Homes *Homes

	needs needs
	local []string // names of types and generic functions whose home it is
	holds []string // functions and methods whose bodies it holds
	own   []string // keys of the struct types whose home it is
}

// Settle tells the unit the import path that its contents have given it, and
// completes its Homes. It comes before they are used.
func (u *NativeUnit) Settle(path string) {
	for _, n := range u.local {
		u.Homes.units[n] = path
	}
	for _, f := range u.holds {
		u.Homes.bodies[f] = path
	}
	for _, k := range u.own {
		s := u.Homes.structs[k]
		s.unit = path
		u.Homes.structs[k] = s
	}
	u.Homes.known[path] = u.needs
	u.Homes.last++
	u.Homes.ages[path] = u.Homes.last
}

// NativeCell makes the unit of a cell of a running session.
func NativeCell(h *Homes, c *check.Cell) *NativeUnit {
	im := c.Impact()
	w := newCompiled(h, c)
	w.blank = c.Blank
	w.Reset = im.Reset
	w.choose(im)
	for _, name := range im.Retyped {
		from := w.homes.Variable(name)
		if slices.Contains(im.Reset, name) {
			from = ""
		}
		w.makeVar(name, from)
	}
	for _, v := range c.Vars {
		if old, ok := w.homes.slots[v.Name]; ok && old.typ == w.varType(v.Name) && !v.Mentions(im.Renewed) {
			continue
		}
		w.makeVar(v.Name, "")
	}
	w.declarations()
	w.cellBody()
	return w.finish()
}

// NativeWorkload makes the unit of a workload in a running session.
func NativeWorkload(h *Homes, c *check.Cell) *NativeUnit {
	w := newCompiled(h, c)
	w.blank = c.Within().Blank() // a process of its own may run it
	w.choose(c.Impact())
	w.declarations()
	w.workloadBody()
	return w.finish()
}

// NativeRemote makes the unit of a workload for a process that knows nothing of the
// session: all the declarations and variables that it reaches, and it. Its Vars are to be filled before it runs.
func NativeRemote(c *check.Cell) *NativeUnit {
	w := newCompiled(nil, c)
	reached, vars := WorkloadReach(c)
	im := &check.Impact{Renewed: map[string]bool{}}
	for _, d := range c.Within().Decls() {
		if reached[d.Component()] {
			im.Renewed[d.Key] = true
		}
	}
	w.choose(im)
	for _, name := range vars {
		w.makeVar(name, "")
	}
	w.declarations()
	w.workloadBody()
	return w.finish()
}

// WorkloadReach returns the names in the session that a workload reaches, and those of the variables among them, sorted.
func WorkloadReach(c *check.Cell) (names map[string]bool, vars []string) {
	names = reach(c, c.BodyUses())
	return names, varsAmong(names, c.Before())
}

// FunctionReach is [WorkloadReach] of a function, itself included.
func FunctionReach(c *check.Cell, name string) (names map[string]bool, vars []string) {
	names = reach(c, map[string]bool{name: true})
	return names, varsAmong(names, c.Within())
}

func varsAmong(reached map[string]bool, scope *check.Scope) []string {
	var names []string
	for _, v := range scope.Vars() {
		if reached[v.Name] {
			names = append(names, v.Name)
		}
	}
	return names
}

// NativeReplay makes the unit that brings all of a scope's declarations, and
// those of its variables that vars names, into a fresh process. c is the check of an empty cell in that scope.
func NativeReplay(c *check.Cell, vars []string) *NativeUnit {
	w := newCompiled(nil, c)
	w.blank = c.Within().Blank()
	im := &check.Impact{Renewed: map[string]bool{}}
	for _, d := range c.Within().Decls() {
		im.Renewed[d.Key] = true
	}
	w.choose(im)
	for _, name := range vars {
		w.makeVar(name, "")
	}
	w.declarations()
	return w.finish()
}

// NativeProgram makes the unit of a cell that is a program of its own.
func NativeProgram(c *check.Cell) *NativeUnit {
	w := newCompiled(nil, c)
	w.alone, w.blank = true, c.Blank
	w.programBody()
	return w.finish()
}

// compiled collects a unit.
type compiled struct {
	*NativeUnit
	homes  *Homes
	before *Homes // as they were
	cell   *check.Cell
	pkg    *types.Package
	info   *types.Info
	alone  bool // a whole program: nothing of it is anybody else's

	chosen  []*check.Decl   // the declarations that the unit holds, or of which it holds a new body
	decls   map[string]bool // keys of the former
	swapped map[string]bool // keys of the latter
	inside  []ast.Node      // what it holds, for the question where a field is declared
	imports map[string]bool
	blank   []string // packages that it imports as _
	c       []*check.Preamble
	units   map[string]bool
	slots   map[string]string // field of the unit's slots → type; its name is also the slot's
	aliases map[string]bool   // types of other units that go by their own names here
	known   map[string]bool   // types that go by a name nothing hides
	consts  map[string]bool   // keys of constants that the unit repeats
	funcs   map[string]bool   // functions that it calls

	top   strings.Builder // aliases and constants
	text  strings.Builder
	table struct{ funcs, types, hooks, swaps strings.Builder }
	hooks strings.Builder
	cells string // the name of the function that runs the cell
	works string
}

func newCompiled(h *Homes, c *check.Cell) *compiled {
	homes := h.clone()
	before := h
	if before == nil {
		before = &Homes{}
	}
	return &compiled{NativeUnit: &NativeUnit{Homes: homes}, homes: homes, before: before, cell: c, pkg: c.Pkg, info: c.Info,
		decls: map[string]bool{}, swapped: map[string]bool{}, imports: map[string]bool{}, units: map[string]bool{}, slots: map[string]string{}, aliases: map[string]bool{},
		known: map[string]bool{}, consts: map[string]bool{}, funcs: map[string]bool{}}
}

// rt is the name of the run-time package in the unit.
func (w *compiled) rt() string { return w.alias(runtimePath) }

func (w *compiled) alias(path string) string {
	w.imports[path] = true
	return alias(path)
}

// unit is the name under which another unit is imported.
func (w *compiled) unit(path string) string {
	w.units[path] = true
	return alias(path)
}

// varType is what a variable's slot holds, as text that tells when it changes.
func (w *compiled) varType(name string) string {
	return types.TypeString(w.pkg.Scope().Lookup(name).Type(), nil)
}

// makeVar gives a session variable a new slot; from is the one whose value it takes over.
func (w *compiled) makeVar(name, from string) {
	w.homes.renew(name, w.varType(name))
	v := Variable{Name: name, Internal: w.homes.Variable(name), From: from}
	w.Vars = append(w.Vars, v)
	w.slotOf(name)
}

// slotOf is the expression of what a name's slot holds.
func (w *compiled) slotOf(name string) string {
	field := w.homes.Variable(name)
	if _, ok := w.slots[field]; !ok {
		w.slots[field] = "" // its type may lead back here
		w.slots[field] = w.typeText(w.pkg.Scope().Lookup(name).Type())
	}
	return "(*" + mark.Mark + "s." + field + ")"
}

// oldSlot is the slot of a variable that the cell redefines, as it was.
func (w *compiled) oldSlot(name string, t types.Type) string {
	field := w.before.Variable(name)
	if _, ok := w.slots[field]; !ok {
		w.slots[field] = w.typeText(t)
	}
	return "(*" + mark.Mark + "s." + field + ")"
}

func (w *compiled) refuse(pos token.Pos, what string) {
	w.Refused = append(w.Refused, check.Error{Pos: w.cell.Source.Fset.Position(pos), Msg: "the native engine cannot compile " + what})
}

// directive is the //line directive for a place in a cell.
func (w *compiled) directive(p token.Pos) string {
	pos := w.cell.Source.Fset.Position(p)
	file := pos.Filename
	if file == w.cell.Source.Name {
		file = mark.ThisCell
	}
	return fmt.Sprintf("\n//line %s:%d:%d\n", file, pos.Line, max(pos.Column, 1))
}

func (w *compiled) editsFor(n ast.Node, text string) *edits {
	return &edits{base: w.cell.Source.Fset.File(n.Pos()).Base(), text: text}
}

// finish puts the unit together.
func (w *compiled) finish() *NativeUnit {
	w.Runs = w.cells+w.works != ""
	w.Empty = !w.Runs && w.text.Len() == 0 && len(w.Vars)+len(w.blank) == 0
	table := w.registration() // names the run-time package
	var b strings.Builder
	b.WriteString("package main\n")
	for _, p := range sorted(w.imports) {
		w.Imports = append(w.Imports, p)
		fmt.Fprintf(&b, "import %s %q\n", alias(p), p)
	}
	for _, p := range w.blank {
		if !w.imports[p] {
			w.Imports = append(w.Imports, p)
			fmt.Fprintf(&b, "import _ %q\n", p)
		}
	}
	for _, p := range sorted(w.units) {
		w.Units = append(w.Units, p)
		fmt.Fprintf(&b, "import %s %q\n", alias(p), p)
	}
	if len(w.c) > 0 {
		w.Cgo = true
		b.WriteString(importC(w.c...))
	}
	b.WriteString(w.top.String())
	b.WriteString(w.hooks.String())
	b.WriteString(table)
	b.WriteString(w.text.String())
	w.Source = b.String()
	w.needs.units, w.needs.funcs = slices.Clone(w.Units), sorted(w.funcs)
	return w.NativeUnit
}

// registration is the unit's slots and what it tells package rt. The unit's
// path is the linker's to fill in, since it depends on this text.
func (w *compiled) registration() string {
	var b strings.Builder
	m := mark.Mark
	rt := w.rt()
	slots := make([]string, 0, len(w.slots))
	for f := range w.slots {
		slots = append(slots, f)
	}
	slices.Sort(slots)
	if len(slots) > 0 {
		fmt.Fprintf(&b, "\nvar %ss struct {\n", m)
		for _, f := range slots {
			fmt.Fprintf(&b, "\t%s *%s\n", f, w.slots[f])
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(&b, "\ntype %sself struct{}\n\nfunc init() {\n\t%s.Register(&%s.Unit{Of: %sself{},\n", m, rt, rt, m)
	if len(slots) > 0 {
		fmt.Fprintf(&b, "\t\tSlots: []%s.Slot{\n", rt)
		for _, f := range slots {
			fmt.Fprintf(&b, "\t\t\t{Name: %q, At: &%ss.%s},\n", f, m, f)
		}
		b.WriteString("\t\t},\n")
	}
	for _, t := range []struct {
		field string
		rows  *strings.Builder
	}{{"Func", &w.table.funcs}, {"Type", &w.table.types}, {"Hook", &w.table.hooks}, {"Swap", &w.table.swaps}} {
		if t.rows.Len() > 0 {
			fmt.Fprintf(&b, "\t\t%ss: []%s.%s{\n%s\t\t},\n", t.field, rt, t.field, t.rows)
		}
	}
	if w.cells != "" {
		fmt.Fprintf(&b, "\t\tCell: %s,\n", w.cells)
	}
	if w.works != "" {
		fmt.Fprintf(&b, "\t\tWork: %s,\n", w.works)
	}
	b.WriteString("\t})\n}\n")
	return b.String()
}
