package live_test

import (
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/goproxytest"

	"lockstep/kernel/display"
	"lockstep/kernel/live"
)

// online has the go command get modules from the test data of package native, and from what
// it has of its own already, into a module cache that ends with the test.
func online(t *testing.T) {
	t.Helper()
	out, err := osexec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	server := goproxytest.NewTestServer(t, filepath.FromSlash("../native/testdata/modules"), "")
	t.Setenv("GOPROXY", server.URL+",file://"+filepath.ToSlash(strings.TrimSpace(string(out)))+"/cache/download")
	t.Setenv("GONOSUMDB", "*")
	t.Setenv("GOFLAGS", "-modcacherw") // so that the test can remove it
	t.Setenv("GOMODCACHE", filepath.Join(t.TempDir(), "modules"))
}

// step is a cell, and what its value and output have to contain; of a cell that
// fails "error: " and what the error has to contain.
type step struct{ cell, want string }

func (n *notebook) steps(list []step) {
	n.t.Helper()
	for _, s := range list {
		value, out, err := n.run(n.t.Context(), s.cell)
		got := value
		if out != "" {
			got += "«" + out + "»"
		}
		if err != nil {
			got += "error: " + strings.Join(err.Traceback, "\n")
		}
		if (s.want == "") != (got == "") || !strings.Contains(got, s.want) {
			n.t.Errorf("%s\ngot %s\nwant %s", s.cell, got, s.want)
		}
	}
}

// TestModules has cells import packages of third-party modules.
func TestModules(t *testing.T) {
	online(t)
	n := nativeNotebook(t, live.Auto)
	n.steps([]step{
		{"import \"example.org/unheard\"", "line 1, column 8: package example.org/unheard: "},
		{"%get example.org/greet@v1.0.0", "«added example.org/greet v1.0.0\n»"},
		{"%mod", "example.org/greet v1.0.0"},
		{"import \"example.org/greet\"\np := greet.Person{Name: \"Ann\"}\ngreet.Write(os.Stdout, p)", "«hello Ann\n»"},
		{"p.Name += \"a\"\np", `greet.Person{Name: "Anna"}`}, // plain statements over a compiled value
		{"q := p", ""},
		{"greet.Write(os.Stdout, q)\ngreet.Count", "2«hello Anna\n»"},
		{"func hi(n string) { greet.Write(os.Stdout, greet.Person{Name: n}) }\nhi(\"Bob\")", "«hello Bob\n»"},
		{"%%subprocess -n 2 -r 1\nhi(\"worker\")\ngreet.Count", "hello worker"},
		{"package main\n\nimport (\"example.org/greet\"; \"os\")\n\nfunc main() { greet.Write(os.Stdout, greet.Person{Name: \"main\"}) }", "«hello main\n»"},
		// Build flags.
		{"%goflags -tags loud", "has loaded other versions of example.org/greet, so its process is started anew\n-tags=loud\n"},
		{"greet.Tagged", "true"},
		{"%goflags off", "no build flags"},
		{"greet.Tagged", "false"},
		{"%goflags -race", "-race is not for units: the session's own program"},
		{"%goflags -gcflags=-m", "«-gcflags='-m'\n»"},
		{"func escapes() *greet.Person { p := greet.Person{}; return &p }", "cell 17:1:51: moved to heap: p\n"},
		{"%goflags off", "no build flags"},
		{"greet.Count = 3", ""},
		// Another module leaves everything in place.
		{"import \"github.com/google/uuid\"\nuuid.Nil", "note: got github.com/google/uuid: added github.com/google/uuid v1."},
		{"greet.Count", "3"},
		{"greet.Write(os.Stdout, p)", "«hello Anna\n»"},
		// Another version of what is loaded takes a fresh process.
		{"%get example.org/greet@v1.1.0", "so its process is started anew\nchanged example.org/greet v1.0.0 to v1.1.0\n"},
		{"hi(\"Bob\")", "«good day Bob\n»"},
		{"p", `greet.Person{Name: "Anna"}`}, // values that can be sent survive
		{"import \"example.org/greet/nothing\"", "error: "},
		{"greet.Count", "1"},
		{"%get example.org/greet@v9.9.9", "error: "},
	})
}

// TestQuestions asks about third-party packages, and about values of compiled types.
func TestQuestions(t *testing.T) {
	online(t)
	n := nativeNotebook(t, live.Auto)
	n.steps([]step{
		{"%get example.org/greet@v1.0.0", "added"},
		{"import \"example.org/greet\"\np := greet.Person{Name: \"Ann\"}", ""},
		{"type shape interface{ area() float64 }\ntype sq struct{ side float64; Tag string }\nfunc (q sq) area() float64 { return q.side * q.side }\nvar s shape = sq{side: 2}", ""},
		{"[]any{s, &s}[0]", `sq{side: 2, Tag: ""}`},
	})
	for _, test := range []struct{ code, want string }{
		{"greet.Wr|", "Write function (w io.Writer, p Person)"},
		{"p.|", "Name field string"},
		{"s.|", "area method () float64"},
		{"import \"example.org/|", "example.org/greet package ,example.org/greet/net package ,example.org/greet/words package "},
	} {
		code, pos := at(test.code)
		var got []string
		for _, i := range n.s.Complete(t.Context(), code, pos).Items {
			got = append(got, i.Text+" "+i.Kind+" "+i.Signature)
		}
		if strings.Join(got, ",") != test.want {
			t.Errorf("%s: got %q, want %q", test.code, got, test.want)
		}
	}
	for _, test := range []struct{ code, want string }{
		{"greet.Wri|te", "func Write(w io.Writer, p Person)\n\nimport \"example.org/greet\"\n\nWrite greets a person."},
		{"p|", "var p greet.Person\n\nvalue: greet.Person{Name: \"Ann\"}\n\ndeclared in cell 2"},
		{"s|", "var s shape\n\nvalue: sq{side: 2, Tag: \"\"}"},
	} {
		code, pos := at(test.code)
		b, _ := n.s.Inspect(t.Context(), code, pos, 0)
		if got, _ := b.Data[display.MIMEText].(string); !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: got %s, want %s", test.code, got, test.want)
		}
	}
}

// at takes the cursor out of a text.
func at(text string) (code string, pos int) {
	before, after, _ := strings.Cut(text, "|")
	return before + after, len([]rune(before))
}

// TestModuleOfTheHost gets a module that raises a version which the session's program links.
func TestModuleOfTheHost(t *testing.T) {
	online(t)
	n := nativeNotebook(t, live.Native)
	n.steps([]step{
		{"x := 1\nfunc f() int { return 2 }", ""},
		{"import \"example.org/eager\"\neager.Origin()", "the session's own program is built with one of these modules, so its process is started anew\n"},
		{"eager.Origin()", `"the stand-in"`},
		{"f() + x", "3"},
		{"%%subprocess -n 2 -r 1\nprint(eager.Origin())", "the stand-in"},
	})
}

// TestModulesWithoutAnEngine says why there are none.
func TestModulesWithoutAnEngine(t *testing.T) {
	n := interpNotebook(t)
	n.steps([]step{
		{"x := 1\nimport \"golang.org/x/text/cases\"", "take a Go toolchain, and this session was started without one\n    2 | import"},
		{"%get golang.org/x/text", "error: "},
		{"%mod", "modules take a Go toolchain"},
		{"x", "error: "},
	})
}

// TestFolders has cells import packages of a module in a folder, whose text changes.
func TestFolders(t *testing.T) {
	online(t)
	n := nativeNotebook(t, live.Auto)
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write("mine/go.mod", "module example.net/mine/v2\n\ngo 1.25\n\nrequire example.org/greet v1.0.0\n")
	write("mine/words.txt", "embedded")
	write("mine/mine.go", "package mine\n\nimport (\n\t_ \"embed\"\n\n\t\"example.org/greet\"\n)\n\n//go:embed words.txt\nvar Words string\n\n// Ann is somebody.\nvar Ann = greet.Person{Name: \"Ann\"}\n")
	write("mine/in/in.go", "package in\n\nfunc Fail(i int) int { return 1 / i }\n")
	write("none/a.go", "package none\n")
	n.steps([]step{
		{"%cd " + dir, dir},
		{"import \"example.net/mine/v2\"", "package example.net/mine/v2: "},
		{"%get ./none", "none has no go.mod, so it is no module"},
		{"%get ./mine", "«example.net/mine/v2 is what is in ./mine now\nadded example.org/greet v1.0.0\n»"},
		{"%get ./mine", "«nothing has changed\n»"},
		{"import \"example.net/mine/v2\"\nmine.Words", `"embedded"`},
		{"mine.Ann", `greet.Person{Name: "Ann"}`},
		{"import \"example.net/mine/v2/in\"\nin.Fail(1)", "1"},
		{"func TestWords(t *testing.T) { if mine.Words != \"embedded\" { t.Error(mine.Words) } }\n%test", "PASS"},
	})
	if doc, _ := n.s.Inspect(t.Context(), "mine.Ann", 8, 0); !strings.Contains(fmt.Sprint(doc.Data[display.MIMEText]), "Ann is somebody.") {
		t.Errorf("mine.Ann is documented as %v", doc)
	}
	write("mine/words.txt", "changed")
	n.steps([]step{
		{"mine.Words", `"embedded"`},
		{"%get " + filepath.Join(dir, "mine"), "example.net/mine/v2 is what is in " + filepath.Join(dir, "mine") + " now\n"},
		{"mine.Words", `"changed"`},
		{"%get example.net/mine/v2@none", "compile error"}, // a function uses it
		{"mine.Words", `"changed"`},
		{"func words() string { return mine.Words }\nwords()", `"changed"`},
	})
}
