package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"lockstep/bench/cells"
	"lockstep/exec/measure"
)

// workload is the same work as a function of threads.py and as a cell's text.
type workload struct {
	name, python string
	cell         string // SIZE stands for its size
	allocates    bool
}

var workloads = []workload{
	{"counting loop", "counting", "n := 0\nfor range SIZE {\n\tn++\n}\nn", false},
	{"appending random numbers", "appending", "xs := []float64{}\nfor range SIZE {\n\txs = append(xs, rand.Float64())\n}\nlen(xs)", true},
	{"sleeping 1 ms at a time", "sleeping", "for range SIZE {\n\ttime.Sleep(time.Millisecond)\n}", false},
}

// besideText is the I/O worker, which tells how long its median sleep took in ns, and the one that computes.
const besideText = `end := time.Now().Add(SPAN)
took := []int64{0}
for worker == 0 && time.Now().Before(end) {
	start := time.Now()
	time.Sleep(time.Millisecond)
	took = append(took, int64(time.Since(start)))
}
for time.Now().Before(end) {
	for range 1000 {
	}
}
sort.Slice(took, func(i, k int) bool { return took[i] < took[k] })
took[len(took)/2]`

// engine is Lockstep's modes, with one of its engines.
type engine struct {
	label   string
	session *cells.Session
}

func (e *engine) name() string { return e.label }

func (e *engine) pairs(ctx context.Context, w workload, size, workers, repetitions int) ([]pair, error) {
	all, _, err := e.compare(ctx, w.text(size), workers, repetitions, "")
	return all, err
}

func (w workload) text(size int) string {
	return strings.ReplaceAll(w.cell, "SIZE", fmt.Sprint(size))
}

// compare times a text both ways; lock is the policy that was used.
func (e *engine) compare(ctx context.Context, text string, workers, repetitions int, flags string) (all []pair, lock string, err error) {
	r, err := e.session.Compare(ctx, fmt.Sprintf("%%%%compare -n %d -r %d --modes simple,serialized %s\n%s", workers, repetitions, flags, text))
	if err != nil {
		return nil, "", err
	}
	all = make([]pair, repetitions)
	for _, run := range r.Runs {
		if run.WarmUp() {
			continue
		}
		if run.Failed() > 0 {
			return nil, "", fmt.Errorf("%s: %s", run.Mode, run.Outcomes[0].Error)
		}
		p := &all[run.Repetition-1]
		if run.Mode == "simple" {
			p.simple = run.Sample.Elapsed
			continue
		}
		p.threads = run.Sample.Elapsed
		p.collecting = collecting(run.Sample)
	}
	return all, r.Lock, nil
}

// collecting is the share of the CPU time that went to the garbage collector.
func collecting(s measure.Sample) float64 {
	return float64(s.GC) / float64(max(1, s.CPUUser+s.CPUSystem))
}

func (e *engine) waiting(ctx context.Context, interval, span time.Duration) (alone, beside time.Duration, err error) {
	text := strings.ReplaceAll(besideText, "SPAN", fmt.Sprintf("%d * time.Millisecond", span.Milliseconds()))
	for workers, median := range map[int]*time.Duration{1: &alone, 2: &beside} {
		r, err := e.session.Compare(ctx, fmt.Sprintf("%%%%serialized -n %d -r 1 --interval %s\n%s", workers, interval, text))
		if err != nil {
			return 0, 0, err
		}
		if *median, err = time.ParseDuration(r.Runs[len(r.Runs)-1].Outcomes[0].Result + "ns"); err != nil {
			return 0, 0, err
		}
	}
	return alone, beside, nil
}
