package main

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

type I interface{ M() int }
type J interface {
	I
	N() int
}
type S struct{ n int }
type E struct{}
type K int
type P struct{ n int }
type L []int

func (s S) M() int  { return s.n }
func (s S) N() int  { return -s.n }
func (E) M() int    { return 7 }
func (k K) M() int  { return int(k) }
func (p *P) M() int { return p.n }
func (p *P) N() int { return -p.n }
func (l L) M() int  { return len(l) }

func kind(i I) string {
	switch v := i.(type) {
	case nil:
		return "nil"
	case S:
		return fmt.Sprint("S", v.n)
	case E:
		return "E"
	case K:
		return fmt.Sprint("K", int(v))
	case *P:
		return fmt.Sprint("P", v.n)
	case L:
		return fmt.Sprint("L", len(v))
	}
	return "?"
}

func assert(i I) (s string) {
	if v, ok := i.(S); ok {
		s += fmt.Sprint("S", v.n)
	}
	if _, ok := i.(E); ok {
		s += "E"
	}
	if v, ok := i.(K); ok {
		s += fmt.Sprint("K", int(v))
	}
	if v, ok := i.(*P); ok {
		s += fmt.Sprint("P", v.n)
	}
	if v, ok := i.(J); ok {
		s += fmt.Sprint("J", v.N())
	}
	return s
}

func anykind(i any) string {
	switch v := i.(type) {
	case nil:
		return "nil"
	case S:
		return fmt.Sprint("S", v.n)
	case E:
		return "E"
	case K:
		return fmt.Sprint("K", int(v))
	case *P:
		return fmt.Sprint("P", v.n)
	case int:
		return fmt.Sprint("int", v)
	case string:
		return "string" + v
	case I:
		return fmt.Sprint("I", v.M())
	case error:
		return "error " + v.Error()
	}
	return "?"
}

func make1(n int) I {
	switch n {
	case 0:
		return S{1}
	case 1:
		return E{}
	case 2:
		return K(3)
	case 3:
		return &P{4}
	case 4:
		return L{1, 2}
	}
	return nil
}
func makeJ() J             { return S{8} }
func pass(i I) I           { return i }
func two(n int) (I, error) { return make1(n), nil }
func variadic(is ...I) string {
	s := ""
	for _, i := range is {
		s += kind(i) + assert(i) + " "
	}
	return s
}
func apply(f func(I) string, i I) string { return f(i) }

type H struct{ i I }

func (h H) get() I { return h.i }

func do(n int, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(n, "panic:", r)
		}
	}()
	f()
}

type byM []I

func (b byM) Len() int           { return len(b) }
func (b byM) Less(i, j int) bool { return b[i].M() < b[j].M() }
func (b byM) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

func main() {
	for n := range 6 {
		do(1, func() { fmt.Println(1, kind(make1(n)), assert(make1(n)), anykind(make1(n))) })
		do(2, func() { fmt.Println(2, kind(pass(make1(n))), assert(pass(pass(make1(n))))) })

		do(4, func() { i, _ := two(n); fmt.Println(4, kind(i), assert(i)) })
		do(5, func() { fmt.Println(5, variadic(make1(n), pass(make1(n)))) })
		do(6, func() { h := H{make1(n)}; fmt.Println(6, kind(h.i), kind(h.get()), assert(h.get())) })
		do(7, func() { m := map[string]I{"a": make1(n)}; fmt.Println(7, kind(m["a"]), kind(pass(m["a"]))) })
		do(8, func() { c := make(chan I, 1); c <- make1(n); fmt.Println(8, kind(<-c)) })
		do(9, func() { s := []I{make1(n)}; s = append(s, make1(n)); fmt.Println(9, variadic(s...)) })
		do(10, func() {
			fmt.Println(10, apply(kind, make1(n)), apply(func(i I) string { return assert(i) }, pass(make1(n))))
		})
		do(11, func() {
			var a any = make1(n)
			fmt.Println(11, anykind(a))
			i, ok := a.(I)
			fmt.Println(ok, ok && kind(i) == kind(make1(n)))
		})
		do(12, func() { p := &H{}; p.i = make1(n); q := *p; fmt.Println(12, kind(q.i), kind(p.get())) })
		do(13, func() {
			func(i I) { fmt.Println(13, kind(i)) }(make1(n))
			f := func() I { return make1(n) }
			fmt.Println(kind(f()), assert(f()))
		})
		do(14, func() { defer func(i I) { fmt.Println(14, kind(i)) }(make1(n)) })
		do(15, func() { d := make(chan string); go func(i I) { d <- kind(i) }(make1(n)); fmt.Println(15, <-d) })
		if n < 5 {
			do(16, func() { fmt.Println(16, make1(n).M(), pass(make1(n)).M(), H{make1(n)}.get().M()) })
			do(17, func() { g := make1(n).M; fmt.Println(17, g()) })
		}
	}
	do(20, func() { fmt.Println(kind(I(S{1})), kind(I(E{})), kind(I(K(2))), kind(I(&P{3})), kind(I(makeJ()))) })
	do(21, func() {
		fmt.Println(assert(I(S{1})), assert(I(E{})), assert(I(K(2))), assert(I(&P{3})), assert(makeJ()))
	})
	do(22, func() {
		fmt.Println(anykind(any(S{1})), anykind(any(E{})), anykind(any(K(2))), anykind(any(3)), anykind(any("x")), anykind(any(nil)))
	})
	do(23, func() {
		fmt.Println(anykind(S{1}), anykind(E{}), anykind(K(2)), anykind(&P{1}), anykind(L{1}), anykind(errors.New("e")))
	})
	do(24, func() {
		var j J = S{2}
		var i I = j
		fmt.Println(kind(i), kind(j), assert(j), i == I(S{2}), j == J(S{2}))
	})
	do(25, func() { b := byM{S{3}, K(1), &P{2}}; sort.Sort(b); fmt.Println(kind(b[0]), kind(b[1]), kind(b[2])) })
	do(27, func() {
		var r strings.Builder
		var w interface{ WriteString(string) (int, error) } = &r
		w.WriteString("hi")
		fmt.Println(r.String())
	})
	do(28, func() { fmt.Println(I(S{1}) == I(S{1}), I(S{1}) == I(S{2}), I(K(1)) == I(S{1}), any(1) == any(1.0)) })
	do(29, func() { is := []I{S{1}, nil, E{}}; fmt.Println(is[1] == nil, is[0] != nil, len(is)) })
	do(30, func() { var i I; fmt.Println(i == nil, kind(nil), kind(i)); fmt.Println(i.M()) })
}
