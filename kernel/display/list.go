package display

import (
	"fmt"
	"reflect"
	"strconv"
	"unicode"
	"unicode/utf8"
)

func (p *printer) listNode(v reflect.Value, id TypeID, at place, depth int) *node {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return p.bytesNode(v, id, at)
	}
	n := &node{text: p.literal(v, id, at), close: "}"}
	p.left -= len(n.text) + 1
	if v.Len() > 0 && p.full(depth) {
		n.note = more(v.Len())
		return n
	}
	elem := p.elem(id)
	for i := range v.Len() {
		if i >= p.lim.Elements || p.left <= 0 {
			n.note = more(v.Len() - i)
			break
		}
		p.left -= 4 * depth // the indentation
		n.items = append(n.items, item{"", p.value(v.Index(i), elem, inElem, depth+1)})
	}
	return n
}

// bytesNode shows bytes as text if they are text, else in hexadecimal.
func (p *printer) bytesNode(v reflect.Value, id TypeID, at place) *node {
	name := p.typeName(v.Type(), id)
	data := make([]byte, min(v.Len(), p.lim.TextBytes))
	for i := range data {
		data[i] = byte(v.Index(i).Uint())
	}
	if v.Kind() == reflect.Slice && len(data) > 0 && isText(data, len(data) == v.Len()) {
		limit := p.lim.StringBytes
		if at == atTop {
			limit = p.lim.TextBytes
		}
		head, _ := cut(string(data), limit)
		text := name + "(" + strconv.Quote(head) + ")"
		if rest := v.Len() - len(head); rest > 0 {
			text += "… " + count(rest) + " more bytes"
		}
		return p.leaf(text)
	}
	n := &node{text: p.literal(v, id, at), close: "}"}
	p.left -= len(n.text) + 1
	for i, c := range data {
		if i >= p.lim.Elements || p.left <= 0 {
			n.note = more(v.Len() - i)
			break
		}
		n.items = append(n.items, item{"", p.leaf(fmt.Sprintf("0x%02x", c))})
	}
	return n
}

// isText reports whether b is printable text; if b is not whole, its last rune may be cut.
func isText(b []byte, whole bool) bool {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			return !whole && !utf8.FullRune(b)
		}
		if !unicode.IsPrint(r) && r != '\n' && r != '\t' && r != '\r' {
			return false
		}
		b = b[size:]
	}
	return true
}
