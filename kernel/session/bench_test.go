package session

import (
	"testing"
	"time"

	"lockstep/exec/gil"
)

// A counting loop of each engine with checkpoints, beside the same without. Metric: with ÷ without, of the quickest.
func BenchmarkCheckpoints(b *testing.B) {
	br := new(gil.Breaker)
	interpreted, err := interpretedLoops(br)
	if err != nil {
		b.Fatal(err)
	}
	for name, l := range map[string]loops{"interp": interpreted, "native": compiledLoops(br)} {
		b.Run(name, func(b *testing.B) {
			const steps = calibrationSteps
			without, with := time.Hour, time.Hour
			timed := func(f func(int) int, least *time.Duration) {
				start := time.Now()
				f(steps)
				*least = min(*least, time.Since(start))
			}
			for b.Loop() {
				timed(l.without, &without)
				timed(l.with, &with)
			}
			b.ReportMetric(float64(with)/float64(without), "with/without")
			b.ReportMetric(float64(with.Nanoseconds())/steps, "ns/step")
		})
	}
}
