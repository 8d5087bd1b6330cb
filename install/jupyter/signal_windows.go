package jupyter

import (
	"os"
	osexec "os/exec"
)

// endSignals are those that end this process, and with it JupyterLab.
var endSignals = []os.Signal{os.Interrupt}

// apart does nothing: a console's Ctrl-C reaches JupyterLab itself.
func apart(*osexec.Cmd) {}

// terminate ends JupyterLab; its kernels end with it, because they watch their parent.
func terminate(p *os.Process) error { return p.Kill() }

// interrupt ends a command.
func interrupt(p *os.Process) error { return p.Kill() }
