package rewrite

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/rewrite/mark"
)

// exportMark begins the names under which a unit offers what has a name that
// other packages cannot use, and the names of unexported methods, which interfaces of other units must be able to name.
const exportMark = "X" + mark.Mark

// choose notes what the unit holds: what a cell renews or exchanges, and its
// statements. It comes before anything is written.
func (w *compiled) choose(im *check.Impact) {
	for _, d := range w.cell.Within().Decls() {
		if !im.Renewed[d.Key] && !im.Exchanged[d.Key] {
			continue
		}
		w.chosen = append(w.chosen, d)
		w.inside = append(w.inside, d.Node)
		if !im.Renewed[d.Key] && d.Kind == check.Method {
			w.swapped[d.Key] = true // its body only
			continue
		}
		w.decls[d.Key] = true
		switch {
		case d.Kind == check.Type, d.Kind == check.Func && isGenericFunc(d):
			w.local = append(w.local, d.Key)
		case d.Kind == check.Func:
			w.holds = append(w.holds, d.Key)
			if im.Renewed[d.Key] {
				w.homes.renew(d.Key, "func")
			}
		case d.Kind == check.Const:
			w.consts[d.Key] = true
		}
	}
	if w.cell.Source.Body != nil {
		w.inside = append(w.inside, w.cell.Source.Body)
	}
	for _, f := range w.cell.Inits {
		w.inside = append(w.inside, f)
	}
}

// declarations writes what has been chosen.
func (w *compiled) declarations() {
	for _, d := range w.chosen {
		w.needC(d.C)
		switch {
		case w.swapped[d.Key]:
			w.holds = append(w.holds, d.Key)
			w.swap(d)
		case d.Kind == check.Method:
			w.text.WriteString(w.method(d, !w.generic(d.Recv)))
		case d.Kind == check.Type:
			w.typeDecl(d)
		case d.Kind == check.Func:
			w.funcDecl(d)
		case d.Kind == check.Const:
			w.text.WriteString(w.plainDecl(d))
		}
	}
}

func isGenericFunc(d *check.Decl) bool {
	f, ok := d.Node.(*ast.FuncDecl)
	return ok && f.Recv == nil && f.Type.TypeParams.NumFields() > 0
}

// generic reports whether a session type has type parameters.
func (w *compiled) generic(name string) bool {
	d := w.cell.Within().Decl(name)
	return d != nil && d.Kind == check.Type && typeSpec(d).TypeParams.NumFields() > 0
}

func typeSpec(d *check.Decl) *ast.TypeSpec { return d.Node.(*ast.GenDecl).Specs[0].(*ast.TypeSpec) }

// notHere are directives that mean nothing, or something else, in a unit.
var notHere = []string{"//go:build", "//go:embed", "//go:generate", "//go:linkname"}

// pragmas are a function's directives to the compiler.
func pragmas(doc *ast.CommentGroup) string {
	if doc == nil {
		return ""
	}
	var b strings.Builder
	for _, c := range doc.List {
		name, _, _ := strings.Cut(c.Text, " ")
		if strings.HasPrefix(name, "//go:") && !slices.Contains(notHere, name) {
			b.WriteString("\n" + c.Text)
		}
	}
	return b.String()
}

// exports are the lines by which C code finds a function of a whole program.
func exports(doc *ast.CommentGroup) string {
	if doc == nil {
		return ""
	}
	var b strings.Builder
	for _, c := range doc.List {
		if strings.HasPrefix(c.Text, check.ExportC) {
			b.WriteString("\n" + c.Text)
		}
	}
	return b.String()
}

// plainDecl writes a declaration as it stands, with what the walk changes.
func (w *compiled) plainDecl(d *check.Decl) string {
	e := w.editsFor(d.Node, d.File)
	wk := w.walk(e)
	gen := d.Node.(*ast.GenDecl)
	for _, s := range gen.Specs {
		wk.node(s)
	}
	if d.Kind == check.Type {
		return w.directive(gen.Specs[0].Pos()) + "type " + e.apply(gen.Specs[0].Pos(), gen.Specs[0].End())
	}
	return w.directive(gen.Pos()) + e.apply(gen.Pos(), gen.End())
}

// typeDecl writes a type, and the name under which others find it.
func (w *compiled) typeDecl(d *check.Decl) {
	w.text.WriteString(w.plainDecl(d))
	if w.alone {
		return
	}
	params, args := w.typeParams(d)
	if i, ok := w.pkg.Scope().Lookup(d.Key).Type().Underlying().(*types.Interface); params == "" && (!ok || i.IsMethodSet()) {
		fmt.Fprintf(&w.table.types, "\t\t\t{Name: %q, Of: (*%s)(nil), Kin: %[3]s.Kin[%[2]s]()},\n", d.Key, d.Key, w.rt())
	}
	fmt.Fprintf(&w.text, "\ntype %s%s%s = %s%s\n", exportMark, d.Key, params, d.Key, args)
}

// typeParams writes a type's parameters as they are declared, and as arguments.
func (w *compiled) typeParams(d *check.Decl) (params, args string) {
	list := typeSpec(d).TypeParams
	if list.NumFields() == 0 {
		return "", ""
	}
	e := w.editsFor(d.Node, d.File)
	wk := w.walk(e)
	var names []string
	for _, f := range list.List {
		wk.node(f.Type)
		for _, id := range f.Names {
			names = append(names, id.Name)
		}
	}
	return strings.ReplaceAll(e.apply(list.Opening, list.Closing+1), "\n", " "), "[" + strings.Join(names, ", ") + "]"
}

// funcDecl writes a function. One without type parameters is called through its slot;
// its own name begins with a mark, since what a unit exports besides types others cannot link.
func (w *compiled) funcDecl(d *check.Decl) {
	n := d.Node.(*ast.FuncDecl)
	e := w.editsFor(n, d.File)
	wk := w.walk(e)
	wk.self = w.info.Defs[n.Name]
	name := mark.Mark + n.Name.Name
	switch {
	case n.Type.TypeParams.NumFields() > 0:
		name = exportMark + n.Name.Name
	default:
		field := w.homes.Variable(d.Key)
		w.slotOf(d.Key)
		fmt.Fprintf(&w.table.funcs, "\t\t\t{Name: %q, F: %s},\n", field, name)
	}
	e.replace(n.Name.Pos(), n.Name.End(), name)
	wk.function(n.Type, n.Body)
	w.text.WriteString(pragmas(n.Doc) + w.directive(n.Pos()) + e.apply(n.Type.Func, n.End()))
}

// method writes a method of a type of this unit. exchangeable gives it a hook.
func (w *compiled) method(d *check.Decl, exchangeable bool) string {
	n := d.Node.(*ast.FuncDecl)
	e := w.editsFor(n, d.File)
	wk := w.walk(e)
	wk.node(n.Recv)
	wk.methodName(n.Name)
	wk.function(n.Type, n.Body)
	if exchangeable && !w.alone {
		args := append(nameParams(e, n.Recv, "r"), nameParams(e, n.Type.Params, "a")...)
		sig := w.info.Defs[n.Name].Type().(*types.Signature)
		if sig.Variadic() {
			args[len(args)-1] += "..."
		}
		hook := mark.Mark + "h" + d.Recv + mark.Mark + n.Name.Name
		call := hook + "(" + strings.Join(args, ", ") + ")"
		if n.Type.Results.NumFields() > 0 {
			call = "return " + call
		} else {
			call += "; return"
		}
		e.statement(n.Body.Lbrace+1, fmt.Sprintf(" if %s != nil { %s }; ", hook, call))
		fmt.Fprintf(&w.hooks, "\nvar %s func(%s\n", hook, withReceiver(w.typeText(sig.Recv().Type()), w.signatureText(sig)))
		fmt.Fprintf(&w.table.hooks, "\t\t\t{Name: %q, At: &%s},\n", d.Key, hook)
	}
	return pragmas(n.Doc) + w.directive(n.Pos()) + e.apply(n.Type.Func, n.End())
}

// withReceiver puts a receiver's type before the parameters of a signature's text.
func withReceiver(recv, sig string) string {
	if strings.HasPrefix(sig, "()") {
		return recv + sig[1:]
	}
	return recv + ", " + sig[1:]
}

// nameParams returns the names of a list's parameters, giving one to those that have none.
func nameParams(e *edits, list *ast.FieldList, prefix string) []string {
	var names []string
	for _, f := range list.List {
		if len(f.Names) == 0 {
			name := fmt.Sprintf("%s%s%d", mark.Mark, prefix, len(names))
			e.before(f.Type.Pos(), name+" ")
			names = append(names, name)
		}
		for _, id := range f.Names {
			name := id.Name
			if name == "_" {
				name = fmt.Sprintf("%s%s%d", mark.Mark, prefix, len(names))
				e.replace(id.Pos(), id.End(), name)
			}
			names = append(names, name)
		}
	}
	return names
}

// swap writes a method's body as a function, for a type of another unit.
func (w *compiled) swap(d *check.Decl) {
	n := d.Node.(*ast.FuncDecl)
	e := w.editsFor(n, d.File)
	wk := w.walk(e)
	name := mark.Mark + d.Recv + mark.Mark + n.Name.Name
	recv := n.Recv.List[0].Type
	wk.node(recv)
	typ := e.apply(recv.Pos(), recv.End())
	own, comma := "_", ""
	if names := n.Recv.List[0].Names; len(names) > 0 {
		own = names[0].Name
	}
	if params := n.Type.Params; params.NumFields() > 0 {
		comma = ", "
		if len(params.List[0].Names) == 0 {
			nameParams(e, params, "a")
		}
	}
	wk.function(n.Type, n.Body)
	e.list = slices.DeleteFunc(e.list, func(ed edit) bool { return ed.off >= e.offset(n.Recv.Pos()) && ed.end <= e.offset(n.Recv.End()) })
	e.replace(n.Recv.Opening, n.Type.Params.Opening+1, name+"("+own+" "+typ+comma)
	w.text.WriteString(w.directive(n.Pos()) + e.apply(n.Type.Func, n.End()))
	home := w.homes.units[d.Recv]
	w.unit(home) // so that it is loaded
	fmt.Fprintf(&w.table.swaps, "\t\t\t{Unit: %q, Name: %q, F: %s},\n", home, d.Key, name)
}

// need makes a session type of another unit known here by its own name.
func (w *compiled) need(name string) {
	d := w.cell.Within().Decl(name)
	if w.alone || d == nil || d.Kind != check.Type || w.decls[name] || w.aliases[name] {
		return
	}
	w.aliases[name] = true
	home := w.unit(w.homes.units[name])
	params, args := w.typeParams(d)
	fmt.Fprintf(&w.top, "type %s%s = %s.%s%s%s\n", name, params, home, exportMark, name, args)
}

// needConst repeats the constants of which one is called name.
func (w *compiled) needConst(name string) {
	if w.alone {
		return
	}
	for _, d := range w.cell.Within().Decls() {
		if d.Kind == check.Const && slices.Contains(d.Names, name) && !w.consts[d.Key] {
			w.consts[d.Key] = true
			text := w.plainDecl(d)
			w.top.WriteString(text + "\n")
		}
	}
}
