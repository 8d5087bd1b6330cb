package main

import "fmt"

func main() {
	var fs []func() int
	for i := 0; i < 3; i++ {
		j := i
		fs = append(fs, func() int { j++; return j })
	}
	for _, f := range fs {
		fmt.Print(f(), " ", f(), " ")
	}
	fmt.Println()
	var ps []*int
	for i := 0; i < 3; i++ {
		j := i * 2
		ps = append(ps, &j)
		j++
	}
	for _, p := range ps {
		fmt.Print(*p, " ")
	}
	fmt.Println()
	for i := 0; i < 3; i++ {
		var k int
		k += i
		fs[i] = func() int { k++; return k }
		k++
	}
	for _, f := range fs {
		fmt.Print(f(), " ", f(), " ")
	}
	fmt.Println()
	var gs []func() int
	for i := 0; i < 3; i++ {
		var k int
		k += i
		gs = append(gs, func() int { k++; return k }, func() int { k++; return k })
		k++
	}
	for _, f := range gs {
		fmt.Print(f(), " ", f(), " ")
	}
	fmt.Println()
	for _, v := range []int{1, 2, 3} {
		v := v
		fs[v-1] = func() int { return v }
	}
	for _, f := range fs {
		fmt.Print(f(), " ")
	}
	fmt.Println()
	fmt.Println()
}
