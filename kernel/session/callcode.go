package session

import (
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"

	"lockstep/exec/procs/value"
)

// The arguments of a call in a worker process, and what it returned, begin with a byte:
const (
	codePlain = 'p' // numbers, strings and bools follow, one after another
	codeValue = 'v' // what package value makes of variables follows; it takes microseconds
	codeError = 'e' // the error follows that the function returned, as package value writes it
	codeText  = 't' // or, if that cannot, its text
	codeNone  = 'n' // there is nothing
)

// encodeValues writes values down, which are addressable.
func encodeValues(values []value.Variable) ([]byte, error) { return encodeValuesLending(values, nil) }

// encodeValuesLending is encodeValues; lend is value.Options.Binary.
func encodeValuesLending(values []value.Variable, lend func(encoding.BinaryMarshaler) ([]byte, error)) ([]byte, error) {
	if len(values) == 0 {
		return []byte{codeNone}, nil
	}
	b := make([]byte, 1, 16)
	b[0] = codePlain
	for _, v := range values {
		var ok bool
		if b, ok = appendPlain(b, v.Value); !ok {
			data, err := value.Encode(values, value.Options{Types: labTypes, Binary: lend})
			return append([]byte{codeValue}, data...), err
		}
	}
	return b, nil
}

// encodeError writes an error down that a function has returned: with its type, if that is one
// that can be sent.
func encodeError(err error) []byte {
	v := reflect.ValueOf(&err).Elem()
	if data, failed := value.Encode([]value.Variable{{Name: "the error", Value: v}}, value.Options{Types: labTypes}); failed == nil {
		return append([]byte{codeError}, data...)
	}
	return append([]byte{codeText}, err.Error()...)
}

// decodeError reads what encodeError wrote; it is not ok for anything else.
func decodeError(data []byte) (returned error, ok bool) {
	if len(data) == 0 || data[0] != codeError && data[0] != codeText {
		return nil, false
	}
	if data[0] == codeText {
		return errors.New(string(data[1:])), true
	}
	return readError(data[1:]), true
}

// readError is apart from decodeError, which is asked for each call, as its result has to be on the heap.
func readError(data []byte) (returned error) {
	v := reflect.ValueOf(&returned).Elem()
	err := value.Decode(data, func(string) (reflect.Value, error) { return v, nil }, value.Options{Types: labTypes})
	if err != nil {
		return fmt.Errorf("the function returned an error that cannot be read here: %w", err)
	}
	return returned
}

// decodeValues sets values to what encodeValues wrote of as many.
func decodeValues(data []byte, values []value.Variable) error {
	if len(data) == 0 {
		return errors.New("the other process has sent nothing")
	}
	code, data := data[0], data[1:]
	switch code {
	case codeNone:
		return nil
	case codePlain:
		for _, v := range values {
			var ok bool
			if data, ok = takePlain(data, v.Value); !ok {
				return fmt.Errorf("the other process has sent what is no %v", v.Value.Type())
			}
		}
		return nil
	}
	next := -1
	return value.Decode(data, func(string) (reflect.Value, error) {
		if next++; next >= len(values) {
			return reflect.Value{}, fmt.Errorf("want %d values", len(values))
		}
		return values[next].Value, nil
	}, value.Options{Types: labTypes})
}

// decodeValue is decodeValues of one value. For a plain one it makes no list, which would take memory for each.
func decodeValue(data []byte, v reflect.Value) error {
	if len(data) > 0 && data[0] == codePlain {
		if _, ok := takePlain(data[1:], v); ok {
			return nil
		}
	}
	return decodeValues(data, []value.Variable{{Name: "the value", Value: v}})
}

// appendPlain writes a value of a basic type.
func appendPlain(b []byte, v reflect.Value) ([]byte, bool) {
	switch k := v.Kind(); {
	case v.CanInt():
		return binary.AppendVarint(b, v.Int()), true
	case v.CanUint():
		return binary.AppendUvarint(b, v.Uint()), true
	case v.CanFloat():
		return binary.LittleEndian.AppendUint64(b, math.Float64bits(v.Float())), true
	case k == reflect.Bool:
		n := uint64(0)
		if v.Bool() {
			n = 1
		}
		return binary.AppendUvarint(b, n), true
	case k == reflect.String:
		return append(binary.AppendUvarint(b, uint64(v.Len())), v.String()...), true
	}
	return b, false
}

// isPlainKind reports the kinds that appendPlain takes.
func isPlainKind(k reflect.Kind) bool {
	return reflect.Bool <= k && k <= reflect.Float64 || k == reflect.String
}

// takePlain is the reverse, and returns the rest.
func takePlain(b []byte, v reflect.Value) (rest []byte, ok bool) {
	n, k := 0, v.Kind()
	switch {
	case v.CanInt():
		var i int64
		i, n = binary.Varint(b)
		v.SetInt(i)
	case v.CanFloat() && len(b) >= 8:
		v.SetFloat(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		n = 8
	case v.CanUint(), k == reflect.Bool, k == reflect.String:
		var u uint64
		u, n = binary.Uvarint(b)
		switch {
		case n <= 0:
		case k == reflect.Bool:
			v.SetBool(u == 1)
		case k == reflect.String && u <= uint64(len(b)-n):
			v.SetString(string(b[n : n+int(u)]))
			n += int(u)
		case k == reflect.String:
			n = 0
		default:
			v.SetUint(u)
		}
	}
	if n <= 0 {
		return nil, false
	}
	return b[n:], true
}
