package cellsym

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/traefik/yaegi/interp"
)

// In an interface of a compiled package yaegi keeps a value of a cell's type in a wrapper whose first field
// is the value, or, of a struct, a part of it; a nil pointer it makes a nil interface. In the interface error, a
// value is kept in a fault instead.

// fault is a value of a cell's type in the interface error, whole. Its methods call those of the value, by the
// functions that [Method] has made known. Two faults are equal if their values are.
type fault struct {
	s     *symbols
	value any
}

type (
	// joined is a fault that wraps several errors, late one that tells whether it was a timeout.
	joined struct{ fault }
	late   struct{ fault }
)

var faultTypes = []reflect.Type{reflect.TypeFor[fault](), reflect.TypeFor[joined](), reflect.TypeFor[late]()}

// faultValue is what a fault holds; invalid for what is no fault.
func faultValue(v reflect.Value) reflect.Value {
	if !slices.Contains(faultTypes, v.Type()) {
		return reflect.Value{}
	}
	switch f := Exposed(v).Interface().(type) {
	case fault:
		return reflect.ValueOf(f.value)
	case joined:
		return reflect.ValueOf(f.value)
	case late:
		return reflect.ValueOf(f.value)
	}
	return reflect.Value{}
}

// Fault returns a function that makes an error of a value of a cell's type whose methods are known.
func Fault(it *interp.Interpreter) func(v any) error { return symbolsOf(it).asError }

func (s *symbols) asError(v any) error {
	value, _ := unboxed(reflect.ValueOf(v))
	if !value.IsValid() {
		return nil
	}
	f := fault{s, value.Interface()}
	if unwrap, ok := f.method("Unwrap"); ok && unwrap.Type().Out(0).Kind() == reflect.Slice {
		return joined{f}
	}
	if _, ok := f.method("Timeout"); ok {
		return late{f}
	}
	return f
}

// FaultOf returns a function that makes an error of a value of a type that yaegi does not know by its name,
// or, without a name, of an interface's value. unwrap is a function or nil.
func FaultOf(it *interp.Interpreter) func(v any, name string, text func() string, unwrap any) error {
	s := symbolsOf(it)
	return func(v any, name string, text func() string, unwrap any) error {
		value, _ := unboxed(reflect.ValueOf(v))
		if !value.IsValid() {
			return nil
		}
		if _, ok := s.print.method(value.Type(), "Error"); ok && name == "" {
			return s.asError(v)
		}
		if err, ok := value.Interface().(error); ok {
			return err
		}
		f := &faultText{wordText{s, value.Interface(), text}, name, nil}
		switch u := unwrap.(type) {
		case func() error:
			f.unwrap = u
		case func() []error:
			return &joinedText{f, u}
		}
		return f
	}
}

// InnerOf returns a function that takes the value out of what FaultOf or Typed has made for a type of that name; of
// other values it gives nil.
func InnerOf(it *interp.Interpreter) func(name string, list ...any) any {
	return func(name string, list ...any) any {
		v := list[0]
		for {
			b, ok := open(v)
			if !ok || !b.value.IsValid() || !b.value.CanInterface() {
				break
			}
			if v = b.value.Interface(); b.typeName() == name {
				return v
			}
		}
		if j, ok := v.(*joinedText); ok {
			v = j.faultText
		}
		if f, ok := v.(*faultText); ok && f.name == name {
			return f.value
		}
		if t, ok := v.(typed); ok && t.name == name {
			return t.v
		}
		return nil
	}
}

// Named reports whether the one value in list has come to its interface with a type of a cell.
func Named(list ...any) bool {
	b, ok := open(list[0])
	return ok && b.typeName() != ""
}

// joinedText is a faultText that wraps several errors.
type joinedText struct {
	*faultText
	errors func() []error
}

func (j *joinedText) Unwrap() []error { return j.errors() }

// Held is the value that v, a fault or a value kept with the name of its type, holds, with that name, "" where
// reflection knows it; ok is false for others.
func Held(v reflect.Value) (inner reflect.Value, name string, ok bool) {
	if !v.IsValid() {
		return v, "", false
	}
	if t, ok := typedIn(v); ok {
		return reflect.ValueOf(t.v), t.name, true
	}
	inner = faultValue(v)
	return inner, "", inner.IsValid()
}

// Inner returns a function that takes the value of a cell's type out of an error.
func Inner(it *interp.Interpreter) func(v any) any {
	return func(v any) any {
		if t, ok := v.(typed); ok {
			return t.v
		}
		if inner, _ := unboxed(reflect.ValueOf(v)); inner.IsValid() && inner.CanInterface() {
			return inner.Interface()
		}
		return v
	}
}

// Differs returns a function that fails as an assertion does of an interface of type from whose value is not of the type target.
func Differs(it *interp.Interpreter, fail func(text string)) func(v any, from, target string) {
	s := symbolsOf(it)
	return func(v any, from, target string) {
		name := "nil"
		if t := s.dynamic(v); t != nil {
			name = s.nameOf(v)
		}
		fail("interface conversion: " + from + " is " + name + ", not " + target)
	}
}

func (f fault) method(name string) (reflect.Value, bool) {
	return f.s.print.method(reflect.TypeOf(f.value), name)
}

func (f fault) call(m reflect.Value, in ...reflect.Value) reflect.Value {
	return m.Call(append([]reflect.Value{reflect.ValueOf(f.value)}, in...))[0]
}

func (f fault) Error() string {
	m, ok := f.method("Error")
	if !ok {
		return fmt.Sprint(f.s.shown([]any{f.value})...)
	}
	return f.call(m).String()
}

func (f fault) Format(st fmt.State, verb rune) {
	if m, ok := f.method("Format"); ok {
		m.Call([]reflect.Value{reflect.ValueOf(f.value), reflect.ValueOf(st), reflect.ValueOf(verb)})
		return
	}
	wordText{f.s, f.value, f.Error}.Format(st, verb)
}

func (f fault) Unwrap() error {
	m, ok := f.method("Unwrap")
	if !ok {
		return nil
	}
	err, _ := f.call(m).Interface().(error)
	return err
}

func (f fault) Is(target error) bool {
	m, ok := f.method("Is")
	if !ok {
		return false
	}
	t := reflect.New(m.Type().In(1)).Elem()
	t.Set(reflect.ValueOf(target))
	return f.call(m, t).Bool()
}

func (f fault) As(target any) bool {
	m, ok := f.method("As")
	return ok && f.call(m, reflect.ValueOf(target)).Bool()
}

func (j joined) Unwrap() []error {
	m, _ := j.method("Unwrap")
	list, _ := j.call(m).Interface().([]error)
	return list
}

func (l late) Timeout() bool {
	m, _ := l.method("Timeout")
	return l.call(m).Bool()
}

func (l late) Temporary() bool {
	m, ok := l.method("Temporary")
	return ok && l.call(m).Bool()
}

// wrapped returns what a wrapper or a fault holds. whole is false for a struct in a wrapper, of which
// there is a part only; ok is false for what is neither.
func (p *printing) wrapped(v reflect.Value) (inner reflect.Value, whole, ok bool) {
	if !v.IsValid() {
		return v, true, false
	}
	if inner := faultValue(v); inner.IsValid() {
		return inner, true, true
	}
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		switch f := v.Interface().(type) {
		case *faultText:
			return reflect.ValueOf(f.value), true, true
		case *joinedText:
			return reflect.ValueOf(f.value), true, true
		}
		return v, true, false
	}
	if v.Kind() != reflect.Struct || v.NumField() == 0 || v.Type().Field(0).Name != "IValue" {
		return v, true, false
	}
	inner, _ = unboxed(v.Field(0).Elem())
	return inner, inner.IsValid() && (inner.Kind() == reflect.Pointer || p.name(inner.Type()) != ""), true
}

// is is errors.Is with values of cells' types compared as Go compares them.
func (s *symbols) is(err, target error) bool {
	if err == nil || target == nil {
		return err == nil && target == nil
	}
	value, _ := unboxed(reflect.ValueOf(target))
	return s.isOne(err, target, value.IsValid() && value.Type().Comparable())
}

func (s *symbols) isOne(err, target error, comparable bool) bool {
	if comparable && s.same(reflect.ValueOf(err), reflect.ValueOf(target)) {
		return true
	}
	if e, ok := err.(interface{ Is(error) bool }); ok && e.Is(target) {
		return true
	}
	for _, next := range unwrapped(err) {
		if next != nil && s.isOne(next, target, comparable) {
			return true
		}
	}
	return false
}

// as is errors.As for targets of cells' types as well.
func (s *symbols) as(err error, target any) bool {
	if b, ok := open(target); ok && b.value.IsValid() && b.value.CanInterface() {
		target = b.value.Interface()
	}
	to := reflect.ValueOf(target)
	if err == nil || to.Kind() != reflect.Pointer || to.IsNil() || !s.ownType(to.Type().Elem()) {
		return errors.As(err, target)
	}
	return s.find(err, to.Elem())
}

// ownType reports a type of a cell over a basic type or a struct, or a pointer to one.
func (s *symbols) ownType(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return s.print.name(t) != "" || ownName(t) != ""
}

func (s *symbols) find(err error, to reflect.Value) bool {
	if err == nil {
		return false
	}
	v := reflect.ValueOf(err)
	if inner, whole, ok := s.print.wrapped(v); ok && whole && inner.IsValid() && inner.Type() == to.Type() {
		to.Set(inner)
		return true
	}
	if e, ok := err.(interface{ As(any) bool }); ok && e.As(to.Addr().Interface()) {
		return true
	}
	for _, next := range unwrapped(err) {
		if s.find(next, to) {
			return true
		}
	}
	return false
}

// unwrapped are the errors that err wraps.
func unwrapped(err error) []error {
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		return e.Unwrap()
	case interface{ Unwrap() error }:
		if next := e.Unwrap(); next != nil {
			return []error{next}
		}
	}
	if v := reflect.ValueOf(err); v.Kind() == reflect.Struct {
		if f := v.FieldByName("WUnwrap"); f.IsValid() && f.CanInterface() {
			if many, ok := f.Interface().(func() []error); ok {
				return many()
			}
		}
	}
	return nil
}
