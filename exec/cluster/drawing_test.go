package cluster

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockstep/exec/measure"
)

// The clock of node b is two seconds ahead, as its answer showed, which came at once; that of a is ours, and its answer was late.
func TestDrawing(t *testing.T) {
	const ms = time.Millisecond
	start := time.Now().Add(-time.Minute)
	at := func(d, ahead time.Duration) time.Time { return start.Round(0).Add(d + ahead) }
	team := &Team{c: &Cluster{}, clocks: map[string]time.Duration{}, figures: Figures{Seats: map[string]int{}, Slots: map[string]int{}}}
	team.note("a", 1, readied{Now: at(-9*ms, 0), Ready: []readySeat{{0, at(-30*ms, 0), at(-10*ms, 0)}}}, start.Add(-40*ms), start.Add(-5*ms))
	team.note("b", 1, readied{Now: at(-5*ms, 2*time.Second), Ready: []readySeat{{1, at(-20*ms, 2*time.Second), at(-5*ms, 2*time.Second)}}}, start.Add(-40*ms), start.Add(-5*ms))
	d := draw(start, team)
	for _, r := range []struct {
		worker int
		Result
	}{
		{0, Result{Node: "a", Start: at(3*ms, 0), Elapsed: 7 * ms, Queued: 2 * ms}},
		{0, Result{Node: "a", Start: at(10*ms, 0), Elapsed: 5 * ms, Queued: 9 * ms}},  // at once: of one batch
		{0, Result{Node: "a", Start: at(17*ms, 0), Elapsed: 3 * ms, Queued: 16 * ms}}, // two milliseconds late
		{1, Result{Node: "b", Seat: 1, Start: at(4*ms, 2*time.Second), Elapsed: 6 * ms, Queued: 50 * ms}},
		{1, Result{GivenUp: true}},
	} {
		d.result(r.worker, &r.Result)
	}
	want := []measure.Span{
		{Worker: 0, State: "starting", Node: "a", Start: -30 * ms, End: -10 * ms},
		{Worker: 1, State: "starting", Node: "b", Seat: 1, Start: -20 * ms, End: -5 * ms},
		{Worker: 1, State: "waiting", Node: "b", Seat: 1, Start: 0, End: 4 * ms},
		{Worker: 0, State: "waiting", Node: "a", Start: ms, End: 3 * ms},
		{Worker: 0, State: "running", Node: "a", Start: 3 * ms, End: 15 * ms},
		{Worker: 1, State: "running", Node: "b", Seat: 1, Start: 4 * ms, End: 10 * ms},
		{Worker: 0, State: "waiting", Node: "a", Start: 15 * ms, End: 17 * ms},
		{Worker: 0, State: "running", Node: "a", Start: 17 * ms, End: 20 * ms},
	}
	if diff := cmp.Diff(want, d.timeline().Spans); diff != "" {
		t.Error(diff)
	}
}

// A result that came before its task had ended, as it seems: the clocks were compared badly.
func TestDrawingOfWhatHasEnded(t *testing.T) {
	start := time.Now().Add(-time.Minute)
	d := draw(start, &Team{clocks: map[string]time.Duration{}})
	d.result(0, &Result{Node: "a", Start: start.Add(time.Hour), Elapsed: time.Second})
	s := d.timeline().Spans
	if last := s[len(s)-1]; last.End-last.Start != time.Second || last.End > time.Since(start) || last.End < 50*time.Second {
		t.Errorf("got %+v, want the second before now", last)
	}
}
