package lessons

import (
	"fmt"
	"regexp"
	"time"
)

// claims12 are those of the lesson about more than one machine.
var claims12 = []claim{
	{says: "Every task has its result, and nobody was told in advance who does what", exact: true, holds: func(l *lesson) error {
		return contains(l, "who", "results: 40  lost: 0  twice: 0")
	}},
	{says: "whoever asks next gets the next one", holds: func(l *lesson) error {
		v, err := numbers(l, "who", `workers: (\d+)`)
		return errs(err, atLeast("workers that did something", v[0], 2))
	}},
	{says: "Here is a task that is no work at all", holds: func(l *lesson) error {
		way, err := ways(l)
		return errs(err, atLeast("channel ÷ call", way["channel"]/way["call"], 2), atLeast("TCP ÷ channel", way["TCP"]/way["channel"], 1.5))
	}},
	{says: "One result is missing", exact: true, holds: func(l *lesson) error {
		return contains(l, "lost", "results: 39  lost: 1  twice: 0  workers: 2  tasks of each: [2 37]")
	}},
	{says: "All results are there, although a worker died", exact: true, holds: func(l *lesson) error {
		return contains(l, "again", "results: 40  lost: 0", "workers: 2  tasks of each: [2 38]")
	}},
	{says: "With ten both work", holds: func(l *lesson) error {
		took, err := divisions(l)
		if l.cores == 1 {
			return err
		}
		return errs(err, atMost("10 tasks ÷ 1 task", took["10"]/took["1"], 0.85))
	}},
	{says: "With thousands the way costs as much as the work", holds: func(l *lesson) error {
		took, err := divisions(l)
		return errs(err, atLeast("5000 tasks ÷ 10 tasks", took["5000"]/took["10"], 1.5))
	}},
	{says: "How long has a task to be at least", exact: true, holds: exercise},
}

func ways(l *lesson) (map[string]float64, error) {
	return durations(l, "way", `Way: "(\w+)", Each: ([^}]+)}`, "call", "channel", "TCP")
}

func divisions(l *lesson) (map[string]float64, error) {
	return durations(l, "divide", `Tasks: (\d+), Took: ([^}]+)}`, "1", "10", "100", "5000")
}

// durations reads the named durations in a cell's text, in seconds; pattern finds a name and a duration.
func durations(l *lesson, id, pattern string, names ...string) (map[string]float64, error) {
	found := map[string]float64{}
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(l.text(id), -1) {
		d, err := time.ParseDuration(m[2])
		if err != nil {
			return found, fmt.Errorf("%s: %w", id, err)
		}
		found[m[1]] = d.Seconds()
	}
	for _, name := range names {
		if found[name] <= 0 {
			return found, fmt.Errorf("%s put out %q, want %s in it", id, l.text(id), name)
		}
	}
	return found, nil
}
