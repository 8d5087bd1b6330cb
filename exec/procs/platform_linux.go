package procs

import (
	"os"
	osexec "os/exec"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// isolate has a process lead a group of its own, and die with the thread that
// starts it.
func isolate(cmd *osexec.Cmd) {
	cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true, Pdeathsig: unix.SIGKILL}
}

// awaitExit waits for a process to end, and finds out how. Until it is reaped, its id, and thereby
// that of its group, is nobody else's.
func awaitExit(cmd *osexec.Cmd) ending {
	var info unix.Siginfo
	var used unix.Rusage
	for unix.Waitid(unix.P_PID, cmd.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, &used) == unix.EINTR {
	}
	e := ending{user: time.Duration(used.Utime.Nano()), system: time.Duration(used.Stime.Nano()), peakBytes: int64(used.Maxrss) << 10}
	// The process and its user are told first, from where a pointer could be on, and the status after them.
	const word = unsafe.Sizeof(uintptr(0))
	e.code = int(*(*int32)(unsafe.Add(unsafe.Pointer(&info), (12+word-1)/word*word+8)))
	if info.Code != exited {
		e.code, e.signal = -e.code, unix.SignalName(syscall.Signal(e.code))
	}
	return e
}

// exited is the code of a child that was not ended by a signal: CLD_EXITED.
const exited = 1

// childless reports whether this process has no child, not even one that has ended.
func childless() bool {
	return unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WNOWAIT|unix.WNOHANG, nil) == unix.ECHILD
}

// reap kills what is left of the group of a process that has ended, and lets go of the process. It does not wait for
// that: if anybody has looked at the files of its threads in /proc, as [exec.ReadyTime] does, the system call goes round and round until those have
// left there, which took 9 ms and, of a thousand times on a busy machine, once a second.
func reap(cmd *osexec.Cmd) {
	killGroup(cmd.Process.Pid)
	go func() { _ = cmd.Wait() }() // awaitExit knows how it ended
}

// enlarge lets more be written to a pipe at once; without it 100 MB take twice
// the time.
func enlarge(f *os.File) {
	if c, err := f.SyscallConn(); err == nil {
		// If the limit for pipes is reached, the pipe stays as it is.
		_ = c.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, 1<<20) })
	}
}
