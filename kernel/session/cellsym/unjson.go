package cellsym

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/rewrite/mark"
	"lockstep/kernel/rt"
)

// unmarshalJSON is json.Unmarshal.
func (s *symbols) unmarshalJSON(data []byte, v any) error {
	return jsonReader{s: s}.into(data, v, func(v any) error { return json.Unmarshal(data, v) })
}

// DecodeJSON returns a function that stands for the method Decode of a *json.Decoder.
func DecodeJSON(it *interp.Interpreter) func(dec *json.Decoder, v any) error {
	s := symbolsOf(it)
	return func(dec *json.Decoder, v any) error {
		r := jsonReader{s: s}
		decode := func(v any) (err error) {
			rt.Block(func() { err = dec.Decode(v) }) // it may wait for its reader
			return err
		}
		if state := reflect.ValueOf(dec).Elem().FieldByName("d"); state.IsValid() {
			r.strict, r.numbers = isSet(state, "disallowUnknownFields"), isSet(state, "useNumber")
		}
		if to := target(v); !to.IsValid() || !r.special(to.Type(), nil) {
			return r.into(nil, v, decode)
		}
		var raw json.RawMessage
		if err := decode(&raw); err != nil {
			return err
		}
		return r.into(raw, v, decode)
	}
}

func isSet(state reflect.Value, name string) bool {
	f := state.FieldByName(name)
	return f.IsValid() && f.Kind() == reflect.Bool && f.Bool()
}

// target is what a pointer points to, invalid for what is none.
func target(v any) reflect.Value {
	p, _ := unboxed(reflect.ValueOf(v))
	if !p.IsValid() || p.Kind() != reflect.Pointer || p.IsNil() {
		return reflect.Value{}
	}
	return p.Elem()
}

// jsonReader reads values of cells' types, with a decoder's options.
type jsonReader struct {
	s               *symbols
	strict, numbers bool
}

// into reads data into what v points to; plain is package json's own way, for types that need no other.
func (r jsonReader) into(data []byte, v any, plain func(v any) error) error {
	to := target(v)
	if !to.IsValid() {
		err := plain(v)
		if t := reflect.TypeOf(v); err != nil && t != nil {
			err = r.named(err, t)
		}
		return err
	}
	if !r.special(to.Type(), nil) {
		return r.named(plain(to.Addr().Interface()), to.Type())
	}
	if !json.Valid(data) {
		return json.Unmarshal(data, new(any)) // its error
	}
	return r.value(data, to)
}

// special reports types that package json would read otherwise than their methods, embedded fields and interfaces have it.
func (r jsonReader) special(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	if seen == nil {
		seen = map[reflect.Type]bool{}
	}
	seen[t] = true
	for _, name := range []string{"UnmarshalJSON", "UnmarshalText"} {
		if _, ok := r.s.print.method(reflect.PointerTo(t), name); ok {
			return true
		}
	}
	switch t.Kind() {
	case reflect.Struct:
		if t.PkgPath() != "" {
			return false
		}
		for i := range t.NumField() {
			if _, embedded := t.Field(i).Tag.Lookup(mark.EmbedTag); embedded || r.special(t.Field(i).Type, seen) {
				return true
			}
		}
	case reflect.Map:
		return r.special(t.Key(), seen) || r.special(t.Elem(), seen)
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return r.special(t.Elem(), seen)
	}
	return false
}

// decode is json.Unmarshal with the decoder's options.
func (r jsonReader) decode(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if r.strict {
		dec.DisallowUnknownFields()
	}
	if r.numbers {
		dec.UseNumber()
	}
	return dec.Decode(v)
}

func (r jsonReader) value(data json.RawMessage, v reflect.Value) error {
	t := v.Type()
	data = bytes.TrimSpace(data)
	null := string(data) == "null"
	if v.Kind() == reflect.Pointer {
		if null {
			v.SetZero()
			return nil
		}
		if v.IsNil() {
			v.Set(reflect.New(t.Elem()))
		}
		return r.value(data, v.Elem())
	}
	call := func(m reflect.Value, b []byte) error {
		err, _ := m.Call([]reflect.Value{v.Addr(), reflect.ValueOf(b)})[0].Interface().(error)
		return err
	}
	if m, ok := r.s.print.method(reflect.PointerTo(t), "UnmarshalJSON"); ok {
		return call(m, data)
	}
	if m, ok := r.s.print.method(reflect.PointerTo(t), "UnmarshalText"); ok && !null {
		var text string
		if err := json.Unmarshal(data, &text); err != nil {
			return r.named(err, t)
		}
		return call(m, []byte(text))
	}
	if !r.special(t, nil) {
		return r.named(r.decode(data, v.Addr().Interface()), t)
	}
	switch {
	case null:
		if v.Kind() == reflect.Map || v.Kind() == reflect.Slice {
			v.SetZero()
		}
		return nil
	case v.Kind() == reflect.Struct:
		return r.fields(data, v)
	case v.Kind() == reflect.Map:
		return r.entries(data, v)
	}
	var list []json.RawMessage
	if err := json.Unmarshal(data, &list); err != nil {
		return r.named(err, t)
	}
	if v.Kind() == reflect.Slice {
		v.Set(reflect.MakeSlice(t, len(list), len(list)))
	}
	for i, raw := range list {
		if i >= v.Len() {
			break
		}
		if err := r.value(raw, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

// fields reads a struct by way of one that package json knows, whose fields point to those of v or take their texts.
func (r jsonReader) fields(data []byte, v reflect.Value) error {
	shadow, finish := r.shadow(v)
	if err := r.decode(data, shadow.Addr().Interface()); err != nil {
		return r.named(err, v.Type())
	}
	return finish(shadow)
}

func (r jsonReader) shadow(v reflect.Value) (shadow reflect.Value, finish func(reflect.Value) error) {
	var parts []reflect.StructField
	var begin []reflect.Value
	var ends []func(reflect.Value) error
	add := func(part reflect.StructField, value reflect.Value, end func(reflect.Value) error) {
		part.Type = value.Type()
		parts, begin, ends = append(parts, part), append(begin, value), append(ends, end)
	}
	for i := range v.NumField() {
		part, ok := jsonField(v.Type().Field(i))
		if !ok {
			continue
		}
		f := v.Field(i)
		switch {
		case part.Anonymous && f.Kind() == reflect.Pointer:
			to := reflect.New(f.Type().Elem())
			if !f.IsNil() {
				to = f
			}
			inner, end := r.shadow(to.Elem())
			add(part, inner, func(got reflect.Value) error {
				err := end(got)
				if f.IsNil() && !to.Elem().IsZero() {
					f.Set(to)
				}
				return err
			})
		case part.Anonymous:
			inner, end := r.shadow(f)
			add(part, inner, end)
		case r.special(f.Type(), nil):
			add(part, reflect.ValueOf(json.RawMessage(nil)), func(got reflect.Value) error {
				if got.IsNil() {
					return nil
				}
				return r.value(got.Bytes(), f)
			})
		default:
			add(part, f.Addr(), func(got reflect.Value) error {
				switch f.Kind() {
				case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
					if got.IsNil() {
						f.SetZero()
					}
				}
				return nil
			})
		}
	}
	shadow = reflect.New(reflect.StructOf(parts)).Elem()
	for i, value := range begin {
		shadow.Field(i).Set(value)
	}
	return shadow, func(got reflect.Value) error {
		for i, end := range ends {
			if err := end(got.Field(i)); err != nil {
				return err
			}
		}
		return nil
	}
}

func (r jsonReader) entries(data []byte, v reflect.Value) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(data, &all); err != nil {
		return r.named(err, v.Type())
	}
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	for text, raw := range all {
		key, err := r.key(text, v.Type().Key())
		if err != nil {
			return err
		}
		elem := reflect.New(v.Type().Elem()).Elem()
		if err := r.value(raw, elem); err != nil {
			return err
		}
		v.SetMapIndex(key, elem)
	}
	return nil
}

func (r jsonReader) key(text string, t reflect.Type) (reflect.Value, error) {
	key := reflect.New(t)
	if m, ok := r.s.print.method(reflect.PointerTo(t), "UnmarshalText"); ok {
		err, _ := m.Call([]reflect.Value{key, reflect.ValueOf([]byte(text))})[0].Interface().(error)
		return key.Elem(), err
	}
	switch k := key.Elem(); {
	case k.Kind() == reflect.String:
		k.SetString(text)
		return k, nil
	case k.CanInt():
		n, err := strconv.ParseInt(text, 10, t.Bits())
		k.SetInt(n)
		return k, err
	case k.CanUint():
		n, err := strconv.ParseUint(text, 10, t.Bits())
		k.SetUint(n)
		return k, err
	}
	return key.Elem(), fmt.Errorf("json: cannot unmarshal object into Go value of type map[%s]", r.s.print.typeName(t))
}

// named puts the user's names of types into an error of package json about a value of type t.
func (r jsonReader) named(err error, t reflect.Type) error {
	if e, ok := errors.AsType[*json.InvalidUnmarshalError](err); ok && e.Type != nil {
		e.Type = printedType{e.Type, r.s.print.typeName(e.Type)}
	}
	e, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok {
		return err
	}
	if e.Type != nil {
		e.Type = printedType{e.Type, r.s.print.typeName(e.Type)}
	}
	if e.Field != "" {
		e.Struct = ""
		if of := innermost(t, e.Field); of.Name() != "" || ownName(of) != "" {
			e.Struct = strings.TrimPrefix(r.s.print.typeName(of), "main.")
		}
	}
	return err
}

// innermost is the struct type in t that has the last field of a path.
func innermost(t reflect.Type, path string) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Array || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	first, rest, more := strings.Cut(path, ".")
	if !more || t.Kind() != reflect.Struct {
		return t
	}
	for i := range t.NumField() {
		f := t.Field(i)
		key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name, _ := fieldName(f); key == first || key == "" && name == first {
			return innermost(f.Type, rest)
		}
	}
	return t
}
