package render

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"lockstep/exec/measure"
)

// Goroutines of one worker that do something at the same time are on threads of their own, as the format wants it.
func TestTraceEventsOfAThreadDoNotOverlap(t *testing.T) {
	run := measure.Run{Mode: "goroutines", Workers: 2, Outcomes: []measure.Outcome{{Worker: 0}, {Worker: 1}}, Timeline: &measure.Timeline{Stride: 1, Spans: []measure.Span{
		{Worker: 0, State: "blocked", Start: 0, End: 10 * time.Millisecond},
		{Worker: 0, State: "running", Start: time.Millisecond, End: 4 * time.Millisecond},
		{Worker: 1, State: "running", Start: 2 * time.Millisecond, End: 3 * time.Millisecond},
		{Worker: 0, State: "running", Start: 5 * time.Millisecond, End: 12 * time.Millisecond},
		{Worker: 1, State: "blocked", Start: 3 * time.Millisecond, End: 6 * time.Millisecond},
		{Worker: 0, State: "running", Start: 10 * time.Millisecond, End: 11 * time.Millisecond},
	}}}
	var b strings.Builder
	if err := Trace(&b, measure.Result{Runs: []measure.Run{run}}); err != nil {
		t.Fatal(err)
	}
	var trace struct{ TraceEvents []traceEvent }
	if err := json.Unmarshal([]byte(b.String()), &trace); err != nil {
		t.Fatal(err)
	}
	names, until, spans := map[int]string{}, map[int]float64{}, 0
	for _, e := range trace.TraceEvents {
		switch {
		case e.Name == "thread_name":
			names[e.Thread] = e.Args["name"].(string)
		case e.Phase == "X":
			if spans++; e.Start < until[e.Thread] {
				t.Errorf("%s: %s at %v µs, while something lasts until %v", names[e.Thread], e.Name, e.Start, until[e.Thread])
			}
			until[e.Thread] = e.Start + e.Duration
		}
	}
	if spans != len(run.Timeline.Spans) || len(names) != 3 || names[2] != "worker 0, goroutine 2" {
		t.Errorf("got %d spans on threads %v, want %d on those of two workers and one more", spans, names, len(run.Timeline.Spans))
	}
}

func TestTraceNamesTheShape(t *testing.T) {
	var b strings.Builder
	r := measure.Result{Runs: []measure.Run{{Mode: "hybrid", Workers: 3, Shape: "3×1", Timeline: &measure.Timeline{Stride: 1}}}}
	if err := Trace(&b, r); err != nil || !strings.Contains(b.String(), "hybrid, 3×1 workers") {
		t.Errorf("got %s, %v", b.String(), err)
	}
}
