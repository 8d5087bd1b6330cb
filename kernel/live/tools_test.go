package live_test

import (
	"context"
	"strings"
	"testing"

	"lockstep/kernel/lang"
	"lockstep/kernel/live"
)

func TestTestAndVet(t *testing.T) {
	n := nativeNotebook(t, live.Auto)
	n.steps([]step{
		{"%test", "the session has no Test, Benchmark, Example or Fuzz function"},
		{"factor := 3\nnames := []string{strings.ToUpper(\"a\")}\n// triple multiplies.\nfunc triple(x int) int {\n\tunused := 1\n\tif y := 2; true {\n\t\tswitch z := x; {\n\t\tdefault:\n\t\t}\n\t}\n\treturn x * factor\n}\nfunc first() string { return names[0] }", ""},
		{"%%test -v\n\nfunc TestTriple(t *testing.T) {\n\tt.Log(triple(2))\n\tif triple(2) != 6 { t.Fail() }\n}\nfunc Example_first() {\n\tfmt.Println(len(names), os.Getenv(\"FROM_CELL\"))\n\t// Output: 0 set\n}", "FAIL"},
		{"%env FROM_CELL=set", "«"},
		{"%test -v -run Example", "note: variables that have their zero values in the tests, since it took a call to make what they have: names\n"},
		{"%test -v -run Triple", "=== RUN   TestTriple\n    cell 3:4: 6\n--- PASS: TestTriple"},
		{"func TestBad(t *testing.T) {\n\tdefer func() { t.Error(\"wrong\") }()\n}\nfunc BenchmarkTriple(b *testing.B) { for b.Loop() { triple(3) } }", ""},
		{"%test", "    cell 7:2: wrong\nFAIL\nexit status 1\nFAIL\tsession\t"},
		{"%test", "error: test failed: %test: go test ended with exit status 1"},
		{"%test -run '^$' -bench . -benchtime 10x", "BenchmarkTriple"},
		{"%rm TestBad", "removed"},
		{"%vet", "nothing found"},
		{"func bad(x int) {\n\tx = x\n\tfmt.Printf(\"%d\\n\", \"text\")\n}", ""},
		{"%vet", "cell 13, line 2, column 2: self-assignment of x\n    2 | \tx = x\ncell 13, line 3, column 14: fmt.Printf format %d has arg \"text\" of wrong type string"},
		{"%vet -printf", "«cell 13, line 3"},
		{"import . \"strings\"\n%env X=1\nloud := func() string { return ToUpper(\"a\") }\nfmt.Printf(\"%d\\n\", \"later\")\nloud() + \"!\"", "A!"},
		{"%vet -printf", "«cell 13, line 3, column 14: fmt.Printf format %d has arg \"text\" of wrong type string\n    3 | \tfmt.Printf(\"%d\\n\", \"text\")\ncell 16, line 4, column 13: fmt.Printf format %d has arg \"later\" of wrong type string"},
		{"%vet -nothing", "error: "},
		{"factor", "3"},
		{"%rm bad", "removed"},
		{everything, ""},
		{"%test -v -run Everything", "--- PASS: TestEverything"},
		{"%list three", "// numbers\nconst"},
	})
}

// everything is what a package has to be written with care for.
const everything = `type (
	// stack holds.
	stack[T any] struct{ xs []T }
	alias = stack[int]
)
// numbers
const (
	one = iota + 1
	two
	three
)
func (s *stack[T]) push(x T) { s.xs = append(s.xs, x) }

//go:noinline
func mix(in any, c chan int, m map[string]int) (n int) {
	var a, b = 1, 2
	for i, x := range m { n++ }
	for i := range 3 { n++ }
	switch v := in.(type) { case int: n++; case string: }
	select { case x, ok := <-c: n++; default: }
	if f := func() { q := 1 }; m != nil { go f() }
label: y := 2
	if n > 100 { goto label }
	return n
}
pair := struct{ a int; s []string }{3, []string{"x"}}
var started time.Time
pi := math.Pi
count := two + len(pair.s)
var boxed any = alias{[]int{1}}
hook := func(x int) int { return mix(x, nil, nil) }
func TestEverything(t *testing.T) {
	var lock lab.Lock
	lock.With(func() { pair.a++ })
	var s stack[string]
	s.push("a")
	if got := fmt.Sprintf("%v %v %v %v %.2f %d %T %d", len(s.xs), three, pair.a, started.IsZero(), pi, count, boxed, hook(1)); got != "1 3 4 true 3.14 3 main.stack[int] 4" {
		t.Error(got)
	}
}`

// stopper stops a cell when it prints a word.
type stopper struct {
	*recorder
	word string
	stop func()
}

func (s stopper) Stream(name, text string) {
	s.recorder.Stream(name, text)
	if strings.Contains(text, s.word) {
		s.stop()
	}
}

// TestTestStops interrupts a test that would run for an hour.
func TestTestStops(t *testing.T) {
	n := nativeNotebook(t, live.Auto)
	ctx, cancel := context.WithCancel(t.Context())
	out := stopper{&recorder{}, "begun", cancel}
	code := "%%test -v\nfunc TestLong(t *testing.T) { fmt.Println(\"begun\"); time.Sleep(time.Hour) }"
	if r := n.s.Execute(ctx, lang.Request{Code: code, Count: 1}, out); r.Err == nil || r.Err.Name != "interrupted" {
		t.Errorf("got %v, %q", r.Err, out)
	}
	n.steps([]step{{"6 * 7", "42"}})
}
