package lab

// Spawner is a [Host] that runs functions of its cells in processes of their own. [Pool] and
// [Process] need one.
type Spawner interface {
	// Prepare fixes a call of a function of the session: what the function is, and by
	// value what it uses of the session's variables. f is the function as this process has it.
	Prepare(name string, f any) (Work, error)
	// Spawn has a process ready. label marks the lines that it writes.
	Spawn(label string) (Child, error)
}

// Work is a function that processes can be given, with the values of the variables that it uses.
type Work interface {
	// Encode writes the arguments of a call down.
	Encode(arguments ...any) ([]byte, error)
	// Decode reads what a call returned: its value, and its error.
	Decode(data []byte) (value any, returned, err error)
	// EncodeEach writes down the calls of a Map: one for each element of items.
	EncodeEach(items any) ([][]byte, error)
	// Collect makes a slice of the function's results; what is nil is its zero value.
	Collect(values []any) any
}

// Child is a process that makes calls. One goroutine uses it; Kill may be called by others.
type Child interface {
	PID() int
	// Do makes calls, worker of workers being who makes them, and hands each reply over as
	// it comes; after the last it returns. The error says that the process has ended before the call
	// after the last reply had.
	Do(w Work, worker, workers int, arguments [][]byte, reply func(i int, r Reply)) *ExitError
	// Print writes a line to the cell whose calls were made last, on the stream for errors.
	Print(line string)
	// IsGone reports whether the process is known to have ended.
	IsGone() bool
	// Kill ends the process at once.
	Kill()
	// Rest ends the use of the process when it has made all its calls.
	Rest()
}

// Reply is what a call in another process came to.
type Reply struct {
	Data []byte // for Work.Decode
	// Failure says what kept the call from returning; "" if it did.
	Failure string
}

// ExitError says how a process ended.
type ExitError struct {
	// Code is its exit status, or the number of the signal that ended it as a negative one.
	Code int
	Text string
}

func (e *ExitError) Error() string { return e.Text }

// function is a function with the name by which other processes find it.
type function struct {
	name string
	f    any
}

// Function gives a function its name in the session, by which other processes find it.
// Cells do not call it: it is put around the functions that they give to a [Pool] or a [Process].
func Function(name string, f any) any { return function{name, f} }

// prepare makes work of what a cell has given to op.
func (w *world) prepare(op string, f any) (Work, error) {
	host, ok := w.host.(Spawner)
	if !ok {
		return nil, &SpawnError{op, "only a session of Lockstep starts processes for functions"}
	}
	return prepare(host, op, f)
}

// prepare has a function that a cell has given to op prepared by who starts processes for it.
func prepare(by interface {
	Prepare(name string, f any) (Work, error)
}, op string, f any) (Work, error) {
	fn, ok := f.(function)
	if !ok {
		return nil, &SpawnError{op, "the function is not known by a name: call " + op + " directly, with the name of a function that is declared in a cell"}
	}
	work, err := by.Prepare(fn.name, fn.f)
	if err != nil {
		return nil, &SpawnError{op, err.Error()}
	}
	return work, nil
}

// SpawnError says why a function cannot be called in another process.
type SpawnError struct {
	Op     string // "Pool.Apply"
	Reason string
}

func (e *SpawnError) Error() string { return "lab: " + e.Op + ": " + e.Reason }
