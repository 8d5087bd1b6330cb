package main

import (
	"fmt"
	"strconv"
)

type T struct{ n int }

func parse(s string) (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("parse %q: %v", s, r)
		}
	}()
	n, e := strconv.Atoi(s)
	if e != nil {
		panic(e)
	}
	return n, nil
}

func seen(err error) string {
	log := ""
	func() {
		defer func() { log += fmt.Sprint(err, " ") }()
		v, err := strconv.Atoi("x")
		_, _ = v, err
	}()
	log += fmt.Sprint(err)
	return log
}

func param(err error, n int) (s string) {
	defer func() { s += fmt.Sprint(" ", err != nil, n) }()
	n, err = strconv.Atoi("7")
	m, err := strconv.Atoi("x")
	if n, err := strconv.Atoi("9"); err == nil {
		s = fmt.Sprint("inner ", n)
	}
	return s + fmt.Sprint(" ", m)
}

func (t *T) method(x T) (err error) {
	defer func() { fmt.Println(t == nil, x.n, err) }()
	t, y := nil, 3
	x, z := T{y}, 4
	_ = z
	a, err := strconv.Atoi("q")
	_ = a
	return err
}

func closure() (out string) {
	f := func(a int) (b int) {
		defer func() { b *= 2 }()
		b, c := a+1, 10
		return b + c
	}
	return fmt.Sprint(f(1), f(2))
}

func twice() (n int, err error) {
	defer func() { n++ }()
	for i := range 2 {
		n, err := i, error(nil)
		_, _ = n, err
	}
	n, ok := 5, true
	_ = ok
	return
}

func generic[E any](v E) (out []E, err error) {
	defer func() { out = append(out, v) }()
	out, k := []E{v}, 1
	_ = k
	return out, nil
}

func main() {
	fmt.Println(parse("12"))
	fmt.Println(parse("x1"))
	fmt.Println(seen(fmt.Errorf("outer")))
	fmt.Println(param(nil, 1))
	fmt.Println((&T{1}).method(T{2}))
	fmt.Println(closure())
	fmt.Println(twice())
	fmt.Println(generic("g"))
}
