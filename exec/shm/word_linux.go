package shm

import (
	"syscall"
	"time"
	"unsafe"
)

// Not the private forms: those are for one process.
const (
	futexWait = 0
	futexWake = 1
)

func (w *Word) wait(n uint32, limit time.Duration) {
	t := syscall.NsecToTimespec(max(int64(limit), 0))
	syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&w.v)), futexWait, uintptr(n), uintptr(unsafe.Pointer(&t)), 0, 0)
}

func (w *Word) wake(n int) {
	syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&w.v)), futexWake, uintptr(n), 0, 0, 0)
}
