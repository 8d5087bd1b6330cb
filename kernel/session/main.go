package session

import (
	"fmt"
	"os"

	"lockstep/exec/procs"
)

// The roles in which a program is started by this one. They are no commands for
// people, and are decided on before anything else.
const (
	// SessionRole is the argument that makes a program a session process.
	SessionRole = "session"
	// WorkerRole is that which makes it a worker process.
	WorkerRole = "worker"
	// GuardRole is that which makes it the guard of a kernel process.
	GuardRole = "guard"
)

// A Loader loads a plugin, a unit of the native engine, into this process.
type Loader func(plugin string) error

// Main plays the role that the first of args names, until the kernel or the
// session closes the pipe or is gone, and returns the exit status. It is ok only if there is such
// a role. load is nil in a program that loads no plugins.
func Main(args []string, load Loader) (status int, ok bool) {
	if len(args) == 0 {
		return 0, false
	}
	var play func() error
	switch args[0] {
	case SessionRole:
		play = func() error { return asSession(load) }
	case WorkerRole:
		play = func() error { return asWorker(load) }
	case GuardRole:
		play = func() error { return procs.StandGuard(os.Stdin) }
	default:
		return 0, false
	}
	if err := play(); err != nil {
		fmt.Fprintln(os.Stderr, "lockstep:", err)
		return 1, true
	}
	return 0, true
}

func asSession(load Loader) error {
	r, w, err := procs.Pipes()
	if err != nil {
		return err
	}
	return Serve(r, w, func() *WorkerCommand {
		binary, err := os.Executable()
		if err != nil {
			return nil
		}
		return &WorkerCommand{Argv: []string{binary, WorkerRole}}
	}, load)
}

func asWorker(load Loader) error {
	r, w, err := procs.Pipes()
	if err != nil {
		return err
	}
	return Work(r, w, load)
}
