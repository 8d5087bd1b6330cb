package check

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// Functions that other processes are to call go by their names: a call such as pool.Map(f, items)
// takes any value, so that go/types does not tell whether f has a name that another process
// knows, and whether items fit. That is done here.

// senders are the functions whose first argument is a function for another process; mapped
// says that the second holds its arguments, one after another.
var senders = map[string]struct{ mapped bool }{
	"(*lockstep/lab.Pool).Apply":         {},
	"(*lockstep/lab.Pool).ApplyAsync":    {},
	"(*lockstep/lab.Pool).Map":           {mapped: true},
	"(*lockstep/lab.Pool).MapAsync":      {mapped: true},
	"(*lockstep/lab.Pool).IMap":          {mapped: true},
	"(*lockstep/lab.Pool).IMapUnordered": {mapped: true},
	"lockstep/lab.NewProcess":            {},
}

// Sent returns the name of the function that a call gives to another process, "" for other calls.
func (c *Cell) Sent(call *ast.CallExpr) string { return c.sent[call] }

// Sendable returns the functions that the cell, or a live declaration, gives to other processes, sorted.
func (c *Cell) Sendable() []string {
	names := map[string]bool{}
	for _, name := range c.sent {
		names[name] = true
	}
	return sortedKeys(names)
}

// sends finds the calls that give functions to other processes, and what is wrong with them.
func (b *builder) sends() (errs ErrorList) {
	b.sent = map[*ast.CallExpr]string{}
	for _, f := range b.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && len(call.Args) > 0 {
				if pos, msg := b.send(call); msg != "" {
					e := Error{Pos: b.position(pos), Msg: msg}
					if e.Pos.Filename != b.Source.Name {
						e.Earlier, e.key = b.earlier(pos)
					}
					errs = append(errs, e)
				}
			}
			return true
		})
	}
	return errs
}

// send notes a call that gives a function to another process. It returns what is wrong with it, and where.
func (b *builder) send(call *ast.CallExpr) (token.Pos, string) {
	fun := ast.Unparen(call.Fun)
	id, ok := fun.(*ast.Ident)
	if sel, isSel := fun.(*ast.SelectorExpr); isSel {
		id, ok = sel.Sel, true
	}
	if !ok {
		return 0, ""
	}
	callee, ok := b.Info.Uses[id].(*types.Func)
	if !ok {
		return 0, ""
	}
	how, ok := senders[callee.FullName()]
	if !ok {
		return 0, ""
	}
	arg := ast.Unparen(call.Args[0])
	f, why := b.sendable(arg)
	if why != "" {
		return arg.Pos(), fmt.Sprintf("cannot use %s as the function of %s: %s", types.ExprString(arg), types.ExprString(fun), why)
	}
	b.sent[call] = f.Name()
	switch {
	case call.Ellipsis.IsValid(): // known when it runs
	case how.mapped:
		return b.mapFits(call, f)
	default:
		return b.argumentsFit(call, f)
	}
	return 0, ""
}

// sendable finds the function that an expression names, or tells why another process cannot have it.
func (b *builder) sendable(e ast.Expr) (f *types.Func, why string) {
	const declare = "another process finds a function by its name, so it must be one that is declared in a cell"
	if _, literal := e.(*ast.FuncLit); literal {
		return nil, declare
	}
	id, ok := e.(*ast.Ident)
	if !ok {
		return nil, declare
	}
	f, ok = b.Info.Uses[id].(*types.Func)
	if !ok || f.Parent() != b.pkg.Scope() {
		return nil, declare
	}
	sig := f.Signature()
	if sig.TypeParams().Len() > 0 {
		return nil, "it has type parameters; declare a function that calls it"
	}
	n := sig.Results().Len()
	if n > 2 || n == 2 && !isErrorType(sig.Results().At(1).Type()) {
		return nil, "it must return at most one value and an error"
	}
	return f, ""
}

func isErrorType(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// argumentsFit judges the arguments that follow the function in a call.
func (b *builder) argumentsFit(call *ast.CallExpr, f *types.Func) (token.Pos, string) {
	args, sig := call.Args[1:], f.Signature()
	want, n := sig.Params(), sig.Params().Len()
	if len(args) < n && !(sig.Variadic() && len(args) == n-1) || len(args) > n && !sig.Variadic() {
		few, pos := "not enough", call.Rparen
		if len(args) > n {
			few, pos = "too many", args[n].Pos()
		}
		var have []string
		for _, a := range args {
			have = append(have, b.typeText(b.Info.TypeOf(a)))
		}
		return pos, fmt.Sprintf("%s arguments for %s: have (%s), want %s", few, f.Name(), strings.Join(have, ", "), b.typeText(want))
	}
	for i, a := range args {
		t := want.At(min(i, n-1)).Type()
		if sig.Variadic() && i >= n-1 {
			t = t.(*types.Slice).Elem()
		}
		if !b.fits(a, t) {
			return a.Pos(), fmt.Sprintf("cannot use %s (%s) as %s value in argument to %s", types.ExprString(a), b.described(a), b.typeText(t), f.Name())
		}
	}
	return 0, ""
}

// mapFits judges what a Map goes over.
func (b *builder) mapFits(call *ast.CallExpr, f *types.Func) (token.Pos, string) {
	sig := f.Signature()
	if sig.Params().Len() != 1 {
		return call.Args[0].Pos(), fmt.Sprintf("cannot use %s as the function of %s: it must have one parameter, for the item, and has %d", f.Name(), types.ExprString(call.Fun), sig.Params().Len())
	}
	if len(call.Args) < 2 {
		return 0, "" // which go/types has said
	}
	items := call.Args[1]
	t := b.Info.TypeOf(items)
	want := sig.Params().At(0).Type()
	if sig.Variadic() {
		want = want.(*types.Slice).Elem()
	}
	var elem types.Type
	switch u := t.Underlying().(type) {
	case *types.Slice:
		elem = u.Elem()
	case *types.Array:
		elem = u.Elem()
	case *types.Pointer:
		if a, ok := u.Elem().Underlying().(*types.Array); ok {
			elem = a.Elem()
		}
	case *types.Basic:
		if u.Info()&types.IsInteger != 0 {
			elem = types.Default(t)
		}
	case *types.Interface:
		return 0, "" // known when it runs
	}
	switch {
	case elem == nil:
		return items.Pos(), fmt.Sprintf("cannot go over %s (%s): want a slice, an array or a number of items", types.ExprString(items), b.described(items))
	case !types.AssignableTo(elem, want):
		return items.Pos(), fmt.Sprintf("cannot use the elements of %s (%s) as %s value in argument to %s", types.ExprString(items), b.described(items), b.typeText(want), f.Name())
	}
	return 0, ""
}

// fits reports whether an argument can be given to a parameter, as a constant without a type of
// its own too.
func (b *builder) fits(a ast.Expr, param types.Type) bool {
	t := b.Info.TypeOf(a)
	if t == nil || types.AssignableTo(t, param) {
		return true
	}
	kind := b.untyped(a)
	if kind == nil || !types.AssignableTo(kind, param) {
		return false
	}
	basic, ok := param.Underlying().(*types.Basic)
	v := b.Info.Types[a].Value
	return !ok || v == nil || basic.Info()&types.IsInteger == 0 || constant.ToInt(v).Kind() == constant.Int
}

// untyped is the type of a constant expression before it became an any, nil if it had one of its own.
func (b *builder) untyped(e ast.Expr) types.Type {
	switch e := ast.Unparen(e).(type) {
	case *ast.BasicLit:
		return map[token.Token]types.Type{token.INT: types.Typ[types.UntypedInt], token.FLOAT: types.Typ[types.UntypedFloat], token.IMAG: types.Typ[types.UntypedComplex],
			token.CHAR: types.Typ[types.UntypedRune], token.STRING: types.Typ[types.UntypedString]}[e.Kind]
	case *ast.Ident:
		switch obj := b.Info.Uses[e].(type) {
		case *types.Nil:
			return types.Typ[types.UntypedNil]
		case *types.Const:
			if t, ok := obj.Type().(*types.Basic); ok && t.Info()&types.IsUntyped != 0 {
				return t
			}
		}
	case *ast.SelectorExpr:
		if c, ok := b.Info.Uses[e.Sel].(*types.Const); ok {
			if t, ok := c.Type().(*types.Basic); ok && t.Info()&types.IsUntyped != 0 {
				return t
			}
		}
	case *ast.UnaryExpr:
		return b.untyped(e.X)
	case *ast.BinaryExpr:
		x, y := b.untyped(e.X), b.untyped(e.Y)
		if x == nil || y == nil {
			return nil
		}
		if x.(*types.Basic).Kind() > y.(*types.Basic).Kind() {
			return x
		}
		return y
	}
	return nil
}

// described tells what an expression is, as Go's own errors do.
func (b *builder) described(e ast.Expr) string {
	tv := b.Info.Types[e]
	kind := "value"
	switch {
	case tv.Value != nil:
		kind = "constant"
	case tv.Addressable():
		kind = "variable"
	}
	return kind + " of type " + b.typeText(tv.Type)
}

func (b *builder) typeText(t types.Type) string {
	return types.TypeString(t, qualifier(b.pkg))
}
