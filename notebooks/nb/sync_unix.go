//go:build unix

package nb

import (
	"errors"
	"os"
	"syscall"
)

// syncDir makes a rename in dir survive a power cut. File systems that cannot
// sync a directory (some network ones) say EINVAL, and are left alone.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}
