package rewrite

import (
	"go/types"

	"lockstep/kernel/check"
)

// definable reports types of which the session can make a variable by reflection alone. A
// type without a name is not among them unless compiled code has it already: reflection would make one of
// its own, which is another than that of a unit that is loaded later. [rt.Kin] has which there are.
func definable(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Pointer:
		return isDefinableName(t.Elem())
	case *types.Slice:
		return isKin(t.Elem())
	case *types.Map:
		if is(t.Elem(), types.Bool, types.Int) {
			if _, isBasic := types.Unalias(t.Key()).(*types.Basic); isBasic && isDefinableName(t.Key()) {
				return true
			}
		}
		return is(t.Key(), types.String, types.Int) && isKin(t.Elem())
	}
	return isDefinableName(t)
}

// is reports one of two basic types.
func is(t types.Type, a, b types.BasicKind) bool {
	return types.Identical(t, types.Typ[a]) || types.Identical(t, types.Typ[b])
}

// isKin reports T, []T and *T of a T that has kin.
func isKin(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Slice:
		return hasKin(t.Elem())
	case *types.Pointer:
		return hasKin(t.Elem())
	}
	return hasKin(t)
}

// isDefinableName reports types with a name of their own, and any.
func isDefinableName(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return t.Kind() != types.UnsafePointer
	case *types.Named:
		if t.TypeArgs().Len() > 0 {
			return false
		}
		pkg := t.Obj().Pkg()
		return pkg == nil || t.Obj().Parent() == pkg.Scope() && !check.Foreign(pkg.Path())
	case *types.Interface:
		return t.Empty()
	}
	return false
}

// hasKin reports types of whose kin compiled code has descriptions.
func hasKin(t types.Type) bool {
	if n, ok := types.Unalias(t).(*types.Named); ok && n.Obj().Pkg() != nil && !ours(n.Obj()) {
		return n.Obj().Pkg().Path() == "time" && (n.Obj().Name() == "Duration" || n.Obj().Name() == "Time")
	}
	return isDefinableName(t)
}
