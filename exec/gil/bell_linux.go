package gil

import (
	"math"
	"syscall"
	"unsafe"
)

const (
	futexWaitPrivate = 0 | 128
	futexWakePrivate = 1 | 128
)

// bell lets threads sleep until a word changes: a futex.
type bell struct{}

// wait sleeps while *word is value, or not at all.
func (bell) wait(word *uint32, value uint32) {
	// Returns at once if the word has changed, and whenever a signal
	// arrives: the caller looks again either way.
	syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWaitPrivate, uintptr(value), 0, 0, 0)
}

// ring wakes all that wait.
func (bell) ring(word *uint32) {
	syscall.Syscall6(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(word)), futexWakePrivate, math.MaxInt32, 0, 0, 0)
}
