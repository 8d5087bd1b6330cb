package cli

import "fmt"

// The exit statuses. The last one is that of a shell for a program that SIGINT,
// or SIGTERM, ended.
const (
	exitFailed      = 1
	exitInterrupted = 130
	exitTerminated  = 143
)

// ExitError is the error of a command that has done its work, and whose exit
// status is to tell what came of it.
type ExitError struct {
	Code int
	Err  error // nil if there is nothing left to be said
}

// Error returns the text of Err, or else the status.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit status %d", e.Code)
	}
	return e.Err.Error()
}

// Unwrap returns e.Err.
func (e *ExitError) Unwrap() error { return e.Err }
