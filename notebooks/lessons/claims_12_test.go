package lessons

import (
	"fmt"
	"regexp"
	"time"

	"lockstep/exec/measure"
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
	{says: "Both nodes had a share", holds: func(l *lesson) error {
		return eachCluster(l, "cluster", func(c *measure.Cluster) error {
			tasks := 0
			for _, n := range c.Nodes {
				tasks += n.Tasks
			}
			if len(c.Nodes) != 2 || tasks != 40 || c.Redelivered != 0 || c.Dead != 0 {
				return fmt.Errorf("got %+v, want 40 tasks done by 2 nodes", *c)
			}
			return nil
		})
	}},
	{says: "half of the whole time, more or less", holds: func(l *lesson) error {
		r, err := l.result("cluster")
		if err != nil {
			return err
		}
		for _, run := range r.Runs {
			share := run.Cluster.Queued.Seconds() / run.Sample.Elapsed.Seconds()
			if err := errs(atLeast("queued ÷ time", share, 0.2), atMost("queued ÷ time", share, 0.9)); err != nil {
				return err
			}
		}
		return nil
	}},
	{says: "One task was redelivered: the server gave it out again, and the sum is the same as before", exact: true, holds: func(l *lesson) error {
		err := eachCluster(l, "redelivered", func(c *measure.Cluster) error {
			if c.Redelivered != 1 || c.Dead != 0 {
				return fmt.Errorf("got %+v, want one task redelivered", *c)
			}
			return nil
		})
		sum := regexp.MustCompile(`sum \d+`).FindString(l.text("cluster"))
		return errs(err, contains(l, "cluster", "2 workers: sum "), contains(l, "redelivered", "2 workers: "+sum+";"))
	}},
	{says: "The worker that died has a cross in place of its sum, and the other tasks have their results", exact: true, holds: func(l *lesson) error {
		return errs(contains(l, "once", "✗ task 7: the process ended"), eachCluster(l, "once", func(c *measure.Cluster) error {
			done := 0
			for _, n := range c.Nodes {
				done += n.Tasks
			}
			if c.Redelivered != 0 || done != 40 {
				return fmt.Errorf("got %+v, want 40 results and nothing delivered again", *c)
			}
			return nil
		}))
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

// eachCluster calls f with what each run of a cell tells of the cluster.
func eachCluster(l *lesson, id string, f func(*measure.Cluster) error) error {
	r, err := l.result(id)
	if err != nil {
		return err
	}
	if len(r.Runs) == 0 {
		return fmt.Errorf("%s has no runs", id)
	}
	for _, run := range r.Runs {
		if run.Cluster == nil {
			return fmt.Errorf("%s: a run in mode %s tells of no cluster", id, run.Mode)
		}
		if err := f(run.Cluster); err != nil {
			return fmt.Errorf("%s: %w", id, err)
		}
	}
	return nil
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
