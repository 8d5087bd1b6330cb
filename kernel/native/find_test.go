package native_test

import (
	"errors"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"lockstep/kernel/native"
)

// TestFindMissing has stand-ins for go say what a machine lacks.
func TestFindMissing(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Go has no plugins on windows")
	}
	const env = `{"GOVERSION":"go1.26.8","GOROOT":"","CC":"cc-of-this-test","CGO_ENABLED":"1"}`
	for _, c := range []struct {
		name   string
		script string // of the go command; "" for none
		cc     bool
		want   string
	}{
		{"no go", "", true, "there is no go command on PATH"},
		{"too old", `[ "$GO111MODULE" = off ] && { echo go1.20.3; exit; }; echo "go: go.mod requires go >= 1.26.0" >&2; exit 1`, true,
			"go1.20.3 is older than go1.26.0, which the native engine needs"},
		{"broken", `echo "cannot find GOROOT" >&2; exit 2`, true, "does not answer: cannot find GOROOT"},
		{"mad", `echo hello`, true, "does not answer: invalid character"},
		{"no C compiler", "echo '" + env + "'", false, "there is no C compiler cc-of-this-test on PATH, which linking a plugin takes"},
		{"cgo off", "echo '" + strings.Replace(env, `"1"`, `"0"`, 1) + "'", true, "cgo is switched off (CGO_ENABLED=0), and plugins need it"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if c.script != "" {
				writeScript(t, filepath.Join(dir, "go"), c.script)
			}
			if c.cc {
				writeScript(t, filepath.Join(dir, "cc-of-this-test"), "exit 0")
			}
			t.Setenv("PATH", dir)
			_, err := native.Find(t.Context(), native.Options{Source: fstest.MapFS{"go.mod": {Data: []byte("module lockstep\n\ngo 1.26.0\n")}}, Cache: t.TempDir()})
			missing, ok := errors.AsType[*native.MissingError](err)
			if !ok || !strings.Contains(missing.Error(), c.want) {
				t.Fatalf("got error %v, want a MissingError with %q", err, c.want)
			}
			if missing.Advice == "" || strings.HasSuffix(missing.What, ".") {
				t.Errorf("got %q, advice %q; want a sentence without a full stop, and advice", missing.What, missing.Advice)
			}
		})
	}
}

// writeScript makes a command of a line of shell.
func writeScript(t *testing.T, path, script string) {
	t.Helper()
	sh, err := osexec.LookPath("sh")
	if err != nil {
		sh = "/bin/sh" // PATH is set by the test already
	}
	if err := os.WriteFile(path, []byte("#!"+sh+"\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
}
