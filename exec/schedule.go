package exec

import (
	"context"
	"errors"
	"slices"
	"time"

	"lockstep/exec/measure"
)

// Step is one run to be made.
type Step struct {
	Mode       Mode
	Workers    int
	Shape      Shape // of the mode hybrid; else zero
	Repetition int   // 0 is the warm-up, [measure.TimelineOnly] the last of all
}

// kind is the step without its repetition.
func (s Step) kind() Step {
	s.Repetition = 0
	return s
}

// round is what is run in turn: all modes with one number of workers.
func (p Plan) round(workers int) []Step {
	var round []Step
	for _, m := range p.Modes {
		if m != Hybrid {
			round = append(round, Step{Mode: m, Workers: workers})
			continue
		}
		for _, shape := range p.Shapes {
			if shape.Workers() == workers {
				round = append(round, Step{Mode: m, Workers: workers, Shape: shape})
			}
		}
	}
	return round
}

// traced is what is run once more for the timeline.
func (p Plan) traced(workers int) []Step {
	if !p.Timeline || !slices.Contains(p.Modes, Goroutines) {
		return nil
	}
	return []Step{{Mode: Goroutines, Workers: workers, Repetition: measure.TimelineOnly}}
}

// What a budget is spent on: rounds until the median of each mode is known well
// enough. Six runs are the fewest that have an interval of 95 %.
const (
	narrowSpread = 0.02
	narrowRuns   = 6
	maxRounds    = 1000
)

// schedule carries a plan out. result has what the caller knows already.
func schedule(ctx context.Context, p Plan, result measure.Result, execute Executor, progress func(Progress)) (measure.Result, error) {
	result.Schema, result.Title, result.Started, result.Machine = measure.Schema, p.Title, time.Now(), measure.ThisMachine()
	result.Workers, result.Repetitions, result.Budget = p.Workers, p.Repetitions, p.Budget
	result.Tasks, result.Chunk, result.Baseline = p.Tasks, p.Chunk, string(p.Modes[0])
	if result.Pinned = p.CPUs; len(p.CPUs) > 0 {
		result.Machine.CPUs = len(p.CPUs)
	}
	for _, m := range p.Modes {
		result.Modes = append(result.Modes, string(m))
		switch m {
		case Simple:
			result.Baseline = string(m)
		}
	}
	if p.locked() {
		result.Lock = p.Lock.String()
	}
	for _, shape := range p.Shapes {
		result.Shapes = append(result.Shapes, measure.Row{Workers: shape.Workers(), Shape: shape.String()})
	}
	s := scheduler{plan: p, execute: execute, progress: progress, result: &result, hopeless: map[Step]bool{}}
	for _, n := range p.Workers {
		s.todo += len(p.round(n))*(p.Repetitions+1) + len(p.traced(n))
	}
	err := s.all(ctx)
	if i, ok := errors.AsType[*InterruptedError](err); ok {
		result.Interrupted = i.Error()
	}
	measure.Summarize(&result)
	return result, err
}

// scheduler works off a plan.
type scheduler struct {
	plan     Plan
	execute  Executor
	progress func(Progress)
	result   *measure.Result
	hopeless map[Step]bool // kinds that are not worth a repetition
	todo     int           // runs that are left; of a budget, of the round
}

func (s *scheduler) all(ctx context.Context) error {
	for i, n := range s.plan.Workers {
		left := s.plan.Budget - time.Since(s.result.Started)
		until := time.Now().Add(left / time.Duration(len(s.plan.Workers)-i))
		for repetition := 0; s.again(n, repetition, until); repetition++ {
			round := s.plan.round(n)
			if s.plan.Budget > 0 {
				s.todo = len(round)
			}
			for _, step := range round {
				step.Repetition = repetition
				if err := s.step(ctx, step); err != nil {
					return err
				}
			}
		}
		if s.plan.Budget > 0 {
			s.todo = len(s.plan.traced(n))
		}
		for _, step := range s.plan.traced(n) {
			if err := s.step(ctx, step); err != nil {
				return err
			}
		}
	}
	s.todo = 0
	s.report(Step{})
	return nil
}

// again reports whether there is to be another round. A budget is worth at least
// one that counts.
func (s *scheduler) again(workers, repetition int, until time.Time) bool {
	switch {
	case s.plan.Budget == 0:
		return repetition <= s.plan.Repetitions
	case repetition <= 1:
		return true
	case repetition > maxRounds || !time.Now().Before(until):
		return false
	}
	for _, step := range s.plan.round(workers) {
		if spread, runs := s.result.Spread(string(step.Mode), step.row()); !s.hopeless[step] && (runs < narrowRuns || spread > narrowSpread) {
			return true
		}
	}
	return false
}

func (s Step) row() measure.Row {
	row := measure.Row{Workers: s.Workers}
	if s.Mode == Hybrid {
		row.Shape = s.Shape.String()
	}
	return row
}

// step makes one run.
func (s *scheduler) step(ctx context.Context, step Step) error {
	if s.hopeless[step.kind()] {
		s.todo--
		return nil
	}
	s.report(step)
	run, err := s.execute(ctx, step)
	if ctx.Err() != nil {
		// The run was cut short: its time means nothing.
		return &InterruptedError{context.Cause(ctx), len(s.result.Runs), s.total()}
	}
	if err != nil {
		return err
	}
	run.Mode, run.Workers, run.Shape, run.Repetition = string(step.Mode), step.Workers, step.row().Shape, step.Repetition
	if run.Timeline != nil {
		s.forgetTimeline(run)
	}
	s.result.Runs = append(s.result.Runs, run)
	s.todo--
	if run.Failed() < len(run.Outcomes) || len(run.Outcomes) == 0 {
		return nil
	}
	// Nobody came to a result: repeating it would not help.
	if first := run.Outcomes[0]; len(s.result.Runs) == 1 && (first.Failure == measure.Panicked || first.Failure == measure.Erred) {
		return &WorkloadError{step.Mode, step.Workers, first}
	}
	s.hopeless[step.kind()] = true
	return nil
}

// forgetTimeline drops the timeline of an earlier run of the same kind: only the last is kept.
func (s *scheduler) forgetTimeline(run measure.Run) {
	for i := range s.result.Runs {
		if r := &s.result.Runs[i]; r.Mode == run.Mode && r.Workers == run.Workers && r.Shape == run.Shape {
			r.Timeline = nil
		}
	}
}

// total is how many runs there will be; 0 where a budget decides.
func (s *scheduler) total() int {
	if s.plan.Budget > 0 {
		return 0
	}
	return len(s.result.Runs) + s.todo
}

// report tells how far it got.
func (s *scheduler) report(next Step) {
	if s.progress == nil {
		return
	}
	p := Progress{Mode: next.Mode, Workers: next.Workers, Repetition: next.Repetition, Budget: s.plan.Budget}
	if next.Mode == Hybrid {
		p.Shape = next.Shape.String()
	}
	p.Done = len(s.result.Runs)
	p.Total = p.Done + s.todo
	p.Elapsed = time.Since(s.result.Started)
	if p.Done > 0 && p.Budget == 0 {
		p.Left = p.Elapsed / time.Duration(p.Done) * time.Duration(s.todo)
	}
	s.progress(p)
}
