package shm

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// create makes a file that has no name and is nowhere but in memory.
func create() (*os.File, error) {
	fd, err := unix.MemfdCreate("lockstep", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("making shared memory: %w", err)
	}
	return os.NewFile(uintptr(fd), "shared memory"), nil
}

// discard gives the memory of a large block back to the system, and reports
// whether it could: then the block is 0.
func (r *Region) discard(at Offset, size uint64) bool {
	return unix.Fallocate(int(r.file.Fd()), unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_KEEP_SIZE, int64(at), int64(size)) == nil
}
