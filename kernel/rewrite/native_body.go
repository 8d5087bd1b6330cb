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

// programBody writes a whole program: its declarations, and the function that
// initialises its variables in Go's order and calls the init functions and main.
func (w *compiled) programBody() {
	w.needC(w.cell.C)
	var inits strings.Builder
	for _, d := range w.cell.Within().Decls() {
		w.decls[d.Key] = true
	}
	for _, d := range w.cell.Within().Decls() {
		n, isFunc := d.Node.(*ast.FuncDecl)
		w.needC(d.C)
		switch {
		case d.Kind == check.Method:
			w.text.WriteString(w.method(d, false))
		case isFunc && n.Body == nil:
			w.refuse(n.Pos(), "a function without a body")
		case isFunc:
			e := w.editsFor(n, d.File)
			w.walk(e).function(n.Type, n.Body)
			w.text.WriteString(pragmas(n.Doc) + exports(n.Doc) + w.directive(n.Pos()) + e.apply(n.Type.Func, n.End()))
		default:
			w.text.WriteString(w.plainDecl(d))
		}
	}
	for _, name := range w.pkg.Scope().Names() {
		if v, ok := w.pkg.Scope().Lookup(name).(*types.Var); ok {
			fmt.Fprintf(&w.text, "\nvar %s %s\n", name, w.programVarType(v))
			if !isIncomplete(v.Type(), 0) {
				fmt.Fprintf(&inits, "%s.Zero(&%s); ", w.rt(), name) // the program may have run before
			}
		}
	}
	for _, init := range w.info.InitOrder {
		var names []string
		for _, v := range init.Lhs {
			names = append(names, v.Name())
		}
		e := w.editsFor(init.Rhs, w.cell.Source.Decls[0].File)
		wk := w.walk(e)
		if len(init.Lhs) == 1 {
			wk.flowsTo(init.Rhs, init.Lhs[0].Type())
		}
		wk.node(init.Rhs)
		inits.WriteString(w.directive(init.Rhs.Pos()) + strings.Join(names, ", ") + " = " + e.apply(init.Rhs.Pos(), init.Rhs.End()))
	}
	calls := w.inits()
	w.cells = mark.Mark + "cell"
	fmt.Fprintf(&w.text, "\nfunc %s() {\n%s\n%s main() }\n", w.cells, inits.String(), calls)
}

// isIncomplete reports types that have no value, which mark what C declares and does not define.
func isIncomplete(t types.Type, depth int) bool {
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "runtime/cgo" && n.Obj().Name() == "Incomplete" {
		return true
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			if depth < 20 && isIncomplete(f.Type(), depth+1) {
				return true
			}
		}
	case *types.Array:
		return depth < 20 && isIncomplete(u.Elem(), depth+1)
	}
	return false
}

// inits writes the init functions and returns the calls of them.
func (w *compiled) inits() string {
	var calls strings.Builder
	for i, f := range w.cell.Inits {
		file := ""
		for _, own := range w.cell.Source.Decls {
			if own.Node == f {
				file = own.File
			}
		}
		e := w.editsFor(f, file)
		name := fmt.Sprintf("%sinit%d", mark.Mark, i)
		e.replace(f.Name.Pos(), f.Name.End(), name)
		w.walk(e).function(f.Type, f.Body)
		w.text.WriteString(w.directive(f.Pos()) + e.apply(f.Pos(), f.End()))
		calls.WriteString(name + "(); ")
	}
	return calls.String()
}

// cellBody writes the function that runs a cell's init functions and statements.
func (w *compiled) cellBody() {
	body := w.cell.Source.Body
	if body == nil && len(w.cell.Inits) == 0 {
		return
	}
	w.needC(w.cell.C)
	calls := w.inits()
	w.cells = mark.Mark + "cell"
	if body == nil {
		fmt.Fprintf(&w.text, "\nfunc %s() { %s }\n", w.cells, calls)
		return
	}
	e := w.editsFor(body, w.cell.Source.BodyText)
	wk := w.walk(e)
	wk.top = true
	if last := w.cell.Last; last != nil {
		wk.showLast(last)
	}
	wk.statements(body.List)
	fmt.Fprintf(&w.text, "\nfunc %s() { %s\n%s}\n", w.cells, calls, w.bodyText(e))
}

// bodyText is the edited text of the cell's statements under a directive of its own.
func (w *compiled) bodyText(e *edits) string {
	body := w.cell.Source.Body
	text := e.apply(body.Lbrace+1, body.Rbrace)
	_, text, _ = strings.Cut(text, "\n") // the rest of the opening brace's line; the directive follows
	return strings.Replace(text, "//line "+w.cell.Source.Name+":", "//line "+mark.ThisCell+":", 1) + "\n"
}

// workloadBody writes the function that each worker calls.
func (w *compiled) workloadBody() {
	body := w.cell.Source.Body
	w.works = mark.Mark + "work"
	w.needC(w.cell.C)
	head := fmt.Sprintf("\nfunc %s(worker, workers, %s int) (%sr any, %se error) { _, _ = worker, workers\n", w.works, taskName(w.cell), mark.Mark, mark.Mark)
	if w.cell.Place == check.Tasks {
		head += "_ = task\n"
	}
	if body == nil {
		w.text.WriteString(head + "return }\n")
		return
	}
	e := w.editsFor(body, w.cell.Source.BodyText)
	wk := w.walk(e)
	if last := w.cell.Last; last != nil {
		wk.returnLast(last)
	}
	wk.statements(body.List)
	w.text.WriteString(head + w.bodyText(e) + "\nreturn }\n")
}

// showLast hands the values of the last expression over.
func (wk *compiledWalk) showLast(last ast.Expr) {
	switch t := wk.cell.LastType.(type) {
	case nil:
	case *types.Tuple:
		var names, shows []string
		for i := range t.Len() {
			v := fmt.Sprintf("%sv%d", mark.Mark, i)
			names = append(names, v)
			shows = append(shows, fmt.Sprintf("%s.Value(%d, %s)", wk.rt(), len(wk.Values), v))
			wk.Values = append(wk.Values, t.At(i).Type())
		}
		wk.edits.before(last.Pos(), strings.Join(names, ", ")+" := ")
		wk.edits.after(last.End(), "; "+strings.Join(shows, "; "))
	default:
		wk.edits.before(last.Pos(), fmt.Sprintf("%s.Value(%d, ", wk.rt(), len(wk.Values)))
		wk.edits.after(last.End(), ")")
		wk.Values = append(wk.Values, t)
	}
}

// returnLast makes the last expression the worker's result; a last error
// beside it is the worker's error.
func (wk *compiledWalk) returnLast(last ast.Expr) {
	r, err := mark.Mark+"r", mark.Mark+"e"
	e := wk.edits
	switch t := wk.cell.LastType.(type) {
	case nil:
	case *types.Tuple:
		n := t.Len()
		var names []string
		for i := range n {
			names = append(names, fmt.Sprintf("%sv%d", mark.Mark, i))
		}
		values, after := names, ""
		if isError(t.At(n - 1).Type()) {
			values, after = names[:n-1], "; "+err+" = "+names[n-1]
		}
		result := "[]any{" + strings.Join(values, ", ") + "}"
		if len(values) == 1 {
			result = values[0]
		}
		e.before(last.Pos(), strings.Join(names, ", ")+" := ")
		e.after(last.End(), "; "+r+" = "+result+after)
	default:
		if isError(t) {
			r = err
		}
		e.before(last.Pos(), r+" = ")
	}
}

// define turns the definition of session variables into assignments.
func (wk *compiledWalk) define(st ast.Stmt) {
	made := func(at token.Pos, names []*ast.Ident) {
		var b strings.Builder
		for _, id := range names {
			if id.Name != "_" {
				fmt.Fprintf(&b, "; %s.Made(%q)", wk.rt(), wk.homes.Variable(id.Name))
			}
		}
		wk.edits.after(at, b.String())
	}
	switch st := st.(type) {
	case *ast.AssignStmt:
		if st.Tok != token.DEFINE {
			return
		}
		wk.edits.replace(st.TokPos, st.TokPos+2, "=")
		var names []*ast.Ident
		for _, l := range st.Lhs {
			if id, ok := l.(*ast.Ident); ok {
				names = append(names, id)
			}
		}
		made(st.End(), names)
	case *ast.DeclStmt:
		gen := st.Decl.(*ast.GenDecl)
		if gen.Tok != token.VAR {
			return
		}
		wk.edits.drop(gen.TokPos, gen.Specs[0].Pos())
		if gen.Rparen.IsValid() {
			wk.edits.drop(gen.Rparen, gen.Rparen+1)
		}
		for _, spec := range gen.Specs {
			v := spec.(*ast.ValueSpec)
			made(v.End(), v.Names)
			switch {
			case len(v.Values) == 0:
				text := ""
				for _, id := range v.Names {
					if id.Name != "_" {
						text += fmt.Sprintf("%s.Zero(&%s); ", wk.rt(), wk.slotOf(id.Name))
					}
				}
				wk.edits.replace(v.Pos(), v.End(), strings.TrimSuffix(text, "; "))
			case v.Type != nil:
				wk.edits.drop(v.Type.Pos(), v.Type.End())
			}
		}
	}
}
