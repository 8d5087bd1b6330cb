package kernel_test

import (
	"context"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"lockstep/kernel"
	"lockstep/kernel/kerneltest"
	"lockstep/kernel/wire"
)

// Some tests run the test binary again; childEnv says what it is to do.
const (
	childEnv    = "KERNEL_TEST_CHILD"
	childSleeps = "sleep"  // use childBytes of memory until stdin is closed
	childParent = "parent" // start a child that is a kernel, and exit when told
	childKernel = "kernel" // be a kernel until the parent ends

	childBytes = 64 << 20
)

func TestMain(m *testing.M) {
	switch os.Getenv(childEnv) {
	case childSleeps:
		memory := make([]byte, childBytes)
		for i := range memory {
			memory[i] = 1
		}
		os.Stdout.Write(memory[:1])
		io.Copy(io.Discard, os.Stdin)
		os.Stdout.Write(memory[:1])
	case childParent:
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), childEnv+"="+childKernel)
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			log.Fatal(err)
		}
		io.Copy(io.Discard, os.Stdin)
	case childKernel:
		// The end of the test's pipes is not to be what ends this process.
		signal.Ignore(syscall.SIGPIPE)
		sockets, err := wire.Listen(wire.NewConnectionInfo(), wire.Options{})
		if err != nil {
			log.Fatal(err)
		}
		// So that a kernel that does not notice the end is not left behind.
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		k := kernel.New(announces{sockets}, &kerneltest.Interpreter{}, kernel.Options{ParentPID: os.Getppid()})
		if err := k.Run(ctx); err != nil || ctx.Err() != nil {
			log.Fatal(err, ctx.Err())
		}
		os.Stdout.Write([]byte("e"))
	default:
		goleak.VerifyTestMain(m)
	}
}

// announces writes an s when the kernel says that it is starting.
type announces struct{ *wire.Sockets }

func (a announces) PublishMessage(m *wire.Message) error {
	os.Stdout.Write([]byte("s"))
	return a.Sockets.PublishMessage(m)
}
