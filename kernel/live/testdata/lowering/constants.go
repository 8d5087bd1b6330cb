package main

import "fmt"

type I int
type P struct{ a int }

func main() {
	x := uint8(3)
	y := uint8(200)
	fmt.Println(x+y, x<<7, y>>1, ^x, -x)
	var f float64 = 1
	fmt.Println(f/2, 'a', string('a'), []byte("é"), []rune("é"), string([]rune{233}))
	var i8 int8 = -128
	fmt.Println(-i8, i8/-1, i8-1)
	var u32 uint32 = 1 << 31
	fmt.Println(u32*2, u32<<1, u32+u32)
	var r rune = 'x'
	fmt.Printf("%T %T %T %T\n", r, 'x', 1.0, 1i)
	var s = 70
	fmt.Println(1<<s == 0, 1<<(s-60), uint64(1)<<(s-10), int64(-5)>>1)
	fmt.Println(0x7fffffffffffffff, uint32(4294967295), 1e3, 5.0/2)
	const big = 1 << 100
	fmt.Println(big >> 98)
	var a any = 'x'
	switch a.(type) {
	case rune:
		fmt.Println("rune")
	case int:
		fmt.Println("int")
	}
	for i, c := range "aé" {
		fmt.Println(i, c)
	}
	var e1, e2 any = P{1}, P{1}
	fmt.Println(e1 == e2, P{1} == P{1}, [2]int{1, 2} == [2]int{1, 2})
	fmt.Println(min(3, 1, 2), max(2.5, 1))
}
