package cellsym_test

import (
	"reflect"
	"testing"

	"github.com/traefik/yaegi/interp"

	"lockstep/kernel/session/cellsym"
)

func BenchmarkFirstImport(b *testing.B) {
	session(b, new(fakeHost))
	for b.Loop() {
		if err := cellsym.Import(interp.New(interp.Options{}), new(fakeHost), "fmt"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBare(b *testing.B) {
	it := session(b, new(fakeHost), "fmt", "io")
	bare := cellsym.Bare(it)
	var boxed any
	run(b, it, shapes, `func with(f func(any)) { v := []any{circle{1, 2}}; f(v[0]) }`, `with`).Interface().(func(func(any)))(func(v any) { boxed = v })
	if reflect.TypeOf(boxed).Kind() != reflect.Struct {
		b.Fatalf("got a %T, want yaegi's box", boxed)
	}
	b.Run("boxed", func(b *testing.B) {
		for b.Loop() {
			bare(boxed)
		}
	})
	b.Run("compiled", func(b *testing.B) {
		var v any = 3
		for b.Loop() {
			bare(v)
		}
	})
}
