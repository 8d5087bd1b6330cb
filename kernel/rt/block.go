package rt

import (
	"unsafe"

	"lockstep/exec/gil"
)

// Block calls f, which may wait for something outside Go code, with the lock
// given up.
func Block(f func()) { gil.Block(f) }

// Block1 is [Block] for a function of one result.
func Block1[A any](f func() A) (a A) {
	gil.Block(func() { a = f() })
	return a
}

// Block2 is [Block] for a function of two results.
func Block2[A, B any](f func() (A, B)) (a A, b B) {
	gil.Block(func() { a, b = f() })
	return a, b
}

// Block3 is [Block] for a function of three results.
func Block3[A, B, C any](f func() (A, B, C)) (a A, b B, c C) {
	gil.Block(func() { a, b, c = f() })
	return a, b, c
}

// Locker is what a mutex can do.
type Locker interface {
	TryLock() bool
	Lock()
}

// Lock is l.Lock(), where the lock of the mode is given up only if it has to wait.
func Lock(l Locker) {
	if !l.TryLock() {
		gil.Block(l.Lock)
	}
}

// Convert is a conversion between struct types of one layout that the compiler
// takes for different ones, since their unexported fields are of different units.
func Convert[To, From any](v From) To { return *(*To)(unsafe.Pointer(&v)) }

// Address returns the address of a copy of v, for a field that is read by its place in memory.
func Address[T any](v T) unsafe.Pointer { return unsafe.Pointer(&v) }
