package main

import "fmt"

type E struct{ n int }

func (e E) Error() string { return "E!" }

type D struct{ list []func() }

func (d *D) Add(f func(), r bool) { d.list = append(d.list, f) }

func run(d *D, v any) {
	for i := len(d.list) - 1; i >= 0; i-- {
		d.list[i]()
	}
	if v != nil {
		fmt.Println("caught", v)
	}
}

func F(n int) (err error) {
	d := &D{}
	defer func() { run(d, recover()) }()
	func() {
		x := 1
		d.Add(func() { fmt.Println("x", x, err) }, false)
		d.Add(func() {
			if err != nil {
				err = fmt.Errorf("wrapped %w", err)
			}
		}, false)
		for i := 0; i < 3; i++ {
			i := i
			d.Add(func() { fmt.Println(i) }, false)
		}
		x = 2
		if n == 1 {
			{
				err = fmt.Errorf("one")
				return
			}
		}
		if n == 2 {
			panic(E{2})
		}
		{
			err = nil
			return
		}
	}()
	return
}
func G() (int, string) {
	d := &D{}
	defer func() { run(d, recover()) }()
	return func() (int, string) {
		d.Add(func() { fmt.Println("G") }, false)
		return 1, "a"
	}()
}
func main() {
	fmt.Println(F(0))
	fmt.Println(F(1))
	fmt.Println(F(2))
	fmt.Println(G())
}
