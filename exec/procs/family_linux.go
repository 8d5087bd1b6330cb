package procs

import (
	"os"
	osexec "os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// LeadFamily has a command that is not started yet lead a family: itself and all that it starts, whatever group that is
// in and whatever has become of its parent. What makes itself independent with setsid, as a service does, leaves it.
func LeadFamily(cmd *osexec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// EndFamily kills the family of this process, itself left out, which starts no others any more: any start waits for ever.
// It is for a leader about to exit that nobody outlives to do it ([Wait]).
func EndFamily() {
	syscall.ForkLock.Lock()
	killFamily(os.Getpid())
}

// Wait waits for a leader to end, kills the rest of its family, and fills in cmd.ProcessState. The command's pipes stay open.
func Wait(cmd *osexec.Cmd) {
	awaitExit(cmd)
	killFamily(cmd.Process.Pid) // not reaped, so that the number is nobody else's
	_ = cmd.Wait()              // how it ended is in ProcessState
}

// killLeader kills a family, its leader first.
func killLeader(leader int) {
	_ = unix.Kill(leader, unix.SIGKILL) // the only error is that it has ended
	killFamily(leader)
}

// thisProgram starts this program, under another name than that in its path and also when its file has been replaced.
func thisProgram() string {
	const self = "/proc/self/exe"
	if _, err := os.Stat(self); err == nil {
		return self
	}
	path, _ := os.Executable() // "" cannot be started, and that is an error
	return path
}

// killFamily kills all processes of a family but this one. One that is killed may have started another meanwhile:
// it looks until nobody is left to kill.
func killFamily(leader int) {
	killed := map[int]bool{os.Getpid(): true, leader: true}
	for again := true; again; {
		again = false
		entries, err := os.ReadDir("/proc")
		if err != nil {
			killGroup(leader) // without /proc that is all that can be found
			return
		}
		for _, e := range entries {
			pid, err := strconv.Atoi(e.Name())
			if err != nil || killed[pid] {
				continue
			}
			if sid, err := unix.Getsid(pid); err == nil && sid == leader {
				_ = unix.Kill(pid, unix.SIGKILL) // the only error is that it has ended
				killed[pid], again = true, true
			}
		}
	}
}
