//go:build unix

package run

import (
	"os"
	osexec "os/exec"
	"strconv"
	"syscall"
)

// apart starts cmd in a process group of its own, which a Ctrl-C at the terminal
// does not reach: the run interrupts its cell by a message.
func apart(cmd *osexec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// parentEnv makes the kernel end when this process is gone.
func parentEnv() string { return "JPY_PARENT_PID=" + strconv.Itoa(os.Getpid()) }

func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// killGroup kills what is left of the group that began with the process pid.
func killGroup(pid int) { syscall.Kill(-pid, syscall.SIGKILL) }
