package value

import (
	"bytes"
	"encoding"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"reflect"
	"unsafe"
)

// magic begins the data, with a byte for what must be equal on both sides.
var magic = [4]byte{'L', 'V', 1, byte(unsafe.Sizeof(uintptr(0)))}

// end ends the data.
const end = 0xA5

// Encode makes bytes of variables, for [Decode] in another process. Whatever
// they share stays shared. The error is an [*Error].
func Encode(variables []Variable, o Options) ([]byte, error) {
	data, err := encode(variables, o, newLayouts(o.Types))
	if err != nil && err.Cause != nil && err.Path == "" {
		strict := newLayouts(o.Types)
		strict.strict = true
		if _, located := encode(variables, o, strict); located != nil {
			err = located
		}
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// Marshal makes bytes of one value and its type, for [Unmarshal]. An invalid
// Value stands for nil. The error is an [*Error].
func Marshal(v reflect.Value, o Options) ([]byte, error) {
	var x any
	if v.IsValid() {
		if !v.CanInterface() {
			return nil, &Error{Path: "the value", Type: v.Type().String(), Remedy: "it comes from a field that is not exported"}
		}
		x = v.Interface()
	}
	return Encode([]Variable{{"the value", reflect.ValueOf(&x).Elem()}}, o)
}

func encode(variables []Variable, o Options, ls layouts) ([]byte, *Error) {
	e := &encoder{layouts: ls, options: o, at: map[place]int32{}, objectAt: map[unsafe.Pointer]int32{}}
	e.current = -1
	for i, v := range variables {
		if !v.Value.IsValid() {
			return nil, &Error{Path: v.Name, Type: "nil", Remedy: "there is no such variable"}
		}
		t := v.Value.Type()
		l := e.of(t, origin{step: stepRoot, index: i})
		var p unsafe.Pointer
		switch {
		case v.Value.CanAddr():
			p = v.Value.Addr().UnsafePointer()
		case v.Value.CanInterface():
			p = addressable(v.Value)
		default:
			return nil, &Error{Path: v.Name, Type: t.String(), Remedy: "it comes from a field that is not exported"}
		}
		e.roots = append(e.roots, v)
		e.tops = append(e.tops, -1)
		_ = e.want(l, p, 1, 1, false) // nothing is sought
		if flat, n := l.flat(); flat.size > 0 && n > 0 {
			e.tops[i] = e.at[place{p, flat}]
		}
	}
	e.current = 0
	if err := e.joinAll(); err != nil {
		return nil, err
	}
	if err := e.write(); err != nil {
		return nil, err
	}
	return e.out, nil
}

// write writes everything, the tables first.
func (e *encoder) write() *Error {
	var head []byte
	var contents uintptr
	head = appendUint(head, uint64(len(e.regions)))
	for i := range e.regions {
		r := &e.regions[i]
		head = appendUint(head, uint64(e.identify(r.layout)))
		head = appendUint(head, uint64(r.alloc))
		head = appendUint(head, uint64(len(r.sent)))
		at := 0
		for _, s := range r.sent {
			head = appendUint(head, uint64(s.from-at))
			head = appendUint(head, uint64(s.to-s.from))
			at = s.to
			contents += uintptr(s.to-s.from) * r.size()
		}
	}
	head = appendUint(head, uint64(len(e.objects)))
	for _, o := range e.objects {
		head = appendUint(head, uint64(e.identify(o.layout)))
		head = appendUint(head, uint64(o.length))
	}
	for _, top := range e.tops {
		if top < 0 {
			head = appendUint(head, 0)
			continue
		}
		head = e.appendRef(head, &e.requests[top])
	}

	e.out = make([]byte, 0, len(head)+len(e.types)+int(contents)+1024)
	e.out = append(e.out, magic[:]...)
	e.out = appendUint(e.out, uint64(len(e.roots)))
	for _, r := range e.roots {
		e.out = appendString(appendString(e.out, r.Name), r.Value.Type().String())
		e.out = appendCheck(e.out, r.Value.Type())
	}
	e.out = appendUint(e.out, uint64(e.typeCount))
	e.out = append(append(e.out, e.types...), head...)
	types := e.typeCount
	for i := range e.regions {
		r := &e.regions[i]
		for _, s := range r.sent {
			if err := e.putAll(r.layout, unsafe.Add(r.start, uintptr(s.from)*r.size()), s.to-s.from); err != nil {
				return err
			}
		}
	}
	for _, o := range e.objects {
		if err := e.putMap(o); err != nil {
			return err
		}
	}
	if e.typeCount != types {
		return changed()
	}
	e.out = append(e.out, end)
	return nil
}

func changed() *Error { return &Error{Path: "a variable", Type: "any", Remedy: remedyChanged} }

// References to regions begin with 2: before them are nil, and what has no
// memory, such as a pointer to an empty struct.
const (
	refNil = iota
	refEmpty
	refFirst
)

func (e *encoder) appendRef(b []byte, r *request) []byte {
	return appendUint(appendUint(b, uint64(r.region)+refFirst), uint64(r.offset))
}

// putAll writes n values in a row.
func (e *encoder) putAll(l *layout, p unsafe.Pointer, n int) *Error {
	if l.shape == plain || l.shape == boolean {
		e.out = append(e.out, unsafe.Slice((*byte)(p), uintptr(n)*l.size)...)
		return nil
	}
	for i := range n {
		if err := e.put(l, unsafe.Add(p, uintptr(i)*l.size)); err != nil {
			return err
		}
	}
	return nil
}

// put writes a value. Its errors have no path, as all that can be foreseen has
// been found before.
func (e *encoder) put(l *layout, p unsafe.Pointer) *Error {
	switch l.shape {
	case plain, boolean:
		e.out = append(e.out, unsafe.Slice((*byte)(p), l.size)...)
	case text:
		e.out = appendString(e.out, *(*string)(p))
	case pointer:
		return e.putPointer(l, *(*unsafe.Pointer)(p))
	case slice:
		return e.putSlice(l, (*sliceHeader)(p))
	case dict:
		q := *(*unsafe.Pointer)(p)
		if q == nil {
			e.out = append(e.out, refNil)
			return nil
		}
		i, ok := e.objectAt[q]
		if !ok {
			return changed()
		}
		e.out = appendUint(e.out, uint64(i)+1)
	case box:
		return e.putDynamic(view(l.t, p).Elem())
	case opaque:
		if isZero(p, l.size) {
			e.out = append(e.out, 0)
			return nil
		}
		with, note, err := e.resolve(l, p)
		if err != nil {
			return err
		}
		e.out = appendString(append(e.out, 1), note)
		return e.putDynamic(with)
	case array:
		return e.putAll(l.elem, p, l.length)
	case record:
		for _, f := range l.fields {
			if f.layout.shape == plain {
				e.out = append(e.out, unsafe.Slice((*byte)(unsafe.Add(p, f.offset)), f.size)...)
			} else if err := e.put(f.layout, unsafe.Add(p, f.offset)); err != nil {
				return err
			}
		}
	case marshaled:
		b, err := e.marshal(l, p)
		if err != nil {
			return err
		}
		e.out = append(appendUint(e.out, uint64(len(b))), b...)
	default: // it is nil or zero
		e.out = append(e.out, 0)
	}
	return nil
}

func (e *encoder) putPointer(l *layout, q unsafe.Pointer) *Error {
	if q == nil {
		e.out = append(e.out, refNil)
		return nil
	}
	flat, n := e.target(l).flat()
	if flat.size == 0 || n == 0 {
		e.out = append(e.out, refEmpty)
		return nil
	}
	i, ok := e.at[place{q, flat}]
	if !ok || e.requests[i].length < n {
		return changed()
	}
	e.out = e.appendRef(e.out, &e.requests[i])
	return nil
}

func (e *encoder) putSlice(l *layout, h *sliceHeader) *Error {
	if h.p == nil {
		e.out = append(e.out, refNil)
		return nil
	}
	elem := e.target(l)
	flat, each := elem.flat()
	if elem.size == 0 || h.capacity == 0 {
		e.out = appendUint(append(e.out, refEmpty), uint64(h.length))
		return nil
	}
	i, ok := e.at[place{h.p, flat}]
	if !ok || e.requests[i].length < h.length*each {
		return changed()
	}
	q := &e.requests[i]
	r := &e.regions[q.region]
	index, within := int(q.offset/r.size()), q.offset%r.size()
	room := r.alloc - index
	if within != 0 || !same(r.layout.t, flat.t) {
		room = r.layout.locate(within, flat, e.layouts)
	}
	capacity := min(h.capacity, room/each)
	if capacity == 0 || index >= r.alloc {
		e.out = append(e.out, refEmpty, 0)
		return nil
	}
	e.out = e.appendRef(e.out, q)
	e.out = appendUint(appendUint(e.out, uint64(h.length)), uint64(capacity))
	return nil
}

// What an interface holds begins with one of these, the last plus the number of its type.
const (
	dynamicNil = iota
	dynamicSentinel
	dynamicType = dynamicSentinel // types are counted from 1
)

func (e *encoder) putDynamic(v reflect.Value) *Error {
	if !v.IsValid() {
		e.out = append(e.out, dynamicNil)
		return nil
	}
	if name, ok := sentinel(v); ok {
		e.out = appendString(append(e.out, dynamicSentinel), name)
		return nil
	}
	l, ok := e.known[v.Type()]
	if !ok || l.id == 0 {
		return changed()
	}
	e.out = appendUint(e.out, uint64(l.id)+dynamicType)
	return e.put(l, addressable(v))
}

func (e *encoder) putMap(o object) *Error {
	kl, vl := e.keyOf(o.layout), e.target(o.layout)
	k, v := reflect.New(kl.t), reflect.New(vl.t)
	n := 0
	for it := view(o.layout.t, unsafe.Pointer(&o.p)).MapRange(); it.Next(); n++ {
		k.Elem().SetIterKey(it)
		v.Elem().SetIterValue(it)
		if err := e.put(kl, k.UnsafePointer()); err != nil {
			return err
		}
		if err := e.put(vl, v.UnsafePointer()); err != nil {
			return err
		}
	}
	if n != o.length {
		return changed()
	}
	return nil
}

// marshal has a value make bytes of itself.
func (e *encoder) marshal(l *layout, p unsafe.Pointer) (data []byte, err *Error) {
	defer func() {
		if r := recover(); r != nil {
			data, err = nil, &Error{Type: l.t.String(), Remedy: remedyMarshal, Cause: fmt.Errorf("panic: %v", r)}
		}
	}()
	v := reflect.NewAt(l.t, p).Interface()
	var cause error
	switch {
	case l.gob:
		data, cause = v.(gob.GobEncoder).GobEncode()
	case e.options.Binary != nil:
		data, cause = e.options.Binary(v.(encoding.BinaryMarshaler))
	default:
		data, cause = v.(encoding.BinaryMarshaler).MarshalBinary()
	}
	if cause != nil {
		return nil, &Error{Type: l.t.String(), Remedy: remedyMarshal, Cause: cause}
	}
	return data, nil
}

// unmarshal is the reverse. The value owns the data afterwards.
func unmarshal(l *layout, p unsafe.Pointer, data []byte) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v: panic: %v", l.t, r)
		}
	}()
	v := reflect.NewAt(l.t, p).Interface()
	data = bytes.Clone(data)
	if l.gob {
		return v.(gob.GobDecoder).GobDecode(data)
	}
	u, ok := v.(encoding.BinaryUnmarshaler)
	if !ok {
		return errors.ErrUnsupported
	}
	return u.UnmarshalBinary(data)
}

func appendUint(b []byte, n uint64) []byte { return binary.AppendUvarint(b, n) }

func appendString(b []byte, s string) []byte {
	return append(appendUint(b, uint64(len(s))), s...)
}
