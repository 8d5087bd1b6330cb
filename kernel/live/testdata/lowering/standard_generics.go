package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
)

type P struct {
	n string
	a int
}

type IDs []int

type Coded struct {
	code int
	text string
}

func (c Coded) Error() string { return c.text }

func byAge(a, b P) int { return cmp.Compare(a.a, b.a) }

func positive(n int) bool { return n > 0 }

func try(name string, f func()) {
	defer func() { fmt.Println(name, recover() != nil) }()
	f()
}

func sorted[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

func main() {
	nan := math.NaN()
	fmt.Println(cmp.Compare(1, 2), cmp.Compare("b", "a"), cmp.Compare(nan, 1), cmp.Compare(nan, nan), cmp.Less(nan, 1), cmp.Less(2, 1))
	fmt.Println(cmp.Or(0, 3, 4), cmp.Or("", "x"), cmp.Or[int]())

	xs := []int{3, 1, 2, 2, -1}
	ps := []P{{"x", 3}, {"y", 1}, {"z", 3}, {"w", 2}}
	ids := IDs{5, 4, 6}
	fs := []float64{2, nan, 1}
	slices.Sort(ids)
	slices.Sort(fs)
	fmt.Println(ids, fs)
	a := slices.Clone(xs)
	slices.Sort(a)
	slices.SortFunc(ps, func(a, b P) int { return cmp.Or(-byAge(a, b), strings.Compare(a.n, b.n)) })
	fmt.Println(a, xs, ps, slices.IsSorted(a), slices.IsSorted(xs), slices.IsSorted(fs))
	slices.SortStableFunc(ps, byAge)
	fmt.Println(ps, slices.IsSortedFunc(ps, byAge))
	fmt.Println(slices.Contains(xs, 2), slices.Contains(ps, P{"x", 3}), slices.ContainsFunc(xs, positive), slices.Index(xs, 2), slices.Index(xs, 9), slices.IndexFunc(xs, func(n int) bool { return n < 2 }))
	fmt.Println(slices.Equal(xs, a), slices.Equal(a, []int{-1, 1, 2, 2, 3}), slices.EqualFunc(xs, []string{"3", "1", "2", "2", "-1"}, func(n int, s string) bool { return fmt.Sprint(n) == s }))
	slices.Reverse(a)
	fmt.Println(a, slices.Clone([]int(nil)) == nil, slices.Max(a), slices.Min(a), slices.MaxFunc(ps, byAge), slices.MinFunc(ps, byAge), slices.Max(fs))
	fmt.Println(slices.Compact([]int{1, 1, 2, 1, 1}), slices.CompactFunc([]string{"a", "A", "b"}, strings.EqualFold))
	fmt.Println(slices.Insert([]int{1, 4}, 1, 2, 3), slices.Insert(IDs{}, 0, 7), slices.Delete([]int{1, 2, 3, 4}, 1, 3), slices.DeleteFunc([]int{1, -2, 3}, positive), slices.Replace([]int{1, 2, 3}, 0, 2, 9))
	d := []*P{{"a", 1}, {"b", 2}}
	_ = slices.Delete(d, 0, 1)
	fmt.Println(d[1] == nil, slices.Concat([]int{1}, nil, []int{2, 3}), slices.Repeat([]string{"x"}, 3))
	fmt.Println(slices.BinarySearch([]int{1, 3, 5}, 3))
	fmt.Println(slices.BinarySearch([]int{1, 3, 5}, 4))
	fmt.Println(slices.BinarySearchFunc(ps, 3, func(p P, n int) int { return cmp.Compare(p.a, n) }))
	fmt.Println(slices.Compare([]int{1, 2}, []int{1, 3}), slices.Compare([]int{1, 2}, []int{1}), slices.Compare([]string{"a"}, []string{"a"}), slices.CompareFunc(xs, ps, func(n int, p P) int { return n - p.a }))
	fmt.Println(cap(slices.Clip(make([]int, 2, 9))), cap(slices.Grow([]int{1}, 5)) >= 6, len(slices.Grow([]int{1}, 5)))
	for i, v := range slices.All([]string{"p", "q"}) {
		fmt.Print(i, v, " ")
	}
	for v := range slices.Values(xs) {
		if v == 2 {
			break
		}
		fmt.Print(v, " ")
	}
	for i, v := range slices.Backward(xs) {
		fmt.Print(i, v, " ")
	}
	for c := range slices.Chunk(xs, 2) {
		fmt.Print(c, cap(c), " ")
	}
	fmt.Println()
	fmt.Println(slices.Collect(slices.Values(xs)), slices.Sorted(slices.Values(xs)), slices.AppendSeq([]int{0}, slices.Values(xs)))
	fmt.Println(slices.SortedFunc(slices.Values(ps), func(a, b P) int { return strings.Compare(a.n, b.n) }), slices.SortedStableFunc(slices.Values(ps), byAge))

	m := map[string]int{"a": 1, "b": 2}
	fmt.Println(sorted(m), slices.Sorted(maps.Values(m)), len(maps.Clone(m)), maps.Clone(map[string]int(nil)) == nil)
	n := map[string]int{}
	maps.Copy(n, m)
	fmt.Println(maps.Equal(m, n), maps.Equal(m, map[string]int{"a": 1}), maps.EqualFunc(m, map[string]string{"a": "1", "b": "2"}, func(n int, s string) bool { return fmt.Sprint(n) == s }))
	sum := 0
	for k, v := range maps.All(m) {
		sum += v + len(k)
	}
	maps.DeleteFunc(n, func(k string, v int) bool { return v > 1 })
	maps.Insert(n, maps.All(map[string]int{"z": 26}))
	fmt.Println(sum, n, maps.Collect(slices.All([]string{"p", "q"})))

	calls := 0
	once := sync.OnceValue(func() int { calls++; return 7 })
	twice := sync.OnceValues(func() (string, error) { calls++; return "v", fmt.Errorf("e") })
	fmt.Println(once()+once(), calls)
	_, err := twice()
	v, _ := twice()
	fmt.Println(v, err, calls)

	coded, ok := errors.AsType[Coded](fmt.Errorf("wrapped: %w", Coded{4, "c"}))
	fmt.Println(coded.code, coded.text, ok)

	try("max", func() { slices.Max([]int{}) })
	try("min", func() { slices.Min([]string(nil)) })
	try("maxfunc", func() { slices.MaxFunc([]P{}, byAge) })
	try("minfunc", func() { slices.MinFunc([]P{}, byAge) })
	try("delete", func() { slices.Delete([]int{1}, 1, 2) })
	try("insert", func() { slices.Insert([]int{1}, 2, 5) })
	try("chunk", func() { slices.Chunk([]int{1}, 0) })
	try("grow", func() { slices.Grow([]int{1}, -1) })
}
