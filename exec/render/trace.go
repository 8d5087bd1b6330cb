package render

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"lockstep/exec/measure"
)

// traceEvent is an event of the Chrome trace format, which Perfetto reads.
type traceEvent struct {
	Name     string         `json:"name"`
	Phase    string         `json:"ph"`
	Start    float64        `json:"ts"` // µs
	Duration float64        `json:"dur,omitempty"`
	Process  int            `json:"pid"`
	Thread   int            `json:"tid"`
	Args     map[string]any `json:"args,omitempty"`
}

// Trace writes the timelines of a result in the Chrome trace format: a process
// for each run that has one, a thread for each worker, and more where several of its goroutines do something at a time.
func Trace(w io.Writer, r measure.Result) error {
	events := []traceEvent{}
	process := 0
	for _, run := range r.Runs {
		if run.Timeline == nil {
			continue
		}
		process++
		from := extentOf(run).from // the format has no times before 0
		events = append(events, traceEvent{
			Name: "process_name", Phase: "M", Process: process,
			Args: map[string]any{"name": fmt.Sprintf("%s, %s%s", run.Mode, workersOf(run), thinned(run.Timeline))},
		})
		for _, o := range run.Outcomes {
			events = append(events, traceEvent{
				Name: "thread_name", Phase: "M", Process: process, Thread: o.Worker,
				Args: map[string]any{"name": fmt.Sprintf("worker %d", o.Worker)},
			})
		}
		t := tracks{next: 1, of: map[int][]*track{}}
		for _, o := range run.Outcomes {
			t.next = max(t.next, o.Worker+1)
		}
		for _, s := range run.Timeline.Spans {
			at, fresh := t.place(s)
			if fresh {
				events = append(events, traceEvent{
					Name: "thread_name", Phase: "M", Process: process, Thread: at,
					Args: map[string]any{"name": fmt.Sprintf("worker %d, goroutine %d", s.Worker, len(t.of[s.Worker]))},
				})
			}
			e := traceEvent{
				Name: s.State, Phase: "X", Process: process, Thread: at,
				Start: micro(s.Start - from), Duration: micro(s.End - s.Start),
			}
			if s.Node != "" {
				e.Args = map[string]any{"node": s.Node, "seat": s.Seat}
			}
			events = append(events, e)
		}
	}
	return json.NewEncoder(w).Encode(map[string]any{"traceEvents": events, "displayTimeUnit": "ms"})
}

// track is a thread of the trace: the format allows no two events of one to overlap.
type track struct {
	thread int
	until  time.Duration // the end of its last span
}

// tracks are those of a run's workers. The first of each has the worker's number.
type tracks struct {
	next int
	of   map[int][]*track
}

// place finds the thread for a span, which starts no earlier than those before it; fresh says that it is one that no worker has
// as its first.
func (t *tracks) place(s measure.Span) (thread int, fresh bool) {
	for _, k := range t.of[s.Worker] {
		if k.until <= s.Start {
			k.until = s.End
			return k.thread, false
		}
	}
	k := &track{s.Worker, s.End}
	if len(t.of[s.Worker]) > 0 {
		k.thread, fresh = t.next, true
		t.next++
	}
	t.of[s.Worker] = append(t.of[s.Worker], k)
	return k.thread, fresh
}

// workersOf is how many workers a run had, and how they were divided.
func workersOf(run measure.Run) string {
	if run.Shape != "" {
		return run.Shape + " workers"
	}
	return plural(run.Workers, "worker")
}

// thinned says which events of a timeline were kept, if not all were.
func thinned(t *measure.Timeline) string {
	if t.Stride <= 1 {
		return ""
	}
	return fmt.Sprintf(" (one event of %d)", t.Stride)
}

func micro(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
