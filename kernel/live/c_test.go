package live_test

import (
	"testing"

	"lockstep/kernel/live"
)

func TestC(t *testing.T) {
	n := nativeNotebook(t, live.Auto)
	n.steps([]step{
		{"package main\n\n// #include <stdlib.h>\n// #include <string.h>\n// int twice(int x) { /* doubles */ return 2 * x; }\n// typedef struct { int a; } pair;\nimport \"C\"\nimport (\n\t\"fmt\"\n\t\"unsafe\"\n)\n\nvar n C.int = 20\n\ntype holder struct{ p C.pair }\n\nfunc (h *holder) add(x C.int) C.int { h.p.a += x; return h.p.a }\n\nfunc main() {\n\ts := C.CString(\"hello\")\n\tdefer C.free(unsafe.Pointer(s))\n\tvar h holder\n\tfor i := range 2 { h.add(C.int(i)) }\n\tfmt.Println(C.twice(n)+2, C.strlen(s), h.add(1))\n}", "«42 5 2\n»"},
		{"/*\n#include <math.h>\n#cgo LDFLAGS: -lm\nstatic int add(int a, int b) { return a + b; }\n*/\nimport \"C\"\n\nfunc add(a, b int) int {\n\tsum := C.add(C.int(a), C.int(b))\n\treturn int(sum)\n}\nadd(1, 2)", "3"},
		{"add(3, 4)", "7"},
		{"var root float64 = float64(C.sqrt(16))\nroot", "4"}, // the C code of an earlier cell
		{"C.add(5, 6)", "11"},
		{"func use(x int) int { return add(x, int(C.add(1, 1))) }\nuse(3)", "5"},
		{"%%subprocess -n 2 -r 1\nprint(use(40))", "42"},
		{"/*\nint add(int a, int b) { return 100 * a + b; }\nint global = 7;\n*/\nimport \"C\"\nC.global++\nfmt.Sprint(int(C.add(1, 2)), int(C.global), add(1, 2))", `"102 8 3"`}, // other C code in another cell
		{"/*\nint global = 1;\nint add(int a, int b) { return a + b; }\n*/\nimport \"C\"\nfmt.Sprint(int(C.global))", `"1"`},
		{"package main\n\n/*\nextern int twice(int);\nstatic int call(int x) { return twice(x); }\n*/\nimport \"C\"\n\n//export twice\nfunc twice(x C.int) C.int { return x * 2 }\n\nfunc main() { print(C.call(4)) }", "«8»"},
		{"//export twice\nfunc twice(x int32) int32 { return x * 2 }", "line 1, column 1: //export of twice: C code calls functions of whole programs only"},
		{"x := C.add(1, 2)", "line 1, column 1: the type of x depends on C"},
		{"func bad(x C.int) {}", "line 1, column 12: a type of C in what other cells see of bad"},
		{"// int f(void) {\n//   return missing;\n// }\nimport \"C\"\nvar y int = int(C.f())", "line 2, column 13: error: 'missing' undeclared"},
		{"/*\nint f(void) { return missing; }\n*/\nimport \"C\"\nvar y int = int(C.f())", "line 2, column 22: error: 'missing' undeclared"},
		{"import \"C\"\nvar y int = int(C.nothing())", "nothing"},
		{"func TestC(t *testing.T) { if add(20, 22) != 42 { t.Fail() } }", ""},
		{"%test", "ok  \tsession"},
		{"func add(a, b int) int { return a * b }\nuse(10)", "20"},
		{"%engine --restart", ""},
		{"use(5)", "10"},
	})
}

func TestCWithoutAnEngine(t *testing.T) {
	interpNotebook(t).steps([]step{{"import \"C\"\nx := int(C.f())", "cells with C code take a Go toolchain"}})
}
