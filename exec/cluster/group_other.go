//go:build !unix

package cluster

import osexec "os/exec"

// inGroup does nothing: there are no process groups in this sense.
func inGroup(*osexec.Cmd) {}
