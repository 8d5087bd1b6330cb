package exec_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"lockstep/exec"
	"lockstep/exec/measure"
)

// Every task is executed once in each run, whoever has it.
func TestTasksAreHandedOut(t *testing.T) {
	for _, mode := range inProcessModes {
		var mu sync.Mutex
		times := map[int]int{}
		plan := exec.Plan{Modes: []exec.Mode{mode}, Workers: []int{3}, Tasks: 100, Chunk: 7}
		run, err := once(t, plan, nil, func(w exec.Worker) (any, error) {
			mu.Lock()
			defer mu.Unlock()
			times[w.Task]++
			return w.Task, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for task := range 100 {
			if times[task] != 2 { // the warm-up, and the run
				t.Errorf("%s: task %d was executed %d times in two runs", mode, task, times[task])
			}
		}
		tasks := 0
		for _, o := range run.Outcomes {
			tasks += o.Tasks
		}
		if sum, ok := run.TaskSum(); len(times) != 100 || tasks != 100 || !ok || sum != 4950 {
			t.Errorf("%s: %d tasks, reported %d, sum %v %v", mode, len(times), tasks, sum, ok)
		}
		if o := run.Outcomes[0]; mode == exec.Simple && o.Result != "100 tasks, sum 4950" {
			t.Errorf("got %q", o.Result)
		}
	}
}

// Whoever takes long has fewer.
func TestTasksGoToWhoeverIsFree(t *testing.T) {
	others := make(chan struct{})
	var done sync.WaitGroup
	done.Add(99)
	go func() { done.Wait(); close(others) }()
	plan := exec.Plan{Modes: []exec.Mode{exec.Goroutines}, Workers: []int{2}, Tasks: 100}
	first := true
	run, err := once(t, plan, nil, func(w exec.Worker) (any, error) {
		switch {
		case w.Task == 0 && first:
			<-others
			first = false
		case first:
			done.Done()
		}
		return "", nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := run.Outcomes[0].Result + " " + run.Outcomes[1].Result; strings.Contains(got, "sum") {
		t.Errorf("got %q: texts have no sum", got)
	}
}

func TestAFailedTaskIsNamed(t *testing.T) {
	for want, fail := range map[string]func() error{
		"task 5: no luck":     func() error { return errors.New("no luck") },
		"task 5: panic: boom": func() error { panic("boom") },
	} {
		plan := exec.Plan{Modes: []exec.Mode{exec.Goroutines}, Workers: []int{2}, Tasks: 50}
		run, err := once(t, plan, nil, func(w exec.Worker) (any, error) {
			if w.Task == 5 {
				return nil, fail()
			}
			return 1, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		var failed, others []string
		for _, o := range run.Outcomes {
			if o.Failed() {
				failed = append(failed, o.Error)
			} else {
				others = append(others, fmt.Sprint(o.Tasks > 0))
			}
		}
		if len(failed) != 1 || failed[0] != want || len(others) != 1 || others[0] != "true" {
			t.Errorf("got failures %q, others at work %q, want %q", failed, others, want)
		}
		if _, ok := run.TaskSum(); ok {
			t.Error("there is a sum although a worker failed")
		}
	}
}

func TestTaskFlags(t *testing.T) {
	for want, plan := range map[string]exec.Plan{
		"--tasks must be at least 1": {Tasks: -1}, "--chunk must be at least 1": {Tasks: 1, Chunk: -1}, "give --tasks too": {Chunk: 2},
	} {
		if err := plan.Check(exec.WithProcesses); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in the error", err, want)
		}
	}
}

// Modes are compared by the sum over the workers.
func TestResultsOfTasksAreCompared(t *testing.T) {
	one, two := measure.Sum(10), measure.Sum(11)
	r := measure.Result{Modes: []string{"simple", "goroutines"}, Workers: []int{2}, Tasks: 4, Baseline: "simple"}
	for k := range 4 {
		r.Runs = append(r.Runs,
			measure.Run{Mode: "simple", Workers: 2, Repetition: k, Outcomes: []measure.Outcome{{Tasks: 4, Sum: &one}, {}}},
			measure.Run{Mode: "goroutines", Workers: 2, Repetition: k, Outcomes: []measure.Outcome{{Tasks: k, Sum: &two}, {}}})
	}
	measure.Summarize(&r)
	if len(r.Warnings) == 0 || r.Warnings[0].Kind != measure.ResultsDiffer {
		t.Errorf("got %v, want a warning that the results differ", r.Warnings)
	}
}
