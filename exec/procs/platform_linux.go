package procs

import (
	"os"
	osexec "os/exec"

	"golang.org/x/sys/unix"
)

// isolate has a process lead a group of its own, and die with the thread that
// starts it.
func isolate(cmd *osexec.Cmd) {
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
}

// awaitExit waits for a process to end. Until it is reaped, its id, and thereby
// that of its group, is nobody else's.
func awaitExit(cmd *osexec.Cmd) {
	for {
		err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return
		}
	}
}

// childless reports whether this process has no child, not even one that has ended.
func childless() bool {
	return unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil) == unix.ECHILD
}

// reap kills what is left of the group of a process that has ended, and finds
// out how it ended.
func reap(cmd *osexec.Cmd) {
	killGroup(cmd.Process.Pid)
	_ = cmd.Wait() // how it ended is in ProcessState
}

// enlarge lets more be written to a pipe at once; without it 100 MB take twice
// the time.
func enlarge(f *os.File) {
	if c, err := f.SyscallConn(); err == nil {
		// If the limit for pipes is reached, the pipe stays as it is.
		_ = c.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}
