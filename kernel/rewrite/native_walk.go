package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// compiledWalk edits one declaration or body of a compiled unit.
type compiledWalk struct {
	*compiled
	edits   *edits
	top     bool         // the statements at hand are a cell's own
	self    types.Object // the function at hand, which calls itself directly
	skip    map[ast.Node]bool
	streams map[ast.Node]bool // os.Stdin and its likes that become the cell's own
	label   token.Pos         // where the label of the statement at hand begins
	results []types.Type      // of the function at hand
}

func (w *compiled) walk(e *edits) *compiledWalk {
	return &compiledWalk{compiled: w, edits: e, skip: map[ast.Node]bool{}, streams: map[ast.Node]bool{}}
}

// checkpoint is the test of the one flag, DESIGN.md's eval breaker.
func (wk *compiledWalk) checkpoint() string {
	return fmt.Sprintf(" if %[1]s.Raised() { %[1]s.Checkpoint() }; ", wk.rt())
}

// function walks a function's type and body. One that neither loops nor calls
// needs no checkpoint: whoever calls it again and again has them.
func (wk *compiledWalk) function(t *ast.FuncType, body *ast.BlockStmt) {
	wk.node(t)
	if body == nil {
		return
	}
	top, results := wk.top, wk.results
	wk.top, wk.results = false, nil
	if t.Results != nil {
		for _, f := range t.Results.List {
			for range max(1, len(f.Names)) {
				wk.results = append(wk.results, wk.info.TypeOf(f.Type))
			}
		}
	}
	if wk.calls(body) {
		wk.edits.after(body.Lbrace+1, wk.checkpoint())
	}
	wk.statements(body.List)
	wk.top, wk.results = top, results
}

// calls reports whether a function's body calls functions of cells: recursion goes through those.
func (wk *compiledWalk) calls(body *ast.BlockStmt) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && !found {
			tv := wk.info.Types[call.Fun]
			f := callee(wk.info, call)
			found = !tv.IsType() && !tv.IsBuiltin() && (f == nil || ours(f))
		}
		return !found
	})
	return found
}

func (wk *compiledWalk) statements(list []ast.Stmt) {
	top := wk.top
	for _, st := range list {
		if top {
			wk.define(st)
		}
		wk.top = false
		wk.use(st)
		wk.node(st)
		wk.top = top
	}
}

// use uses the variables that a statement declares and nothing else uses, which
// the compiler would not have.
func (wk *compiledWalk) use(st ast.Stmt) {
	switch st := st.(type) {
	case *ast.AssignStmt:
		wk.edits.after(st.End(), wk.uses(st.Lhs, "; ", ""))
	case *ast.DeclStmt:
		for _, spec := range st.Decl.(*ast.GenDecl).Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				for _, id := range v.Names {
					wk.edits.after(v.End(), wk.uses([]ast.Expr{id}, "; ", ""))
				}
			}
		}
	case *ast.LabeledStmt:
		wk.use(st.Stmt)
	}
}

func (wk *compiledWalk) uses(list []ast.Expr, before, after string) string {
	text := ""
	for _, e := range list {
		if id, ok := e.(*ast.Ident); ok && wk.cell.Unused[id.Pos()] {
			text += before + "_ = " + id.Name + after
		}
	}
	return text
}

// usedInit is what uses the variables of a statement's init part, in its block.
func (wk *compiledWalk) usedInit(init ast.Stmt) string {
	if def, ok := init.(*ast.AssignStmt); ok {
		return wk.uses(def.Lhs, " ", "; ")
	}
	return ""
}

// usedInClause uses the variables of a switch's init part in its first clause.
func (wk *compiledWalk) usedInClause(init ast.Stmt, body *ast.BlockStmt) {
	if text := wk.usedInit(init); text != "" && len(body.List) > 0 {
		wk.edits.after(body.List[0].(*ast.CaseClause).Colon+1, text)
	}
}

// node walks any node.
func (wk *compiledWalk) node(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			wk.ident(n)
		case *ast.FuncLit:
			wk.function(n.Type, n.Body)
			return false
		case *ast.BlockStmt:
			wk.statements(n.List)
			return false
		case *ast.CaseClause:
			for _, e := range n.List {
				wk.node(e)
			}
			wk.statements(n.Body)
			return false
		case *ast.IfStmt:
			wk.edits.after(n.Body.Lbrace+1, wk.usedInit(n.Init))
		case *ast.ForStmt:
			wk.edits.after(n.Body.Lbrace+1, wk.checkpoint()+wk.usedInit(n.Init))
		case *ast.RangeStmt:
			wk.rangeStmt(n)
			return false
		case *ast.SwitchStmt:
			wk.usedInClause(n.Init, n.Body)
		case *ast.TypeSwitchStmt:
			wk.usedInClause(n.Init, n.Body)
			wk.typeSwitch(n)
		case *ast.LabeledStmt:
			if _, ok := n.Stmt.(*ast.SelectStmt); ok {
				wk.label = n.Pos()
			}
			wk.node(n.Stmt)
			return false
		case *ast.BranchStmt:
			if n.Tok == token.GOTO {
				wk.edits.statement(n.Pos(), wk.checkpoint())
			}
			return false // a label is no name
		case *ast.SelectStmt:
			wk.selectStmt(n)
			return false
		case *ast.GoStmt:
			wk.goStmt(n)
			return false
		case *ast.DeferStmt:
			wk.deferred(n.Call)
			return false
		case *ast.ReturnStmt:
			if len(n.Results) == len(wk.results) {
				for i, e := range n.Results {
					wk.flowsTo(e, wk.results[i])
				}
			}
		case *ast.SendStmt:
			wk.send(n)
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && !wk.skip[n] {
				wk.receive(n)
			}
		case *ast.AssignStmt:
			wk.assign(n)
		case *ast.ValueSpec:
			wk.valueSpec(n)
		case *ast.CallExpr:
			wk.call(n)
		case *ast.CompositeLit:
			wk.composite(n)
		case *ast.InterfaceType:
			for _, m := range n.Methods.List {
				for _, id := range m.Names {
					wk.methodName(id)
				}
			}
		case *ast.SelectorExpr:
			return wk.selector(n)
		}
		return true
	})
}

// ident puts what a name stands for in its place.
func (wk *compiledWalk) ident(id *ast.Ident) {
	obj := wk.info.Uses[id]
	if v, ok := wk.info.Defs[id].(*types.Var); ok && obj == nil {
		obj = v // a session variable, where the cell defines it
	}
	if obj == nil {
		return
	}
	written, isOld := old(id.Name)
	put := func(text string) { wk.edits.replace(id.Pos(), id.Pos()+token.Pos(len(written)), text) }
	switch o := obj.(type) {
	case *types.PkgName:
		if o.Imported().Path() == "C" {
			return
		}
		put(wk.alias(o.Imported().Path()))
		return
	case *types.Builtin:
		if o.Name() == "print" || o.Name() == "println" {
			put(wk.rt() + ".Builtin" + strings.ToUpper(o.Name()[:1]) + o.Name()[1:])
		}
		return
	}
	if p := obj.Pkg(); p != nil && p != wk.pkg && obj.Parent() == p.Scope() { // by a dot import
		put(wk.alias(p.Path()) + "." + obj.Name())
		return
	}
	if wk.alone || obj.Parent() != wk.pkg.Scope() {
		return
	}
	switch o := obj.(type) {
	case *types.TypeName:
		wk.need(o.Name())
	case *types.Const:
		wk.needConst(o.Name())
	case *types.Var:
		if isOld {
			put(wk.oldSlot(written, o.Type()))
			return
		}
		put(wk.slotOf(o.Name()))
	case *types.Func:
		put(wk.functionName(o))
	}
}

// functionName is the expression of a session function.
func (wk *compiledWalk) functionName(o *types.Func) string {
	name := o.Name()
	switch {
	case o.Signature().TypeParams().Len() > 0 && wk.decls[name]:
		return exportMark + name
	case o.Signature().TypeParams().Len() > 0:
		return wk.unit(wk.homes.units[name]) + "." + exportMark + name
	case types.Object(o) == wk.self:
		return mark.Mark + name
	}
	wk.funcs[name] = true
	return wk.slotOf(name)
}

// methodName gives an unexported method the name by which interfaces of other units know it.
func (wk *compiledWalk) methodName(id *ast.Ident) {
	f, ok := wk.info.Defs[id].(*types.Func)
	if !ok {
		f, ok = wk.info.Uses[id].(*types.Func)
	}
	if ok && !wk.alone && !f.Exported() && ours(f) && f.Signature().Recv() != nil && id.Name != "_" {
		wk.edits.replace(id.Pos(), id.End(), exportMark+id.Name)
	}
}

// replacements are the functions of the standard library that print, read, wait
// or end the process, and what stands for them in package rt.
var replacements = map[string]string{
	"fmt.Print": "Print", "fmt.Printf": "Printf", "fmt.Println": "Println",
	"fmt.Scan": "Scan", "fmt.Scanf": "Scanf", "fmt.Scanln": "Scanln",
	"log.Fatal": "Fatal", "log.Fatalf": "Fatalf", "log.Fatalln": "Fatalln",
	"os.Exit": "Exit", "syscall.Exit": "Exit", "time.Sleep": "Sleep", "flag.NewFlagSet": "NewFlagSet",
	"sync.OnceFunc": "OnceFunc", "sync.OnceValue": "OnceValue", "sync.OnceValues": "OnceValues",
}

// selector handles members of packages, fields and methods. It reports whether the walk goes on inside.
func (wk *compiledWalk) selector(n *ast.SelectorExpr) bool {
	if wk.streams[n] {
		wk.edits.replace(n.Pos(), n.End(), wk.rt()+"."+n.Sel.Name)
		return false
	}
	if f, ok := wk.info.Uses[n.Sel].(*types.Func); ok && f.Pkg() != nil {
		if to := replacements[f.FullName()]; to != "" {
			wk.edits.replace(n.Pos(), n.End(), wk.rt()+"."+to)
			return false
		}
	}
	sel := wk.info.Selections[n]
	if sel == nil {
		wk.node(n.X)
		return false
	}
	if wk.fatal(n, sel) {
		return false
	}
	if sel.Kind() == types.FieldVal {
		if !wk.field(n, sel) {
			wk.node(n.X)
		}
		return false
	}
	wk.methodName(n.Sel)
	wk.node(n.X)
	return false
}

// flowsTo notes that the value of e becomes one of type t: a standard stream
// goes by the cell's own where t is an interface.
func (wk *compiledWalk) flowsTo(e ast.Expr, t types.Type) {
	if t != nil && types.IsInterface(t) && isStream(wk.info, e) {
		wk.streams[ast.Unparen(e)] = true
	}
}

func (wk *compiledWalk) assign(n *ast.AssignStmt) {
	wk.pair(n.Lhs, n.Rhs)
	if len(n.Lhs) == len(n.Rhs) && n.Tok == token.ASSIGN {
		for i, l := range n.Lhs {
			wk.flowsTo(n.Rhs[i], wk.info.TypeOf(l))
		}
	}
}

func (wk *compiledWalk) valueSpec(n *ast.ValueSpec) {
	if len(n.Names) == 2 && len(n.Values) == 1 {
		wk.pair([]ast.Expr{n.Names[0], n.Names[1]}, n.Values)
	}
	if n.Type != nil {
		for _, v := range n.Values {
			wk.flowsTo(v, wk.info.TypeOf(n.Type))
		}
	}
}

// pair notes a receive whose second value is wanted.
func (wk *compiledWalk) pair(lhs, rhs []ast.Expr) {
	if len(lhs) == 2 && len(rhs) == 1 {
		if u, ok := ast.Unparen(rhs[0]).(*ast.UnaryExpr); ok && u.Op == token.ARROW && !wk.skip[u] {
			wk.skip[u] = true
			wk.received(u, "Recv2")
		}
	}
}

// call handles calls that wait, and what flows into parameters.
func (wk *compiledWalk) call(n *ast.CallExpr) {
	tv := wk.info.Types[n.Fun]
	if tv.IsBuiltin() {
		return
	}
	if tv.IsType() {
		if len(n.Args) == 1 {
			wk.flowsTo(n.Args[0], tv.Type)
			wk.conversion(n, tv.Type)
		}
		return
	}
	sig, ok := tv.Type.Underlying().(*types.Signature)
	if !ok {
		return
	}
	if sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr); ok && isStream(wk.info, sel.X) && (sel.Sel.Name == "Write" || sel.Sel.Name == "WriteString" || sel.Sel.Name == "Read") {
		wk.streams[ast.Unparen(sel.X)] = true
	}
	if !n.Ellipsis.IsValid() {
		for i, a := range n.Args {
			wk.flowsTo(a, paramType(sig, i))
		}
	}
	if name := wk.cell.Sent(n); name != "" {
		wk.edits.before(n.Args[0].Pos(), sentAs(wk.alias(labPath), name))
		wk.edits.after(n.Args[0].End(), ")")
	}
	f := callee(wk.info, n)
	wk.edits.callback(f, n.Args, wk.rt)
	if !wk.skip[n] && blocks(f) {
		wk.block(n, f, sig)
	}
}

// fatal has (*log.Logger).Fatal and its likes end the cell, not the process. It reports whether n was one.
func (wk *compiledWalk) fatal(n *ast.SelectorExpr, sel *types.Selection) bool {
	f, ok := sel.Obj().(*types.Func)
	if !ok || sel.Kind() != types.MethodVal || !endsProcess(f) {
		return false
	}
	wk.edits.before(n.X.Pos(), wk.rt()+".Logger"+f.Name()+"(")
	wk.edits.replace(n.Sel.Pos(), n.Sel.End(), "Output") // by which an embedded logger is found as well
	wk.edits.after(n.End(), ")")
	wk.node(n.X)
	return true
}

// block gives the lock up around a call that waits for something outside Go code.
func (wk *compiledWalk) block(n *ast.CallExpr, f *types.Func, sig *types.Signature) {
	if wk.mutex(n, f) {
		return
	}
	if hasTypeParam(sig) || sig.Results().Len() > 3 {
		return
	}
	kind, open := ".Block(func() { ", ""
	if k := sig.Results().Len(); k > 0 {
		var results []string
		for i := range k {
			results = append(results, wk.typeText(sig.Results().At(i).Type()))
		}
		kind, open = fmt.Sprintf(".Block%d(func() (%s) { ", k, strings.Join(results, ", ")), "return "
	}
	wk.edits.before(n.Pos(), wk.rt()+kind+open)
	wk.edits.after(n.End(), " })")
}

// mutex locks a mutex of package sync, which costs the lock of the mode only if it has to wait.
func (wk *compiledWalk) mutex(n *ast.CallExpr, f *types.Func) bool {
	if name := f.FullName(); name != "(*sync.Mutex).Lock" && name != "(*sync.RWMutex).Lock" {
		return false
	}
	sel, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if !ok || wk.info.Selections[sel] == nil || len(wk.info.Selections[sel].Index()) > 1 {
		return false
	}
	address := "&"
	if _, ptr := wk.info.TypeOf(sel.X).Underlying().(*types.Pointer); ptr {
		address = ""
	}
	wk.edits.before(n.Pos(), wk.rt()+".Lock("+address)
	wk.edits.drop(sel.X.End(), n.Lparen+1)
	return true
}

// callee returns the function or method that a call names, nil for a value.
func callee(info *types.Info, n *ast.CallExpr) *types.Func {
	fun := ast.Unparen(n.Fun)
	switch ix := fun.(type) {
	case *ast.IndexExpr:
		fun = ix.X
	case *ast.IndexListExpr:
		fun = ix.X
	}
	switch f := fun.(type) {
	case *ast.Ident:
		fn, _ := info.Uses[f].(*types.Func)
		return fn
	case *ast.SelectorExpr:
		fn, _ := info.Uses[f.Sel].(*types.Func)
		return fn
	}
	return nil
}
