package lessons

import (
	"fmt"
	"strconv"
	"time"

	"lockstep/exec/measure"
)

var claims13 = []claim{
	{says: "all four wait at the same time", holds: func(l *lesson) error {
		rows, err := tableRows(l)
		for _, r := range rows {
			err = errs(err, between(r.mode+": times as fast", r.waiting, 2, 4.6))
		}
		return err
	}},
	{says: "only goroutines and processes use more than one core. Under a lock, or on one thread, work gains nothing", holds: func(l *lesson) error {
		r, err := l.result("working")
		all := []error{err, noGain(r, 4), between("async", speedup(r, "async", 4), 0.75, 1.35)}
		for _, mode := range []string{"goroutines", "subprocess"} {
			all = append(all, atLeast(mode, gain(r, mode, 4), 0.6*float64(min(4, l.cores))))
		}
		return errs(all...)
	}},
	{says: "a process costs a thousand times as much as a task", exact: true, holds: func(l *lesson) error {
		rows, err := tableRows(l)
		if err != nil {
			return err
		}
		process := rows[3]
		for _, r := range rows[:3] {
			err = errs(err, atLeast("memory, process ÷ "+r.mode, process.bytes/r.bytes, 300),
				atLeast("time, process ÷ "+r.mode, process.time/r.time, 50))
		}
		return err
	}},
	{says: "A visit in another process stays behind there", exact: true, holds: func(l *lesson) error {
		rows, err := tableRows(l)
		for _, r := range rows {
			if r.shared != (r.mode != "subprocess") {
				err = errs(err, fmt.Errorf("%s: memory is shared: %v", r.mode, r.shared))
			}
		}
		return err
	}},
	{says: "Whatever is in the process dies with it", exact: true, holds: func(l *lesson) error {
		return contains(l, "survivors", "in one process:    0 of 3 finished\n", "in four processes: 3 of 3 finished\n")
	}},
	{says: "every figure in it is measured here and now", exact: true, holds: func(l *lesson) error {
		c, err := l.cell("whole")
		if err != nil {
			return err
		}
		for _, o := range c.Outputs {
			if _, ok := o.Data.Text("image/svg+xml"); ok {
				return nil
			}
		}
		return fmt.Errorf("there is no picture of the table")
	}},
	{says: "busy is CPU-bound: it wants cores", holds: func(l *lesson) error {
		if l.cores == 1 {
			return nil
		}
		return advised(l, "advise-busy", measure.CPUBound)
	}},
	{says: "fetch waits: any mode that waits at the same time will do", holds: func(l *lesson) error {
		return advised(l, "advise-fetch", measure.WaitBound)
	}},
	{says: "works like busy, but under a lock of its own, and there no mode helps", holds: func(l *lesson) error {
		if l.cores == 1 {
			return nil
		}
		r, err := l.result("advise-queue")
		n := r.Workers[0]
		return errs(err, advised(l, "advise-queue", measure.LockBound), atMost("goroutines", speedup(r, "goroutines", n), 1.3),
			atMost("subprocess", speedup(r, "subprocess", n), 1.3))
	}},
	{says: "Put your own code into mine", exact: true, holds: func(l *lesson) error {
		return contains(l, "experiment-reasons", "bound by: ", "  because ", "Use ")
	}},
	{says: "What will %advise say it is bound by", holds: exercise},
}

// advised wants a verdict.
func advised(l *lesson, id string, want measure.Bound) error {
	r, err := l.result(id)
	switch {
	case err != nil:
		return err
	case r.Verdict == nil:
		return fmt.Errorf("%s: there is no verdict", id)
	case r.Verdict.Bound != want:
		return fmt.Errorf("%s: got the verdict %s, want %s: %v", id, r.Verdict.Bound, want, r.Verdict.Figures)
	}
	return nil
}

// tableRow is a row of the lesson's table.
type tableRow struct {
	mode                 string
	waiting, time, bytes float64 // time in seconds
	shared               bool
}

func tableRows(l *lesson) ([]tableRow, error) {
	found, err := rowsOf(l, "whole", `(?s)Mode:\s+"(\w+)",\s+Waiting:\s+([\d.]+),.*?Time:\s+([^,]+),\s+Bytes:\s+(\d+),\s+Shared:\s+(\w+)`, 4)
	if err != nil {
		return nil, err
	}
	var rows []tableRow
	for _, m := range found {
		waiting, err1 := strconv.ParseFloat(m[2], 64)
		took, err2 := time.ParseDuration(m[3])
		bytes, err3 := strconv.ParseFloat(m[4], 64)
		if err := errs(err1, err2, err3); err != nil {
			return nil, err
		}
		rows = append(rows, tableRow{m[1], waiting, took.Seconds(), bytes, m[5] == "true"})
	}
	return rows, nil
}
