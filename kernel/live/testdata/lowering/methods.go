package main

import (
	"bytes"
	"fmt"
	"strings"
)

type I interface {
	M(a int, b ...string) (int, string)
}

type T struct{ n int }

func (t T) M(a int, b ...string) (int, string) { return t.n + a, strings.Join(b, "") }
func (t *T) Add(n int)                         { t.n += n }
func (t T) Nothing()                           {}

type Box[E any] struct{ e E }

func (b Box[E]) Get() E   { return b.e }
func (b *Box[E]) Set(e E) { b.e = e }

type name string

func (n name) val() string { return string(n) }

type A struct{ name }
type B struct {
	A
	name
}

type deep struct{ T }
type both struct {
	deep
	*bytes.Buffer
}

type hidden struct{ m func() string }
type Outer struct{ *Inner }
type Inner struct{ s string }

func (i Inner) M() string { return i.s }

func call[P interface{ Get() int }](p P) int { return P.Get(p) }

func main() {
	// method expressions
	t := T{1}
	f := T.M
	fmt.Println(f(t, 2, "x", "y"))
	fmt.Println(I.M(t, 3))
	g := (*T).Add
	g(&t, 5)
	fmt.Println((*T).M(&t, 1, []string{"p", "q"}...))
	T.Nothing(t)
	h := Box[int].Get
	b := Box[int]{4}
	(*Box[int]).Set(&b, 6)
	fmt.Println(h(b), call(b), (*Outer).M(&Outer{&Inner{"in"}}))
	fmt.Println(strings.ToUpper("a"), (*bytes.Buffer).String(bytes.NewBufferString("buf")))
	fmt.Println(error.Error(fmt.Errorf("err")), interface{ Get() int }.Get(b))

	// the nearest name is meant, not the first
	v := &B{A: A{name: "a"}, name: "b"}
	fmt.Println(v.val(), v.A.val(), v.name)
	w := both{deep{T{2}}, bytes.NewBufferString("nearer")}
	w.Add(3)
	fmt.Println(w.String(), w.n, w.deep.T.n)
	k := v.val
	v.name = "changed"
	fmt.Println(k())

	// conversions to interfaces
	fmt.Println(I(t).M(0))
	func() {
		fmt.Println(error(fault{}).Error(), fmt.Stringer(name2("s")).String())
	}()
}

type fault struct{ inner }
type inner struct{}

func (inner) Error() string { return "inner" }

type name2 string

func (n name2) String() string { return "<" + string(n) + ">" }
