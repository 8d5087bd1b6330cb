package kernel

import (
	"context"
	"errors"
	"os"
	"strconv"

	"lockstep/kernel/wire"
)

// The causes of the end of a cell's context.
var (
	errInterrupted = errors.New("interrupted")
	errShutdown    = errors.New("kernel is shut down")
)

// interrupt handles interrupt_request: it does not wait until the cell has
// stopped.
func (k *Kernel) interrupt(context.Context, *request) (any, error) {
	k.running.interrupt(errInterrupted)
	return wire.InterruptReplyContent{Status: wire.StatusOK}, nil
}

// shutdown handles shutdown_request. That the kernel ends with it is said in its
// rows, and done when reply and idle are out.
func (k *Kernel) shutdown(_ context.Context, r *request) (any, error) {
	req, err := wire.Decode[wire.ShutdownRequestContent](r.msg)
	if err != nil {
		return nil, err
	}
	return wire.ShutdownReplyContent{Status: wire.StatusOK, Restart: req.Restart}, nil
}

// watchSignals turns signals into interrupt and end until ctx ends.
func (k *Kernel) watchSignals(ctx context.Context, signals <-chan os.Signal) {
	for {
		select {
		case s := <-signals:
			if s == os.Interrupt {
				k.running.interrupt(errInterrupted)
				continue
			}
			k.log.Info("signal ends the kernel", "signal", s)
			k.end()
			return
		case <-ctx.Done():
			return
		}
	}
}

// ParentPID returns what JPY_PARENT_PID says, as [Options] wants it: the process
// that started the kernel, or on Windows a handle of it. It is 0 when the
// variable is not set or is no positive number.
func ParentPID(getenv func(string) string) int {
	pid, err := strconv.Atoi(getenv("JPY_PARENT_PID"))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}
