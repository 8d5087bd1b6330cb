package native_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"lockstep/kernel/native/nativetest"
)

// TestAnswers looks at what Go's linker has the C compiler do for one unit: link, and
// none of the trials that take as long. It fails when a Go version asks something new.
func TestAnswers(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the linker's questions are answered on Linux only")
	}
	tc := nativetest.OwnToolchain(t)
	script, log := filepath.Join(tc.Cache(), "cc"), filepath.Join(t.TempDir(), "log")
	text, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	noting := strings.Replace(string(text), "\nexec ", "\necho \"$*\" >>'"+log+"'\nexec ", 1)
	if err := os.WriteFile(script, []byte(noting), 0o700); err != nil {
		t.Fatal(err)
	}
	build(t, tc, small)
	said, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(string(said)), "\n"); len(lines) != 1 || strings.Contains(lines[0], "trivial.c") {
		t.Errorf("got the C compiler run with\n%s\nwant one line, which links", said)
	}
}
