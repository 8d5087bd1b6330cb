//go:build unix

package cluster

import (
	osexec "os/exec"
	"syscall"
)

// inGroup gives a process a group of its own.
func inGroup(cmd *osexec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
