package main

import (
	"context"
	"fmt"
	"runtime"
)

// What a pool is measured with: 300 times Apply, and one Map of empty calls. The cell prints the median of the first in ms, and calls a second of
// the other.
const (
	poolDeclarations = "func same(i int) int { return i }\nvar pool *lab.Pool"
	poolMeasure      = `times := make([]float64, 300)
for i := range times {
	start := time.Now()
	if v, err := pool.Apply(same, i); err != nil || v != i {
		panic(fmt.Sprint(v, err))
	}
	times[i] = float64(time.Since(start)) / 1e6
}
slices.Sort(times)
start := time.Now()
v, err := pool.Map(same, %d)
if err != nil {
	panic(err)
}
rate := float64(len(v.([]int))) / time.Since(start).Seconds()
fmt.Print(times[len(times)/2], " ", rate)`
)

// comparePools has pools of 2 workers make empty calls, on 2 nodes of this machine and in processes of the session.
func comparePools(ctx context.Context, tasks, rounds int) error {
	fmt.Printf("%s, %d cores, load average %s, %d rounds of %d calls\n\n", runtime.Version(), runtime.NumCPU(), load(), rounds, tasks)
	s, closeAll, err := session(ctx, "%cluster local 2 --slots 1", poolDeclarations)
	if err != nil {
		return err
	}
	defer closeAll()
	all := map[string]figures{}
	for range rounds {
		for name, cell := range map[string]string{"nodes": "pool = lab.NewPool(2, lab.Cluster())", "processes": "pool = lab.NewPool(2)"} {
			if all[name] == nil {
				all[name] = figures{}
			}
			if _, _, err := s.Run(ctx, cell); err != nil {
				return err
			}
			if _, _, err := s.Run(ctx, "pool.Map(same, 1000)"); err != nil {
				return err
			}
			_, printed, err := s.Run(ctx, fmt.Sprintf(poolMeasure, tasks))
			if err != nil {
				return err
			}
			var latency, rate float64
			if _, err := fmt.Sscan(printed, &latency, &rate); err != nil {
				return fmt.Errorf("what was measured: %q: %w", printed, err)
			}
			all[name]["latency"] = append(all[name]["latency"], latency)
			all[name]["rate"] = append(all[name]["rate"], rate)
			if _, _, err := s.Run(ctx, "pool.Close()\npool.Join()"); err != nil {
				return err
			}
		}
	}
	fmt.Println("| measure | pool on 2 nodes | pool of 2 processes |\n|---|---|---|")
	for _, row := range []struct{ name, key, format string }{
		{"empty calls by Map through 2 workers, a second", "rate", "%.0f"},
		{"Apply, ms (median of 300)", "latency", "%.3f"},
	} {
		fmt.Printf("| %s | %s | %s |\n", row.name, all["nodes"].text(row.key, row.format), all["processes"].text(row.key, row.format))
	}
	return nil
}
