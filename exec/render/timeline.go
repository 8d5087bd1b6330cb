package render

import (
	"cmp"
	"fmt"
	"html"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"lockstep/exec/measure"
)

// Sizes of a timeline in pixels.
const (
	laneHeight = 16
	laneGap    = 5
	laneWidth  = 560
	laneLabel  = 62
	laneShares = 270
	// maxLanes and maxSlices keep a picture under 300 kB.
	maxLanes  = 24
	maxSlices = 8000
)

type laneStyle struct {
	state, legend string
	height        int
	opacity       string
}

// The states of a worker, as they lie in a lane and in the legend.
var lanes = []laneStyle{
	{"starting", "starting, or getting ready again", 6, ".4"},
	{"running", "running", laneHeight, "1"},
	{"ready", "ready, without a core", laneHeight, ".5"},
	{"waiting", "waiting for the lock", laneHeight, ".28"},
	{"blocked", "blocked: asleep, in a channel operation, outside the lock", 3, ".7"},
}

// Timeline draws what the workers of a run did when, as an SVG picture: a lane
// for each worker. Where states change faster than a pixel can show, the one
// that took most of the pixel's time is drawn. A run without a timeline has no
// picture: then nothing is written.
func Timeline(w io.Writer, run measure.Run) error {
	_, err := io.WriteString(w, timeline(run, alone))
	return err
}

func timeline(run measure.Run, where surroundings) string {
	if run.Timeline == nil || len(run.Timeline.Spans) == 0 {
		return ""
	}
	if run.Cluster != nil && slices.ContainsFunc(run.Timeline.Spans, func(s measure.Span) bool { return s.Node != "" }) {
		return nodeTimeline(run, where)
	}
	var b strings.Builder
	t := extentOf(run)
	shown := min(len(run.Outcomes), maxLanes)
	top := 24
	bottom := top + shown*(laneHeight+laneGap)
	about := openTimeline(&b, run, where, bottom+44, shares(run))
	p := &panel{b: &b}
	p.text(laneLabel, 12, "start", about, `font-weight="600"`)
	first := 0
	if len(run.Outcomes) > 0 {
		first = run.Outcomes[0].Worker
	}
	states := laneSlices(run, shown, func(s measure.Span) int { return s.Worker - first })
	for i := range shown {
		y := top + i*(laneHeight+laneGap)
		o := run.Outcomes[i]
		p.text(laneLabel-8, float64(y)+12, "end", fmt.Sprintf("worker %d", o.Worker), `fill-opacity=".75"`)
		t.lane(&b, states[i], float64(y), laneHeight, hue(run.Mode))
		text := share(run, o)
		if o.Failed() {
			text = "✗ " + string(o.Failure)
		}
		p.text(laneLabel+laneWidth+8, float64(y)+12, "start", text, `fill-opacity=".75"`)
	}
	t.axis(p, top, bottom)
	changes := handOvers(run, shown)
	t.arrows(&b, changes, top)
	x := t.legend(p, run, bottom, func(l laneStyle) string { return l.legend })
	if len(changes) > 0 {
		fmt.Fprintf(&b, `<line x1="%.0f" y1="%d" x2="%.0f" y2="%d" stroke="currentColor" stroke-width="1"/>`+"\n", x+7, bottom+29, x+7, bottom+41)
		p.text(x+19, float64(bottom+39), "start", "hand-over", `fill-opacity=".75"`)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// openTimeline writes the beginning of a picture of a height, and returns what it is of. words says the same as the picture.
func openTimeline(b *strings.Builder, run measure.Run, where surroundings, height int, words string) (about string) {
	const width = laneLabel + laneWidth + laneShares
	about = fmt.Sprintf("%s, %s: %s", run.Mode, workersOf(run), Duration(run.Sample.Elapsed))
	style := "max-width:100%;height:auto;display:block;margin:6px 0"
	if where == alone {
		style = "color:#222"
	}
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 %d %d" width="%d" height="%d" style="%s" font-family="system-ui,sans-serif" font-size="11" aria-label="%s">`+"\n",
		width, height, width, height, style, html.EscapeString("Timeline of "+about+". "+words))
	if where == alone {
		fmt.Fprintf(b, `<rect width="%d" height="%d" rx="6" fill="#fff"/>`+"\n", width, height)
	}
	return about
}

// legend explains the states that occur, and returns where it ends.
func (t extent) legend(p *panel, run measure.Run, bottom int, text func(laneStyle) string) float64 {
	x := float64(t.left)
	for _, l := range lanes {
		if !occurs(run, l.state) {
			continue
		}
		fmt.Fprintf(p.b, `<rect x="%.0f" y="%d" width="14" height="%d" fill="%s" fill-opacity="%s"/>`+"\n", x, bottom+30+(10-min(10, l.height))/2, min(10, l.height), hue(run.Mode), l.opacity)
		p.text(x+19, float64(bottom+39), "start", text(l), `fill-opacity=".75"`)
		x += 34 + 6*float64(len(text(l)))
	}
	return x
}

// extent is the time that a picture covers: from the start signal, or from the
// start of the processes before it, to the end of the run. Its lanes begin at left.
type extent struct {
	from, to time.Duration
	left     int
}

func extentOf(run measure.Run) extent {
	t := extent{0, run.Sample.Elapsed, laneLabel}
	for _, s := range run.Timeline.Spans {
		t.from = min(t.from, s.Start)
	}
	return t
}

// x is the place of a moment.
func (t extent) x(at time.Duration) float64 {
	return float64(t.left) + laneWidth*float64(at-t.from)/max(1, float64(t.to-t.from))
}

// handOver is a moment in which the lock went from one worker to another.
type handOver struct {
	at       time.Duration
	from, to int // lanes
}

// What is drawn of hand-overs: beyond maxHandOvers they would hide the lanes. One
// takes some microseconds, during which nobody runs.
const (
	maxHandOvers = 150
	handOverGap  = 100 * time.Microsecond
)

// handOvers finds those among the first workers of a run with a lock; none if they
// are too many, or not all is known.
func handOvers(run measure.Run, workers int) []handOver {
	_, own := measure.Part(run.Mode)
	if own != "serialized" && own != "async" || run.Timeline.Stride > 1 || len(run.Outcomes) == 0 {
		return nil
	}
	var turns []measure.Span
	for _, s := range run.Timeline.Spans {
		if s.State == "running" {
			turns = append(turns, s)
		}
	}
	slices.SortFunc(turns, func(a, b measure.Span) int { return cmp.Compare(a.Start, b.Start) })
	var all []handOver
	for i := 1; i < len(turns); i++ {
		a, b := turns[i-1], turns[i]
		h := handOver{b.Start, a.Worker - run.Outcomes[0].Worker, b.Worker - run.Outcomes[0].Worker}
		if h.from == h.to || b.Start-a.End > handOverGap || h.from >= workers || h.to >= workers {
			continue
		}
		if all = append(all, h); len(all) > maxHandOvers {
			return nil
		}
	}
	return all
}

// arrows draws hand-overs as lines from lane to lane.
func (t extent) arrows(b *strings.Builder, changes []handOver, top int) {
	if len(changes) == 0 {
		return
	}
	var path strings.Builder
	for _, h := range changes {
		from, to := top+h.from*(laneHeight+laneGap)+laneHeight, top+h.to*(laneHeight+laneGap)
		if h.from > h.to {
			from, to = from-laneHeight, to+laneHeight
		}
		fmt.Fprintf(&path, "M%s %dV%d", trimmed(t.x(h.at)), from, to)
	}
	fmt.Fprintf(b, `<path d="%s" stroke="currentColor" stroke-width="1" fill="none"/>`+"\n", path.String())
}

// occurs reports whether a worker of the run was ever in a state.
func occurs(run measure.Run, state string) bool {
	return slices.ContainsFunc(run.Timeline.Spans, func(s measure.Span) bool { return s.State == state })
}

// laneSlices divides the time into equal slices and returns for each row the state
// that took most of each slice: an index of lanes, -1 for none.
func laneSlices(run measure.Run, rows int, row func(measure.Span) int) [][]int {
	spent := spentIn(run, rows, maxSlices/max(1, rows), row)
	states := make([][]int, rows)
	for w := range spent {
		states[w] = make([]int, len(spent[w]))
		for i, t := range spent[w] {
			best := -1
			for state, d := range t {
				if d > 0 && (best < 0 || d > t[best]) {
					best = state
				}
			}
			states[w][i] = best
		}
	}
	return states
}

// spentIn tells for each row and each slice of the time, of which there are at most n, how long each of the states took. Spans
// of no row are left out.
func spentIn(run measure.Run, rows, n int, row func(measure.Span) int) [][][5]time.Duration {
	n = min(laneWidth, n)
	t := extentOf(run)
	end := t.to - t.from
	spent := make([][][5]time.Duration, rows)
	for i := range spent {
		spent[i] = make([][5]time.Duration, n)
	}
	for _, s := range run.Timeline.Spans {
		w := row(s)
		state := slices.IndexFunc(lanes, func(l laneStyle) bool { return l.state == s.State })
		if w < 0 || w >= rows || state < 0 || end <= 0 {
			continue
		}
		from, to := s.Start-t.from, min(s.End-t.from, end)
		for at := from; at < to; {
			i := min(n-1, int(int64(at)*int64(n)/int64(end)))
			next := min(to, max(at+1, time.Duration(int64(i+1)*int64(end)/int64(n))))
			spent[w][i][state] += next - at
			at = next
		}
	}
	return spent
}

// lane draws the states of a worker in a lane of a height: a path for each state.
func (t extent) lane(b *strings.Builder, states []int, y, height float64, color string) {
	width := float64(laneWidth) / float64(len(states))
	for state, l := range lanes {
		h := max(1, float64(l.height)*height/laneHeight)
		top := y + math.Floor((height-h)/2)
		var path strings.Builder
		for i := 0; i < len(states); {
			j := i
			for j < len(states) && states[j] == states[i] {
				j++
			}
			if states[i] == state {
				fmt.Fprintf(&path, "M%s %sh%sv%sh-%sz", trimmed(float64(t.left)+float64(i)*width), trimmed(top), trimmed(float64(j-i)*width), trimmed(h), trimmed(float64(j-i)*width))
			}
			i = j
		}
		if path.Len() > 0 {
			fmt.Fprintf(b, `<path d="%s" fill="%s" fill-opacity="%s"/>`+"\n", path.String(), color, l.opacity)
		}
	}
}

// axis draws lines at round times through the lanes.
func (t extent) axis(p *panel, top, bottom int) {
	sc := common(durations, []float64{float64(t.to)})
	step := roundStep(float64(t.to - t.from))
	first := step*math.Ceil(float64(t.from)/step) + 0 // a zero, not the negative one that Ceil may give
	for v := first; v <= float64(t.to); v += step {
		x := t.x(time.Duration(v))
		fmt.Fprintf(p.b, `<line x1="%.1f" y1="%d" x2="%.1f" y2="%d" stroke="currentColor" stroke-opacity=".25"/>`+"\n", x, top-4, x, bottom)
		p.text(x, float64(bottom+14), "middle", trimmed(v/sc.size)+" "+sc.unit, `fill-opacity=".75"`)
	}
}

// share tells how a worker spent the time of the run: by what its calls tell, or where all of the timeline is from Go's
// tracer by that.
func share(run measure.Run, o measure.Outcome) string {
	elapsed := run.Sample.Elapsed
	if elapsed <= 0 {
		return ""
	}
	in := map[string]time.Duration{"running": o.Held, "waiting": o.Waited, "blocked": o.Blocked}
	if t := run.Timeline; t.Traced && t.Stride == 1 {
		clear(in)
		for _, s := range t.Spans {
			if s.Worker == o.Worker {
				in[s.State] += s.End - s.Start
			}
		}
	}
	var parts []string
	for _, p := range []struct {
		name string
		d    time.Duration
	}{{"running", in["running"]}, {"ready", in["ready"]}, {"waiting", in["waiting"]}, {"blocked", in["blocked"]}} {
		if f := float64(p.d) / float64(elapsed); f >= 0.005 {
			parts = append(parts, p.name+" "+percent(f))
		}
	}
	return strings.Join(parts, ", ")
}

// shares is the picture in words.
func shares(run measure.Run) string {
	var parts []string
	for _, o := range run.Outcomes[:min(len(run.Outcomes), maxLanes)] {
		parts = append(parts, fmt.Sprintf("worker %d %s", o.Worker, share(run, o)))
	}
	return strings.Join(parts, "; ")
}
