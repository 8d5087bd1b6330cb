package display_test

import (
	"fmt"
	"reflect"

	"lockstep/kernel/display"
)

// screen is a Host that prints what it is shown.
type screen struct{}

func (screen) Show(m display.Message) {
	fmt.Println(m.Action == display.Update, m.Bundle.Data[display.MIMEText])
}

func ExampleHandle() {
	display.SetHost(screen{})
	h := display.HTML("<b>first</b>")
	h.Markdown("*second*")
	// Output:
	// false first
	// true *second*
}

func ExampleProgress() {
	display.SetHost(screen{})
	bar := display.Progress(3)
	for range 3 {
		bar.Add(1)
	}
	bar.Done()
	// Output:
	// false [....................]   0 % (0 of 3)
	// true [####################] 100 % (3 of 3), done
}

func ExampleText() {
	primes := make([]int, 10_000)
	primes[0], primes[1], primes[2] = 2, 3, 5
	opt := display.FormatOptions{Limits: display.Limits{Elements: 3}}
	fmt.Println(display.Text(reflect.ValueOf(primes), opt))
	// Output: []int{2, 3, 5, … 9,997 more}
}

func ExampleFormat() {
	b := display.Format(reflect.ValueOf(map[string]int{"b": 2, "a": 1}), display.FormatOptions{})
	fmt.Println(b.Data[display.MIMEText])
	fmt.Println(b.Data[display.MIMEHTML] != nil)
	// Output:
	// map[string]int{"a": 1, "b": 2}
	// true
}
