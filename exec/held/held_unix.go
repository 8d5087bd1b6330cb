//go:build unix

package held

import (
	"os"

	"golang.org/x/sys/unix"
)

// Hold holds a file that was made just now, until it is closed. The error is [ErrSwept] if another process has seen it before, and
// removed it: make another one.
func Hold(f *os.File) error {
	_ = flock(f, unix.LOCK_EX) // a file system that has no locks gives none to others
	mine, err := f.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Lstat(f.Name()); err != nil || !os.SameFile(mine, there) {
		return ErrSwept
	}
	return nil
}

// Take holds the file at path if nobody else does, so that it can be removed: until release is called. It is not ok for
// what is there no more, for what cannot be opened, and for symbolic links.
func Take(path string) (release func(), ok bool) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, false
	}
	if err := flock(f, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		return nil, false
	}
	return func() { _ = f.Close() }, true
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}
