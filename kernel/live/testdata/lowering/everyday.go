package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

type P struct {
	x, y int
	a    [3]int
}

func (p P) moved(d int) P { p.x += d; return p }
func (p *P) move(d int)   { p.x += d }
func (p P) sum() int      { return p.x + p.y }

type Shape interface{ Area() float64 }
type Sq struct{ s float64 }
type Ci struct{ r float64 }

func (s Sq) Area() float64  { return s.s * s.s }
func (c *Ci) Area() float64 { return c.r * 3 }

type Inner struct{ n int }

func (i Inner) Get() int   { return i.n }
func (i *Inner) Set(v int) { i.n = v }

type Outer struct {
	Inner
	name string
}
type Deep struct {
	*Outer
	k int
}

type Kind int

const (
	A Kind = iota
	B
	C
)

func (k Kind) String() string { return [...]string{"A", "B", "C"}[k] }

func change(a [3]int) [3]int { a[0] = 99; return a }
func changeP(p P) P          { p.x = 77; p.a[1] = 88; return p }

type E struct{ code int }

func (e *E) Error() string { return fmt.Sprint("code ", e.code) }

func may(n int) (int, error) {
	if n > 2 {
		return 0, &E{n}
	}
	return n, nil
}

func main() {
	// variables in loops
	for i := 0; i < 3; i++ {
		var s []int
		s = append(s, i)
		var p P
		p.x++
		var m map[string]int
		fmt.Print(len(s), p, m == nil, " ")
		m = map[string]int{"a": 1}
		var arr [2]int
		arr[0]++
		fmt.Print(arr)
	}
	fmt.Println()
	// closures
	var fs []func() int
	for i := 0; i < 3; i++ {
		j := i * 10
		fs = append(fs, func() int { j++; return i + j })
	}
	for _, f := range fs {
		fmt.Print(f(), f(), " ")
	}
	fmt.Println()
	// array copies
	arr := [3]int{1, 2, 3}
	brr := arr
	brr[0] = 5
	crr := change(arr)
	fmt.Println(arr, brr, crr)
	for i, v := range arr {
		arr[2] = 50
		fmt.Print(i, v, " ")
	}
	fmt.Println(arr)
	for i, v := range &arr {
		arr[2] = 60
		fmt.Print(i, v, " ")
	}
	fmt.Println(arr)
	sl := arr[:]
	for i, v := range sl {
		sl[2] = 70
		fmt.Print(i, v, " ")
	}
	fmt.Println(arr)
	// struct copies
	p := P{1, 2, [3]int{1, 2, 3}}
	q := p
	q.x = 9
	q.a[0] = 9
	r := changeP(p)
	fmt.Println(p, q, r, p.moved(3), p)
	p.move(4)
	fmt.Println(p, p.sum())
	ps := []P{p, q}
	for _, v := range ps {
		v.x = 1000
	}
	for i := range ps {
		ps[i].y = i
	}
	fmt.Println(ps)
	mp := map[string]P{"p": p}
	t := mp["p"]
	t.x = 555
	fmt.Println(mp, t.x)
	pp := &ps[0]
	pp.x = 31
	fmt.Println(ps[0].x)
	ps = append(ps, P{})
	pp.x = 32
	fmt.Println(ps[0].x, pp.x)
	// anonymous structs
	an := struct {
		a int
		b P
	}{1, p}
	an2 := an
	an2.b.x = -1
	fmt.Println(an.b.x, an2.b.x)
	// slices share
	s1 := []int{1, 2, 3, 4}
	s2 := s1[1:3]
	s2[0] = 20
	s2 = append(s2, 30)
	fmt.Println(s1, s2, len(s2), cap(s2))
	s3 := append([]int(nil), s1...)
	s3[0] = -1
	fmt.Println(s1, s3)
	s4 := s1[:2:2]
	s4 = append(s4, 100)
	fmt.Println(s1, s4)
	copy(s1[1:], s1)
	fmt.Println(s1)
	// arrays in channels and interfaces
	ch := make(chan [2]int, 2)
	a2 := [2]int{1, 2}
	ch <- a2
	a2[0] = 7
	fmt.Println(<-ch, a2)
	var e interface{} = a2
	a2[1] = 8
	fmt.Println(e, a2)
	var ep interface{} = p
	p.x = 4321
	fmt.Println(ep.(P).x, p.x)
	// interfaces
	shapes := []Shape{Sq{2}, &Ci{3}}
	for _, s := range shapes {
		switch v := s.(type) {
		case Sq:
			fmt.Print("sq ", v.s, " ")
		case *Ci:
			fmt.Print("ci ", v.r, " ")
		}
		fmt.Print(s.Area(), " ")
	}
	fmt.Println()
	// embedding
	o := Outer{Inner{3}, "o"}
	o.Set(5)
	d := Deep{&o, 1}
	d.Set(6)
	fmt.Println(o.Get(), d.Get(), o.n, d.n)
	g := o.Get
	o.Set(8)
	h := d.Set
	h(9)
	fmt.Println(g(), o.n)
	// stringer
	fmt.Println(A, B, C, fmt.Sprintf("%v %d %s", B, B, C))
	// errors
	for i := 1; i < 5; i += 2 {
		n, err := may(i)
		var e *E
		if err != nil {
			if x, ok := err.(*E); ok {
				e = x
			}
		}
		fmt.Println(n, err, e != nil)
	}
	w := fmt.Errorf("wrap: %w", errors.New("in"))
	fmt.Println(w, errors.Unwrap(w))
	// switch
	for i := 0; i < 5; i++ {
		switch {
		case i == 1:
			fmt.Print("one ")
			fallthrough
		case i == 2:
			fmt.Print("two ")
		case i > 3:
			fmt.Print("big ")
			break
		default:
			fmt.Print("other ")
		}
	}
	fmt.Println()
	// labels
outer:
	for i := 0; i < 3; i++ {
		for j := 0; j < 3; j++ {
			if j == 2 {
				continue outer
			}
			if i == 2 {
				break outer
			}
			fmt.Print(i, j, " ")
		}
	}
	fmt.Println()
	i := 0
loop:
	if i < 3 {
		fmt.Print(i)
		i++
		goto loop
	}
	fmt.Println()
	// shadowing
	x := 1
	{
		x := 2
		x++
		_ = x
	}
	if x := 5; x > 3 {
		fmt.Print(x, " ")
	} else if y := x * 2; y > 0 {
		fmt.Print(y)
	}
	fmt.Println(x)
	// integers
	var u8 uint8 = 250
	u8 += 10
	var i8 int8 = 127
	i8++
	var u32 uint32 = 1 << 31
	u32 <<= 1
	var i64 int64 = -7
	fmt.Println(u8, i8, u32, i64/2, i64%3, i64>>1, uint8(i64), ^0, 5&^3)
	var f32 float32 = 0.1
	fmt.Println(f32*3, 0.1+0.2, float64(f32), 7/2, -7/2, 7.0/2)
	// strings
	str := "héllo"
	for i, c := range str {
		fmt.Print(i, string(c), " ")
	}
	for i := range str {
		fmt.Print(i, " ")
	}
	for i, c := range "a\xffb" {
		fmt.Print(i, c, " ")
	}
	fmt.Println(len(str), str[1], str[1:3], []byte(str)[:2], []rune(str)[1], strings.ToUpper(str))
	bs := []byte("abc")
	st := string(bs)
	bs[0] = 'z'
	fmt.Println(st, string(bs), st < "abd", st+"x")
	// maps
	m := map[string][]int{}
	m["a"] = append(m["a"], 1, 2)
	m["b"] = nil
	delete(m, "b")
	_, ok := m["b"]
	fmt.Println(m, len(m), ok)
	mk := map[[2]int]string{{1, 2}: "x"}
	fmt.Println(mk[[2]int{1, 2}], mk[[2]int{2, 1}] == "")
	ms := map[P]int{p: 1}
	ms[p]++
	fmt.Println(len(ms), ms[p])
	keys := []string{}
	for k := range map[string]int{"q": 1, "w": 2, "e": 3} {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	fmt.Println(keys)
	// defer
	func() {
		for i := 0; i < 3; i++ {
			defer fmt.Print("d", i, " ")
		}
		x := 1
		defer fmt.Println("x", x)
		x = 2
		defer func() { fmt.Print("c", x, " ") }()
		x = 3
	}()
	// recursion of closures
	var fib func(int) int
	fib = func(n int) int {
		if n < 2 {
			return n
		}
		return fib(n-1) + fib(n-2)
	}
	fmt.Println(fib(15))
	// variadic
	va := func(a int, b ...string) string { return fmt.Sprint(a, len(b), b) }
	fmt.Println(va(1), va(1, "x"), va(1, []string{"p", "q"}...))
	// function values
	type op func(int, int) int
	ops := map[string]op{"+": func(a, b int) int { return a + b }, "-": func(a, b int) int { return a - b }}
	fmt.Println(ops["+"](1, 2), ops["-"](1, 2))
	// multi-dim
	var grid [3][4]int
	grid[1][2] = 5
	g2 := grid
	g2[1][2] = 6
	gs := make([][]int, 2)
	for i := range gs {
		gs[i] = make([]int, 2)
		gs[i][i] = i + 1
	}
	fmt.Println(grid, g2, gs)
	// pointers
	n1 := 1
	p1 := &n1
	p2 := &p1
	**p2 = 4
	fmt.Println(n1, *p1 == **p2)
	type node struct {
		v    int
		next *node
	}
	var head *node
	for i := 0; i < 3; i++ {
		head = &node{i, head}
	}
	for n := head; n != nil; n = n.next {
		fmt.Print(n.v, " ")
	}
	fmt.Println()
	// comparisons
	fmt.Println(P{1, 2, [3]int{}} == P{1, 2, [3]int{}}, [2]int{1, 2} == [2]int{1, 3}, &n1 == p1, e == nil)
	var np *P
	var ni interface{} = np
	fmt.Println(np == nil, ni == nil)
	var err error
	fmt.Println(err == nil)
	func() {
		defer func() {
			r := recover()
			fmt.Println("recovered", r)
		}()
		panic("it")
	}()
	c1, c2 := make(chan int), make(chan string)
	go func() {
		for i := 0; i < 3; i++ {
			c1 <- i
		}
		close(c1)
		c2 <- "done"
	}()
	for v := range c1 {
		fmt.Print(v, " ")
	}
	fmt.Println(<-c2)
	cplx := complex(1, 2)
	fmt.Println(cplx*cplx, real(cplx), imag(cplx))
	const big = 1 << 40
	fmt.Println(big>>38, uint64(1)<<63, 'a'+1, string(rune('a'+1)))
	type pair struct{ a, b interface{} }
	fmt.Println(pair{1, "x"} == pair{1, "x"}, pair{1, 2} == pair{1, "2"})
	lbl := 0
sw:
	switch lbl {
	case 0:
		for {
			break sw
		}
		fmt.Println("no")
	}
	fmt.Printf("%T %T %T %v %+v %#v\n", 1, "s", []int{}, p.a, struct{ A int }{1}, []string{"a"})
}
