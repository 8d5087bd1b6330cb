package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strconv"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/rewrite/mark"
)

// cellBody writes the function that runs a cell's init functions and statements.
func (w *writer) cellBody() {
	body := w.cell.Source.Body
	if body == nil && len(w.cell.Inits) == 0 {
		return
	}
	w.Entry = mark.Mark + "cell" + w.serial
	calls := w.inits()
	if body == nil {
		fmt.Fprintf(&w.decls, "\nfunc %s() { %s }\n", w.Entry, calls)
		return
	}
	e := w.editsFor(body, w.cell.Source.BodyText)
	wk := w.walk(e)
	wk.top = true
	if last := w.cell.Last; last != nil {
		w.showLast(e, last)
	}
	prologue, epilogue := wk.body(wk.surveyed(body), body, "")
	fmt.Fprintf(&w.decls, "\nfunc %s() { %s%s\n%s\n%s}\n", w.Entry, calls, prologue, w.bodyText(e), epilogue)
}

// inits writes the cell's init functions and returns the calls of them.
func (w *writer) inits() string {
	var calls strings.Builder
	for i, f := range w.cell.Inits {
		name := fmt.Sprintf("%sinit%s%s%d", mark.Mark, w.serial, mark.Mark, i)
		e := w.editsFor(f, w.fileOf(f))
		wk := w.walk(e)
		prologue, epilogue := wk.body(wk.surveyed(f.Body), f.Body, "")
		pos := w.cell.Source.Fset.Position(f.Body.Lbrace + 1)
		fmt.Fprintf(&w.decls, "\nfunc %s() {%s\n%s\n%s\n%s}\n", name, prologue, directive(pos), e.apply(f.Body.Lbrace+1, f.Body.Rbrace), epilogue)
		calls.WriteString(name + "(); ")
	}
	return calls.String()
}

// fileOf returns the text of the file that a declaration of the cell stands in.
func (w *writer) fileOf(d ast.Decl) string {
	for _, own := range w.cell.Source.Decls {
		if own.Node == d {
			return own.File
		}
	}
	return ""
}

// programBody writes the entry of a whole program.
func (w *writer) programBody() {
	w.Entry = mark.Mark + "cell" + w.serial
	var b strings.Builder
	file := w.cell.Source.Decls[0].File
	for _, init := range w.cell.Info.InitOrder {
		var names []string
		for _, v := range init.Lhs {
			if v.Name() == "_" {
				names = append(names, "_")
			} else {
				names = append(names, w.names.internal(v.Name()))
			}
		}
		wk := w.walk(w.editsFor(init.Rhs, file))
		fmt.Fprintf(&b, "%s\n", directive(w.cell.Source.Fset.Position(init.Rhs.Pos())))
		var want []types.Type
		for _, v := range init.Lhs {
			want = append(want, v.Type())
		}
		if len(names) > 1 {
			b.WriteString(wk.oneByOne(names, want, init.Rhs) + "\n")
			continue
		}
		text := ""
		if names[0] == "_" {
			text = wk.textWith(init.Rhs, func() { wk.discarded(init.Rhs) })
		} else {
			text = wk.textAs(init.Rhs, want[0])
		}
		fmt.Fprintf(&b, "%s = %s\n", names[0], text)
	}
	calls := w.inits()
	fmt.Fprintf(&w.decls, "\nfunc %s() {\n%s%s%s()\n}\n", w.Entry, b.String(), calls, w.names.internal("main"))
}

// showLast hands the values of the last expression over.
func (w *writer) showLast(e *edits, last ast.Expr) {
	switch t := w.cell.LastType.(type) {
	case nil:
	case *types.Tuple:
		var names, shows []string
		for i := range t.Len() {
			v := fmt.Sprintf("%sv%d", mark.Mark, i)
			names = append(names, v)
			shows = append(shows, w.show(v, t.At(i).Type()))
		}
		e.before(last.Pos(), strings.Join(names, ", ")+" := ")
		e.after(last.End(), "; "+strings.Join(shows, "; "))
	default:
		v := mark.Mark + "v"
		if b, ok := t.(*types.Basic); ok && b.Kind() == types.UntypedNil {
			e.before(last.Pos(), fmt.Sprintf("%s.Value(%d, ", w.rt(), w.value(t)))
			e.after(last.End(), ")")
			return
		}
		e.before(last.Pos(), v+" := ")
		e.after(last.End(), "; "+w.show(v, t))
	}
}

func (w *writer) value(t types.Type) int {
	w.Values = append(w.Values, t)
	return len(w.Values) - 1
}

// show writes the call that hands the variable v over, with the methods that
// displays look for, since the value alone does not have them in every engine.
func (w *writer) show(v string, t types.Type) string {
	call := fmt.Sprintf("%s.Value(%d, %s", w.rt(), w.value(t), v)
	if w.isSession(t) && !types.IsInterface(t) {
		set := types.NewMethodSet(t)
		for _, name := range displayMethods {
			if sel := set.Lookup(w.pkg, name); sel != nil && sel.Kind() == types.MethodVal {
				call += fmt.Sprintf(", %q, %s.%s", name, v, name)
			}
		}
	}
	return call + ")"
}

// displayMethods are the methods by which values say how they want to be shown.
var displayMethods = []string{"String", "Error", "HTML", "SVG", "Markdown", "Latex", "JSON", "JavaScript", "PNG", "JPEG", "ColorModel", "Bounds", "At"}

func (w *writer) isSession(t types.Type) bool {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	n, ok := t.(*types.Named)
	return ok && n.Obj().Pkg() == w.pkg
}

// workloadBody writes the function that each worker calls.
func (w *writer) workloadBody() {
	body := w.cell.Source.Body
	w.Entry = mark.Mark + "work" + w.serial
	head := "\nfunc " + w.Entry + "(worker, workers, " + taskName(w.cell) + " int) (" + mark.Mark + "r interface{}, " + mark.Mark + "e error) { "
	if body == nil {
		w.decls.WriteString(head + "return }\n")
		return
	}
	e := w.editsFor(body, w.cell.Source.BodyText)
	wk := w.walk(e)
	if last := w.cell.Last; last != nil {
		w.returnLast(wk, last)
	}
	prologue, epilogue := wk.body(wk.surveyed(body), body, "")
	w.decls.WriteString(head + prologue + "\n" + w.bodyText(e) + "\n" + epilogue + "; return }\n")
}

// taskName is the name of a workload's third parameter.
func taskName(c *check.Cell) string {
	if c.Place == check.Tasks {
		return "task"
	}
	return "_"
}

// bodyText is the edited text of the cell's statements under a directive of its own.
func (w *writer) bodyText(e *edits) string {
	body := w.cell.Source.Body
	text := e.apply(body.Lbrace+1, body.Rbrace)
	_, text, _ = strings.Cut(text, "\n") // the end of the line of the opening brace
	own, text, _ := strings.Cut(text, "\n")
	line := own[strings.LastIndex(own[:strings.LastIndex(own, ":")], ":")+1 : strings.LastIndex(own, ":")]
	n, _ := strconv.Atoi(line)
	return directive(token.Position{Filename: w.cell.Source.Name, Line: n, Column: 1}) + "\n" + text
}

// returnLast makes the last expression the worker's result; a last error
// beside it is the worker's error.
func (w *writer) returnLast(wk *walk, last ast.Expr) {
	r, err := mark.Mark+"r", mark.Mark+"e"
	e := wk.edits
	switch t := w.cell.LastType.(type) {
	case nil:
		return
	case *types.Tuple:
		n := t.Len()
		fails := isError(t.At(n - 1).Type())
		var names, values []string
		for i := range n {
			v := fmt.Sprintf("%sv%d", mark.Mark, i)
			if fails && i == n-1 {
				v = err
			}
			names = append(names, v)
			if !fails || i < n-1 {
				values = append(values, v)
			}
		}
		assign := " := "
		if fails && n == 2 {
			names[0], assign = r, " = "
			e.before(last.Pos(), strings.Join(names, ", ")+assign)
			return
		}
		for i := range names {
			names[i] = fmt.Sprintf("%sv%d", mark.Mark, i)
		}
		e.before(last.Pos(), strings.Join(names, ", ")+assign)
		text := "; " + r + " = []interface{}{" + strings.Join(values, ", ") + "}"
		if fails {
			text += "; " + err + " = " + names[n-1]
		}
		e.after(last.End(), text)
	default:
		if isError(t) {
			e.before(last.Pos(), err+" = ")
			return
		}
		e.before(last.Pos(), r+" = ")
		wk.copied(last)
	}
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// topDefine turns the definition of session variables into assignments.
func (wk *walk) topDefine(st ast.Stmt) {
	made := func(at token.Pos, names []*ast.Ident) {
		var b strings.Builder
		for _, id := range names {
			if id.Name != "_" {
				fmt.Fprintf(&b, "; %s.Made(%q)", wk.rt(), wk.names.internal(id.Name))
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
		wk.dropParens(gen)
		for _, spec := range gen.Specs {
			v := spec.(*ast.ValueSpec)
			made(v.End(), v.Names)
			switch {
			case len(v.Values) == 0:
				text := ""
				for _, id := range v.Names {
					if id.Name != "_" {
						text += fmt.Sprintf("%s.Zero(%q); ", wk.rt(), wk.names.internal(id.Name))
					}
				}
				wk.edits.replace(v.Pos(), v.End(), strings.TrimSuffix(text, "; "))
			case v.Type != nil:
				wk.edits.drop(v.Type.Pos(), v.Type.End())
			}
		}
	}
}

// dropParens reduces "var (…)" to the specs alone.
func (wk *walk) dropParens(gen *ast.GenDecl) {
	wk.edits.drop(gen.TokPos, gen.Specs[0].Pos())
	if gen.Rparen.IsValid() {
		wk.edits.drop(gen.Rparen, gen.Rparen+1)
	}
}
