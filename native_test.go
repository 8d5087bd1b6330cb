package main

import (
	"strings"
	"testing"

	"lockstep/install"
)

// TestNoNative has a machine without Go: the kernel is installed all the same.
func TestNoNative(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	f := nativeFinding(t.Context())
	if f.State != install.Missing || f.Detail != "there is no go command on PATH" || !strings.Contains(f.Advice, "interp") || !strings.Contains(f.Advice, "install Go") {
		t.Errorf("got %+v, want what is missing, what serves instead, and what to do", f)
	}
	var out strings.Builder
	if err := prepareNative(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "there is no go command on PATH") || !strings.Contains(got, "install Go") {
		t.Errorf("got %q", got)
	}
}
