package main

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

type I interface{ M() int }
type S struct{ n int }

func (s S) M() int                  { return s.n }
func (s S) Add(a, b int) int        { return s.n + a + b }
func two() (int, int)               { return 1, 2 }
func iface() (I, error)             { return S{3}, errors.New("e") }
func none() (I, error)              { return nil, nil }
func take(i I, err error) string    { return fmt.Sprint(i == nil, err) }
func kind(i I, err error) (ok bool) { _, ok = i.(S); return ok }
func sum(xs ...int) (n int) {
	for _, x := range xs {
		n += x
	}
	return n
}
func prefix(s string, xs ...int) string { return s + fmt.Sprint(xs) }
func words() (string, int, int)         { return "w", 4, 5 }
func print2(a, b int)                   { fmt.Println("deferred", a, b) }

func deferred() {
	defer print2(two())
	defer fmt.Println(two())
	fmt.Println("body")
}

func main() {
	fmt.Println(sum(two()), prefix(words()), S{1}.Add(two()), S.Add(S{2}, 1, 1))
	fmt.Println(take(iface()), take(none()), kind(iface()), kind(none()))
	f := S{5}.Add
	fmt.Println(f(two()), func(a, b int) int { return a * b }(two()))
	fmt.Println(two())
	fmt.Println(strings.Repeat(func() (string, int) { return "ab", 2 }()))
	deferred()
	var wg sync.WaitGroup
	wg.Add(1)
	go func(a, b int) { defer wg.Done(); fmt.Println("go", a, b) }(two())
	wg.Wait()
	done := make(chan int)
	send := func(a, b int) { done <- a + b }
	go send(two())
	fmt.Println(<-done)
}
