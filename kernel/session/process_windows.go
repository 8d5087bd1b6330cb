package session

import (
	"os"
	osexec "os/exec"
	"syscall"
	"time"
)

func ownGroup(cmd *osexec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

func signalOf(*os.ProcessState) string { return "" }

// processTimes returns the processor time that this process has used.
func processTimes() (user, system time.Duration) {
	var create, exit, kernel, usr syscall.Filetime
	h, err := syscall.GetCurrentProcess()
	if err != nil || syscall.GetProcessTimes(h, &create, &exit, &kernel, &usr) != nil {
		return 0, 0
	}
	return time.Duration(usr.Nanoseconds()), time.Duration(kernel.Nanoseconds())
}
