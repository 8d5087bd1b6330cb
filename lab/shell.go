package lab

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"golang.org/x/sync/errgroup"
)

// Shell runs commands of the operating system's shell. The zero value is ready:
//
//	var sh lab.Shell
//	sh.Run("ls -l")
//
// A command that is running when its cell is interrupted is killed, and so is
// what it has started.
type Shell struct {
	Dir string   // where commands run; "": the current directory
	Env []string // "NAME=value", added to the environment

	// What commands read and write. nil: for Run and Output what the cell reads
	// and writes, for Start a pipe.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// ShellError is the error of a command that ended badly.
type ShellError struct {
	Command string
	Code    int    // exit status; -1: ended by a signal, or never started
	Reason  string // "exit status 3", "signal: killed"
}

func (e *ShellError) Error() string { return fmt.Sprintf("command %q: %s", e.Command, e.Reason) }

// Run runs a command and waits for its end. The error is a [*ShellError] if the
// command could not be started or its exit status is not 0.
func (s Shell) Run(command string) error {
	_, out, errOut := here().host.Stdio()
	cmd := s.prepare(command, or(s.Stdout, out), or(s.Stderr, errOut))
	return finish(command, await(cmd))
}

// Output runs a command and returns what it wrote to its standard output. The
// error is as of Run.
func (s Shell) Output(command string) (string, error) {
	_, _, errOut := here().host.Stdio()
	var b bytes.Buffer
	err := await(s.prepare(command, &b, or(s.Stderr, errOut)))
	return b.String(), finish(command, err)
}

// Finished is a command that [Shell.All] ran.
type Finished struct {
	Command string
	Output  string // standard output and standard error, as they came
	Err     error  // as of Run
	Elapsed time.Duration
}

// All runs commands at the same time, at most limit of them (less than 1: as
// many as there are processor cores), and returns what became of them, in the
// order of the commands. A command that fails does not stop the others.
func (s Shell) All(limit int, commands ...string) []Finished {
	if limit < 1 {
		limit = CPUCount()
	}
	host := here().host
	done := host.Done()
	results := make([]Finished, len(commands))
	stopped := false
	host.Block(func() {
		var g errgroup.Group
		g.SetLimit(limit)
		for i, command := range commands {
			g.Go(func() error {
				select {
				case <-done:
					return &StoppedError{}
				default:
				}
				var b bytes.Buffer
				start := time.Now()
				err := run(s.prepare(command, &b, &b), done)
				results[i] = Finished{command, b.String(), finish(command, err), time.Since(start)}
				if _, ok := err.(*StoppedError); ok {
					return err
				}
				return nil
			})
		}
		stopped = g.Wait() != nil
	})
	if stopped {
		panic(&StoppedError{})
	}
	return results
}

func or(w, other io.Writer) io.Writer {
	if w != nil {
		return w
	}
	return other
}

func (s Shell) prepare(command string, out, errOut io.Writer) *exec.Cmd {
	name, args := shellCommand(command)
	cmd := exec.Command(name, args...)
	cmd.Dir = s.Dir
	cmd.Env = append(os.Environ(), s.Env...)
	cmd.Stdout, cmd.Stderr = out, errOut
	cmd.Stdin = s.Stdin
	if cmd.Stdin == nil {
		// Only a file: from another reader, the command's end would wait for
		// input that nobody asked for.
		if in, _, _ := here().host.Stdio(); in != nil {
			cmd.Stdin = in
		}
	}
	ownGroup(cmd)
	return cmd
}

// await runs cmd for the calling goroutine.
func await(cmd *exec.Cmd) error {
	host := here().host
	done := host.Done()
	var err error
	host.Block(func() { err = run(cmd, done) })
	if stopped, ok := err.(*StoppedError); ok {
		panic(stopped)
	}
	return err
}

// run runs cmd until it ends or done is closed.
func run(cmd *exec.Cmd, done <-chan struct{}) error {
	if err := start(cmd); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-done:
		killGroup(cmd)
		select {
		case <-ended:
		case <-time.After(time.Second): // something that left the group still holds the output
		}
		return &StoppedError{}
	}
}

// start starts cmd. For a folder that is not there the system's own error would
// blame the shell.
func start(cmd *exec.Cmd) error {
	if cmd.Dir != "" {
		if _, err := os.Stat(cmd.Dir); err != nil {
			return fmt.Errorf("folder to run in: %w", err)
		}
	}
	return cmd.Start()
}

// finish makes a ShellError of how a command ended.
func finish(command string, err error) error {
	if err == nil {
		return nil
	}
	e := &ShellError{Command: command, Code: -1, Reason: err.Error()}
	if exit, ok := err.(*exec.ExitError); ok {
		e.Code = exit.ExitCode()
	}
	return e
}
