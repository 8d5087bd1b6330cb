//go:build linux

package live_test

import (
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestEndOfAProcessWhosePipesAreHeld kills a session process when another that has made itself independent
// has its standard streams: the cell ends, with what was printed before.
func TestEndOfAProcessWhosePipesAreHeld(t *testing.T) {
	n := newNotebook(t)
	n.must("import (\"fmt\"; \"os\"; \"syscall\")")
	pid, _, err := n.run(t.Context(), `held, _ := syscall.ForkExec("/bin/sleep", []string{"sleep", "1000"}, &syscall.ProcAttr{Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{Setsid: true}})
held`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if id, err := strconv.Atoi(pid); err == nil && id > 0 {
			_ = syscall.Kill(id, syscall.SIGKILL)
		}
	}()
	_, out, err := n.run(t.Context(), "os.NewFile(1, \"raw\").WriteString(\"last words\")\nsyscall.Kill(os.Getpid(), syscall.SIGKILL)\nselect {}")
	if err == nil || !strings.Contains(err.Value, "signal: killed") {
		t.Errorf("got %v, want that the process was killed", err)
	}
	if !strings.Contains(out, "last words") {
		t.Errorf("printed %q, want the last words", out)
	}
	n.must("20 + 22")
}
