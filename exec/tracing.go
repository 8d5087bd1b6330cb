package exec

import (
	"context"
	"runtime/trace"
	"sync"

	"lockstep/exec/gil"
)

// maxTrace bounds the trace of a run, in bytes: six million events, as many as two goroutines that do
// nothing but pass a value to each other make in a second.
const maxTrace = 32 << 20

// TraceStart is the message with which [gil.TraceCategory] marks the start signal.
const TraceStart = "start"

// tracing is Go's execution tracer at work on a run.
type tracing struct {
	mu   sync.Mutex
	data []byte
	full bool
}

// startTracing returns nil if the tracer is in use already, as by the workload.
func startTracing() *tracing {
	t := new(tracing)
	if err := trace.Start(t); err != nil {
		return nil
	}
	trace.Log(context.Background(), gil.TraceCategory, TraceStart)
	return t
}

// Write implements io.Writer for the tracer.
func (t *tracing) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.full = t.full || len(t.data)+len(p) > maxTrace; !t.full {
		t.data = append(t.data, p...)
	}
	return len(p), nil
}

// stop ends the tracer and returns what it wrote; nil if that was too much, or t is nil.
func (t *tracing) stop() []byte {
	if t == nil {
		return nil
	}
	trace.Stop()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.full {
		return nil
	}
	return t.data
}
