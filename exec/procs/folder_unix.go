//go:build unix

package procs

import (
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"lockstep/exec/held"
)

// claim makes the lock of a folder and holds it.
func claim(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if err := held.Hold(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// leftover reports whether a folder of this user's has a lock that nobody holds, and takes it until release is called.
func leftover(dir string) (release func(), left bool) {
	var s unix.Stat_t
	if err := unix.Lstat(dir, &s); err != nil || int(s.Uid) != os.Geteuid() {
		return nil, false
	}
	return held.Take(filepath.Join(dir, folderLock)) // which only such a folder has
}
