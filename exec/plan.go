package exec

import (
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"lockstep/exec/gil"
)

// What a plan has unless told otherwise. Five repetitions are the fewest whose
// order can tell two modes apart with some to spare.
const (
	DefaultRepetitions = 5
	MaxWorkers         = 10_000
)

// Plan says what to run, and how often. Its zero value runs the modes simple,
// serialized, goroutines and, where there are processes, subprocess, with 2, 3
// and 4 workers, five times each. It is plain data and can be sent.
type Plan struct {
	Title       string
	Modes       []Mode
	Workers     []int
	Repetitions int
	// Budget, if not 0, is used instead of Repetitions: there are repetitions
	// until the medians are known well or the time is spent.
	Budget time.Duration
	// Shapes are those of the mode hybrid. With it they decide on the numbers
	// of workers, and Workers is not used. nil: Workers, each divided among one process, one for each core, and
	// one for each worker; with Workers nil as well, four times as many as there are cores.
	Shapes []Shape
	// CPUs are the processor cores to run on, where the system can be told so;
	// nil: all.
	CPUs []int
	// Tasks, if not 0, is how many tasks are handed out to the workers, Chunk
	// at a time (0: 1). Else each worker executes the workload once.
	Tasks, Chunk int
	// Lock is the policy of the mode serialized, and with LockEach of hybrid. Of the kind ticks without a number it has as many ticks
	// as the engine needs to take as long as the old lock's 100 did, where that is more: see [measure.Ticks].
	Lock gil.Policy
	// LockEach puts the workers of each process of the mode hybrid under a lock of
	// their own, with the policy Lock. Else they have none.
	LockEach bool
	// Timeout limits each worker, from its own start; 0 is no limit. One that
	// has no result by then is stopped and reported.
	Timeout time.Duration
	// Spawn starts the processes afresh for each run. Else only the warm-up
	// does, and the repetitions use them again.
	Spawn bool
	// Timeline keeps what the workers did when, of the last repetition.
	Timeline bool
}

// Setting is where a plan is carried out. Its zero value will do for a workload
// without checkpoints.
type Setting struct {
	// Processes is for the modes that need it; nil: there are none.
	Processes Processes
	// NoProcesses says why there are none, for the reader.
	NoProcesses string
	// Cluster is for the mode cluster; nil: there is none.
	Cluster Processes
	// Breaker is the flag that the workload's code tests at its checkpoints;
	// nil for code that has none.
	Breaker *gil.Breaker
	// Show makes text of results and panics.
	Show Show
	// Checkpoint calibrates the engine's checkpoints; nil if that cannot be done.
	// It is called after the last run, and before the first where the lock's ticks depend on it.
	Checkpoint func() CheckpointCost
	// Engine names what executes the workload, for the record.
	Engine string
}

// PlanError is a plan that cannot be carried out.
type PlanError struct {
	Flag string // the flag of %%compare that sets the field, without dashes
	Text string
}

func (e *PlanError) Error() string { return e.Text }

// fill returns the plan with its defaults, or a [*PlanError].
func (p Plan) fill(processes bool) (Plan, error) {
	if p.Modes == nil {
		p.Modes = []Mode{Simple, Serialized, Goroutines}
		if processes {
			p.Modes = append(p.Modes, Subprocess)
		}
		if len(p.Shapes) > 0 {
			p.Modes = append(p.Modes, Hybrid)
		}
	}
	if slices.Contains(p.Modes, Hybrid) {
		if err := p.fillShapes(); err != nil {
			return p, err
		}
	} else if len(p.Shapes) > 0 {
		return p, &PlanError{"hybrid", "--hybrid needs the mode hybrid among --modes"}
	} else if p.LockEach {
		return p, &PlanError{"lock-each", "--lock-each needs the mode hybrid among --modes"}
	}
	if p.Repetitions == 0 && p.Budget == 0 {
		p.Repetitions = DefaultRepetitions
	}
	if len(p.Modes) == 0 {
		return p, &PlanError{"modes", "--modes must name at least one mode"}
	}
	for i, m := range p.Modes {
		info, ok := m.info()
		switch {
		case !ok:
			return p, &PlanError{"modes", "--modes: " + (&ModeError{string(m), nearest(string(m))}).Error()}
		case slices.Contains(p.Modes[:i], m):
			return p, &PlanError{"modes", fmt.Sprintf("--modes: %s is listed twice", m)}
		case info.Processes && !processes:
			return p, &PlanError{"modes", fmt.Sprintf("--modes: %s needs processes, which cannot be started here", m)}
		}
	}
	if p.Workers == nil {
		p.Workers = []int{2, 3, 4}
	}
	if err := p.checkWorkers(); err != nil {
		return p, err
	}
	if p.Budget < 0 {
		return p, &PlanError{"time", fmt.Sprintf("--time must not be negative, got %v", p.Budget)}
	}
	if p.Budget > 0 && p.Repetitions != 0 {
		return p, &PlanError{"time", "--time says how long to repeat, -r how often: give one of the two"}
	}
	if p.Repetitions < 1 && p.Budget == 0 {
		return p, &PlanError{"r", fmt.Sprintf("-r must be at least 1, got %d", p.Repetitions)}
	}
	switch {
	case p.Tasks < 0:
		return p, &PlanError{"tasks", fmt.Sprintf("--tasks must be at least 1, got %d", p.Tasks)}
	case p.Chunk < 0:
		return p, &PlanError{"chunk", fmt.Sprintf("--chunk must be at least 1, got %d", p.Chunk)}
	case p.Chunk > 0 && p.Tasks == 0:
		return p, &PlanError{"chunk", "--chunk says how many tasks a worker takes at a time: give --tasks too"}
	case p.Tasks > 0 && p.Chunk == 0:
		p.Chunk = 1
	}
	if err := p.checkCPUs(); err != nil {
		return p, err
	}
	if p.Timeout < 0 {
		return p, &PlanError{"timeout", fmt.Sprintf("--timeout must not be negative, got %v", p.Timeout)}
	}
	return p, nil
}

func (p Plan) checkWorkers() error {
	if len(p.Workers) == 0 {
		return &PlanError{"n", "-n must give at least one number of workers"}
	}
	for i, n := range p.Workers {
		switch {
		case n < 1:
			return &PlanError{"n", fmt.Sprintf("-n must be at least 1, got %d", n)}
		case n > MaxWorkers:
			return &PlanError{"n", fmt.Sprintf("-n must be at most %d, got %d", MaxWorkers, n)}
		case slices.Contains(p.Workers[:i], n):
			return &PlanError{"n", fmt.Sprintf("-n lists %d twice", n)}
		}
	}
	return nil
}

// shapesOf are the ways to divide some numbers of workers that differ most: one process, one for each core if
// that can be done evenly, one for each worker.
func shapesOf(workers []int, cores int) (all []Shape) {
	for _, n := range workers {
		for _, processes := range []int{1, cores, n} {
			s := Shape{Processes: processes, Goroutines: n / processes}
			if s.Workers() == n && !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all
}

// fillShapes checks the shapes and takes the numbers of workers from them.
func (p *Plan) fillShapes() error {
	if len(p.Shapes) == 0 {
		cores := runtime.GOMAXPROCS(0)
		if p.Workers == nil {
			p.Workers = []int{4 * cores}
		}
		if err := p.checkWorkers(); err != nil {
			return err
		}
		p.Shapes = shapesOf(p.Workers, cores)
	}
	p.Workers = nil
	for i, s := range p.Shapes {
		n := s.Workers()
		switch {
		case s.Processes < 1 || s.Goroutines < 1:
			return &PlanError{"hybrid", fmt.Sprintf("--hybrid must have at least 1 process and 1 worker in each, got %v", s)}
		case n > MaxWorkers:
			return &PlanError{"hybrid", fmt.Sprintf("--hybrid must have at most %d workers, got %v", MaxWorkers, s)}
		case slices.Contains(p.Shapes[:i], s):
			return &PlanError{"hybrid", fmt.Sprintf("--hybrid lists %v twice", s)}
		}
		if !slices.Contains(p.Workers, n) {
			p.Workers = append(p.Workers, n)
		}
	}
	return nil
}

func (p Plan) checkCPUs() error {
	if len(p.CPUs) == 0 {
		return nil
	}
	there, err := cores()
	if err != nil {
		return &PlanError{"cpus", "--cpus: " + err.Error()}
	}
	for i, c := range p.CPUs {
		switch {
		case !slices.Contains(there, c):
			return &PlanError{"cpus", fmt.Sprintf("--cpus: there is no core %d to run on; there are %s", c, numbers(there))}
		case slices.Contains(p.CPUs[:i], c):
			return &PlanError{"cpus", fmt.Sprintf("--cpus lists %d twice", c)}
		}
	}
	return nil
}

// numbers writes a list as flags have it.
func numbers(list []int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ",")
}

// Check returns a [*PlanError] if the plan cannot be carried out; processes
// says whether there will be [Processes].
func (p Plan) Check(processes Availability) error {
	_, err := p.fill(bool(processes))
	return err
}

// Availability says whether something is there.
type Availability bool

// Whether a plan can count on processes.
const (
	WithProcesses    Availability = true
	WithoutProcesses Availability = false
)

// locked reports whether some of the modes run under the lock.
func (p Plan) locked() bool { return slices.Contains(p.Modes, Serialized) || p.LockEach }
