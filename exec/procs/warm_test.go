//go:build linux

package procs_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"lockstep/exec"
	"lockstep/exec/measure"
	"lockstep/exec/procs"
	"lockstep/exec/procs/value"
)

// warm is processes whose crews are put aside.
type warm struct {
	*procs.Processes
	t *testing.T
}

func newWarm(t *testing.T, o procs.Options) warm {
	o.Command = self("worker")
	p, err := procs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return warm{p, t}
}

// once makes one run and tells how many processes were there already.
func (w warm) once(processes, goroutines int) (outcomes []measure.Outcome, pids []int, there int) {
	w.t.Helper()
	crew, err := w.Prepare(w.t.Context(), exec.Shape{Processes: processes, Goroutines: goroutines, Warm: true})
	if err != nil {
		w.t.Fatal(err)
	}
	if outcomes, err = crew.Run(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
	pids = procs.Pids(crew)
	if err := crew.Close(); err != nil {
		w.t.Fatal(err)
	}
	return outcomes, pids, crew.Startup().Warm
}

func TestProcessesAreUsedAgain(t *testing.T) {
	c := captured{number: 1, first: &point{tags: map[string]int{"a": 7}}}
	o := program("remember")
	o.Variables = []value.Variable{
		{Name: "number", Value: reflect.ValueOf(&c.number).Elem()},
		{Name: "first", Value: reflect.ValueOf(&c.first).Elem()},
	}
	w := newWarm(t, o)
	_, first, there := w.once(2, 1)
	if there != 0 {
		t.Errorf("%d processes were there before the first run", there)
	}
	for range 3 {
		outcomes, pids, there := w.once(2, 1)
		if !slices.Equal(pids, first) || there != 2 {
			t.Errorf("got processes %v, %d of them there, want %v", pids, there, first)
		}
		for i, o := range outcomes {
			// What the run before did to the variables is not to be seen.
			if want := fmt.Sprintf(`"number 1, tags map[a:7], worker %d"`, i); o.Result != want || o.Pid != pids[i] {
				t.Errorf("got %s, want %s", o.Result, want)
			}
		}
	}
	if _, pids, _ := w.once(1, 1); slices.Contains(first, pids[0]) {
		t.Error("another number of workers got a process of the first")
	}
	for _, pid := range first {
		if alive(pid) {
			t.Errorf("process %d, which is for another number of workers, is still there", pid)
		}
	}
	// Another shape of the same number of workers leaves it alone.
	_, two, _ := w.once(2, 1)
	w.once(1, 2)
	if _, again, there := w.once(2, 1); there != 2 || !slices.Equal(again, two) {
		t.Errorf("got %v, %d there, want %v", again, there, two)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range two {
		if alive(pid) {
			t.Errorf("process %d outlives Close", pid)
		}
	}
}

// A process in which something goes on after its run gets no second one.
func TestOnlyRestedProcessesAreUsedAgain(t *testing.T) {
	for _, name := range []string{"leaves a goroutine", "child", "panic in 1", "closes stdout"} {
		w := newWarm(t, program(name))
		_, first, _ := w.once(2, 1)
		_, second, there := w.once(2, 1)
		if there != 0 || slices.Contains(second, first[0]) || slices.Contains(second, first[1]) {
			t.Errorf("%s: got processes %v, %d of them there, after %v", name, second, there, first)
		}
	}
}

// What is printed belongs to the run and to the worker, also where the last line does not end.
func TestOutputOfProcessesUsedAgain(t *testing.T) {
	var got []string
	o := program("print")
	o.Output = func(worker int, stream, text string) {
		for line := range strings.Lines(text) {
			got = append(got, fmt.Sprintf("%d %s %s", worker, stream, line))
		}
	}
	w := newWarm(t, o)
	for k := range 3 {
		got = nil
		w.once(2, 1)
		for _, want := range []string{"0 stdout line 0 999\n", "1 stdout line 1 999\n", "0 stderr error 0", "1 stderr error 1"} {
			if !slices.Contains(got, want) {
				t.Errorf("run %d: no %q", k, want)
			}
		}
		if len(got) != 2002 {
			t.Errorf("run %d: got %d lines, want 2002", k, len(got))
		}
	}
}

// The timelines of all processes count from the common start signal.
func TestTimeline(t *testing.T) {
	w := newWarm(t, program("index"))
	for k := range 2 {
		crew, err := w.Prepare(t.Context(), exec.Shape{Processes: 2, Goroutines: 2, Warm: true, Record: true})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := crew.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		took := time.Since(start)
		if err := crew.Close(); err != nil {
			t.Fatal(err)
		}
		states := map[int]string{}
		for _, s := range crew.Timeline().Spans {
			states[s.Worker] += s.State + " "
			before := s.State == "starting"
			if s.End < s.Start || before != (s.End < 0) || s.End > took {
				t.Errorf("run %d: %+v, of %v", k, s, took)
			}
		}
		for i := range 4 {
			if !strings.HasPrefix(states[i], "starting running ") {
				t.Errorf("run %d, worker %d: got states %q", k, i, states[i])
			}
		}
	}
}

// Interrupted while it gets a process ready again, Prepare leaves none.
func TestInterruptedWhileGettingReadyAgain(t *testing.T) {
	w := newWarm(t, program("index"))
	_, pids, _ := w.once(2, 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Prepare(ctx, exec.Shape{Processes: 2, Goroutines: 1, Warm: true}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d is still there", pid)
		}
	}
}
