package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

type shape interface{ area() int }

type square struct{ side int }

func (s square) area() int { return s.side * s.side }

type item struct {
	name string
	next *item
}

// kinds sends values of many types.
func kinds() {
	a := make(chan any, 3)
	a <- 1
	a <- "x"
	a <- nil
	fmt.Println(<-a, <-a, <-a)
	s := make(chan shape, 1)
	s <- square{3}
	got := <-s
	fmt.Println(got.area())
	e := make(chan error, 2)
	e <- errors.New("no")
	e <- nil
	fmt.Println(<-e, <-e)
	f := make(chan func(int) int, 1)
	f <- func(x int) int { return x + 1 }
	fmt.Println((<-f)(4))
	p := make(chan *item, 1)
	p <- &item{"a", nil}
	fmt.Println((<-p).name)
	v := make(chan item, 1)
	v <- item{"b", &item{"c", nil}}
	w := <-v
	fmt.Println(w.name, w.next.name)
	cc := make(chan chan int, 1)
	c := make(chan int, 1)
	cc <- c
	c <- 5
	fmt.Println(<-<-cc)
	var out chan<- int = c
	var in <-chan int = c
	out <- 6
	x, ok := <-in
	fmt.Println(x, ok)
	close(c)
	x, ok = <-in
	fmt.Println(x, ok)
}

// selects runs each form of a case.
func selects() {
	a, b, none := make(chan int, 1), make(chan string, 1), (chan int)(nil)
	select {
	case x := <-a:
		fmt.Println("a", x)
	default:
		fmt.Println("nothing")
	}
	select {
	case a <- len("four"):
		fmt.Println("sent")
	case <-none:
	}
	select {
	case x, ok := <-a:
		fmt.Println(x, ok)
	case y := <-b:
		fmt.Println(y)
	}
	var text string
	var open bool
	b <- "in"
	select {
	case text, open = <-b:
	case none <- 1:
	}
	fmt.Println(text, open)
	close(b)
	m := map[string]string{}
	select {
	case m["k"], open = <-b:
	}
	fmt.Println(len(m), open)
	select {
	case _, open := <-b:
		fmt.Println(open)
	}
	select {
	case <-b:
		fmt.Println("closed")
	}
	n := 0
outer:
	for {
		n++
		select {
		case a <- n:
			if n == 1 {
				<-a
				break
			}
			break outer
		default:
			fmt.Println("full")
			break outer
		}
	}
	fmt.Println(n, <-a)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	select {
	case <-ctx.Done():
		fmt.Println(ctx.Err())
	case <-time.After(time.Minute):
	}
	shapes := make(chan shape, 1)
	select {
	case shapes <- square{4}:
	}
	select {
	case s := <-shapes:
		fmt.Println(s.area())
	}
	var fs []func() int
	for i := range 3 {
		a <- i
		select {
		case x := <-a:
			fs = append(fs, func() int { return x })
		}
	}
	fmt.Println(fs[0](), fs[1](), fs[2]())
	func() {
		defer func() { fmt.Println(recover()) }()
		closed := make(chan int)
		close(closed)
		select {
		case closed <- 1:
		}
	}()
}

// pairs has many goroutines run the same operations, each on channels of its own.
func pairs(operation func(to, from chan int, x int) int) {
	var wg sync.WaitGroup
	wrong := make(chan int, 1000)
	for g := range 8 {
		to, from := make(chan int), make(chan int)
		go func() {
			for x := range to {
				from <- x
			}
			close(from)
		}()
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := range 100 {
				x := g*1000 + i
				if y := operation(to, from, x); y != x {
					wrong <- y
				}
			}
			close(to)
		}()
	}
	wg.Wait()
	fmt.Println("wrong:", len(wrong))
}

// ranges goes over channels that lie in slices and maps.
func ranges() {
	cs := []chan int{make(chan int, 1), make(chan int, 1)}
	for i, c := range cs {
		c <- i + 1
	}
	sum := 0
	for _, c := range cs {
		sum += <-c
	}
	byName := map[string]chan string{"a": make(chan string, 1), "b": make(chan string, 1)}
	for name, c := range byName {
		c <- name
	}
	for name, c := range byName {
		if <-c != name {
			fmt.Println("wrong")
		}
	}
	seen := 0
	for name, c := range byName {
		if c == nil {
			fmt.Println("deleted, yet seen")
		}
		seen++
		clear(byName)
		_ = name
	}
	fmt.Println(seen)
	var fs []func() int
	for i, c := range [2]chan int{cs[0], cs[1]} {
		fs = append(fs, func() int { c <- i; return <-c })
		if i == 0 {
			continue
		}
		fmt.Println(fs[0](), fs[1]())
	}
	var last chan int
	for _, last = range cs {
		if last == cs[0] {
			break
		}
	}
	fmt.Println(sum, last == cs[0])
	for range cs {
		sum++
	}
	var done <-chan struct{}
	for _, done = range []<-chan struct{}{nil} {
		fmt.Println(done == nil)
	}
	fmt.Println(sum)
}

func main() {
	kinds()
	selects()
	pairs(func(to, from chan int, x int) int { to <- x; return <-from })
	pairs(func(to, from chan int, x int) (y int) {
		for sent := false; ; {
			out := to
			if sent {
				out = nil
			}
			select {
			case out <- x:
				sent = true
			case y = <-from:
				return y
			}
		}
	})
	ranges()
}
