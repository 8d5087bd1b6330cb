package gil

import (
	"context"
	"runtime/trace"
	"strconv"
)

// While Go's execution tracer is on, each thread says in a log event of this category in whose name its
// goroutine runs from then on: the number of a worker, or [TraceNobody].
const (
	TraceCategory = "lockstep.worker"
	TraceNobody   = "-"
)

func traceBegin(worker int) {
	if trace.IsEnabled() {
		trace.Log(context.Background(), TraceCategory, strconv.Itoa(worker))
	}
}

func traceEnd() {
	if trace.IsEnabled() {
		trace.Log(context.Background(), TraceCategory, TraceNobody)
	}
}
