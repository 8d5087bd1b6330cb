//go:build unix

package lab

import (
	"os/exec"
	"syscall"
)

func shellCommand(command string) (name string, args []string) {
	return "/bin/sh", []string{"-c", command}
}

// ownGroup makes cmd the leader of a process group, so that what it starts can
// be ended with it.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
