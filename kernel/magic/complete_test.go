package magic

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"lockstep/kernel/display"
)

// at returns the cell without its | and the place of that in code points.
func at(cell string) (code string, pos int) {
	before, after, _ := strings.Cut(cell, "|")
	return before + after, len([]rune(before))
}

func TestComplete(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"notes.txt", "no way.txt", ".hidden", "sub/inner.go"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		name, cell string
		want       string // the text that is replaced, then what with; "-" where the cell is Go
	}{
		{"line names", "%ti|", "%ti: %time %%time %timeit %%timeit"},
		{"not the first line", "x := 1\n%ti|", "%ti: %time %timeit"},
		{"cell names", "%%ti|", "%%ti: %%time %%timeit"},
		{"one sign finds the cell magic", "%comp|", "%comp: %%compare"},
		{"inside the name", "%ti|me f()", "%ti: %time %%time %timeit %%timeit"},
		{"blank lines before", "\n%%comp|", "%%comp: %%compare"},
		{"non-ASCII text before", "s := \"日本語\"\n%pw|", "%pw: %pwd"},
		{"flags", "%%compare --m|", "--m: --modes"},
		{"short flags", "%timeit -|", "-: --loops -n --repeat -r"},
		{"mode", "%%compare -n 2 --modes s|", "s: simple serialized subprocess"},
		{"second mode", "%%compare --modes simple,go|", "go: goroutines"},
		{"mode behind =", "%%compare --modes=simple,as|", "as: async"},
		{"number", "%%compare -n |", ":"},
		{"engine flag", "%%compare --engine na|", "na: native"},
		{"engine", "%engine |", ": auto interp native"},
		{"help", "%help ser|", "ser: serialized"},
		{"paths", "%load |", ": no\\ way.txt notes.txt sub/"},
		{"path prefix", "%load not|", "not: notes.txt"},
		{"path in a folder", "%load sub/i|", "sub/i: sub/inner.go"},
		{"path with a quoted blank", `%cd "no w|`, `"no w: no\ way.txt`},
		{"hidden path", "%load .h|", ".h: .hidden"},
		{"path of a flag", "%%compare --json no|", "no: no\\ way.txt notes.txt"},
		{"path of a command", "!cat日 not|", "not: notes.txt"},
		{"unknown folder", "%load where/|", "where/:"},
		{"Go after %time", "%time strings.Rep|", "-"},
		{"Go after flags", "%timeit -n 5 strings.Rep|", "-"},
		{"Go below", "%%compare\nstrings.Rep|", "-"},
		{"Go", "strings.Rep|", "-"},
		{"names of the session", "%rm -f fi|", "-"},
		{"flags of a magic that takes names", "%rm -|", "-: --force -f"},
		{"flags of a tool", "%test -bench|", "-bench: -bench -benchmem -benchtime"},
		{"modulo", "x :=\n 5 %ti|", "-"},
		{"text of a file", "%%writefile a\n%ti|", ":"},
		{"script", "%%bash\nech|", ":"},
		{"unknown magic", "%nothing x|", ":"},
	} {
		t.Run(test.name, func(t *testing.T) {
			code, pos := at(test.cell)
			c, ok := Complete(code, pos, dir)
			got := "-"
			if ok {
				got = string([]rune(code)[c.Start:c.End]) + ":"
				for _, i := range c.Items {
					got += " " + i.Text
				}
			}
			if got != test.want {
				t.Errorf("got %q want %q", got, test.want)
			}
		})
	}
}

func TestCompletionKinds(t *testing.T) {
	for cell, want := range map[string]string{"%lsm|": "magic", "%who --d|": "flag", "%%compare --modes si|": "keyword"} {
		code, pos := at(cell)
		c, _ := Complete(code, pos, "")
		if len(c.Items) != 1 || c.Items[0].Kind != want {
			t.Errorf("%s: got %v want one of kind %s", cell, c.Items, want)
		}
	}
}

func TestInspect(t *testing.T) {
	for _, test := range []struct {
		cell, want string // beginning of the text, "" for nothing
	}{
		{"%ti|meit f()", "%timeit, %%timeit:"},
		{"%%compare| -n 2\nf()", "%%compare:"},
		{"%%compare -n 2 --mo|des simple\nf()", "%%compare:"},
		{"%timeit -n| 5 fib(3)", "%timeit, %%timeit:"},
		{"%timeit -n 5 fi|b(3)", ""},
		{"%%compare\nf|()", ""},
		{"%nothi|ng", ""},
		{"fmt|", ""},
	} {
		code, pos := at(test.cell)
		b, found := Inspect(code, pos)
		text, _ := b.Data[display.MIMEText].(string)
		if found != (test.want != "") || !strings.HasPrefix(text, test.want) {
			t.Errorf("%s: got %t, %.30q want %q", test.cell, found, text, test.want)
		}
	}
}

func TestWords(t *testing.T) {
	for _, test := range []struct {
		in   string
		want []string // an open quote is shown by a trailing …
	}{
		{"", nil},
		{"  a\tbc  ", []string{"a", "bc"}},
		{`'a b' "c d"e`, []string{"a b", "c de"}},
		{`a\ b \"c\" \\`, []string{"a b", `"c"`, `\`}},
		{`C:\dir\new`, []string{`C:\dir\new`}},
		{`'a\'`, []string{`a\`}},
		{`"a\"b"`, []string{`a"b`}},
		{`''`, []string{""}},
		{`f('"')`, []string{`f(")`}},
		{`x "a b`, []string{"x", "a b…"}},
		{`x\`, []string{`x\`}},
	} {
		var got []string
		for _, w := range words(test.in) {
			if w.open {
				w.text += "…"
			}
			got = append(got, w.text)
		}
		if diff := cmp.Diff(got, test.want); diff != "" {
			t.Errorf("%s: got (-) want (+)\n%s", test.in, diff)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add("%%compare -n 2 --modes 'si", 12)
	f.Add("!cat \"日", 7)
	f.Fuzz(func(t *testing.T, code string, pos int) {
		c, ok := Complete(code, pos, t.TempDir())
		if n := len([]rune(code)); ok && (c.Start < 0 || c.End < c.Start || c.End > n) && pos >= 0 && pos <= n {
			t.Errorf("got %d to %d of %d", c.Start, c.End, n)
		}
		Inspect(code, pos)
		for _, w := range words(code) {
			if w.start < 0 || w.end <= w.start || w.end > len(code) {
				t.Errorf("word %q at %d to %d of %d", w.text, w.start, w.end, len(code))
			}
		}
	})
}
