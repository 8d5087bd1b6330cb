package rewrite

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"lockstep/kernel/check"
	"lockstep/kernel/rewrite/mark"
)

// expr writes an expression.
func (w *plain) expr(e ast.Expr) (string, bool) {
	tv := w.info.Types[e]
	if tv.Value != nil {
		return w.constant(tv)
	}
	switch x := e.(type) {
	case *ast.ParenExpr:
		t, ok := w.expr(x.X)
		return "(" + t + ")", ok
	case *ast.Ident:
		return w.name(x)
	case *ast.SelectorExpr:
		return w.selector(x)
	case *ast.IndexExpr:
		return w.index(x)
	case *ast.UnaryExpr:
		if x.Op == token.AND {
			if lit, ok := ast.Unparen(x.X).(*ast.CompositeLit); ok {
				return w.construct(lit, w.info.TypeOf(x))
			}
			return w.address(x.X)
		}
		t, ok := w.expr(x.X)
		return x.Op.String() + t, ok && x.Op != token.ARROW && isBasic(w.info.TypeOf(x.X))
	case *ast.StarExpr:
		return w.target(x.X)
	case *ast.SliceExpr:
		return w.slice(x)
	case *ast.BinaryExpr:
		if t, ok := w.isNil(x); ok {
			return t, true
		}
		l, ok1 := w.expr(x.X)
		r, ok2 := w.expr(x.Y)
		return "(" + l + " " + x.Op.String() + " " + r + ")", ok1 && ok2 && w.operates(x)
	case *ast.CompositeLit:
		return w.literal(x)
	case *ast.CallExpr:
		return w.call(x)
	}
	return "", false
}

// operates reports whether the interpreter has the operation right.
func (w *plain) operates(x *ast.BinaryExpr) bool {
	return x.Op != token.SHL && x.Op != token.SHR && isBasic(w.info.TypeOf(x.X)) && isBasic(w.info.TypeOf(x.Y))
}

// isBasic reports basic types, and those of the standard library over them.
func isBasic(t types.Type) bool {
	if n, ok := types.Unalias(t).(*types.Named); ok && (n.Obj().Pkg() == nil || ours(n.Obj())) {
		return false
	}
	return isPlainBasic(t.Underlying())
}

func (w *plain) name(x *ast.Ident) (string, bool) {
	v, ok := w.info.ObjectOf(x).(*types.Var)
	if !ok || v.Parent() != w.cell.Pkg.Scope() {
		return "", false
	}
	return w.slot(x.Name), true
}

// showing are the packages whose functions take values of any type as the interpreter hands them over.
var showing = []string{"fmt", "log", "lockstep/kernel/display"}

// unfit are packages whose functions look at the code or the types around them.
var unfit = []string{"reflect", "runtime", "runtime/debug", "testing", "unsafe", "errors", "encoding/gob", "sync", "context"}

// fit are functions of theirs that do not, or only at errors, which they get as those are.
var fit = []string{"errors.New", "errors.Is", "errors.Unwrap"}

func (w *plain) call(x *ast.CallExpr) (string, bool) {
	tv := w.info.Types[x.Fun]
	switch {
	case x.Ellipsis.IsValid():
		return "", false
	case tv.IsBuiltin():
		return w.builtin(x)
	case tv.IsType():
		if t, ok := w.text(x, tv.Type); ok {
			return t, true
		}
		a, ok := w.expr(x.Args[0])
		if !ok || !isNumber(tv.Type) || !isNumber(w.info.TypeOf(x.Args[0])) {
			return "", false
		}
		return w.basicName(tv.Type) + "(" + a + ")", true
	}
	f := callee(w.info, x)
	if f != nil && f.Pkg() == nil { // error's only method
		fun, ok := w.callee(x, f)
		return fun + "()", ok
	}
	if f == nil {
		return w.callVariable(x)
	}
	w.waits = w.waits || blocks(f)
	if f.Signature().TypeParams().Len() > 0 || slices.Contains(unfit, f.Pkg().Path()) && !slices.Contains(fit, f.FullName()) || check.Foreign(f.Pkg().Path()) {
		return "", false
	}
	fun, ok := w.callee(x, f)
	if !ok {
		return "", false
	}
	var args []string
	sent := w.cell.Sent(x)
	for i, a := range x.Args {
		if i == 0 && sent != "" {
			args = append(args, w.sent(sent))
			continue
		}
		if t, ok := w.boxed(a, paramType(f.Signature(), i)); ok {
			args = append(args, t)
			continue
		}
		t, ok := w.expr(a)
		if !ok || !w.fits(w.info.TypeOf(a), paramType(f.Signature(), i), f) && (sent == "" || types.IsInterface(w.info.TypeOf(a))) {
			return "", false
		}
		args = append(args, t)
	}
	return fun + "(" + strings.Join(args, ", ") + ")", true
}

// text writes a conversion of a string to its bytes, or back.
func (w *plain) text(x *ast.CallExpr, to types.Type) (string, bool) {
	from := w.info.TypeOf(x.Args[0])
	str, bytes := types.Typ[types.String], types.NewSlice(types.Typ[types.Byte])
	if !types.Identical(to, str) || !types.Identical(from, bytes) {
		if !types.Identical(to, bytes) || !types.Identical(types.Default(from), str) {
			return "", false
		}
	}
	t, ok := w.expr(x.Args[0])
	if types.Identical(to, bytes) {
		return "[]byte(" + t + ")", ok
	}
	return w.alias(mark.Runtime) + ".Text(" + t + ")", ok
}

// callVariable writes the call of a function that is a variable of the session.
func (w *plain) callVariable(x *ast.CallExpr) (string, bool) {
	id, isName := ast.Unparen(x.Fun).(*ast.Ident)
	sig, isFunc := w.info.TypeOf(x.Fun).(*types.Signature)
	if !isName || !isFunc || sig.Variadic() {
		return "", false
	}
	fun, ok := w.name(id)
	if !ok {
		return "", false
	}
	var args []string
	for i, a := range x.Args {
		t, ok := w.expr(a)
		if !ok || i >= sig.Params().Len() || types.IsInterface(sig.Params().At(i).Type()) || isFuncType(sig.Params().At(i).Type()) {
			return "", false
		}
		args = append(args, t)
	}
	return fun + "(" + strings.Join(args, ", ") + ")", true
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

func isFuncType(t types.Type) bool {
	_, ok := t.Underlying().(*types.Signature)
	return ok
}

// sent writes a function for another process; package lab takes it, and the other arguments of such
// a call, out of the interpreter's clothes.
func (w *plain) sent(name string) string {
	s := w.Homes.Variable(name)
	w.funcs[s] = true
	return sentAs(w.alias(labPath), name) + mark.Mark + "v." + mark.Function(s) + ")"
}

// fits reports whether an argument arrives as what it is.
func (w *plain) fits(arg, param types.Type, f *types.Func) bool {
	if _, several := arg.(*types.Tuple); several || param == nil {
		return false
	}
	if !types.IsInterface(param) {
		return !isFuncType(param)
	}
	return slices.Contains(showing, f.Pkg().Path())
}

// boxed writes a variable, or its address, as an argument of type any, or one of type error.
func (w *plain) boxed(arg ast.Expr, param types.Type) (string, bool) {
	if param == nil {
		return "", false
	}
	if isError(param) && isError(w.info.TypeOf(arg)) {
		if at, ok := w.address(arg); ok {
			return w.alias(mark.Runtime) + ".Err(" + at + ")", true
		}
		if s, ok := ast.Unparen(arg).(*ast.SelectorExpr); ok {
			return w.selector(s) // io.EOF
		}
		return "", false
	}
	if i, ok := types.Unalias(param).(*types.Interface); !ok || !i.Empty() {
		return "", false
	}
	f := "Any"
	if u, ok := ast.Unparen(arg).(*ast.UnaryExpr); ok && u.Op == token.AND {
		f, arg = "Same", u.X
	}
	at, ok := w.address(arg)
	return w.alias(mark.Runtime) + "." + f + "(" + at + ")", ok
}

// callee writes the function or method that is called.
func (w *plain) callee(x *ast.CallExpr, f *types.Func) (string, bool) {
	switch fun := ast.Unparen(x.Fun).(type) {
	case *ast.Ident: // a function of the session
		if f.Parent() != w.cell.Pkg.Scope() {
			return "", false
		}
		s := w.Homes.Variable(f.Name())
		w.funcs[s] = true
		return mark.Mark + "v." + mark.Function(s), true
	case *ast.SelectorExpr:
		if id, ok := fun.X.(*ast.Ident); ok {
			if p, ok := w.info.Uses[id].(*types.PkgName); ok {
				return w.alias(p.Imported().Path()) + "." + fun.Sel.Name, true
			}
		}
		sel := w.info.Selections[fun]
		if sel == nil || sel.Kind() != types.MethodVal || len(sel.Index()) > 1 {
			return "", false
		}
		recv, ok := w.receiver(fun.X, sel.Recv(), f.Signature().Recv().Type())
		name := fun.Sel.Name
		if ours(f) && !f.Exported() {
			name = exportMark + name
		}
		return recv + "." + name, ok
	}
	return "", false
}

// receiver writes the receiver of a method that wants it as one type and gets it as perhaps another, a pointer or what that points to.
func (w *plain) receiver(x ast.Expr, has, wants types.Type) (string, bool) {
	_, isCall := ast.Unparen(x).(*ast.CallExpr)
	switch {
	case types.IsInterface(has) && (isCall || !isError(has)):
		return "", false
	case isCall: // time.Now().Year()
		t, ok := w.expr(x)
		return t, ok && (isPointer(has) || !isPointer(wants))
	case isPointer(has) && !isPointer(wants): // the interpreter would not notice a nil pointer
		return w.target(x)
	}
	at, ok := w.address(x)
	return "(*" + at + ")", ok
}

func (w *plain) builtin(x *ast.CallExpr) (string, bool) {
	id, ok := ast.Unparen(x.Fun).(*ast.Ident)
	if !ok || len(x.Args) == 0 {
		return "", false
	}
	switch id.Name {
	case "len", "cap", "copy":
	case "make", "new":
		return w.allocate(x, id.Name)
	case "append":
		s, ok := w.info.TypeOf(x.Args[0]).(*types.Slice)
		if !ok || types.IsInterface(s.Elem()) || isFuncType(s.Elem()) {
			return "", false
		}
		for _, a := range x.Args[1:] {
			if !types.Identical(w.info.TypeOf(a), s.Elem()) {
				return "", false
			}
		}
	case "delete":
		m, ok := w.info.TypeOf(x.Args[0]).(*types.Map)
		if !ok || !isPlainBasic(m.Key()) {
			return "", false
		}
	default:
		return "", false
	}
	var args []string
	for _, a := range x.Args {
		t, ok := w.expr(a)
		if !ok {
			return "", false
		}
		args = append(args, t)
	}
	return id.Name + "(" + strings.Join(args, ", ") + ")", true
}

// constant writes a constant of a basic type, or of one of the standard library's over such a type.
func (w *plain) constant(tv types.TypeAndValue) (string, bool) {
	t := types.Unalias(tv.Type)
	b, ok := t.Underlying().(*types.Basic)
	if !ok || !isBasic(t) {
		return "", false
	}
	name := w.basicName(t)
	text := ""
	switch info := b.Info(); {
	case info&types.IsBoolean != 0:
		text = strconv.FormatBool(constant.BoolVal(tv.Value))
	case info&types.IsString != 0:
		text = strconv.Quote(constant.StringVal(tv.Value))
	case info&types.IsInteger != 0:
		n, fits := constant.Int64Val(constant.ToInt(tv.Value))
		if !fits {
			return "", false
		}
		text = strconv.FormatInt(n, 10)
	case info&types.IsFloat != 0:
		f, _ := constant.Float64Val(constant.ToFloat(tv.Value))
		text = strconv.FormatFloat(f, 'g', -1, 64)
	default:
		return "", false
	}
	if name == "int" || name == "string" || name == "bool" {
		return text, true
	}
	return name + "(" + text + ")", true
}

// basicName writes a basic type, or one of the standard library's over such a type.
func (w *plain) basicName(t types.Type) string {
	if n, ok := types.Unalias(t).(*types.Named); ok {
		return w.alias(n.Obj().Pkg().Path()) + "." + n.Obj().Name()
	}
	return types.Default(t).String()
}

// isNumber reports such types of numbers.
func isNumber(t types.Type) bool {
	b, ok := t.Underlying().(*types.Basic)
	return ok && b.Info()&types.IsNumeric != 0 && isBasic(t)
}

// isPlainBasic reports basic types without a name of the session or the library.
func isPlainBasic(t types.Type) bool {
	b, ok := types.Unalias(t).(*types.Basic)
	return ok && b.Kind() != types.UnsafePointer && b.Kind() != types.UntypedNil && b.Info()&types.IsComplex == 0
}
