package render

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"

	"lockstep/exec/measure"
)

func TestWhatIsShownOfACluster(t *testing.T) {
	r := measure.Result{Schema: measure.Schema, Modes: []string{"cluster"}, Workers: []int{2}, Tasks: 10, Baseline: "cluster"}
	run := measure.Run{Mode: "cluster", Workers: 2, Repetition: 1,
		Sample:   measure.Sample{Elapsed: time.Second, Nodes: 2, Redelivered: 3, Dead: 1, Queued: 12 * time.Millisecond},
		Outcomes: []measure.Outcome{{Worker: 0, Tasks: 7, Node: "node1-a"}, {Worker: 1, Tasks: 3, Node: "a-node-with-a-long-name-b"}},
		Cluster:  &measure.Cluster{Nodes: []measure.NodeShare{{Node: "a-node-with-a-long-name-b", Tasks: 3, Workers: 1, Slots: 1}, {Node: "node1-a", Tasks: 7, Workers: 1, Slots: 4}}},
		Timeline: &measure.Timeline{Stride: 1, Spans: []measure.Span{{Worker: 0, State: "running", End: time.Second, Node: "node1-a"},
			{Worker: 1, State: "running", End: time.Second / 2, Node: "a-node-with-a-long-name-b", Seat: 1}}},
	}
	r.Runs = append(r.Runs, run)
	measure.Summarize(&r)
	var b strings.Builder
	if err := Text(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"The cluster: who did the tasks", "nodes", "7 (3, 7)", "12.0 ms", "redelivered", "given up"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	b.Reset()
	if err := Timeline(&b, run); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{">node1-a</text>", ">(1 of 4 slots)</text>", ">a-node-wi…-name-b</text>", ">(1 slot)</text>",
		"a-node-with-a-long-name-b (1 slot) running 50 %, 3 tasks; node1-a (1 of 4 slots) running 100 %, 7 tasks"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in the timeline", want)
		}
	}
}

// onNodes is a run with so many seats on each of so many nodes.
func onNodes(nodes, seats int) measure.Run {
	run := measure.Run{Mode: "cluster", Workers: nodes * seats, Repetition: 1, Sample: measure.Sample{Elapsed: time.Second}, Cluster: &measure.Cluster{}, Timeline: &measure.Timeline{Stride: 1}}
	for n := range nodes {
		name := fmt.Sprintf("node%02d-abcdef", n)
		run.Cluster.Nodes = append(run.Cluster.Nodes, measure.NodeShare{Node: name, Tasks: 20, Workers: seats, Slots: seats})
		for s := range seats {
			w := n*seats + s
			run.Outcomes = append(run.Outcomes, measure.Outcome{Worker: w, Node: name})
			run.Timeline.Spans = append(run.Timeline.Spans, measure.Span{Worker: w, State: "starting", Start: -20 * ms, End: -5 * ms, Node: name, Seat: w})
			for at := time.Duration(0); at < 900*ms; at += time.Duration(3+w%5) * ms {
				run.Timeline.Spans = append(run.Timeline.Spans, measure.Span{Worker: w, State: "waiting", Start: at, End: at + ms, Node: name, Seat: w},
					measure.Span{Worker: w, State: "running", Start: at + ms, End: at + 3*ms, Node: name, Seat: w})
			}
		}
	}
	return run
}

func TestTimelineOfNodes(t *testing.T) {
	lost := onNodes(2, 2)
	lost.Outcomes[3].Failure = measure.Exited
	// A seat of the second node, which is lost, moves to the first.
	lost.Timeline.Spans = append(lost.Timeline.Spans, measure.Span{Worker: 2, State: "running", Start: 950 * ms, End: time.Second, Node: "node00-abcdef", Seat: 2})
	for _, tt := range []struct {
		name        string
		run         measure.Run
		lanes, rows int // rows: 0 where busy seats are counted
		want        []string
	}{
		{"rows", onNodes(3, 4), 3, 12, []string{">(4 slots)</text>", ">getting ready</text>", ">at a task</text>", ">free, while a task was on its way through the queue</text>"}},
		{"a lost node", lost, 2, 5, []string{">✗ 1 worker failed</text>", ">(3 slots)</text>"}},
		{"many slots", onNodes(2, 9), 2, 0, []string{"the height of a lane is all that the run has of the node"}},
		{"many nodes", onNodes(40, 4), maxLanes, 0, []string{">and 16 nodes more</text>"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b strings.Builder
			if err := Timeline(&b, tt.run); err != nil {
				t.Fatal(err)
			}
			svg := b.String()
			if n := strings.Count(svg, "<title>"); n != tt.lanes {
				t.Errorf("got %d lanes, want %d", n, tt.lanes)
			}
			// A row has a path for running; a lane of counts has one too.
			want := tt.rows
			if want == 0 {
				want = tt.lanes
			}
			if n := strings.Count(svg, `fill-opacity="1"/>`) - 1; n != want { // one is in the legend
				t.Errorf("got %d rows of work, want %d", n, want)
			}
			if len(svg) > 300_000 {
				t.Errorf("got %d bytes, want at most 300,000", len(svg))
			}
			for _, want := range tt.want {
				if !strings.Contains(svg, want) {
					t.Errorf("%q is missing", want)
				}
			}
			if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
				t.Error(err)
			}
		})
	}
}
