package rewrite

import (
	"os"
	"strings"
	"testing"

	"lockstep/kernel/cell"
	"lockstep/kernel/check"
	"lockstep/kernel/check/stdtypes"
)

// packages is the standard library to a scope.
type packages struct{ *stdtypes.Importer }

func (packages) ByName(name string) []string { return stdtypes.ByName(name) }

// refusals rewrites a cell of a new session and returns what was refused.
func refusals(t *testing.T, code string) check.ErrorList {
	t.Helper()
	scope := check.NewScope(packages{new(stdtypes.Importer)})
	parsed, err := cell.Parse(scope.Fset(), "cell 1", code, 1)
	if err != nil {
		t.Fatal(err)
	}
	if parsed.Program {
		c, err := scope.CheckProgram(parsed)
		if err != nil {
			t.Fatal(err)
		}
		return WholeProgram(c, Options{}).Refused
	}
	c, err := scope.Check(parsed, check.TopLevel)
	if err != nil {
		t.Fatal(err)
	}
	return Cell(NewNames(), c, Options{}).Refused
}

// TestRefusals holds every construct that interp would run wrongly, with the line that the
// error names, and beside it what is like it and runs.
func TestRefusals(t *testing.T) {
	const (
		shape = "type I interface{ M() }\ntype S struct{ n int }\nfunc (S) M() {}\n"
		fault = "type E struct{ n int }\nfunc (E) Error() string { return \"\" }\ntype P struct{ n int }\nfunc (*P) Error() string { return \"\" }\nvar err error\n"
	)
	tests := []struct {
		name, code string
		line       int    // 0: it is not refused
		want       string // of the construct
	}{
		{"two local types over slices", "func f() any { type T []int; return T{1} }\nfunc g() any { type T []int; return T{1} }", 1, "two types of the name T"},
		{"a local type of a session's name", "type T []int\nfunc g() any { type T []int; return T{1} }", 2, "of the name T"},
		{"local structs of one name", "func f() any { type T struct{}; return T{} }\nfunc g() any { type T struct{}; return T{} }", 0, ""},
		{"a named slice out of reflect", "type L []int\nreflect.ValueOf(L{}).Interface()", 2, "reflect's Interface beside L"},
		{"an int out of reflect", "type N int\nreflect.ValueOf(N(1)).Interface()", 0, ""},
		{"types compared beside a named slice", "type L []int\nreflect.TypeOf(1) == reflect.TypeOf(L{})", 2, "a comparison of types beside L"},
		{"a logger behind an interface", "type logger interface{ Info(string, ...any) }\nvar l logger = slog.Default()", 2, "*log/slog.Logger behind"},
		{"an encoder behind an interface", "type encoder interface{ Encode(any) error }\nvar e encoder\ne = json.NewEncoder(os.Stdout)", 3, "*encoding/json.Encoder behind"},
		{"an encoder converted", "interface{ Encode(any) error }(json.NewEncoder(os.Stdout))", 1, "*encoding/json.Encoder behind"},
		{"a file behind an interface", "var w interface{ WriteString(string) (int, error) } = os.Stdout", 0, ""},
		{"caller", "x := 1\nruntime.Caller(0)", 2, "runtime.Caller;"},
		{"callers", "runtime.Callers(0, nil)", 1, "runtime.Callers;"},
		{"frames", "runtime.CallersFrames(nil)", 1, "runtime.CallersFrames;"},
		{"function of a program counter", "runtime.FuncForPC(0)", 1, "runtime.FuncForPC;"},
		{"stack", "runtime.Stack(nil, false)", 1, "runtime.Stack;"},
		{"protected memory", "syscall.Mprotect(nil, 0)", 1, "syscall.Mprotect;"},
		{"the header of a string", "s := \"a\"\n*(*uintptr)(unsafe.Pointer(&s))", 2, "a look into the memory of a string"},
		{"bits of a number", "f := 1.5\n*(*uint64)(unsafe.Pointer(&f))", 0, ""},
		{"stack of debug", "debug.Stack()", 1, "debug.Stack;"},
		{"printed stack", "debug.PrintStack()", 1, "debug.PrintStack;"},
		{"other functions of runtime", "runtime.GC()", 0, ""},

		{"errors.As of a struct", fault + "var e E\nerrors.As(err, &e)", 0, ""},
		{"errors.As of an interface", fault + "var e interface{ Timeout() bool }\nerrors.As(err, &e)", 7, "errors.As with an interface"},
		{"errors.As of a slice", fault + "type L []error\nfunc (L) Error() string { return \"\" }\nvar l L\nerrors.As(err, &l)", 9, "errors.As with an interface or a slice"},
		{"errors.As of a pointer", fault + "var p *P\nerrors.As(err, &p)", 0, ""},
		{"errors.As of the library", fault + "var p *fs.PathError\nerrors.As(err, &p)", 0, ""},
		{"errors.AsType", fault + "errors.AsType[*P](err)", 0, ""},
		{"errors.AsType of an interface", fault + "type T interface{ error; Timeout() bool }\nerrors.AsType[T](err)", 7, "errors.AsType with an interface"},
		{"a struct out of an error", fault + "_ = err.(E)", 0, ""},
		{"a struct out of a Stringer", "type S struct{ n int }\nfunc (S) String() string { return \"\" }\nvar s fmt.Stringer = S{1}\n_ = s.(S)", 4, "the assertion of the struct type S from Stringer"},
		{"a struct out of a Stringer in a switch", "type S struct{ n int }\nfunc (S) String() string { return \"\" }\nvar s fmt.Stringer = S{1}\nswitch s.(type) {\ncase S:\n}", 4, "the assertion of the struct type S from Stringer"},
		{"a pointer out of an error", fault + "_, ok := err.(*P)\nok", 0, ""},

		{"method by reflection", shape + "reflect.TypeOf(S{}).Method(0)", 4, "reflection on methods"},
		{"method by name", shape + "reflect.ValueOf(S{}).MethodByName(\"M\")", 4, "reflection on methods"},
		{"number of methods", shape + "reflect.TypeOf(S{}).NumMethod()", 4, "reflection on methods"},
		{"implements by reflection", shape + "reflect.TypeOf(S{}).Implements(nil)", 4, "reflection on methods"},
		{"name beside a type that is a name only", "type L []int\nreflect.TypeOf(3).Name()", 2, "reflection on the names of types beside L"},
		{"fields by reflection", shape + "reflect.TypeOf(S{}).Field(0).Name", 0, ""},

		{"keys with methods", shape + "m := map[I]int{}\nm[S{1}] = 2", 5, "a map whose keys hold interfaces with methods"},
		{"keys with fields that have methods", shape + "type K struct{ i I }\nvar m map[K]int\n_ = m[K{}]", 6, "a map whose keys hold interfaces with methods"},
		{"keys that are deleted", shape + "var m map[I]int\ndelete(m, S{})", 5, "a map whose keys hold interfaces with methods"},
		{"keys of any type", shape + "m := map[any]int{S{1}: 1}\nm[S{1}]", 0, ""},
		{"keys that are errors", "m := map[error]int{io.EOF: 1}\nm[io.EOF]", 0, ""},

		{"a slice of itself", "type L []L", 1, "the type L, which refers to itself outside a struct"},
		{"a function of itself", "type state func(int) state", 1, "the type state, which refers to itself"},
		{"a pointer to itself", "type P *P", 1, "the type P, which refers to itself"},
		{"through another type", "type A []B\ntype B map[string]A", 1, "the type A, which refers to itself"},
		{"an instance of itself", "type C[T any] chan C[T]\nvar c C[int]", 1, "the type C, which refers to itself"},
		{"a map of functions of a struct", "type M struct{ on map[int]func(*M) int }", 1, "the type M, whose field on holds several functions of that type"},
		{"a slice of named functions of a struct", "type H func(*M)\ntype M struct{ hs []H }", 2, "the type M, whose field hs holds several functions"},
		{"a function of a struct", "type M struct{ f func(*M) *M; ms []*M }", 0, ""},
		{"a function that takes itself", "type f func(f)", 0, ""},
		{"a struct of itself", "type N struct{ kids []N; next *N; f func(N) }", 0, ""},
		{"an interface of itself", "type I interface{ Next() I }", 0, ""},

		{"condition", "for i := 0; func() bool { return i < 3 }(); i++ {\n\t_ = &i\n}", 1, "a function literal that captures the loop's variable"},
		{"step", "for i := 0; i < 3; func() { i++ }() {\n\t_ = &i\n}", 1, "a function literal that captures the loop's variable"},
		{"condition of a variable that nothing keeps", "for i := 0; func() bool { return i < 3 }(); i++ {\n}", 0, ""},

		{"generic type of the library", "var p atomic.Pointer[int]\np.Load()", 1, "the generic type atomic.Pointer"},
		{"generic function of the library", "reflect.TypeFor[int]()", 1, "the generic function reflect.TypeFor"},
		{"generic type in a function", "func f() {\n\ttype T[E any] []E\n\t_ = T[int]{}\n}", 2, "a generic type in a function"},
		{"generic alias", "type A[E any] = []E\nvar a A[int]", 0, ""},
		{"ever more types", "func f[T any](n int, v T) {\n\tif n > 0 {\n\t\tf(n-1, []T{v})\n\t}\n}\nf(2, 1)", 1, "a generic declaration that needs ever more types"},

		{"in a program", "package main\n\nimport \"runtime\"\n\nfunc main() { runtime.Caller(0) }", 5, "runtime.Caller"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := refusals(t, tt.code)
			if tt.line == 0 {
				if len(got) > 0 {
					t.Errorf("refused: %v", got)
				}
				return
			}
			if len(got) == 0 {
				t.Fatalf("not refused; want %q", tt.want)
			}
			e := got[0]
			if !strings.HasPrefix(e.Msg, "the interp engine cannot run ") || !strings.HasSuffix(e.Msg, "; with a Go toolchain the native engine runs it") || !strings.Contains(e.Msg, tt.want) {
				t.Errorf("got %q, want %q", e.Msg, tt.want)
			}
			if e.Pos.Line != tt.line {
				t.Errorf("got line %d, want %d", e.Pos.Line, tt.line)
			}
		})
	}
}

// TestStandardGenerics holds that each generic function of the library that has a
// lowering is called by the program that compares them with Go's.
func TestStandardGenerics(t *testing.T) {
	src, err := os.ReadFile("../live/testdata/lowering/standard_generics.go")
	if err != nil {
		t.Fatal(err)
	}
	for name := range standardGenerics {
		if text := string(src); !strings.Contains(text, name+"(") && !strings.Contains(text, name+"[") {
			t.Errorf("%s is not in standard_generics.go", name)
		}
	}
}
