// Package rt is what compiled units of a session call: the places where Go
// code of a cell gives way to the session that runs it. The rewrite writes the
// calls (package rewrite), the native engine compiles them, and the session
// process, which is linked with this package too, answers.
//
// Reading order: [Unit], [Register] and [Slot] (what a unit tells of itself),
// checkpoint.go, channel.go and block.go (where it waits), stream.go (what it
// prints), [Host].
//
// User code never names this package. Its functions are safe for concurrent
// use; the variables that the session sets are set before the first unit is loaded.
package rt

import "io"

// Path is the import path of this package in units.
const Path = "lockstep/kernel/rt"

// Host is the session to the units that it runs.
type Host interface {
	// Stdout and Stderr write to the cell of the goroutine that writes.
	Stdout() io.Writer
	Stderr() io.Writer
	// Stdin asks the user for a line where a read finds nothing.
	Stdin() io.Reader
	// Exit ends the cell that calls it as os.Exit ends a program. It does not return.
	Exit(code int)
	// Value takes the i-th value of the cell's last expression.
	Value(i int, v any)
	// Made notes that the statement which defines a session variable has run.
	Made(name string)
}

var host Host

// SetHost sets the session. It comes before everything else.
func SetHost(h Host) { host = h }

// Value hands over the i-th value of the cell's last expression.
func Value(i int, v any) { host.Value(i, v) }

// Made notes that a session variable has come into being.
func Made(name string) { host.Made(name) }

// Zero is a var statement without a value.
func Zero[T any](p *T) {
	var zero T
	*p = zero
}

// Exit stands for os.Exit.
func Exit(code int) { host.Exit(code) }
