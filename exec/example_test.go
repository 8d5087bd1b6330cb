package exec_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"lockstep/exec"
	"lockstep/exec/gil"
)

// A workload that waits: threads help with waiting, under a lock as well.
func ExampleRun() {
	wait := exec.WorkloadFunc(func(w exec.Worker) (any, error) {
		gil.Sleep(20 * time.Millisecond)
		return w.Index, nil
	})
	plan := exec.Plan{Modes: []exec.Mode{exec.Simple, exec.Serialized}, Workers: []int{4}, Repetitions: 4}
	result, err := exec.Run(context.Background(), plan, wait, exec.Setting{}, nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	for _, s := range result.Summaries {
		fmt.Println(s.Mode, "with", s.Workers, "workers, of which", s.Failed, "failed")
	}
	// Output:
	// simple with 4 workers, of which 0 failed
	// serialized with 4 workers, of which 0 failed
}
