package main

import "fmt"

var n = 0

func f() int { n++; return 0 }

func main() {
	for i := f(); ; {
		i++
		if i > 3 || n > 5 {
			break
		}
	}
	fmt.Println(n)
	n = 0
	for i := f(); true; {
		i++
		if i > 3 || n > 5 {
			break
		}
	}
	fmt.Println(n)
	n = 0
	for i := f(); ; i++ {
		if i > 3 || n > 5 {
			break
		}
	}
	fmt.Println(n)
	n = 0
	for i := f(); i < 4; {
		i++
		if n > 5 {
			break
		}
	}
	fmt.Println(n)
}
