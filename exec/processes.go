package exec

import (
	"context"
	"fmt"
	"time"

	"lockstep/exec/gil"
	"lockstep/exec/measure"
)

// Processes is what the modes with operating-system processes need. Whoever
// implements it has the workload already, in a form that can be sent.
type Processes interface {
	// Prepare returns when every process is there, has the workload and its
	// data, has collected its heap, and is ready for the start signal. Its error says that the
	// workload cannot be sent or no process be started: nothing was run.
	Prepare(ctx context.Context, s Shape) (Crew, error)
}

// Shape is how many processes there are to be, with how many workers each.
type Shape struct {
	Processes, Goroutines int
	// Counted says that checkpoints are to be counted, so that they cost what
	// they cost in the other modes; see [Share].
	Counted bool
	// Warm says that the processes may be put aside after the run, and those
	// of an earlier run with as many of as many workers be taken: they have
	// the program already and get their data anew.
	Warm bool
	// Tasks, if not 0, are handed out to the workers, Chunk at a time, whatever
	// process they are in.
	Tasks, Chunk int
	// Record keeps a timeline.
	Record bool
	// Lock is the policy of the lock that the workers of each process run under; nil: none.
	Lock *gil.Policy
	// Limit is how long each worker may take, if several share a process: then it is
	// stopped alone. One that has a process to itself ends with that, by Run's ctx.
	Limit time.Duration
}

// String is the shape as tables have it: "2×8".
func (s Shape) String() string { return fmt.Sprintf("%d×%d", s.Processes, s.Goroutines) }

// Workers is the number of workers of a shape. Process p has those from
// p × Goroutines on.
func (s Shape) Workers() int { return s.Processes * s.Goroutines }

// Crew is processes that are ready to run a workload once.
type Crew interface {
	// Startup tells what Prepare took.
	Startup() Startup
	// Run gives the start signal to all and returns when the last worker has
	// a result or is dead: one outcome a worker, in their order. When ctx is
	// done it kills those that are left; context.Cause(ctx) is
	// context.DeadlineExceeded at a timeout. The error is of the machinery;
	// what happens to workers is in the outcomes.
	Run(ctx context.Context) ([]measure.Outcome, error)
	// Timeline is what the workers did when, after Run; nil if it was not to be
	// kept. Before the start signal, times are negative.
	Timeline() *measure.Timeline
	// Close ends the processes or puts them aside for later. It may be called
	// more than once.
	Close() error
}

// Startup is the price of having processes ready.
type Startup struct {
	Elapsed    time.Duration // until the last was ready
	PerProcess []time.Duration
	Warm       int   // how many were there already
	SentBytes  int64 // workload and data, to all of them
}
