package wire

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"unicode/utf8"
)

var emptyObject = json.RawMessage("{}")

// shaped is a content whose JSON depends on its values.
type shaped interface{ shape() any }

// marshal encodes v for the wire: nil slices and maps in the fields of a struct
// become [] and {}, as clients index them without asking; HTML stays readable;
// the result is valid UTF-8 even where a json.RawMessage inside v was not.
func marshal(v any) (json.RawMessage, error) {
	if s, ok := v.(shaped); ok {
		v = s.shape()
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(withoutNil(v)); err != nil {
		return nil, err
	}
	return validUTF8(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}

// validUTF8 replaces what is no UTF-8 in JSON that is otherwise valid: only
// strings can hold such bytes.
func validUTF8(raw []byte) []byte {
	if utf8.Valid(raw) {
		return raw
	}
	return bytes.ToValidUTF8(raw, []byte("\uFFFD"))
}

var rawType = reflect.TypeFor[json.RawMessage]()

// withoutNil returns v, or for a struct a copy in which nil slices and maps
// that would be written are empty ones.
func withoutNil(v any) any {
	src := reflect.Indirect(reflect.ValueOf(v))
	if src.Kind() != reflect.Struct {
		return v
	}
	out := reflect.New(src.Type()).Elem()
	out.Set(src)
	for i := range src.NumField() {
		field := src.Type().Field(i)
		if _, opts, _ := strings.Cut(field.Tag.Get("json"), ","); !field.IsExported() || strings.Contains(opts, "omitempty") {
			continue
		}
		f := out.Field(i)
		switch {
		case f.Kind() == reflect.Slice && f.IsNil() && field.Type == rawType:
			f.Set(reflect.ValueOf(emptyObject))
		case f.Kind() == reflect.Slice && f.IsNil():
			f.Set(reflect.MakeSlice(field.Type, 0, 0))
		case f.Kind() == reflect.Map && f.IsNil():
			f.Set(reflect.MakeMap(field.Type))
		}
	}
	return out.Interface()
}
