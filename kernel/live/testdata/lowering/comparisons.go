package main

import "fmt"

type I int
type P struct{ a int }
type Q struct{ a int }
type Sh interface{ Area() int }

func (p P) Area() int  { return p.a }
func (q *Q) Area() int { return q.a }

type Color string

func main() {
	var a, b any = P{1}, P{1}
	var s, u Sh = P{1}, P{1}
	q := &Q{1}
	var v Sh = q
	fmt.Println(a == b, s == u, s != u, a == s, v == q, v == Sh(&Q{1}), v != nil, a == any(Q{1}), a == nil)
	fmt.Println(any(I(1)) == any(1), any(1) == any(1), any("x") == any("x"), any(I(1)) == I(1))
	n := 40
	var x uint64 = 1 << n
	y := uint64(3) | 1<<uint(n)
	var z int32 = 1 << (n - 10)
	fmt.Println(x, y, z, 1<<n, uint8(1<<(n-33)))
	m := map[Color]int{"red": 1}
	m["blue"] = 2
	fmt.Println(m["red"], m["blue"], len(m), Color("x")+"y")
	b2 := []byte("abc")
	type mine byte
	b3 := []mine("xyz")
	fmt.Println(string(b2), string(b3), len(b3))
	const w I = 7
	switch any(w) {
	case 7:
		fmt.Println("int")
	case I(7):
		fmt.Println("I")
	}
	var e any = "k"
	switch e {
	case "k":
		fmt.Println("k")
	}
}
