package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
	"sync"
	"time"
)

type E struct{ n int }

func (e E) Error() string { return fmt.Sprint("E", e.n) }

type P struct{ n int }

func catch(f func()) {
	defer func() {
		r := recover()
		switch x := r.(type) {
		case nil:
			fmt.Println("nil")
		case runtime.Error:
			fmt.Println("runtime error")
		case error:
			fmt.Println("error", x.Error())
		case string:
			fmt.Println("string", x)
		case int:
			fmt.Println("int", x+1)
		case P:
			fmt.Println("P", x.n)
		case *P:
			fmt.Println("*P", x.n)
		default:
			fmt.Println("other", x)
		}
	}()
	f()
}

func twice() (n int, err error) {
	defer func() { n *= 2 }()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("got %v", r)
			n = 21
		}
	}()
	for i := range 3 {
		if i == 2 {
			panic("two")
		}
	}
	return 1, nil
}
func nested() {
	defer fmt.Println("outer done")
	defer func() {
		defer func() { fmt.Println("inner", recover()) }()
		panic("second")
	}()
	panic("first")
}
func helper() any { return recover() }
func indirect() {
	defer func() { recover() }()
	defer func() { fmt.Println("indirect", helper()) }()
	panic("x")
}
func named()           { defer handler("n"); panic("boom") }
func handler(s string) { fmt.Println(s, recover()) }

type M struct{ name string }

func (m *M) close() { fmt.Println("close", m.name, recover()) }
func meth()         { m := &M{"a"}; defer m.close(); m = &M{"b"}; panic(1) }
func shadow() (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("w: %w", err)
		}
	}()
	if _, err := os.Open("/nonexistent"); err != nil {
		return err
	}
	return nil
}
func one() int                     { defer fmt.Print("one "); return 1 }
func locked(mu *sync.Mutex) string { mu.Lock(); defer mu.Unlock(); return "locked" }
func re() {
	defer func() {
		if r := recover(); r != nil {
			panic(fmt.Sprint("re-", r))
		}
	}()
	panic("p")
}
func deep(n int) int {
	defer func() {}()
	if n == 0 {
		return 0
	}
	return deep(n-1) + 1
}

func main() {
	catch(func() {})
	catch(func() { panic("s") })
	catch(func() { panic(4) })
	catch(func() { panic(P{3}) })
	catch(func() { panic(&P{4}) })
	catch(func() { var m map[string]int; m["a"] = 1 })
	catch(func() { s := []int{1}; i := 3; s[i] = 1 })
	catch(func() { s := []int{1}; i := 3; _ = s[i:] })
	catch(func() { var p *P; p.n = 1 })
	catch(func() { a, b := 1, 0; fmt.Println(a / b) })
	catch(func() { var x any = "s"; fmt.Println(x.(int)) })
	fmt.Println(twice())
	catch(nested)
	indirect()
	named()
	meth()
	fmt.Println(shadow())
	fmt.Println(one())
	var mu sync.Mutex
	fmt.Println(locked(&mu), locked(&mu))
	catch(re)
	fmt.Println(deep(50))
	var wg sync.WaitGroup
	out := make([]int, 4)
	for i := 0; i < 4; i++ {
		wg.Add(1)
		go func() { defer wg.Done(); time.Sleep(time.Millisecond); out[i] = i }()
	}
	wg.Wait()
	fmt.Println(out)
	for i := 0; i < 4; i++ {
		wg.Go(func() { time.Sleep(time.Millisecond); out[i] += i })
	}
	wg.Wait()
	fmt.Println(out)
	var fs []func()
	for i := 0; i < 6; i++ {
		if i%2 == 0 {
			continue
		}
		fs = append(fs, func() { fmt.Print(i, " "); i += 10 })
		i++
	}
	for _, f := range fs {
		f()
		f()
	}
	fmt.Println()
outer:
	for i, w := range strings.Fields("a b c") {
		for j := 0; j < 3; j++ {
			if j == 1 {
				continue outer
			}
			if i == 2 {
				break outer
			}
			fs = append(fs, func() { fmt.Print(w, i, j, " ") })
		}
	}
	for _, f := range fs {
		f()
	}
	fmt.Println()
	ps := []*int{}
	for i := 0; i < 3; i++ {
		ps = append(ps, &i)
	}
	for _, p := range ps {
		fmt.Print(*p, " ")
	}
	fmt.Println()
	xs := []int{3, 1, 2}
	sort.Slice(xs, func(i, j int) bool { return xs[i] < xs[j] })
	fmt.Println(xs, min(3, xs[0]), max(1.5, float64(xs[1])), min("b", "a"), *new(7))
	m := map[string]int{"a": 1}
	clear(m)
	clear(xs)
	fmt.Println(m, xs)
	const big = 1 << 63
	var u uint64 = big
	fmt.Println(u, uint64(big)+1)
	defer fmt.Println("end", len(xs))
	xs = nil
}
