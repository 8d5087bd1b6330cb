package main

import (
	"context"
	"fmt"
	"runtime"
)

// objectOps are what objects of the session are measured with: a worker does each so often in a row, and tells by a queue how long that took.
const objectOps = 1000

var objectRows = []struct{ name, code string }{
	{"Lock and Unlock of a lab.Lock", "mu.Lock(); mu.Unlock()"},
	{"Add of a lab.Value", "v.Add(1)"},
	{"Put into a lab.Queue", "q.Put(i)"},
}

// The first half of what comes is of the warm-up.
const objectMeasure = `var all []time.Duration
for took.Len() > 0 {
	all = append(all, time.Duration(took.Get().(int)))
}
fmt.Print(float64(slices.Max(all[len(all)/2:])) / 1e6)`

// measureObjects has workers on two nodes of this machine use one object of a session.
func measureObjects(ctx context.Context, rounds int) error {
	fmt.Printf("%s, %d cores, load average %s, median of %d rounds of %d operations a worker\n\n", runtime.Version(), runtime.NumCPU(), load(), rounds, objectOps)
	s, closeAll, err := session(ctx, "%cluster local 2 --slots 4", "mu, v, q, took := lab.NewLock(), lab.NewValue(0), lab.NewQueue(0), lab.NewQueue(0)")
	if err != nil {
		return err
	}
	defer closeAll()
	fmt.Println("| operation | workers | each, ms | all, a second |\n|---|---|---|---|")
	for _, row := range objectRows {
		for _, workers := range []int{1, 2, 4, 8} {
			f := figures{}
			for range rounds {
				cell := fmt.Sprintf("%%%%cluster -n %d -r 1\nstart := time.Now()\nfor i := range %d { _ = i; %s }\ntook.Put(int(time.Since(start)))", workers, objectOps, row.code)
				if _, _, err := s.Run(ctx, cell); err != nil {
					return err
				}
				_, printed, err := s.Run(ctx, objectMeasure)
				if err != nil {
					return err
				}
				var ms float64
				if _, err := fmt.Sscan(printed, &ms); err != nil {
					return fmt.Errorf("what was measured: %q: %w", printed, err)
				}
				f["each"] = append(f["each"], ms/objectOps)
				f["rate"] = append(f["rate"], float64(workers)*objectOps/ms*1e3)
			}
			fmt.Printf("| %s | %d | %s | %s |\n", row.name, workers, f.text("each", "%.2f"), f.text("rate", "%.0f"))
		}
	}
	return nil
}
