package cellsym_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"lockstep/kernel/display"
	"lockstep/kernel/session/cellsym"
	"lockstep/kernel/session/stdsym"
)

const shapes = `
type shape interface { Area() float64 }
type circle struct { r, q float64 }
func (c circle) Area() float64 { return c.r }
func (c circle) String() string { return fmt.Sprint("circle ", c.r) }
type square struct { a float64 }
func (s *square) Area() float64 { return s.a * s.a }
func (s *square) String() string { return fmt.Sprint("square ", s.a) }
type named circle
type plain struct { a, b int }
type code struct { n int }
func (c code) Error() string { return fmt.Sprint("code ", c.n) }
func (c code) Unwrap() error { return io.EOF }
type padded int
func (p padded) Format(s fmt.State, verb rune) { fmt.Fprintf(s, "<%d %c>", int(p), verb) }
type listed int
func (listed) MarshalJSON() ([]byte, error) { return []byte("[1]"), nil }
type keyed int
func (keyed) MarshalText() ([]byte, error) { return []byte("key"), nil }
type page struct { n int; title string }
func (p page) HTML() string { return "<b>" + p.title + "</b>" }
func made(r float64) shape { other := 1; _ = other; c := circle{r, 0}; return c }
`

// TestBare passes values in interfaces on to fmt, from other frames than those
// in which they got into the interface.
func TestBare(t *testing.T) {
	for _, tt := range []struct{ name, cell, want string }{
		{"any", `func(v any) { w := circle{1, 1}; fmt.Print(bare.Bare([]any{v}...), " ", w) }(circle{10, 0})`, "circle 10 circle 1"},
		{"interface of the cell", `func(s shape) { w := circle{1, 1}; fmt.Print(bare.Bare([]any{s}...), " ", w) }(circle{10, 0})`, "circle 10 circle 1"},
		{"interface made by a function", `func() { s := made(5); fmt.Print(bare.Bare([]any{s}...)) }()`, "circle 5"},
		{"element", `for _, s := range []shape{circle{1, 2}, made(3)} { fmt.Print(bare.Bare([]any{s}...), ".") }`, "circle 1.circle 3."},
		{"map element", `for k, s := range map[string]shape{"k": made(3)} { fmt.Print(k, bare.Bare([]any{s}...)) }`, "kcircle 3"},
		{"channel", `func() { c := make(chan shape, 1); c <- made(4); fmt.Print(bare.Bare([]any{<-c}...)) }()`, "circle 4"},
		{"pointer", `func(v any) { fmt.Print(bare.Bare([]any{v}...)) }(&square{3})`, "square 3"},
		{"method of the pointer only", `func(v any) { fmt.Print(bare.Bare([]any{v}...)) }(square{3})`, "{3}"},
		{"type without methods", `func(v any) { fmt.Print(bare.Bare([]any{v}...)) }(plain{1, 2})`, "{1 2}"},
		{"type that does not inherit methods", `func(v any) { fmt.Print(bare.Bare([]any{v}...)) }(named{1, 2})`, "{1 2}"},
		{"basic", `func(v any) { fmt.Print(bare.Bare([]any{v}...)) }(3)`, "3"},
		{"nil", `func(v any) { fmt.Print(bare.Bare([]any{v}...)) }(nil)`, "<nil>"},
		{"nil of an interface of the cell", `func() { var s shape; fmt.Print(bare.Bare([]any{s}...)) }()`, "<nil>"},
		{"nil pointer", `func() { var p *square; vs := []any{p}; fmt.Printf("%v %d", bare.Bare([]any{vs[0]}...), bare.Bare([]any{vs[0]}...)) }()`, "<nil> 0"},
		{"compiled type", `func(v any) { fmt.Print(bare.Bare([]any{v}...)) }(io.EOF)`, "EOF"},
		{"verbs", `func(v any) { fmt.Printf("%v|%s|%q|%9s|%.1f", bare.Bare([]any{v}...), bare.Bare([]any{v}...), bare.Bare([]any{v}...), bare.Bare([]any{v}...), bare.Bare([]any{v}...)) }(circle{1, 2})`, `circle 1|circle 1|"circle 1"| circle 1|{1.0 2.0}`},
		{"error", `func(v any) { fmt.Print(bare.Bare([]any{v}...)) }(code{4})`, "code 4"},
		{"wrapped error", `func(v any) { err := fmt.Errorf("in: %w", bare.Bare([]any{v}...)); fmt.Print(err, errors.Is(err, io.EOF)) }(code{4})`, "in: code 4 true"},
		{"Formatter", `func(v any) { fmt.Printf("%x", bare.Bare([]any{v}...)) }(padded(4))`, "<4 x>"},
		{"MarshalJSON", `func(v any) { b, err := json.Marshal(bare.Bare([]any{v}...)); fmt.Print(string(b), err, bare.Bare([]any{v}...)) }(listed(4))`, "[1]<nil> 4"},
		{"MarshalText", `func(v any) { b, err := json.Marshal(bare.Bare([]any{v}...)); fmt.Print(string(b), err, bare.Bare([]any{v}...)) }(keyed(4))`, `"key"<nil> 4`},
		{"deferred", `func(v any) { defer fmt.Print(" later ", bare.Bare([]any{v}...)); v = made(7); fmt.Print(bare.Bare([]any{v}...)) }(circle{1, 2})`, "circle 7 later circle 1"},

		{"spread", `fmt.Print([]any{circle{1, 2}, " ", &square{3}, plain{1, 2}, nil, 4}...)`, "circle 1 square 3 {1 2} <nil> 4"},
		{"spread, list unchanged", `func() { vs := []any{circle{1, 2}}; fmt.Print(vs...); c, ok := vs[0].(circle); fmt.Print(c.q, ok) }()`, "circle 12 true"},
		{"spread to Sprintf", `func() { vs := []any{circle{1, 2}, code{3}}; fmt.Print(fmt.Sprintf("%v-%v", vs...)) }()`, "circle 1-code 3"},
		{"spread to Appendln", `func() { vs := []any{circle{1, 2}, code{3}}; fmt.Print(string(fmt.Appendln(nil, vs...))) }()`, "circle 1 code 3\n"},
		{"spread of parameters", `func(vs ...any) { fmt.Print(vs...) }(circle{1, 2}, " ", code{3})`, "circle 1 code 3"},
		{"spread of nothing", `func(vs ...any) { fmt.Print(vs...); fmt.Print(fmt.Appendln(nil, vs...)) }()`, "[10]"},
		{"any, type without methods, not rewritten", `func(v any) { fmt.Print(v, fmt.Sprint(v)) }(plain{1, 2})`, "{1 2}{1 2}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := new(fakeHost)
			it := session(t, h, "fmt", "io", "errors", "encoding/json")
			bare := stdsym.Exports{stdsym.Key("bare", "bare"): {"Bare": reflect.ValueOf(cellsym.Bare(it))}}
			if err := it.Use(bare); err != nil {
				t.Fatal(err)
			}
			run(t, it, `import "bare"`, shapes, tt.cell)
			if got := h.out.String(); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestBareDisplay shows a value with a display method by its interface.
func TestBareDisplay(t *testing.T) {
	s := new(screen)
	display.SetHost(s)
	t.Cleanup(func() { display.SetHost(nil) })
	it := session(t, new(fakeHost), "fmt", "io")
	bare := cellsym.Bare(it)
	show := run(t, it, shapes, `func get() any { v := []any{page{3, "x"}}; return v[0] }`,
		`func both(f func(any)) { for _, v := range []any{page{3, "x"}, circle{4, 0}} { f(v) } }`, `both`).Interface().(func(func(any)))
	show(func(v any) { display.Any(bare(v)) })
	if len(s.shown) != 2 || s.shown[0].Bundle.Data[display.MIMEHTML] != "<b>x</b>" || s.shown[1].Bundle.Data[display.MIMEText] != "circle 4" {
		t.Errorf("got %v, want the HTML and the text", s.shown)
	}
}

// TestBareCompiled leaves values of compiled types alone.
func TestBareCompiled(t *testing.T) {
	bare := cellsym.Bare(session(t, new(fakeHost)))
	var b strings.Builder
	for _, v := range []any{nil, 3, "x", &b, json.Number("3"), struct{ a int }{1}} {
		if got := bare(v); got != v {
			t.Errorf("got %v, want %v", got, v)
		}
	}
}
