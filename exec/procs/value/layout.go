package value

import (
	"encoding"
	"encoding/gob"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"unsafe"
)

// shape is how values of a type are sent.
type shape uint8

const (
	plain     shape = iota // as their memory: numbers, and what is made of them alone
	boolean                // one byte
	text                   // length and bytes
	pointer                // reference to a region
	slice                  // reference to a region, length, capacity
	dict                   // reference to a map
	box                    // an interface: the dynamic type and its value
	array                  // element by element
	record                 // field by field
	nilOnly                // must be nil or zero: func, chan, unsafe.Pointer, uintptr
	zeroOnly               // its memory must be all zeros: a lock, a file
	refusal                // cannot be sent at all
	marshaled              // by its own methods
	opaque                 // by Options.Resolve
)

// layout is what there is to know about a type.
type layout struct {
	t      reflect.Type
	shape  shape
	size   uintptr
	least  int64 // bytes of the shortest encoding
	follow bool  // its memory has to be looked at before sending
	remedy string

	fields []field // of a record; of plain neighbours only the first, standing for all
	names  []string
	elem   *layout // of an array; of others see [layouts.elem]
	length int     // of an array
	gob    bool    // marshaled by GobEncode rather than MarshalBinary

	// Elements and keys, once somebody asked.
	pointee, key *layout
	// How the receiver can find the type; see origin.
	origin origin
	id     int // in the table of types, from 1; 0: has none yet
}

type field struct {
	offset uintptr
	size   uintptr // of the run, if plain
	index  int
	layout *layout
}

// layouts knows the types that one call has met.
type layouts struct {
	known map[reflect.Type]*layout
	types *Types
	// strict has the sender try what marshals itself while it looks around:
	// it costs that work twice, but the error knows the path.
	strict bool
}

func newLayouts(t *Types) layouts {
	return layouts{known: map[reflect.Type]*layout{}, types: t}
}

// of returns the layout of a type. o says how the receiver can find it, if it
// is new.
func (ls layouts) of(t reflect.Type, o origin) *layout {
	if l, ok := ls.known[t]; ok {
		return l
	}
	l := &layout{t: t, size: t.Size(), least: 1, origin: o}
	ls.known[t] = l
	ls.fill(l)
	return l
}

// target is the type that a pointer of type l points to, or that a slice or
// map has as elements. It is found only when asked for: types may be recursive.
func (ls layouts) target(l *layout) *layout {
	if l.pointee == nil {
		l.pointee = ls.of(l.t.Elem(), origin{step: stepElem, of: l})
	}
	return l.pointee
}

func (ls layouts) keyOf(l *layout) *layout {
	if l.key == nil {
		l.key = ls.of(l.t.Key(), origin{step: stepKey, of: l})
	}
	return l.key
}

func (ls layouts) fill(l *layout) {
	t := l.t
	if ls.types.isOpaque(t) {
		l.shape, l.follow = opaque, true
		return
	}
	if remedy, ok := rule(refused, t); ok {
		l.shape, l.remedy, l.follow = zeroOnly, remedy, true
		return
	}
	if remedy, ok := rule(locks, t); ok {
		l.shape, l.remedy, l.follow = zeroOnly, remedy, true
		return
	}
	ls.fillByKind(l)
	if l.shape == plain || l.shape == boolean || l.shape == text {
		return // its memory is all there is
	}
	if marshals, gob := marshaling(t); marshals {
		*l = layout{t: t, shape: marshaled, follow: ls.strict, size: l.size, least: 1, gob: gob, origin: l.origin}
	}
}

func (ls layouts) fillByKind(l *layout) {
	switch l.t.Kind() {
	case reflect.Bool:
		l.shape = boolean
	case reflect.String:
		l.shape = text
	case reflect.Pointer:
		l.shape, l.follow = pointer, true
	case reflect.Slice:
		l.shape, l.follow = slice, true
	case reflect.Map:
		l.shape, l.follow = dict, true
	case reflect.Interface:
		l.shape, l.follow = box, true
	case reflect.Func:
		l.shape, l.follow, l.remedy = nilOnly, true, remedyFunc
	case reflect.Chan:
		l.shape, l.follow, l.remedy = nilOnly, true, remedyChan
	case reflect.UnsafePointer, reflect.Uintptr:
		if l.t == reflect.TypeFor[syscall.Errno]() {
			l.shape, l.least = plain, int64(l.size)
			return // a number all the same
		}
		l.shape, l.follow, l.remedy = nilOnly, true, remedyPointer
	case reflect.Array:
		ls.fillArray(l)
	case reflect.Struct:
		ls.fillRecord(l)
	default:
		l.shape, l.least = plain, int64(l.size)
	}
}

func (ls layouts) fillArray(l *layout) {
	l.elem = ls.of(l.t.Elem(), origin{step: stepElem, of: l})
	l.length = l.t.Len()
	l.least = int64(l.length) * l.elem.least
	l.follow = l.elem.follow && l.length > 0
	l.shape = array
	if l.elem.shape == plain || l.size == 0 {
		l.shape, l.least = plain, int64(l.size)
	}
}

func (ls layouts) fillRecord(l *layout) {
	l.shape, l.least = record, 0
	all := true // of it is plain
	for i := range l.t.NumField() {
		f := l.t.Field(i)
		ft := f.Type
		o := origin{step: stepField, of: l, index: i}
		if isAtomicPointer(l.t) && f.Name == "v" {
			// Its first field, of type [0]*T, tells what it points to.
			o = origin{step: stepElem, of: ls.of(l.t.Field(0).Type, origin{step: stepField, of: l, index: 0})}
			ft = l.t.Field(0).Type.Elem()
		}
		fl := ls.of(ft, o)
		l.names = append(l.names, f.Name)
		if fl.size == 0 {
			continue
		}
		l.least += fl.least
		l.follow = l.follow || fl.follow
		all = all && fl.shape == plain
		if n := len(l.fields); n > 0 && fl.shape == plain && l.fields[n-1].layout.shape == plain {
			// One copy for both; what pads them goes along.
			last := &l.fields[n-1]
			end := f.Offset + fl.size
			l.least += int64(end-last.offset) - int64(last.size) - fl.least
			last.size = end - last.offset
			continue
		}
		l.fields = append(l.fields, field{f.Offset, fl.size, i, fl})
	}
	if all {
		l.shape, l.least = plain, int64(l.size)
	}
}

// flat returns the element type and number of elements that an object of type
// l consists of, arrays taken apart.
func (l *layout) flat() (elem *layout, n int) {
	elem, n = l, 1
	for elem.elem != nil {
		elem, n = elem.elem, n*elem.length
	}
	return elem, n
}

// locate looks for values of type want in a value of type l at an offset, and
// returns how many there are in a row from there; 0 if there are none. Neither
// type is an array.
func (l *layout) locate(offset uintptr, want *layout, ls layouts) int {
	room := 1 // values of type l in a row
	for {
		if offset == 0 && same(l.t, want.t) {
			return room
		}
		if l.t.Kind() != reflect.Struct || l.shape != record && l.shape != plain || offset >= l.size {
			return 0
		}
		var inner *layout
		for i := range l.t.NumField() {
			f := l.t.Field(i)
			if f.Type.Size() > 0 && offset >= f.Offset && offset < f.Offset+f.Type.Size() {
				inner = ls.of(f.Type, origin{step: stepField, of: l, index: i})
				offset -= f.Offset
				break
			}
		}
		if inner == nil {
			return 0
		}
		l, room = inner.flat()
		if l.size == 0 {
			return 0
		}
		room -= int(offset / l.size)
		offset %= l.size
	}
}

// same reports whether the types have the same memory: a pointer to one can be
// converted to a pointer to the other.
func same(a, b reflect.Type) bool {
	return a == b || reflect.PointerTo(a).ConvertibleTo(reflect.PointerTo(b))
}

// isInterpreters reports whether only the interpreter can take values of a
// type apart. Its recursive types may have, besides, references to a stand-in
// of size zero.
func isInterpreters(t reflect.Type) bool {
	const yaegi = "github.com/traefik/yaegi/"
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		return t.Name() == "" && strings.HasPrefix(t.Elem().PkgPath(), yaegi+"internal/")
	default:
		return strings.HasPrefix(t.PkgPath(), yaegi)
	}
}

func isAtomicPointer(t reflect.Type) bool {
	return t.PkgPath() == "sync/atomic" && strings.HasPrefix(t.Name(), "Pointer[")
}

var (
	binaryMarshaler   = reflect.TypeFor[encoding.BinaryMarshaler]()
	binaryUnmarshaler = reflect.TypeFor[encoding.BinaryUnmarshaler]()
	gobEncoder        = reflect.TypeFor[gob.GobEncoder]()
	gobDecoder        = reflect.TypeFor[gob.GobDecoder]()
)

// marshaling reports whether a type has methods to marshal itself, and which.
func marshaling(t reflect.Type) (ok, gob bool) {
	if t.Name() == "" || t.PkgPath() == "" || t.Kind() == reflect.Interface {
		return false, false
	}
	p := reflect.PointerTo(t)
	if p.Implements(binaryMarshaler) && p.Implements(binaryUnmarshaler) {
		return own(t, "MarshalBinary") && own(t, "UnmarshalBinary"), false
	}
	if p.Implements(gobEncoder) && p.Implements(gobDecoder) {
		ok = own(t, "GobEncode") && own(t, "GobDecode")
		return ok, ok
	}
	return false, false
}

// own reports whether a method is a type's own. One that is promoted from an
// embedded field knows nothing of the other fields.
func own(t reflect.Type, method string) bool {
	m, ok := t.MethodByName(method)
	if !ok {
		m, ok = reflect.PointerTo(t).MethodByName(method)
	}
	if !ok {
		return false
	}
	if t.Kind() != reflect.Struct {
		return true
	}
	f := runtime.FuncForPC(m.Func.Pointer())
	if f == nil {
		return true
	}
	file, _ := f.FileLine(f.Entry())
	return file != "<autogenerated>"
}

// view is a value of type t at an address. Unlike a field that reflection
// found, it may be read and set whether or not it is exported.
func view(t reflect.Type, p unsafe.Pointer) reflect.Value { return reflect.NewAt(t, p).Elem() }
