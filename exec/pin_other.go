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

func pin([]int) (release func(), err error) {
	_, err = cores()
	return nil, err
}
