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
		switch e := types.Unalias(t.Elem()).(type) {
		case *types.Slice:
			return hasKin(e.Elem())
		case *types.Pointer:
			return hasKin(e.Elem())
		}
		return hasKin(t.Elem())
	case *types.Map:
		elem := types.Unalias(t.Elem())
		if _, isBasic := types.Unalias(t.Key()).(*types.Basic); isBasic && (types.Identical(elem, types.Typ[types.Bool]) || types.Identical(elem, types.Typ[types.Int])) {
			return true
		}
		if !types.Identical(t.Key(), types.Typ[types.String]) && !types.Identical(t.Key(), types.Typ[types.Int]) {
			return false
		}
		switch e := elem.(type) {
		case *types.Slice:
			return hasKin(e.Elem())
		case *types.Pointer:
			return hasKin(e.Elem())
		}
		return hasKin(elem)
	}
	return isDefinableName(t)
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
