package main

import "fmt"

type S struct{ a, b int }

func two() (int, int) { return 7, 8 }

func main() {
	b := 0
	f := func() int { b--; return -b }
	x, y, z := f(), f(), f()
	do(func() {
		fmt.Println(1, x, y, z)
	})

	do(func() {
		x, y, z = f(), f(), f()
		fmt.Println(2, x, y, z)
	})
	a := []int{1, 2, 3}
	i := 0
	do(func() {
		i, a[i] = 1, 9
		fmt.Println(3, i, a)
	})

	do(func() {
		a[0], a[1] = a[1], a[0]
		fmt.Println(4, a)
	})
	p := &x
	do(func() {
		*p, y = y, *p
		fmt.Println(5, x, y)
	})
	s := S{1, 2}
	do(func() {
		s.a, s.b = s.b, s.a
		fmt.Println(6, s)
	})
	m := map[string]int{"a": 1, "b": 2}
	do(func() {
		m["a"], m["b"] = m["b"], m["a"]
		fmt.Println(7, m)
	})
	var e interface{}
	var ok bool
	do(func() {
		e, ok = m["a"]
		fmt.Println(8, e, ok)
	})
	var eok interface{}
	do(func() {
		x, eok = m["zz"]
		fmt.Println(9, x, eok)
	})

	do(func() {
		*p, a[2] = two()
		fmt.Println(10, x, a)
	})

	do(func() {
		m["q"], s.a = two()
		fmt.Println(11, m, s)
	})

	do(func() {
		e, a[1] = two()
		fmt.Println(12, e, a)
	})
	var w interface{} = 5
	do(func() {
		*p, ok = w.(int)
		fmt.Println(13, x, ok)
	})

	do(func() {
		a[0], ok = w.(int)
		fmt.Println(14, a, ok)
	})
	c := make(chan int, 3)
	do(func() {
		c <- 1
		c <- 2
		c <- 3
		*p, ok = <-c
		fmt.Println(15, x, ok)
	})

	do(func() {
		a[0], ok = <-c
		fmt.Println(16, a, ok)
	})

	do(func() {
		e, ok = <-c
		fmt.Println(17, e, ok)
	})
	var arr [3]int
	brr := [3]int{1, 2, 3}
	do(func() {
		arr, brr = brr, arr
		fmt.Println(18, arr, brr)
	})
	s1, s2 := S{1, 2}, S{3, 4}
	do(func() {
		s1, s2 = s2, s1
		fmt.Println(19, s1, s2)
	})
	pp, qq := &s1, &s2
	do(func() {
		*pp, *qq = *qq, *pp
		fmt.Println(20, s1, s2)
	})
	var g func() int
	q := 0
	do(func() {
		q, g = 1, func() int { return q }
		fmt.Println(21, q, g())
	})

	do(func() {
		a[0], a[1], a[2] = f(), f(), f()
		fmt.Println(22, a)
	})

	do(func() {
		x, a[x%3] = 2, 100
		fmt.Println(23, x, a)
	})

	do(func() {
		for i, j := 0, 10; i < j; i, j = i+1, j-2 {
			fmt.Print(i, j, " ")
		}
		fmt.Println()
	})
	i, j := 1, 2
	do(func() {
		i, j, i = j, i, 5
		fmt.Println(24, i, j)
	})

	do(func() {
		i, j = i+j, i-j
		fmt.Println(25, i, j)
	})
	fs := []func() int{f, f}
	do(func() {
		x, y = fs[0](), fs[1]()
		fmt.Println(26, x, y)
	})
	var err error
	do(func() {
		x, err = fmt.Sscan("12", &y)
		fmt.Println(27, x, err, y)
	})
	var ei, ej interface{} = 1, "a"
	do(func() {
		ei, ej = ej, ei
		fmt.Println(28, ei, ej)
	})
	st := struct{ m map[string]int }{m}
	do(func() {
		st.m["u"], x = 4, st.m["a"]
		fmt.Println(29, st, x)
	})

	do(func() {
		x, _ = two()
		_, x = two()
		fmt.Println(30, x)
	})

	do(func() {
		x, y = ret2()
		fmt.Println(31, x, y)
	})

	do(func() {
		x, y = swapnamed(3, 4)
		fmt.Println(32, x, y)
	})
	var u8 uint8
	var i32 int32
	do(func() {
		u8, i32 = 3, 4
		fmt.Println(33, u8, i32)
	})

	do(func() {
		x, y = i, 3*i
		fmt.Println(34, x, y)
	})

	do(func() {
		a = a[:0]
		a, x = append(a, 4), len(a)
		fmt.Println(35, a, x)
	})

}

func ret2() (a, b int) {
	a, b = 1, 2
	return b, a
}

func swapnamed(a, b int) (x, y int) {
	x, y = a, b
	x, y = y, x
	return y, x
}

func do(f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println("PANIC", r)
		}
	}()
	f()
}
