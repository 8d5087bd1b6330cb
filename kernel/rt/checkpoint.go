package rt

import (
	"runtime"
	"time"

	"lockstep/exec/gil"
)

// Breaker is the flag of the process.
var Breaker gil.Breaker

// Raised is the test of the flag at every checkpoint of compiled code
// (`if rt.Raised() { rt.Checkpoint() }`): an atomic load, which costs no more than a
// plain one. It is a function of this package so that the compiler puts it in line, which it
// does not for a method of a package that the unit does not import.
func Raised() bool { return Breaker.Raised() }

// Checkpoint is called when the flag is up; see [gil.Checkpoint].
func Checkpoint() { gil.Checkpoint() }

// Go stands for the statement go f().
func Go(f func()) { gil.Go(f) }

// Sleep stands for time.Sleep.
func Sleep(d time.Duration) { gil.Sleep(d) }

// Forever is an empty select.
func Forever() {
	gil.Block(func() { <-gil.Done() })
	Stopped()
}

// Stopped ends the goroutine, whose group was stopped while it waited.
func Stopped() {
	gil.Checkpoint()
	runtime.Goexit()
}
