package main

import (
	"fmt"
)

func count(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n; i++ {
			if !yield(i) {
				fmt.Println("stopped at", i)
				return
			}
		}
	}
}

func pairs(xs []string) func(yield func(int, string) bool) {
	return func(yield func(int, string) bool) {
		for i, x := range xs {
			if !yield(i, x) {
				return
			}
		}
	}
}

func find(n int) (int, bool) {
	for i := range count(10) {
		if i == n {
			return i * 10, true
		}
	}
	return -1, false
}

func nested(n int) string {
	for i := range count(4) {
		for j := range count(4) {
			if i*j == n {
				return fmt.Sprint(i, j)
			}
			if j > i {
				break
			}
		}
	}
	return "none"
}

func labels() {
outer:
	for i := range count(5) {
		for j := range count(5) {
			switch {
			case j == 2:
				continue outer
			case i == 2:
				break outer
			}
			fmt.Print(i, j, " ")
		}
	}
	fmt.Println()
	for i := 0; i < 3; i++ {
		for j := range count(3) {
			if j == 1 {
				continue
			}
			if i == 1 {
				break
			}
			fmt.Print(i, j, " ")
		}
	}
	fmt.Println()
}

func deferred() (err error) {
	defer func() { fmt.Println("last", err) }()
	for i := range count(3) {
		defer fmt.Println("deferred", i)
		if i == 1 {
			return fmt.Errorf("at %d", i)
		}
	}
	return nil
}

func plain() {
	for range count(2) {
		fmt.Print("x ")
	}
	for i := range count(3) {
		if i == 1 {
			return
		}
		fmt.Println("plain", i)
	}
}

func main() {
	for i := range count(3) {
		fmt.Print(i, " ")
	}
	fmt.Println()
	fmt.Println(find(3))
	fmt.Println(find(30))
	fmt.Println(nested(4), nested(100))
	labels()
	fmt.Println(deferred())
	plain()
	for i, s := range pairs([]string{"a", "b"}) {
		fmt.Print(i, s, " ")
	}
	var k int
	for k = range count(4) {
	}
	fmt.Println(k)
	var fs []func()
	for i := range count(3) {
		fs = append(fs, func() { fmt.Print(i, " ") })
	}
	for _, f := range fs {
		f()
	}
	fmt.Println()
}
