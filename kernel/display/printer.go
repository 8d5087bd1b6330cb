package display

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unsafe"
)

// place says what surrounds a value, and so what of its type is said already.
type place int

const (
	atTop   place = iota // alone
	inField              // a struct field: Go wants the type of a composite literal
	inElem               // an element or key: Go lets the type be left out
	inAny                // in an interface: the type is news
)

// printer turns one value into a node.
type printer struct {
	opt  FormatOptions
	lim  Limits
	left int // bytes until TextBytes is reached
	path map[visit]bool
}

// visit is a reference on the way from the top to the value being printed.
type visit struct {
	ptr unsafe.Pointer
	len int
	typ reflect.Type
}

func newPrinter(opt FormatOptions) *printer {
	lim := opt.Limits.orDefaults()
	return &printer{opt: opt, lim: lim, left: lim.TextBytes, path: map[visit]bool{}}
}

// topText is the text/plain of an opened value.
func (p *printer) topText(v reflect.Value, id TypeID, ms methodSet) string {
	note := ""
	if f, name, ok := ms.text(); ok {
		s, err := p.call(func() (string, error) { return f(), nil })
		if err == nil {
			return cutText(s, p.lim.TextBytes)
		}
		note = fmt.Sprintf("\n(method %s: %v)", name, err)
	}
	var b strings.Builder
	p.node(v, id, atTop, 0).lay(&b, 0)
	return b.String() + note
}

// open takes v out of interfaces and drops a description that does not fit the value.
func (p *printer) open(v reflect.Value, id TypeID) (reflect.Value, TypeID) {
	t := p.opt.Types.at(id)
	declared := t != nil && t.Kind == reflect.Interface
	if v.IsValid() && !isNil(v) && (declared || v.Kind() == reflect.Interface) {
		dynamic := TypeID(0)
		if p.opt.Resolve != nil {
			type resolved struct {
				v  reflect.Value
				id TypeID
			}
			if r, ok := try(func() resolved { v, id := p.opt.Resolve(v); return resolved{v, id} }); ok {
				v, dynamic = r.v, r.id
			}
		}
		// The interpreter represents some recursive types as an empty interface:
		// the description of the static type then still holds.
		if declared || t == nil || dynamic != 0 {
			id = dynamic
		}
		for v.IsValid() && v.Kind() == reflect.Interface && !v.IsNil() {
			v = v.Elem()
		}
	}
	if t := p.opt.Types.at(id); t == nil || v.IsValid() && t.Kind != v.Kind() && t.Kind != reflect.Func {
		id = 0
	}
	return v, id
}

// value prints v, which may be an interface.
func (p *printer) value(v reflect.Value, id TypeID, at place, depth int) *node {
	t := p.opt.Types.at(id)
	if t != nil && t.Kind == reflect.Interface || t == nil && v.IsValid() && v.Kind() == reflect.Interface {
		at = inAny
	}
	v, id = p.open(v, id)
	if f, _, ok := p.methods(v, id, nil).text(); ok {
		if s, err := p.call(func() (string, error) { return f(), nil }); err == nil {
			return p.leaf(p.inline(s))
		}
	}
	return p.node(v, id, at, depth)
}

func (p *printer) leaf(text string) *node {
	p.left -= len(text) + 2
	return leaf(text)
}

// inline makes a text fit between others: one line, not too long.
func (p *printer) inline(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' }) {
		return p.quote(s)
	}
	head, rest := cut(s, p.lim.StringBytes)
	if rest > 0 {
		head += fmt.Sprintf("… %s more", byteCount(rest))
	}
	return head
}

func (p *printer) quote(s string) string {
	head, rest := cut(s, min(p.lim.StringBytes, max(p.left, 0)+20))
	if rest == 0 {
		return strconv.Quote(s)
	}
	return strconv.Quote(head) + "… " + count(rest) + " more bytes"
}

// node prints v, which is not a non-nil interface, in Go syntax.
func (p *printer) node(v reflect.Value, id TypeID, at place, depth int) *node {
	if !v.IsValid() {
		return p.leaf("nil")
	}
	if t := p.opt.Types.at(id); t != nil && t.Kind == reflect.Func && v.Kind() != reflect.Func {
		return p.leaf(t.Name) // the interpreter's own representation of a function
	}
	if isNil(v) {
		return p.leaf(p.nilText(v, id, at))
	}
	switch v.Kind() {
	case reflect.Pointer:
		return p.within(v, id, depth, func() *node {
			// A chain of pointers may be long without a struct to count its depth.
			if p.left -= 1; p.left <= 0 {
				return leaf("…")
			}
			n := p.value(v.Elem(), p.elem(id), inField, depth)
			return &node{text: "&" + n.text, items: n.items, note: n.note, close: n.close}
		})
	case reflect.Struct:
		return p.structNode(v, id, at, depth)
	case reflect.Slice:
		return p.within(v, id, depth, func() *node { return p.listNode(v, id, at, depth) })
	case reflect.Array:
		return p.listNode(v, id, at, depth)
	case reflect.Map:
		return p.within(v, id, depth, func() *node { return p.mapNode(v, id, at, depth) })
	case reflect.Func:
		return p.leaf(p.typeName(v.Type(), id))
	case reflect.Chan:
		return p.leaf(fmt.Sprintf("%s(len %d, cap %d)", parens(p.typeName(v.Type(), id)), v.Len(), v.Cap()))
	}
	return p.leaf(p.scalar(v, id, at))
}

// within prints a reference unless it is one that is being printed already.
func (p *printer) within(v reflect.Value, id TypeID, depth int, f func() *node) *node {
	key := visit{ptr: v.UnsafePointer(), typ: v.Type()}
	if v.Kind() == reflect.Slice {
		key.len = v.Len()
		if key.len == 0 {
			return f()
		}
	}
	if p.path[key] {
		return p.leaf(parens(p.typeName(v.Type(), id)) + "(cycle)")
	}
	p.path[key] = true
	defer delete(p.path, key)
	return f()
}

func (p *printer) nilText(v reflect.Value, id TypeID, at place) string {
	if at == inField || at == inElem || v.Kind() == reflect.Interface {
		return "nil"
	}
	return parens(p.typeName(v.Type(), id)) + "(nil)"
}

// parens writes a type so that it can stand before an opening parenthesis.
func parens(name string) string {
	for _, prefix := range []string{"*", "func", "chan", "<-"} {
		if strings.HasPrefix(name, prefix) {
			return "(" + name + ")"
		}
	}
	return name
}

func (p *printer) scalar(v reflect.Value, id TypeID, at place) string {
	var text string
	plain := false // the literal has this type by default
	switch v.Kind() {
	case reflect.Bool:
		text, plain = strconv.FormatBool(v.Bool()), true
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		text, plain = strconv.FormatInt(v.Int(), 10), v.Kind() == reflect.Int
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		text = strconv.FormatUint(v.Uint(), 10)
	case reflect.Uintptr:
		text = "0x" + strconv.FormatUint(v.Uint(), 16)
	case reflect.Float32, reflect.Float64:
		text, plain = strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), v.Kind() == reflect.Float64
	case reflect.Complex64, reflect.Complex128:
		text, plain = strconv.FormatComplex(v.Complex(), 'g', -1, v.Type().Bits()), v.Kind() == reflect.Complex128
	case reflect.String:
		plain = true
		if at == atTop {
			head, rest := cut(v.String(), p.lim.TextBytes)
			text = strconv.Quote(head)
			if rest > 0 {
				text += "… " + count(rest) + " more bytes"
			}
		} else {
			text = p.quote(v.String())
		}
	case reflect.UnsafePointer:
		text = fmt.Sprintf("%#x", uintptr(v.UnsafePointer()))
	default:
		text = v.String() // reflect's own "<T Value>"
	}
	if at == inAny {
		if name := p.typeName(v.Type(), id); !plain || name != v.Kind().String() {
			return name + "(" + text + ")"
		}
		if v.Kind() == reflect.Float64 && !strings.ContainsAny(text, ".eIN") {
			text += ".0" // or it would read as an int
		}
	}
	return text
}

// elem is the description of what id's values hold or point to.
func (p *printer) elem(id TypeID) TypeID {
	if t := p.opt.Types.at(id); t != nil {
		return t.Elem
	}
	return 0
}
