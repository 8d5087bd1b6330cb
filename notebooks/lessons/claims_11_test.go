package lessons

import (
	"fmt"
	"strconv"
	"time"
)

var claims11 = []claim{
	{says: "Without the lock, threads gain what the cores allow", holds: func(l *lesson) error {
		r, err := l.result("counting")
		return errs(err, noGain(r, 2), atLeast("goroutines", gain(r, "goroutines", 2), 0.65*float64(min(2, l.cores))))
	}},
	{says: "In async each counts to its end, and the turns change only at the sleep", exact: true, holds: func(l *lesson) error {
		r, err := l.result("look")
		return errs(err, atLeast("hand-overs in serialized", float64(sum(r, "serialized", 3).Sample.Forced), 3),
			atMost("hand-overs in async", float64(sum(r, "async", 3).Sample.Forced), 0))
	}},
	{says: "Both need about the same time", holds: func(l *lesson) error {
		r, err := l.result("look")
		return errs(err, between("async ÷ serialized", ms(r, "async", 3)/ms(r, "serialized", 3), 0.7, 1.4))
	}},
	{says: "Here are four goroutines, with no lock of any kind", holds: func(l *lesson) error {
		if l.cores == 1 {
			return nil
		}
		return lost(l, "lost-sum", true)
	}},
	{says: "In async nothing is lost, without a lock", exact: true, holds: func(l *lesson) error { return lost(l, "kept-sum", false) }},
	{says: "one task that does not wait holds up all others", exact: true, holds: func(l *lesson) error {
		v, err := seconds(l, "beside-when", `async +worker 1 was done after (\S+)`)
		return errs(err, atLeast("worker 1 beside one that works, s", v[0], 0.19))
	}},
	{says: "As a goroutine it hardly notices the other one. Under the lock it waits one switch interval each time", holds: func(l *lesson) error {
		v, err := seconds(l, "beside-when", `(?s)goroutines +worker 1 was done after (\S+).*serialized +worker 1 was done after (\S+)`)
		if l.cores > 1 {
			err = errs(err, atMost("goroutine, s", v[0], 0.04))
		}
		return errs(err, between("serialized, s", v[1], 0.045, 0.15))
	}},
	{says: "Both carry the largest crowd", exact: true, holds: func(l *lesson) error {
		r, err := l.result("many")
		rows, err2 := crowdRows(l)
		if err2 == nil {
			err2 = errs(atLeast("tasks", rows[2].tasks, 20_000), atLeast("tasks", rows[5].tasks, 20_000))
		}
		return errs(err, err2, allResults(r, ""))
	}},
	{says: "One more waiting task costs some microseconds and some thousand bytes, whichever way", holds: func(l *lesson) error {
		rows, err := crowdRows(l)
		if err != nil {
			return err
		}
		for _, i := range []int{1, 2, 4, 5} {
			name := fmt.Sprintf("%s with %.0f tasks: ", rows[i].mode, rows[i].tasks)
			err = errs(err, between(name+"µs", rows[i].each*1e6, 0.1, 500), between(name+"bytes", rows[i].bytes, 500, 40_000))
		}
		return errs(err, between("async ÷ goroutines, time of one", rows[2].each/rows[5].each, 0.2, 5))
	}},
	{says: "A thousand goroutines need no more than a handful of native threads", exact: true, holds: func(l *lesson) error {
		v, err := numbers(l, "green", `(?s)system threads before: (\d+).*Kind: "green".*?SystemThreads: (\d+).*Kind: "native".*?SystemThreads: (\d+)`)
		return errs(err, atMost("threads for goroutines", v[1], v[0]+64), atLeast("threads for native threads", v[2], 1000))
	}},
	{says: "things for the operating system to start, to keep and to end, and that takes longer", holds: func(l *lesson) error {
		v, err := seconds(l, "green", `(?s)Kind: "green".*?Time: ([^}]+)}.*Kind: "native".*?Time: ([^}]+)}`)
		return errs(err, atLeast("native ÷ green", v[1]/v[0], 1.2))
	}},
	{says: "It works, as long as everybody does it", holds: func(l *lesson) error {
		v, err := seconds(l, "experiment-when", `(?s)impolite: worker 1 was done after (\S+).*polite: +worker 1 was done after (\S+)`)
		return errs(err, atLeast("impolite ÷ polite", v[0]/v[1], 4))
	}},
	{says: "How many milliseconds does the whole thing take?", holds: exercise},
}

// crowdRow is a row of the lesson's table of crowds.
type crowdRow struct {
	mode               string
	tasks, each, bytes float64 // each in seconds
}

func crowdRows(l *lesson) ([]crowdRow, error) {
	found, err := rowsOf(l, "crowds", `(?s)Mode:\s+"(\w+)",\s+Tasks:\s+(\d+),.*?TimeOfOne:\s+([^,]+),\s+BytesOfOne:\s+(\d+)`, 6)
	if err != nil {
		return nil, err
	}
	var rows []crowdRow
	for _, m := range found {
		tasks, err1 := strconv.ParseFloat(m[2], 64)
		each, err2 := time.ParseDuration(m[3])
		bytes, err3 := strconv.ParseFloat(m[4], 64)
		if err := errs(err1, err2, err3); err != nil {
			return nil, err
		}
		rows = append(rows, crowdRow{m[1], tasks, each.Seconds(), bytes})
	}
	return rows, nil
}
