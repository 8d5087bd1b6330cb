package procs

import (
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// lookout is how long a reader looks before it sleeps.
	lookout = 100 * time.Microsecond
	// soon is within what time something has to have come for the next to be awaited so: more than lookout, since
	// it includes the time that waking takes.
	soon = 400 * time.Microsecond
)

// eager reads from a pipe on which one short message follows another: if the last one came soon it looks for a moment
// whether the next is there before it sleeps. To be woken takes longer than most calls, on idle cores most of all.
type eager struct {
	r     io.Reader
	f     *os.File // its file
	hurry bool
}

// newEager returns a reader of r, r itself where it is no file or nobody but the reader could run meanwhile.
func newEager(r io.Reader) io.Reader {
	if runtime.NumCPU() == 1 {
		return r
	}
	switch f := r.(type) {
	case *os.File:
		return &eager{r: r, f: f}
	case *Patient:
		return &eager{r: r, f: f.f}
	}
	return r
}

func (e *eager) Read(p []byte) (int, error) {
	began := time.Now()
	if e.hurry {
		for !readable(e.f) && time.Since(began) < lookout {
			_, _, _ = unix.Syscall(unix.SYS_SCHED_YIELD, 0, 0, 0) // whoever it waits for may want this core
		}
	}
	n, err := e.r.Read(p)
	e.hurry = time.Since(began) < soon
	return n, err
}

// readable reports whether a read from a pipe would not wait, also since it would fail.
func readable(f *os.File) bool {
	c, err := f.SyscallConn()
	if err != nil {
		return true
	}
	n := 0
	closed := c.Control(func(fd uintptr) {
		n, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	})
	return closed != nil || n > 0 || err != nil && err != unix.EINTR
}
