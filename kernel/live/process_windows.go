package live

import (
	"os"
	osexec "os/exec"
	"strconv"
	"syscall"
)

// inherit passes the two ends of the pipe as handles, whose numbers the child
// finds in its environment: Windows has no inherited descriptors.
func inherit(cmd *osexec.Cmd, read, write *os.File) {
	r, w := syscall.Handle(read.Fd()), syscall.Handle(write.Fd())
	cmd.SysProcAttr = &syscall.SysProcAttr{AdditionalInheritedHandles: []syscall.Handle{r, w}, CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	cmd.Env = append(cmd.Env, "LOCKSTEP_PIPE="+strconv.Itoa(int(r))+","+strconv.Itoa(int(w)))
	for _, h := range []syscall.Handle{r, w} {
		_ = syscall.SetHandleInformation(h, syscall.HANDLE_FLAG_INHERIT, 1)
	}
}

func killGroup(cmd *osexec.Cmd) { _ = cmd.Process.Kill() }
