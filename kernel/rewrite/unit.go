// Package rewrite turns checked cells into source for an engine. One pass over
// the AST inserts checkpoints, guards goroutines, makes blocking operations
// give up the lock and end on interrupt, routes the standard streams, captures
// the last value, and names what the session has redefined. The text is edited in
// place, so that every line keeps its number; //line directives name the cell.
//
// Reading order: for the interpreter [Cell], [Workload], [Replay], [Unit], [Names]; for the
// compiler [NativeCell], [NativeUnit], [Homes] (files native*.go), and [PlainCell] for what is
// interpreted over compiled code. The compiler needs no lowering, so that its pass is a small one of its
// own; the two share the edits, the table of what waits, and the places where it is asked.
//
// The rewritten text calls the engine's run-time package, imported from
// [mark.Runtime], whose functions package session provides.
package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/rewrite/mark"
)

// Unit is a piece of source for an engine, and what to do with it.
type Unit struct {
	Source  string
	Imports []string // packages that Source imports, [mark.Runtime] aside
	Vars    []Variable
	// Register is the function of Source that hands the variables' addresses over, and makes known how the
	// session's types print; "" where there is nothing of either.
	Register string
	// Named are the names, as Go programs print them, of the types taken from the stock of package
	// session/named, by theirs there.
	Named map[string]string
	// Entry is the function of Source to call: func() of a cell, func(worker, workers, task int) (any, error) of
	// a workload, "" where there is nothing to run.
	Entry string
	// Values are the static types of the values that the entry hands over.
	Values []types.Type
	// Refused tells what the engine would run wrongly; a unit with any is not to be run.
	Refused check.ErrorList
	// Names are the engine's names once Source has been compiled there.
	Names *Names
}

// Variable is a session variable that a unit declares.
type Variable struct {
	Name, Internal string
	// From is the earlier variable whose value is carried over, "" to begin with the zero value.
	From string
}

// Cell makes the unit of a cell of a running session.
func Cell(names *Names, c *check.Cell, opt Options) *Unit {
	w := newWriter(names, c, opt)
	for _, name := range c.Retyped {
		from := w.names.internal(name)
		if slices.Contains(c.Reset, name) {
			from = ""
		}
		w.declareVar(name, from)
	}
	w.declareCellVars()
	w.declarations(func(comp string) bool { return c.Remake[comp] })
	w.cellBody()
	return w.finish()
}

// Workload makes the unit of a workload in a running session: one function
// over what is there already.
func Workload(names *Names, c *check.Cell, opt Options) *Unit {
	w := newWriter(names, c, opt)
	w.declarations(func(comp string) bool { return c.Remake[comp] })
	w.workloadBody()
	return w.finish()
}

// Program makes the unit of a workload for a fresh engine: all the declarations and
// variables that it reaches, and it. Its Vars are to be filled before the entry is called.
func Program(c *check.Cell, opt Options) *Unit {
	w := newWriter(NewNames(), c, opt)
	reached := reach(c, c.BodyUses())
	for _, v := range c.Before().Vars() {
		if reached[v.Name] {
			w.declareVar(v.Name, "")
		}
	}
	w.declarations(func(comp string) bool { return reached[comp] })
	w.workloadBody()
	return w.finish()
}

// Function makes the unit of a function, for a fresh engine in which it is to be called: all the
// declarations and variables that it reaches. Its Entry is the function.
func Function(c *check.Cell, name string, opt Options) *Unit {
	w := newWriter(NewNames(), c, opt)
	reached := reach(c, map[string]bool{name: true})
	for _, v := range c.Within().Vars() {
		if reached[v.Name] {
			w.declareVar(v.Name, "")
		}
	}
	w.declarations(func(comp string) bool { return reached[comp] })
	u := w.finish()
	u.Entry = w.names.internal(name)
	return u
}

// WholeProgram makes the unit of a cell that is a program, for a fresh engine.
// Its entry initialises the package's variables in Go's order and calls the init functions and main.
func WholeProgram(c *check.Cell, opt Options) *Unit {
	w := newWriter(NewNames(), c, opt)
	for _, name := range c.Pkg.Scope().Names() {
		if v, ok := c.Pkg.Scope().Lookup(name).(*types.Var); ok {
			w.names.renew(name)
			w.vars = append(w.vars, "var "+w.names.internal(name)+" "+w.typeText(v.Type()))
		}
	}
	w.declarations(func(string) bool { return true })
	w.programBody()
	return w.finish()
}

// Replay makes the unit that brings a scope's declarations, and those of its
// variables that vars names, into a fresh engine. c is the check of an empty cell in that scope.
func Replay(c *check.Cell, vars []string, opt Options) *Unit {
	w := newWriter(NewNames(), c, opt)
	for _, name := range vars {
		w.declareVar(name, "")
	}
	w.declarations(func(string) bool { return true })
	return w.finish()
}

// reach closes names over what they use.
func reach(c *check.Cell, names map[string]bool) map[string]bool {
	all := map[string]bool{}
	var visit func(string)
	visit = func(n string) {
		if !all[n] {
			all[n] = true
			for u := range c.Uses(n) {
				visit(u)
			}
		}
	}
	for n := range names {
		visit(n)
		if v := c.Within().Var(n); v != nil {
			for t := range sessionTypes(v, c) {
				visit(t)
			}
		}
	}
	for again := true; again; {
		again = false
		for n := range all {
			if v := c.Within().Var(n); v != nil {
				for t := range sessionTypes(v, c) {
					if !all[t] {
						visit(t)
						again = true
					}
				}
			}
		}
	}
	return all
}

// sessionTypes returns the session types that a variable's type names.
func sessionTypes(v *check.Var, c *check.Cell) map[string]bool {
	found := map[string]bool{}
	for _, word := range strings.FieldsFunc(v.TypeText(), func(r rune) bool { return strings.ContainsRune("[]*(){}, <->;", r) }) {
		if d := c.After().Decl(word); d != nil && d.Kind == check.Type {
			found[word] = true
		}
	}
	return found
}

// Options say how to write.
type Options struct {
	// Exact makes checkpoints an atomic load by a call, as the race detector wants it.
	Exact bool
}

// writer collects a unit.
type writer struct {
	*Unit
	opt     Options
	names   *Names
	before  *Names // as they were
	cell    *check.Cell
	pkg     *types.Package
	info    *types.Info
	imports map[string]bool
	types   strings.Builder // types and constants, which yaegi wants before what uses them
	decls   strings.Builder
	vars    []string // texts of variable declarations
	helpers map[string]string
	help    strings.Builder
	serial  string

	live      []*check.Decl // the declarations in force
	queue     []instance
	instances int
	locals    map[*types.TypeName]string
	// recovering tells of session functions whether they call recover themselves.
	recovering map[*types.Func]bool
	funcs      map[*types.Func]*ast.FuncDecl // see declOf
	declared   []types.Type                  // the types that it declares
	made       []types.Type                  // the instances of generic types
	late       []func()                      // write helpers that want to know all types
}

func newWriter(names *Names, c *check.Cell, opt Options) *writer {
	names.units++
	n := names.clone()
	n.made = names.made // versions once given are never given again
	return &writer{Unit: &Unit{Names: n, Named: map[string]string{}}, opt: opt, names: n, before: names, cell: c, pkg: c.Pkg, info: c.Info, imports: map[string]bool{},
		helpers: map[string]string{}, locals: map[*types.TypeName]string{}, recovering: map[*types.Func]bool{}, live: liveDecls(c), serial: strconv.Itoa(names.units)}
}

// alias returns the name of an imported package and sees to its import.
func (w *writer) alias(path string) string {
	w.imports[path] = true
	return alias(path)
}

// declareVar declares a session variable under a new version.
func (w *writer) declareVar(name, from string) {
	w.names.renew(name)
	w.Vars = append(w.Vars, Variable{Name: name, Internal: w.names.internal(name), From: from})
}

// declareCellVars declares the variables that the cell defines, except where
// one of the same type is there.
func (w *writer) declareCellVars() {
	for _, v := range w.cell.Vars {
		if old := w.cell.Before().Var(v.Name); old != nil && w.names.current[v.Name] > 0 && old.TypeText() == v.TypeText() && !w.cell.Mentions(v) {
			continue
		}
		w.declareVar(v.Name, "")
	}
}

// declarations writes the components that want asks for.
func (w *writer) declarations(want func(string) bool) {
	live := w.live
	seen := map[string]bool{}
	var chosen []*check.Decl
	for i := len(live) - 1; i >= 0; i-- { // the latest of a name counts
		if d := live[i]; !seen[d.Key] && want(d.Component()) {
			seen[d.Key] = true
			chosen = append(chosen, d)
		}
	}
	slices.Reverse(chosen)
	for _, d := range chosen {
		for _, n := range d.Names {
			w.names.renew(n)
		}
	}
	for _, d := range chosen {
		switch {
		case w.generic(d): // see writeInstances
		case d.Kind == check.Const: // their values stand where they are used
		case d.Kind == check.Type:
			w.types.WriteString(w.declText(d))
		default:
			w.decls.WriteString(w.declText(d))
		}
	}
}

// liveDecls are all declarations that c sees, those of a workload last.
func liveDecls(c *check.Cell) []*check.Decl {
	if c.Place == check.TopLevel {
		return c.After().Decls()
	}
	return append(slices.Clone(c.Before().Decls()), c.Decls...)
}

func (w *writer) declText(d *check.Decl) string {
	e := w.editsFor(d.Node, d.File)
	wk := w.walk(e)
	pos := w.cell.Source.Fset.Position(d.Node.Pos())
	line := "\n" + directive(pos) + "\n"
	switch n := d.Node.(type) {
	case *ast.FuncDecl:
		if n.Recv != nil {
			wk.expr(n.Recv)
			wk.nameReceiver(n.Recv)
		} else {
			wk.ident(n.Name)
		}
		wk.function(n.Type, w.info.Defs[n.Name].Type().(*types.Signature), n.Body)
		return line + e.apply(n.Type.Func, n.End())
	case *ast.GenDecl:
		if d.Kind == check.Type {
			spec := n.Specs[0].(*ast.TypeSpec)
			if obj, ok := w.info.Defs[spec.Name].(*types.TypeName); ok && !spec.Assign.IsValid() {
				w.declared = append(w.declared, obj.Type())
			}
			wk.ident(spec.Name)
			wk.typeBody(spec, w.names.internal(spec.Name.Name), "main."+spec.Name.Name)
			return line + "type " + e.apply(spec.Pos(), spec.End())
		}
		for _, s := range n.Specs {
			wk.expr(s)
		}
		return line + e.apply(n.Pos(), n.End())
	}
	return ""
}

func (w *writer) editsFor(n ast.Node, text string) *edits {
	return &edits{base: w.cell.Source.Fset.File(n.Pos()).Base(), text: text}
}

// finish puts the unit together.
func (w *writer) finish() *Unit {
	var b strings.Builder
	w.writeInstances()
	for _, v := range w.Vars {
		obj := w.pkg.Scope().Lookup(v.Name)
		w.vars = append(w.vars, "var "+v.Internal+" "+w.typeText(obj.Type()))
	}
	w.writeInstances() // of the variables' types
	methods := w.methods()
	if len(w.Vars) > 0 || methods != "" {
		w.Register = mark.Mark + "vars" + w.serial
		w.vars = append(w.vars, "func "+w.Register+"() {")
		if methods != "" {
			w.vars = append(w.vars, "\t"+methods+"()")
		}
		for _, v := range w.Vars {
			w.vars = append(w.vars, fmt.Sprintf("\t%s.Var(%q, &%s)", w.rt(), v.Internal, v.Internal))
		}
		w.vars = append(w.vars, "}")
	}
	for w.writeInstances(); len(w.late) > 0; w.writeInstances() { // of methods and helpers
		write := w.late[0]
		w.late = w.late[1:]
		write()
	}
	b.WriteString("package main\n")
	for _, p := range sorted(w.imports) {
		if p != mark.Runtime {
			w.Imports = append(w.Imports, p)
		}
		if !w.names.imported[p] {
			w.names.imported[p] = true
			fmt.Fprintf(&b, "import %s %q\n", alias(p), p)
		}
	}
	b.WriteString(w.types.String())
	b.WriteString("\n//line _.go:1:1\n")
	for _, v := range w.vars {
		b.WriteString(v + "\n")
	}
	b.WriteString(w.help.String())
	b.WriteString(w.decls.String())
	w.Source = b.String()
	return w.Unit
}

// directive is the //line directive for a place in a cell. yaegi keeps imports
// by file name, so all units have its own, and the line carries the cell's number: see [mark.Line].
func directive(pos token.Position) string {
	return fmt.Sprintf("//line _.go:%d:%d", lineOf(pos), pos.Column)
}

// lineOf numbers a line of a cell among all lines of the session.
func lineOf(pos token.Position) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(pos.Filename, "cell "))
	return mark.Number(n, pos.Line)
}

func (w *writer) rt() string { return w.alias(mark.Runtime) }

// helper returns the name of a small function that the unit needs, written
// once for each key; body is its text after the name.
func (w *writer) helper(kind, key string, body func() string) string {
	key = kind + " " + key
	if name := w.helpers[key]; name != "" {
		return name
	}
	name := fmt.Sprintf("%s%s%s%s%d", mark.Mark, kind, w.serial, mark.Mark, len(w.helpers))
	w.helpers[key] = name
	fmt.Fprintf(&w.help, "func %s%s\n", name, body())
	return name
}

// lateHelper is helper for a function whose body is written when all types of the unit are known.
func (w *writer) lateHelper(kind, key string, body func() string) string {
	key = kind + " " + key
	if name := w.helpers[key]; name != "" {
		return name
	}
	name := fmt.Sprintf("%s%s%s%s%d", mark.Mark, kind, w.serial, mark.Mark, len(w.helpers))
	w.helpers[key] = name
	w.late = append(w.late, func() { fmt.Fprintf(&w.help, "func %s%s\n", name, body()) })
	return name
}

func sorted(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
