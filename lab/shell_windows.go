package lab

import "os/exec"

func shellCommand(command string) (name string, args []string) {
	return "cmd", []string{"/C", command}
}

// ownGroup does nothing: what a command has started cannot be ended with it.
func ownGroup(*exec.Cmd) {}

func killGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }
