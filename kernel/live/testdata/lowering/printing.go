package main

import (
	"fmt"
	"os"
	"time"
)

type I int
type S struct{ a, b int }
type L []int
type M map[string]int
type F func(int) int
type P *int
type G[T any] struct{ T T }
type E struct{}
type A [2]I

type Day int

func (d Day) String() string { return [...]string{"Mo", "Tu", "We"}[d] }

type Celsius float64

func (c Celsius) String() string { return fmt.Sprintf("%.1f°", float64(c)) }

type Point struct{ X, Y int }

func (p *Point) String() string { return fmt.Sprintf("<%d,%d>", p.X, p.Y) }

type Entry struct {
	Day  Day
	Temp Celsius
	note string
	day  Day
	Err  error
	Any  any
}

type Secret string

func (Secret) GoString() string { return "secret!" }

type Custom struct{ n int }

func (c Custom) Format(f fmt.State, verb rune) { fmt.Fprintf(f, "%c:%d", verb, c.n) }

type Fails struct{ n int }

func (f Fails) String() string { panic("no text") }

type Node struct {
	V    int
	next *Node
}

type Inner struct{ x int }
type Outer struct {
	Inner
	Y any
}

func main() {
	i, s := I(3), S{1, 2}
	var e any = s
	fmt.Printf("%T %T %T %T\n", i, s, &s, e)
	fmt.Printf("%T %T %T %T %T\n", L{1}, M{}, F(nil), P(nil), A{})
	fmt.Printf("%T %T %T %T\n", G[int]{1}, []S{{1, 2}}, map[I]*S{}, G[S]{})
	fmt.Printf("%v %+v %#v\n", s, s, s)
	fmt.Printf("%v %+v %#v\n", &s, &s, &s)
	fmt.Printf("%#v %#v %#v %#v %#v\n", i, L{1}, M{"a": 1}, A{1, 2}, E{})
	fmt.Printf("%[2]T %[1]d %[1]d %T|%5T|%-8T|\n", 7, i, i, i, s)
	fmt.Println([]any{i, s, nil, E{}, L{2}}, G[string]{"g"})
	fmt.Printf("%v %d %s %q %x %5v|\n", Day(1), Day(1), Day(2), Day(0), Day(1), Day(1))
	fmt.Println([]Day{0, 1}, map[Day]Celsius{1: 20.55, 0: -3}, [2]Celsius{1, 2}, struct{ D Day }{2}, struct{ d Day }{2})
	en := Entry{1, 21.25, "n", 2, fmt.Errorf("bad"), Day(1)}
	fmt.Printf("%v\n%+v\n", en, en)
	fmt.Printf("%+v\n", []*Entry{nil})
	fmt.Println(&Point{1, 2}, Point{3, 4}, []*Point{}, map[string]*Point{"p": nil})
	fmt.Printf("%#v %v %#v %s\n", Secret("x"), Secret("x"), []Secret{"x"}, []Secret{"x"})
	fmt.Printf("%v %d %s\n", Custom{1}, []Custom{{2}}, map[string]Custom{"k": {3}})
	fmt.Println(Fails{1}, []Fails{{2}})
	fmt.Printf("%+v %v\n", Node{1, nil}, Node{2, nil})
	fmt.Printf("%+v\n", Outer{Inner{4}, map[string]any{"z": S{5, 6}, "a": []I{1}}})
	fmt.Printf("%v %+v\n", struct {
		a int
		B string
	}{1, "x"}, struct{ q, R int }{2, 3})
	fmt.Printf("%08.3f|%-6d|%+d|%x|%c|%U\n", Celsius(1.5), i, i, []I{10, 11}, I(65), I(0x263a))
	fmt.Printf("%6.2f|%v|%s\n", []Celsius{1, 2.345}, 2*time.Second, []time.Duration{time.Second})
	fmt.Printf("%z|%d\n", s, "x")
	fmt.Fprintln(os.Stdout, fmt.Sprint(i, s, "a", Day(0)), fmt.Sprintln(s))
	fmt.Println(fmt.Errorf("%w: %v %T", fmt.Errorf("inner"), s, s))
	defer func() {
		fmt.Println(recover())
		defer func() { fmt.Println(recover()) }()
		var q any = S{}
		_ = q.(fmt.Stringer)
	}()
	_ = e.(I)
}
