package run_test

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lockstep/notebooks/nb"
	"lockstep/notebooks/run"
	"lockstep/notebooks/run/runtest"
)

// roleEnv says what the test binary is to be when a test starts it.
const roleEnv = "RUN_TEST_ROLE"

// The roles. Their argument is the connection file.
const (
	roleKernel   = "kernel"
	roleCrash    = "crash"    // says why and exits
	roleMute     = "mute"     // says something and never listens
	roleStubborn = "stubborn" // a kernel that starts a child, and does not end when it is told to
	roleChild    = "child"    // opens the pipe of fifoEnv
	roleParent   = "parent"   // starts a kernel, which opens the pipe of fifoEnv
)

// fifoEnv names a pipe that tells that the process which opened it is gone.
const fifoEnv = "RUN_TEST_FIFO"

func TestMain(m *testing.M) {
	file := os.Args[len(os.Args)-1]
	switch os.Getenv(roleEnv) {
	case roleKernel:
		exit(runtest.Serve(file))
	case roleStubborn:
		child := osexec.Command(os.Args[0])
		child.Env = append(os.Environ(), roleEnv+"="+roleChild)
		if err := child.Start(); err != nil {
			exit(err)
		}
		err := runtest.Serve(file)
		signal.Ignore(syscall.SIGTERM)
		fmt.Fprintln(os.Stderr, "served:", err)
		time.Sleep(time.Hour)
	case roleChild:
		f, err := os.OpenFile(os.Getenv(fifoEnv), os.O_WRONLY, 0)
		if err != nil {
			exit(err)
		}
		defer f.Close()
		time.Sleep(time.Hour)
	case roleParent:
		k, err := run.Start(context.Background(), role(roleKernel))
		if err != nil {
			exit(err)
		}
		_, err = k.Run(context.Background(), notebook("hold "+os.Getenv(fifoEnv), "block"), run.Options{})
		exit(err)
	case roleMute:
		fmt.Fprintln(os.Stderr, "nobody is at home")
		time.Sleep(time.Hour)
	case roleCrash:
		exit(fmt.Errorf("no memory"))
	}
	goleak.VerifyTestMain(m)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(4)
	}
	os.Exit(0)
}

// notebook returns one with a code cell for each source.
func notebook(sources ...string) *nb.Notebook {
	var cells []nb.Cell
	for _, s := range sources {
		cells = append(cells, nb.NewCell(nb.Code, s))
	}
	return nb.New(cells...)
}

// shown describes the outputs of a cell, one a line.
func shown(c nb.Cell) string {
	var b strings.Builder
	for _, o := range c.Outputs {
		switch o.Type {
		case nb.Stream:
			fmt.Fprintf(&b, "%s %q\n", o.Name, o.Text)
		case nb.Error:
			fmt.Fprintf(&b, "error %s: %s\n", o.ErrName, o.ErrValue)
		case nb.ExecuteResult:
			fmt.Fprintf(&b, "result %d %v\n", o.ExecutionCount, o.Data["text/plain"])
		default:
			fmt.Fprintf(&b, "display %v\n", o.Data["text/plain"])
		}
	}
	return b.String()
}
