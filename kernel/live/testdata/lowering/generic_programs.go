package main

import "fmt"

type Stack[T any] struct{ items []T }

func (s *Stack[T]) Push(v T) { s.items = append(s.items, v) }
func (s *Stack[T]) Pop() (v T, ok bool) {
	if len(s.items) == 0 {
		return v, false
	}
	v = s.items[len(s.items)-1]
	s.items = s.items[:len(s.items)-1]
	return v, true
}

type List[T any] struct {
	head, tail *node[T]
	n          int
}
type node[T any] struct {
	v    T
	next *node[T]
}

func (l *List[T]) Add(v T) *List[T] {
	nd := &node[T]{v: v}
	if l.tail == nil {
		l.head, l.tail = nd, nd
	} else {
		l.tail.next = nd
		l.tail = nd
	}
	l.n++
	return l
}
func (l *List[T]) All() func(func(int, T) bool) {
	return func(yield func(int, T) bool) {
		i := 0
		for n := l.head; n != nil; n = n.next {
			if !yield(i, n.v) {
				return
			}
			i++
		}
	}
}

type Number interface {
	~int | ~int64 | ~float64
}

func Sum[T Number](xs ...T) (t T) {
	for _, x := range xs {
		t += x
	}
	return
}
func Map[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}
func Filter[T any](xs []T, f func(T) bool) (out []T) {
	for _, x := range xs {
		if f(x) {
			out = append(out, x)
		}
	}
	return
}
func Reduce[T, A any](xs []T, a A, f func(A, T) A) A {
	for _, x := range xs {
		a = f(a, x)
	}
	return a
}

type Pair[K comparable, V any] struct {
	Key K
	Val V
}

func (p Pair[K, V]) String() string { return fmt.Sprintf("%v→%v", p.Key, p.Val) }

type Money float64

type Account struct {
	owner   string
	balance Money
	log     []string
}

func (a *Account) Deposit(m Money) error {
	if m <= 0 {
		return fmt.Errorf("bad amount %.2f", m)
	}
	a.balance += m
	a.log = append(a.log, fmt.Sprintf("+%.2f", m))
	return nil
}

type Visitor interface {
	Visit(n int) Visitor
}
type counter struct{ n *int }

func (c counter) Visit(n int) Visitor {
	*c.n += n
	if n == 0 {
		return nil
	}
	return c
}
func walk(v Visitor, ns ...int) {
	for _, n := range ns {
		if v = v.Visit(n); v == nil {
			return
		}
	}
}

type Matrix [][]float64

func (m Matrix) Mul(o Matrix) Matrix {
	r := make(Matrix, len(m))
	for i := range r {
		r[i] = make([]float64, len(o[0]))
		for j := range r[i] {
			for k := range o {
				r[i][j] += m[i][k] * o[k][j]
			}
		}
	}
	return r
}

type Op func(float64, float64) (float64, error)

var ops = map[string]Op{
	"+": func(a, b float64) (float64, error) { return a + b, nil },
	"/": func(a, b float64) (float64, error) {
		if b == 0 {
			return 0, fmt.Errorf("division by zero")
		}
		return a / b, nil
	},
}

func primes(n int) []int {
	sieve := make([]bool, n+1)
	var out []int
	for i := 2; i <= n; i++ {
		if sieve[i] {
			continue
		}
		out = append(out, i)
		for j := i * i; j <= n; j += i {
			sieve[j] = true
		}
	}
	return out
}

func memo() func(int) int {
	cache := map[int]int{}
	var f func(int) int
	f = func(n int) int {
		if n < 2 {
			return n
		}
		if v, ok := cache[n]; ok {
			return v
		}
		cache[n] = f(n-1) + f(n-2)
		return cache[n]
	}
	return f
}

type Tree struct {
	l, r *Tree
	v    int
}

func (t *Tree) Insert(v int) *Tree {
	if t == nil {
		return &Tree{v: v}
	}
	if v < t.v {
		t.l = t.l.Insert(v)
	} else {
		t.r = t.r.Insert(v)
	}
	return t
}
func (t *Tree) Walk(f func(int)) {
	if t != nil {
		t.l.Walk(f)
		f(t.v)
		t.r.Walk(f)
	}
}

func main() {
	var s Stack[string]
	s.Push("a")
	s.Push("b")
	v, ok := s.Pop()
	fmt.Println(v, ok, s)
	l := (&List[int]{}).Add(1).Add(2).Add(3)
	for i, v := range l.All() {
		if i == 2 {
			break
		}
		fmt.Print(i, ":", v, " ")
	}
	fmt.Println(l.n)
	fmt.Println(Sum(1, 2, 3), Sum(1.5, 2), Sum(Money(2), Money(3)), Sum[int64]())
	xs := []int{1, 2, 3, 4}
	fmt.Println(Map(xs, func(x int) string { return fmt.Sprint(x * x) }), Filter(xs, func(x int) bool { return x%2 == 0 }), Reduce(xs, "", func(a string, x int) string { return a + fmt.Sprint(x) }))
	p := Pair[string, int]{"k", 2}
	fmt.Println(p, []Pair[string, int]{p}, map[string]Pair[int, bool]{"x": {1, true}})
	fmt.Printf("%v %+v %T\n", p, &p, p)
	a := &Account{owner: "ann"}
	fmt.Println(a.Deposit(5), a.Deposit(-1), a.balance, a.log)
	fmt.Printf("%+v %.1f\n", *a, a.balance)
	n := 0
	walk(counter{&n}, 1, 2, 0, 5)
	fmt.Println(n)
	m := Matrix{{1, 2}, {3, 4}}
	fmt.Println(m.Mul(Matrix{{0, 1}, {1, 0}}), len(m))
	for _, o := range []string{"+", "/"} {
		r, err := ops[o](6, 0)
		fmt.Println(r, err)
	}
	fmt.Println(primes(30), memo()(50))
	var t *Tree
	for _, v := range []int{5, 2, 8, 1} {
		t = t.Insert(v)
	}
	var out []int
	t.Walk(func(v int) { out = append(out, v) })
	fmt.Println(out)
	type kv struct {
		k string
		v int
	}
	counts := map[string]int{}
	for _, w := range []string{"x", "y", "x"} {
		counts[w]++
	}
	var kvs []kv
	for k, v := range counts {
		kvs = append(kvs, kv{k, v})
	}
	if kvs[0].k > kvs[1].k {
		kvs[0], kvs[1] = kvs[1], kvs[0]
	}
	fmt.Println(kvs, len(kvs))
	fmt.Printf("%v %+v %#v\n", kvs[0], kvs[0], kvs[0])
	x := []any{1, "a", nil, 2.5, []int{1}, map[string]int{"z": 1}, struct{}{}, p, a.balance}
	for _, v := range x {
		switch v := v.(type) {
		case int, float64:
			fmt.Print("num ", v, "; ")
		case string:
			fmt.Print("str ", v, "; ")
		case nil:
			fmt.Print("nil; ")
		case fmt.Stringer:
			fmt.Print("stringer ", v, "; ")
		case Money:
			fmt.Print("money ", v, "; ")
		default:
			fmt.Printf("%T; ", v)
		}
	}
	fmt.Println()
}
