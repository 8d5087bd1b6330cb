package value

import (
	"fmt"
	"reflect"
	"strconv"
	"unicode"
	"unsafe"
)

// request is memory that a variable, a pointer or a slice refers to.
type request struct {
	start  unsafe.Pointer
	layout *layout // of an element; no array
	length int     // elements that are referred to
	reach  int     // elements until the capacity of the longest slice
	parent int32   // task in which it was found; -1 for a variable
	listed bool    // found as a slice: its elements have an index

	// Where it went; see [encoder.join].
	region int32
	offset uintptr
}

type place struct {
	p      unsafe.Pointer
	layout *layout
}

// object is a map.
type object struct {
	p      unsafe.Pointer
	layout *layout
	length int
	parent int32
}

// task is memory to be looked at: elements of a request, or a map.
type task struct {
	request  int32 // or -1
	from, to int
	object   int32
}

// maxDepth bounds how deep values may be nested in one another without a
// pointer in between, as interfaces can be.
const maxDepth = 10_000

// encoder sends one set of variables. First it finds all memory that belongs to
// them, then it joins what overlaps, then it writes.
type encoder struct {
	layouts
	options Options
	roots   []Variable
	tops    []int32 // request of each root

	requests []request
	at       map[place]int32
	objects  []object
	objectAt map[unsafe.Pointer]int32
	tasks    []task
	current  int32 // task
	depth    int
	// seeking is what is looked for when the way to it is to be named.
	seeking any // *request, *object or nil

	types     []byte
	typeCount int
	regions   []region
	gaps      uintptr // bytes that there may still be between spans
	out       []byte
}

// found says that the thing that was looked for is here.
var found = new(Error)

// sliceHeader is how a slice looks in memory.
type sliceHeader struct {
	p                unsafe.Pointer
	length, capacity int
}

// scanAll looks at everything that has not been looked at.
func (e *encoder) scanAll() *Error {
	for ; int(e.current) < len(e.tasks); e.current++ {
		if err := e.scanTask(e.tasks[e.current]); err != nil {
			err.Path = e.pathTo(e.current, err.Path)
			return err
		}
	}
	return nil
}

func (e *encoder) scanTask(t task) *Error {
	if t.request < 0 {
		o := e.objects[t.object]
		return e.scanMap(o.layout, o.p)
	}
	r := e.requests[t.request]
	for i := t.from; i < t.to; i++ {
		if err := e.scan(r.layout, unsafe.Add(r.start, uintptr(i)*r.layout.size)); err != nil {
			if r.listed || t.to > 1 {
				return err.prefix("[" + strconv.Itoa(i) + "]")
			}
			return err
		}
	}
	return nil
}

// want records a reference to n values at p, with room for reach.
func (e *encoder) want(l *layout, p unsafe.Pointer, n, reach int, listed bool) *Error {
	l, each := l.flat()
	n, reach = n*each, reach*each
	if l.size == 0 || reach == 0 {
		return nil
	}
	i, ok := e.at[place{p, l}]
	if !ok {
		i = int32(len(e.requests))
		e.at[place{p, l}] = i
		e.requests = append(e.requests, request{start: p, layout: l, parent: e.current, listed: listed})
	}
	r := &e.requests[i]
	if s, ok := e.seeking.(place); ok && s == (place{p, l}) {
		return found
	}
	if r.length < n && l.follow {
		e.tasks = append(e.tasks, task{request: i, from: r.length, to: n})
	}
	r.length, r.reach = max(r.length, n), max(r.reach, reach)
	return nil
}

func (e *encoder) wantMap(l *layout, p unsafe.Pointer) *Error {
	if s, ok := e.seeking.(unsafe.Pointer); ok && s == p {
		return found
	}
	if _, ok := e.objectAt[p]; ok {
		return nil
	}
	i := int32(len(e.objects))
	e.objectAt[p] = i
	e.identify(l)
	e.objects = append(e.objects, object{p, l, view(l.t, unsafe.Pointer(&p)).Len(), e.current})
	e.tasks = append(e.tasks, task{request: -1, object: i})
	return nil
}

// scan looks at a value of type l at p. The path of its error starts there.
func (e *encoder) scan(l *layout, p unsafe.Pointer) *Error {
	if !l.follow {
		return nil
	}
	switch l.shape {
	case pointer:
		if q := *(*unsafe.Pointer)(p); q != nil {
			return e.want(e.target(l), q, 1, 1, false)
		}
	case slice:
		if h := (*sliceHeader)(p); h.p != nil {
			return e.want(e.target(l), h.p, h.length, h.capacity, true)
		}
	case dict:
		if q := *(*unsafe.Pointer)(p); q != nil {
			return e.wantMap(l, q)
		}
	case box:
		if v := view(l.t, p).Elem(); v.IsValid() {
			return e.scanDynamic(v)
		}
	case opaque:
		if isZero(p, l.size) {
			return nil
		}
		with, _, err := e.resolve(l, p)
		if err != nil || !with.IsValid() {
			return err
		}
		return e.scanDynamic(with)
	case array:
		for i := range l.length {
			if err := e.scan(l.elem, unsafe.Add(p, uintptr(i)*l.elem.size)); err != nil {
				return err.prefix("[" + strconv.Itoa(i) + "]")
			}
		}
	case record:
		for _, f := range l.fields {
			if err := e.scan(f.layout, unsafe.Add(p, f.offset)); err != nil {
				return err.prefix("." + fieldName(l, f.index))
			}
		}
	case nilOnly:
		if *(*uintptr)(p) != 0 {
			return &Error{Type: l.t.String(), Remedy: l.remedy}
		}
	case zeroOnly:
		if !isZero(p, l.size) {
			return &Error{Type: l.t.String(), Remedy: l.remedy}
		}
	case marshaled:
		_, err := e.marshal(l, p)
		return err
	case refusal:
		return &Error{Type: l.t.String(), Remedy: l.remedy}
	}
	return nil
}

// scanDynamic looks at what an interface holds.
func (e *encoder) scanDynamic(v reflect.Value) *Error {
	if _, ok := sentinel(v); ok {
		return nil
	}
	l, err := e.dynamic(v.Type())
	if err != nil {
		return err
	}
	e.identify(l)
	if !l.follow {
		return nil
	}
	if e.depth++; e.depth > maxDepth {
		return &Error{Type: v.Type().String(), Remedy: remedyDepth}
	}
	defer func() { e.depth-- }()
	return e.scan(l, addressable(v))
}

// addressable returns the address of a copy of v.
func addressable(v reflect.Value) unsafe.Pointer {
	c := reflect.New(v.Type())
	c.Elem().Set(v)
	return c.UnsafePointer()
}

func (e *encoder) scanMap(l *layout, p unsafe.Pointer) *Error {
	kl, vl := e.keyOf(l), e.target(l)
	if !kl.follow && !vl.follow {
		return nil
	}
	k, v := reflect.New(kl.t), reflect.New(vl.t)
	for it := view(l.t, unsafe.Pointer(&p)).MapRange(); it.Next(); {
		k.Elem().SetIterKey(it)
		v.Elem().SetIterValue(it)
		if err := e.scan(kl, k.UnsafePointer()); err != nil {
			return err.prefix("[" + keyText(k.Elem()) + "]")
		}
		if err := e.scan(vl, v.UnsafePointer()); err != nil {
			return err.prefix("[" + keyText(k.Elem()) + "]")
		}
	}
	return nil
}

// resolve asks the interpreter's hook. What it returns may be copied.
func (e *encoder) resolve(l *layout, p unsafe.Pointer) (with reflect.Value, note string, err *Error) {
	ok := false
	if e.options.Resolve != nil {
		with, note, ok = e.options.Resolve(view(l.t, p))
	}
	if !ok {
		return with, "", &Error{Type: l.t.String(), Remedy: remedyInterp}
	}
	if with.IsValid() && !with.CanInterface() {
		return with, "", &Error{Type: l.t.String(), Remedy: remedyInterp}
	}
	return with, note, nil
}

// isZero reports whether n bytes from p on are all zero.
func isZero(p unsafe.Pointer, n uintptr) bool {
	for _, b := range unsafe.Slice((*byte)(p), n) {
		if b != 0 {
			return false
		}
	}
	return true
}

// prefix puts a step in front of the path.
func (e *Error) prefix(step string) *Error {
	if e == found {
		return &Error{Path: step, Cause: e}
	}
	e.Path = step + e.Path
	return e
}

// maxSteps bounds the length of a path: one through a long list helps nobody.
const maxSteps = 20

// pathTo writes the path from a variable to a place in what task i looked at.
// Tasks keep only what found them; how one gets from there to here is found
// by looking again.
func (e *encoder) pathTo(i int32, path string) string {
	stars := ""
	for range maxSteps {
		t := e.tasks[i]
		var parent int32
		var seek any
		if t.request < 0 {
			parent, seek = e.objects[t.object].parent, e.objects[t.object].p
		} else {
			r := e.requests[t.request]
			parent, seek = r.parent, place{r.start, r.layout}
		}
		if parent < 0 {
			return stars + e.rootName(t) + path
		}
		if path == "" && t.request >= 0 && e.requests[t.request].layout.t.Kind() != reflect.Struct {
			stars += "*"
		}
		e.seeking = seek
		err := e.scanTask(e.tasks[parent])
		e.seeking = nil
		if err != nil {
			path = err.Path + path
		}
		i = parent
	}
	return stars + "…" + path
}

// rootName is the name of the variable that a task looks at.
func (e *encoder) rootName(t task) string {
	for i, top := range e.tops {
		if top == t.request {
			return e.roots[i].Name
		}
	}
	return ""
}

// fieldName is the name of a field in the program's text. The interpreter puts
// an X in front of those that are not exported.
func fieldName(l *layout, i int) string {
	name := l.names[i]
	if l.t.Name() == "" && len(name) > 1 && name[0] == 'X' && !unicode.IsUpper([]rune(name)[1]) {
		return name[1:]
	}
	return name
}

// keyText is the key of a map as one would write it.
func keyText(v reflect.Value) string {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		if len(s) > 40 {
			s = s[:40] + "…"
		}
		return strconv.Quote(s)
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		return fmt.Sprint(v)
	default:
		return "…"
	}
}
