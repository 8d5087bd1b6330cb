package rt

import "lockstep/exec/gil"

// Recv is <-c, which ends on interrupt and gives the lock up while it waits.
func Recv[T any](c <-chan T) T { return gil.Recv(c) }

// Recv2 is the form v, ok := <-c.
func Recv2[T any](c <-chan T) (T, bool) { return gil.Recv2(c) }

// Send is c <- v.
func Send[T any](c chan<- T, v T) { gil.Send(c, v) }

// Begin comes before a select statement without a default, and gives the lock
// up; End is the first thing in each of its cases; Done is one more case, whose body is Ended.
func Begin() { gil.Release() }

// End takes the lock again.
func End() { gil.Acquire() }

// Done is closed when the goroutine is to stop.
func Done() <-chan struct{} { return gil.Done() }

// Ended ends the goroutine that a select has found stopped.
func Ended() {
	gil.Acquire()
	Stopped()
}
