package session

import (
	"fmt"
	"testing"

	"github.com/traefik/yaegi/interp"

	"lockstep/exec/gil"
	"lockstep/kernel/rewrite/mark"
)

// TestFlag has code see the breaker that was compiled before and after others grew the interpreter's frame.
func TestFlag(t *testing.T) {
	it := interp.New(interp.Options{})
	b := new(gil.Breaker)
	if err := declareFlag(it, b.Flag()); err != nil {
		t.Fatal(err)
	}
	var all []func() bool
	for i := range 3 {
		name := fmt.Sprint("raised", i)
		if _, err := it.Eval(fmt.Sprintf("package main\n\nfunc %s() bool { if %s { return true }; return false }", name, mark.Flag)); err != nil {
			t.Fatal(err)
		}
		f, err := it.Eval(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f.Interface().(func() bool))
		for j := range 20 {
			if _, err := it.Eval(fmt.Sprintf("package main\n\nvar other%d_%d = []int{%d}", i, j, j)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, up := range []bool{false, true, false} {
		if up {
			b.Raise(gil.User)
		} else if b.Raised() {
			b.Lower(gil.User)
		}
		for i, raised := range all {
			if got := raised(); got != up {
				t.Errorf("function %d: got %t, want %t", i, got, up)
			}
		}
	}
}
