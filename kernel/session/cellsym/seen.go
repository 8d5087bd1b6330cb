package cellsym

import (
	"log/slog"
	"reflect"

	"github.com/traefik/yaegi/interp"
)

// Seen returns a function that lets values pass to a package of the library which looks for methods in them, and
// fails where it would not find those of a cell's type.
func Seen(it *interp.Interpreter, fail func(text string)) func(path string, v any) any {
	s := symbolsOf(it)
	return func(path string, v any) any {
		value, _ := unboxed(reflect.ValueOf(v))
		if !value.IsValid() {
			return v
		}
		if t := s.hidden(value, map[uintptr]bool{}, 0); t != nil {
			fail("the interp engine cannot show the methods of " + s.print.typeName(t) + " to package " + path + "; with a Go toolchain the native engine can")
		}
		return Exposed(value).Interface()
	}
}

// hidden finds a type in v that has methods which are known here and nowhere else.
func (s *symbols) hidden(v reflect.Value, seen map[uintptr]bool, depth int) reflect.Type {
	v, b := unboxed(v)
	if !v.IsValid() || depth > 100 {
		return nil
	}
	if kept, ok := typedIn(v); ok {
		v = reflect.ValueOf(kept.v)
		if !v.IsValid() {
			return nil
		}
		s.print.mu.RLock()
		known := len(s.print.ofName[kept.name]) > 0
		s.print.mu.RUnlock()
		if known {
			return v.Type()
		}
	}
	t := v.Type()
	s.print.mu.RLock()
	known := len(s.print.methods[t]) > 0 || len(s.print.methods[reflect.PointerTo(t)]) > 0
	s.print.mu.RUnlock()
	if known || b.node != nil {
		return t
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() || v.Kind() == reflect.Pointer && seen[v.Pointer()] {
			return nil
		}
		if v.Kind() == reflect.Pointer {
			seen[v.Pointer()] = true
		}
		return s.hidden(v.Elem(), seen, depth+1)
	case reflect.Struct:
		if t.PkgPath() != "" {
			return nil
		}
		for i := range v.NumField() {
			if found := s.hidden(v.Field(i), seen, depth+1); found != nil {
				return found
			}
		}
	case reflect.Slice, reflect.Array:
		if basics[t.Elem().Kind()] != nil && t.Elem().PkgPath() == "" {
			return nil
		}
		for i := range v.Len() {
			if found := s.hidden(v.Index(i), seen, depth+1); found != nil {
				return found
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			for _, part := range []reflect.Value{it.Key(), it.Value()} {
				if found := s.hidden(part, seen, depth+1); found != nil {
					return found
				}
			}
		}
	}
	return nil
}

// Logged returns a function that makes an argument of package slog of a value of a cell's type.
func Logged(it *interp.Interpreter) func(v any) any {
	s := symbolsOf(it)
	return func(v any) any {
		value, _ := unboxed(reflect.ValueOf(v))
		if !value.IsValid() || !s.print.concerns(value.Type()) {
			return v
		}
		p := printed{s, value, ""}
		if m, ok := s.print.method(value.Type(), "LogValue"); ok {
			return logged{p, m}
		}
		return p
	}
}

// logged is a value with a method LogValue.
type logged struct {
	printed
	m reflect.Value
}

func (l logged) LogValue() slog.Value {
	v, _ := l.m.Call([]reflect.Value{l.v})[0].Interface().(slog.Value)
	return v
}
