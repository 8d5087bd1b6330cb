package main

import "fmt"

func gen4(yield func(int) bool) { yield(1) }

type S struct{ f func(func(int) bool) }

func (s S) M(yield func(int) bool)  { yield(2) }
func (s *S) P(yield func(int) bool) { yield(3) }

type F func(func(int) bool)

func (f F) Call(g func(int) bool) { f(g) }

func ret() func(func(int) bool) { return gen4 }

type I interface{ M(func(int) bool) }

func do(n int, f func()) {
	defer func() { fmt.Println(n, recover()) }()
	f()
}
func show(i int) bool { fmt.Print(i, " "); return true }

func main() {
	g := gen4
	var p *func(func(int) bool)
	do(101, func() { p = &g })
	var m map[string]func(func(int) bool)
	do(102, func() { m = map[string]func(func(int) bool){"k": gen4} })
	var a []func(func(int) bool)
	do(103, func() { a = []func(func(int) bool){gen4} })
	var s S
	do(104, func() { s = S{gen4} })
	var v interface{}
	do(105, func() { v = gen4 })
	var i I
	do(106, func() { i = s })
	var fs []func(func(int) bool)
	do(107, func() { fs = []func(func(int) bool){gen4, func(y func(int) bool) { y(9) }} })
	k := 5
	lit := func(i int) bool { fmt.Print(i+k, " "); return true }
	do(1, func() { (*p)(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(2, func() { m["k"](func(i int) bool { fmt.Print(i, " "); return true }) })
	do(3, func() { a[0](func(i int) bool { fmt.Print(i, " "); return true }) })
	do(4, func() { s.f(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(5, func() { ret()(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(6, func() { v.(func(func(int) bool))(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(7, func() { s.M(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(8, func() { s.P(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(9, func() { i.M(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(10, func() { F(gen4)(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(11, func() { F(gen4).Call(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(12, func() { func(y func(int) bool) { y(7) }(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(13, func() { (func(y func(int) bool) { y(7) })(func(i int) bool { fmt.Print(i, " "); return true }) })
	do(21, func() { (*p)(show) })
	do(22, func() { m["k"](show) })
	do(23, func() { a[0](show) })
	do(24, func() { s.f(show) })
	do(25, func() { ret()(show) })
	do(26, func() { v.(func(func(int) bool))(show) })
	do(27, func() { s.M(show) })
	do(28, func() { s.P(show) })
	do(29, func() { i.M(show) })
	do(30, func() { F(gen4)(show) })
	do(31, func() { F(gen4).Call(show) })
	do(32, func() { (gen4)(show) })
	do(33, func() { (gen4)(lit) })
	do(34, func() { (*p)(lit) })
	do(35, func() { h := s.M; h(lit) })
	do(36, func() { h := S.M; h(s, lit) })
	do(37, func() {
		for _, f := range fs {
			f(lit)
			f(show)
			f(func(i int) bool { fmt.Print(i, " "); return true })
		}
	})
	var x []func(int) bool
	do(108, func() { x = []func(int) bool{show, lit, func(i int) bool { fmt.Print(i, " "); return true }} })
	do(38, func() {
		for _, f := range x {
			gen4(f)
			f(3)
		}
		x[1](4)
		gen4(x[2])
	})
	var mm map[string]func(int) bool
	do(109, func() { mm = map[string]func(int) bool{"a": show, "b": lit} })
	do(39, func() {
		gen4(mm["a"])
		gen4(mm["b"])
		mm["b"](3)
	})
	var st struct{ h func(int) bool }
	do(110, func() { st = struct{ h func(int) bool }{show} })
	do(40, func() {
		gen4(st.h)
		st.h(2)
		st.h = lit
		gen4(st.h)
	})
	var e interface{} = show
	do(41, func() { gen4(e.(func(int) bool)) })
	e = lit
	do(42, func() { gen4(e.(func(int) bool)) })
	c := make(chan func(int) bool, 2)
	do(43, func() {
		c <- show
		c <- lit
		gen4(<-c)
		gen4(<-c)
	})
	do(44, func() {
		var z func(int) bool
		z = show
		gen4(z)
		z = lit
		gen4(z)
		w := &z
		gen4(*w)
		(*w)(8)
	})
	compose := func(f, g func(int) int) func(int) int { return func(x int) int { return g(f(x)) } }
	inc := func(x int) int { return x + 1 }
	do(45, func() { fmt.Print(compose(inc, compose(inc, inc))(1)) })
	do(46, func() { fmt.Print(ret() == nil, e == nil) })
}
