package procs

import (
	"bufio"
	"encoding/gob"
	"io"
	"sync/atomic"
	"time"

	"lockstep/exec/gil"
	"lockstep/exec/measure"
	"lockstep/exec/shm"
)

// version changes with everything that the two sides say to each other.
const version = 7

// Descriptors of a worker process besides the standard three.
const (
	ordersFD  = 3 // it reads
	reportsFD = 4 // it writes
	regionFD  = 5 // the shared memory, if load says so
)

// The session's orders begin with one byte, so that the start signal is a
// single byte that can be given to all processes at nearly the same time. The
// end of the stream is the order to end.
const (
	orderLoad  = 'L' // followed by a gob of load, the program, and the values
	orderStart = 'S'

	orderProgram = 'P' // followed by a gob of errand, and a program for calls
	orderValues  = 'V' // followed by a gob of errand, and the variables of such a program
	orderCalls   = 'C' // followed by a gob of errand, and the arguments of each call
	orderRest    = 'R' // is the process fit for other work?
)

// errand is what a worker process is to do for calls.
type errand struct {
	Program uint64
	Bytes   int64 // of the program, or of its variables
	Region  bool  // there is shared memory
	Line    int   // the first descriptor of the line; 0: there is none
	// Worker is who makes the calls, among Workers; Calls are the sizes of their arguments.
	Worker, Workers int
	Calls           []int64
	Measured        bool       // it tells what the process has used before the last result
	Mailbox         shm.Offset // where to leave what they came to; 0: nowhere
}

// load is what a worker process is to be ready for.
type load struct {
	First, Count, Workers int
	Counted               bool
	Keep                  bool // there may be another run
	Region                bool // there is shared memory
	Tasks, Chunk          int
	TasksAt               shm.Offset
	Record                bool
	Lock                  *gil.Policy   // nil: none
	Limit                 time.Duration // of each worker; 0: none
	// Again says that the program is the one that the process has loaded already.
	Again        bool
	ProgramBytes int64
	ValuesBytes  int64
}

// report is what a worker process says: one of its fields is set.
type report struct {
	Hello *hello
	Ready *ready
	Done  *done

	Used   *Used
	Called *Called
	Posted *posted
	Wrote  *wrote
	Rested *rested
}

// Called is what a call came to.
type Called struct {
	Value   []byte // what Loaded.Call returned
	Failure measure.FailureKind
	Error   string
	Stack   string
}

// posted says how much of the mailbox the session may look at: what the calls have
// written comes before it.
type posted struct{ Used int }

// wrote is text that a program has written in a call, through [Written].
type wrote struct {
	Stream string
	Text   []byte
}

// rested says whether the process is fit for other work.
type rested struct{ Fit bool }

type hello struct {
	Version int
	Go      string
}

// ready says that the process waits for the start signal, or why it does not.
type ready struct {
	Error string
	// Stale says that something of the last run is still there: the process
	// is not fit for another one.
	Stale bool
	Used  Used
}

// done is the end of a run.
type done struct {
	Outcomes []measure.Outcome
	Used     Used // since ready
	// Began is when the workers began, on the clock that all processes of a
	// machine have in common; the timeline counts from there.
	Began    time.Time
	Timeline *measure.Timeline
}

// Used is what a process has used up since it began. What is not known is 0.
type Used struct {
	User, System, GC time.Duration // CPU time, and the garbage collector's part of it
	Ready            time.Duration // of threads that had no core
	PeakBytes        int64         // most memory
}

// Since is what was used after from; the peak is that of all the time.
func (u Used) Since(from Used) Used {
	u.User -= from.User
	u.System -= from.System
	u.Ready = max(0, u.Ready-from.Ready)
	u.GC = max(0, min(u.GC-from.GC, u.User+u.System))
	return u
}

// counter counts what is read.
type counter struct {
	r io.Reader
	n atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// The gob decoder must not read ahead, since not all is gob: so it gets a
// reader that can read single bytes, of which it takes what it needs.
func newStream(r io.Reader) (*bufio.Reader, *gob.Decoder) {
	b := bufio.NewReaderSize(r, 64<<10)
	return b, gob.NewDecoder(b)
}
