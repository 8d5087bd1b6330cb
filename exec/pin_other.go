//go:build !linux

package exec

import (
	"errors"
	"fmt"
	"runtime"
)

func cores() ([]int, error) {
	return nil, fmt.Errorf("cores cannot be chosen on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

// Pin has this process, and the processes that it starts from then on, run on some cores
// only, by their numbers. release undoes it for this process. Not safe for concurrent use. The error
// wraps [errors.ErrUnsupported] where the system cannot do that.
func Pin([]int) (release func(), err error) {
	_, err = cores()
	return nil, err
}
