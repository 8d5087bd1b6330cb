package main

import (
	"context"
	"fmt"
	"runtime"

	"lockstep/bench/cells"
)

// twoCores counts twice, one after another and at once, and prints how long each took.
const twoCores = `package main

import (
	"fmt"
	"sync"
	"time"
)

//go:noinline
func count(steps int) (s int) {
	for i := range steps {
		s += i & 3
	}
	return s
}

func main() {
	const steps = 500_000_000
	start := time.Now()
	count(steps)
	count(steps)
	fmt.Println(time.Since(start))
	start = time.Now()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { count(steps) })
	}
	wg.Wait()
	fmt.Println(time.Since(start))
}
`

// gains compares two workers at once with one after another, and with what a Go program gains in turn with them: two
// cores of a virtual machine are not always two, and nobody gains more than they give.
func (b *bench) gains(ctx context.Context, engine string, s *cells.Session) error {
	if runtime.NumCPU() < 2 {
		fmt.Println("There is one core: nothing to gain.")
		return nil
	}
	steps, err := hundred(ctx, s)
	if err != nil {
		return err
	}
	path, err := b.Program(ctx, twoCores)
	if err != nil {
		return err
	}
	modes := []string{"goroutines", "subprocess"}
	var program []float64
	gains, busy := map[string][]float64{}, map[string][]float64{}
	for range b.n {
		times, err := cells.Printed(ctx, path)
		if err != nil {
			return err
		}
		if len(times) != 2 {
			return fmt.Errorf("the program printed %v, wanted two times", times)
		}
		program = append(program, float64(times[0])/float64(times[1]))
		// Longer than 100 ms, so that what goes on beside it evens out.
		r, err := s.Compare(ctx, "%%compare -n 2 -r 1 --modes simple,goroutines,subprocess\n"+loop(3*steps))
		if err != nil {
			return err
		}
		simple, _ := r.Summary("simple", 2)
		for _, mode := range modes {
			sum, ok := r.Summary(mode, 2)
			if !ok || sum.Median <= 0 {
				return fmt.Errorf("%s: a run failed", mode)
			}
			gains[mode], busy[mode] = append(gains[mode], float64(simple.Median)/float64(sum.Median)), append(busy[mode], ready(sum))
		}
	}
	machine := cells.Median(program)
	b.row("2 goroutines that count, of a Go program: one after another ÷ at once", "–", machine, "–", unknown, true)
	limit := leastGain * min(1, machine/2)
	for _, mode := range modes {
		b.atLeast("2 workers that count: simple ÷ "+mode, engine, cells.Median(gains[mode]), limit, cells.Median(busy[mode]))
	}
	return nil
}
