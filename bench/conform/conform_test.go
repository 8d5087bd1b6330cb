package main

import (
	"bytes"
	"runtime"
	"strings"
	"testing"
)

func TestWanted(t *testing.T) {
	other := "windows"
	if runtime.GOOS == other {
		other = "linux"
	}
	tests := []struct {
		name, src string
		want      bool
	}{
		{"run", "// run\n\n// Copyright\n\npackage main\n", true},
		{"constraint before", "//go:build " + runtime.GOOS + "\n\n// run\n\npackage main\n", true},
		{"constraint that does not hold", "// run\n\n//go:build " + other + "\n\npackage main\n", false},
		{"constraint behind the package clause", "// run\n\npackage main\n\n//go:build " + other + "\n", true},
		{"flags", "// run -gcflags=-l\n\npackage main\n", false},
		{"folder", "// rundir\n\npackage ignored\n", false},
		{"another first line", "// Copyright\n\n// run\n\npackage main\n", false},
	}
	for _, tt := range tests {
		if got := wanted(tt.src); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestGroupOf(t *testing.T) {
	for file, want := range map[string]string{"/go/test/range4.go": "range", "/go/test/append.go": "base", "/go/test/typeparam/cons.go": "typeparam"} {
		if got := groupOf("/go/test", file); got != want {
			t.Errorf("%s: got %s, want %s", file, got, want)
		}
	}
}

func TestDifference(t *testing.T) {
	for _, tt := range []struct{ got, want, text string }{
		{"a\nb\n", "a\nc\n", `line 2 of the output is "b", want "c"`},
		{"a\n", "a\nb\n", `line 2 of the output is "", want "b"`},
		{"a", "a\n", "1 lines of output, want 2"},
	} {
		if got := difference(tt.got, tt.want); got != tt.text {
			t.Errorf("got %q, want %q", got, tt.text)
		}
	}
}

func TestTable(t *testing.T) {
	verdicts := []verdict{
		{"test/a.go", "base", passed, ""}, {"test/b.go", "base", wrong, "differs"},
		{"test/ken/c.go", "ken", refused, "no"}, {"test/d.go", "base", failed, "also in go run"},
	}
	var b bytes.Buffer
	writeTable(&b, verdicts)
	want := `
     group  files  passed  refused  failed  wrong  crashed
      base      3       1        0       1      1        0
       ken      1       0        1       0      0        0
  together      4       1        1       1      1        0
`
	if got := "\n" + b.String(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}

	listing := formatBaseline("go1.2", []verdict{{"test/d.go", "base", failed, "exit status 2"}, {"test/a.go", "base", passed, ""}})
	beyond, ok := beyondGo(listing, "go1.2")
	if !ok || len(beyond) != 1 || !beyond["test/d.go"] {
		t.Errorf("got %v, %v from %q", beyond, ok, listing)
	}
	if _, ok := beyondGo(listing, "go1.3"); ok {
		t.Error("a listing serves another version")
	}
}

// TestBaseline holds that the listing in the repository is of the toolchain in use, or says so.
func TestBaseline(t *testing.T) {
	var b bytes.Buffer
	writeShare(&b, "go0.1", nil)
	if !strings.Contains(b.String(), "run with -go once") {
		t.Errorf("got %q", b.String())
	}
	beyond, _ := beyondGo(baseline, "")
	for f := range beyond {
		if !strings.HasPrefix(f, "test/") {
			t.Errorf("%s: %q is no file of GOROOT/test", baselineFile, f)
		}
	}
}
