package cluster

import (
	"cmp"
	"slices"
	"time"

	"lockstep/exec/gil"
	"lockstep/exec/measure"
)

// seatSpan is when a seat was made ready.
type seatSpan struct {
	node     string
	number   int
	from, to time.Time
}

// note keeps what a node has answered to an order, with which it has so many seats; t.mu is held. If its clock was at a time between
// order and answer when it answered, it is taken to be ours; else it is compared with ours at the arrival of the answer, so
// what that takes to come is the error.
func (t *Team) note(node string, seats int, r readied, ordered, answered time.Time) {
	ahead := r.Now.Sub(answered.Round(0))
	if ahead <= 0 && !r.Now.Before(ordered.Round(0)) {
		ahead = 0
	}
	t.clocks[node] = ahead
	t.figures.Seats[node] = max(seats, t.figures.Seats[node])
	t.figures.Slots[node] = max(seats, t.c.nodes.slots(node))
	for _, s := range r.Ready {
		t.ready = append(t.ready, seatSpan{node, s.Number, s.From.Add(-ahead), s.To.Add(-ahead)})
	}
}

// drawing makes a timeline of results, as they come.
type drawing struct {
	team  *Team
	began time.Time
	start time.Time // the same, by the clock on the wall alone
	spans gil.Thinned[measure.Span]
	last  map[place]*measure.Span // of each seat, which is not among spans yet
}

type place struct {
	node string
	seat int
}

func draw(start time.Time, t *Team) *drawing {
	return &drawing{team: t, began: start, start: start.Round(0), spans: gil.NewThinned[measure.Span](gil.MaxSpans), last: map[place]*measure.Span{}}
}

// result takes what a worker's task came to. It is for the function that [Team.Do] calls: the team's mutex is held.
func (d *drawing) result(worker int, r *Result) {
	if r.Node == "" {
		return // nobody has said when it began
	}
	s := measure.Span{Worker: worker, State: "running", Node: r.Node, Seat: r.Seat}
	s.Start = r.Start.Add(-d.team.clocks[r.Node]).Sub(d.start)
	s.End = s.Start + r.Elapsed
	if ahead := s.End - time.Since(d.began); ahead > 0 { // the clocks were compared badly: it has been done
		s.Start, s.End = s.Start-ahead, s.End-ahead
	}
	at := place{r.Node, r.Seat}
	free := time.Duration(0) // since the start signal, or the task before
	if old := d.last[at]; old != nil {
		if old.Worker == worker && old.State == s.State && s.Start-old.End < 10*time.Microsecond && s.End > old.End {
			old.End = s.End // tasks without a gap, of which there may be very many
			return
		}
		free = old.End
		d.spans.Add(*old)
	}
	if from := max(free, s.Start-r.Queued); from < s.Start {
		d.spans.Add(measure.Span{Worker: worker, State: "waiting", Node: r.Node, Seat: r.Seat, Start: from, End: s.Start})
	}
	d.last[at] = &s
}

// timeline is what was drawn, with the seats' getting ready.
func (d *drawing) timeline() *measure.Timeline {
	for _, s := range d.last {
		d.spans.Add(*s)
	}
	all := d.spans.Kept
	d.team.mu.Lock()
	for _, r := range d.team.ready {
		all = append(all, measure.Span{Worker: r.number, State: "starting", Node: r.node, Seat: r.number, Start: r.from.Sub(d.start), End: r.to.Sub(d.start)})
	}
	d.team.mu.Unlock()
	slices.SortStableFunc(all, func(a, b measure.Span) int { return cmp.Compare(a.Start, b.Start) })
	return &measure.Timeline{Spans: all, Stride: d.spans.Stride}
}
