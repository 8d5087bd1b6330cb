package session

import (
	"reflect"
	"unsafe"

	"lockstep/kernel/pipe"
)

// literal is a function that makes a composite literal of type t of its parts.
func literal(t reflect.Type, l *pipe.Literal) reflect.Value {
	if l.Element {
		return element(t)
	}
	var parts []reflect.Type
	for _, i := range l.Fields {
		parts = append(parts, t.Field(i).Type)
	}
	for i := range l.Count {
		switch {
		case l.Made:
			parts = append(parts, reflect.TypeFor[int]())
		case t.Kind() == reflect.Map && i%2 == 0:
			parts = append(parts, t.Key())
		default:
			parts = append(parts, t.Elem())
		}
	}
	result := t
	if l.Pointer {
		result = reflect.PointerTo(t)
	}
	return reflect.MakeFunc(reflect.FuncOf(parts, []reflect.Type{result}, false), func(values []reflect.Value) []reflect.Value {
		p := reflect.New(t)
		if l.Made {
			p.Elem().Set(makeSlice(t, values))
		} else {
			compose(p.Elem(), l.Fields, values)
		}
		if l.Pointer {
			return []reflect.Value{p}
		}
		return []reflect.Value{p.Elem()}
	})
}

// element is a function that returns an element of a slice of type t.
func element(t reflect.Type) reflect.Value {
	of := reflect.FuncOf([]reflect.Type{t, reflect.TypeFor[int]()}, []reflect.Type{t.Elem()}, false)
	return reflect.MakeFunc(of, func(args []reflect.Value) []reflect.Value {
		return []reflect.Value{args[0].Index(index(int(args[1].Int()), args[0].Len()))}
	})
}

// makeSlice makes a slice of a length and perhaps a capacity. It panics as Go does where they cannot be.
func makeSlice(t reflect.Type, sizes []reflect.Value) reflect.Value {
	length := int(sizes[0].Int())
	capacity := length
	if len(sizes) > 1 {
		capacity = int(sizes[1].Int())
	}
	_ = make([]struct{}, length, capacity)
	return reflect.MakeSlice(t, length, capacity)
}

// compose gives a value that is zero its parts, if it has any.
func compose(v reflect.Value, fields []int, parts []reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for k, i := range fields {
			f := v.Field(i) // which may not be exported
			reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem().Set(parts[k])
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for k := 0; k < len(parts); k += 2 {
			v.SetMapIndex(parts[k], parts[k+1])
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), len(parts), len(parts)))
		fallthrough
	case reflect.Array:
		for k, p := range parts {
			v.Index(k).Set(p)
		}
	}
}
