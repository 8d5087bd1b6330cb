package session

import (
	"fmt"
	"reflect"
	"unsafe"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/pipe"
	"lockstep/kernel/rewrite/mark"
	"lockstep/kernel/rt"
	"lockstep/kernel/session/cellsym"
	"lockstep/kernel/session/stdsym"
)

// offer gives the interpreter what a plain cell uses of compiled code, and makes
// the variables that the cell defines.
func (s *Session) offer(sym *pipe.Symbols) *pipe.Fault {
	fault := func(err error) *pipe.Fault { return &pipe.Fault{Kind: "compile error", Text: err.Error()} }
	for _, v := range sym.Vars {
		t, err := typeOf(&v.Type)
		if err != nil {
			return fault(err)
		}
		s.native.registry.Put(v.Name, reflect.New(t))
	}
	table := map[string]reflect.Value{}
	for _, name := range sym.Slots {
		p, ok := s.native.registry.Lookup(name)
		if !ok {
			return fault(fmt.Errorf("there is no variable %s in the session", name))
		}
		table[mark.Slot(name)] = p
	}
	for _, name := range sym.Funcs {
		p, ok := s.native.registry.Lookup(name)
		if !ok || p.Elem().IsNil() {
			return fault(fmt.Errorf("there is no function %s in the session", name))
		}
		table[mark.Function(name)] = reflect.ValueOf(p.Elem().Interface())
	}
	for i, f := range sym.Fields {
		p, ok := s.native.registry.Lookup(f.Slot)
		if !ok {
			return fault(fmt.Errorf("there is no variable %s in the session", f.Slot))
		}
		table[mark.Field(i)] = field(p, f.Path, f.Target)
	}
	for i := range sym.Literals {
		l := &sym.Literals[i]
		t, err := typeOf(&l.Type)
		if err != nil {
			return fault(err)
		}
		table[mark.Literal(i)] = literal(t, l)
	}
	if len(table) == 0 {
		return nil
	}
	if err := s.engine.it.Use(interp.Exports{stdsym.Key(sym.Path, "v"): table}); err != nil {
		return fault(err)
	}
	return nil
}

// field is a function that returns the address of a field or element, found from a variable's own, or with target
// what the pointer there points to. The interpreter would take what nil points to for a value until that is used,
// and cannot reach fields that are not exported.
func field(variable reflect.Value, path []int, target bool) reflect.Value {
	t := variable.Type().Elem()
	var indexes []reflect.Type
	for _, i := range path {
		if i == mark.Index {
			indexes, t = append(indexes, reflect.TypeFor[int]()), t.Elem()
			continue
		}
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		t = t.Field(i).Type
	}
	result := reflect.PointerTo(t)
	if target {
		result = t.Elem()
	}
	return reflect.MakeFunc(reflect.FuncOf(indexes, []reflect.Type{result}, false), func(indexes []reflect.Value) []reflect.Value {
		v := variable.Elem()
		for _, i := range path {
			switch {
			case i == mark.Index:
				v = v.Index(index(int(indexes[0].Int()), v.Len()))
				indexes = indexes[1:]
				continue
			case v.Kind() == reflect.Pointer:
				v = follow(v)
			}
			v = v.Field(i)
		}
		at := reflect.NewAt(t, unsafe.Pointer(v.UnsafeAddr()))
		if target {
			return []reflect.Value{follow(at.Elem())}
		}
		return []reflect.Value{at}
	})
}

// follow is what a pointer points to. It panics as Go does when that is nothing.
func follow(p reflect.Value) reflect.Value {
	_ = *(*byte)(p.UnsafePointer())
	return p.Elem()
}

// typeOf makes or finds a type.
func typeOf(r *pipe.TypeRef) (reflect.Type, error) {
	if r.Name != "" {
		return namedType(r.Pkg, r.Name)
	}
	var parts [2]reflect.Type
	for i, p := range []*pipe.TypeRef{r.Key, r.Elem} {
		if p != nil {
			t, err := typeOf(p)
			if err != nil {
				return nil, err
			}
			parts[i] = t
		}
	}
	key, elem := parts[0], parts[1]
	switch r.Kind {
	case reflect.Pointer:
		return reflect.PointerTo(elem), nil
	case reflect.Slice:
		return reflect.SliceOf(elem), nil
	case reflect.Array:
		return reflect.ArrayOf(r.Len, elem), nil
	case reflect.Map:
		return reflect.MapOf(key, elem), nil
	}
	return nil, fmt.Errorf("a type of kind %s cannot be made", r.Kind)
}

var universe = map[string]reflect.Type{"error": reflect.TypeFor[error](), "any": reflect.TypeFor[any](),
	"byte": reflect.TypeFor[byte](), "rune": reflect.TypeFor[rune]()}

func init() {
	for _, v := range []any{false, 0, int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0), uintptr(0),
		float32(0), float64(0), complex64(0), complex128(0), ""} {
		t := reflect.TypeOf(v)
		universe[t.Name()] = t
	}
}

func namedType(pkg, name string) (reflect.Type, error) {
	if pkg == "" {
		if t, ok := universe[name]; ok {
			return t, nil
		}
	} else if u := rt.Loaded(pkg); u != nil {
		if t, ok := u.Type(name); ok {
			return t, nil
		}
	} else if t, ok := cellsym.Type(pkg, name); ok {
		return t, nil
	}
	return nil, fmt.Errorf("there is no type %s of %q in the session's process", name, pkg)
}

// index is i, as an index where there are n elements: where it is none, that is said in Go's words.
func index(i, n int) int {
	_ = make([]struct{}, n)[i]
	return i
}

// bounds is low, as the lower one of a slice's bounds.
func bounds(low, high, length, capacity int) int {
	_ = make([]struct{}, length, capacity)[low:high]
	return low
}

// isNil tells whether the variable at a pointer is nil.
func isNil(pointer any) bool { return reflect.ValueOf(pointer).Elem().IsNil() }
