package display

import (
	"cmp"
	"reflect"
	"slices"
	"strings"
)

func (p *printer) mapNode(v reflect.Value, id TypeID, at place, depth int) *node {
	n := &node{text: p.literal(v, id, at), close: "}"}
	p.left -= len(n.text) + 1
	if v.Len() > 0 && p.full(depth) {
		n.note = more(v.Len())
		return n
	}
	keyID, elem := TypeID(0), p.elem(id)
	if t := p.opt.Types.at(id); t != nil {
		keyID = t.Key
	}
	entries := smallest(v, p.lim.Elements)
	for i, e := range entries {
		if p.left <= 0 {
			entries = entries[:i]
			break
		}
		p.left -= 4 * depth
		var key strings.Builder
		p.value(e.key, keyID, inElem, depth+1).flat(&key)
		n.items = append(n.items, item{key.String() + ": ", p.value(e.value, elem, inElem, depth+1)})
	}
	if rest := v.Len() - len(entries); rest > 0 {
		n.note = more(rest)
	}
	return n
}

func more(n int) string { return "… " + count(n) + " more" }

type entry struct{ key, value reflect.Value }

// smallest returns the n entries of a map with the smallest keys, in order.
// Keys that have no order come as the map has them.
func smallest(m reflect.Value, n int) []entry {
	var es []entry
	trim := func() {
		slices.SortStableFunc(es, func(a, b entry) int { return compare(a.key, b.key) })
		es = es[:min(len(es), n)]
	}
	for it := m.MapRange(); it.Next(); {
		es = append(es, entry{it.Key(), it.Value()})
		if len(es) >= 4*n+64 { // a map of millions is not sorted as a whole
			trim()
		}
	}
	trim()
	return es
}

// compare orders map keys as package fmt does: by kind, element by element.
func compare(a, b reflect.Value) int {
	if a.Kind() == reflect.Interface && b.Kind() == reflect.Interface {
		a, b = a.Elem(), b.Elem()
	}
	if !a.IsValid() || !b.IsValid() {
		return cmp.Compare(b2i(a.IsValid()), b2i(b.IsValid()))
	}
	if a.Kind() != b.Kind() {
		return cmp.Compare(a.Kind(), b.Kind())
	}
	switch a.Kind() {
	case reflect.Bool:
		return cmp.Compare(b2i(a.Bool()), b2i(b.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return cmp.Compare(a.Int(), b.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return cmp.Compare(a.Uint(), b.Uint())
	case reflect.Float32, reflect.Float64:
		return cmp.Compare(a.Float(), b.Float())
	case reflect.Complex64, reflect.Complex128:
		x, y := a.Complex(), b.Complex()
		return cmp.Or(cmp.Compare(real(x), real(y)), cmp.Compare(imag(x), imag(y)))
	case reflect.String:
		return cmp.Compare(a.String(), b.String())
	case reflect.Struct:
		for i := range a.NumField() {
			if a.Type() != b.Type() {
				return cmp.Compare(a.Type().String(), b.Type().String())
			}
			if c := compare(a.Field(i), b.Field(i)); c != 0 {
				return c
			}
		}
	case reflect.Array:
		for i := range min(a.Len(), b.Len()) {
			if c := compare(a.Index(i), b.Index(i)); c != 0 {
				return c
			}
		}
	}
	return 0
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
