package cellsym

import (
	"cmp"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/rewrite/mark"
)

// valueWriter writes a value as fmt does: the same brackets, the same verb for
// every value inside, methods where fmt would call them.
type valueWriter struct {
	fmt.State
	s    *symbols
	verb rune
	name string // of the outermost value's type, where reflection does not have it
}

// typeName is the name of v's type, at that depth.
func (w *valueWriter) typeName(v reflect.Value, depth int) string {
	if depth == 0 && w.name != "" {
		return w.name
	}
	return w.s.print.typeName(v.Type())
}

func (w *valueWriter) write(text string) { _, _ = io.WriteString(w.State, text) }

func (w *valueWriter) sharp() bool { return w.verb == 'v' && w.Flag('#') }

// leaf has fmt write a value of its own.
func (w *valueWriter) leaf(v any) { fmt.Fprintf(w.State, fmt.FormatString(w.State, w.verb), v) }

// value writes v; open says that its methods count, which those of unexported fields do not.
func (w *valueWriter) value(v reflect.Value, depth int, open bool) {
	v, b := unboxed(v)
	if !v.IsValid() {
		w.write("<nil>")
		return
	}
	if t, ok := typedIn(v); ok {
		inner := *w
		inner.name = t.name
		inner.value(reflect.ValueOf(t.v), 0, open)
		return
	}
	if open && (depth == 0 && w.name != "" && w.byNamedMethod(v) || w.byMethod(v, b)) {
		return
	}
	if t := v.Type(); open && depth > 0 && v.CanInterface() && !w.s.print.concerns(t) {
		if t.Kind() != reflect.Pointer || t.Implements(printers[0]) || t.Implements(printers[1]) || t.Implements(printers[2]) || t.Implements(printers[3]) {
			w.leaf(v.Interface())
			return
		}
	}
	sharp := w.sharp()
	switch v.Kind() {
	case reflect.Map:
		w.entries(v, depth, open)
	case reflect.Struct:
		w.fields(v, depth, open)
	case reflect.Slice, reflect.Array:
		w.elements(v, depth, open)
	case reflect.Pointer:
		if !v.IsNil() && depth == 0 {
			switch v.Elem().Kind() {
			case reflect.Array, reflect.Slice, reflect.Struct, reflect.Map:
				w.write("&")
				w.value(v.Elem(), depth+1, open)
				return
			}
		}
		w.pointer(v, depth)
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		w.pointer(v, depth)
	case reflect.Interface:
		switch {
		case !v.IsNil():
			w.value(v.Elem(), depth+1, open)
		case sharp:
			w.write(w.s.print.typeName(v.Type()) + "(nil)")
		default:
			w.write("<nil>")
		}
	default:
		w.leaf(basic(v))
	}
}

// printers are the interfaces by which compiled types print.
var printers = [...]reflect.Type{reflect.TypeFor[fmt.Formatter](), reflect.TypeFor[error](), reflect.TypeFor[fmt.Stringer](), reflect.TypeFor[fmt.GoStringer]()}

// unboxed takes a value out of yaegi's box, and returns the box.
func unboxed(v reflect.Value) (reflect.Value, box) {
	for v.IsValid() && v.Kind() == reflect.Interface && !v.IsNil() && (isBox(v.Elem().Type()) || faultValue(v.Elem()).IsValid()) {
		v = v.Elem()
	}
	if !v.IsValid() {
		return v, box{}
	}
	if inner := faultValue(v); inner.IsValid() {
		return inner, box{}
	}
	if !isBox(v.Type()) {
		return v, box{}
	}
	b, _ := open(Exposed(v).Interface())
	inner, deeper := unboxed(b.value)
	if deeper.node != nil {
		b = deeper
	}
	return inner, b
}

// Exposed is v even where it comes from an unexported field.
func Exposed(v reflect.Value) reflect.Value {
	if v.CanInterface() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	if v.CanAddr() {
		return reflect.NewAt(v.Type(), v.Addr().UnsafePointer()).Elem()
	}
	return c
}

// typedIn is what v holds if it is a value kept with the name of its type.
func typedIn(v reflect.Value) (t typed, ok bool) {
	if v.Kind() == reflect.Interface && !v.IsNil() {
		v = v.Elem()
	}
	if v.Type() == reflect.TypeFor[typed]() {
		t, ok = Exposed(v).Interface().(typed)
	}
	return t, ok
}

// byNamedMethod is byMethod for a value of a type that is known by its name only.
func (w *valueWriter) byNamedMethod(v reflect.Value) bool {
	return w.written(v, func(name string) reflect.Value {
		f, ok := w.s.print.methodOf(w.name, name)
		if !ok {
			return reflect.Value{}
		}
		return reflect.ValueOf(func(in ...reflect.Value) []reflect.Value { return f.Call(append([]reflect.Value{Exposed(v)}, in...)) })
	})
}

// byMethod writes a value by one of its methods, as fmt chooses among them.
func (w *valueWriter) byMethod(v reflect.Value, b box) bool {
	t := v.Type()
	return w.written(v, func(name string) reflect.Value {
		if f, ok := w.s.print.method(t, name); ok {
			return reflect.ValueOf(func(in ...reflect.Value) []reflect.Value { return f.Call(append([]reflect.Value{Exposed(v)}, in...)) })
		}
		if f := b.method(w.s.it, name); f != nil {
			g := reflect.ValueOf(f)
			return reflect.ValueOf(func(in ...reflect.Value) []reflect.Value { return g.Call(in) })
		}
		return reflect.Value{}
	})
}

// written writes a value by the first of the methods that find finds for it.
func (w *valueWriter) written(v reflect.Value, find func(name string) reflect.Value) bool {
	call := func(f reflect.Value, in ...reflect.Value) []reflect.Value {
		return f.Interface().(func(...reflect.Value) []reflect.Value)(in...)
	}
	if f := find("Format"); f.IsValid() {
		w.guarded(v, "Format", func() { call(f, reflect.ValueOf(w.State), reflect.ValueOf(w.verb)) })
		return true
	}
	if w.sharp() {
		f := find("GoString")
		if f.IsValid() {
			w.guarded(v, "GoString", func() { w.write(call(f)[0].String()) })
		}
		return f.IsValid()
	}
	if !strings.ContainsRune("vsxXq", w.verb) {
		return false
	}
	for _, name := range []string{"Error", "String"} {
		if f := find(name); f.IsValid() {
			w.guarded(v, name, func() { w.leaf(call(f)[0].String()) })
			return true
		}
	}
	return false
}

// guarded calls a method as fmt does: a panic becomes text.
func (w *valueWriter) guarded(v reflect.Value, name string, call func()) {
	defer func() {
		r := recover()
		switch {
		case r == nil:
		case v.Kind() == reflect.Pointer && v.IsNil():
			w.write("<nil>")
		default:
			w.write(panicking(w.verb, name, r))
		}
	}()
	call()
}

// panicking is what fmt writes of a method that panics with thrown.
func panicking(verb rune, method string, thrown any) string {
	if p, ok := thrown.(interp.Panic); ok {
		thrown = p.Value
	}
	if v, ok := thrown.(reflect.Value); ok && v.IsValid() && v.CanInterface() {
		thrown = v.Interface()
	}
	return fmt.Sprintf("%%!%c(PANIC=%s method: %v)", verb, method, thrown)
}

func (w *valueWriter) list(sharp bool, i int) {
	switch {
	case i == 0:
	case sharp:
		w.write(", ")
	default:
		w.write(" ")
	}
}

func (w *valueWriter) fields(v reflect.Value, depth int, open bool) {
	sharp := w.sharp()
	if sharp {
		w.write(w.typeName(v, depth))
	}
	w.write("{")
	n := 0
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name, exported := fieldName(f)
		if name == mark.Mark {
			continue // there to tell the type from others
		}
		w.list(sharp, n)
		n++
		if sharp || w.Flag('+') && w.verb == 'v' {
			w.write(name + ":")
		}
		field := v.Field(i)
		if field.Kind() == reflect.Interface && !field.IsNil() {
			field = field.Elem()
		}
		if kept := f.Tag.Get(mark.MethodTag); kept != "" && open && exported {
			w.kept(field, kept)
			continue
		}
		w.value(field, depth+1, open && exported)
	}
	w.write("}")
}

// kept writes a field whose type yaegi does not know by its name, or that holds such a type, which the name
// begins with ! for then.
func (w *valueWriter) kept(v reflect.Value, name string) {
	if inside, ok := strings.CutPrefix(name, "!"); ok {
		w.s.fail("the interp engine cannot print values of " + inside + " inside others; with a Go toolchain the native engine can")
	}
	inner := *w
	inner.name = name
	inner.value(v, 0, true)
}

func (w *valueWriter) elements(v reflect.Value, depth int, open bool) {
	if v.Type().Elem().Kind() == reflect.Uint8 && v.Type().Elem().PkgPath() == "" && strings.ContainsRune("sqxX", w.verb) {
		w.leaf(basic(v))
		return
	}
	sharp := w.sharp()
	before, after := "[", "]"
	if sharp {
		before, after = "{", "}"
		w.write(w.typeName(v, depth))
		if v.Kind() == reflect.Slice && v.IsNil() {
			w.write("(nil)")
			return
		}
	}
	w.write(before)
	for i := range v.Len() {
		w.list(sharp, i)
		w.value(v.Index(i), depth+1, open)
	}
	w.write(after)
}

func (w *valueWriter) entries(v reflect.Value, depth int, open bool) {
	sharp := w.sharp()
	before, after := "map[", "]"
	if sharp {
		before, after = "{", "}"
		w.write(w.typeName(v, depth))
		if v.IsNil() {
			w.write("(nil)")
			return
		}
	}
	w.write(before)
	keys := v.MapKeys()
	slices.SortStableFunc(keys, compare)
	for i, k := range keys {
		w.list(sharp, i)
		w.value(k, depth+1, open)
		w.write(":")
		w.value(v.MapIndex(k), depth+1, open)
	}
	w.write(after)
}

func (w *valueWriter) pointer(v reflect.Value, depth int) {
	p := v.Pointer()
	switch {
	case w.verb != 'v':
		w.leaf(v.UnsafePointer())
	case w.sharp() && p == 0:
		w.write("(" + w.typeName(v, depth) + ")(nil)")
	case w.sharp():
		w.write(fmt.Sprintf("(%s)(%#x)", w.typeName(v, depth), p))
	case p == 0:
		w.write("<nil>")
	default:
		w.write(fmt.Sprintf("%#x", p))
	}
}

// basics are the basic types by their kinds.
var basics = map[reflect.Kind]reflect.Type{}

func init() {
	for _, v := range []any{false, 0, int8(0), int16(0), int32(0), int64(0), uint(0), uint8(0), uint16(0), uint32(0), uint64(0), uintptr(0),
		float32(0), 0.0, complex64(0), complex(0, 0), ""} {
		t := reflect.TypeOf(v)
		basics[t.Kind()] = t
	}
}

// basic is a value of a basic type, or of bytes, without the type's name.
func basic(v reflect.Value) any {
	if t := basics[v.Kind()]; t != nil {
		return Exposed(v).Convert(t).Interface()
	}
	switch v.Kind() {
	case reflect.Slice:
		return v.Bytes()
	case reflect.Array:
		out := make([]byte, v.Len())
		for i := range out {
			out[i] = byte(v.Index(i).Uint())
		}
		return out
	}
	return Exposed(v).Interface()
}

// compare orders the keys of a map as fmt does.
func compare(a, b reflect.Value) int {
	a, _ = unboxed(a)
	b, _ = unboxed(b)
	for a.IsValid() && a.Kind() == reflect.Interface {
		a = a.Elem()
	}
	for b.IsValid() && b.Kind() == reflect.Interface {
		b = b.Elem()
	}
	if !a.IsValid() || !b.IsValid() || a.Type() != b.Type() {
		return 0
	}
	switch a.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return cmp.Compare(a.Int(), b.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return cmp.Compare(a.Uint(), b.Uint())
	case reflect.Float32, reflect.Float64:
		return cmp.Compare(a.Float(), b.Float())
	case reflect.String:
		return cmp.Compare(a.String(), b.String())
	case reflect.Bool:
		return cmp.Compare(fmt.Sprint(a.Bool()), fmt.Sprint(b.Bool()))
	case reflect.Pointer, reflect.Chan, reflect.UnsafePointer:
		return cmp.Compare(a.Pointer(), b.Pointer())
	case reflect.Struct:
		for i := range a.NumField() {
			if c := compare(a.Field(i), b.Field(i)); c != 0 {
				return c
			}
		}
	case reflect.Array:
		for i := range a.Len() {
			if c := compare(a.Index(i), b.Index(i)); c != 0 {
				return c
			}
		}
	}
	return 0
}
