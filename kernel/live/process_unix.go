//go:build unix

package live

import (
	"os"
	osexec "os/exec"
	"syscall"

	"lockstep/exec/procs"
)

// inherit gives the child its two ends of the pipe as descriptors 3 and 4, and has it lead a family, which is a process
// group as well, so that a terminal's or a server's signals to our group pass it by.
func inherit(cmd *osexec.Cmd, read, write *os.File) {
	cmd.ExtraFiles = []*os.File{read, write}
	procs.LeadFamily(cmd)
}

func killGroup(cmd *osexec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
