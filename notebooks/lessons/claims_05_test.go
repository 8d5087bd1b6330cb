package lessons

import (
	"fmt"
	"strings"

	"lockstep/exec/measure"
)

var claims05 = []claim{
	{says: "Two by two, and so three times 40 milliseconds", holds: func(l *lesson) error {
		goroutines, err1 := l.result("six-goroutines")
		processes, err2 := l.result("six-processes")
		return errs(err1, err2, between("goroutines, ms", ms(goroutines, "goroutines", 6), 119, 240),
			between("processes, ms", ms(processes, "subprocess", 6), 119, 240))
	}},
	{says: "Six workers want to stay inside for 40 milliseconds each, and there are two permits", exact: true, holds: func(l *lesson) error {
		v, err := numbers(l, "six-processes-picture", `most at a time: (\d+)`)
		return errs(err, between("most at a time", v[0], 2, 2))
	}},
	{says: "remembers who was in from when to when", exact: true, holds: func(l *lesson) error {
		return errs(bars(l, "six-goroutines-picture", 6), bars(l, "six-processes-picture", 6), bars(l, "free-picture", 9), bars(l, "phases-picture", 9))
	}},
	{says: "A plain semaphore then simply has one more permit", exact: true, holds: func(l *lesson) error { return contains(l, "loose", "3") }},
	{says: "The mistake is an error as soon as there would be more permits than at the start", exact: true, holds: func(l *lesson) error {
		r, err := l.result("surplus")
		for _, run := range r.Runs {
			if run.Failed() != 1 || !run.Outcomes[1].Failed() {
				err = errs(err, fmt.Errorf("%s: %d workers failed, want worker 1 alone", run.Mode, run.Failed()))
			}
		}
		const mistake = `panic: lab: Release of bounded semaphore "strict": it has all its 2 permits: one Release too many (line 5)`
		return errs(err, contains(l, "surplus-error", "goroutines: "+mistake, "subprocess: "+mistake))
	}},
	{says: "At its own pace that is how long it takes. With the barrier each phase takes as long as its slowest worker", holds: func(l *lesson) error {
		free, err1 := l.result("free")
		phases, err2 := l.result("phases")
		all := []error{err1, err2}
		for _, mode := range []string{"goroutines", "subprocess"} {
			all = append(all, between("without, "+mode+", ms", ms(free, mode, 3), 89, 148), between("with, "+mode+", ms", ms(phases, mode, 3), 149, 230))
		}
		return errs(all...)
	}},
	{says: "Both take as long as worker 0 does. But those who ask keep the processor busy all the time", holds: func(l *lesson) error {
		asking, err1 := l.result("asking")
		waiting, err2 := l.result("waiting")
		all := []error{err1, err2}
		for _, mode := range []string{"goroutines", "subprocess"} {
			all = append(all, between("asking, "+mode+", ms", ms(asking, mode, 4), 79, 160), between("waiting, "+mode+", ms", ms(waiting, mode, 4), 79, 160),
				atLeast("processor time, asking ÷ waiting, "+mode, processor(asking, mode, 4)/processor(waiting, mode, 4), 2))
		}
		return errs(all...)
	}},
	{says: "Nobody took a loaf that was not there, and none is left", exact: true, holds: func(l *lesson) error {
		r, err := l.result("bakery")
		return errs(err, allResults(r, ""), contains(l, "bakery-sum", "loaves left: 0  fewest at any time: 0\n"))
	}},
	{says: "Every job was done once", exact: true, holds: func(l *lesson) error {
		r, err := l.result("consumers")
		err = errs(err, allResults(r, ""))
		for _, run := range r.Runs {
			var done int
			for _, o := range run.Outcomes {
				var n int
				_, e := fmt.Sscan(o.Result, &n)
				err = errs(err, e)
				done += n
			}
			if done != 12 {
				err = errs(err, fmt.Errorf("%s: %d jobs were done, want 12", run.Mode, done))
			}
		}
		return err
	}},
	{says: "Three consumers need 40 milliseconds for what one would need 120 for", holds: each("consumers", func(l *lesson, r measure.Result, n int) error {
		return errs(between("goroutines, ms", ms(r, "goroutines", n), 39, 90), between("subprocess, ms", ms(r, "subprocess", n), 39, 90))
	})},
	{says: "a shelf with less than nothing on it", exact: true, holds: func(l *lesson) error {
		return contains(l, "if-sum", "loaves left: 0  fewest at any time: -2\n")
	}},
	{says: "look again whenever you are woken", exact: true, holds: func(l *lesson) error {
		return contains(l, "for-sum", "loaves left: 0  fewest at any time: 0\n")
	}},
	{says: "After how many milliseconds has the producer put its last job into the queue?", holds: exercise},
}

// bars wants a picture with so many bars.
func bars(l *lesson, id string, want int) error {
	c, err := l.cell(id)
	if err != nil {
		return err
	}
	for _, o := range c.Outputs {
		if svg, ok := o.Data.Text("image/svg+xml"); ok {
			if got := strings.Count(svg, "<rect"); got != want {
				return fmt.Errorf("%s has %d bars, want %d", id, got, want)
			}
			return nil
		}
	}
	return fmt.Errorf("%s: there is no picture", id)
}
