package main

import "fmt"

func upTo(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		defer fmt.Print("end ")
		for i := 0; i < n; i++ {
			if !yield(i) {
				return
			}
		}
	}
}

func out(k int) string {
	tries := 0
again:
	for i := range upTo(4) {
		for j := range upTo(3) {
			if i == 1 && j == k {
				tries++
				if tries < 3 {
					goto again
				}
				goto done
			}
		}
	}
	return fmt.Sprint("through ", tries)
done:
	return fmt.Sprint("done ", tries)
}

func inside() (n int) {
	for i := range upTo(3) {
		j := 0
	more:
		n += i
		if j++; j < 2 {
			goto more
		}
		for range upTo(2) {
			if j < 4 {
				j++
				goto more
			}
		}
	}
	return n
}

func main() {
	fmt.Println(out(1))
	fmt.Println(out(7))
	fmt.Println(inside())
	i := 0
loop:
	if i < 3 {
		i++
		goto loop
	}
	fmt.Println(i)
}
