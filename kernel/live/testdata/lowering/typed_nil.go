package main

import "fmt"

type T struct{ n int }

func (t *T) M() string { return fmt.Sprint(t == nil) }

type I interface{ M() string }
type K int

func (k *K) M() string { return fmt.Sprint("k", k == nil) }

type F func()

func (f F) M() string { return fmt.Sprint("f", f == nil) }

type L []int

func (l L) M() string { return fmt.Sprint("l", l == nil) }

type N int

func (n N) M() string { return fmt.Sprint("n", int(n)) }

func f(i I) string  { return fmt.Sprint(i == nil, i != nil, i.M()) }
func g(i any) bool  { return i == nil }
func h(i ...I) bool { return i[0] == nil }
func ret() I        { var t *T; return t }

func do(n int, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(n, r)
		}
	}()
	f()
}

type H struct{ i I }

func main() {
	var t *T
	var k *K
	var fn F
	var l L
	do(1, func() { fmt.Println(f(t)) })
	do(2, func() { fmt.Println(f(k)) })
	do(3, func() { fmt.Println(f(fn)) })
	do(4, func() { fmt.Println(f(l)) })
	do(5, func() { fmt.Println(f(N(0))) })
	do(6, func() { fmt.Println(g(t), g(k), g(fn), g(l)) })
	do(7, func() { fmt.Println(h(t), h(N(0))) })
	do(8, func() { fmt.Println(ret() == nil, ret().M()) })
	do(10, func() { var i I = t; fmt.Println(i == nil, i.M()) })
	do(11, func() { var i I; i = t; fmt.Println(i == nil, i.M()) })
	do(12, func() { is := []I{t, k}; fmt.Println(is[0] == nil, is[1].M()) })
	do(13, func() { m := map[string]I{"a": t}; fmt.Println(m["a"] == nil, m["a"].M()) })
	do(14, func() { x := H{t}; fmt.Println(x.i == nil, x.i.M()) })
	do(15, func() { x := H{i: k}; fmt.Println(x.i == nil, x.i.M()) })
	do(16, func() { c := make(chan I, 1); c <- t; x := <-c; fmt.Println(x == nil, x.M()) })
	do(17, func() { is := append([]I{}, t); fmt.Println(is[0] == nil, is[0].M()) })
	do(18, func() { var x H; x.i = t; fmt.Println(x.i == nil) })
	do(19, func() { i := I(t); fmt.Println(i == nil) })
	do(21, func() {
		var i I = t
		var a any = i
		fmt.Println(a == nil, a.(*T) == nil)
		_, ok := a.(I)
		fmt.Println(ok)
	})
	do(22, func() {
		var i I
		fmt.Println(i == nil, g(i))
		var a any = i
		fmt.Println(a == nil)
	})
	do(23, func() {
		var i I = t
		switch x := i.(type) {
		case nil:
			fmt.Println("nil")
		case *T:
			fmt.Println("*T", x == nil)
		}
	})
	do(24, func() { i, j := I(t), I(k); fmt.Println(i == j, i == I(t)) })
	do(25, func() { func(i I) { fmt.Println(i == nil) }(t) })
	do(26, func() { var i I = N(0); fmt.Println(i == N(0), i != nil) })
}
