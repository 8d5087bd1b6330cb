package procs

import (
	"fmt"
	"sync"

	"lockstep/exec/procs/value"
	"lockstep/exec/shm"
)

// Options says how to run worker processes. Command must be given.
type Options struct {
	Command Command
	// Program is what the worker loads; only the load function that is given to
	// [Serve] understands it.
	Program []byte
	// Variables are sent to each worker by value.
	Variables []value.Variable
	Values    value.Options
	// Region is memory that the workers share; see [Shared]. Without it no
	// tasks can be handed out.
	Region *shm.Region
	// Line says that calls may ask for something; see [Calls.Ask].
	Line bool
	// Output receives what workers write to their standard output and error,
	// in whole lines; only the last may lack its newline. Stream is "stdout" or
	// "stderr". Calls never overlap. With several workers in a process, worker
	// is the first. If nil, output is dropped.
	Output func(worker int, stream, text string)
	// Crash makes a text for the reader from the report that the Go runtime
	// writes when a process crashes; if nil, it is the line that names the fault.
	// It may be called concurrently.
	Crash func(report string) string
}

// Command is how to start a worker process.
type Command struct {
	Path string
	Args []string // without the path
	Env  []string // all of the environment; nil: that of this process
	Dir  string   // "": that of this process
}

// Processes starts worker processes. It is an exec.Processes; its methods may
// be called concurrently.
type Processes struct {
	options Options
	values  []byte
	output  *output
	nursery nursery

	mu   sync.Mutex
	idle map[place][]*process // put aside
}

// place is the shape for which a process has been put aside.
type place struct{ processes, goroutines int }

// New returns processes that will run a program with the variables as they are
// now: all runs see the same values, whatever else happens to them meanwhile.
// The error is a *value.Error if a variable cannot be sent, and wraps
// [errors.ErrUnsupported] where there are no such processes.
func New(o Options) (*Processes, error) {
	if err := supported(); err != nil {
		return nil, err
	}
	p := &Processes{options: o, idle: map[place][]*process{}}
	if len(o.Variables) > 0 {
		var err error
		if p.values, err = value.Encode(o.Variables, o.Values); err != nil {
			return nil, err
		}
	}
	if o.Output == nil {
		p.options.Output = func(int, string, string) {}
	}
	p.output = &output{sink: p.options.Output}
	return p, nil
}

// StartError is a worker process that did not get ready.
type StartError struct {
	Worker int
	Text   string
	Stderr string // what it said last, if anything
	Cause  error  // of the operating system; else nil
}

func (e *StartError) Error() string {
	text := fmt.Sprintf("worker %d did not get ready: %s", e.Worker, e.Text)
	if e.Stderr != "" {
		text += "\n" + e.Stderr
	}
	return text
}

// Unwrap returns the cause.
func (e *StartError) Unwrap() error { return e.Cause }
