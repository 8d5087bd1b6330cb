package rewrite

import (
	"go/ast"
	"go/token"
	"go/types"

	"lockstep/kernel/check"
)

// refuse notes a construct that interp would run wrongly; the unit is not to run then.
func (w *writer) refuse(pos token.Pos, construct string) {
	p := w.cell.Source.Fset.Position(pos)
	e := check.Error{Pos: p, Msg: "the interp engine cannot run " + construct + "; with a Go toolchain the native engine runs it"}
	if p.Filename != w.cell.Source.Name {
		e.Earlier = "an earlier declaration"
	}
	for _, old := range w.Refused {
		if old.Pos == e.Pos {
			return
		}
	}
	w.Refused = append(w.Refused, e)
}

// unsound are functions that tell of the running program what an interpreter
// cannot know: they would speak of the interpreter's own stack.
var unsound = map[string]string{
	"runtime.Caller": "runtime.Caller", "runtime.Callers": "runtime.Callers", "runtime.CallersFrames": "runtime.CallersFrames", "runtime.FuncForPC": "runtime.FuncForPC",
	"syscall.Mprotect": "syscall.Mprotect",
	"runtime.Stack":    "runtime.Stack", "runtime/debug.Stack": "debug.Stack", "runtime/debug.PrintStack": "debug.PrintStack",

	"(reflect.Type).Method": "reflection on methods", "(reflect.Type).MethodByName": "reflection on methods", "(reflect.Type).NumMethod": "reflection on methods",
	"(reflect.Value).Method": "reflection on methods", "(reflect.Value).MethodByName": "reflection on methods", "(reflect.Value).NumMethod": "reflection on methods",
	"(reflect.Type).Implements": "reflection on methods",

	"errors.As": "errors.As with an interface or a slice of a cell",
}

// judgeUse refuses the use of a compiled function that gives wrong answers.
func (wk *walk) judgeCall(n *ast.CallExpr) {
	f := wk.callee(n)
	if f == nil || f.Pkg() == nil || f.Pkg() == wk.pkg {
		return
	}
	name := f.FullName()
	what, ok := unsound[name]
	if !ok {
		return
	}
	if name == "errors.As" && len(n.Args) == 2 && !wk.partialTarget(n.Args[1]) {
		return
	}
	wk.refuse(n.Pos(), what)
}

// judgeAssertion refuses the assertion of a cell's struct type from an
// interface of the standard library: the engine wraps the struct there and keeps its last field alone.
func (wk *walk) judgeAssertion(from, to types.Type) {
	named, ok := types.Unalias(to).(*types.Named)
	if !ok || named.Obj().Pkg() != wk.pkg || isAny(from) {
		return
	}
	if _, ok := to.Underlying().(*types.Struct); !ok {
		return
	}
	if isErrorLike(from) && wk.faulty(to) {
		return
	}
	if f, ok := types.Unalias(from).(*types.Named); ok && f.Obj().Pkg() != wk.pkg {
		wk.refuse(wk.at, "the assertion of the struct type "+named.Obj().Name()+" from "+f.Obj().Name())
	}
}

// partialTarget reports whether e points to something of a cell's type that
// the run time cannot find among errors: what is neither a pointer nor over a basic type or a struct.
func (wk *walk) partialTarget(e ast.Expr) bool {
	p, ok := wk.info.TypeOf(e).Underlying().(*types.Pointer)
	return ok && wk.unfindable(p.Elem())
}

func (wk *walk) unfindable(t types.Type) bool {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return types.IsInterface(t)
	}
	if named.Obj().Pkg() != wk.pkg {
		return false
	}
	return !wk.faulty(named)
}
