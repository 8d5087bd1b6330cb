package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

type PE struct{ code int }

func (e *PE) Error() string { return fmt.Sprint("pe", e.code) }

type Code int

func (c Code) Error() string { return fmt.Sprint("code", int(c)) }

type Wrap struct {
	msg string
	err error
}

func (w *Wrap) Error() string { return w.msg + ": " + w.err.Error() }
func (w *Wrap) Unwrap() error { return w.err }

var ErrA = errors.New("a")
var ErrP = &PE{9}

type Temp struct{ t bool }

func (t *Temp) Error() string   { return "temp" }
func (t *Temp) Temporary() bool { return t.t }

func do(n int, f func()) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Println(n, "panic:", r)
		}
	}()
	f()
}

func main() {
	var e error = &PE{1}
	w := &Wrap{"w", e}
	w2 := fmt.Errorf("w2: %w", w)
	do(1, func() { var pe *PE; fmt.Println(errors.As(e, &pe), pe != nil && pe.code == 1) })
	do(2, func() { var pe *PE; fmt.Println(errors.As(w, &pe), pe) })
	do(3, func() { var pe *PE; fmt.Println(errors.As(w2, &pe), pe) })
	do(4, func() { var pw *Wrap; fmt.Println(errors.As(w2, &pw), pw == w) })
	do(5, func() { var c Code; fmt.Println(errors.As(fmt.Errorf("x: %w", Code(3)), &c), c) })
	do(6, func() { var pe *PE; fmt.Println(errors.As(ErrA, &pe), pe == nil) })
	do(7, func() { fmt.Println(errors.Is(w2, ErrA), errors.Is(fmt.Errorf("q: %w", ErrA), ErrA), errors.Is(w2, e)) })
	do(8, func() { fmt.Println(errors.Is(fmt.Errorf("q: %w", ErrP), ErrP), errors.Is(&Wrap{"z", ErrA}, ErrA)) })
	do(9, func() { fmt.Println(errors.Unwrap(w2) == error(w), errors.Unwrap(w) == e, w2) })
	do(10, func() {
		var pe *fs.PathError
		_, err := os.Open("/nope")
		fmt.Println(errors.As(&Wrap{"o", err}, &pe), pe.Op)
	})
	do(11, func() { fmt.Println(errors.Is(&Wrap{"o", io.EOF}, io.EOF), errors.Is(errors.Join(ErrA, e), e)) })
	do(12, func() { var pe *PE; fmt.Println(errors.As(errors.Join(ErrA, w), &pe), pe) })
	do(13, func() {
		fmt.Println(e == e, e == error(w), e != nil, error(Code(1)) == error(Code(1)), error(Code(1)) == error(Code(2)))
	})
	do(14, func() { fmt.Println(errors.Is(fmt.Errorf("%w", Code(4)), Code(4)), errors.Is(Code(4), Code(5))) })
	do(15, func() {
		switch err := w.err; err {
		case ErrA:
			fmt.Println("A")
		case e:
			fmt.Println("e")
		}
	})
	do(16, func() {
		if pe, ok := e.(*PE); ok {
			fmt.Println(pe.code)
		}
		if c, ok := error(Code(7)).(Code); ok {
			fmt.Println(int(c))
		}
	})
	do(18, func() { m := map[error]int{ErrA: 1, io.EOF: 2}; fmt.Println(m[ErrA], m[io.EOF]) })
	do(19, func() {
		f := func() (err error) {
			defer func() {
				if r := recover(); r != nil {
					err = fmt.Errorf("rec: %v", r)
				}
			}()
			panic(&PE{5})
		}
		fmt.Println(f())
	})
	do(20, func() {
		f := func() error {
			var p *PE
			if p == nil {
				return nil
			}
			return p
		}
		fmt.Println(f() == nil)
	})
}
