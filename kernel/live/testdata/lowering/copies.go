package main

import "fmt"

type T struct{ a, b int }
type A [3]int

func f(t T)          { t.a = 100 }
func (t T) m()       { t.a = 200 }
func (t T) get() int { return t.a }
func ret(p *T) T     { return *p }

type W struct {
	t   T
	arr A
}

func main() {
	t := T{1, 2}
	u := t
	u.a = 5
	fmt.Println("assign", t.a)
	var v T = t
	v.a = 6
	fmt.Println("var", t.a)
	f(t)
	fmt.Println("arg", t.a)
	t.m()
	fmt.Println("recv", t.a)
	h := t.get
	t.a = 7
	fmt.Println("method value", h())
	t.a = 1
	r := ret(&t)
	r.a = 9
	fmt.Println("ret", t.a)
	s := []T{{1, 2}}
	e := s[0]
	e.a = 9
	fmt.Println("elem", s[0].a)
	for _, x := range s {
		x.a = 10
	}
	fmt.Println("range", s[0].a)
	m := map[string]T{"a": {1, 2}}
	x := m["a"]
	x.a = 9
	fmt.Println("map", m["a"].a)
	m["b"] = t
	t.a = 33
	fmt.Println("map put", m["b"].a)
	c := make(chan T, 1)
	c <- t
	t.a = 34
	fmt.Println("chan", (<-c).a)
	a := A{1, 2, 3}
	b := a
	b[0] = 9
	fmt.Println("array", a[0])
	for i, q := range a {
		a[2] = 10
		if i == 2 {
			fmt.Println("range array", q)
		}
	}
	p, q := t, u
	p.a, q.a = 77, 78
	fmt.Println("multi", t.a, u.a)
	t, u = u, t
	fmt.Println("swap", t.a, u.a)
	t.a = 1000
	fmt.Println("swap2", t.a, u.a)
	w := W{t, a}
	w.t.a = 3
	w.arr[0] = 55
	fmt.Println("field", t.a, a[0])
	ww := w.t
	ww.a = 4
	fmt.Println("field2", w.t.a)
	s = append(s, t)
	t.a = 2
	fmt.Println("append", s[1].a)
	s[0] = t
	t.a = 99
	fmt.Println("elem put", s[0].a)
	pt := &t
	d := *pt
	d.a = 1
	fmt.Println("deref", t.a)
	*pt = u
	u.a = -1
	fmt.Println("deref put", t.a)
	s[0], s[1] = s[1], s[0]
	fmt.Println("elem swap", s[0].a, s[1].a)
	arr2 := [2][2]int{{1, 2}, {3, 4}}
	row := arr2[0]
	row[0] = 9
	fmt.Println("row", arr2[0][0])
	arr2[0] = arr2[1]
	arr2[1][0] = 77
	fmt.Println("row2", arr2[0][0])
	fn := func() T { return t }
	g := fn()
	g.a = 123
	fmt.Println("closure ret", t.a)
	var i any = t
	t.a = 5
	fmt.Println("box", i.(T).a)
	k := i.(T)
	k.a = 6
	fmt.Println("unbox", i.(T).a)
	defer func(t T) { fmt.Println("defer", t.a) }(t)
	t.a = 1
	ms := map[T]int{t: 1}
	t.a = 2
	fmt.Println(ms[T{1, 2}], ms[t], len(ms))
	func() (t2 T) { t2 = t; defer func() { fmt.Println("named", t.a) }(); t2.a = 5; return }()
	sw := t
	switch {
	case true:
		sw.a = 3
	}
	fmt.Println(t.a)
	var s3 struct {
		x T
		y [2]T
	}
	s3.x = t
	s3.y[0] = t
	t.a = -5
	fmt.Println(s3.x.a, s3.y[0].a)
	s4 := s3
	s4.y[0].a = 8
	fmt.Println(s3.y[0].a)
	vs := []T{t, u}
	vs2 := make([]T, 2)
	copy(vs2, vs)
	vs2[0].a = 44
	fmt.Println(vs[0].a)
	for i := range vs {
		z := vs[i]
		z.a++
		fmt.Println(vs[i].a)
	}
	for i := range vs {
		z := &vs[i]
		z.a++
		fmt.Println(vs[i].a)
	}
	func(ts ...T) { ts[0].a = 9 }(t)
	fmt.Println(t.a)
	tt := [2]T{t, u}
	tt[0].a = 0
	fmt.Println(t.a)
	if y := t; true {
		y.a = 1
		fmt.Println(t.a)
	}
	ptrs := map[string]*T{"q": &t}
	ptrs["q"].a = 64
	fmt.Println(t.a)
	l := *ptrs["q"]
	l.a = 3
	fmt.Println(t.a)
}
