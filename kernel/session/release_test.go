package session

import (
	"fmt"
	"runtime"
	"testing"

	"github.com/traefik/yaegi/interp"
)

// TestRelease has an interpreter run cells, with a closure and a declaration among them that go on to be used.
func TestRelease(t *testing.T) {
	it := interp.New(interp.Options{})
	r, err := remainsOf(it)
	if err != nil {
		t.Fatal(err)
	}
	eval := func(source string) any {
		t.Helper()
		v, err := it.Eval(source)
		if err != nil {
			t.Fatal(err)
		}
		return v.Interface()
	}
	eval("package main\n\nvar counts []func() int\n\nvar keep int\n\nfunc double(i int) int { return 2 * i }")
	cell := func(i int) {
		t.Helper()
		name := fmt.Sprint("cell", i)
		if _, err := it.Eval(fmt.Sprintf("package main\n\nfunc %s() { n := %d; counts = append(counts[:keep], func() int { n++; return double(n) }) }", name, i)); err != nil {
			t.Fatal(err)
		}
		call := eval(name).(func())
		if err := r.release(name); err != nil {
			t.Fatal(err)
		}
		call()
		if i == 0 {
			eval("keep = 1")
		}
		if got, want := eval("counts[len(counts)-1]()"), 2*(i+1); got != want {
			t.Fatalf("cell %d: got %v, want %d", i, got, want)
		}
	}
	const n = 300
	for i := range n { // what is made once is made
		cell(i)
	}
	before := live()
	for i := range n {
		cell(n + i)
	}
	if each := (int64(live()) - int64(before)) / n; each > 6000 {
		t.Errorf("a cell takes %d bytes for ever", each)
	}
	if got := eval("counts[0]()"); got != 4 {
		t.Errorf("the first closure returns %v, want 4", got)
	}
	runtime.KeepAlive(it)
}

// live is what the heap holds.
func live() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
