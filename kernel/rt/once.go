package rt

import (
	"sync"

	"lockstep/exec/gil"
)

// The functions below are their namesakes of package sync. Whoever waits while another one runs f has given the
// lock up: f may do so too, and would not get it back.

// OnceFunc stands for sync.OnceFunc.
func OnceFunc(f func()) func() {
	once := sync.OnceFunc(func() {
		defer gil.Current().Enter().Leave()
		f()
	})
	return func() { gil.Block(once) }
}

// OnceValue stands for sync.OnceValue.
func OnceValue[T any](f func() T) func() T {
	var v T
	once := OnceFunc(func() { v = f() })
	return func() T {
		once()
		return v
	}
}

// OnceValues stands for sync.OnceValues.
func OnceValues[T, U any](f func() (T, U)) func() (T, U) {
	var v T
	var u U
	once := OnceFunc(func() { v, u = f() })
	return func() (T, U) {
		once()
		return v, u
	}
}
