package lessons

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"lockstep/exec/measure"
)

// claimsOf is what the lessons say. Bounds are generous: the shape is tested,
// not the speed of a machine.
var claimsOf = map[string][]claim{
	"09-running-commands":      claims09,
	"10-threads-and-processes": claims10,
	"11-no-lock-no-threads":    claims11,
	"13-when-to-use-what":      claims13,

	"01-the-classic-benchmark": {
		{says: "threads under the lock are as fast as no threads", holds: each("classic", func(l *lesson, r measure.Result, n int) error {
			return errs(noGain(r, n), oneHolder(r, n))
		})},
		{says: "gain as long as there is a free core for each worker", holds: each("classic", func(l *lesson, r measure.Result, n int) error {
			if n > l.cores {
				return nil
			}
			return errs(atLeast("goroutines", gain(r, "goroutines", n), 0.6*float64(n)), atLeast("subprocess", gain(r, "subprocess", n), 0.6*float64(n)))
		})},
		{says: "Once the cores are used up, more workers bring nothing more", holds: each("classic", func(l *lesson, r measure.Result, n int) error {
			most := 1.25 * float64(min(n, l.cores))
			return errs(atMost("goroutines", speedup(r, "goroutines", n), most), atMost("subprocess", speedup(r, "subprocess", n), most))
		})},
		{says: "Each worker appends", exact: true, holds: each("classic", func(l *lesson, r measure.Result, n int) error {
			return allResults(r, "500000")
		})},
		{says: "To put the published figures beside yours", exact: true, holds: func(l *lesson) error {
			return contains(l, "beside", "| 4 | 1.92 |")
		}},
		{says: "now threads cost time", holds: func(l *lesson) error {
			r, err := l.result("old")
			slowest := 0.0
			for _, n := range r.Workers {
				slowest = max(slowest, 1/speedup(r, "serialized", n))
			}
			if l.cores > 1 {
				err = errs(err, atLeast("serialized ÷ simple at its slowest", slowest, 1.08))
			}
			return err
		}},
		{says: "The work has not become more; the rest is threads that are woken in vain", holds: each("old", func(l *lesson, r measure.Result, n int) error {
			if l.cores == 1 {
				return nil
			}
			return atLeast("processor time, serialized ÷ simple", processor(r, "serialized", n)/processor(r, "simple", n), 1.1)
		})},
		{says: "Now no workers at all would have been the best choice", exact: true, holds: each("small", func(l *lesson, r measure.Result, n int) error {
			return atLeast("total, subprocess ÷ simple", float64(sum(r, "subprocess", n).Total)/float64(sum(r, "simple", n).Total), 2)
		})},
		{says: "costs about the same whether it has much to do or little", holds: func(l *lesson) error {
			much, err1 := l.result("classic")
			little, err2 := l.result("small")
			return errs(err1, err2, between("start-up, little ÷ much",
				float64(sum(little, "subprocess", 2).Startup)/float64(sum(much, "subprocess", 2).Startup), 0.25, 4))
		}},
		{says: "How long do the four need?", holds: exercise},
	},

	"02-what-the-lock-is": {
		{says: "A single thread pays for every small lock", exact: true, holds: func(l *lesson) error {
			m, err := rowsOf(l, "one-or-many", `Time: ([^}]+)}`, 2)
			if err != nil {
				return err
			}
			one, err1 := time.ParseDuration(m[0][1])
			many, err2 := time.ParseDuration(m[1][1])
			return errs(err1, err2, atLeast("many locks ÷ one lock", float64(many)/float64(one), 1.5))
		}},
		{says: "there is one holder at a time", exact: true, holds: each("count", func(l *lesson, r measure.Result, n int) error {
			return errs(oneHolder(r, n), atLeast("hand-overs", float64(sum(r, "serialized", n).Sample.Forced), 3))
		})},
		{says: "so that afterwards we can see when it was running", exact: true, holds: func(l *lesson) error {
			c, err := l.cell("count-picture")
			if err != nil {
				return err
			}
			for _, o := range c.Outputs {
				if svg, ok := o.Data.Text("image/svg+xml"); ok {
					return atLeast("bars in the picture", float64(strings.Count(svg, "<rect")), 4)
				}
			}
			return fmt.Errorf("there is no picture")
		}},
		{says: "The longer the interval, the fewer the hand-overs. A turn lasts about one interval.", holds: func(l *lesson) error {
			var all []error
			before := 1e9
			for ms, id := range map[float64]string{1: "interval-1", 5: "interval-5", 25: "interval-25"} {
				r, err := l.result(id)
				s := sum(r, "serialized", 2)
				all = append(all, err, between(id+": turn ÷ interval", s.Median.Seconds()*1000/float64(s.Sample.Forced+1)/ms, 0.6, 4))
			}
			for _, id := range []string{"interval-1", "interval-5", "interval-25"} {
				r, err := l.result(id)
				forced := float64(sum(r, "serialized", 2).Sample.Forced)
				all = append(all, err, atMost(id+": hand-overs", forced, before-1))
				before = forced
			}
			return errs(all...)
		}},
		{says: "Worker 1 has a hole that is far longer than 5 milliseconds", holds: func(l *lesson) error {
			v, err := numbers(l, "sort-outside-picture", `worker 1: (\d+) ms before, (\d+) ms now`)
			if err != nil {
				return err
			}
			return errs(atLeast("hole, ms", v[0], 15), atMost("hole with lab.Outside ÷ hole", v[1]/v[0], 0.75))
		}},
		{says: "Updates were lost", exact: true, holds: func(l *lesson) error { return lost(l, "lost-sum", true) }},
		{says: "Your data needs a lock of your own", exact: true, holds: func(l *lesson) error { return lost(l, "mended-sum", false) }},
		{says: "Nothing is lost, since nobody is ever interrupted", exact: true, holds: func(l *lesson) error { return lost(l, "experiment-sum", false) }},
		{says: "How many times as short does the hole of worker 1 become?", holds: exercise},
	},

	"03-waiting-and-working": {
		{says: "One after another they need 400 milliseconds. As threads they need 100", holds: func(l *lesson) error {
			r, err := l.result("sleeping")
			all := []error{err, between("simple, ms", ms(r, "simple", 4), 399, 500)}
			for _, mode := range []string{"serialized", "goroutines"} {
				all = append(all, between(mode+", ms", ms(r, mode, 4), 99, 160))
			}
			return errs(all...)
		}},
		{says: "the lock lets only one of them work. Goroutines and processes gain what your cores allow", holds: func(l *lesson) error {
			r, err := l.result("counting")
			least := 0.6 * float64(min(4, l.cores))
			return errs(err, noGain(r, 4), oneHolder(r, 4),
				atLeast("goroutines", gain(r, "goroutines", 4), least), atLeast("subprocess", gain(r, "subprocess", 4), least))
		}},
		{says: "Where workers wait for a clock or a server, four threads are about four times as fast, lock or no lock", holds: func(l *lesson) error {
			var all []error
			for _, id := range []string{"sleeping", "asking"} {
				r, err := l.result(id)
				s := sum(r, "simple", 4).Sample
				all = append(all, err, atLeast(id+": part of waiting", float64(s.Blocked)/float64(s.Elapsed), 0.9),
					between(id+": serialized", speedup(r, "serialized", 4), 2.8, 5), between(id+": goroutines", speedup(r, "goroutines", 4), 2.8, 5))
			}
			return errs(all...)
		}},
		{says: "Files are a case of their own", exact: true, holds: func(l *lesson) error {
			r, err := l.result("writing")
			s := sum(r, "simple", 4).Sample
			return errs(err, allResults(r, ""), atLeast("part of waiting", float64(s.Blocked)/float64(s.Elapsed), 0.01))
		}},
		{says: "Where they work, threads under the lock gain nothing", holds: func(l *lesson) error {
			r, err := l.result("counting")
			s := sum(r, "simple", 4).Sample
			return errs(err, atMost("part of waiting", float64(s.Blocked)/float64(s.Elapsed), 0.02), noGain(r, 4),
				contains(l, "share", "sleep", "ask a server", "write files", "count"))
		}},
		{says: "it takes about 4 × 50 ms for the counts and 50 ms for the last one's wait", holds: func(l *lesson) error {
			r, err := l.result("mixed")
			all := []error{err, between("serialized, ms", ms(r, "serialized", 4), 190, 380), atLeast("serialized", gain(r, "serialized", 4), 1.2)}
			if l.cores > 1 {
				all = append(all, atMost("goroutines ÷ serialized", ms(r, "goroutines", 4)/ms(r, "serialized", 4), 0.9))
			}
			return errs(all...)
		}},
		{says: "pays one switch interval each time it comes back", holds: func(l *lesson) error {
			var all []error
			for id, interval := range map[string]float64{"convoy-1": 1, "convoy-5": 5, "convoy-20": 20} {
				r, err := l.result(id)
				if err != nil {
					return err
				}
				waited := math.Inf(1)
				for _, run := range r.Runs {
					waited = min(waited, run.Outcomes[1].Waited.Seconds()*1000/10)
				}
				all = append(all, between(id+": waited, ms", waited, 0.6*interval, 1.5*interval+2))
			}
			return errs(append(all, contains(l, "waits", "20 ms: waited"))...)
		}},
		{says: "The bar goes on moving while the work goes on", holds: func(l *lesson) error {
			return atLeast("bar stood still, work here ÷ elsewhere", duration(l, "frozen")/duration(l, "alive"), 3)
		}},
		{says: "A thousand wait nearly as quickly as four", holds: func(l *lesson) error {
			r, err := l.result("experiment")
			return errs(err, atMost("1000 sleepers ÷ 4 sleepers", ms(r, "serialized", 1000)/ms(r, "serialized", 4), 3))
		}},
		{says: "How many milliseconds does the whole thing take?", holds: exercise},
	},

	"04-locks": {
		{says: "The sum is wrong", holds: func(l *lesson) error {
			v, err := numbers(l, "unguarded-sum", `sum: (-?\d+)`)
			if err == nil && v[0] == 2000 {
				err = fmt.Errorf("the sum is 2000")
			}
			return err
		}},
		{says: "The sum is right", exact: true, holds: func(l *lesson) error { return contains(l, "guarded-sum", "sum: 2000\n") }},
		{says: "With the wide lock the workers stand in line, as if there were only one", holds: func(l *lesson) error {
			r, err := l.result("wide")
			return errs(err, between("goroutines", speedup(r, "goroutines", 2), 0.7, 1.35))
		}},
		{says: "each has a core to itself, if there are two", holds: func(l *lesson) error {
			r, err := l.result("narrow")
			return errs(err, atLeast("goroutines", gain(r, "goroutines", 2), 0.65*float64(min(2, l.cores))))
		}},
		{says: "lab.Lock notices and says so", exact: true, holds: func(l *lesson) error { return contains(l, "self-lock", "holds it already") }},
		{says: "may be taken again by its holder", exact: true, holds: func(l *lesson) error { return contains(l, "reentrant-run", "balance: 110") }},
		{says: "lets the one who closed it fail. It gives back what it held, so the other one finishes", exact: true, holds: func(l *lesson) error {
			r, err := l.result("deadlock")
			for _, run := range r.Runs {
				if run.Failed() != 1 {
					err = errs(err, fmt.Errorf("%d workers failed, want 1", run.Failed()))
				}
			}
			return errs(err, contains(l, "deadlock-error", "deadlock", `holds lock "left" and waits for lock "right"`, `holds lock "right" and waits for lock "left"`))
		}},
		{says: "In a line there is no circle", exact: true, holds: func(l *lesson) error {
			r, err := l.result("ordered")
			return errs(err, allResults(r, ""))
		}},
		{says: "Both come to their end", exact: true, holds: func(l *lesson) error {
			r, err := l.result("backing-off")
			return errs(err, allResults(r, ""))
		}},
		{says: "Taking a lock costs something, too", exact: true, holds: func(l *lesson) error {
			v, err := numbers(l, "often-once", `takes (\d+) times`)
			return errs(err, atLeast("often ÷ once", v[0], 2))
		}},
		{says: "the check finds that they deadlock. Mend it", exact: true, holds: func(l *lesson) error {
			return errs(contains(l, "check-answer", "Not yet: lab: deadlock"), contains(l, "check-solution", "Right"))
		}},
	},

	"05-the-other-synchronisers":       claims05,
	"06-processes":                     claims06,
	"07-pools":                         claims07,
	"08-faults-stay-where-they-happen": claims08,
	"12-more-than-one-machine":         claims12,
}

// exercise holds if the check tells the solution from a wrong answer.
func exercise(l *lesson) error {
	return errs(contains(l, "check-verdict", "Not yet"), contains(l, "check-solution", "Right"))
}

// lost reads how many updates a cell says were lost.
func lost(l *lesson, id string, some bool) error {
	v, err := numbers(l, id, `steps: (\d+) +total: (\d+) +lost: (\d+)`)
	switch {
	case err != nil:
		return err
	case v[0] == 0 || v[0]-v[1] != v[2]:
		return fmt.Errorf("%s does not add up: %q", id, l.text(id))
	case some != (v[2] > 0):
		return fmt.Errorf("%v were lost", v[2])
	}
	return nil
}

// each checks every number of workers of a result.
func each(id string, check func(l *lesson, r measure.Result, workers int) error) func(*lesson) error {
	return func(l *lesson) error {
		r, err := l.result(id)
		for _, n := range r.Workers {
			if e := check(l, r, n); e != nil {
				err = errs(err, fmt.Errorf("with %d workers: %w", n, e))
			}
		}
		return err
	}
}

// rowsOf finds the rows of a table that a cell shows: what the groups of a pattern match in each of so many.
func rowsOf(l *lesson, id, pattern string, rows int) ([][]string, error) {
	found := regexp.MustCompile(pattern).FindAllStringSubmatch(l.text(id), -1)
	if len(found) != rows {
		return nil, fmt.Errorf("the table is %q", l.text(id))
	}
	return found, nil
}

// numbers reads the numbers in a cell's text.
func numbers(l *lesson, id, pattern string) ([]float64, error) {
	m := regexp.MustCompile(pattern).FindStringSubmatch(l.text(id))
	if m == nil {
		return []float64{0, 0, 0}, fmt.Errorf("%s printed %q", id, l.text(id))
	}
	var v []float64
	for _, s := range m[1:] {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			return v, err
		}
		v = append(v, f)
	}
	return v, nil
}

// duration is the duration at the end of what a cell printed; 0 if there is none.
func duration(l *lesson, id string) float64 {
	words := strings.Fields(l.text(id))
	if len(words) == 0 {
		return 0
	}
	d, err := time.ParseDuration(words[len(words)-1])
	if err != nil {
		return 0
	}
	return d.Seconds()
}

func contains(l *lesson, id string, parts ...string) error {
	for _, p := range parts {
		if !strings.Contains(l.text(id), p) {
			return fmt.Errorf("%s put out %q, want %q in it", id, l.text(id), p)
		}
	}
	return nil
}

// allResults wants every worker of every run to have finished, with the given result
// if it is not empty.
func allResults(r measure.Result, want string) error {
	if len(r.Runs) == 0 {
		return fmt.Errorf("there are no runs")
	}
	for _, run := range r.Runs {
		for _, o := range run.Outcomes {
			if o.Failed() || want != "" && o.Result != want {
				return fmt.Errorf("%s, worker %d: got %q %s, want %q", run.Mode, o.Worker, o.Result, o.Error, want)
			}
		}
	}
	return nil
}

func sum(r measure.Result, mode string, workers int) measure.Summary {
	s, _ := r.Summary(mode, workers)
	return s
}

// speedup compares medians. It is NaN if one is missing, which no bound lets pass.
func speedup(r measure.Result, mode string, workers int) float64 {
	return float64(sum(r, "simple", workers).Median) / float64(sum(r, mode, workers).Median)
}

// gain is the speed-up for bounds from below: of the medians or of the quickest
// runs, since what else the machine does can spoil either.
func gain(r measure.Result, mode string, workers int) float64 {
	return max(speedup(r, mode, workers), float64(sum(r, "simple", workers).Min)/float64(sum(r, mode, workers).Min))
}

// noGain wants threads under the lock to take as long as simple, by the medians
// or by the quickest runs: where others use the machine too, several threads
// that take turns get more of it than one.
func noGain(r measure.Result, workers int) error {
	simple, serialized := sum(r, "simple", workers), sum(r, "serialized", workers)
	const low, high = 0.75, 1.3
	if between("", float64(serialized.Min)/float64(simple.Min), low, high) == nil {
		return nil
	}
	return between("serialized ÷ simple", float64(serialized.Median)/float64(simple.Median), low, high)
}

// oneHolder wants the lock to be held for no more than the time that there was.
func oneHolder(r measure.Result, workers int) error {
	s := sum(r, "serialized", workers).Sample
	return between("held by all ÷ time", float64(s.Held)/float64(s.Elapsed), 0.3, 1.1)
}

func ms(r measure.Result, mode string, workers int) float64 {
	return sum(r, mode, workers).Median.Seconds() * 1000
}

func processor(r measure.Result, mode string, workers int) float64 {
	s := sum(r, mode, workers).Sample
	return (s.CPUUser + s.CPUSystem).Seconds()
}
