//go:build unix

package nb

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// hold locks a file until it is closed. The error is errSwept if another writer has seen it before it was locked, and removed it.
func hold(f *os.File) error {
	_ = unix.Flock(int(f.Fd()), unix.LOCK_EX) // a file system that has no locks gives none to others
	mine, err := f.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Lstat(f.Name()); err != nil || !os.SameFile(mine, there) {
		return errSwept
	}
	return nil
}

// removeLeft removes a file that nobody has locked.
func removeLeft(path string) {
	f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return
	}
	defer f.Close()
	if unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) == nil {
		_ = os.Remove(path) // the next writer tries again
	}
}

// replace has a file take the place of path, and closes it.
func replace(f *os.File, path string) error {
	return errors.Join(os.Rename(f.Name(), path), f.Close()) // in this order: it is held until then
}
