//go:build !unix

package native

import osexec "os/exec"

// inGroup does nothing where there are no process groups.
func inGroup(*osexec.Cmd) {}
