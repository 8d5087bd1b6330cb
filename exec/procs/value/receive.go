package value

import (
	"reflect"
	"unsafe"
)

// getAll reads n values in a row.
func (d *decoder) getAll(l *layout, p unsafe.Pointer, n int) {
	switch l.shape {
	case plain:
		d.read(unsafe.Slice((*byte)(p), uintptr(n)*l.size))
	case boolean:
		bytes := unsafe.Slice((*byte)(p), n)
		d.read(bytes)
		for i, b := range bytes {
			if b > 1 {
				bytes[i] = 0 // for the program must not see it
				d.fail("a bool that is %d", b)
			}
		}
	default:
		for i := range n {
			d.get(l, unsafe.Add(p, uintptr(i)*l.size))
		}
	}
}

// get reads a value.
func (d *decoder) get(l *layout, p unsafe.Pointer) {
	switch l.shape {
	case plain, boolean:
		d.getAll(l, p, 1)
	case text:
		*(*string)(p) = d.string()
	case pointer:
		*(*unsafe.Pointer)(p) = d.getPointer(l)
	case slice:
		*(*sliceHeader)(p) = d.getSlice(l)
	case dict:
		d.getReference(l, p)
	case box:
		v := view(l.t, p)
		got := d.getDynamic()
		switch {
		case !got.IsValid():
			v.SetZero()
		case !got.Type().Implements(l.t):
			d.fail("%v is no %v", got.Type(), l.t)
		default:
			v.Set(got)
		}
	case opaque:
		d.getOpaque(l, p)
	case array:
		d.getAll(l.elem, p, l.length)
	case record:
		for _, f := range l.fields {
			if q := unsafe.Add(p, f.offset); f.layout.shape == plain {
				d.read(unsafe.Slice((*byte)(q), f.size))
			} else {
				d.get(f.layout, q)
			}
		}
	case marshaled:
		data := d.bytes()
		view(l.t, p).SetZero()
		if err := unmarshal(l, p, data); err != nil {
			d.fail("%v", err)
		}
	default:
		if d.byte() != 0 {
			d.fail("a %v that is not nil", l.t)
		}
		view(l.t, p).SetZero()
	}
}

func (d *decoder) getPointer(l *layout) unsafe.Pointer {
	ref := d.uint()
	if ref == refNil {
		return nil
	}
	flat, n := d.target(l).flat()
	if flat.size == 0 || n == 0 {
		if ref != refEmpty {
			d.fail("reference %d to a %v", ref, flat.t)
		}
		return reflect.New(d.target(l).t).UnsafePointer()
	}
	r, offset := d.region(ref)
	d.reach(r, offset, flat, n)
	return unsafe.Add(r.start, offset)
}

func (d *decoder) getSlice(l *layout) sliceHeader {
	ref := d.uint()
	elem := d.target(l)
	flat, each := elem.flat()
	switch ref {
	case refNil:
		return sliceHeader{}
	case refEmpty:
		n := d.length(1 << 40)
		if elem.size > 0 && n > 0 {
			d.fail("%d elements without memory", n)
		}
		v := reflect.MakeSlice(l.t, n, n)
		return sliceHeader{v.UnsafePointer(), n, n}
	}
	if elem.size == 0 {
		d.fail("reference %d to %v", ref, flat.t)
	}
	r, offset := d.region(ref)
	room := d.reach(r, offset, flat, each) / each
	capacity := d.length(int64(room))
	length := capacity
	capacity = d.length(int64(room))
	if length > capacity {
		d.fail("a slice of length %d with room for %d", length, capacity)
	}
	return sliceHeader{unsafe.Add(r.start, offset), length, capacity}
}

func (d *decoder) getReference(l *layout, p unsafe.Pointer) {
	i := d.uint()
	switch {
	case i == 0:
		view(l.t, p).SetZero()
	case i > uint64(len(d.maps)):
		d.fail("no map %d", i)
	case !d.maps[i-1].Type().ConvertibleTo(l.t):
		d.fail("%v is no %v", d.maps[i-1].Type(), l.t)
	default:
		view(l.t, p).Set(d.maps[i-1].Convert(l.t))
	}
}

// getDynamic reads what an interface holds; an invalid Value for nothing.
func (d *decoder) getDynamic() reflect.Value {
	i := d.uint()
	switch i {
	case dynamicNil:
		return reflect.Value{}
	case dynamicSentinel:
		name := d.string()
		err, ok := sentinels[name]
		if !ok {
			d.fail("no error %q", name)
		}
		return reflect.ValueOf(err)
	}
	if i -= dynamicType; i > uint64(len(d.types)) {
		d.fail("no type %d", i)
	}
	if d.depth++; d.depth > maxDepth {
		d.fail("they are nested too deeply")
	}
	l := d.of(d.types[i-1], origin{})
	if l.t.Kind() == reflect.Interface || l.least > d.left() {
		d.fail("a %v in an interface", l.t)
	}
	v := reflect.New(l.t)
	d.get(l, v.UnsafePointer())
	d.depth--
	return v.Elem()
}

func (d *decoder) getOpaque(l *layout, p unsafe.Pointer) {
	v := view(l.t, p)
	switch d.byte() {
	case 0:
		v.SetZero()
		return
	case 1:
	default:
		d.fail("neither a value nor none")
	}
	note := d.string()
	with := d.getDynamic()
	if d.options.Restore == nil {
		d.fail("a %v, and nobody to restore it", l.t)
	}
	got, err := d.options.Restore(l.t, with, note)
	if err != nil {
		panic(foreign{err})
	}
	if !got.IsValid() || !got.Type().AssignableTo(l.t) {
		d.fail("want a %v, got %v", l.t, got)
	}
	v.Set(got)
}

// getMap fills a map.
func (d *decoder) getMap(m reflect.Value, n int) {
	l := d.of(m.Type(), origin{})
	kl, vl := d.keyOf(l), d.target(l)
	k, v := reflect.New(kl.t), reflect.New(vl.t)
	for range n {
		k.Elem().SetZero()
		v.Elem().SetZero()
		d.get(kl, k.UnsafePointer())
		d.get(vl, v.UnsafePointer())
		if !k.Elem().Comparable() {
			d.fail("a key that cannot be one")
		}
		m.SetMapIndex(k.Elem(), v.Elem())
	}
	if m.Len() != n {
		d.fail("want a map of %d elements, got %d", n, m.Len())
	}
}
