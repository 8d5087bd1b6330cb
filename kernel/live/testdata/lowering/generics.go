package main

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sort"
	"strings"
)

type Number interface{ ~int | ~float64 }

func Sum[T Number](xs ...T) T {
	var s T
	for _, x := range xs {
		s += x
	}
	return s
}
func Map[T, U any](xs []T, f func(T) U) []U {
	out := make([]U, 0, len(xs))
	for _, x := range xs {
		out = append(out, f(x))
	}
	return out
}

type List[T any] struct {
	head *node[T]
	n    int
}
type node[T any] struct {
	v    T
	next *node[T]
}

func (l *List[T]) Push(v T) { l.head = &node[T]{v, l.head}; l.n++ }
func (l *List[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		for n := l.head; n != nil; n = n.next {
			if !yield(n.v) {
				return
			}
		}
	}
}
func (l List[_]) Len() int { return l.n }

type Pair[K comparable, V any] struct {
	Key K
	Val V
}

func (p Pair[K, V]) String() string { return fmt.Sprintf("%v=%v", p.Key, p.Val) }
func Pairs[M ~map[K]V, K cmp.Ordered, V any](m M) []Pair[K, V] {
	var ps []Pair[K, V]
	for k, v := range m {
		ps = append(ps, Pair[K, V]{k, v})
	}
	sort.Slice(ps, func(i, j int) bool { return ps[i].Key < ps[j].Key })
	return ps
}

type Stack[T any] []T

func (s *Stack[T]) Push(v T) { *s = append(*s, v) }
func (s *Stack[T]) Pop() (v T, ok bool) {
	if len(*s) == 0 {
		return v, false
	}
	v = (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return v, true
}

type Tree[T any] struct {
	l, r *Tree[T]
	v    T
	cmp  func(a, b T) int
}

func (t *Tree[T]) Insert(v T) *Tree[T] {
	if t == nil {
		return &Tree[T]{v: v, cmp: nil}
	}
	return t
}

type Num int

func (n Num) String() string { return fmt.Sprint("#", int(n)) }

type Shower interface {
	comparable
	String() string
}

func Show[T Shower](v T) string { return v.String() }
func Ptr[T any](v T) *T         { return &v }
func Zero[T any]() T            { var z T; return z }
func Filter[S ~[]E, E any](s S, f func(E) bool) S {
	type box struct{ e E }
	var r S
	for _, e := range s {
		b := box{e}
		if f(b.e) {
			r = append(r, b.e)
		}
	}
	return r
}

type Set[T comparable] map[T]struct{}

func (s Set[T]) Add(v T)      { s[v] = struct{}{} }
func (s Set[T]) Has(v T) bool { _, ok := s[v]; return ok }

type Embed[T any] struct {
	List[T]
	name string
}

func main() {
	fmt.Println(Sum(1, 2, 3), Sum(1.5, 2), Sum[Num](1, 2))
	fmt.Println(Map([]int{1, 2}, func(i int) string { return strings.Repeat("x", i) }))
	fmt.Println(Map([]string{"a"}, strings.ToUpper))
	var l List[string]
	l.Push("a")
	l.Push("b")
	for v := range l.All() {
		fmt.Print(v, " ")
	}
	fmt.Println(l.Len())
	fmt.Println(Pairs(map[string]int{"b": 1, "a": 2})[0].Key)
	var s Stack[int]
	s.Push(1)
	s.Push(2)
	fmt.Println(s.Pop())
	fmt.Println(s.Pop())
	fmt.Println(s.Pop())
	fmt.Println(Show(Num(3)), *Ptr(5), *Ptr("x"), Zero[float64](), Zero[*int]() == nil)
	var t *Tree[int]
	fmt.Println(t.Insert(3).v)
	fmt.Println(Filter([]int{1, 2, 3}, func(i int) bool { return i > 1 }), Filter([]string{"q"}, func(string) bool { return true }))
	st := Set[string]{}
	st.Add("x")
	fmt.Println(st.Has("x"), st.Has("y"), len(st))
	var e Embed[int]
	e.Push(4)
	e.List.Push(5)
	fmt.Println(e.Len(), e.n)
	f := Sum[float64]
	fmt.Println(f(1, 2.5))
	xs := []int{3, 1, 2}
	slices.Sort(xs)
	fmt.Println(xs, slices.Max(xs), slices.Contains(xs, 2), slices.Index(xs, 9))
	m := map[string]int{"z": 1, "y": 2}
	fmt.Println(slices.Sorted(maps.Keys(m)))
	slices.SortFunc(xs, func(a, b int) int { return cmp.Compare(b, a) })
	fmt.Println(xs, min(xs[0], 2))
	slices.Reverse(xs)
	fmt.Println(xs)
	type local struct{ a int }
	ls := []local{{2}, {1}}
	slices.SortFunc(ls, func(a, b local) int { return a.a - b.a })
	fmt.Println(ls)
	for i, v := range slices.Backward(xs) {
		fmt.Print(i, v, " ")
	}
	fmt.Println()
}
