//go:build !unix

package shm

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

func unsupported() error {
	return fmt.Errorf("shared memory is not available on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func create() (*os.File, error) { return nil, unsupported() }

func mapFile(*os.File, int64) ([]byte, error) { return nil, unsupported() }

func unmap([]byte) error { return unsupported() }

func (r *Region) discard(Offset, uint64) bool { return false }
