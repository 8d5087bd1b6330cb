package gil

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// Whatever workers do, and whatever the interval is, nobody waits longer than it takes
// all the others to have an interval and a step each, every lock that was taken is given
// back, and all time that somebody ran is accounted for.
func TestNobodyStarves(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		interval := time.Duration(rapid.IntRange(1, 20).Draw(rt, "interval in ms")) * ms
		workers := rapid.IntRange(2, 6).Draw(rt, "workers")
		op := rapid.SampledFrom([]string{"compute", "compute", "moment", "sleep", "nest"})
		programs := make([][]string, workers)
		steps := make([]int, workers)
		for i := range programs {
			programs[i] = rapid.SliceOfN(op, 1, 30).Draw(rt, "program")
			steps[i] = rapid.IntRange(1, 8).Draw(rt, "steps")
		}
		problem := ""
		synctest.Test(t, func(t *testing.T) {
			var b Breaker
			l := NewLock(&b, Policy{Interval: interval})
			g := NewGroup(&b, l, workers)
			g.Record()
			g.Hold()
			var ran [6]time.Duration
			for i, program := range programs {
				g.Go(i, func() {
					for _, op := range program {
						switch op {
						case "compute":
							compute(&b, steps[i])
							ran[i] += time.Duration(steps[i]) * ms
						case "moment":
							Block(func() {})
						case "sleep":
							Sleep(time.Duration(steps[i]) * ms)
						case "nest":
							Release()
							Block(func() { time.Sleep(ms) })
							Acquire()
						}
					}
				})
			}
			g.Start()
			wait(t, g)
			most := time.Duration(workers) * (interval + ms)
			for _, s := range g.Timeline().Spans {
				if d := s.End - s.Start; s.State == Waiting && d > most {
					problem = fmt.Sprintf("worker %d waited %v, want at most %v", s.Worker, d, most)
				}
			}
			for i, s := range g.Stats() {
				if s.Held != ran[i] {
					problem = fmt.Sprintf("worker %d held the lock for %v, and ran for %v", i, s.Held, ran[i])
				}
			}
			// A lock that somebody kept would not be had.
			after := NewGroup(&b, l, 1)
			after.Hold()
			after.Go(0, func() { compute(&b, 1) })
			after.Start()
			wait(t, after)
			if s := after.Stats()[0]; s.Waited != 0 || s.Held != ms {
				problem = fmt.Sprintf("the lock was not free afterwards: waited %v, held %v", s.Waited, s.Held)
			}
			if b.Raised() {
				problem = "the breaker is up at the end"
			}
		})
		if problem != "" {
			rt.Fatal(problem)
		}
	})
}
