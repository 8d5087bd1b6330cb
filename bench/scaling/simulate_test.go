package main

import (
	"math"
	"testing"
	"time"
)

// TestRunKnownCases compares the simulation with what can be calculated.
func TestRunKnownCases(t *testing.T) {
	ms := time.Millisecond
	for _, test := range []struct {
		name   string
		s      system
		rate   float64
		within float64
	}{
		// Nobody waits for a server that has nearly nothing to do.
		{"few workers", system{workers: 10, task: 100 * ms, serve: time.Microsecond, servers: 1}, 10 / 0.1, 0.03},
		{"the way", system{workers: 10, task: 100 * ms, serve: time.Microsecond, servers: 1, way: 100 * ms}, 10 / 0.2, 0.03},
		// A server that is the limit gives its own rate, whatever the tasks are.
		{"too many workers", system{workers: 1000, task: 10 * ms, serve: ms, servers: 1}, 1000, 0.01},
		{"two servers", system{workers: 1000, task: 10 * ms, serve: ms, servers: 2}, 2000, 0.01},
		{"half of it for leases", system{workers: 1000, task: 10 * ms, serve: ms, servers: 1, busy: 0.5}, 500, 0.01},
		// A closed system of one worker and one server: each waits for the other.
		{"one worker", system{workers: 1, task: 4 * ms, serve: ms, servers: 1}, 1 / 0.005, 0.03},
		// While one is served, for exactly 1 ms, the other comes with probability 1 − e⁻¹. If it does not, the server
		// is idle until the first of both comes, which takes 0.5 ms.
		{"two workers", system{workers: 2, task: ms, serve: ms, servers: 1}, 1000 / (1 + math.Exp(-1)/2), 0.02},
	} {
		got := test.s.run(100_000)
		if math.Abs(got.rate/test.rate-1) > test.within {
			t.Errorf("%s: got %.1f tasks/s, want %.1f", test.name, got.rate, test.rate)
		}
		if ideal := got.rate * test.s.task.Seconds() / float64(test.s.workers); math.Abs(got.use-ideal) > 0.02 {
			t.Errorf("%s: use %.3f, but its rate is %.3f of what the workers could do", test.name, got.use, ideal)
		}
	}
}
