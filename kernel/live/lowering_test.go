package live_test

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "make the golden files of testdata/lowering anew, by go run")

// unitPath is the import path of a compiled unit, which a program sees where its own
// would be main: see bench/conform/native.md.
var unitPath = regexp.MustCompile(`cell/[0-9a-f]{20}`)

// TestLowering runs whole programs whose output a plain interpreter gets wrong
// and compares it with what go run printed.
func TestLowering(t *testing.T) {
	files, err := filepath.Glob("testdata/lowering/*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no programs", err)
	}
	for _, file := range files {
		golden := strings.TrimSuffix(file, ".go") + ".out"
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			if *update {
				out, err := exec.CommandContext(t.Context(), "go", "run", file).Output()
				if err != nil {
					t.Fatalf("go run: %v %v", err, errors.Unwrap(err))
				}
				if err := os.WriteFile(golden, out, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			src, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			_, got, fault := newNotebook(t).run(t.Context(), string(src))
			if fault != nil {
				t.Fatalf("%s\nafter the output\n%s", strings.Join(fault.Traceback, "\n"), got)
			}
			got = unitPath.ReplaceAllString(got, "main")
			if got != string(want) {
				t.Errorf("output:\n%s\nwant:\n%s\nfirst difference: %s", got, want, firstDifference(got, string(want)))
			}
		})
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return g[i] + " | " + w[i]
		}
	}
	return "the number of lines"
}

// TestAfterACellThatTheEngineGaveUp imports again what such a cell has imported.
func TestAfterACellThatTheEngineGaveUp(t *testing.T) {
	n := interpNotebook(t)
	n.must("func f(xs ...int) {}")
	if _, out, err := n.run(t.Context(), "fmt.Println(1)\nf(nil...)"); err == nil || out != "" {
		t.Fatalf("the engine runs it now (%q, %v): this test needs another cell that it gives up", out, err)
	}
	if _, out, err := n.run(t.Context(), "fmt.Println(2)"); err != nil || out != "2\n" {
		t.Errorf("got %q, %v", out, err)
	}
}

// TestRefused holds what interp must not run, since the result would be wrong.
func TestRefused(t *testing.T) {
	tests := []struct{ name, code, want string }{
		{"caller", "x := 1\nruntime.Caller(0)", "line 2, column 1: the interp engine cannot run runtime.Caller; with a Go toolchain"},
		{"errors.As", "type E struct{ n int }\nfunc (e E) Error() string { return \"\" }\nvar err error = E{1}\nvar t interface{ Timeout() bool }\nerrors.As(err, &t)", "line 5, column 1: the interp engine cannot run errors.As"},
		{"condition", "for i := 0; func() bool { return i < 3 }(); i++ {\n\t_ = &i\n}", "line 1, column 13: the interp engine cannot run a function literal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := interpNotebook(t)
			_, out, err := n.run(t.Context(), tt.code)
			if err == nil || err.Name != "compile error" || !strings.Contains(strings.Join(err.Traceback, "\n"), tt.want) {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			if out != "" {
				t.Errorf("it ran: %q", out)
			}
			if v, _, err := n.run(t.Context(), "6 * 7"); err != nil || v != "42" {
				t.Errorf("afterwards: got %q, %v", v, err)
			}
		})
	}
}
