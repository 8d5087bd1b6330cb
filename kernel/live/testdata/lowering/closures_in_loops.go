package main

import (
	"fmt"
	"sync"
	"time"
)

// call has the function literal made before its other argument is worked out.
func call(f func() int, before int) int { return f()*10 + before }

// pool hands functions to workers that run them while the next one is made.
func pool(n, workers int) []int {
	jobs := make(chan func())
	out := make([]int, n)
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for job := range jobs {
				job()
			}
		})
	}
	for i := range n {
		jobs <- func() { out[i] += i }
	}
	close(jobs)
	wg.Wait()
	return out
}

// late has the goroutine end while the function's deferred calls run.
func late() {
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { time.Sleep(time.Millisecond); fmt.Println("late") })
}

func main() {
	var fs []func() int
	for i := range 4 {
		previous := 0
		if i > 0 {
			previous = -1
		}
		fmt.Println(call(func() int { return i }, func() int {
			if previous == 0 {
				return 0
			}
			return fs[len(fs)-1]()
		}()))
		fs = append(fs, func() int { return i })
	}
	same := make([]func() int, 4)
	for i := range same {
		if i > 0 {
			same[i-1]()
		}
		same[i] = func() int { return i }
	}
	for i := range same {
		if i > 0 {
			fmt.Print(same[i](), " ")
		}
	}
	fmt.Println()
	again := func(fs []func() int, i int) int {
		if i == 0 {
			return 0
		}
		return fs[i-1]()
	}
	each := make([]func() int, 4)
	for i := range each {
		each[i], _ = func() int { return i }, again(each, i)
	}
	for _, f := range each {
		fmt.Print(f(), " ")
	}
	fmt.Println()
	sum := 0
	for _, x := range pool(500, 4) {
		sum += x
	}
	fmt.Println(sum)
	late()
	out := make([]int, 200)
	var wg sync.WaitGroup
	for i := range out {
		wg.Add(1)
		go func() { defer wg.Done(); out[i] += i }()
	}
	wg.Wait()
	for i, x := range out {
		if x != i {
			fmt.Println("worker", i, "gives", x)
		}
	}
}

func init() {
	ch := make(chan int, 3)
	for i := range 3 {
		go send(ch, i)
	}
	sum := <-ch + <-ch + <-ch
	many := make([]chan bool, 3)
	for i := range many {
		many[i] = make(chan bool)
		go close(many[i])
	}
	for _, c := range many {
		<-c
	}
	fmt.Println(sum)
}

func send[T any](ch chan T, v T) { ch <- v }
