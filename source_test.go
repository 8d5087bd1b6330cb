package main

import (
	"io/fs"
	"slices"
	"strings"
	"testing"

	"lockstep/kernel/native/nativetest"
)

// TestSource compares what this program carries with what the session's program is built from.
func TestSource(t *testing.T) {
	got, want := names(t, source), names(t, nativetest.Source(t))
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s is not in this program; add its folder to source.go", name)
		}
	}
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s is in this program and nothing needs it; take its folder from source.go", name)
		}
	}
}

func names(t *testing.T, source fs.FS) []string {
	t.Helper()
	var all []string
	err := fs.WalkDir(source, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(name, "_test.go") {
			all = append(all, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
