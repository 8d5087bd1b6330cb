package main

import "fmt"

type I interface{ M() int }
type S struct{ n int }

func (s S) M() int { return s.n }
func mk() I        { return nil }
func mk2() (i I)   { return }
func mk3(b bool) I {
	var i I
	if b {
		i = S{1}
	}
	return i
}
func isnil(i I) bool { return i == nil }
func as(i I) (S, bool) {
	s, ok := i.(S)
	return s, ok
}
func do(n int, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(n, "panic:", r)
		}
	}()
	f()
}
func main() {
	do(1, func() { fmt.Println(isnil(mk()), isnil((mk()))) })
	do(2, func() { fmt.Println(isnil(mk2()), isnil((mk2()))) })
	do(3, func() { fmt.Println(isnil(mk3(false)), isnil((mk3(false)))) })
	do(4, func() { fmt.Println(as(mk())) })
	do(5, func() { fmt.Println(as((mk()))) })
	do(6, func() { fmt.Println(as((mk2()))) })
	do(7, func() { fmt.Println(as((mk3(false)))) })
	do(8, func() { i := mk(); fmt.Println(i == nil, isnil(i)); fmt.Println(as(i)) })
	do(9, func() { i := mk3(false); fmt.Println(i == nil, isnil(i)); fmt.Println(as(i)) })
	do(10, func() { var i I; fmt.Println(i == nil, isnil(i)); fmt.Println(as(i)) })
	do(11, func() { fmt.Println(as(nil)) })
	do(12, func() { h := struct{ i I }{}; fmt.Println(h.i == nil, isnil(h.i)); fmt.Println(as(h.i)) })
	do(13, func() {
		h := []I{nil, S{2}}
		fmt.Println(h[0] == nil, isnil(h[0]))
		fmt.Println(as(h[0]))
		fmt.Println(as(h[1]))
	})
	do(14, func() { h := map[string]I{}; fmt.Println(h["a"] == nil, isnil(h["a"])); fmt.Println(as(h["a"])) })
	do(15, func() { var e any; i, _ := e.(I); fmt.Println(i == nil, isnil(i)); fmt.Println(as(i)) })
	do(16, func() { c := make(chan I, 1); close(c); fmt.Println(isnil(<-c)) })
	do(17, func() { i := I(S{1}); i = nil; fmt.Println(i == nil, isnil(i)); fmt.Println(as(i)) })
}
