//go:build unix

package procs

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"lockstep/exec/shm"
)

func supported() error { return nil }

// Pipes returns the pipes to the session, of a process that it has started. The
// processes that this one starts do not inherit them. Call it once, before
// anything else opens files.
//
// Reading the orders does not block a thread. Go 1.26 asks a thread that is in a system call for its processor only
// once when it stops the world; if the scheduler's monitor looks at the thread in that moment the answer is no, and all waits
// until the call returns: here, for the next order. One of thirty thousand short cells hung so.
func Pipes() (orders, reports *os.File, err error) {
	for _, fd := range []int{ordersFD, reportsFD} {
		var s unix.Stat_t
		if err := unix.Fstat(fd, &s); err != nil || s.Mode&unix.S_IFMT != unix.S_IFIFO {
			return nil, nil, fmt.Errorf("descriptor %d is not a pipe: only a session starts worker processes", fd)
		}
		unix.CloseOnExec(fd)
	}
	if err := unix.SetNonblock(ordersFD, true); err != nil { // this end of the pipe is nobody else's
		return nil, nil, fmt.Errorf("descriptor %d: %w", ordersFD, err)
	}
	return os.NewFile(ordersFD, "orders"), os.NewFile(reportsFD, "reports"), nil
}

// inherited attaches to the memory that the session has passed on.
func inherited() (*shm.Region, error) {
	unix.CloseOnExec(regionFD)
	return shm.Attach(os.NewFile(regionFD, "shared memory"))
}

// inheritedLine are the descriptors of a line. Reading it does not block a thread, as in [Pipes].
func inheritedLine(first int) (questions, responses *os.File, err error) {
	for fd := first; fd < first+lineFDs; fd++ {
		unix.CloseOnExec(fd)
	}
	if err := unix.SetNonblock(first+1, true); err != nil { // this end of the pipe is nobody else's
		return nil, nil, fmt.Errorf("descriptor %d: %w", first+1, err)
	}
	return os.NewFile(uintptr(first), "questions"), os.NewFile(uintptr(first+1), "answers"), nil
}

// hangUp returns a channel that is closed when nobody can write to a pipe any
// more, even while there is still something to read; nil if r is no file. Its
// goroutine ends with the process.
func hangUp(r io.Reader) <-chan struct{} {
	f, ok := r.(*os.File)
	if !ok {
		return nil
	}
	c, err := f.SyscallConn() // Fd would make reading block again
	if err != nil {
		return nil
	}
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_ = c.Control(func(fd uintptr) {
			fds := []unix.PollFd{{Fd: int32(fd)}}
			for {
				n, err := unix.Poll(fds, -1)
				if n > 0 || err != nil && err != unix.EINTR {
					return
				}
			}
		})
	}()
	return gone
}

// readNow reads what is in a pipe. Where there is nothing the error is os.ErrDeadlineExceeded, at its end io.EOF.
func readNow(f *os.File, p []byte) (n int, err error) {
	c, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	closed := c.Read(func(fd uintptr) bool {
		for n, err = unix.Read(int(fd), p); err == unix.EINTR; {
			n, err = unix.Read(int(fd), p)
		}
		return true // also when there is nothing
	})
	switch {
	case closed != nil:
		return 0, closed
	case err == unix.EAGAIN:
		return 0, os.ErrDeadlineExceeded
	case err != nil:
		return 0, err
	case n == 0 && len(p) > 0:
		return 0, io.EOF
	}
	return n, nil
}

// killGroup kills a process and all that it has started and that did not leave
// its group.
func killGroup(pid int) {
	// The only error is that there is nothing left to kill.
	_ = unix.Kill(-pid, unix.SIGKILL)
}
