//go:build !unix

package procs

import (
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"runtime"

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

func readNow(*os.File, []byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func usedNow() Used { return Used{} }

func isolate(*osexec.Cmd) {}

func killGroup(int) {}

func awaitExit(*osexec.Cmd) ending { return ending{} }

func reap(*osexec.Cmd) {}

func enlarge(*os.File) {}

// childless: not known here.
func childless() bool { return true }
