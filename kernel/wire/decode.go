package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// DecodeError says which field of a message was not as the protocol has it.
type DecodeError struct {
	MsgType MsgType         // "" when the header itself is wrong
	Field   string          // "" for the object as a whole
	Value   json.RawMessage // the bad value; nil when the field is missing
	Raw     json.RawMessage // the whole object
	Err     error
}

func (e *DecodeError) Error() string {
	var b strings.Builder
	if e.MsgType != "" {
		fmt.Fprintf(&b, "%s: ", e.MsgType)
	}
	if e.Field != "" {
		fmt.Fprintf(&b, "field %q: ", e.Field)
	}
	b.WriteString(e.Err.Error())
	if e.Value != nil {
		const most = 60
		fmt.Fprintf(&b, ", got %.*s", most, e.Value)
		if len(e.Value) > most {
			b.WriteString("…")
		}
	}
	return b.String()
}

// Unwrap returns what was wrong with the value.
func (e *DecodeError) Unwrap() error { return e.Err }

var (
	errMissing   = errors.New("is required")
	errNotObject = errors.New("want a JSON object")
)

// Decode returns the content of m as a T, one of the …Content structs. Absent
// and null fields have the protocol's defaults, unknown ones are ignored. The
// error is a [*DecodeError].
func Decode[T any](m *Message) (T, error) {
	var c T
	err := decodeObject(m.Content, &c)
	return c, withType(err, m.Header.MsgType)
}

func withType(err error, t MsgType) error {
	if e, ok := errors.AsType[*DecodeError](err); ok {
		e.MsgType = t
	}
	return err
}

// defaulter is a content whose absent fields do not mean the zero value.
type defaulter interface{ setDefaults() }

// finisher is a content whose fields depend on each other.
type finisher interface {
	finish(has func(field string) bool)
}

// decodeObject decodes field by field, which tells the bad one and its value
// exactly, and heeds the case of names, as encoding/json does not.
func decodeObject(raw json.RawMessage, into any) error {
	var values map[string]json.RawMessage
	if err := json.Unmarshal(raw, &values); err != nil || values == nil {
		if err == nil || isTypeError(err) {
			err = errNotObject
		}
		return &DecodeError{Value: raw, Raw: raw, Err: err}
	}
	has := func(field string) bool {
		v, ok := values[field]
		return ok && !bytes.Equal(v, jsonNull)
	}
	if d, ok := into.(defaulter); ok {
		d.setDefaults()
	}
	v := reflect.ValueOf(into).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" || !field.IsExported() {
			continue
		}
		if !has(name) {
			if field.Tag.Get("wire") == "required" {
				return &DecodeError{Field: name, Value: values[name], Raw: raw, Err: errMissing}
			}
			continue
		}
		if err := json.Unmarshal(values[name], v.Field(i).Addr().Interface()); err != nil {
			if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
				err = fmt.Errorf("want %s", kindName(e.Type))
			}
			return &DecodeError{Field: name, Value: values[name], Raw: raw, Err: err}
		}
	}
	if f, ok := into.(finisher); ok {
		f.finish(has)
	}
	return nil
}

var jsonNull = []byte("null")

func isTypeError(err error) bool {
	_, ok := errors.AsType[*json.UnmarshalTypeError](err)
	return ok
}

// kindName says in JSON's words what a field of type t wants.
func kindName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64:
		return "an integer"
	case reflect.Float64:
		return "a number"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	}
	return t.String()
}
