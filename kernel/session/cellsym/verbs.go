package cellsym

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"
)

// types writes the names of the types that verbs %T ask for as arguments of
// verbs %s, where fmt would name a type of a cell otherwise, and likewise the pointers of verbs %p. fmt asks no
// argument for either.
func (s *symbols) types(format string, list []any) (string, []any) {
	var b strings.Builder
	added := false
	next := 0 // argument of the next verb
	for i := 0; i < len(format); {
		if format[i] != '%' {
			b.WriteByte(format[i])
			i++
			continue
		}
		v, ok := parseVerb(format[i:], next)
		if !ok || v.verb == '%' {
			b.WriteString(format[i : i+v.size])
			i += v.size
			continue
		}
		i += v.size
		next = v.arg + 1
		if v.verb == 'T' && v.arg < len(list) && s.renamed(list[v.arg]) {
			list = append(list[:len(list):len(list)], s.nameOf(list[v.arg]))
			v.arg, v.verb, added = len(list)-1, 's', true
		} else if v.verb == 'p' && v.arg < len(list) && s.renamed(list[v.arg]) {
			list = append(list[:len(list):len(list)], fmt.Sprintf("%"+v.flags+"p", s.bareOf(list[v.arg])))
			v.arg, v.verb, v.flags, added = len(list)-1, 's', "", true
		}
		b.WriteString(v.text())
	}
	if !added {
		return format, list
	}
	return b.String(), list
}

// nameOf is what %T prints of an argument.
func (s *symbols) nameOf(v any) string {
	if t, ok := v.(typed); ok {
		return t.name
	}
	return s.print.typeName(s.dynamic(v))
}

// bareOf is an argument as it is.
func (s *symbols) bareOf(v any) any {
	if t, ok := v.(typed); ok {
		v = t.v
	}
	if inner, _ := unboxed(reflect.ValueOf(v)); inner.IsValid() && inner.CanInterface() {
		return inner.Interface()
	}
	return v
}

// dynamic is the type of an argument, out of its box.
func (s *symbols) dynamic(v any) reflect.Type {
	if t, ok := v.(typed); ok {
		v = t.v
	}
	if b, ok := open(v); ok {
		if !b.value.IsValid() {
			return nil
		}
		return b.value.Type()
	}
	if r := reflect.ValueOf(v); r.IsValid() {
		if inner := faultValue(r); inner.IsValid() {
			return inner.Type()
		}
	}
	if f, ok := v.(*faultText); ok {
		return reflect.TypeOf(f.value)
	}
	if w := reflect.ValueOf(v); w.Kind() == reflect.Struct && w.NumField() > 0 && w.Type().Field(0).Name == "IValue" {
		// A wrapper. Of a struct yaegi hands over a part only.
		if inner := w.Field(0).Elem(); inner.IsValid() && (inner.Kind() == reflect.Pointer || s.print.name(inner.Type()) != "") {
			return inner.Type()
		}
	}
	return reflect.TypeOf(v)
}

func (s *symbols) renamed(v any) bool {
	if _, ok := v.(typed); ok {
		return true
	}
	t := s.dynamic(v)
	_, boxed := open(v)
	return t != nil && (boxed || s.print.concerns(t))
}

// verb is one of a format, with the arguments that it takes.
type verb struct {
	size         int
	flags        string
	width, point string // as written, or the index of an argument for *
	arg          int
	verb         rune
}

// parseVerb reads a verb at the start of text; next is the argument whose turn it is.
func parseVerb(text string, next int) (v verb, ok bool) {
	i := 1
	for i < len(text) && strings.IndexByte("+-# 0", text[i]) >= 0 {
		i++
	}
	v.flags = text[1:i]
	index := func() {
		if i < len(text) && text[i] == '[' {
			if end := strings.IndexByte(text[i:], ']'); end > 1 {
				n := 0
				if _, err := fmt.Sscan(text[i+1:i+end], &n); err == nil && n > 0 {
					next = n - 1
					i += end + 1
				}
			}
		}
	}
	number := func() string {
		index()
		if i < len(text) && text[i] == '*' {
			i++
			next++
			return fmt.Sprintf("[%d]*", next)
		}
		from := i
		for i < len(text) && '0' <= text[i] && text[i] <= '9' {
			i++
		}
		return text[from:i]
	}
	v.width = number()
	if i < len(text) && text[i] == '.' {
		i++
		v.point = "." + number()
	}
	index()
	if i >= len(text) {
		v.size = len(text)
		return v, false
	}
	r, size := utf8.DecodeRuneInString(text[i:])
	v.verb, v.size, v.arg = r, i+size, next
	return v, true
}

// text writes the verb with its argument's number.
func (v verb) text() string {
	return fmt.Sprintf("%%%s%s%s[%d]%c", v.flags, v.width, v.point, v.arg+1, v.verb)
}
