package stdsym

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// A wrapper that has a String or an Error method only would be printed by
// verbs that ask for neither (%d, %#v) as the wrapper it is. The interfaces
// and wrappers here stand for fmt.Stringer and error among the interfaces that
// fmt tests for: they format what they wrap. (For a struct these verbs still show
// its last field alone, which is all that yaegi 0.16.1 puts into a wrapper.)

type formattedString interface{ String() string }

type stringWrapper struct {
	IValue  any
	WString func() string
}

func (w stringWrapper) String() string { return w.WString() }

func (w stringWrapper) Format(s fmt.State, verb rune) { format(s, verb, w.WString, w.IValue) }

// format does for an interpreted value what fmt does for a compiled one with
// the method text.
func format(s fmt.State, verb rune, text func() string, value any) {
	if strings.ContainsRune("vsxXq", verb) && !(verb == 'v' && s.Flag('#')) {
		fmt.Fprintf(s, fmt.FormatString(s, verb), text())
		return
	}
	fmt.Fprintf(s, fmt.FormatString(s, verb), value)
}

type formattedError interface{ Error() string }

// errorWrappers replace yaegi's own wrapper of error, which hides the methods
// by which package errors walks a chain. Those with more methods come first.
var errorWrappers = []reflect.Type{
	reflect.TypeFor[unwrapIsError](), reflect.TypeFor[unwrapError](), reflect.TypeFor[isError](), reflect.TypeFor[plainError](),
}

type plainError struct {
	IValue any
	WError func() string
}

func (w plainError) Error() string                 { return w.WError() }
func (w plainError) Format(s fmt.State, verb rune) { format(s, verb, w.WError, w.IValue) }
func (w plainError) Is(target error) bool          { return sameError(w.IValue, target) }

type unwrapError struct {
	IValue  any
	WError  func() string
	WUnwrap any // func() error or func() []error
}

func (w unwrapError) Error() string                 { return w.WError() }
func (w unwrapError) Format(s fmt.State, verb rune) { format(s, verb, w.WError, w.IValue) }
func (w unwrapError) Is(target error) bool {
	return sameError(w.IValue, target) || unwrapMany(w.WUnwrap, target)
}
func (w unwrapError) Unwrap() error { return unwrapOne(w.WUnwrap) }

type isError struct {
	IValue any
	WError func() string
	WIs    func(error) bool
}

func (w isError) Error() string                 { return w.WError() }
func (w isError) Format(s fmt.State, verb rune) { format(s, verb, w.WError, w.IValue) }
func (w isError) Is(target error) bool          { return sameError(w.IValue, target) || w.WIs(target) }

type unwrapIsError struct {
	IValue  any
	WError  func() string
	WUnwrap any // as in unwrapError
	WIs     func(error) bool
}

func (w unwrapIsError) Error() string                 { return w.WError() }
func (w unwrapIsError) Format(s fmt.State, verb rune) { format(s, verb, w.WError, w.IValue) }
func (w unwrapIsError) Unwrap() error                 { return unwrapOne(w.WUnwrap) }
func (w unwrapIsError) Is(target error) bool {
	return sameError(w.IValue, target) || w.WIs(target) || unwrapMany(w.WUnwrap, target)
}

func unwrapOne(unwrap any) error {
	if one, ok := unwrap.(func() error); ok {
		return one()
	}
	return nil
}

// unwrapMany looks for target behind an error that wraps several. A wrapper
// can have only one of the two methods called Unwrap.
func unwrapMany(unwrap any, target error) bool {
	if many, ok := unwrap.(func() []error); ok {
		for _, err := range many() {
			if errors.Is(err, target) {
				return true
			}
		}
	}
	return false
}

// sameError reports whether a wrapped value and target wrap the same pointer,
// or equal values of a type of its own over a basic one. Other values are not compared: types of one
// shape are one type to reflect, and of a struct yaegi (0.16.1, getConcreteValue) hands over the last field only.
func sameError(value any, target error) bool {
	t := reflect.ValueOf(target)
	if t.Kind() != reflect.Struct || t.NumField() == 0 || t.Type().Field(0).Name != "IValue" {
		return false
	}
	v, w := reflect.ValueOf(value), t.Field(0).Elem()
	if !v.IsValid() || !w.IsValid() || v.Type() != w.Type() {
		return false
	}
	if v.Kind() == reflect.Pointer {
		return v.Pointer() == w.Pointer()
	}
	return v.Type().PkgPath() != "" && v.Kind() != reflect.Struct && v.Comparable() && v.Equal(w)
}
