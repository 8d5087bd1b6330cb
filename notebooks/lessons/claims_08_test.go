package lessons

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"lockstep/exec/measure"
)

var claims08 = []claim{
	{says: "Workers 3 and 4 did nothing wrong. But they lived in one process with worker 5", exact: true, holds: func(l *lesson) error {
		return failing(l, "2×3", 3, 4, 5)
	}},
	{says: "With a process each only worker 5 is lost", exact: true, holds: func(l *lesson) error { return failing(l, "6×1", 5) }},
	{says: "worker 0 was not disturbed by any of them", exact: true, holds: func(l *lesson) error {
		r, err := l.result("processes")
		for _, run := range r.Runs {
			if o := run.Outcomes[0]; o.Failed() || o.Result != `"done"` {
				err = errs(err, fmt.Errorf("worker 0 came to %q %s", o.Result, o.Error))
			}
		}
		return err
	}},
	{says: "Five workers failed in five ways", holds: func(l *lesson) error {
		r, err := l.result("processes")
		if err != nil {
			return err
		}
		last := r.Runs[len(r.Runs)-1].Outcomes
		for i, want := range []measure.Outcome{
			{},
			{Failure: measure.Panicked, Error: "assignment to entry in nil map (line 20)"},
			{Failure: measure.Exited, Error: "exit status 3"},
			{Failure: measure.Exited, Error: "stack overflow"},
			{Failure: measure.Signaled, Error: "killed"},
			{Failure: measure.TimedOut, Error: "no result after 1s"},
		} {
			if got := last[i]; got.Failure != want.Failure || !strings.Contains(got.Error, want.Error) {
				err = errs(err, fmt.Errorf("worker %d: got %s %q, want %s %q", i, got.Failure, got.Error, want.Failure, want.Error))
			}
		}
		return errs(err, contains(l, "fates", "no result after 1s"))
	}},
	{says: "One call is lost: the one that was being made", exact: true, holds: func(l *lesson) error {
		return contains(l, "replaced", "squares: [0 1 4 0 16 25 36 49]\n", "item 3: worker ", "the process ended: ")
	}},
	{says: "The pool has started a new process in place of the dead one, and goes on with two", holds: func(l *lesson) error {
		m := regexp.MustCompile(`item 3: .*\(process (\d+)\)[^\n]*\nprocesses before: \[(\d+) (\d+)\]  after: \[(\d+) (\d+)\]`).FindStringSubmatch(l.text("replaced"))
		if m == nil {
			return fmt.Errorf("replaced printed %q", l.text("replaced"))
		}
		died, before, after := m[1], m[2:4], m[4:6]
		for _, pid := range before {
			if survives := pid == after[0] || pid == after[1]; survives == (pid == died) {
				return fmt.Errorf("process %s died, there were %v, then %v", died, before, after)
			}
		}
		return nil
	}},
	{says: "A process can be ended at any time, whatever it is doing", exact: true, holds: func(l *lesson) error {
		return contains(l, "killed", "ended by itself in 300 ms: false\nended after Kill: true\nexit code: ", "it was killed")
	}},
	{says: "notices that the holder has died, frees the lock, and tells whoever waits", exact: true, holds: func(l *lesson) error {
		r, err := l.result("orphan")
		for _, run := range r.Runs {
			if run.Failed() != 1 || !run.Outcomes[0].Failed() {
				err = errs(err, fmt.Errorf("%d workers failed, want worker 0 alone", run.Failed()))
			}
		}
		return errs(err, contains(l, "orphan", `worker 1: lab: lock "account": worker 0`, "what it guards may be half changed"))
	}},
	{says: "With enough patience all tasks are done", holds: func(l *lesson) error {
		var all []error
		for attempts, done := range map[string][2]float64{"1": {0, 7}, "20": {8, 8}} {
			v, err := numbers(l, "persists", `Attempts: `+attempts+`, Done: (\d+)`)
			all = append(all, err, between("done with "+attempts+" attempts", v[0], done[0], done[1]))
		}
		return errs(all...)
	}},
	{says: "How many of the six results are there?", exact: true, holds: exercise},
}

// failing wants these workers of a shape to have failed in every run, and no others.
func failing(l *lesson, shape string, want ...int) error {
	r, err := l.result("walls")
	runs := 0
	for _, run := range r.Runs {
		if run.Shape != shape {
			continue
		}
		runs++
		var failed []int
		for _, o := range run.Outcomes {
			if o.Failed() {
				failed = append(failed, o.Worker)
			}
		}
		if !slices.Equal(failed, want) {
			err = errs(err, fmt.Errorf("%s: workers %v failed, want %v", shape, failed, want))
		}
	}
	return errs(err, atLeast("runs of "+shape, float64(runs), 1))
}
