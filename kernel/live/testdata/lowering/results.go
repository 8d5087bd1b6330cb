package main

import "fmt"

var total = 5

func add(n int) (r int) { r = n; return r + total }

func add2(n int) int {
	r := n
	return r + total
}

func incr(n int) (r int) { r = 100; r = r + total; return }

var ga, gb = 1, 2

func swap() (int, int)       { return gb, ga }
func swap2() (x, y int)      { x = gb; y = ga; return }
func swap3() (x, y int)      { x, y = gb, ga; return x, y }
func three() (int, int, int) { return gb, ga, total }

type T struct{ a, b int }

func (t T) flip() (r T)   { r.a = t.b; r.b = t.a; return }
func (t *T) flip2() (r T) { r.a = t.b; r.b = t.a; return }
func (t *T) flip3() T     { return T{t.b, t.a} }

func captured() (x int, g func() int) {
	g = func() int { return x }
	return 5, g
}

func rec(n int) (s string) {
	if n == 0 {
		return
	}
	s = rec(n-1) + "x"
	return
}

func zero(b bool) (r []int) {
	if b {
		r = append(r, 1)
	}
	return
}

func main() {
	total = add(3)
	fmt.Println(total)
	total = 5
	total = add2(3)
	fmt.Println(total)
	total = 5
	total = incr(1)
	fmt.Println(total)
	total = 5
	ga, gb = swap()
	fmt.Println(ga, gb)
	ga, gb = swap2()
	fmt.Println(ga, gb)
	ga, gb = swap3()
	fmt.Println(ga, gb)
	ga, gb, total = three()
	fmt.Println(ga, gb, total)
	local := 7
	f := func() (r int) { r = 1; r += local; return }
	local = f()
	fmt.Println(local)
	t := T{1, 2}
	t = t.flip()
	fmt.Println(t)
	t = t.flip2()
	fmt.Println(t)
	t = t.flip3()
	fmt.Println(t)
	p := &t
	*p = p.flip2()
	fmt.Println(t)
	x, g := captured()
	fmt.Println(x, g())
	for i := 0; i < 2; i++ {
		fmt.Println(rec(3), zero(i == 0))
	}
	a := []int{1, 2}
	h := func(i int) (r int) { r = 50; r += a[0]; return }
	a[0] = h(0)
	fmt.Println(a)
	a[0], a[1] = func() (x, y int) { x = 9; y = a[0]; return }()
	fmt.Println(a)
	m := map[string]int{"a": 1}
	m["a"] = func() (r int) { r = 50; r += m["a"]; return }()
	fmt.Println(m)
	s := struct{ n int }{3}
	s.n = func() (r int) { r = 50; r += s.n; return }()
	fmt.Println(s)
	var e interface{} = 3
	e = func() (r interface{}) { r = 50; return r.(int) + e.(int) }()
	fmt.Println(e)
	fs := []func() (int, error){func() (n int, err error) { n++; return }, func() (n int, err error) { n += 2; return n, err }}
	for k := 0; k < 2; k++ {
		for _, f := range fs {
			n, err := f()
			fmt.Println(n, err)
		}
	}
	_, gb = swap()
	fmt.Println(ga, gb)
	fmt.Println(swap2())
	fmt.Println(swap2())
}
