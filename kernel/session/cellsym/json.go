package cellsym

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/rewrite/mark"
)

// Package encoding/json sees no methods of cells' types, no embedded fields and boxes in the place of values. So
// values that concern it are taken apart here, and put before it piece by piece: it keeps the say in names,
// options, escapes and the form of everything that has no type of a cell in it.

// marshalJSON is json.Marshal.
func (s *symbols) marshalJSON(v any) ([]byte, error) {
	raw, err := s.rawJSON(v)
	if err != nil {
		return nil, err
	}
	return json.Marshal(raw)
}

func (s *symbols) marshalIndent(v any, prefix, indent string) ([]byte, error) {
	raw, err := s.rawJSON(v)
	if err != nil {
		return nil, err
	}
	return json.MarshalIndent(raw, prefix, indent)
}

// EncodeJSON returns a function that stands for the method Encode of a *json.Encoder.
func EncodeJSON(it *interp.Interpreter) func(enc *json.Encoder, v any) error {
	s := symbolsOf(it)
	return func(enc *json.Encoder, v any) error {
		raw, err := s.rawJSON(v)
		if err != nil {
			return err
		}
		return enc.Encode(raw)
	}
}

// rawJSON is v as json.Marshal writes it, but that nothing is escaped for HTML yet.
func (s *symbols) rawJSON(v any) (json.RawMessage, error) {
	switch w := v.(type) {
	case marshaled:
		if !s.ownType(reflect.TypeOf(w.value)) {
			return leafJSON(v)
		}
		v = w.value
	case textMarshaled:
		if !s.ownType(reflect.TypeOf(w.value)) {
			return leafJSON(v)
		}
		v = w.value
	case wordText:
		v = w.value
	}
	return jsonWriter{s}.value(reflect.ValueOf(v), 0)
}

// leafJSON has package json write a value.
func leafJSON(v any) (json.RawMessage, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// deepestJSON is how deep values may be in each other; those of a circle are deeper.
const deepestJSON = 2000

type jsonWriter struct{ s *symbols }

func (w jsonWriter) value(v reflect.Value, depth int) (json.RawMessage, error) {
	v, b := unboxed(v)
	if !v.IsValid() {
		return json.RawMessage("null"), nil
	}
	if t, ok := typedIn(v); ok {
		return w.typed(t, depth)
	}
	if inner, whole, ok := w.s.print.wrapped(v); ok && whole && w.s.ownType(inner.Type()) {
		v = inner
	}
	t := v.Type()
	if depth > deepestJSON {
		return nil, fmt.Errorf("json: unsupported value: encountered a cycle via %s", w.s.print.typeName(t))
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return json.RawMessage("null"), nil
	}
	if raw, done, err := w.byMethod(v, b); done {
		return raw, err
	}
	if !w.s.print.concerns(t) && t.Kind() != reflect.Interface {
		return leafJSON(Exposed(v).Interface())
	}
	switch v.Kind() {
	case reflect.Interface, reflect.Pointer:
		if v.IsNil() {
			return json.RawMessage("null"), nil
		}
		return w.value(v.Elem(), depth+1)
	case reflect.Struct:
		shadow, err := w.fields(v, depth)
		if err != nil {
			return nil, err
		}
		return leafJSON(shadow.Interface())
	case reflect.Map:
		return w.entries(v, depth)
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.IsNil() {
			return json.RawMessage("null"), nil
		}
		list := make([]json.RawMessage, v.Len())
		for i := range list {
			var err error
			if list[i], err = w.value(v.Index(i), depth+1); err != nil {
				return nil, err
			}
		}
		return leafJSON(list)
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128:
		return nil, fmt.Errorf("json: unsupported type: %s", w.s.print.typeName(t))
	}
	return leafJSON(basic(v))
}

// byMethod writes a value by a method of a cell's type.
func (w jsonWriter) byMethod(v reflect.Value, b box) (raw json.RawMessage, done bool, err error) {
	for _, name := range []string{"MarshalJSON", "MarshalText"} {
		var call func() []reflect.Value
		if m, ok := w.s.print.method(v.Type(), name); ok {
			call = func() []reflect.Value { return m.Call([]reflect.Value{Exposed(v)}) }
		} else if m, ok := w.s.print.method(reflect.PointerTo(v.Type()), name); ok && v.CanAddr() {
			call = func() []reflect.Value { return m.Call([]reflect.Value{Exposed(v).Addr()}) }
		} else if f, ok := b.method(w.s.it, name).(func() ([]byte, error)); ok {
			call = func() []reflect.Value { return reflect.ValueOf(f).Call(nil) }
		} else {
			continue
		}
		raw, err := w.text(name, w.s.print.typeName(v.Type()), call())
		return raw, true, err
	}
	return nil, false, nil
}

// typed writes a value that is kept with the name of its type.
func (w jsonWriter) typed(t typed, depth int) (json.RawMessage, error) {
	for _, name := range []string{"MarshalJSON", "MarshalText"} {
		if m, ok := w.s.print.methodOf(t.name, name); ok {
			return w.text(name, t.name, m.Call([]reflect.Value{reflect.ValueOf(t.v)}))
		}
	}
	return w.value(reflect.ValueOf(t.v), depth+1)
}

// text is what a method of the type typ has returned, as JSON.
func (w jsonWriter) text(method, typ string, out []reflect.Value) (raw json.RawMessage, err error) {
	if err, _ = out[1].Interface().(error); err == nil {
		raw = out[0].Bytes()
		if method == "MarshalText" {
			raw, err = leafJSON(string(raw))
		} else {
			err = json.Compact(new(bytes.Buffer), raw)
		}
	}
	if err != nil {
		err = &jsonError{typ, method, err}
	}
	return raw, err
}

// jsonError is an error as json.MarshalerError is, with the user's name of the type.
type jsonError struct {
	typ, method string
	err         error
}

func (e *jsonError) Error() string {
	return "json: error calling " + e.method + " for type " + e.typ + ": " + e.err.Error()
}
func (e *jsonError) Unwrap() error { return e.err }

// fields makes a struct that package json writes as it would write v.
func (w jsonWriter) fields(v reflect.Value, depth int) (reflect.Value, error) {
	if depth > deepestJSON {
		return v, fmt.Errorf("json: unsupported type: %s", w.s.print.typeName(v.Type()))
	}
	var fields []reflect.StructField
	var values []reflect.Value
	for i := range v.NumField() {
		f, inner := v.Type().Field(i), v.Field(i)
		part, ok := jsonField(f)
		if !ok {
			continue
		}
		if part.Anonymous {
			none := inner.Kind() == reflect.Pointer && inner.IsNil()
			if none { // its fields may hide others all the same
				inner = reflect.New(inner.Type().Elem())
			}
			shadow, err := w.fields(reflect.Indirect(inner), depth+1)
			if err != nil {
				return v, err
			}
			if none {
				shadow = reflect.Zero(reflect.PointerTo(shadow.Type()))
			}
			part.Type = shadow.Type()
			fields, values = append(fields, part), append(values, shadow)
			continue
		}
		value, err := w.field(inner, part.Tag.Get("json"), depth)
		if err != nil {
			return v, err
		}
		part.Type = value.Type()
		fields, values = append(fields, part), append(values, value)
	}
	shadow := reflect.New(reflect.StructOf(fields)).Elem()
	for i, value := range values {
		shadow.Field(i).Set(value)
	}
	return shadow, nil
}

// field is what stands for a field's value: a value that package json knows, or an interface with
// its text, nil where the tag has it left out.
func (w jsonWriter) field(v reflect.Value, tag string, depth int) (reflect.Value, error) {
	t := v.Type()
	own := func(name string) bool {
		_, value := w.s.print.method(t, name)
		_, pointer := w.s.print.method(reflect.PointerTo(t), name)
		return value || pointer
	}
	plain := !own("MarshalJSON") && !own("MarshalText") && !own("IsZero")
	switch {
	case plain && !w.s.print.concerns(t) && t.Kind() != reflect.Interface:
		return Exposed(v), nil
	case plain && basics[t.Kind()] != nil:
		return reflect.ValueOf(basic(v)), nil
	}
	empty := reflect.New(reflect.TypeFor[any]()).Elem()
	_, options, _ := strings.Cut(tag, ",")
	for option := range strings.SplitSeq(options, ",") {
		if option == "omitempty" && isEmpty(v) || option == "omitzero" && w.isZero(v) {
			return empty, nil
		}
	}
	raw, err := w.value(v, depth+1)
	if err == nil {
		empty.Set(reflect.ValueOf(raw))
	}
	return empty, err
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

func (w jsonWriter) isZero(v reflect.Value) bool {
	if m, ok := w.s.print.method(v.Type(), "IsZero"); ok {
		return m.Call([]reflect.Value{Exposed(v)})[0].Bool()
	}
	return v.IsZero()
}

// jsonField is a field as package json is to see it, without its type; Anonymous says that its own fields are the
// struct's. ok is false for fields that json leaves out.
func jsonField(f reflect.StructField) (part reflect.StructField, ok bool) {
	name, exported := fieldName(f)
	_, embedded := f.Tag.Lookup(mark.EmbedTag)
	tag, tagged := f.Tag.Lookup("json")
	if name == mark.Mark || tag == "-" {
		return part, false
	}
	if tagged {
		part.Tag = reflect.StructTag("json:" + strconv.Quote(tag))
	}
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	part.Name = mark.Plain(name)
	if key, _, _ := strings.Cut(tag, ","); embedded && t.Kind() == reflect.Struct && key == "" {
		part.Anonymous = true
		if !exported {
			part.Name = "X" + part.Name
		}
		return part, true
	}
	return part, exported
}

func (w jsonWriter) entries(v reflect.Value, depth int) (json.RawMessage, error) {
	if v.IsNil() {
		return json.RawMessage("null"), nil
	}
	all := make(map[string]json.RawMessage, v.Len())
	for it := v.MapRange(); it.Next(); {
		key, err := w.key(it.Key())
		if err != nil {
			return nil, err
		}
		if all[key], err = w.value(it.Value(), depth+1); err != nil {
			return nil, err
		}
	}
	return leafJSON(all)
}

// key is the text of a map's key.
func (w jsonWriter) key(k reflect.Value) (string, error) {
	k, _ = unboxed(k)
	if k.IsValid() && k.Kind() != reflect.String {
		if m, ok := w.s.print.method(k.Type(), "MarshalText"); ok {
			out := m.Call([]reflect.Value{Exposed(k)})
			err, _ := out[1].Interface().(error)
			return string(out[0].Bytes()), err
		}
	}
	switch {
	case !k.IsValid():
	case k.Kind() == reflect.String:
		return k.String(), nil
	case k.CanInt():
		return strconv.FormatInt(k.Int(), 10), nil
	case k.CanUint():
		return strconv.FormatUint(k.Uint(), 10), nil
	case !w.s.print.concerns(k.Type()):
		// One that package json knows.
		m := reflect.MakeMap(reflect.MapOf(k.Type(), reflect.TypeFor[bool]()))
		m.SetMapIndex(k, reflect.ValueOf(true))
		raw, err := leafJSON(m.Interface())
		if err != nil {
			return "", err
		}
		var back map[string]bool
		err = json.Unmarshal(raw, &back)
		for text := range back {
			return text, err
		}
	}
	return "", fmt.Errorf("json: unsupported type: map[%s]", w.s.print.typeName(k.Type()))
}
