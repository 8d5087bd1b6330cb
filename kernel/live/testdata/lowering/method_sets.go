package main

import "fmt"

type T int

func (t T) V()  {}
func (t *T) P() {}

type P interface {
	P()
	V()
}
type V interface{ V() }
type S struct{ T }
type SP struct{ *T }

func do(n int, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(n, "panic:", r)
		}
	}()
	f()
}

func main() {
	var t T = 42
	do(1, func() { var i interface{} = t; _, ok := i.(P); fmt.Println(1, ok) })
	do(2, func() { var i interface{} = &t; _, ok := i.(P); fmt.Println(2, ok) })
	do(3, func() { var i interface{} = S{t}; _, ok := i.(P); fmt.Println(3, ok) })
	do(4, func() { var i interface{} = &S{t}; _, ok := i.(P); fmt.Println(4, ok) })
	do(5, func() { var i interface{} = SP{&t}; _, ok := i.(P); fmt.Println(5, ok) })
	do(6, func() { var i interface{} = t; _, ok := i.(V); fmt.Println(6, ok) })
	do(7, func() { var v V = t; _, ok := v.(P); fmt.Println(7, ok) })
	do(8, func() { var i interface{} = 3; _, ok := i.(P); fmt.Println(8, ok) })
	do(9, func() { var i interface{} = struct{}{}; _, ok := i.(P); fmt.Println(9, ok) })
	do(10, func() { var i interface{} = []int{}; _, ok := i.(V); fmt.Println(10, ok) })
	do(11, func() { var i interface{} = t; fmt.Println(i.(P) == nil) })
	do(12, func() { var i interface{} = "x"; fmt.Println(i.(V) == nil) })
}
