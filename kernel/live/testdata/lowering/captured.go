package main

import "fmt"

type S struct{ a, b int }
type N struct{ s S }
type Num int

var gs S
var gi int
var ga [2]int

func mk() S       { return S{8, 9} }
func do(f func()) { f() }

func main() {
	var i int
	var b bool
	var str string
	var s S
	var n N
	var a [2]int
	var sl []int
	var m map[string]int
	var p *S
	var f func() int
	var e interface{}
	var num Num
	var c complex128
	var er error
	ch := make(chan S, 3)
	ms := map[string]S{"k": {3, 4}}
	var fl float64
	var bs []byte
	do(func() { s = S{1, 2} })
	fmt.Println(1, s)
	do(func() { a = [2]int{1, 2} })
	fmt.Println(2, a)
	do(func() { sl = []int{1, 2} })
	fmt.Println(3, sl)
	do(func() { m = map[string]int{"a": 1} })
	fmt.Println(4, m)
	do(func() { n.s = S{3, 4} })
	fmt.Println(5, n)
	do(func() { n = N{S{5, 6}} })
	fmt.Println(6, n)
	do(func() { p = &S{7, 8} })
	fmt.Println(7, *p)
	do(func() { *p = S{9, 10} })
	fmt.Println(8, *p)
	do(func() { s = *p })
	fmt.Println(9, s)
	do(func() { s = mk() })
	fmt.Println(10, s)
	do(func() { s = ms["k"] })
	fmt.Println(11, s)
	do(func() { ch <- s; s = S{}; s = <-ch })
	fmt.Println(12, s)
	do(func() { e = s; s = S{0, 1}; s = e.(S) })
	fmt.Println(13, s)
	do(func() { i = len(sl) + 3 })
	fmt.Println(14, i)
	do(func() { i = -i })
	fmt.Println(15, i)
	do(func() { b = !b })
	fmt.Println(16, b)
	do(func() { b = i < 0 && len(sl) > 0 })
	fmt.Println(17, b)
	do(func() { str = "x" + str })
	fmt.Println(18, str)
	do(func() { str = string([]byte{'a', 'b'}) })
	fmt.Println(19, str)
	do(func() { sl = sl[1:] })
	fmt.Println(20, sl)
	do(func() { sl = append(sl, 5) })
	fmt.Println(21, sl)
	do(func() { f = func() int { return i } })
	fmt.Println(22, f())
	do(func() { num = Num(i) })
	fmt.Println(23, num)
	do(func() { c = complex(1, 2) })
	fmt.Println(24, c)
	do(func() { er = fmt.Errorf("x") })
	fmt.Println(25, er)
	do(func() { a[1] = 7 })
	fmt.Println(26, a)
	do(func() { a = *new([2]int) })
	fmt.Println(27, a)
	do(func() { fl = float64(i) / 2 })
	fmt.Println(28, fl)
	do(func() { bs = []byte("abc") })
	fmt.Println(29, string(bs))
	do(func() { i, b = 5, true })
	fmt.Println(30, i, b)
	do(func() { i++; i += 2; i <<= 1 })
	fmt.Println(31, i)
	do(func() { gs = S{1, 2}; gi = 4; ga = [2]int{3, 4} })
	fmt.Println(32, gs, gi, ga)
	do(func() { do(func() { s = S{11, 12} }) })
	fmt.Println(33, s)
	do(func() { s = struct{ a, b int }{13, 14} })
	fmt.Println(34, s)
	do(func() { e = S{15, 16} })
	fmt.Println(35, e)
	do(func() { s, i = S{17, 18}, 4 })
	fmt.Println(36, s, i)
	do(func() {
		if i == 4 {
			s = S{b: 19}
		}
	})
	fmt.Println(37, s)
	do(func() { sl = make([]int, 2); m = make(map[string]int); p = new(S) })
	fmt.Println(38, sl, m, *p)
	do(func() { e = i })
	fmt.Println(39, e)
	do(func() { e = nil; er = nil; p = nil; sl = nil; f = nil })
	fmt.Println(40, e, er, p, sl, f == nil)
	do(func() { e, er = S{1, 2}, fmt.Errorf("y") })
	fmt.Println(41, e, er)
	do(func() { i = copy(make([]int, 3), []int{1, 2}) })
	fmt.Println(42, i)
	do(func() { i = min(3, 2); fl = real(c) })
	fmt.Println(43, i, fl)
	do(func() { i = int(num) &^ 1 })
	fmt.Println(44, i)
	do(func() { var z S; z = S{1, 5}; s = z })
	fmt.Println(45, s)
	do(func() { x := S{1, 6}; s = x; x.a = 100 })
	fmt.Println(46, s)
	go func() { s = S{20, 20}; ch <- s }()
	<-ch
	fmt.Println(47, s)
	for k := 0; k < 2; k++ {
		s = S{k, k}
		func() { s = S{k + 5, k} }()
		fmt.Println(48, s)
	}
	n.s.a, n.s.b = 1, 2
	q := &n
	do(func() { q.s = S{21, 22} })
	fmt.Println(49, n)
	arr := [2]S{}
	do(func() { arr[1] = S{23, 24} })
	fmt.Println(50, arr)
	ss := []S{{}}
	do(func() { ss[0] = S{25, 26} })
	fmt.Println(51, ss)
	do(func() { ms["z"] = S{27, 28} })
	fmt.Println(52, ms["z"])
	do(func() { arr = [2]S{{1, 2}, {3, 4}} })
	fmt.Println(53, arr)
}
