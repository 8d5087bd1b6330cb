package value

import (
	"fmt"
	"io"
	"reflect"
	"unsafe"
)

// Decode sets variables to what [Encode] made bytes of. variable returns the
// variable with a name: settable, and of the same type as the one that was sent.
// The error is that of variable or of Options.Restore, an [*Error] for a
// variable of another type, or a [*DataError]; the variables may then have been
// set in part.
func Decode(data []byte, variable func(name string) (reflect.Value, error), o Options) error {
	return decode(source{window: data, size: int64(len(data))}, variable, o)
}

// DecodeFrom is [Decode] with size bytes from a reader. It does not read more.
func DecodeFrom(r io.Reader, size int64, variable func(name string) (reflect.Value, error), o Options) error {
	return decode(source{r: r, size: size}, variable, o)
}

// Unmarshal returns the value that [Marshal] made bytes of: an invalid Value
// for nil. The error is as for [Decode].
func Unmarshal(data []byte, o Options) (reflect.Value, error) {
	var x any
	v := reflect.ValueOf(&x).Elem()
	if err := Decode(data, func(string) (reflect.Value, error) { return v, nil }, o); err != nil {
		return reflect.Value{}, err
	}
	return v.Elem(), nil
}

// decoder receives one set of variables.
type decoder struct {
	layouts
	source
	options Options
	roots   []reflect.Value
	types   []reflect.Type
	regions []received
	maps    []reflect.Value
	counts  []int // of their elements
	// at tells where the value of a variable arrives, if anywhere.
	at       []func() unsafe.Pointer
	promised int64
	depth    int
}

// received is a region on this side.
type received struct {
	start  unsafe.Pointer
	layout *layout
	alloc  int
	sent   []span
}

// foreign is an error of the caller's own functions on its way through.
type foreign struct{ error }

func decode(s source, variable func(name string) (reflect.Value, error), o Options) (err error) {
	d := &decoder{layouts: newLayouts(o.Types), source: s, options: o}
	defer func() {
		switch r := recover().(type) {
		case nil:
		case *DataError:
			err = r
		case foreign:
			err = r.error
		default:
			panic(r)
		}
	}()
	d.readRoots(variable)
	d.readTables()
	d.allocate()
	for i := range d.regions {
		r := &d.regions[i]
		for _, s := range r.sent {
			d.getAll(r.layout, unsafe.Add(r.start, uintptr(s.from)*r.layout.size), s.to-s.from)
		}
	}
	for i, m := range d.maps {
		d.getMap(m, d.counts[i])
	}
	d.copyRoots()
	if d.byte() != end || d.left() != 0 {
		d.fail("they should end here")
	}
	return nil
}

// readRoots finds the variables.
func (d *decoder) readRoots(variable func(string) (reflect.Value, error)) {
	var got [len(magic)]byte
	d.read(got[:])
	if got != magic {
		d.fail("they come from another version")
	}
	for range d.length(d.left()) {
		name, typ := d.string(), d.string()
		v, err := variable(name)
		if err != nil {
			panic(foreign{err})
		}
		if !v.CanSet() {
			panic(foreign{fmt.Errorf("variable %s cannot be set", name)})
		}
		if k, size, h := d.byte(), d.uint(), d.uint(); !matches(v.Type(), k, size, h) {
			panic(foreign{&Error{Path: name, Type: typ, Remedy: "the worker has it as " + v.Type().String()}})
		}
		d.roots = append(d.roots, v)
	}
}

// readTables reads what there is, without its contents.
func (d *decoder) readTables() {
	for range d.length(d.left()) {
		d.types = append(d.types, d.readType())
	}
	spare := int64(maxSpareAll)
	gaps := spare
	for range d.length(d.left()) {
		t := d.typ()
		l := d.of(t, origin{})
		if l.size == 0 || l.elem != nil {
			d.fail("memory of type %v", t)
		}
		r := received{layout: l}
		perSpare := maxSpareAll / int64(l.size)
		alloc := d.length(1 << 40)
		at := 0
		for range d.length(d.left()) {
			gap := d.length(perSpare)
			if gaps -= int64(gap) * int64(l.size); gaps < 0 {
				d.fail("%v are too far apart", t)
			}
			n := d.promise(l.least)
			r.sent = append(r.sent, span{at + gap, at + gap + n})
			at += gap + n
		}
		if alloc < at || int64(alloc-at) > perSpare {
			d.fail("room for %d of %d %v", alloc, at, t)
		}
		if spare -= int64(alloc-at) * int64(l.size); spare < 0 {
			d.fail("too much room for %v", t)
		}
		r.alloc = alloc
		d.regions = append(d.regions, r)
	}
	for range d.length(d.left()) {
		t := d.typ()
		if t.Kind() != reflect.Map {
			d.fail("%v is no map", t)
		}
		l := d.of(t, origin{})
		n := d.promise(d.keyOf(l).least + d.target(l).least)
		d.maps = append(d.maps, reflect.MakeMapWithSize(t, n))
		d.counts = append(d.counts, n)
	}
}

// promise reads a number of things that are to come, of at least so many bytes
// each. All promises together must fit into what is left: so nobody can have
// memory allocated without sending something to fill it.
func (d *decoder) promise(least int64) int {
	least = max(least, 1)
	n := d.length((d.left() - d.promised) / least)
	d.promised += int64(n) * least
	return n
}

// allocate makes room for the regions. That of a variable is there.
func (d *decoder) allocate() {
	for _, v := range d.roots {
		ref := d.uint()
		if ref == refNil {
			d.at = append(d.at, nil)
			continue
		}
		r, offset := d.region(ref)
		l := d.of(v.Type(), origin{})
		flat, n := l.flat()
		d.reach(r, offset, flat, n)
		if offset == 0 && r.start == nil && r.alloc == n && r.layout == flat {
			r.start = v.Addr().UnsafePointer()
		}
		d.at = append(d.at, func() unsafe.Pointer { return unsafe.Add(r.start, offset) })
	}
	for i := range d.regions {
		r := &d.regions[i]
		switch {
		case r.start != nil:
		case r.alloc == 1:
			r.start = reflect.New(r.layout.t).UnsafePointer()
		default:
			r.start = reflect.MakeSlice(reflect.SliceOf(r.layout.t), r.alloc, r.alloc).UnsafePointer()
		}
	}
}

// copyRoots sets the variables whose memory is in the middle of something.
func (d *decoder) copyRoots() {
	for i, v := range d.roots {
		if d.at[i] == nil {
			continue
		}
		if p := d.at[i](); p != v.Addr().UnsafePointer() {
			v.Set(view(v.Type(), p))
		}
	}
}

// typ reads a number in the table of types.
func (d *decoder) typ() reflect.Type {
	i := d.uint()
	if i == 0 || i > uint64(len(d.types)) {
		d.fail("no type %d", i)
	}
	return d.types[i-1]
}

// region reads the rest of a reference to memory.
func (d *decoder) region(ref uint64) (r *received, offset uintptr) {
	if ref < refFirst || ref-refFirst >= uint64(len(d.regions)) {
		d.fail("no memory %d", ref)
	}
	r = &d.regions[ref-refFirst]
	offset = uintptr(d.uint())
	if offset >= uintptr(r.alloc)*r.layout.size {
		d.fail("byte %d of %d", offset, uintptr(r.alloc)*r.layout.size)
	}
	return r, offset
}

// reach returns how many values of type l there are from an offset on, at
// least n.
func (d *decoder) reach(r *received, offset uintptr, l *layout, n int) int {
	index, within := int(offset/r.layout.size), offset%r.layout.size
	room := r.alloc - index
	if within != 0 || !same(r.layout.t, l.t) {
		room = r.layout.locate(within, l, d.layouts)
	}
	if room < max(n, 1) {
		d.fail("want %d %v, there are %d", n, l.t, room)
	}
	return room
}
