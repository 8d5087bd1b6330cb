package main

import "fmt"

type I interface{ M() int }
type S struct{ n int }
type K int
type T struct{ a, b any }
type U struct{ i I }

func (s S) M() int { return s.n }
func (k K) M() int { return int(k) }

func do(n int, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(n, "panic:", r)
		}
	}()
	f()
}
func main() {
	do(1, func() {
		m := map[any]string{S{1}: "s", K(2): "k", 3: "int", "x": "str"}
		fmt.Println(m[S{1}], m[K(2)], m[3], m["x"], m[2], len(m))
		m[S{1}] = "t"
		m[K(2)] += "!"
		delete(m, 3)
		_, ok := m[S{2}]
		fmt.Println(m[S{1}], m[K(2)], len(m), ok)
		for k, v := range m {
			if k == any(S{1}) {
				fmt.Println(v)
			}
		}
	})
	do(2, func() {
		fmt.Println(T{1, "x"} == T{1, "x"}, T{S{1}, K(2)} == T{S{1}, K(2)}, T{S{1}, 2} == T{S{1}, K(2)})
	})
	do(3, func() { fmt.Println(U{S{1}} == U{S{1}}, U{S{1}} == U{S{2}}, U{K(1)} == U{nil}) })
	do(4, func() { m := map[T]int{{1, S{1}}: 4}; fmt.Println(m[T{1, S{1}}], m[T{1, S{2}}]) })
	do(5, func() { a, b := [2]I{S{1}, K(2)}, [2]I{S{1}, K(2)}; fmt.Println(a == b) })
	do(6, func() { a, b := [2]any{S{1}, K(2)}, [2]any{S{1}, K(2)}; fmt.Println(a == b) })
	do(8, func() { m := map[error]int{}; e := fmt.Errorf("x"); m[e] = 1; fmt.Println(m[e]) })
}
