package check

import (
	"strings"
	"testing"
)

func TestMend(t *testing.T) {
	tests := []struct{ text, want string }{
		{"x := 1\n", "x := 1\n"},
		{"f(a", "f(a)"},
		{"f(a[i.b\ny := 2", "f(a[i.b])\ny := 2"},
		{"if x.y\nf()", "if x.y {}\nf()"},
		{"for _, x := range xs\nf()", "for _, x := range xs {}\nf()"},
		{"for _, x := range []int{1} {\n\tx\n}", "for _, x := range []int{1} {\n\tx\n}"},
		{"if x := f(); x > 0 {\n\ty\n} else if z {\n}", "if x := f(); x > 0 {\n\ty\n} else if z {\n}"},
		{"func f() {\n\tx\n", "func f() {\n\tx}\n"},
		{"func f() {\n\tif x {\n\nfunc g() {}\nfunc (p P) h() {}", "func f() {\n\tif x {\n\n}}; func g() {}\nfunc (p P) h() {}"},
		{"g(func() {\n\tx.y\n", "g(func() {\n\tx.y})\n"},
		{"}} x)", "   x "},
		{"f(a]", "f(a )"},
		{"f(func() { x )", "f(func() { x })"},
		{"import (\n\t\"fmt\"\n", "import (\n\t\"fmt\")\n"},
		{"import (\n\t\"fmt\"\n)\nvar (\n\tx = 1\n)", "import (\n\t\"fmt\"\n)\nvar (\n\tx = 1\n)"},
		{"f(x // why", "f(x) // why"},
		{"P{X: 1, Y", "P{X: 1, Y}"},
		{"s := \"(\" + `{`", "s := \"(\" + `{`"},
	}
	for _, tt := range tests {
		got, moved := mend(tt.text)
		if got != tt.want {
			t.Errorf("mend(%q):\ngot  %q\nwant %q", tt.text, got, tt.want)
		}
		for off, c := range tt.text {
			if !strings.ContainsRune(")]}", c) && got[moved(off)] != tt.text[off] {
				t.Errorf("mend(%q): offset %d went to %d, which is %q", tt.text, off, moved(off), got[moved(off)])
			}
		}
	}
}

func TestOperandBefore(t *testing.T) {
	for _, want := range []string{"x", "x.y", "f(a, b)", "f(a)[0].g()", "P{X: 1}", "[]int{1}", "(a + b)", "m[\"k\"]", "f(func() { return })", "\"s\""} {
		text := "y = " + want + "."
		lex := withoutComments(lexemes(text))
		if got := text[operandBefore(lex, len(lex)-1) : len(text)-1]; got != want && !(want == "[]int{1}" && got == "int{1}") {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
