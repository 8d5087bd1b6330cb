// Host is the small main of session and worker processes: what they need and
// nothing else, so that it starts at once and the modules of a session do not clash with
// the kernel's. It is built on the user's machine by package native, with the toolchain
// that compiles the session's units: a plugin loads only into a program that was
// built like it.
package main

import (
	"fmt"
	"os"
	"plugin"

	_ "lockstep/kernel/rt" // what units call is one package for all of them: the host's
	"lockstep/kernel/session"
)

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	if status, ok := session.Main(args, open); ok {
		return status
	}
	if len(args) == 0 || args[0] != "load" {
		fmt.Fprintln(os.Stderr, "this program is started by lockstep, which tells it what to do")
		return 2
	}
	// Tries whether units load.
	for _, path := range args[1:] {
		if err := open(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	return 0
}

// open loads a unit, whose init functions run. A unit tells what it holds by
// calling package rt from there, so that nothing is looked up.
func open(path string) error {
	_, err := plugin.Open(path)
	return err
}
