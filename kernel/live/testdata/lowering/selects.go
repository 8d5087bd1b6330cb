package main

import "fmt"

type S struct{ n int32 }

func main() {
	c := make(chan int32, 1)
	var e any
	var ok bool
	var n int32
	var s S
	m := map[string]int32{}
	c <- 1
	select {
	case e = <-c:
	}
	c <- 2
	select {
	case n, ok = <-c:
	}
	c <- 3
	select {
	case s.n = <-c:
	default:
	}
	c <- 4
	select {
	case m["a"], e = <-c:
	}
	fmt.Println(e, n, ok, s, m)
	select {
	case _ = <-c:
		fmt.Println("received")
	default:
		fmt.Println("nothing")
	}
	select {
	case c <- 5:
	}
	var ptrs []*int32
	for range 2 {
		select {
		case x := <-c:
			ptrs = append(ptrs, &x)
			c <- x + 1
		}
	}
	fmt.Println(*ptrs[0], *ptrs[1])

	// operands are evaluated once, in order, whatever is chosen
	var none chan int32
	x := int32(42)
	log := ""
	ch := func(name string, c chan int32) chan int32 { log += name; return c }
	value := func() int32 { log += "v"; x = 0; return 7 }
	<-c
	select {
	case ch("a", c) <- x:
	case ch("b", none) <- value():
	case m["z"] = <-ch("d", none):
	}
	fmt.Println(<-c, x, log)
	any1 := make(chan any, 2)
	select {
	case any1 <- x == 0:
	}
	select {
	case any1 <- s:
		s.n = 100
	}
	fmt.Println(<-any1, <-any1)
L:
	for {
		select {
		case v, ok := <-c:
			fmt.Println(v, ok)
			break L
		default:
			close(c)
		}
	}
}
