package cell_test

import (
	"strings"
	"testing"

	"lockstep/kernel/cell"
)

func TestFormat(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"x:=1", "x := 1"},
		{"x:=1\n\n", "x := 1\n\n"},
		{"func  f( ) int{return 1}", "func f() int { return 1 }"},
		{"func f()int{\nreturn 1}\nx:=f()\nif x>0{\nfmt.Println(x)\n}", "func f() int {\n\treturn 1\n}\nx := f()\nif x > 0 {\n\tfmt.Println(x)\n}"},
		{"// f does.\nfunc f(){}\n\n// Now call it.\nf( )\n// g too\ntype t struct{a int;bc string}", "// f does.\nfunc f() {}\n\n// Now call it.\nf()\n// g too\ntype t struct {\n\ta  int\n\tbc string\n}"},
		{"type t int // a number\nx:=t(1) // one", "type t int // a number\nx := t(1) // one"},
		{"type t int; x:=t(1)", "type t int\nx := t(1)"},
		{"import(\n\"os\"\n\"fmt\"\n)\nfmt.Println(os.Args)", "import (\n\t\"fmt\"\n\t\"os\"\n)\nfmt.Println(os.Args)"},
		{"package main\nfunc main(){}", "package main\n\nfunc main() {}"},
		{"s:=`a\n b`\ns", "s := `a\n b`\ns"},
		{"  x:=1\n  y:=2", "x := 1\ny := 2"},
	} {
		got, err := cell.Format(test.text, 1)
		if err != nil || got != test.want {
			t.Errorf("%q: got %q, %v want %q", test.text, got, err, test.want)
		}
		if again, err := cell.Format(got, 1); err != nil || again != got {
			t.Errorf("%q: formatted again it is %q, %v", got, again, err)
		}
	}
	if _, err := cell.Format("x := (", 7); err == nil || !strings.Contains(err.Error(), "cell:7:7: expected operand") {
		t.Errorf("got error %v, want one at the end of line 7", err)
	}
}
