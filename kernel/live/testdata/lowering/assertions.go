package main

import (
	"errors"
	"fmt"
)

type E struct{ n int }

func (e E) Error() string { return "E" }

type P struct{ n int }
type Sh interface{ Area() int }
type Q struct{ n int }

func (q Q) Area() int { return q.n }

type R struct{ n int }

func (q R) Area() int { return -q.n }

type RP struct{ n int }

func (q *RP) Area() int { return -q.n }

func what(v any) string {
	switch x := v.(type) {
	case P:
		return "P"
	case E:
		return "E"
	case Q:
		return "Q"
	case *P:
		return "*P"
	case *E:
		return "*E"
	case error:
		return "error " + x.Error()
	case Sh:
		return fmt.Sprint("Sh ", x.Area())
	case fmt.Stringer:
		return "Stringer"
	case int:
		return "int"
	case []int:
		return "[]int"
	case []P:
		return "[]P"
	case []E:
		return "[]E"
	case func():
		return "func()"
	}
	return "?"
}
func sh(s Sh) string {
	switch x := s.(type) {
	case R:
		return "R"
	case Q:
		return fmt.Sprint("Q", x.n)
	case *RP:
		return "*RP"
	}
	return "?"
}

type P2 struct{ n int }

func (p *P2) Error() string { return "P2" }
func main() {
	fmt.Println(what(E{1}), what(P{1}), what(Q{1}), what(&P{1}), what(&E{1}), what(errors.New("x")), what(R{2}), what(&RP{3}), what(1), what([]int{1}), what([]E{}), what([]P{}), what(func() {}))
	fmt.Println(sh(Q{1}), sh(R{2}), sh(&RP{3}))
	var a any = E{1}
	_, ok1 := a.(P)
	_, ok2 := a.(E)
	_, ok3 := a.(error)
	_, ok4 := a.(Sh)
	fmt.Println(ok1, ok2, ok3, ok4)
	var s Sh = Q{1}
	_, ok1 = s.(Q)
	_, ok2 = s.(R)
	_, ok3 = s.(error)
	fmt.Println(ok1, ok2, ok3)
	var b any = s
	_, ok1 = b.(Q)
	_, ok2 = b.(R)
	_, ok3 = b.(Sh)
	fmt.Println(ok1, ok2, ok3)
	fmt.Println(any(E{1}) == any(P{1}), any(E{1}) == any(E{1}))
	l := []any{E{1}, P{1}, 2, &P{2}}
	for _, x := range l {
		fmt.Print(what(x), " ")
	}
	fmt.Println()
}
