package render

import (
	"strings"
	"testing"
	"time"

	"lockstep/exec/measure"
)

// A picture stays small whatever happened.
func TestTimelineIsBounded(t *testing.T) {
	run := measure.Run{Mode: "serialized", Workers: 200, Sample: measure.Sample{Elapsed: time.Second}, Timeline: &measure.Timeline{Stride: 1}}
	states := []string{"running", "waiting", "blocked"}
	for i := range 200 {
		run.Outcomes = append(run.Outcomes, measure.Outcome{Worker: i})
	}
	for i := range 100_000 {
		at := time.Duration(i) * 10 * time.Microsecond
		run.Timeline.Spans = append(run.Timeline.Spans, measure.Span{Worker: i % 200, State: states[i/200%3], Start: at, End: at + 2*time.Millisecond})
	}
	var b strings.Builder
	if err := Timeline(&b, run); err != nil || b.Len() == 0 || b.Len() > 300_000 {
		t.Errorf("got %d bytes, %v, want at most 300,000", b.Len(), err)
	}
}

// Hand-overs are drawn as long as they can be told apart.
func TestHandOvers(t *testing.T) {
	turns := func(n int) measure.Run {
		run := measure.Run{Mode: "serialized", Workers: 3, Sample: measure.Sample{Elapsed: time.Duration(n) * ms}, Outcomes: make([]measure.Outcome, 3), Timeline: &measure.Timeline{Stride: 1}}
		for i := range n {
			// Every fourth turn begins late: the lock was free before.
			late := time.Duration(i%4/3) * ms / 2
			run.Timeline.Spans = append(run.Timeline.Spans, measure.Span{Worker: i % 3, State: "running", Start: time.Duration(i)*ms + late, End: time.Duration(i+1) * ms})
		}
		return run
	}
	if got := handOvers(turns(9), 3); len(got) != 6 || got[0] != (handOver{ms, 0, 1}) || got[1] != (handOver{2 * ms, 1, 2}) {
		t.Errorf("got %+v, want 6", got)
	}
	if got := handOvers(turns(9), 2); len(got) != 2 {
		t.Errorf("of the first two workers: got %+v, want 2", got)
	}
	many, thinned, goroutines := turns(1000), turns(9), turns(9)
	thinned.Timeline.Stride, goroutines.Mode = 2, "goroutines"
	for name, run := range map[string]measure.Run{"many": many, "thinned": thinned, "goroutines": goroutines} {
		if got := handOvers(run, 3); got != nil {
			t.Errorf("%s: got %d, want none", name, len(got))
		}
	}
}

func TestNoPictureWithoutTimeline(t *testing.T) {
	var b strings.Builder
	if err := Timeline(&b, classic().Runs[0]); err != nil || b.Len() > 0 {
		t.Errorf("got %q, %v, want nothing", b.String(), err)
	}
}
