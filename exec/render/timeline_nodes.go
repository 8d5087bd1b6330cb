package render

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"lockstep/exec/measure"
)

// Sizes of a timeline of nodes, in pixels: as wide as the others, with more room for names.
const (
	nodeLabel = 118
	nodeGap   = 7
	// nodeHeight has room for the two lines of a label.
	nodeHeight = 26
	// With more rows in a lane, or in all lanes, they could not be told apart: then a lane shows how many are busy.
	maxRows    = 8
	maxAllRows = 48
)

// nodeLane is what a node did in a run.
type nodeLane struct {
	measure.NodeShare
	seats  []int // in the order of its rows
	first  int   // the row of the first of them
	busy   time.Duration
	failed int // workers
}

// nodeLanes finds the nodes of a run, by name.
func nodeLanes(run measure.Run) []nodeLane {
	var all []nodeLane
	at := map[string]int{}
	find := func(name string) *nodeLane {
		i, ok := at[name]
		if !ok {
			i = len(all)
			at[name] = i
			all = append(all, nodeLane{NodeShare: measure.NodeShare{Node: name}})
		}
		return &all[i]
	}
	for _, n := range run.Cluster.Nodes {
		find(n.Node).NodeShare = n
	}
	for _, s := range run.Timeline.Spans {
		if s.Node == "" {
			continue
		}
		n := find(s.Node)
		if i, ok := slices.BinarySearch(n.seats, s.Seat); !ok {
			n.seats = slices.Insert(n.seats, i, s.Seat)
		}
		if s.State == "running" {
			n.busy += s.End - s.Start
		}
	}
	for _, o := range run.Outcomes {
		if o.Failed() && o.Node != "" {
			find(o.Node).failed++
		}
	}
	slices.SortFunc(all, func(a, b nodeLane) int { return cmp.Compare(a.Node, b.Node) })
	rows := 0
	for i := range all {
		all[i].first = rows
		rows += len(all[i].seats)
	}
	return all
}

// capacity tells how many of its slots the run had.
func (n nodeLane) capacity() string {
	has := max(n.Workers, len(n.seats))
	if n.Slots > has {
		return fmt.Sprintf("%d of %s", has, plural(n.Slots, "slot"))
	}
	return plural(has, "slot")
}

// share tells what the run got of it.
func (n nodeLane) share(run measure.Run) string {
	var parts []string
	if all := run.Sample.Elapsed * time.Duration(len(n.seats)); all > 0 && run.Timeline.Stride == 1 {
		parts = append(parts, "running "+percent(min(1, float64(n.busy)/float64(all))))
	}
	return strings.Join(append(parts, plural(n.Tasks, "task")), ", ")
}

func (n nodeLane) failures() string {
	if n.failed == 0 {
		return ""
	}
	return "✗ " + plural(n.failed, "worker") + " failed"
}

// nodeTimeline draws a lane for each node of a cluster, with a row for each of its slots, or where those are too many with
// how many are busy.
func nodeTimeline(run measure.Run, where surroundings) string {
	all := nodeLanes(run)
	shown := all[:min(len(all), maxLanes)]
	rows, most := 0, 0
	for _, n := range shown {
		rows, most = rows+len(n.seats), max(most, len(n.seats))
	}
	counted := rows > maxAllRows || most > maxRows
	pitch := 12.0
	switch {
	case most > 4:
		pitch = 6
	case most > 2:
		pitch = 8
	}
	heightOf := func(n nodeLane) int {
		if counted {
			return nodeHeight
		}
		return max(nodeHeight, int(pitch)*len(n.seats))
	}
	top := 24
	bottom := top
	var words []string
	for _, n := range shown {
		bottom += heightOf(n) + nodeGap
		words = append(words, strings.Join(slices.DeleteFunc([]string{fmt.Sprintf("%s (%s) %s", n.Node, n.capacity(), n.share(run)), n.failures()},
			func(s string) bool { return s == "" }), ", "))
	}
	height := bottom + 44
	more := ""
	if len(all) > len(shown) {
		more = "and " + plural(len(all)-len(shown), "node") + " more"
		words = append(words, more)
		height += 16
	}
	var b strings.Builder
	about := openTimeline(&b, run, where, height, strings.Join(words, "; "))
	t := extentOf(run)
	t.left = nodeLabel
	p := &panel{b: &b}
	p.text(nodeLabel, 12, "start", about, `font-weight="600"`)
	if counted {
		p.text(nodeLabel+laneWidth, 12, "end", "the height of a lane is all that the run has of the node", `fill-opacity=".75"`)
	}
	of := map[string]*nodeLane{}
	for i := range shown {
		of[shown[i].Node] = &shown[i]
	}
	row := func(s measure.Span) int {
		n := of[s.Node]
		if n == nil {
			return -1
		}
		i, _ := slices.BinarySearch(n.seats, s.Seat)
		return n.first + i
	}
	var spent [][][5]time.Duration
	var states [][]int
	if counted {
		spent = spentIn(run, len(shown), maxSlices/3/len(shown), func(s measure.Span) int {
			return slices.IndexFunc(shown, func(n nodeLane) bool { return n.Node == s.Node })
		})
	} else {
		states = laneSlices(run, rows, row)
	}
	y := top
	for i, n := range shown {
		h := heightOf(n)
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="currentColor" fill-opacity=".05"><title>%s</title></rect>`+"\n", nodeLabel, y, laneWidth, h, html.EscapeString(n.Node))
		middle := float64(y) + float64(h)/2
		p.text(nodeLabel-8, middle-2, "end", shortNode(n.Node), `font-weight="600" fill-opacity=".75"`)
		p.text(nodeLabel-8, middle+11, "end", "("+n.capacity()+")", `fill-opacity=".75"`)
		if counted {
			t.busy(&b, spent[i], len(n.seats), y, h, hue(run.Mode))
		} else {
			inset := (float64(h) - pitch*float64(len(n.seats))) / 2
			for k := range n.seats {
				t.lane(&b, states[n.first+k], float64(y)+inset+pitch*float64(k)+1, pitch-2, hue(run.Mode))
			}
		}
		x := float64(nodeLabel + laneWidth + 8)
		if n.failed == 0 {
			p.text(x, middle+4, "start", n.share(run), `fill-opacity=".75"`)
		} else {
			p.text(x, middle-2, "start", n.share(run), `fill-opacity=".75"`)
			p.text(x, middle+11, "start", n.failures(), `fill-opacity=".75"`)
		}
		y += h + nodeGap
	}
	t.axis(p, top, bottom)
	t.legend(p, run, bottom, nodeLegend)
	if more != "" {
		p.text(nodeLabel, float64(bottom+55), "start", more, `fill-opacity=".75"`)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// nodeLegend is what the states are of a slot of a node.
func nodeLegend(l laneStyle) string {
	switch l.state {
	case "starting":
		return "getting ready"
	case "running":
		return "at a task"
	case "waiting":
		return "free, while a task was on its way through the queue"
	}
	return l.legend
}

// busy draws how many of the seats of a node were in each state, on top of each other.
func (t extent) busy(b *strings.Builder, spent [][5]time.Duration, seats, y, height int, color string) {
	slice := float64(t.to-t.from) / float64(len(spent))
	width := float64(laneWidth) / float64(len(spent))
	under := make([]float64, len(spent))
	for _, state := range []string{"running", "waiting", "starting"} {
		k := slices.IndexFunc(lanes, func(l laneStyle) bool { return l.state == state })
		var path strings.Builder
		for i, in := range spent {
			h := float64(height) * float64(in[k]) / slice / float64(max(1, seats))
			if h < 0.05 {
				continue
			}
			bottom := float64(y+height) - under[i]
			fmt.Fprintf(&path, "M%s %sh%sv-%sh-%sz", trimmed(float64(t.left)+float64(i)*width), trimmed(bottom), trimmed(width), trimmed(h), trimmed(width))
			under[i] += h
		}
		if path.Len() > 0 {
			fmt.Fprintf(b, `<path d="%s" fill="%s" fill-opacity="%s"/>`+"\n", path.String(), color, lanes[k].opacity)
		}
	}
}

// shortNode is a node's name where there is little room: without its middle, as its end is what tells it from others.
func shortNode(name string) string {
	runes := []rune(name)
	if len(runes) <= 17 {
		return name
	}
	return string(runes[:9]) + "…" + string(runes[len(runes)-7:])
}
