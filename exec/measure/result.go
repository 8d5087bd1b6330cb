package measure

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"runtime"
	"slices"
	"strconv"
	"time"
)

// Schema is the version of the JSON form of [Result]. Fields may be added
// within a version; a field that goes or changes its meaning makes a new one.
const Schema = 1

// Result is what a comparison of modes brought. Runs are the raw facts; what
// [Summarize] derives from them may be computed again at any time.
type Result struct {
	Schema      int       `json:"schema"`           // the version of this form
	Title       string    `json:"title,omitempty"`  // the cell's first line
	Label       string    `json:"label,omitempty"`  // the name that it was saved under
	Started     time.Time `json:"started"`          // when the first run began
	Machine     Machine   `json:"machine"`          // where the runs took place
	Engine      string    `json:"engine,omitempty"` // what executed the workload: interp or native
	Lock        string    `json:"lock,omitempty"`   // policy, as "interval=5ms"
	Modes       []string  `json:"modes"`            // in the order of the table's columns
	Workers     []int     `json:"workers"`          // in the order of the table's rows
	Repetitions int       `json:"repetitions"`      // as planned, without the warm-up
	Baseline    string    `json:"baseline"`         // the mode that speed-up refers to
	Pinned      []int     `json:"pinned,omitempty"` // the cores that it was limited to
	// Shapes are the table's rows where one mode has several goroutines in each
	// process; see [Result.Rows].
	Shapes []Row `json:"shapes,omitempty"`
	// Tasks is how many tasks were handed out in each run, Chunk how many at a
	// time; 0: each worker executed the workload once.
	Tasks int `json:"tasks,omitempty"`
	Chunk int `json:"chunk,omitempty"` // how many tasks a worker took at a time
	// Budget is the time that the comparison was given instead of a number of
	// repetitions; 0: none.
	Budget time.Duration `json:"budget_ns,omitempty"`

	Runs []Run `json:"runs"` // in the order in which they ran

	Summaries []Summary `json:"summaries"`          // by workers, then mode
	Scaling   []Scaling `json:"scaling,omitempty"`  // how the modes use the cores; there only with the mode simple
	Verdict   *Verdict  `json:"verdict,omitempty"`  // nil where the modes do not allow one
	Warnings  []Warning `json:"warnings,omitempty"` // how far to trust the figures
	// Checkpoints is what they cost; nil where that is not known.
	Checkpoints *Checkpoints `json:"checkpoints,omitempty"`
	// Ticks is there where the lock had another number of ticks than CPython's default: one for each engine.
	Ticks []Ticks `json:"ticks,omitempty"`
	// LeftOut names a mode that was not asked for by name and could not be run, and
	// why: "subprocess: …".
	LeftOut string `json:"left_out,omitempty"`
	// Interrupted says why the comparison ended early; "" if it did not.
	Interrupted string `json:"interrupted,omitempty"`
}

// Checkpoints is what it costs a workload that it can be interrupted and the
// lock be handed over at any of its steps.
type Checkpoints struct {
	EachNS  float64 `json:"each_ns"`  // of one, as calibrated
	EveryNS float64 `json:"every_ns"` // from one to the next
	Share   float64 `json:"share"`    // of the workload's time
}

// Ticks says why a lock that counts checkpoints did not count to CPython's default: the engine comes from one to
// the next much faster than an interpreter does.
type Ticks struct {
	Engine string  `json:"engine"`  // interp or native
	Asked  int     `json:"asked"`   // CPython's default
	Used   int     `json:"used"`    // what takes as long
	EachNS float64 `json:"each_ns"` // of a checkpoint that is counted, as calibrated
	OldNS  float64 `json:"old_ns"`  // of a tick of CPython 2
}

// Machine is where the runs took place.
type Machine struct {
	OS       string `json:"os"`        // as Go calls it: linux
	Arch     string `json:"arch"`      // as Go calls it: amd64
	CPUs     int    `json:"cpus"`      // that the process may use
	MaxProcs int    `json:"max_procs"` // Go's limit of cores used at once
	Go       string `json:"go"`        // version of Go
}

// ThisMachine describes where the current process runs.
func ThisMachine() Machine {
	return Machine{
		OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.NumCPU(),
		MaxProcs: runtime.GOMAXPROCS(0), Go: runtime.Version(),
	}
}

// Run is one timed execution of a mode.
type Run struct {
	Mode       string    `json:"mode"`            // simple, serialized, …
	Workers    int       `json:"workers"`         // number of workers
	Shape      string    `json:"shape,omitempty"` // "2×8" where processes hold several workers
	Repetition int       `json:"repetition"`      // from 1; 0 is the warm-up, -1 a run for the timeline alone
	Sample     Sample    `json:"sample"`          // its numbers
	Outcomes   []Outcome `json:"outcomes"`        // by worker
	// Counted says that checkpoints were counted, which makes a warm-up slow.
	Counted bool `json:"counted,omitempty"`
	// Timeline is there for the last repetition, if it was asked for, and of goroutines for the run after it.
	Timeline *Timeline `json:"timeline,omitempty"`
	// Cluster is how its tasks were spread; nil in the other modes.
	Cluster *Cluster `json:"cluster,omitempty"`
	// Trace is what Go's execution tracer wrote about the run, until a timeline is made of it.
	Trace []byte `json:"-"`
}

// Cluster is how the tasks of a run were done on several machines. Bytes moved are in the sample.
type Cluster struct {
	Nodes       []NodeShare   `json:"nodes"`                 // that had workers or did tasks, by name
	Redelivered int           `json:"redelivered,omitempty"` // deliveries of a task after its first: its worker or node was lost
	Dead        int           `json:"dead,omitempty"`        // tasks that were given up
	Queued      time.Duration `json:"queued_ns"`             // from a task's arrival in the queue to its start: the median
}

// NodeShare is what one node did of a run.
type NodeShare struct {
	Node    string `json:"node"`              // its name
	Tasks   int    `json:"tasks"`             // that it has done
	Workers int    `json:"workers,omitempty"` // most that it had of the run
	Slots   int    `json:"slots,omitempty"`   // how many it can have in all
	// Lost says that the node was lost in the run, and not back at its end: what its processes used
	// after their last results is not known, and not in the figures.
	Lost bool `json:"lost,omitempty"`
}

// TimelineOnly is the number of the repetition that is made for the timeline, as recording it is not free.
const TimelineOnly = -1

// WarmUp reports whether the run came before those that count.
func (r Run) WarmUp() bool { return r.Repetition == 0 }

// Counts reports whether the run is one of those that the figures are of.
func (r Run) Counts() bool { return r.Repetition > 0 }

// Failed is how many workers of the run did not come to a result.
func (r Run) Failed() int {
	n := 0
	for _, o := range r.Outcomes {
		if o.Failed() {
			n++
		}
	}
	return n
}

// TaskSum adds up what the tasks of a run came to. ok is false if their results
// are not numbers, or a worker failed.
func (r Run) TaskSum() (sum float64, ok bool) {
	for _, o := range r.Outcomes {
		if o.Failed() || o.Tasks > 0 && o.Sum == nil {
			return 0, false
		}
		if o.Sum != nil {
			sum, ok = sum+float64(*o.Sum), true
		}
	}
	return sum, ok
}

// Sample is the numbers of one run. A number that is not known is 0.
type Sample struct {
	// Elapsed runs from the common start signal to the last worker's result.
	Elapsed time.Duration `json:"elapsed_ns"`
	// Startup is what it took to have all workers ready for the signal. Warm
	// is how many of their processes were there already.
	Startup   time.Duration `json:"startup_ns,omitempty"`
	Warm      int           `json:"warm,omitempty"`          // processes that were there already
	CPUUser   time.Duration `json:"cpu_user_ns,omitempty"`   // CPU time in the program, of all workers
	CPUSystem time.Duration `json:"cpu_system_ns,omitempty"` // CPU time in the operating system
	GC        time.Duration `json:"gc_ns,omitempty"`         // CPU time of the garbage collector, part of the above
	// Ready is how long threads were ready to run and had no core, because of
	// other programs or of workers in other processes.
	Ready time.Duration `json:"ready_ns,omitempty"`

	// PeakBytes is the most memory that was in use: in one process Go's heap
	// and stacks, in several the sum of their whole memories.
	PeakBytes     int64 `json:"peak_bytes,omitempty"`
	SentBytes     int64 `json:"sent_bytes,omitempty"`     // to processes: the workload and its data
	ReceivedBytes int64 `json:"received_bytes,omitempty"` // from processes: results

	// Of the mode cluster; see [Cluster].
	Nodes       int           `json:"nodes,omitempty"`       // that did tasks
	Redelivered int           `json:"redelivered,omitempty"` // deliveries of a task after its first
	Dead        int           `json:"dead,omitempty"`        // tasks that were given up
	Queued      time.Duration `json:"queued_ns,omitempty"`   // median of the tasks

	Running
}

// Running is how workers spent their time, and how often the lock changed
// hands. For a sample it is the sum over the workers.
type Running struct {
	Held      time.Duration `json:"held_ns,omitempty"`    // running: with the lock, where there is one
	Waited    time.Duration `json:"waited_ns,omitempty"`  // for the lock
	Blocked   time.Duration `json:"blocked_ns,omitempty"` // asleep, in channel operations, outside the lock
	Forced    int64         `json:"forced,omitempty"`     // hand-overs because a waiter asked
	Voluntary int64         `json:"voluntary,omitempty"`  // hand-overs because the holder blocked or ended
}

// Plus adds two.
func (r Running) Plus(o Running) Running {
	return Running{r.Held + o.Held, r.Waited + o.Waited, r.Blocked + o.Blocked, r.Forced + o.Forced, r.Voluntary + o.Voluntary}
}

// FailureKind is how a worker came to grief.
type FailureKind string

// The kinds of failure; "" is success.
const (
	Panicked    FailureKind = "panic"
	Erred       FailureKind = "error"  // it returned an error
	Exited      FailureKind = "exit"   // it ended before it had a result
	Signaled    FailureKind = "signal" // its process was killed by a signal
	TimedOut    FailureKind = "timeout"
	Interrupted FailureKind = "interrupted"
)

// Outcome is what one worker of a run came to.
type Outcome struct {
	Worker  int           `json:"worker"`           // its number, from 0
	Elapsed time.Duration `json:"elapsed_ns"`       // from the start signal; negative before it to its result
	Result  string        `json:"result,omitempty"` // as text, shortened
	Value   []byte        `json:"-"`                // encoded, where the mode keeps it
	// Where tasks were handed out: how many the worker had, and the sum of their
	// results if those are numbers.
	Tasks int  `json:"tasks,omitempty"`
	Sum   *Sum `json:"sum,omitempty"` // nil if they are not

	Failure FailureKind `json:"failure,omitempty"` // panic, error, exit, signal, timeout or interrupted; "" is success
	Error   string      `json:"error,omitempty"`   // what happened, for the reader
	Stack   string      `json:"stack,omitempty"`   // where it happened, as Go tells it

	Node          string        `json:"node,omitempty"`           // of a cluster, where its last task was done
	Pid           int           `json:"pid,omitempty"`            // of its process
	ExitCode      int           `json:"exit_code,omitempty"`      // of its process, if that ended
	Startup       time.Duration `json:"startup_ns,omitempty"`     // of its process
	CPUUser       time.Duration `json:"cpu_user_ns,omitempty"`    // as of a sample; of a process with several workers a part
	CPUSystem     time.Duration `json:"cpu_system_ns,omitempty"`  // as of a sample
	GC            time.Duration `json:"gc_ns,omitempty"`          // as of a sample
	Ready         time.Duration `json:"ready_ns,omitempty"`       // as of a sample
	PeakBytes     int64         `json:"peak_bytes,omitempty"`     // as of a sample
	SentBytes     int64         `json:"sent_bytes,omitempty"`     // as of a sample
	ReceivedBytes int64         `json:"received_bytes,omitempty"` // as of a sample

	Running
}

// Sum is a number of which it matters that it is there: package gob leaves a pointer to 0 out otherwise.
type Sum float64

// GobEncode implements gob.GobEncoder.
func (s *Sum) GobEncode() ([]byte, error) {
	return binary.LittleEndian.AppendUint64(nil, math.Float64bits(float64(*s))), nil
}

// GobDecode implements gob.GobDecoder.
func (s *Sum) GobDecode(data []byte) error {
	if len(data) != 8 {
		return fmt.Errorf("a sum of %d bytes", len(data))
	}
	*s = Sum(math.Float64frombits(binary.LittleEndian.Uint64(data)))
	return nil
}

// Failed reports whether the worker did not come to a result.
func (o Outcome) Failed() bool { return o.Failure != "" }

// Timeline is what the workers of a run did when.
type Timeline struct {
	Spans []Span `json:"spans"` // by start
	// Stride is 1 if all spans are there, else only each Stride-th is.
	Stride int `json:"stride"`
	// Traced says that Go's execution tracer saw the states: running is on a core then.
	Traced bool `json:"traced,omitempty"`
}

// Span is a stretch of time that a worker spent in one state: "running",
// "waiting" for the lock, or in the mode cluster for a task that is in the queue, "blocked", "ready" without a core, or "starting", before the start signal.
type Span struct {
	Worker int           `json:"worker"`   // its number
	State  string        `json:"state"`    // running, waiting, blocked, ready or starting
	Start  time.Duration `json:"start_ns"` // from the start signal
	End    time.Duration `json:"end_ns"`   // from the start signal
	// In the mode cluster: where it was, and in which of the run's seats. A worker's call is made in whichever is free.
	Node string `json:"node,omitempty"`
	Seat int    `json:"seat,omitempty"` // from 0
}

// Row is a row of the table: a number of workers, and where it matters how they
// are divided among processes.
type Row struct {
	Workers int    `json:"workers"`         // number of workers
	Shape   string `json:"shape,omitempty"` // "2×8"; "" where it does not matter
}

// String is how the row is called.
func (r Row) String() string {
	if r.Shape != "" {
		return r.Shape
	}
	return strconv.Itoa(r.Workers)
}

// Rows returns the rows of the table: the shapes if there are any, else the
// numbers of workers.
func (r *Result) Rows() []Row {
	if len(r.Shapes) > 0 {
		return slices.Clone(r.Shapes)
	}
	rows := make([]Row, len(r.Workers))
	for i, n := range r.Workers {
		rows[i].Workers = n
	}
	return rows
}

// in reports whether something of a shape belongs into a row: it does into each
// with its number of workers if it has no shape itself.
func (r Row) in(row Row) bool {
	return r.Workers == row.Workers && (r.Shape == "" || row.Shape == "" || r.Shape == row.Shape)
}

// row is the row that a run would have for itself.
func (r Run) row() Row { return Row{r.Workers, r.Shape} }

// In reports whether the run belongs into a row of the table.
func (r Run) In(row Row) bool { return r.row().in(row) }

// Elapsed returns the times of the runs that count for a mode and number of
// workers, in the order in which they ran.
func (r *Result) Elapsed(mode string, workers int) []time.Duration {
	return r.elapsed(mode, Row{Workers: workers})
}

func (r *Result) elapsed(mode string, row Row) []time.Duration {
	var times []time.Duration
	for _, run := range r.runs(mode, row) {
		times = append(times, run.Sample.Elapsed)
	}
	return times
}

// runs returns the runs of a mode in a row that count.
func (r *Result) runs(mode string, row Row) []Run {
	var runs []Run
	for _, run := range r.Runs {
		if run.Mode == mode && run.In(row) && run.Counts() {
			runs = append(runs, run)
		}
	}
	return runs
}

// Summary returns the summary of a mode and number of workers; where there are
// several shapes of that number, the first.
func (r *Result) Summary(mode string, workers int) (Summary, bool) {
	return r.At(mode, Row{Workers: workers})
}

// At returns the summary of a mode in a row of the table.
func (r *Result) At(mode string, row Row) (Summary, bool) {
	for _, s := range r.Summaries {
		if s.Mode == mode && s.row().in(row) {
			return s, true
		}
	}
	return Summary{}, false
}

// Decode reads the JSON form of a [Result]. A schema that this version does not
// know is an error.
func Decode(rd io.Reader) (Result, error) {
	var r Result
	if err := json.NewDecoder(rd).Decode(&r); err != nil {
		return Result{}, fmt.Errorf("result of a comparison: %w", err)
	}
	if r.Schema != Schema {
		return Result{}, fmt.Errorf("result of a comparison: want schema %d, got %d", Schema, r.Schema)
	}
	return r, nil
}

// ResultJSON is how the result is shown as the value of a cell: as a table, which is made
// from its JSON form, without timelines.
func (r Result) ResultJSON() (string, error) {
	r.Runs = slices.Clone(r.Runs)
	for i := range r.Runs {
		r.Runs[i].Timeline = nil
	}
	data, err := json.Marshal(r)
	return string(data), err
}
