package main

import (
	"fmt"

	"encoding/json"
	"sort"
)

type I int64
type J int

func (i I) Twice() I { return i * 2 }
func (i *I) Inc()    { *i++ }
func (i I) Kind() string {
	switch i {
	case A:
		return "A"
	case B:
		return "B"
	}
	return "?"
}

const (
	A I = 0
	B I = 1
)

type L []I

func (l L) Len() int           { return len(l) }
func (l L) Less(i, j int) bool { return l[i] < l[j] }
func (l L) Swap(i, j int)      { l[i], l[j] = l[j], l[i] }

type Str interface{ Twice() I }
type S struct {
	K I
	M map[I]string
}

func g(x any) string {
	switch x.(type) {
	case int64:
		return "int64"
	case I:
		return "I"
	case J:
		return "J"
	}
	return "?"
}

func main() {
	var x I = 3
	fmt.Println(int64(x), x.Twice() == 6, x+1 == 4, x<<2 == 12, x > 2, x%2 == 1)
	x.Inc()
	x++
	x += 2
	fmt.Println(int64(x))
	fmt.Println(g(x), g(int64(3)), g(J(2)), g(I(4)))
	_, ok := any(x).(int64)
	fmt.Println(ok)
	arr := [5]string{"a", "b", "c"}
	fmt.Println(arr[I(1)], I(1).Kind(), B.Kind(), x.Kind())
	l := L{3, 1, 2}
	sort.Sort(l)
	fmt.Println(int64(l[0]), int64(l[1]), int64(l[2]))
	var s Str = I(4)
	fmt.Println(int64(s.Twice()))
	m := map[I]string{A: "a", 2: "b"}
	fmt.Println(m[0], m[2], len(m))
	f := float64(x) * 1.5
	fmt.Println(f, I(f) == 12, -x == -8, ^x)
	for i := I(0); i < 3; i++ {
		fmt.Print(int64(i), " ")
	}
	for i := range I(3) {
		fmt.Print(int64(i), " ")
	}
	fmt.Println(any(I(3)) == any(int64(3)), any(I(3)) == any(I(3)))
	p := &S{K: 3, M: m}
	p.K *= 2
	b, err := json.Marshal(p)
	fmt.Println(string(b), err)
	var z I
	fmt.Println(z == 0, []I{1, 2}[1] == 2, len(make([]int, I(3))))
	fn := func(i I) I { return i + 1 }
	fmt.Println(fn(3) == 4, fn(B) == 2)
	c := make(chan I, 1)
	c <- 5
	fmt.Println(<-c == 5)
	w := x
	w |= 1
	fmt.Println(w == 9, x&^8 == 0, min(x, w) == 8)
	y := 5
	fmt.Println(I(y)+x == 13, y+int(x) == 13)
	fmt.Printf("%d\n", x)
}
