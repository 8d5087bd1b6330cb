//go:build linux && !race

package session

import "syscall"

// setDataLimit bounds the memory that the process can write to, all of Go's heap and stacks
// among it (RLIMIT_DATA, getrlimit(2)); 0 is no bound. Address space that is only reserved does not count.
func setDataLimit(n int64) error {
	var r syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_DATA, &r); err != nil {
		return err
	}
	r.Cur = r.Max
	if n > 0 {
		r.Cur = min(uint64(n), r.Max)
	}
	return syscall.Setrlimit(syscall.RLIMIT_DATA, &r)
}
