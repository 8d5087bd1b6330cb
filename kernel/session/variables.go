package session

import (
	"reflect"

	"lockstep/kernel/display"
	"lockstep/kernel/pipe"
)

// describe gives short texts of variables, for %who and the inspector.
func (s *Session) describe(b pipe.Describe) pipe.Reply {
	var reply pipe.Reply
	for i, name := range b.Names {
		text, size := "", int64(0)
		if v, err := s.variable(name); err == nil {
			opt := s.formatOptions(b.Types)
			opt.Limits = display.Limits{Elements: 8, Depth: 3, TextBytes: 200, StringBytes: 80}
			if i < len(b.IDs) {
				opt.Type = b.IDs[i]
			}
			text, size = display.Text(v, opt), sizeOf(v, map[uintptr]bool{}, 0)
		}
		reply.Texts, reply.Sizes = append(reply.Texts, text), append(reply.Sizes, size)
	}
	return reply
}

// bind sets a variable of type lab.Result or display.Captured.
func (s *Session) bind(b pipe.Bind) pipe.Reply {
	v, err := s.variable(b.Internal)
	if err != nil {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: err.Error()}}
	}
	r := reflect.ValueOf(b.Result)
	if b.Captured != nil {
		r = reflect.ValueOf(*b.Captured)
	}
	if !r.Type().AssignableTo(v.Type()) {
		return pipe.Reply{Err: &pipe.Fault{Kind: "error", Text: "a " + r.Type().String() + " cannot be assigned to a variable of type " + v.Type().String()}}
	}
	v.Set(r)
	return pipe.Reply{}
}

// sizeOf estimates the memory that a value occupies, what it points to
// included; shared memory counts once.
func sizeOf(v reflect.Value, seen map[uintptr]bool, depth int) int64 {
	if !v.IsValid() || depth > 50 {
		return 0
	}
	size := int64(v.Type().Size())
	return size + inner(v, seen, depth)
}

// inner is what a value has elsewhere.
func inner(v reflect.Value, seen map[uintptr]bool, depth int) int64 {
	once := func(p uintptr) bool {
		if p == 0 || seen[p] {
			return false
		}
		seen[p] = true
		return true
	}
	switch v.Kind() {
	case reflect.String:
		return int64(v.Len())
	case reflect.Slice:
		if !once(v.Pointer()) {
			return 0
		}
		total := int64(v.Cap()) * int64(v.Type().Elem().Size())
		if !plain(v.Type().Elem()) {
			for i := range min(v.Len(), 100_000) {
				total += inner(v.Index(i), seen, depth+1)
			}
		}
		return total
	case reflect.Array:
		total := int64(0)
		if !plain(v.Type().Elem()) {
			for i := range v.Len() {
				total += inner(v.Index(i), seen, depth+1)
			}
		}
		return total
	case reflect.Map:
		if !once(v.Pointer()) {
			return 0
		}
		total := int64(0)
		for it := v.MapRange(); it.Next(); {
			total += sizeOf(it.Key(), seen, depth+1) + sizeOf(it.Value(), seen, depth+1)
		}
		return total
	case reflect.Pointer:
		if v.IsNil() || !once(v.Pointer()) || depth > 40 {
			return 0
		}
		return sizeOf(v.Elem(), seen, depth+1)
	case reflect.Interface:
		if v.IsNil() {
			return 0
		}
		return sizeOf(v.Elem(), seen, depth+1)
	case reflect.Struct:
		total := int64(0)
		for i := range v.NumField() {
			total += inner(v.Field(i), seen, depth+1)
		}
		return total
	}
	return 0
}

// plain reports types whose values have nothing elsewhere.
func plain(t reflect.Type) bool { return t.Kind() <= reflect.Complex128 && t.Kind() != reflect.Invalid }
