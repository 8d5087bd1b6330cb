//go:build !unix

package procs

import (
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"runtime"

	"lockstep/exec/measure"
	"lockstep/exec/shm"
)

// supported says that there are no worker processes here.
func supported() error {
	return fmt.Errorf("modes with processes are not available on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Pipes returns the pipes to the session, of a process that it has started.
func Pipes() (orders, reports *os.File, err error) { return nil, nil, supported() }

func inherited() (*shm.Region, error) { return nil, supported() }

func inheritedLine(int) (questions, responses *os.File, err error) { return nil, nil, supported() }

func hangUp(io.Reader) <-chan struct{} { return nil }

func usedNow() Used { return Used{} }

func isolate(*osexec.Cmd) {}

func killGroup(int) {}

func awaitExit(*osexec.Cmd) {}

func reap(*osexec.Cmd) {}

func enlarge(*os.File) {}

func died(*os.ProcessState, *measure.Outcome) {}

func exitCode(s *os.ProcessState) int { return s.ExitCode() }

func peak(*os.ProcessState, int64) int64 { return 0 }

// childless: not known here.
func childless() bool { return true }
