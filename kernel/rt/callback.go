package rt

import "lockstep/exec/gil"

// Callback returns a function that calls f for the cell or worker that the current goroutine belongs to, for
// library code that will call it in a goroutine of its own; f itself outside of both.
func Callback(f func()) func() {
	if f == nil { // what that means, the library says
		return nil
	}
	return gil.Callback(f)
}

// CallbackError is [Callback] for functions that return an error. It is nil if f does not return.
func CallbackError(f func() error) func() error {
	if f == nil {
		return nil
	}
	var err error
	call := gil.Callback(func() { err = f() })
	return func() error {
		call()
		return err
	}
}
