package display

import (
	"reflect"
	"slices"
	"unsafe"
)

// literal is the opening text of a composite literal.
func (p *printer) literal(v reflect.Value, id TypeID, at place) string {
	if at == inElem {
		return "{"
	}
	return p.typeName(v.Type(), id) + "{"
}

func (p *printer) full(depth int) bool { return depth >= p.lim.Depth || p.left <= 0 }

func (p *printer) structNode(v reflect.Value, id TypeID, at place, depth int) *node {
	n := &node{text: p.literal(v, id, at), close: "}"}
	p.left -= len(n.text) + 1
	fields, hidden := p.fields(v.Type(), id)
	if p.opt.Types.at(id) == nil && !p.own(v.Type()) {
		// An http.Request has 20 fields of which a reader wants the three that are set.
		fields = slices.DeleteFunc(fields, func(f field) bool { return v.Field(f.index).IsZero() })
	}
	if len(fields) > 0 && p.full(depth) {
		n.note = "…"
		return n
	}
	v = addressable(v)
	for i, f := range fields {
		if p.left <= 0 {
			n.note = more(len(fields) - i)
			return n
		}
		p.left -= len(f.name) + 2 + 4*depth
		n.items = append(n.items, item{f.name + ": ", p.value(readable(v.Field(f.index)), f.id, inField, depth+1)})
	}
	if hidden {
		n.note = "…"
	}
	return n
}

// field is a struct field that is shown.
type field struct {
	name  string
	index int
	id    TypeID
}

// fields returns the fields of a struct that are shown, and whether there are
// others. What other packages keep to themselves says nothing to a reader.
func (p *printer) fields(t reflect.Type, id TypeID) (fields []field, hidden bool) {
	desc := p.opt.Types.at(id)
	if desc != nil && len(desc.Fields) != t.NumField() {
		desc = nil
	}
	own := p.own(t)
	for i := range t.NumField() {
		sf := t.Field(i)
		f := field{name: p.fieldName(sf), index: i}
		if desc != nil {
			f.name, f.id = desc.Fields[i].Name, desc.Fields[i].Type
		}
		switch {
		case f.name == "_":
		case desc == nil && !own && !sf.IsExported():
			hidden = true
		default:
			fields = append(fields, f)
		}
	}
	return fields, hidden
}

// own reports whether a type is the session's, and not another package's.
func (p *printer) own(t reflect.Type) bool { return t.PkgPath() == "" || p.local(t.PkgPath()) }

// addressable returns v, or a copy of it, so that its unexported fields can be read.
func addressable(v reflect.Value) reflect.Value {
	if v.CanAddr() || !v.CanInterface() {
		return v
	}
	c := reflect.New(v.Type()).Elem()
	c.Set(v)
	return c
}

// readable lifts the mark that reflect puts on unexported fields. We read only.
func readable(v reflect.Value) reflect.Value {
	if v.CanInterface() || !v.CanAddr() {
		return v
	}
	return reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem()
}
