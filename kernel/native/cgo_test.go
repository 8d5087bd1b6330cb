package native_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"lockstep/kernel/native"
	"lockstep/kernel/native/nativetest"
)

// TestCgo has a unit with C in it, which another imports, call into a library and back.
func TestCgo(t *testing.T) {
	tc := nativetest.Toolchain(t)
	first := build(t, tc, native.Unit{Cgo: true, Imports: []string{"fmt", "unsafe"}, Source: `package main

/*
#cgo CFLAGS: -DFACTOR=7
#cgo LDFLAGS: -lm
#include <math.h>
#include <stdlib.h>
#include <string.h>
typedef struct { int x; double y; } pair;
static int times(int n) { return n * FACTOR; }
static pair make(int x) { pair p = {x, sqrt(x)}; return p; }
*/
import "C"

import (
	"fmt"
	"unsafe"
)

type Pair = C.pair

type Exported struct{}

func (Exported) Times(n int) int { return int(C.times(C.int(n))) }

func init() {
	s := C.CString("four")
	defer C.free(unsafe.Pointer(s))
	fmt.Println(C.strlen(s), C.make(9).x, float64(C.make(9).y))
}
`})
	second := build(t, tc, native.Unit{Imports: []string{"fmt"}, Units: []string{first.Path}, Source: fmt.Sprintf(`package main

import (
	"fmt"
	first %q
)

var _ = func() int { fmt.Println(first.Exported{}.Times(6)); return 0 }()
`, first.Path)})
	if got, want := load(t, tc, first.Plugin, second.Plugin), "4 9 3\n42\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCgoDiagnostics(t *testing.T) {
	tc := nativetest.Toolchain(t)
	for _, c := range []struct{ name, source, want string }{
		{"unknown name", "//line cell 7:2:1\n\nimport \"C\"\n\nvar x = C.nothing()\n", "cell 7:5:9: could not determine what C.nothing refers to"},
		{"in Go", "//line cell 7:2:1\n\nimport \"C\"\n\nvar x C.int = 1.5\n\nvar y string = x", "cell 7:7:16: cannot use x"},
		{"in C", "//line cell 7:1:1\n\n/*\nint f() { return x; }\n*/\nimport \"C\"\n\nvar x = C.f()\n", "cell 7:3:18: error: 'x' undeclared"},
		{"library", "//line cell 7:1:1\n\n// #cgo LDFLAGS: -lnot-there\nimport \"C\"\n\nvar x C.int\n", "not-there"},
		{"pkg-config", "//line cell 7:1:1\n\n// #cgo pkg-config: not-there\nimport \"C\"\n\nvar x C.int\n", "pkg-config not-there: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := tc.Build(t.Context(), native.Unit{Cgo: true, Source: "package main\n\n" + c.source})
			wrong, ok := errors.AsType[*native.BuildError](err)
			if !ok || !strings.Contains(wrong.Error(), c.want) {
				t.Errorf("got error %v, want a BuildError with %q", err, c.want)
			}
		})
	}
}
