//go:build !linux

package procs

import (
	"os"
	osexec "os/exec"
)

// LeadFamily has a command that is not started yet lead a family: here that is a process group.
func LeadFamily(cmd *osexec.Cmd) { isolate(cmd) }

// EndFamily does nothing: what this process has started cannot be found here.
func EndFamily() {}

// Wait waits for a leader to end, kills the rest of its group, and fills in cmd.ProcessState. The command's pipes stay open.
func Wait(cmd *osexec.Cmd) {
	_ = cmd.Wait() // how it ended is in ProcessState
	killGroup(cmd.Process.Pid)
}

// killLeader kills a process and the rest of its group.
func killLeader(leader int) {
	if p, err := os.FindProcess(leader); err == nil {
		_ = p.Kill() // the only error is that it has ended
		_ = p.Release()
	}
	killGroup(leader)
}

// thisProgram starts this program.
func thisProgram() string {
	path, _ := os.Executable() // "" cannot be started, and that is an error
	return path
}
