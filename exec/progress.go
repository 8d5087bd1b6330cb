package exec

import (
	"fmt"
	"time"

	"lockstep/exec/measure"
)

// Progress is where a comparison has got to: about to run something, or done
// with everything if Done is Total.
type Progress struct {
	Mode       Mode
	Workers    int
	Shape      string // "2×8" in the mode hybrid
	Repetition int    // 0 is the warm-up, [measure.TimelineOnly] the last of all
	Done       int    // runs
	Total      int    // under a budget that of this round
	Elapsed    time.Duration
	Left       time.Duration // estimated; 0 if not known
	Budget     time.Duration // 0: none
}

// Share is how much is done, from 0 to 1.
func (p Progress) Share() float64 {
	switch {
	case p.Done >= p.Total:
		return 1
	case p.Budget > 0:
		return min(1, float64(p.Elapsed)/float64(p.Budget))
	}
	return float64(p.Done) / float64(p.Total)
}

// String is a line for a person.
func (p Progress) String() string {
	if p.Done >= p.Total {
		return fmt.Sprintf("%d runs done in %v", p.Done, round(p.Elapsed))
	}
	what := fmt.Sprintf("repetition %d", p.Repetition)
	switch p.Repetition {
	case 0:
		what = "warm-up"
	case measure.TimelineOnly:
		what = "for the timeline"
	}
	workers := fmt.Sprintf("%d workers", p.Workers)
	switch {
	case p.Shape != "":
		workers = p.Shape + " workers"
	case p.Workers == 1:
		workers = "1 worker"
	}
	if p.Budget > 0 {
		return fmt.Sprintf("run %d: %s, %s, %s, %v of %v", p.Done+1, p.Mode, workers, what, round(p.Elapsed), p.Budget)
	}
	line := fmt.Sprintf("run %d of %d: %s, %s, %s", p.Done+1, p.Total, p.Mode, workers, what)
	if p.Left > 0 {
		line += fmt.Sprintf(", about %v left", round(p.Left))
	}
	return line
}

func round(d time.Duration) time.Duration {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond)
	}
	return d.Round(time.Second)
}
