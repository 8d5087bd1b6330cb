package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// diskBytes is the size of a small disk.
const diskBytes = 8 << 20

// readOnly makes a folder one that cannot be written to, and tells how. For root, whom permissions do not keep
// out, it is a file system of its own.
func readOnly(dir string) (end func(), how string, err error) {
	if os.Getuid() != 0 {
		return func() {}, "a folder without permission to write, for another user than root", os.Chmod(dir, 0o500)
	}
	if end, err = mount(dir, "size=1m"); err != nil {
		return nil, "", err
	}
	if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
		end()
		return nil, "", fmt.Errorf("mounting a file system read-only: %w", err)
	}
	return end, "a tmpfs that is mounted read-only, as permissions do not keep root out", nil
}

// smallDisk mounts a small file system at a folder.
func smallDisk(dir string) (end func(), err error) {
	return mount(dir, fmt.Sprintf("size=%d", diskBytes))
}

func mount(dir, options string) (end func(), err error) {
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		return nil, fmt.Errorf("mounting a tmpfs, which wants root: %w", err)
	}
	return func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }, nil
}

// fill leaves no room on a disk.
func fill(dir string) error {
	f, err := os.Create(filepath.Join(dir, "full"))
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		if _, err := f.Write(make([]byte, 4096)); errors.Is(err, unix.ENOSPC) {
			return nil
		} else if err != nil {
			return err
		}
	}
}
