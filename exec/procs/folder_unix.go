//go:build unix

package procs

import (
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// claim makes the lock of a folder and holds it. The system releases it with the process.
func claim(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	_ = flock(f, unix.LOCK_EX) // a file system that has no locks gives none to others
	// Whoever saw it before it was locked has removed it.
	mine, err := f.Stat()
	if there, e := os.Lstat(path); err != nil || e != nil || !os.SameFile(mine, there) {
		_ = f.Close() // nothing was written
		return nil, errSwept
	}
	return f, nil
}

func flock(f *os.File, how int) error {
	for {
		if err := unix.Flock(int(f.Fd()), how); err != unix.EINTR {
			return err
		}
	}
}

// leftover reports whether a folder of this user's has a lock that nobody holds, and takes it until release is called.
func leftover(dir string) (release func(), left bool) {
	var s unix.Stat_t
	if err := unix.Lstat(dir, &s); err != nil || int(s.Uid) != os.Geteuid() {
		return nil, false
	}
	f, err := os.OpenFile(filepath.Join(dir, folderLock), os.O_RDWR|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, false // it is no such folder
	}
	if err := flock(f, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close() // nothing was written
		return nil, false
	}
	return func() { _ = f.Close() }, true
}
