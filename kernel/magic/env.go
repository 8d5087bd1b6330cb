package magic

import (
	"context"
	"time"

	"lockstep/exec"
	"lockstep/exec/cluster"
	"lockstep/exec/measure"
	"lockstep/kernel/display"
	"lockstep/kernel/lang"
)

// Env is what magics may do to the session and its surroundings. The live
// session implements it; magics reach nothing of the session any other way.
// Lines are lines of the cell, counted from 1, so that errors point into it.
// Cancelling a ctx interrupts the call, which then fails with an error named
// "interrupted". Methods are called one at a time.
type Env interface {
	// Output is where the running cell's output goes.
	Output() lang.Output
	// History is the stored history, nil when there is none.
	History() lang.History

	// Run runs Go source in the session, as a cell would. line is the cell line
	// of its first line.
	Run(ctx context.Context, source string, line int) lang.Result
	// RunText runs a text as a cell of its own would run, magics included.
	RunText(ctx context.Context, text string, line int) lang.Result
	// Time compiles source once, runs it loops times inside the session and tells what
	// all loops together cost. The result's value is that of the last
	// expression in the last loop. After an error the timing covers what ran.
	Time(ctx context.Context, source string, line, loops int) (Timing, lang.Result)

	// Variables lists the session's variables by name.
	Variables(ctx context.Context) ([]Variable, error)
	// Declarations lists the session's functions, types, constants and imports in the order
	// in which they were declared.
	Declarations(ctx context.Context) ([]Declaration, error)
	// Remove takes declarations, variables and imports out of the session, and tells what it has taken.
	// Where something else still uses them it is a *lang.Error that names it, and nothing has changed.
	Remove(ctx context.Context, r Removal) ([]string, error)
	// Reset forgets all variables and declarations.
	Reset(ctx context.Context) error

	// Chdir changes the session's working directory and returns the new one, absolute. dir may be
	// relative to the old one; ~ is not expanded.
	Chdir(ctx context.Context, dir string) (string, error)
	// Getwd returns the session's working directory.
	Getwd(ctx context.Context) (string, error)
	// Environ returns the session's environment as NAME=VALUE strings.
	Environ(ctx context.Context) ([]string, error)
	// Setenv sets a variable of the session's environment, which commands and
	// worker processes inherit.
	Setenv(ctx context.Context, name, value string) error
	// Unsetenv removes a variable from the session's environment.
	Unsetenv(ctx context.Context, name string) error

	// Shell runs a command in the session's directory and environment, with stdin as its
	// input and its output streamed to the cell. A command that ran and failed
	// is a Status, not an error.
	Shell(ctx context.Context, argv []string, stdin string) (Status, error)

	// Inspect describes a Go name of the session; detail is 0 or 1.
	Inspect(ctx context.Context, name string, detail int) (display.Bundle, bool)

	// Engine tells what executes Go in this session.
	Engine(ctx context.Context) (EngineInfo, error)
	// Recycle starts the session's process anew: declarations are there again, and the variables with their values. Where
	// something would be lost by that it is a *lang.Error that names it, and nothing has changed; with force it is lost.
	Recycle(ctx context.Context, force bool) error
	// SetEngine chooses one of EngineInfo's engines for the cells that follow.
	SetEngine(ctx context.Context, name string) error

	// Memory tells how much memory the session process uses and may use.
	Memory(ctx context.Context) (MemoryInfo, error)
	// LimitMemory sets how much that is, in bytes; 0 is without a limit. Worker processes
	// that are started from now on have the same limit, each by itself.
	LimitMemory(ctx context.Context, bytes int64) error

	// Get adds third-party modules to the session, or changes their versions, as go get does with
	// the same arguments. It tells what has changed, as go get would.
	Get(ctx context.Context, queries []string) ([]string, error)
	// Mod returns the text of the session's go.mod.
	Mod(ctx context.Context) (string, error)

	// BuildFlags sets the build flags of cells that are compiled from now on, as the go command takes them, "off" for none.
	// It returns those in force; without flags it changes nothing.
	BuildFlags(ctx context.Context, flags []string) (string, error)
	// Test runs the session's tests with go test, whose output it streams. That tests failed is a Status,
	// not an error.
	Test(ctx context.Context, flags []string) (Status, error)
	// Vet runs go vet over the session's declarations and returns what it finds.
	Vet(ctx context.Context, flags []string) ([]Finding, error)

	// Measure runs a plan over a workload and returns what it measured. A workload that does
	// not compile is a *lang.Error, and nothing ran. Errors of [exec.Run] come as they are, with what
	// was measured until then; so does an interrupt, which may also be a *lang.Error named
	// "interrupted". progress is called from one goroutine, before Measure returns.
	Measure(ctx context.Context, m Measurement, progress func(exec.Progress)) (measure.Result, error)
	// Bind makes r a session variable of type lab.Result.
	Bind(ctx context.Context, name string, r measure.Result) error

	// ClusterLocal starts a cluster on this machine, in the place of the one that the session has; of slots 0 is as many as there are cores.
	ClusterLocal(ctx context.Context, nodes, slots int) error
	// ClusterConnect uses the cluster at a server. seed signs programs; nil: they are not signed.
	ClusterConnect(ctx context.Context, a cluster.Access, seed []byte) error
	// ClusterStatus tells of the session's cluster; without one the error is [ErrNoCluster], and so it is of ClusterStop,
	// which ends the use of it, and ends it if it is on this machine.
	ClusterStatus(ctx context.Context) (cluster.Status, error)
	ClusterStop(ctx context.Context) error

	// Capture calls run, and keeps what it prints and displays from the cell; the result's value is
	// among what is captured.
	Capture(run func() lang.Result) (display.Captured, lang.Result)
	// BindCaptured makes c a session variable of type display.Captured.
	BindCaptured(ctx context.Context, name string, c display.Captured) error
}

// Timing is what some loops over a source cost together.
type Timing struct {
	Wall             time.Duration
	User, System     time.Duration // processor time of the session process
	AllocatedBytes   int64
	AllocatedObjects int64
}

// MemoryInfo is about the session process; all in bytes.
type MemoryInfo struct {
	Used    int64 // 0: not known
	Limit   int64 // 0: none
	Machine int64 // what the machine, or the container, has; 0: not known
}

// Variable is a session variable.
type Variable struct {
	Name  string
	Type  string
	Value string // short text
	Bytes int64  // memory it occupies, 0 when unknown
}

// Declaration is anything else that the session has declared.
type Declaration struct {
	Name   string
	Names  []string // that it declares; constants may be declared together
	Kind   string   // "function", "method", "type", "constant" or "import"
	Doc    string   // the comment above it as written, "" for none
	Source string   // as written
}

// Finding is a remark on a place in a cell.
type Finding struct {
	Cell         string // "cell 3"
	Line, Column int
	Text         string
	Source       string // the line, "" when it is not at hand
}

// Removal says what is to be removed: a type means its methods too, a constant those that
// are declared together with it.
type Removal struct {
	Names []string
	// Dependents removes also what uses them.
	Dependents bool
}

// Status is how a command ended: with an exit code or by a signal.
type Status struct {
	Code   int
	Signal string // "killed", "interrupt"; "" when it exited
}

// OK reports whether the command succeeded.
func (s Status) OK() bool { return s.Code == 0 && s.Signal == "" }

// EngineInfo is the session's engine, and the ones it can have.
type EngineInfo struct {
	Name    string   // the one in use
	Summary string   // one line about its state: version, units loaded; may be ""
	Engines []Engine // all there are, in the order to show them
}

// Engine is one choice of %engine.
type Engine struct {
	Name    string
	Summary string
	Missing string // why it cannot be chosen here, "" when it can
}

// Measurement is one comparison to run: how often, with how many workers, in
// which modes, and the workload's source.
type Measurement struct {
	Plan   exec.Plan
	Body   string // the workload
	Line   int    // cell line of the body's first line
	Engine string // "" for the session's own
	// Cluster is for the mode cluster.
	Cluster ClusterUse
}
