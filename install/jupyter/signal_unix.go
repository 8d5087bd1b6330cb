//go:build unix

package jupyter

import (
	"os"
	osexec "os/exec"
	"syscall"
)

// endSignals are those that end this process, and with it JupyterLab.
var endSignals = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}

// apart starts cmd in a process group of its own: a Ctrl-C then reaches this process
// alone, which passes on SIGTERM. To the SIGINT of the terminal JupyterLab answers
// with a question.
func apart(cmd *osexec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// terminate asks JupyterLab to end its kernels and itself.
func terminate(p *os.Process) error { return p.Signal(syscall.SIGTERM) }

// interrupt stops a command as Ctrl-C does.
func interrupt(p *os.Process) error { return p.Signal(syscall.SIGINT) }
