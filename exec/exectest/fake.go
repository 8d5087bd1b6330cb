// Package exectest has an executor that needs no clock: its times come from its
// input, so that scheduling, statistics and tables can be tested exactly.
package exectest

import (
	"context"
	"fmt"
	"time"

	"lockstep/exec"
	"lockstep/exec/measure"
)

// Fake tells what each run is to be. Its zero value makes runs that take no
// time.
type Fake struct {
	// Elapsed gives the time of the k-th run (from 0, the warm-up) of a mode.
	Elapsed func(m exec.Mode, workers, k int) time.Duration
	// Edit changes the run before it is returned; nil changes nothing.
	Edit func(r *measure.Run)
	// Before is called at the start of each run; its error is the run's.
	Before func(ctx context.Context, m exec.Mode, workers, k int) error
}

// Executor returns the executor, which must not be used concurrently.
func (f Fake) Executor() exec.Executor {
	return func(ctx context.Context, s exec.Step) (measure.Run, error) {
		m, workers, k := s.Mode, s.Workers, s.Repetition
		if f.Before != nil {
			if err := f.Before(ctx, m, workers, k); err != nil {
				return measure.Run{}, err
			}
		}
		r := measure.Run{Mode: string(m), Workers: workers, Repetition: k}
		if f.Elapsed != nil {
			r.Sample.Elapsed = f.Elapsed(m, workers, k)
		}
		for i := range workers {
			r.Outcomes = append(r.Outcomes, measure.Outcome{Worker: i, Elapsed: r.Sample.Elapsed, Result: fmt.Sprint(1000 + i)})
		}
		if f.Edit != nil {
			f.Edit(&r)
		}
		return r, nil
	}
}
