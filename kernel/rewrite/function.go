package rewrite

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"

	"lockstep/kernel/rewrite/mark"
)

// function is what the walk knows of the function it is in.
type function struct {
	lines    bool // it keeps its line for panics
	defers   bool // it has defer statements
	recovers bool // it calls recover
	iterates bool // it loops over functions
	repeats  bool // it has loops or goto statements
	// results are the variables that hold the results, none where they have no names and nothing asks for any.
	// The engine would have them in the caller's variables, as these are.
	results []string
	named   map[types.Object]int // the results that have names, by their places
	// stored says that return statements assign to results first: others see them afterwards.
	stored  bool
	leave   string    // the plain return
	begins  token.Pos // where its body does; none for what is no function
	sig     *types.Signature
	targets []*target
}

// function walks a function's type and body and puts the prologue at its start.
func (wk *walk) function(ftype *ast.FuncType, sig *types.Signature, body *ast.BlockStmt) {
	fn := &function{sig: sig, named: map[types.Object]int{}, leave: "return"}
	if body != nil {
		fn.survey(wk.info, body)
		fn.begins = body.Lbrace
	}
	vars := ""
	if list := ftype.Results; body != nil && list.NumFields() > 0 && (fn.defers || fn.iterates || len(list.List[0].Names) > 0) {
		vars = wk.ownResults(fn, list, body)
		wk.expr(ftype.Params)
	} else {
		wk.expr(ftype)
	}
	wk.nameParams(ftype.Params)
	if body != nil {
		prologue, epilogue := wk.body(fn, body, vars)
		wk.edits.after(body.Lbrace+1, prologue)
		if fn.stored && !fn.defers {
			epilogue += "; " + fn.leave + " "
		}
		if epilogue != "" {
			wk.edits.before(body.Rbrace, epilogue)
		}
	}
}

// ownResults gives the results variables of the function's own, by names that
// nothing in the body can hide, and returns their declarations.
func (wk *walk) ownResults(fn *function, list *ast.FieldList, body *ast.BlockStmt) string {
	wk.loops++
	var vars, signature []string
	add := func(id *ast.Ident) {
		i := len(fn.results)
		name := fmt.Sprintf("%sr%d%s%d", mark.Mark, wk.loops, mark.Mark, i)
		fn.results = append(fn.results, name)
		text := wk.typeText(fn.sig.Results().At(i).Type())
		vars = append(vars, "var "+name+" "+text+"; ")
		if fn.defers {
			text = fn.handed(i) + " " + text
		}
		signature = append(signature, text)
		if id != nil {
			obj := wk.info.Defs[id]
			fn.named[obj] = i
			wk.rename[obj] = name
			fn.stored = fn.stored || id.Name != "_" && wk.captured(obj, body)
		}
	}
	for _, f := range list.List {
		for _, id := range f.Names {
			add(id)
		}
		if len(f.Names) == 0 {
			add(nil)
		}
	}
	text := strings.Join(signature, ", ")
	wk.edits.replace(list.Pos(), list.End(), "("+wk.edits.missing(list.Pos(), list.End(), text)+text+")")
	if fn.stored = fn.stored || fn.defers || fn.iterates; !fn.defers {
		fn.leave += " " + strings.Join(fn.results, ", ")
	}
	return strings.Join(vars, "")
}

// handed is the name in the signature of a function that defers, whose deferred calls set its results.
func (fn *function) handed(i int) string { return fmt.Sprintf("%sq%d", mark.Mark, i) }

// nameParams names parameters that have no name or a blank one: yaegi gives
// those no place of their own, and the first local variable takes it.
func (wk *walk) nameParams(list *ast.FieldList) {
	n := 0
	for _, f := range list.List {
		if len(f.Names) == 0 {
			wk.edits.before(f.Type.Pos(), fmt.Sprintf("%sa%d ", mark.Mark, n))
			n++
		}
		for _, id := range f.Names {
			if id.Name == "_" {
				wk.edits.replace(id.Pos(), id.End(), fmt.Sprintf("%sa%d", mark.Mark, n))
			}
			n++
		}
	}
}

// nameReceiver does the same for a receiver.
func (wk *walk) nameReceiver(list *ast.FieldList) {
	f := list.List[0]
	switch {
	case len(f.Names) == 0:
		wk.edits.before(f.Type.Pos(), mark.Mark+"t ")
	case f.Names[0].Name == "_":
		wk.edits.replace(f.Names[0].Pos(), f.Names[0].End(), mark.Mark+"t")
	}
}

// body walks a function body and returns what comes before it and after it;
// vars are the declarations of its results.
func (wk *walk) body(fn *function, body *ast.BlockStmt, vars string) (prologue, epilogue string) {
	outer, top := wk.fn, wk.top
	wk.fn = fn
	wk.statements(body.List)
	prologue = wk.prologue()
	if fn.defers {
		var handed []string
		for i := range fn.results {
			handed = append(handed, fn.handed(i))
		}
		hand := ""
		if vars != "" {
			hand = "; " + strings.Join(handed, ", ") + " = " + strings.Join(fn.results, ", ")
		}
		open := fmt.Sprintf(" %[1]s%[2]sd := %[3]s.Defers(); defer func() { %[2]sd.Run(recover())%[4]s }(); ", vars, mark.Mark, wk.rt(), hand)
		if fn.recovers {
			open += wk.catch()
		}
		prologue, epilogue = open+"func() {"+prologue, "; }(); return "
	} else if prologue = " " + vars + prologue; fn.recovers {
		prologue = " " + wk.catch() + prologue
	}
	wk.fn, wk.top = outer, top
	return prologue, epilogue
}

// catch notes at a function's start whether a deferred call has called it, as recover wants to know.
func (wk *walk) catch() string { return mark.Mark + "c := " + wk.rt() + ".Caught(); " }

func (wk *walk) prologue() string {
	text := wk.checkpoint()
	if wk.fn.lines {
		text += " " + mark.Mark + "l := " + wk.rt() + ".Line();"
	}
	return " " + text + " "
}

// checkpoint is the test of the one flag, DESIGN.md's eval breaker.
func (wk *walk) checkpoint() string {
	if wk.opt.Exact {
		return fmt.Sprintf("if %s.Raised() { %s.Checkpoint() };", wk.rt(), wk.rt())
	}
	return fmt.Sprintf("if %s { %s.Checkpoint() };", mark.Flag, wk.rt())
}
