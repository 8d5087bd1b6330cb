package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestEveryPackageLooksForLeaks has the tests of each package end with a look for goroutines that are left. What only makes
// files of this repository is exempt.
func TestEveryPackageLooksForLeaks(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", "{{if or .TestGoFiles .XTestGoFiles}}{{.Dir}}{{end}}", "./exec/...", "./install/...", "./kernel/...", "./lab/...", "./notebooks/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, dir := range strings.Fields(string(out)) {
		if filepath.Base(dir) == "gen" || filepath.Base(dir) == "rewritetest" {
			continue
		}
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		found := false
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			found = found || strings.Contains(string(text), "go.uber.org/goleak")
		}
		if !found {
			t.Errorf("%s: its tests do not use goleak", dir)
		}
	}
}
