package lessons

import (
	"fmt"
	"regexp"
	"time"
)

var claims09 = []claim{
	{says: "Each command is a process of its own", exact: true, holds: func(l *lesson) error {
		v, err := numbers(l, "pid", `(?s)command was process (\d+).*notebook is process (\d+)`)
		if err == nil && v[0] == v[1] {
			err = fmt.Errorf("the command and the notebook are one process")
		}
		return err
	}},
	{says: "Only the command moved", exact: true, holds: func(l *lesson) error {
		return contains(l, "apart", "the command was in /\n", "we have moved: false")
	}},
	{says: "0 says that all went well, anything else that it did not", exact: true, holds: func(l *lesson) error {
		return contains(l, "status", "exit status: 3")
	}},
	{says: "sort reads lines and writes them in order", exact: true, holds: func(l *lesson) error {
		return contains(l, "sorted", "apple\norange\npear\n")
	}},
	{says: "a complaint does not end up in the middle of the results", exact: true, holds: func(l *lesson) error {
		return contains(l, "separated", `standard output: "a result\n"`, `standard error:  "a complaint\n"`)
	}},
	{says: "reads a number and writes its square", exact: true, holds: func(l *lesson) error {
		return contains(l, "talk", "3 squared is 9\n", "12 squared is 144\n", "100 squared is 10000\n")
	}},
	{says: "Run comes back when the command has ended. Start comes back at once", holds: func(l *lesson) error {
		v, err := seconds(l, "wait-or-go-on", `(?s)Run came back after +(\S+).*Start came back after +(\S+).*Wait came back after +(\S+)`)
		return errs(err, atLeast("Run, s", v[0], 0.199), atMost("Start, s", v[1], 0.1), atLeast("Wait, s", v[2], 0.199))
	}},
	{says: "That starts all of them", exact: true, holds: func(l *lesson) error {
		return contains(l, "ampersand", "photos0.tar.gz\n", "photos7.tar.gz\n")
	}},
	{says: "that is as quick as it gets. All at the same time are not quicker", holds: func(l *lesson) error {
		rows, err := limitRows(l, "limits")
		if err != nil {
			return err
		}
		return errs(atLeast("one at a time ÷ one for each core", rows[0].together/rows[1].together, 0.6*float64(min(l.cores, 8))),
			atLeast("all at the same time ÷ one for each core", rows[2].together/rows[1].together, 0.7))
	}},
	{says: "each of them takes much longer: they share the cores", holds: func(l *lesson) error {
		rows, err := limitRows(l, "limits")
		if err != nil || l.cores > 4 {
			return err
		}
		return atLeast("one command, all at the same time ÷ one for each core", rows[2].each/rows[1].each, 4/float64(l.cores))
	}},
	{says: "Threads under the lock are as good as goroutines here", holds: func(l *lesson) error {
		r, err := l.result("compared")
		all := []error{err, between("goroutines ÷ serialized", speedup(r, "goroutines", 2)/speedup(r, "serialized", 2), 0.7, 1.4)}
		if l.cores > 1 {
			all = append(all, atLeast("serialized", gain(r, "serialized", 2), 1.3))
		}
		return errs(all...)
	}},
	{says: "The table's verdict even says that all this is waiting", holds: func(l *lesson) error {
		r, err := l.result("compared")
		if err == nil && (r.Verdict == nil || r.Verdict.Bound != "waiting") {
			err = fmt.Errorf("the verdict is %+v", r.Verdict)
		}
		return err
	}},
	{says: "each takes as long as before, and twice as many at a time take half the time", holds: func(l *lesson) error {
		rows, err := limitRows(l, "experiment")
		if err != nil {
			return err
		}
		return errs(between("1 ÷ 2 at a time", rows[0].together/rows[1].together, 1.6, 2.4),
			between("1 ÷ 8 at a time", rows[0].together/rows[2].together, 5, 9),
			between("one command, 8 ÷ 1 at a time", rows[2].each/rows[0].each, 0.7, 1.5))
	}},
	{says: "It is right as long as there is such a line, and fails when there is none. Find out why, and mend it", exact: true, holds: func(l *lesson) error {
		return errs(contains(l, "check-answer", "Not yet: for melon"), contains(l, "check-solution", "Right"))
	}},
}

// limitRow is a row of the lesson's tables, in seconds.
type limitRow struct{ together, each float64 }

func limitRows(l *lesson, id string) ([]limitRow, error) {
	found, err := rowsOf(l, id, `Together: ([^,]+), EachCommand: ([^}]+)}`, 3)
	if err != nil {
		return nil, err
	}
	var rows []limitRow
	for _, m := range found {
		together, err1 := time.ParseDuration(m[1])
		each, err2 := time.ParseDuration(m[2])
		if err := errs(err1, err2); err != nil {
			return nil, err
		}
		rows = append(rows, limitRow{together.Seconds(), each.Seconds()})
	}
	return rows, nil
}

// seconds reads the durations in a cell's text, in seconds.
func seconds(l *lesson, id, pattern string) ([]float64, error) {
	re := regexp.MustCompile(pattern)
	v := make([]float64, re.NumSubexp())
	m := re.FindStringSubmatch(l.text(id))
	if m == nil {
		return v, fmt.Errorf("%s printed %q", id, l.text(id))
	}
	for i, s := range m[1:] {
		d, err := time.ParseDuration(s)
		if err != nil {
			return v, err
		}
		v[i] = d.Seconds()
	}
	return v, nil
}
