package cellsym

import (
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/traefik/yaegi/interp"
)

// Bare returns a function for the arguments of compiled functions that look at
// what is in an interface: fmt.Print, json.Marshal, display.Any. It takes a
// value of an interpreted type out of yaegi's box, with its methods Error,
// String, Format, MarshalJSON and those for display; other values it returns as
// they are.
//
// Rewritten code passes arguments of interface types through it, as the one
// element of a list: fmt.Println(rt.Bare([]any{v}...)). yaegi 0.16.1 boxes
// what becomes an element, but opens the box of what becomes an argument. And
// without Bare, what it passes on to a function in its MapTypes is not v but whatever
// has, in the current frame, the place of v's value in the frame in which it
// became an interface (getBinValue): another variable, or a panic.
func Bare(it *interp.Interpreter) func(v ...any) any {
	s := symbolsOf(it)
	return func(v ...any) any { return s.bare(v)[0] }
}

// bare is [Bare] for each element of a list, which it does not change.
func (s *symbols) bare(list []any) []any {
	copied := false
	for i, v := range list {
		b, ok := open(v)
		if !ok {
			continue
		}
		if !copied {
			list, copied = slices.Clone(list), true
		}
		if list[i] = nil; b.value.IsValid() {
			list[i] = b.shown(s)
		}
	}
	return list
}

// shown is the boxed value, in a wrapper that has the first of its methods
// that one can be written for.
func (b box) shown(s *symbols) any {
	it := s.it
	value := b.value.Interface()
	word, _ := b.method(it, "String").(func() string)
	for _, src := range sources {
		name := src.tested.Method(0).Name
		f := b.method(it, name)
		if f == nil {
			continue
		}
		w := reflect.New(reflect.TypeOf(src.wrapper).Elem()).Elem()
		if word != nil {
			w = reflect.New(reflect.TypeOf(src.named).Elem()).Elem()
			w.FieldByName("WString").Set(reflect.ValueOf(word))
		}
		w.FieldByName("IValue").Set(reflect.ValueOf(value))
		w.FieldByName("W" + name).Set(reflect.ValueOf(f))
		return w.Interface()
	}
	if f, ok := b.method(it, "Error").(func() string); ok {
		unwrap, _ := b.method(it, "Unwrap").(func() error)
		return &faultText{wordText{s, value, f}, "", unwrap}
	}
	if f, ok := b.method(it, "Format").(func(fmt.State, rune)); ok {
		return formatted{value, f}
	}
	if f, ok := b.method(it, "MarshalJSON").(func() ([]byte, error)); ok {
		return marshaled{wordText{s, value, word}, f}
	}
	if f, ok := b.method(it, "MarshalText").(func() ([]byte, error)); ok {
		return textMarshaled{wordText{s, value, word}, f}
	}
	if word != nil {
		return wordText{s, value, word}
	}
	return value
}

// wordText prints a value by the text of its method Error or String where fmt
// would. text may be nil in a type that embeds it.
type wordText struct {
	s     *symbols
	value any
	text  func() string
}

func (w wordText) String() string {
	if w.text == nil {
		return fmt.Sprint(w.value)
	}
	return w.text()
}

// plain prints the value itself.
func (w wordText) plain(f fmt.State, verb rune) {
	(&valueWriter{State: f, s: w.s, verb: verb}).value(reflect.ValueOf(w.value), 0, true)
}

// Format prints the value itself where the verb does not ask for its text, and
// a nil pointer whose method fails as <nil>, both as fmt does.
func (w wordText) Format(s fmt.State, verb rune) {
	if w.text == nil || !strings.ContainsRune("vsxXq", verb) || verb == 'v' && s.Flag('#') {
		w.plain(s, verb)
		return
	}
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if v := reflect.ValueOf(w.value); v.Kind() == reflect.Pointer && v.IsNil() {
			_, _ = io.WriteString(s, "<nil>")
			return
		}
		_, _ = io.WriteString(s, panicking(verb, "String", r))
	}()
	fmt.Fprintf(s, fmt.FormatString(s, verb), w.text())
}

// faultText is an error of a cell's type that [Method] cannot tell from others.
type faultText struct {
	wordText
	name   string       // of the type; "" where that is not known
	unwrap func() error // nil: no such method
}

func (f *faultText) Error() string { return f.text() }

// Is compares with the value of a cell's type that target holds.
func (f *faultText) Is(target error) bool {
	other, whole, ok := f.s.print.wrapped(reflect.ValueOf(target))
	v := reflect.ValueOf(f.value)
	return ok && whole && other.IsValid() && v.IsValid() && v.Type() == other.Type() && v.Comparable() && v.Equal(other)
}

func (f *faultText) Unwrap() error {
	if f.unwrap == nil {
		return nil
	}
	return f.unwrap()
}

type formatted struct {
	value  any
	format func(fmt.State, rune)
}

func (f formatted) Format(s fmt.State, verb rune) { f.format(s, verb) }

type marshaled struct {
	wordText
	marshal func() ([]byte, error)
}

func (m marshaled) MarshalJSON() ([]byte, error) { return m.marshal() }

type textMarshaled struct {
	wordText
	marshal func() ([]byte, error)
}

func (m textMarshaled) MarshalText() ([]byte, error) { return m.marshal() }

var (
	_ json.Marshaler         = marshaled{}
	_ encoding.TextMarshaler = textMarshaled{}
	_ fmt.Formatter          = marshaled{}
)
