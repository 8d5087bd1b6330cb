//go:build unix

package native

import (
	osexec "os/exec"
	"syscall"
)

// inGroup has a tool lead a process group of its own, all of which ends when the
// context ends: the go command and the linker start others.
func inGroup(cmd *osexec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
