package live_test

import (
	"flag"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"lockstep/kernel/rewrite/rewritetest"
)

var reduce = flag.Int("reduce", 0, "reduce generated program `N` to what the interpreter gets wrong, and print it")

// TestReduce is a tool: go test -run TestReduce -reduce 17.
func TestReduce(t *testing.T) {
	if *reduce == 0 {
		t.Skip("-reduce N says which program")
	}
	p := generated(*reduce, *reduce+1)[0]
	if wrong(t, []string{p}) != 0 {
		t.Fatal("the program is right")
	}
	for start := time.Now(); time.Since(start) < 2*time.Minute; {
		next := -1
		smaller := rewritetest.Smaller(p)
		for chunk := range slices.Chunk(smaller, 12) {
			if next = wrong(t, chunk); next >= 0 {
				p = chunk[next]
				break
			}
		}
		if next < 0 {
			break
		}
	}
	fmt.Println(rewritetest.Whole(mark, p))
}

var prefixed = regexp.MustCompile(`\bp\d+([a-zA-Z]\w*)`)

// wrong returns the place of the first program that the interpreter gets wrong, or -1.
func wrong(t *testing.T, programs []string) int {
	t.Helper()
	var own []string
	for i, p := range programs {
		own = append(own, prefixed.ReplaceAllString(p, prefix(i)+"$1"))
	}
	dir := t.TempDir()
	file, binary := filepath.Join(dir, "main.go"), filepath.Join(dir, "main")
	if err := os.WriteFile(file, []byte(strings.Replace(rewritetest.Whole(mark, own...), "func main()", "var _, _, _ = fmt.Sprint, strings.ToUpper, new(sync.Mutex)\n\nfunc main()", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := osexec.Command("go", "build", "-gcflags=-N -l", "-o", binary, file).CombinedOutput(); err != nil {
		t.Logf("go build: %s", out)
		return -1
	}
	cmd := osexec.Command("timeout", "5", binary)
	out, _ := cmd.CombinedOutput()
	want := strings.Split(string(out), mark+"\n")
	n := interpNotebook(t)
	for i, p := range own {
		if i >= len(want)-1 {
			return -1
		}
		_, got, fault := n.run(t.Context(), rewritetest.Whole(mark, p))
		if fault != nil && strings.Contains(strings.Join(fault.Traceback, ""), "cannot run") {
			continue
		}
		if fault != nil || strings.TrimSuffix(got, mark+"\n") != want[i] {
			return i
		}
	}
	return -1
}
