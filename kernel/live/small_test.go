package live_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// TestSmallPrograms runs the programs NAME.go in the archives of testdata/small. Each prints what is in NAME.out, which
// go run printed, or interp refuses it with the construct in NAME.refused. Compiled programs need no lowering.
func TestSmallPrograms(t *testing.T) {
	paths, err := filepath.Glob("testdata/small/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal("no programs", err)
	}
	for _, path := range paths {
		a, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files := map[string]*txtar.File{}
		for i := range a.Files {
			files[a.Files[i].Name] = &a.Files[i]
		}
		topic := strings.TrimSuffix(filepath.Base(path), ".txtar")
		t.Run(topic, func(t *testing.T) {
			for name, f := range files {
				if name, ok := strings.CutSuffix(name, ".go"); ok {
					t.Run(name, func(t *testing.T) { checkSmall(t, string(f.Data), files[name+".out"], files[name+".refused"]) })
				}
			}
		})
		if *update {
			if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func checkSmall(t *testing.T, src string, out, refused *txtar.File) {
	if *update && out != nil {
		out.Data = goRun(t, src)
	}
	_, got, fault := interpNotebook(t).run(t.Context(), src)
	switch {
	case refused != nil:
		want := "the interp engine cannot run " + strings.TrimSpace(string(refused.Data))
		if fault == nil || !strings.Contains(strings.Join(fault.Traceback, "\n"), want) || got != "" {
			t.Errorf("got %v, printed %q, want %q", fault, got, want)
		}
	case fault != nil:
		t.Errorf("%s\nafter the output\n%s", strings.Join(fault.Traceback, "\n"), got)
	case out == nil:
		t.Error("nothing says what it prints")
	case got != string(out.Data):
		t.Errorf("output:\n%s\nwant:\n%s\nfirst difference: %s", got, out.Data, firstDifference(got, string(out.Data)))
	}
}

// goRun is what a program prints.
func goRun(t *testing.T, src string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(src), 0o644); err != nil {
		t.Fatal(err)
	}
	text, err := exec.CommandContext(t.Context(), "go", "run", file).Output()
	if err != nil {
		t.Fatalf("go run: %v %v", err, errors.Unwrap(err))
	}
	return text
}
