package rewrite

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"
)

// ident puts the engine's name in the place of the session's.
func (wk *walk) ident(id *ast.Ident) {
	obj := wk.info.Uses[id]
	if obj == nil {
		obj = wk.info.Defs[id]
	}
	name := id.Name
	if v := wk.info.Defs[id]; v != nil && name == "nil" {
		wk.refuse(id.Pos(), "a declaration of nil")
	}
	if to := wk.rename[obj]; to != "" {
		wk.edits.replace(id.Pos(), id.End(), to)
		return
	}
	if to := wk.instanceText(id); to != "" {
		wk.edits.replace(id.Pos(), id.End(), to)
		return
	}
	if obj != nil && obj.Pkg() != nil && obj.Pkg() != wk.pkg && obj.Parent() == obj.Pkg().Scope() && !wk.selected[id] {
		wk.edits.replace(id.Pos(), id.End(), wk.alias(obj.Pkg().Path())+"."+id.Name) // of an import .
		return
	}
	switch o := obj.(type) {
	case nil:
		return
	case *types.Const:
		if _, isUse := wk.info.Uses[id]; isUse && o.Val().Kind() != constant.Unknown {
			name = wk.constText(o.Type(), o.Val(), 0)
		}
	case *types.PkgName:
		name = wk.alias(o.Imported().Path())
	case *types.Builtin:
		if o.Name() == "print" || o.Name() == "println" {
			name = wk.rt() + "." + strings.ToUpper(o.Name()[:1]) + o.Name()[1:]
		}
	case *types.Var:
		if o.Embedded() && o.IsField() {
			name = wk.fieldName(o)
		} else if o.Parent() == wk.pkg.Scope() {
			name = wk.variable(o.Name())
		}
	case *types.TypeName:
		if to := wk.typeName(o); to != "" {
			name = to
		} else if o.Parent() == wk.pkg.Scope() {
			name = wk.names.internal(o.Name())
		}
	default:
		if o.Parent() == wk.pkg.Scope() {
			name = wk.names.internal(o.Name())
		}
	}
	if written, _ := old(id.Name); name != written {
		wk.edits.replace(id.Pos(), id.Pos()+token.Pos(len(written)), name)
	}
}

// fieldName is the engine's name of a field: an embedded one goes by its type's.
func (wk *walk) fieldName(o *types.Var) string {
	if !o.Embedded() {
		return o.Name()
	}
	t := wk.subst(o.Type())
	if a, ok := o.Type().(*types.Alias); ok && a.Obj().Pkg() == wk.pkg && a.Obj().Parent() == wk.pkg.Scope() {
		return wk.names.internal(a.Obj().Name())
	}
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	if n := embeddedName(t); n != nil && n.Pkg() == wk.pkg {
		return wk.typeText(t)
	}
	return o.Name()
}

func embeddedName(t types.Type) *types.TypeName {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	switch t := t.(type) {
	case *types.Named:
		return t.Obj()
	case *types.Alias:
		return t.Obj()
	}
	return nil
}

// variable names a session variable; one that the cell redefines later is the earlier one.
func (wk *walk) variable(name string) string {
	if plain, isOld := old(name); isOld {
		return wk.before.internal(plain)
	}
	return wk.names.internal(name)
}
