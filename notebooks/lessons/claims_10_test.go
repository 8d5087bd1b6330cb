package lessons

import (
	"fmt"
	"time"

	"lockstep/exec/measure"
)

var claims10 = []claim{
	{says: "one works at a time, and the same among the other four", exact: true, holds: func(l *lesson) error {
		r, err := l.result("look")
		if err != nil {
			return err
		}
		for _, run := range r.Runs {
			var held, waited [2]time.Duration // in each process
			for _, o := range run.Outcomes {
				held[o.Worker/4] += o.Held
				waited[o.Worker/4] += o.Waited
			}
			for p := range held {
				err = errs(err, between("held by those of a process ÷ time", float64(held[p])/float64(run.Sample.Elapsed), 0.1, 1.05),
					atLeast("waited for the lock, s", waited[p].Seconds(), 0.001))
			}
		}
		return err
	}},
	{says: "Then, among the first four, one works at a time", holds: func(l *lesson) error {
		r, err := l.result("look")
		s := shape(r, "2×4")
		return errs(err, between("2×4, ms", s.Median.Seconds()*1000, 60, 300))
	}},
	{says: "Sixteen threads in one process wait together, but under the lock their work stands in line", holds: func(l *lesson) error {
		r, err := l.result("shapes")
		return errs(err, between("1×16, ms", shape(r, "1×16").Median.Seconds()*1000, 130, 400))
	}},
	{says: "more processes work at the same time, until each core has one. After that nothing gets quicker", holds: func(l *lesson) error {
		r, err := l.result("shapes")
		one, most := shape(r, "1×16").Min.Seconds(), shape(r, "16×1").Median.Seconds()
		all := []error{err}
		// 40 ms of waiting and 160 of work for the processes that have a core.
		best := func(cores int) float64 { return 200 / (40 + 160/float64(min(cores, 16))) }
		for _, p := range []int{2, 4, 8} {
			s := shape(r, fmt.Sprintf("%d×%d", p, 16/p))
			if p <= l.cores {
				all = append(all, atLeast(s.Shape, one/s.Min.Seconds(), 1+0.3*(best(p)-1)))
			} else {
				all = append(all, atMost(s.Shape+", 16 processes over fewer", s.Min.Seconds()/most, 1.3))
			}
		}
		return errs(all...)
	}},
	{says: "start-up and memory go on growing: every process is a whole program", exact: true, holds: func(l *lesson) error {
		r, err := l.result("shapes")
		all := []error{err}
		for _, p := range []int{2, 4, 8, 16} {
			few, more := shape(r, fmt.Sprintf("%d×%d", p/2, 32/p)), shape(r, fmt.Sprintf("%d×%d", p, 16/p))
			all = append(all, atLeast("memory, "+more.Shape+" over "+few.Shape, float64(more.Sample.PeakBytes)/float64(few.Sample.PeakBytes), 1.5))
		}
		return errs(append(all, atLeast("start-up, 16 processes over 1",
			float64(shape(r, "16×1").Startup)/float64(shape(r, "1×16").Startup), 2))...)
	}},
	{says: "as many processes as there are cores", holds: func(l *lesson) error {
		want := map[int]string{1: "1×16", 2: "2×8", 4: "4×4"}[l.cores]
		if want == "" {
			return nil // with more, the work is too short beside the waiting
		}
		return contains(l, "best", "best:  "+want+"\n")
	}},
	{says: "Leave it out, and one process does it all", holds: func(l *lesson) error {
		r, err := l.result("unlocked")
		locked, err2 := l.result("shapes")
		if l.cores == 1 {
			return errs(err, err2)
		}
		return errs(err, err2, atLeast("with a lock ÷ without", float64(shape(locked, "1×16").Min)/float64(shape(r, "1×16").Min), 1.25))
	}},
	{says: "For waiting, one process is enough", holds: func(l *lesson) error {
		r, err := l.result("experiment")
		one, four := shape(r, "1×16"), shape(r, "4×4")
		return errs(err, atMost("1×16 ÷ 4×4", float64(one.Min)/float64(four.Min), 1.25),
			atMost("1×16 in ms", float64(one.Min)/float64(time.Millisecond), 80))
	}},
	{says: "How many milliseconds does the whole thing take?", holds: exercise},
}

// shape is the summary of a division of workers among processes.
func shape(r measure.Result, name string) measure.Summary {
	for _, s := range r.Summaries {
		if s.Shape == name {
			return s
		}
	}
	return measure.Summary{}
}
