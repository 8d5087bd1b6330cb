package cellsym

import (
	"reflect"

	"github.com/traefik/yaegi/interp"
)

// Equal returns a function that compares two values as Go does, interfaces in them by dynamic type and value.
// Of some structs in interfaces of compiled packages yaegi keeps a part only: the comparison of two such calls fail.
func Equal(it *interp.Interpreter, fail func(text string)) func(pair ...any) bool {
	s := symbolsOf(it)
	s.fail = fail
	return func(pair ...any) bool { return s.same(reflect.ValueOf(pair[0]), reflect.ValueOf(pair[1])) }
}

func (s *symbols) same(a, b reflect.Value) bool {
	nameA, nameB := boxedName(a), boxedName(b)
	a, b = Content(a), Content(b)
	if !a.IsValid() || !b.IsValid() {
		return a.IsValid() == b.IsValid()
	}
	x, kept := typedIn(a)
	y, also := typedIn(b)
	switch { // a box tells the name of the type as well
	case kept && also:
		return x.name == y.name && s.same(reflect.ValueOf(x.v), reflect.ValueOf(y.v))
	case kept:
		return x.name == nameB && s.same(reflect.ValueOf(x.v), b)
	case also:
		return y.name == nameA && s.same(a, reflect.ValueOf(y.v))
	}
	return s.sameValues(a, b)
}

func (s *symbols) sameValues(a, b reflect.Value) bool {
	x, known, _ := s.print.wrapped(a)
	y, also, _ := s.print.wrapped(b)
	if !known && !also && a.Type() == b.Type() {
		s.fail("the interp engine cannot compare structs in interfaces of the library; with a Go toolchain the native engine can")
	}
	if a, b = x, y; !known || !also || !a.IsValid() || !b.IsValid() || a.Type() != b.Type() {
		return false
	}
	switch {
	case !a.Type().Comparable(): // Go says so, below
	case a.Kind() == reflect.Struct:
		for i := range a.NumField() {
			if !s.same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case a.Kind() == reflect.Array:
		for i := range a.Len() {
			if !s.same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return Exposed(a).Interface() == Exposed(b).Interface()
}

// boxedName is the name of the type with which a value came into a box.
func boxedName(v reflect.Value) string {
	if v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() || !isBox(v.Type()) {
		return ""
	}
	b, _ := open(Exposed(v).Interface())
	return b.typeName()
}

// Content is what is in an interface, out of yaegi's boxes; invalid for nil.
func Content(v reflect.Value) reflect.Value {
	for v.IsValid() {
		if isBox(v.Type()) {
			b, _ := open(Exposed(v).Interface())
			v = b.value
		} else if v.Kind() == reflect.Interface {
			v = v.Elem()
		} else {
			break
		}
	}
	return v
}
