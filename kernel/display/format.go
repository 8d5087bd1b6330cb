package display

import (
	"fmt"
	"reflect"
	"strconv"
)

// FormatOptions is what the session knows about a value. The zero value is
// ready: [Format] then goes by reflection alone.
type FormatOptions struct {
	Types Types
	Type  TypeID // static type of the value
	// Methods are bound methods of the value itself, which reflection does not
	// find on an interpreted value. The keys are among those of [Methods].
	Methods map[string]any
	// Bind returns the same for a value inside, if its type has such methods. May be nil.
	Bind func(v reflect.Value, t TypeID) map[string]any
	// Resolve returns the dynamic value in an interface and its type (0 if not
	// described). It is asked for every value whose described or real kind is
	// Interface, and returns v itself if there is nothing to take out. May be nil.
	Resolve func(v reflect.Value) (reflect.Value, TypeID)
	// Names tells how a declared type that has no name for reflection is written, "" for others, and Field the
	// name of a field as it was declared. Both may be nil.
	Names func(reflect.Type) string
	Field func(reflect.StructField) string
	// Local reports whether a package holds types of the session: they are
	// written without a package name, and shown with their unexported fields.
	// Without it, package main does.
	Local  func(pkgPath string) bool
	Limits Limits
}

// Limits bound what a value shows as. Zero fields have defaults.
type Limits struct {
	Elements    int // of a slice, array or map: 100
	Depth       int // of values inside values: 8
	TextBytes   int // of the text as a whole: 4096
	StringBytes int // of a string inside another value: 400
	Rows        int // of a table: 50
	Columns     int // of a table: 30
}

func (l Limits) orDefaults() Limits {
	for _, f := range []struct {
		n   *int
		def int
	}{{&l.Elements, 100}, {&l.Depth, 8}, {&l.TextBytes, 4096}, {&l.StringBytes, 400}, {&l.Rows, 50}, {&l.Columns, 30}} {
		if *f.n <= 0 {
			*f.n = f.def
		}
	}
	return l
}

// Format returns the representations of a value. There is always a text/plain:
// the text of an error, the String of a fmt.Stringer, else Go syntax, shortened
// to the limits. A type with a method HTML, SVG, Markdown, Latex, JavaScript or
// JSON (func() string, or func() (string, error)), PNG or JPEG (func() []byte
// likewise) shows as that, an image.Image as PNG, and slices of structs and maps
// as an HTML table. A method that panics or returns an error counts as absent,
// and the text says so. Format itself never panics.
func Format(v reflect.Value, opt FormatOptions) (b Bundle) {
	// What goes wrong here is a fault of this package; a result that cannot be
	// shown must not cost the user the session.
	defer func() {
		if r := recover(); r != nil {
			b = Bundle{Data: map[string]any{MIMEText: "(a value that cannot be shown: " + panicText(r) + ")"}}
		}
		if b.Metadata == nil {
			b.Metadata = map[string]any{}
		}
	}()
	p := newPrinter(opt)
	v, id := p.open(v, opt.Type)
	ms := p.methods(v, id, opt.Methods)
	b = Bundle{Data: map[string]any{}}
	notes := p.addRich(&b, ms)
	text := p.topText(v, id, ms)
	if img, ok := ms.image(); ok {
		if data, ok := try(func() imageData { return encode(img) }); ok && data.png != nil {
			for k, x := range binaryBundle(MIMEPNG, "PNG", data.png).Data {
				b.Data[k] = x
			}
			text = data.text
		}
	}
	if len(b.Data) == 0 && !ms.hasText() {
		if table, ok := p.table(v, id); ok {
			b.Data[MIMEHTML] = table
		}
	}
	b.Data[MIMEText] = text + notes
	return b
}

// Text returns the text/plain of [Format] alone.
func Text(v reflect.Value, opt FormatOptions) (text string) {
	defer func() {
		if r := recover(); r != nil {
			text = "(a value that cannot be shown: " + panicText(r) + ")"
		}
	}()
	p := newPrinter(opt)
	v, id := p.open(v, opt.Type)
	return p.topText(v, id, p.methods(v, id, opt.Methods))
}

// Value is one result of an expression.
type Value struct {
	V       reflect.Value
	Type    TypeID
	Methods map[string]any // as [FormatOptions].Methods
}

// Outcome is what the results of an expression show as.
type Outcome struct {
	Bundle  Bundle
	Nothing bool // there is nothing to show
	Failed  bool // the last result is an error: Bundle holds its text and nothing else
}

// Results returns what the results of a cell's last expression show as: one
// value as [Format] has it, several separated by commas. A last result of type
// error is left out if it is nil, and stands alone if it is not. Handles show
// nothing. opt.Type and opt.Methods are not used.
func Results(vs []Value, opt FormatOptions) Outcome {
	format := func(v Value) Bundle {
		opt.Type, opt.Methods = v.Type, v.Methods
		return Format(v.V, opt)
	}
	if n := len(vs); n > 0 && isErrorType(vs[n-1], opt.Types) {
		last := vs[n-1]
		if !isNil(last.V) {
			b := format(last)
			return Outcome{Failed: true, Bundle: Bundle{Data: map[string]any{MIMEText: b.Data[MIMEText]}, Metadata: b.Metadata}}
		}
		if n > 1 {
			vs = vs[:n-1]
		}
	}
	var shown []Value
	for _, v := range vs {
		if !Silent(v.V) {
			shown = append(shown, v)
		}
	}
	switch len(shown) {
	case 0:
		return Outcome{Nothing: true}
	case 1:
		return Outcome{Bundle: format(shown[0])}
	}
	text := ""
	for i, v := range shown {
		if i > 0 {
			text += ", "
		}
		opt.Type, opt.Methods = v.Type, v.Methods
		text += Text(v.V, opt)
	}
	return Outcome{Bundle: Bundle{Data: map[string]any{MIMEText: text}, Metadata: map[string]any{}}}
}

func isErrorType(v Value, ts Types) bool {
	if t := ts.at(v.Type); t != nil {
		return t.Kind == reflect.Interface && t.Name == "error"
	}
	// A value taken out of its interface has lost the static type; that it is
	// an error is then known only if there is one.
	return v.V.IsValid() && v.V.Type().Implements(reflect.TypeFor[error]())
}

func isNil(v reflect.Value) bool {
	if !v.IsValid() {
		return true
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer, reflect.Map, reflect.Slice, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return v.IsNil()
	}
	return false
}

func panicText(r any) string {
	text, ok := try(func() string { return fmt.Sprint(r) })
	if !ok {
		return "a panic without a text"
	}
	return text
}

// try runs f, which calls the user's code, and reports whether it returned.
func try[T any](f func() T) (result T, ok bool) {
	defer func() {
		if !ok {
			// A goroutine that is being ended by Goexit is none of our business: recover returns nil and it goes on ending.
			_ = recover()
		}
	}()
	return f(), true
}

func itoa(n int) string { return strconv.Itoa(n) }
