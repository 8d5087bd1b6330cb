package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/rewrite/mark"
)

// Plain is a cell of plain statements over what the native engine has compiled: calls,
// assignments, expressions. The interpreter runs it over symbols of compiled code in a millisecond, where
// compiling it would take a few hundred.
type Plain struct {
	Source  string
	Imports []string
	Entry   string
	Values  []types.Type
	// Slots are the variables whose pointers the source wants from the package [mark.Symbols], Funcs the
	// functions, by the names of their slots.
	Slots, Funcs []string
	// Fields are places that the interpreter cannot reach by itself; see [mark.Field].
	Fields []PlainField
	// Literals are called by their numbers; see [mark.Literal].
	Literals []PlainLiteral
	// Vars are the session variables that it makes.
	Vars []PlainVar
	// Homes are the session's once the variables are made.
	Homes *Homes
}

// PlainVar is a session variable to be made, by the name of its slot.
type PlainVar struct {
	Name string
	Type types.Type
}

// PlainField is a place: the variable in a slot, a field of it, by its number, an element, and so on,
// through pointers where there are any. An element is [mark.Index] in the path; its index is an argument of the function.
type PlainField struct {
	Slot string
	Path []int
	// Target says that what the pointer there points to is wanted, not the place's own address.
	Target bool
}

// PlainCell writes a checked cell as plain statements. It is not ok where a part of the cell
// is more than that: what the interpreter could get wrong is left to the compiler.
func PlainCell(h *Homes, c *check.Cell, serial int) (p *Plain, ok bool) {
	im := c.Impact()
	body := c.Source.Body
	if body == nil || c.C != nil || len(c.Decls)+len(c.Inits)+len(c.Blank)+len(im.Renewed)+len(im.Exchanged)+len(im.Retyped) > 0 {
		return nil, false
	}
	w := &plain{Plain: &Plain{Homes: h.clone()}, cell: c, info: c.Info, imports: map[string]bool{}, slots: map[string]bool{}, funcs: map[string]bool{}}
	w.before = h
	for _, v := range c.Vars {
		obj := c.Pkg.Scope().Lookup(v.Name)
		key := types.TypeString(obj.Type(), nil)
		if old, ok := w.Homes.slots[v.Name]; ok && old.typ == key {
			continue
		}
		if !definable(obj.Type()) {
			return nil, false
		}
		w.Homes.renew(v.Name, key)
		w.Vars = append(w.Vars, PlainVar{w.Homes.Variable(v.Name), obj.Type()})
	}
	text, ok := w.statements(body.List)
	if !ok {
		return nil, false
	}
	w.finish(text, serial)
	return w.Plain, !w.foreign
}

type plain struct {
	*Plain
	before  *Homes
	cell    *check.Cell
	info    *types.Info
	imports map[string]bool
	slots   map[string]bool
	funcs   map[string]bool
	temps   int
	waits   bool // the statement calls what waits for something outside Go code
	foreign bool // it uses a third-party package, of which the interpreter has no symbols
}

func (w *plain) finish(body string, serial int) {
	m := mark.Mark
	w.Entry = fmt.Sprintf("%splain%d", m, serial)
	var b strings.Builder
	b.WriteString("package main\n")
	rt := w.alias(mark.Runtime)
	for _, p := range sorted(w.imports) {
		if p != mark.Runtime {
			w.Imports = append(w.Imports, p)
		}
		fmt.Fprintf(&b, "import %s%s%d %q\n", alias(p), m, serial, p)
	}
	if len(w.slots)+len(w.funcs)+len(w.Literals) > 0 { // fields have slots
		fmt.Fprintf(&b, "import %sv%s%d %q\n", m, m, serial, mark.Symbols(serial))
	}
	text := strings.NewReplacer(m+"v.", fmt.Sprintf("%sv%s%d.", m, m, serial)).Replace(body)
	for _, p := range sorted(w.imports) {
		text = strings.ReplaceAll(text, alias(p)+".", fmt.Sprintf("%s%s%d.", alias(p), m, serial))
	}
	fmt.Fprintf(&b, "func %s() {\n\t%sl := %s%s%d.Line()\n%s}\n", w.Entry, m, rt, m, serial, text)
	w.Source = b.String()
	w.Slots, w.Funcs = sorted(w.slots), sorted(w.funcs)
}

func (w *plain) alias(path string) string {
	w.foreign = w.foreign || check.Foreign(path)
	w.imports[path] = true
	return alias(path)
}

// slot is the expression of a session variable.
func (w *plain) slot(name string) string { return "(*" + w.pointer(name) + ")" }

func (w *plain) pointer(name string) string {
	return mark.Mark + "v." + mark.Slot(w.variable(name))
}

// variable is the slot of a session variable, which the cell uses.
func (w *plain) variable(name string) string {
	homes := w.Homes
	if plainName, isOld := old(name); isOld {
		homes, name = w.before, plainName
	}
	s := homes.Variable(name)
	w.slots[s] = true
	return s
}

// statements writes statements, each with a note of its line.
func (w *plain) statements(list []ast.Stmt) (string, bool) {
	around := w.waits
	defer func() { w.waits = around }()
	var b strings.Builder
	for _, st := range list {
		w.waits = false
		text, ok := w.statement(st)
		if !ok {
			return "", false
		}
		if w.waits {
			text = w.alias(mark.Runtime) + ".Block(func() { " + text + " })"
		}
		fmt.Fprintf(&b, "\t*%sl = %d; %s\n", mark.Mark, lineOf(w.cell.Source.Fset.Position(st.Pos())), text)
	}
	return b.String(), true
}

// statement writes a statement.
func (w *plain) statement(st ast.Stmt) (string, bool) {
	switch st := st.(type) {
	case *ast.ExprStmt:
		if st.X == w.cell.Last {
			return w.last(st.X)
		}
		if _, isCall := ast.Unparen(st.X).(*ast.CallExpr); !isCall {
			return "", false
		}
		return w.expr(st.X)
	case *ast.IncDecStmt:
		x, ok := w.place(st.X)
		return x + st.Tok.String(), ok
	case *ast.AssignStmt:
		return w.assign(st)
	case *ast.DeclStmt:
		return w.declare(st)
	case *ast.IfStmt:
		return w.branch(st)
	case *ast.EmptyStmt:
		return "", true
	}
	return "", false
}

// branch writes an if statement whose blocks declare nothing.
func (w *plain) branch(st *ast.IfStmt) (string, bool) {
	if st.Init != nil {
		return "", false
	}
	cond, ok := w.expr(st.Cond)
	if !ok || !isPlainBasic(w.info.TypeOf(st.Cond)) {
		return "", false
	}
	body, ok := w.statements(st.Body.List)
	if !ok {
		return "", false
	}
	text := "if " + cond + " {\n" + body + "\t}"
	switch other := st.Else.(type) {
	case *ast.IfStmt:
		t, ok := w.branch(other)
		return text + " else " + t, ok
	case *ast.BlockStmt:
		t, ok := w.statements(other.List)
		return text + " else {\n" + t + "\t}", ok
	}
	return text, true
}

// declare writes a var statement, of which each spec has no values or one for each name.
func (w *plain) declare(st *ast.DeclStmt) (string, bool) {
	gen := st.Decl.(*ast.GenDecl)
	if gen.Tok != token.VAR {
		return "", false
	}
	var parts []string
	for _, spec := range gen.Specs {
		v := spec.(*ast.ValueSpec)
		if len(v.Values) > 0 && len(v.Values) != len(v.Names) {
			return "", false
		}
		for i, id := range v.Names {
			if _, ok := w.name(id); !ok {
				return "", false
			}
			name := w.Homes.Variable(id.Name)
			set := fmt.Sprintf("%s.Zero(%q)", w.alias(mark.Runtime), name)
			if len(v.Values) > 0 {
				value, ok := w.expr(v.Values[i])
				if !ok || !w.keeps(w.info.TypeOf(v.Values[i]), id) {
					return "", false
				}
				set = w.slot(id.Name) + " = " + value
			}
			parts = append(parts, fmt.Sprintf("%s; %s.Made(%q)", set, w.alias(mark.Runtime), name))
		}
	}
	return strings.Join(parts, "; "), true
}

// last hands the values of the last expression over.
func (w *plain) last(e ast.Expr) (string, bool) {
	text, ok := w.expr(e)
	if !ok {
		return "", false
	}
	value := func(t types.Type, text string) string {
		w.Values = append(w.Values, t)
		return fmt.Sprintf("%s.Value(%d, %s)", w.alias(mark.Runtime), len(w.Values)-1, text)
	}
	switch t := w.cell.LastType.(type) {
	case nil:
		return text, true
	case *types.Tuple:
		var names, shows []string
		for i := range t.Len() {
			names = append(names, w.temp())
			shows = append(shows, value(t.At(i).Type(), names[i]))
		}
		return strings.Join(names, ", ") + " := " + text + "; " + strings.Join(shows, "; "), true
	default:
		if b, isBasic := t.(*types.Basic); isBasic && b.Kind() == types.UntypedNil {
			return "", false
		}
		return value(t, text), true
	}
}

func (w *plain) temp() string {
	w.temps++
	return fmt.Sprintf("%st%d", mark.Mark, w.temps)
}

func (w *plain) assign(st *ast.AssignStmt) (string, bool) {
	if !independent(st.Lhs) {
		return "", false
	}
	var places []string
	var made strings.Builder
	for _, l := range st.Lhs {
		p, ok := w.place(l)
		if !ok {
			return "", false
		}
		places = append(places, p)
		if id, isName := l.(*ast.Ident); isName && st.Tok == token.DEFINE && id.Name != "_" {
			fmt.Fprintf(&made, "; %s.Made(%q)", w.alias(mark.Runtime), w.Homes.Variable(id.Name))
		}
	}
	if st.Tok != token.DEFINE && st.Tok != token.ASSIGN { // x += …
		v, ok := w.expr(st.Rhs[0])
		return places[0] + " " + st.Tok.String() + " " + v, ok && isBasic(w.info.TypeOf(st.Lhs[0]))
	}
	var temps []string
	for range places {
		temps = append(temps, w.temp())
	}
	var values []string
	for i, r := range st.Rhs {
		if w.info.Types[r].IsNil() && len(places) == 1 && st.Tok == token.ASSIGN {
			values = append(values, "nil")
			break
		}
		v, ok := w.expr(r)
		if !ok || len(st.Rhs) == len(places) && !w.keeps(w.info.TypeOf(r), st.Lhs[i]) {
			return "", false
		}
		values = append(values, v)
	}
	if t, isTuple := w.info.TypeOf(st.Rhs[0]).(*types.Tuple); isTuple {
		for i, l := range st.Lhs {
			if !w.keeps(t.At(i).Type(), l) {
				return "", false
			}
		}
	}
	text := ""
	if len(places) == 1 {
		text = places[0] + " = " + values[0]
	} else {
		text = strings.Join(temps, ", ") + " := " + strings.Join(values, ", ")
		for i, p := range places {
			text += "; " + p + " = " + temps[i]
		}
	}
	return text + made.String(), true
}

// independent reports whether places may be assigned to one after another, where Go first looks for all of them: none is
// looked for by what another changes.
func independent(places []ast.Expr) bool {
	if len(places) == 1 {
		return true
	}
	changed := map[string]bool{}
	for _, p := range places {
		if id, ok := p.(*ast.Ident); ok {
			changed[id.Name] = true
		}
	}
	for _, p := range places {
		switch p := ast.Unparen(p).(type) {
		case *ast.Ident:
		case *ast.SelectorExpr:
			if id, ok := p.X.(*ast.Ident); !ok || changed[id.Name] {
				return false
			}
		case *ast.IndexExpr:
			id, ok := p.X.(*ast.Ident)
			if !ok || changed[id.Name] || !isFixed(p.Index, changed) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// isFixed reports indexes that are made of constants and of variables that are not changed.
func isFixed(e ast.Expr, changed map[string]bool) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.BasicLit:
		return true
	case *ast.Ident:
		return !changed[e.Name]
	case *ast.BinaryExpr:
		return isFixed(e.X, changed) && isFixed(e.Y, changed)
	}
	return false
}

// keeps reports whether a value stays of its type when it is assigned: what becomes an
// interface would go in the interpreter's clothes.
func (w *plain) keeps(t types.Type, to ast.Expr) bool {
	if id, ok := to.(*ast.Ident); ok && id.Name == "_" {
		return true
	}
	dst := w.typeOf(to)
	return dst != nil && (types.Identical(t, dst) || isUntyped(t) && !types.IsInterface(dst))
}

func (w *plain) typeOf(e ast.Expr) types.Type {
	if id, ok := e.(*ast.Ident); ok {
		if obj := w.info.ObjectOf(id); obj != nil {
			return obj.Type()
		}
	}
	return w.info.TypeOf(e)
}

func isUntyped(t types.Type) bool {
	b, ok := t.(*types.Basic)
	return ok && b.Info()&types.IsUntyped != 0
}
