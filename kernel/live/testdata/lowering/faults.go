package main

import "fmt"

type S struct{ a, b int }

func fi(int)    {}
func fs(S)      {}
func fa([4]int) {}
func do(n string, f func()) {
	defer func() {
		fmt.Println(n, recover() != nil)
	}()
	f()
}
func ps() *S      { return nil }
func pa() *[4]int { return nil }

func main() {
	var pi *int
	var p *S
	var a *[4]int
	var sl *[]int
	do("x := *pi", func() { x := *pi; _ = x })
	do("x := *ps", func() { x := *p; _ = x })
	do("x := *pa", func() { x := *a; _ = x })
	do("x = *pa", func() { var x [4]int; x = *a; _ = x })
	do("_ = *pi", func() { _ = *pi })
	do("_ = *ps", func() { _ = *p })
	do("_ = *pa", func() { _ = *a })
	do("f(*pi)", func() { fi(*pi) })
	do("f(*ps)", func() { fs(*p) })
	do("f(*pa)", func() { fa(*a) })
	do("f(*pa())", func() { fa(*pa()) })
	do("f(*ps())", func() { fs(*ps()) })
	do("p.a", func() { fi(p.a) })
	do("_ = p.a", func() { _ = p.a })
	do("a[1]", func() { fi(a[1]) })
	do("_ = a[1]", func() { _ = a[1] })
	do("p.a = 1", func() { p.a = 1 })
	do("a[1] = 1", func() { a[1] = 1 })
	do("*p = S{}", func() { *p = S{} })
	do("*pi = 1", func() { *pi = 1 })
	do("*pi++", func() { *pi++ })
	do("p.a++", func() { p.a++ })
	do("&p.a", func() { q := &p.a; _ = q })
	do("&a[1]", func() { q := &a[1]; _ = q })
	do("a[:]", func() { q := a[:]; _ = q })
	do("range *a", func() {
		for _, v := range *a {
			_ = v
		}
	})
	do("range a", func() {
		for _, v := range a {
			_ = v
		}
	})
	do("*sl", func() { q := *sl; _ = q })
	do("(*sl)[0]", func() { q := (*sl)[0]; _ = q })
	do("len(*sl)", func() { q := len(*sl); _ = q })
	do("any(*p)", func() { var q any = *p; _ = q })
	do("*p == S{}", func() { q := *p == S{}; _ = q })
	do("return *p", func() { _ = func() S { return *p }() })
	do("struct{*p}", func() { q := struct{ s S }{*p}; _ = q })
	do("[]S{*p}", func() { q := []S{*p}; _ = q })
	do("ch<-*p", func() { c := make(chan S, 1); c <- *p })
	do("m[*pi]", func() { m := map[int]int{}; q := m[*pi]; _ = q })
	do("append(*p)", func() { q := append([]S{}, *p); _ = q })
	var pp **int
	do("**pp", func() { q := **pp; _ = q })
	do("_ = **pp", func() { _ = **pp })
	var f func()
	do("f()", func() { f() })
	var i interface{ M() }
	do("i.M()", func() { i.M() })
	do("_ = i.M", func() { _ = i.M })
	var m map[string]int
	do("m[x]=1", func() { m["a"] = 1 })
	do("m[x]++", func() { m["a"]++ })
	var e *fmt.Stringer
	do("*e", func() { q := *e; _ = q })
	var s []int
	do("s[0]", func() { _ = s[0] })
	do("s[1:0]", func() { k := 5; _ = s[:k] })
	var arr [3]int
	do("arr[k]", func() { k := 5; _ = arr[k] })
	do("arr[k]=", func() { k := 5; arr[k] = 1 })
	do("str[k]", func() { k := 5; q := "abc"; _ = q[k] })
	do("1/z", func() { z := 0; _ = 1 / z })
	do("1%z", func() { z := 0; _ = 1 % z })
	do("z/=z", func() { z := 0; z /= z })
	do("x.(int)", func() { var x any; _ = x.(int) })
	do("close(nil)", func() { var c chan int; close(c) })
	do("close2", func() { c := make(chan int); close(c); close(c) })
	do("send closed", func() { c := make(chan int, 1); close(c); c <- 1 })
	do("make", func() { n := -1; _ = make([]int, n) })
	do("map key", func() { m := map[any]int{}; m[[]int{1}] = 2 })
	do("map key read", func() { m := map[any]int{}; _ = m[[]int{1}] })
	do("map key read2", func() { m := map[any]int{1: 1}; _ = m[[]int{1}] })
	do("cmp", func() { var x, y any = []int{1}, []int{1}; _ = x == y })
	do("cmp2", func() { var x, y any = []int{1}, []int{1}; fmt.Print(x == y) })
}
