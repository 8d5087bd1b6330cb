package check

import (
	"go/types"
	"slices"
)

// members lists the fields and methods of an expression, promoted ones
// included, and the method expressions of a type.
func members(pkg *types.Package, tv types.TypeAndValue) []candidate {
	names := map[string]bool{}
	memberNames(tv.Type, names, map[types.Type]bool{})
	_, isPointer := types.Unalias(tv.Type).(*types.Pointer)
	addressable := tv.Addressable() || isPointer
	var out []candidate
	for name := range names {
		// The language's own rule says what is ambiguous, shadowed, unexported or out of
		// reach of a value that has no address.
		obj, _, _ := types.LookupFieldOrMethod(tv.Type, addressable, pkg, name)
		if obj == nil {
			continue
		}
		if _, isField := obj.(*types.Var); isField && tv.IsType() {
			continue
		}
		out = append(out, candidate{itemOf(obj, pkg), member})
	}
	return out
}

// memberNames collects the names of all fields and methods that t or what it
// embeds may have.
func memberNames(t types.Type, names map[string]bool, seen map[types.Type]bool) {
	t = types.Unalias(t)
	if p, ok := t.(*types.Pointer); ok {
		t = types.Unalias(p.Elem())
	}
	if seen[t] {
		return
	}
	seen[t] = true
	if n, ok := t.(*types.Named); ok {
		for m := range n.Methods() {
			names[m.Name()] = true
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Struct:
		for f := range u.Fields() {
			names[f.Name()] = true
			if f.Embedded() {
				memberNames(f.Type(), names, seen)
			}
		}
	case *types.Interface:
		for m := range u.Methods() {
			names[m.Name()] = true
		}
	}
}

// packageMembers lists what a package exports.
func packageMembers(pkg *types.Package) []candidate {
	var out []candidate
	for _, name := range pkg.Scope().Names() {
		if obj := pkg.Scope().Lookup(name); obj.Exported() {
			out = append(out, candidate{itemOf(obj, pkg), member})
		}
	}
	return out
}

// itemOf makes the item of an object as seen from a package: names of that one
// are not qualified.
func itemOf(obj types.Object, from *types.Package) Item {
	item := Item{Text: obj.Name(), Kind: kindOf(obj)}
	qualify := qualifier(from)
	switch obj := obj.(type) {
	case *types.Func:
		item.Signature = signature(obj.Signature(), qualify)
	case *types.Builtin:
		item.Signature = builtins[obj.Name()]
	case *types.Var, *types.Const:
		item.Signature = types.TypeString(obj.Type(), qualify)
	case *types.PkgName:
		item.Signature = obj.Imported().Path()
	}
	return item
}

func kindOf(obj types.Object) ItemKind {
	switch obj := obj.(type) {
	case *types.Func:
		if obj.Signature().Recv() != nil {
			return MethodItem
		}
		return FunctionItem
	case *types.Builtin:
		return FunctionItem
	case *types.Var:
		if obj.IsField() {
			return FieldItem
		}
		return VariableItem
	case *types.Const, *types.Nil:
		return ConstantItem
	case *types.TypeName:
		return TypeItem
	case *types.PkgName:
		return PackageItem
	}
	return VariableItem
}

// qualifier writes package names, except that of from.
func qualifier(from *types.Package) types.Qualifier {
	return func(p *types.Package) string {
		if p.Path() == from.Path() {
			return ""
		}
		return p.Name()
	}
}

// builtins are the parameters and results of the predeclared functions, which
// go/types has no signatures for. The names are those of package builtin.
var builtins = map[string]string{
	"append":  "(slice []Type, elems ...Type) []Type",
	"cap":     "(v Type) int",
	"clear":   "(t Type)",
	"close":   "(c chan<- Type)",
	"complex": "(r, i FloatType) ComplexType",
	"copy":    "(dst, src []Type) int",
	"delete":  "(m map[Type]Type1, key Type)",
	"imag":    "(c ComplexType) FloatType",
	"len":     "(v Type) int",
	"make":    "(t Type, size ...IntegerType) Type",
	"max":     "(x Type, y ...Type) Type",
	"min":     "(x Type, y ...Type) Type",
	"new":     "(value Type) *Type",
	"panic":   "(v any)",
	"print":   "(args ...Type)",
	"println": "(args ...Type)",
	"real":    "(c ComplexType) FloatType",
	"recover": "() any",
}

// fixed reports whether the session or the cell says which package a name
// means, so that nothing is left to guess.
func (p *partial) fixed(name string) bool {
	if p.scope.imports[name] != "" {
		return true
	}
	return slices.ContainsFunc(p.importSpecs(), func(i importSpec) bool { return i.name == name })
}
