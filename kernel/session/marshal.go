package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"reflect"

	"lockstep/exec/procs/value"
)

// Values that go through a shared queue begin with a byte that tells how they are written:
// codeValue for what package value has written, which takes microseconds, or one of these for what most queues
// carry.
const (
	quickInt = iota + 1
	quickFloat
	quickString
	quickBytes
	quickFalse
	quickTrue
)

// Marshal implements lab.Sharer.
func (h labHost) Marshal(v any) (head, body []byte, err error) {
	switch v := v.(type) {
	case int:
		return binary.AppendVarint([]byte{quickInt}, int64(v)), nil, nil
	case float64:
		return binary.LittleEndian.AppendUint64([]byte{quickFloat}, math.Float64bits(v)), nil, nil
	case string:
		return append([]byte{quickString}, v...), nil, nil
	case []byte:
		if v != nil {
			return []byte{quickBytes}, v, nil
		}
	case bool:
		if v {
			return []byte{quickTrue}, nil, nil
		}
		return []byte{quickFalse}, nil, nil
	}
	body, err = value.Marshal(reflect.ValueOf(v), value.Options{Types: labTypes})
	return []byte{codeValue}, body, err
}

// Unmarshal implements lab.Sharer. The value may go on using data.
func (h labHost) Unmarshal(data []byte) (any, error) {
	if len(data) == 0 {
		return nil, errors.New("there is nothing")
	}
	code, data := data[0], data[1:]
	switch code {
	case quickInt:
		i, n := binary.Varint(data)
		if n != len(data) {
			return nil, fmt.Errorf("%d bytes are no int", len(data))
		}
		return int(i), nil
	case quickFloat:
		if len(data) != 8 {
			return nil, fmt.Errorf("%d bytes are no float64", len(data))
		}
		return math.Float64frombits(binary.LittleEndian.Uint64(data)), nil
	case quickString:
		return string(data), nil
	case quickBytes:
		return data[:len(data):len(data)], nil
	case quickFalse, quickTrue:
		return code == quickTrue, nil
	}
	v, err := value.Unmarshal(data, value.Options{Types: labTypes})
	if err != nil || !v.IsValid() {
		return nil, err
	}
	return v.Interface(), nil
}
