package render

import (
	"strings"
	"testing"
	"time"

	"lockstep/exec/measure"
)

func TestWhatIsShownOfACluster(t *testing.T) {
	r := measure.Result{Schema: measure.Schema, Modes: []string{"cluster"}, Workers: []int{2}, Tasks: 10, Baseline: "cluster"}
	run := measure.Run{Mode: "cluster", Workers: 2, Repetition: 1,
		Sample:   measure.Sample{Elapsed: time.Second, Nodes: 2, Redelivered: 3, Dead: 1, Queued: 12 * time.Millisecond},
		Outcomes: []measure.Outcome{{Worker: 0, Tasks: 7, Node: "node1-a"}, {Worker: 1, Tasks: 3, Node: "a-node-with-a-long-name"}},
		Cluster:  &measure.Cluster{Nodes: []measure.NodeShare{{Node: "node1-a", Tasks: 7}, {Node: "node2-b", Tasks: 3}}},
		Timeline: &measure.Timeline{Stride: 1, Spans: []measure.Span{{Worker: 0, State: "running", End: time.Second}, {Worker: 1, State: "running", End: time.Second}}},
	}
	r.Runs = append(r.Runs, run)
	measure.Summarize(&r)
	var b strings.Builder
	if err := Text(&b, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"The cluster: who did the tasks", "nodes", "7 (7, 3)", "12.0 ms", "redelivered", "given up"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
	b.Reset()
	if err := Timeline(&b, run); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"· node1-a", "· a-node-with-a-l…"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in the timeline", want)
		}
	}
}
