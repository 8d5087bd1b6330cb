package exec

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unicode/utf8"

	"lockstep/exec/measure"
)

// Worker is who executes a workload.
type Worker struct {
	Index   int // 0 … Workers-1
	Workers int
	Task    int // where tasks are handed out: which; else 0
}

// Workload is the code that each worker executes. Run is called concurrently,
// once a worker, or where tasks are handed out once a task. It returns the worker's result. A panic in it is caught and
// reported as that worker's failure.
type Workload interface {
	Run(w Worker) (any, error)
}

// WorkloadFunc is a function as a [Workload].
type WorkloadFunc func(w Worker) (any, error)

// Run calls f.
func (f WorkloadFunc) Run(w Worker) (any, error) { return f(w) }

// Show is how results and panics become text. Its zero value uses package fmt.
type Show struct {
	// Result shows a worker's result; it should be short.
	Result func(any) string
	// Panic shows a panic, with its place if that is known from the stack.
	Panic func(value any, stack []byte) string
	// Encode, if set, makes the value of an outcome from a worker's result.
	Encode func(any) ([]byte, error)
}

// maxResult is the length of a result's text, in characters: room for two or
// three in a line of the table.
const maxResult = 60

func (s Show) result(v any) string {
	if s.Result != nil {
		return s.Result(v)
	}
	if v == nil {
		return ""
	}
	return shorten(fmt.Sprintf("%#v", v))
}

func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= maxResult {
		return text
	}
	return string([]rune(text)[:maxResult-1]) + "…"
}

func (s Show) panic(v any, stack []byte) string {
	if s.Panic != nil {
		return s.Panic(v, stack)
	}
	switch v := v.(type) {
	case error:
		return "panic: " + v.Error()
	case fmt.Stringer:
		return "panic: " + v.String()
	default:
		return fmt.Sprintf("panic: %v", v)
	}
}

// execute has a worker run the workload and fills in its outcome, however that
// ends. It is called in the goroutine that is the worker, and does not return
// if the workload ends that.
func execute(w Workload, worker Worker, tasks *Tasks, elapsed func() time.Duration, show Show, out *measure.Outcome) {
	out.Worker = worker.Index
	out.Failure, out.Error = measure.Exited, "the worker's goroutine ended before it had a result (runtime.Goexit)"
	task := -1
	defer func() {
		out.Elapsed = elapsed()
		if v := recover(); v != nil {
			fail(out, v, debug.Stack(), show)
			if task >= 0 {
				out.Error = fmt.Sprintf("task %d: %s", task, out.Error)
			}
		}
	}()
	if tasks != nil {
		sum, err := tasks.all(w, worker, &task)
		out.Failure, out.Error = "", ""
		sum.put(out)
		if err != nil {
			out.Failure, out.Error, out.Result = measure.Erred, err.Error(), ""
		}
		return
	}
	v, err := w.Run(worker)
	if err != nil {
		out.Failure, out.Error = measure.Erred, err.Error()
		return
	}
	out.Failure, out.Error = "", ""
	out.Result = show.result(v)
	if show.Encode != nil {
		value, err := show.Encode(v)
		if err != nil {
			out.Failure, out.Error = measure.Erred, err.Error()
			return
		}
		out.Value = value
	}
}

// fail records a panic.
func fail(out *measure.Outcome, v any, stack []byte, show Show) {
	out.Failure, out.Result = measure.Panicked, ""
	if _, ok := v.(*runtime.PanicNilError); ok {
		v = "nil"
	}
	out.Error = show.panic(v, stack)
	out.Stack = string(stack)
}
