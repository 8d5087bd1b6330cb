package stdsym_test

import (
	"go/constant"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"testing"

	"lockstep/kernel/check/stdtypes"
	"lockstep/kernel/session/stdsym"
)

// excluded are the standard packages that have no table, as doc.go says.
var excluded = []string{"plugin", "runtime/cgo", "runtime/race"}

// TestTablesAreComplete compares the tables with the type information that
// cells are checked with: what passes the check must be there, as what it is.
func TestTablesAreComplete(t *testing.T) {
	var im stdtypes.Importer
	var known []string
	for _, path := range stdtypes.Packages() {
		if strings.HasPrefix(path, "lockstep/") || slices.Contains(excluded, path) {
			continue
		}
		known = append(known, path)
		pkg, err := im.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		symbols, ok := stdsym.Lookup(path)
		if !ok {
			t.Errorf("no table of %s", path)
			continue
		}
		for _, name := range pkg.Scope().Names() {
			o := pkg.Scope().Lookup(name)
			if !o.Exported() || path == "unsafe" {
				continue
			}
			v, ok := symbols[name]
			if ok == stdsym.Generic(path, name) {
				t.Errorf("%s: in table %v, generic %v, want exactly one", o, ok, !ok)
			}
			delete(symbols, name)
			if ok {
				checkKind(t, o, v)
			}
		}
		for name := range symbols {
			if !strings.HasPrefix(name, "_") && path != "unsafe" {
				t.Errorf("%s.%s is in the table, but not exported", path, name)
			}
		}
	}
	if got := stdsym.Paths(); !slices.Equal(got, known) {
		t.Errorf("Paths: got %v, want %v", got, known)
	}
	for _, path := range append(excluded, "", "nosuch", "internal/abi") {
		if _, ok := stdsym.Lookup(path); ok {
			t.Errorf("Lookup(%q): got a table, want none", path)
		}
		if _, err := stdsym.Import("fmt", path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("Import(%q): got error %v, want one that names the path", path, err)
		}
	}
}

// checkKind tests that yaegi will take a symbol for what it is declared as.
func checkKind(t *testing.T, o types.Object, v reflect.Value) {
	t.Helper()
	ok := false
	switch o := o.(type) {
	case *types.TypeName:
		ok = v.Kind() == reflect.Pointer && v.IsNil()
		if _, alias := o.Type().(*types.Alias); ok && !alias {
			ok = v.Type().Elem().PkgPath() == o.Pkg().Path() && v.Type().Elem().Name() == o.Name()
		}
	case *types.Var:
		ok = v.CanSet()
	case *types.Func:
		ok = v.Kind() == reflect.Func && v.Type().NumIn() == o.Signature().Params().Len() &&
			v.Type().NumOut() == o.Signature().Results().Len()
	case *types.Const:
		c, untyped := v.Interface().(constant.Value)
		if basic, isBasic := o.Type().(*types.Basic); isBasic && basic.Info()&types.IsUntyped != 0 && basic.Kind() != types.UntypedBool {
			ok = untyped && c.String() == o.Val().String()
		} else {
			ok = !untyped && v.Type().Name() != "" && !v.CanSet()
		}
	}
	if !ok {
		t.Errorf("%s: the table has %v", o, v)
	}
}

func TestGeneric(t *testing.T) {
	for _, tt := range []struct {
		path, name string
		want       bool
	}{
		{"slices", "Sort", true},
		{"maps", "Keys", true},
		{"cmp", "Ordered", true}, // a constraint
		{"iter", "Seq2", true},
		{"sync/atomic", "Pointer", true},
		{"sync", "OnceValue", true},
		{"sync", "OnceFunc", false},
		{"errors", "AsType", true},
		{"unsafe", "Slice", true},
		{"unsafe", "Sizeof", false},
		{"fmt", "Println", false},
		{"fmt", "NoSuch", false},
		{"nosuch", "Name", false},
	} {
		if got := stdsym.Generic(tt.path, tt.name); got != tt.want {
			t.Errorf("Generic(%q, %q): got %v, want %v", tt.path, tt.name, got, tt.want)
		}
	}
}

// TestLookupIsOwned changes one result and looks again.
func TestLookupIsOwned(t *testing.T) {
	first, _ := stdsym.Lookup("strings")
	clear(first)
	if second, _ := stdsym.Lookup("strings"); !second["ToUpper"].IsValid() {
		t.Error("a change to the result of Lookup shows in the next")
	}
}
