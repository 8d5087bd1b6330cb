package session

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/traefik/yaegi/interp"
)

// remains is what yaegi keeps of each text that it has compiled, for its debugger alone: the syntax tree, in a list, and
// the scopes of its functions, in that of the package. Of a cell there is its function as well, which nobody calls by name again. All
// that is 13 of the 14 kB that a short cell takes. There is no call to let go of it.
type remains struct {
	roots  reflect.Value // []*node
	scopes reflect.Value // map[string]*scope
}

// remainsOf finds them. The error says that this is another yaegi than the one that was looked into.
func remainsOf(it *interp.Interpreter) (r remains, err error) {
	if r.roots, err = inside(reflect.ValueOf(it), "roots", reflect.Slice); err != nil {
		return r, err
	}
	r.scopes, err = inside(reflect.ValueOf(it), "scopes", reflect.Map)
	return r, err
}

// inside returns a field of the struct that v points to, also one that is not exported.
func inside(v reflect.Value, name string, kind reflect.Kind) (reflect.Value, error) {
	f := v.Elem().FieldByName(name)
	if f.Kind() != kind { // Invalid if there is none
		return f, fmt.Errorf("%s has no field %s that is a %s", v.Type(), name, kind)
	}
	return reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem(), nil
}

// release lets go of what was compiled so far, and of the function of a cell. Who has the function as a value can call
// it as before.
func (r remains) release(entry string) error {
	r.roots.SetZero()
	name := reflect.ValueOf(entry)
	for i := r.scopes.MapRange(); i.Next(); {
		child, err := inside(i.Value(), "child", reflect.Slice)
		if err != nil {
			return err
		}
		child.SetZero()
		sym, err := inside(i.Value(), "sym", reflect.Map)
		if err != nil {
			return err
		}
		if entry != "" {
			sym.SetMapIndex(name, reflect.Value{})
		}
	}
	return nil
}
