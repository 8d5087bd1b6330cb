// Package gotrace makes a timeline of what Go's execution tracer wrote about a run: when each worker's
// goroutines were on a core, ready without one, or blocked. It is not for the session process, which only
// writes the trace: the reader is many times the size of the writer.
package gotrace

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"golang.org/x/exp/trace"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/exec/measure"
)

// Timeline reads a trace of a run that took so long. Which goroutine is which worker's, and when the start signal
// was, is in log events of [gil.TraceCategory]; of other goroutines nothing is told. A trace without
// a start signal is an error.
func Timeline(data []byte, elapsed time.Duration) (*measure.Timeline, error) {
	r, err := trace.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("execution trace: %w", err)
	}
	l := &lanes{elapsed: elapsed, goroutines: map[trace.GoID]*goroutine{}, spans: gil.NewThinned[measure.Span](gil.MaxSpans)}
	for {
		e, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("execution trace: %w", err)
		}
		l.add(e)
	}
	if !l.started {
		return nil, errors.New("execution trace: it has no start signal")
	}
	for _, g := range l.goroutines {
		l.end(g, l.start+trace.Time(elapsed))
	}
	spans := l.spans.Kept
	slices.SortFunc(spans, func(a, b measure.Span) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Worker, b.Worker))
	})
	return &measure.Timeline{Spans: spans, Stride: l.spans.Stride, Traced: true}, nil
}

// lanes is what is known of the goroutines while a trace is read.
type lanes struct {
	elapsed    time.Duration
	started    bool
	start      trace.Time
	goroutines map[trace.GoID]*goroutine // those that run in a worker's name
	spans      gil.Thinned[measure.Span]
}

type goroutine struct {
	worker int
	state  string // "" for none that is drawn
	since  trace.Time
}

func (l *lanes) add(e trace.Event) {
	switch e.Kind() {
	case trace.EventLog:
		if log := e.Log(); log.Category == gil.TraceCategory {
			l.log(e, log.Message)
		}
	case trace.EventStateTransition:
		t := e.StateTransition()
		if t.Resource.Kind != trace.ResourceGoroutine {
			return
		}
		g := l.goroutines[t.Resource.Goroutine()]
		if g == nil {
			return
		}
		l.end(g, e.Time())
		_, to := t.Goroutine()
		g.state, g.since = stateName(to), e.Time()
		if to == trace.GoNotExist {
			delete(l.goroutines, t.Resource.Goroutine())
		}
	}
}

func (l *lanes) log(e trace.Event, message string) {
	if message == exec.TraceStart {
		l.start, l.started = e.Time(), true
		return
	}
	id := e.Goroutine()
	if g := l.goroutines[id]; g != nil {
		l.end(g, e.Time())
		delete(l.goroutines, id)
	}
	if worker, err := strconv.Atoi(message); err == nil {
		l.goroutines[id] = &goroutine{worker, stateName(trace.GoRunning), e.Time()}
	}
}

// end adds the stretch of time that a goroutine has spent in its state.
func (l *lanes) end(g *goroutine, at trace.Time) {
	from, to := g.since.Sub(l.start), min(at.Sub(l.start), l.elapsed)
	if g.state != "" && from < to {
		l.spans.Add(measure.Span{Worker: g.worker, State: g.state, Start: max(0, from), End: to})
	}
}

// stateName is a state of Go's scheduler as timelines have it. In a system call a goroutine has no core of Go's.
func stateName(s trace.GoState) string {
	switch s {
	case trace.GoRunning:
		return "running"
	case trace.GoRunnable:
		return "ready"
	case trace.GoWaiting, trace.GoSyscall:
		return "blocked"
	}
	return ""
}
