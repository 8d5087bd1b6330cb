package lessons

import (
	"fmt"
	"regexp"
	"time"

	"lockstep/exec/measure"
)

var claims06 = []claim{
	{says: "what it does to the copy stays with it", exact: true, holds: func(l *lesson) error {
		m := regexp.MustCompile(`process (\d+): counter is 1\n.*process (\d+): counter is 2\nprocess (\d+): counter is 1\n`).FindStringSubmatch(l.text("stays-behind"))
		if m == nil || m[1] == m[2] || m[1] != m[3] {
			return fmt.Errorf("stays-behind printed %q", l.text("stays-behind"))
		}
		return nil
	}},
	{says: "The workers are children of the session", exact: true, holds: func(l *lesson) error { return bars(l, "family-tree", 4) }},
	{says: "and thousands of times as much memory", exact: true, holds: func(l *lesson) error {
		v, err := numbers(l, "prices", `(?s)"goroutine".*Memory: "([\d.]+) kB".*"process".*Memory: "([\d.]+) MB"`)
		return errs(err, atLeast("memory, process ÷ goroutine", v[1]*1000/v[0], 1000))
	}},
	{says: "A process costs hundreds of times as much time as a goroutine", holds: func(l *lesson) error {
		d, err := fields(l, "prices", "Start")
		return errs(err, atLeast("start, process ÷ goroutine", d[1]/d[0], 100))
	}},
	{says: "the operating system has to wake the one who waits", holds: func(l *lesson) error {
		d, err := fields(l, "exchanges", "Each")
		return errs(err, atLeast("goroutine ÷ call", d[1]/d[0], 1.5), atLeast("process ÷ goroutine", d[2]/d[1], 2))
	}},
	{says: "What one end sends the other receives, in both directions", exact: true, holds: func(l *lesson) error {
		return contains(l, "dialogue", "the answer: 42\nit has ended: true\n")
	}},
	{says: "in the other process they still do", exact: true, holds: func(l *lesson) error {
		return contains(l, "travel", "north south north\n", "the circle is closed: true\n")
	}},
	{says: "it says where in your data the thing is, and what to do instead", exact: true, holds: func(l *lesson) error {
		return contains(l, "unsent", "settings.Hook (type func())", "declare the function", "answers (type chan int)", "make the channel inside the workload")
	}},
	{says: "The copies have to be made and carried, twice 32 megabytes of them", exact: true, holds: func(l *lesson) error {
		copied, err1 := l.result("copied")
		mapped, err2 := l.result("mapped")
		return errs(err1, err2, allResults(copied, "4000"), allResults(mapped, "4000"),
			between("sent as a copy", float64(sum(copied, "subprocess", 2).Sample.SentBytes), 64e6, 66e6),
			atMost("sent as a map", float64(sum(mapped, "subprocess", 2).Sample.SentBytes), 1e5))
	}},
	{says: "The map costs next to nothing, however large the memory is", holds: func(l *lesson) error {
		copied, err1 := l.result("copied")
		mapped, err2 := l.result("mapped")
		return errs(err1, err2, atLeast("ready, copy ÷ map", float64(sum(copied, "subprocess", 2).Sample.Startup)/float64(sum(mapped, "subprocess", 2).Sample.Startup), 1.5))
	}},
	{says: "Where there is little to do, or much to carry, you pay for the way and gain nothing", holds: func(l *lesson) error {
		little, err1 := l.result("little")
		copied, err2 := l.result("copied")
		return errs(err1, err2, atMost("little to do", allTold(little), 0.8), atMost("much to carry", allTold(copied), 0.5))
	}},
	{says: "Processes are for large problems with little to pass", holds: func(l *lesson) error {
		much, err := l.result("much")
		if l.cores > 1 {
			// Of the medians or of the quickest runs: what else the machine does can spoil either.
			simple, s := sum(much, "simple", 2), sum(much, "subprocess", 2)
			quickest := float64(simple.Min) / float64(s.Min+s.Sample.Startup)
			err = errs(err, atLeast("much to do", max(allTold(much), quickest), 1.25))
		}
		return err
	}},
	{says: "the sevens are gone with the copies. In the shared memory they are here", exact: true, holds: func(l *lesson) error {
		return contains(l, "written", "numbers begin with [1 0 0 0]\nshared begins with [7 7 7 7]\n")
	}},
	{says: "What does the last call report?", exact: true, holds: exercise},
}

// allTold is how many times as fast as simple two processes are, with what it takes to have them ready.
func allTold(r measure.Result) float64 {
	s := sum(r, "subprocess", 2)
	return float64(sum(r, "simple", 2).Median) / float64(s.Median+s.Sample.Startup)
}

// fields reads a field of each row of a table that a cell shows, in seconds.
func fields(l *lesson, id, field string) ([]float64, error) {
	all := make([]float64, 0, 4)
	for _, m := range regexp.MustCompile(field+`: ([^,}]+)`).FindAllStringSubmatch(l.text(id), -1) {
		d, err := time.ParseDuration(m[1])
		if err != nil {
			return make([]float64, 4), err
		}
		all = append(all, d.Seconds())
	}
	if len(all) < 2 {
		return make([]float64, 4), fmt.Errorf("%s shows %q", id, l.text(id))
	}
	return append(all, 0, 0)[:4], nil
}
