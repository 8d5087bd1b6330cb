package exec

import (
	"fmt"
	"math"
	"strconv"
	"sync/atomic"

	"lockstep/exec/measure"
)

// Tasks hands out the tasks of a run, which are numbers from 0 on, to whoever has
// nothing to do. Workers in several processes may share one by sharing Next.
type Tasks struct {
	N     int
	Chunk int    // how many at a time
	Next  *int64 // the first that nobody has had yet
}

// NewTasks returns n tasks, none of which has been handed out.
func NewTasks(n, chunk int) *Tasks { return &Tasks{n, chunk, new(int64)} }

// take returns the next tasks: from first to before end, none if there are no more.
func (t *Tasks) take() (first, end int) {
	end = int(atomic.AddInt64(t.Next, int64(t.Chunk)))
	return min(end-t.Chunk, t.N), min(end, t.N)
}

// taskError is what went wrong in one task.
type taskError struct {
	task int
	err  error
}

func (e *taskError) Error() string { return fmt.Sprintf("task %d: %v", e.task, e.err) }

func (e *taskError) Unwrap() error { return e.err }

// tally counts the tasks of a worker and adds up their results, as long as they are numbers.
type tally struct {
	tasks  int
	sum    float64
	number bool
}

// all executes tasks until there are none left. at follows the current one.
func (t *Tasks) all(w Workload, worker Worker, at *int) (tally, error) {
	sum := tally{number: true}
	for {
		first, end := t.take()
		if first >= end {
			return sum, nil
		}
		for task := first; task < end; task++ {
			worker.Task, *at = task, task
			v, err := w.Run(worker)
			if err != nil {
				return sum, &taskError{task, err}
			}
			sum.add(v)
		}
	}
}

func (t *tally) add(v any) {
	t.tasks++
	if !t.number {
		return
	}
	n, ok := asNumber(v)
	t.sum += n
	t.number = ok
}

// put makes the worker's result of what its tasks came to.
func (t tally) put(out *measure.Outcome) {
	out.Tasks = t.tasks
	out.Result = strconv.Itoa(t.tasks) + " tasks"
	if t.tasks == 1 {
		out.Result = "1 task"
	}
	if t.number && t.tasks > 0 && !math.IsNaN(t.sum) {
		sum := measure.Sum(t.sum)
		out.Sum = &sum
		out.Result += ", sum " + strconv.FormatFloat(t.sum, 'g', 12, 64)
	}
}
