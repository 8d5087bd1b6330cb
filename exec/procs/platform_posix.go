//go:build unix && !linux

package procs

import (
	"os"
	osexec "os/exec"
	"syscall"
)

// isolate has a process lead a group of its own.
func isolate(cmd *osexec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// awaitExit waits for a process to end, and finds out how.
func awaitExit(cmd *osexec.Cmd) {
	_ = cmd.Wait() // how it ended is in ProcessState
}

// reap kills what is left of the group of a process that has ended.
func reap(cmd *osexec.Cmd) { killGroup(cmd.Process.Pid) }

func enlarge(*os.File) {}

// childless: not known here.
func childless() bool { return true }
