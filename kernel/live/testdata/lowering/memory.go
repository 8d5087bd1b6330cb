package main

import (
	"fmt"
	"unsafe"
)

type P struct {
	a byte
	b int64
}

type Four [4]int

func size[T any]() uintptr { return unsafe.Sizeof(*new(T)) }

func offset[T any](p *struct {
	a T
	b int64
}) uintptr {
	return unsafe.Offsetof(p.b)
}

func try(f func()) {
	defer func() { fmt.Println(recover()) }()
	f()
}

func pair() ([]int, int)        { return []int{1}, 2 }
func parts() (float64, float64) { return 1, 2 }

func main() {
	a := [4]byte{'a', 'b', 'c', 'd'}
	s := unsafe.Slice(&a[1], 2)
	s[0] = 'X'
	n := uint8(3)
	fmt.Println(string(a[:]), len(s), cap(s), *unsafe.SliceData(s), unsafe.String(&a[0], n), *unsafe.StringData("zyx"))
	fmt.Println(*(*byte)(unsafe.Add(unsafe.Pointer(&a[0]), n)), unsafe.Slice((*int)(nil), 0) == nil)
	fmt.Println(size[int32](), size[P](), offset(new(struct {
		a byte
		b int64
	})), unsafe.Sizeof(P{}), unsafe.Alignof(P{}.b))
	ps := []P{{1, 2}, {3, 4}}
	fmt.Println(unsafe.Slice(unsafe.SliceData(ps), 2)[1].b)
	k := -1
	try(func() { _ = unsafe.Slice(new(byte), k) })

	// slices as arrays
	x := []int{1, 2, 3, 4}
	y := [4]int(x)
	z := (*[2]int)(x)
	w := Four(x)
	z[0] = 9
	fmt.Println(x, y, *z, w, (*Four)(x)[3])
	q := &z[1]
	*q = 7
	fmt.Println(x, (*[0]int)([]int(nil)) == nil)
	try(func() { _ = [5]int(x) })
	try(func() { _ = make([]int, k) })
	try(func() { _ = make([]int, 2, 1-k-2) })
	try(func() { _ = make(chan int, k) })

	// what one call gives goes into builtin functions
	fmt.Println(append(pair()), complex(parts()))
	b := make([]byte, 5, 6)
	copy(b, "12346")
	b = append(b[:len(b)-1], '5', b[len(b)-1])
	fmt.Println(string(b))
}
