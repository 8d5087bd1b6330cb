package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

type E struct{ a, b int }

func (e E) Error() string { return fmt.Sprint("E ", e.a, e.b) }

type T struct{ a int }

func (t T) get() int    { return t.a }
func (t *T) ptr() int   { return t.a }
func (t T) add(n int) T { t.a += n; return t }

func main() {
	var e error = E{1, 2}
	fmt.Println(e, e.Error())
	e = E{3, 4}
	fmt.Println(e)
	es := []error{E{5, 6}, errors.New("x"), &E{7, 8}}
	fmt.Println(es[0], es[1], es[2])
	m := map[string]error{"a": E{9, 9}}
	fmt.Println(m["a"])
	os.Args = append([]string{"q"}, "a", "b")
	fmt.Println(len(os.Args), os.Args)
	os.Args = strings.Fields("x y")
	fmt.Println(os.Args)
	t := T{1}
	g, p, a := t.get, t.ptr, t.add
	t.a = 7
	fmt.Println(g(), p(), a(3).a, t.get(), T.get(t), (*T).ptr(&t))
	fs := []func() int{t.get, t.ptr}
	t.a = 9
	fmt.Println(fs[0](), fs[1]())
}
