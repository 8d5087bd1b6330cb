//go:build unix && !linux

package procs

import (
	"os"
	osexec "os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// isolate has a process lead a group of its own.
func isolate(cmd *osexec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// awaitExit waits for a process to end, and finds out how.
func awaitExit(cmd *osexec.Cmd) ending {
	_ = cmd.Wait() // how it ended is in ProcessState
	s := cmd.ProcessState
	e := ending{code: s.ExitCode(), user: s.UserTime(), system: s.SystemTime()}
	if r, ok := s.SysUsage().(*syscall.Rusage); ok {
		e.peakBytes = maxRSS(r)
	}
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.code, e.signal = -int(status.Signal()), unix.SignalName(status.Signal())
	}
	return e
}

// reap kills what is left of the group of a process that has ended.
func reap(cmd *osexec.Cmd) { killGroup(cmd.Process.Pid) }

func enlarge(*os.File) {}

// childless: not known here.
func childless() bool { return true }
