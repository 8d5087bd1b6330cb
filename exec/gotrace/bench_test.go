package gotrace_test

import (
	"testing"
	"time"

	"lockstep/exec"
	"lockstep/exec/gotrace"
)

// Two goroutines that do nothing but pass a value to each other are what the tracer has most to do with. Metrics:
// what a run takes under it, relative to the one without, and what reading a change of state costs.
func BenchmarkTracedPingPong(b *testing.B) {
	const passes = 50_000
	c := make(chan int)
	work := exec.WorkloadFunc(func(w exec.Worker) (any, error) {
		for range passes {
			if w.Index == 0 {
				c <- 1
			} else {
				<-c
			}
		}
		return nil, nil
	})
	var without, with, reading time.Duration
	spans, bytes := 0, 0
	for b.Loop() {
		plan := exec.Plan{Modes: []exec.Mode{exec.Goroutines}, Workers: []int{2}, Repetitions: 1, Timeline: true}
		r, err := exec.Run(b.Context(), plan, work, exec.Setting{}, nil)
		if err != nil {
			b.Fatal(err)
		}
		without += r.Runs[1].Sample.Elapsed
		with += r.Runs[2].Sample.Elapsed
		start := time.Now()
		tl, err := gotrace.Timeline(r.Runs[2].Trace, r.Runs[2].Sample.Elapsed)
		if err != nil {
			b.Fatal(err)
		}
		reading += time.Since(start)
		spans += len(tl.Spans) * tl.Stride
		bytes += len(r.Runs[2].Trace)
	}
	b.ReportMetric(float64(with)/float64(without), "traced/plain")
	b.ReportMetric(float64(reading.Nanoseconds())/float64(spans), "ns-read/change")
	b.ReportMetric(float64(bytes)/float64(spans), "B/change")
}
