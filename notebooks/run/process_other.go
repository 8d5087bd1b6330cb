//go:build !unix

package run

import (
	"errors"
	"os"
	osexec "os/exec"
)

func apart(*osexec.Cmd) {}

// parentEnv takes back what this process may have inherited from a Jupyter server.
func parentEnv() string { return "JPY_PARENT_PID=" }

func terminate(*os.Process) error { return errors.ErrUnsupported }

func killGroup(int) {}
