package main

import "fmt"

type T struct{ i, n int }

func gen(yield func(int, string) bool) {
	_ = yield(1, "a") && yield(2, "b")
}

func nothing() *[4]int { return nil }

func main() {
	// variables that are there already
	var i int
	var r rune
	var e any
	var t T
	m := map[string]int{}
	a := [3]int{7, 8, 9}
	for i = range a {
	}
	fmt.Println(i)
	for i, a[0] = range []int{4, 5} {
	}
	fmt.Println(i, a)
	for e = range 3 {
	}
	fmt.Println(e)
	for t.i, t.n = range a {
	}
	fmt.Println(t)
	for m["k"] = range "abc" {
	}
	fmt.Println(m)
	for i, r = range "aé" {
	}
	fmt.Println(i, r)
	for i, e = range gen {
	}
	fmt.Println(i, e)
	c := make(chan int, 2)
	c <- 5
	c <- 6
	close(c)
	for m["c"] = range c {
	}
	fmt.Println(m)
	i = 12
	for i = range "" {
	}
	fmt.Println(i)
	var f func() int
	for i = range 3 {
		if i == 1 {
			f = func() int { return i }
		}
	}
	fmt.Println(f())

	// strings that are no UTF-8, and offsets
	for i, r := range "a\xffb\xed\xa0" {
		fmt.Print(i, " ", r, " ")
	}
	for i := range "éa" {
		fmt.Print(i, " ")
	}
	for _, r := range "é" {
		fmt.Print(r, " ")
	}
	n := 0
	for range "éa" {
		n++
	}
	fmt.Println(n)
	var kept []func() int
	for i, r := range "xé" {
		kept = append(kept, func() int { return i + int(r) })
	}
	fmt.Println(kept[0](), kept[1]())

	// pointers to arrays, of which only the length is asked for
	var p *[4]int
	for i := range p {
		fmt.Print(i, " ")
	}
	for i := range nothing() {
		fmt.Print(i, " ")
	}
	for range *p {
		fmt.Print("- ")
	}
	fmt.Println(len(p), len(nothing()), cap(*p))
	q := &[2]int{1, 2}
	for i, v := range q {
		q[1] = 9
		fmt.Print(i, v, " ")
	}
	for i, v := range *q {
		q[1] = 10
		fmt.Print(i, v, " ")
	}
	fmt.Println()

outer:
	for i, r := range "abc" {
		for range "xy" {
			if i == 1 {
				continue outer
			}
			if r == 'c' {
				break outer
			}
		}
		fmt.Print(i, " ")
	}
	fmt.Println()
}
