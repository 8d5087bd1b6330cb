package lessons

import (
	"fmt"
	"regexp"
	"strconv"
)

var claims07 = []claim{
	{says: "Whoever carries it out puts the result into a queue", exact: true, holds: func(l *lesson) error {
		tasks := map[string]bool{}
		var steps string
		for _, m := range regexp.MustCompile(`Task: (\d+), Process: \d+, Steps: (\d+)`).FindAllStringSubmatch(l.text("four"), -1) {
			tasks[m[1]] = true
			if steps != "" && m[2] != steps {
				return fmt.Errorf("tasks counted %s and %s steps", steps, m[2])
			}
			steps = m[2]
		}
		if len(tasks) != 4 {
			return fmt.Errorf("%d tasks were done, want 4: %q", len(tasks), l.text("four"))
		}
		return nil
	}},
	{says: "Each task was done by a process of its own", holds: func(l *lesson) error {
		processes := map[string]bool{}
		for _, m := range regexp.MustCompile(`Process: (\d+)`).FindAllStringSubmatch(l.text("four"), -1) {
			processes[m[1]] = true
		}
		return between("processes", float64(len(processes)), 4, 4)
	}},
	{says: "Submitting takes next to no time", holds: func(l *lesson) error {
		v, err := numbers(l, "alone", `submitted after +([\d.]+) ms\nresults after +([\d.]+) ms`)
		return errs(err, atMost("submitted ÷ results there", v[0]/v[1], 0.2))
	}},
	{says: "on as many cores as there are, up to four", holds: func(l *lesson) error {
		v, err := numbers(l, "alone", `([\d.]+) times as long`)
		return errs(err, between("without a pool ÷ with it", v[0], 0.6*float64(min(4, l.cores)), 1.4*float64(min(4, l.cores))))
	}},
	{says: "A process that has finished takes the next task in line", exact: true, holds: func(l *lesson) error { return bars(l, "twelve", 12) }},
	{says: "IMap hands the results over in order", exact: true, holds: func(l *lesson) error {
		return contains(l, "orders", `Order: "[0 1 2 3 4 5 6 7]"`)
	}},
	{says: "In order, seven finished results wait for the first one. As they come, you have the first result after 20 milliseconds", holds: func(l *lesson) error {
		first, err1 := fields(l, "orders", "First")
		last, err2 := fields(l, "orders", "Last")
		number, err3 := numbers(l, "orders", `(?s)IMapUnordered.*Order: "\[.* (\d)\]"`)
		return errs(err1, err2, err3, between("in order, first, ms", first[0]*1000, 199, 300), between("as they come, first, ms", first[1]*1000, 19, 100),
			between("as they come, last, ms", last[1]*1000, 199, 300), between("as they come, the last one's number", number[0], 0, 0))
	}},
	{says: "Large portions for tiny tasks", holds: func(l *lesson) error {
		d, err := fields(l, "tinies", "Time")
		return errs(err, atLeast("portions of 1 ÷ portions of 100", d[0]/d[2], 3))
	}},
	{says: "With chunks of 4 one process gets all four long tasks", holds: func(l *lesson) error {
		d, err := fields(l, "unevens", "Time")
		return errs(err, between("chunks of 4, ms", d[1]*1000, 239, 350), atLeast("chunks of 4 ÷ chunks of 1", d[1]/d[0], 1.5), between("one chunk, ms", d[2]*1000, 299, 420))
	}},
	{says: "For tasks that compute, more workers than cores bring nothing. For tasks that wait, every worker counts", holds: func(l *lesson) error {
		compute, err1 := fields(l, "sizes", "Compute")
		wait, err2 := fields(l, "sizes", "Wait")
		all := []error{err1, err2}
		for i := range 3 {
			all = append(all, atLeast(fmt.Sprintf("waiting, %d ÷ %d workers", 1<<i, 2<<i), wait[i]/wait[i+1], 1.3))
			if 1<<i >= l.cores {
				all = append(all, atLeast("computing, "+strconv.Itoa(2<<i)+" workers ÷ fewer", compute[i+1]/compute[i], 0.6))
			}
		}
		return errs(all...)
	}},
	{says: "After how many milliseconds is the last one done?", holds: exercise},
}
