package session

import (
	"fmt"
	"math"
	"reflect"
	"unsafe"
)

// What the engine has no conversions and no unsafe functions for. Its values of
// session types are boxed when they come here.

// opened is the value in an interface, out of the engine's box.
func opened(v any) reflect.Value {
	r := reflect.ValueOf(v)
	if inner, ok := unbox(r); ok {
		return inner
	}
	return r
}

// short is the check that a slice is long enough for an array.
func short(have, want int) {
	if have < want {
		panic(engineError(fmt.Sprintf("cannot convert slice with length %d to array or pointer to array with length %d", have, want)))
	}
}

// arrayPointer makes a slice a pointer to an array of pointer's type.
func arrayPointer(slice, pointer any) any {
	return opened(slice).Convert(reflect.TypeOf(pointer)).Interface()
}

// size is a length of any integer type; what is no int is an error of function.
func size(n any, function string) int {
	v := opened(n)
	if v.CanUint() && v.Uint() <= math.MaxInt {
		return int(v.Uint())
	}
	if v.CanInt() && v.Int() >= 0 {
		return int(v.Int())
	}
	panic(engineError(function + ": len out of range"))
}

func unsafeSlice(pointer, n any) any {
	p := opened(pointer)
	return reflect.SliceAt(p.Type().Elem(), p.UnsafePointer(), size(n, "unsafe.Slice")).Interface()
}

func unsafeSliceData(slice any) any {
	s := opened(slice)
	return reflect.NewAt(s.Type().Elem(), s.UnsafePointer()).Interface()
}

func unsafeString(p *byte, n any) string { return unsafe.String(p, size(n, "unsafe.String")) }
