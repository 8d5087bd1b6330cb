package value

import (
	"fmt"
	"go/token"
	"hash/fnv"
	"reflect"
	"strings"
)

// step is how a type is found, mostly starting from an earlier one. Types are
// not sent by name wherever it can be helped: an interpreter's have none, and
// sender and receiver need not agree on how many copies of a type there are.
type step byte

const (
	stepRoot   step = iota + 1 // type of a variable
	stepElem                   // what a type's pointers or elements are
	stepKey                    // of a map
	stepField                  // of a struct
	stepName                   // by Types
	stepTo                     // pointer to a type
	stepSlice                  // slice of
	stepArray                  // array of
	stepMap                    // map from the first of two
	stepStruct                 // struct of
	stepFunc                   // func of
	stepChan                   // channel of
)

// origin is a step to a type. The zero value is no way at all.
type origin struct {
	step  step
	of    *layout
	index int // variable or field
	name  string
	parts []*layout // of a composite type
}

// identify gives the layout a number in the table of types, and to those before it
// from which the receiver finds it.
func (e *encoder) identify(l *layout) int {
	if l.id != 0 {
		return l.id
	}
	o := l.origin
	if o.of != nil {
		e.identify(o.of)
	}
	for _, p := range o.parts {
		e.identify(p)
	}
	b := append(e.types, byte(o.step))
	switch o.step {
	case stepRoot:
		b = appendUint(b, uint64(o.index))
	case stepField:
		b = appendUint(b, uint64(o.of.id))
		b = appendUint(b, uint64(o.index))
	case stepElem, stepKey:
		b = appendUint(b, uint64(o.of.id))
	case stepName:
		b = appendString(b, o.name)
	case stepArray:
		b = appendUint(b, uint64(l.t.Len()))
	case stepChan:
		b = appendUint(b, uint64(l.t.ChanDir()))
	case stepFunc:
		b = appendUint(b, uint64(l.t.NumIn()))
		b = append(b, 0)
		if l.t.IsVariadic() {
			b[len(b)-1] = 1
		}
	}
	if o.parts != nil {
		b = appendUint(b, uint64(len(o.parts)))
		for i, p := range o.parts {
			b = appendUint(b, uint64(p.id))
			if o.step != stepStruct {
				continue
			}
			f := l.t.Field(i)
			b = appendString(appendString(appendString(b, f.Name), f.PkgPath), string(f.Tag))
			b = append(b, 0)
			if f.Anonymous {
				b[len(b)-1] = 1
			}
		}
	}
	e.types = appendCheck(b, l.t)
	e.typeCount++
	l.id = e.typeCount
	return l.id
}

// appendCheck appends what the receiver compares its own type with.
func appendCheck(b []byte, t reflect.Type) []byte {
	b = append(b, byte(t.Kind()))
	b = appendUint(b, uint64(t.Size()))
	return appendUint(b, uint64(fieldsHash(t)))
}

func matches(t reflect.Type, kind byte, size, hash uint64) bool {
	return kind == byte(t.Kind()) && size == uint64(t.Size()) && hash == uint64(fieldsHash(t))
}

// sharedName is a field's name in all engines: the interpreter exports x as Xx.
func sharedName(name string) string {
	if rest, ok := strings.CutPrefix(name, "X"); ok && rest != "" && !token.IsExported(rest) {
		return rest
	}
	return name
}

func fieldsHash(t reflect.Type) uint32 {
	if t.Kind() != reflect.Struct {
		return 0
	}
	h := fnv.New32a()
	for i := range t.NumField() {
		f := t.Field(i)
		fmt.Fprintf(h, "%s %d;", sharedName(f.Name), f.Type.Kind())
	}
	return h.Sum32()
}

// dynamic returns the layout of a type that was found in an interface. Its
// error has no path.
func (e *encoder) dynamic(t reflect.Type) (*layout, *Error) {
	if l, ok := e.known[t]; ok {
		return l, nil
	}
	bare := t
	for bare.Kind() == reflect.Pointer && bare.Name() == "" {
		bare = bare.Elem()
	}
	for _, table := range []map[string]map[string]string{refused, locks} {
		if remedy, ok := rule(table, bare); ok && bare != t {
			return nil, &Error{Type: t.String(), Remedy: remedy}
		}
	}
	o, err := e.build(t, nil)
	if err != nil {
		err.Type = t.String()
		return nil, err
	}
	return e.of(t, o), nil
}

// build finds out how a receiver can find a type that it knows from nowhere.
// above are the types that contain it.
func (e *encoder) build(t reflect.Type, above []reflect.Type) (origin, *Error) {
	if name, ok := e.options.Types.name(t); ok {
		return origin{step: stepName, name: name}, nil
	}
	if t.Name() != "" || t.Kind() == reflect.Interface {
		return origin{}, &Error{Type: t.String(), Remedy: remedyType}
	}
	for _, a := range above {
		if a == t {
			return origin{}, &Error{Type: t.String(), Remedy: remedyRecursive}
		}
	}
	above = append(above, t)
	o := origin{parts: []*layout{}}
	var parts []reflect.Type
	switch t.Kind() {
	case reflect.Pointer:
		o.step, parts = stepTo, []reflect.Type{t.Elem()}
	case reflect.Slice:
		o.step, parts = stepSlice, []reflect.Type{t.Elem()}
	case reflect.Array:
		o.step, parts = stepArray, []reflect.Type{t.Elem()}
	case reflect.Chan:
		o.step, parts = stepChan, []reflect.Type{t.Elem()}
	case reflect.Map:
		o.step, parts = stepMap, []reflect.Type{t.Key(), t.Elem()}
	case reflect.Struct:
		o.step = stepStruct
		for i := range t.NumField() {
			parts = append(parts, t.Field(i).Type)
		}
	case reflect.Func:
		o.step = stepFunc
		for i := range t.NumIn() {
			parts = append(parts, t.In(i))
		}
		for i := range t.NumOut() {
			parts = append(parts, t.Out(i))
		}
	default:
		return origin{}, &Error{Type: t.String(), Remedy: remedyType}
	}
	for _, part := range parts {
		l, ok := e.known[part]
		if !ok {
			po, err := e.build(part, above)
			if err != nil {
				return origin{}, err
			}
			l = e.of(part, po)
		}
		o.parts = append(o.parts, l)
	}
	return o, nil
}

// maxFields bounds what a struct type in received data may have.
const maxFields = 10_000

// readType reads an entry of the table of types and finds the type.
func (d *decoder) readType() reflect.Type {
	s := step(d.byte())
	var t reflect.Type
	var length, first uint64
	var flag byte
	switch s {
	case stepRoot:
		i := d.uint()
		if i >= uint64(len(d.roots)) {
			d.fail("no variable %d", i)
		}
		t = d.roots[i].Type()
	case stepElem:
		of := d.typ()
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map, reflect.Chan:
			t = of.Elem()
		default:
			d.fail("%v has no elements", of)
		}
	case stepKey:
		of := d.typ()
		if of.Kind() != reflect.Map {
			d.fail("%v has no keys", of)
		}
		t = of.Key()
	case stepField:
		of, i := d.typ(), d.uint()
		if of.Kind() != reflect.Struct || i >= uint64(of.NumField()) {
			d.fail("%v has no field %d", of, i)
		}
		t = of.Field(int(i)).Type
	case stepName:
		name := d.string()
		var ok bool
		if t, ok = d.options.Types.lookup(name); !ok {
			d.fail("type %s is not known here", name)
		}
	case stepArray, stepChan:
		length = d.uint()
	case stepFunc:
		first, flag = d.uint(), d.byte()
	case stepTo, stepSlice, stepMap, stepStruct:
	default:
		d.fail("want a type, got step %d", s)
	}
	if t == nil {
		t = d.readComposite(s, length, first, flag)
	}
	if k, size, h := d.byte(), d.uint(), d.uint(); !matches(t, k, size, h) {
		d.fail("type %v is another one here", t)
	}
	return t
}

func (d *decoder) readComposite(s step, length, first uint64, flag byte) (t reflect.Type) {
	n := d.uint()
	if n > maxFields || int64(n) > d.left() {
		d.fail("a type of %d types", n)
	}
	var parts []reflect.Type
	var fields []reflect.StructField
	for range n {
		parts = append(parts, d.typ())
		if s == stepStruct {
			f := reflect.StructField{Name: d.string(), PkgPath: d.string(), Tag: reflect.StructTag(d.string()), Type: parts[len(parts)-1]}
			f.Anonymous = d.byte() == 1
			fields = append(fields, f)
		}
	}
	want := map[step]int{stepTo: 1, stepSlice: 1, stepArray: 1, stepChan: 1, stepMap: 2}
	if w, ok := want[s]; ok && len(parts) != w {
		d.fail("a type made of %d types instead of %d", len(parts), w)
	}
	defer func() {
		// Package reflect panics where a compiler would report an error.
		if r := recover(); r != nil {
			if _, ok := r.(*DataError); ok {
				panic(r)
			}
			d.fail("impossible type: %v", r)
		}
	}()
	switch s {
	case stepTo:
		t = reflect.PointerTo(parts[0])
	case stepSlice:
		t = reflect.SliceOf(parts[0])
	case stepArray:
		if length > maxArray || length*uint64(parts[0].Size()) > maxArray {
			d.fail("an array of %d elements", length)
		}
		t = reflect.ArrayOf(int(length), parts[0])
	case stepChan:
		t = reflect.ChanOf(reflect.ChanDir(length), parts[0])
	case stepMap:
		t = reflect.MapOf(parts[0], parts[1])
	case stepStruct:
		t = reflect.StructOf(fields)
	case stepFunc:
		if first > uint64(len(parts)) {
			d.fail("a func with %d of %d parameters", first, len(parts))
		}
		t = reflect.FuncOf(parts[:first], parts[first:], flag == 1)
	}
	return t
}

// maxArray bounds the size of an array type in received data, in bytes. Making
// the type costs memory before its first value does.
const maxArray = 1 << 30
