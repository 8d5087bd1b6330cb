package live_test

import "testing"

func TestListAndRemove(t *testing.T) {
	n := newNotebook(t)
	n.steps([]step{
		{"// a counts.\ntype a struct{ n int }\n\nfunc (x *a) inc() { x.n++ }\nfunc (x a) get() int { return x.n }\nconst one, two = 1, 2", ""},
		{"import r \"math/rand\"\nfunc f(x a) int { return x.get() + one }\nfunc g() int { return f(a{}) + r.Intn(1) }\nv := a{7}\nw := 5", ""},
		{"%list", "import r \"math/rand\"\n\n// a counts.\ntype a struct{ n int }\n\nfunc (x *a) inc() { x.n++ }\n\nfunc (x a) get() int { return x.n }\n\nconst one, two = 1, 2\n\nfunc f(x a) int"},
		{"%list a.get w", "func (x a) get() int { return x.n }\nvar w int\n"},
		{"%rm f", "this breaks func g: cell 2:3:23: undefined: f\nnothing was removed"},
		{"%rm w r nothing", "nothing in the session is called nothing"},
		{"w", "5"},
		{"%rm w", "«removed: w\n»"},
		{"w", "error: "},
		{"w := \"w\"\nw", `"w"`},
		{"%rm -f one", "«removed: one,two, f, g\n»"},
		{"g()", "error: "},
		{"v.get()", "7"},
		{"%rm a.inc", "«removed: a.inc\n»"},
		{"any(&v).(interface{ inc() })", "error: "},
		{"func f() int { return 3 }\nf() + v.get()", "10"},
		{"%rm a", "this breaks var v"},
		{"%rm -f a", "«removed: a, v\n»"},
		{"type a string\na(\"b\")", `"b"`},
		{"f()", "3"},
	})
}

// TestBroken has a cell that breaks what earlier cells declare say how to go on, and that is true.
func TestBroken(t *testing.T) {
	n := newNotebook(t)
	n.steps([]step{
		{"func g(a int) string { return \"int\" }\ntype t struct{}\nfunc h() string { return g(1) }\nfunc (t) m() string { return g(2) }", ""},
		{"func g(a string) string { return a }", "to go on, declare h, t.m anew in the same cell, or begin by %rm h t.m"},
		{"h()", `"int"`},
		{"%rm h t.m", "removed"},
		{"func g(a string) string { return a }\nfunc h() string { return g(\"text\") }\nh()", `"text"`},
		{"func g(a, b int) int { return a + b }\nfunc h() int { return g(1, 2) }\nh()", "3"},
	})
}
