package native_test

import (
	"fmt"
	osexec "os/exec"
	"testing"
	"time"

	"lockstep/kernel/native"
	"lockstep/kernel/native/nativetest"
)

// fresh is a unit as a cell's declarations make one, that was never built before.
func fresh(n int) native.Unit {
	return native.Unit{
		Imports: []string{"fmt", "lockstep/kernel/rt", "strings"},
		Source: fmt.Sprintf(`package main

import (
	"fmt"
	_ "lockstep/kernel/rt"
	"strings"
)

type shape interface{ area() float64 }

type rectangle struct{ w, h float64 }

func (r rectangle) area() float64 { return r.w * r.h }

func total(shapes ...shape) (sum float64) {
	for _, s := range shapes {
		sum += s.area()
	}
	return sum
}

var built = fmt.Sprint(strings.Repeat("x", %d), total(rectangle{2, 3}), %d)
`, n%10, time.Now().UnixNano()),
	}
}

func BenchmarkBuild(b *testing.B) {
	tc := nativetest.Toolchain(b)
	build(b, tc, fresh(0))
	var compile, link time.Duration
	for i := 0; b.Loop(); i++ {
		got := build(b, tc, fresh(i))
		compile += got.Compile
		link += got.Link
	}
	b.ReportMetric(float64(compile.Microseconds())/1000/float64(b.N), "compile-ms/op")
	b.ReportMetric(float64(link.Microseconds())/1000/float64(b.N), "link-ms/op")
}

func BenchmarkBuildCached(b *testing.B) {
	tc := nativetest.Toolchain(b)
	u := fresh(0)
	build(b, tc, u)
	for b.Loop() {
		if got := build(b, tc, u); !got.Cached {
			b.Fatal("it was built again")
		}
	}
}

func BenchmarkFind(b *testing.B) {
	source := nativetest.Source(b)
	for b.Loop() {
		if _, err := native.Find(b.Context(), native.Options{Source: source}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHost starts the program of the session process and ends it.
func BenchmarkHost(b *testing.B) {
	tc := nativetest.Toolchain(b)
	for b.Loop() {
		if err := osexec.Command(tc.Host(), "load").Run(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkHostLoad does so with one small unit.
func BenchmarkHostLoad(b *testing.B) {
	tc := nativetest.Toolchain(b)
	u := build(b, tc, native.Unit{Source: "package main\n\nimport \"fmt\"\n\nvar _ = fmt.Sprint()\n", Imports: []string{"fmt"}})
	for b.Loop() {
		if err := osexec.Command(tc.Host(), "load", u.Plugin).Run(); err != nil {
			b.Fatal(err)
		}
	}
}
