package measure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// between stands between the label of a part and a mode, in the modes of a combined result.
const between = "/"

// Part returns what a mode of a combined result comes from and its own name; the
// label is "" in a result that is not combined.
func Part(mode string) (label, own string) {
	if i := strings.LastIndex(mode, between); i >= 0 {
		return mode[:i], mode[i+len(between):]
	}
	return "", mode
}

// Combine puts results beside each other: their modes are columns of one result, each under its
// label, and its speed-up refers to the baseline of its own part. Labels are those of
// [Result.Label], or the engines if they tell the results apart, or numbers.
func Combine(results ...Result) Result {
	if len(results) == 1 {
		return results[0]
	}
	all := Result{Schema: Schema, Baseline: "simple"}
	labels := labelsOf(results)
	for i, r := range results {
		if i == 0 {
			all.Started, all.Machine, all.Engine, all.Lock, all.Repetitions, all.Budget = r.Started, r.Machine, r.Engine, r.Lock, r.Repetitions, r.Budget
		}
		all.keepCommon(r)
		all.Ticks = append(all.Ticks, r.Ticks...)
		for _, n := range r.Workers {
			if !slices.Contains(all.Workers, n) {
				all.Workers = append(all.Workers, n)
			}
		}
		for _, row := range r.Shapes {
			if !slices.Contains(all.Shapes, row) {
				all.Shapes = append(all.Shapes, row)
			}
		}
		for _, m := range r.Modes {
			all.Modes = append(all.Modes, labels[i]+between+m)
		}
		for _, run := range r.Runs {
			run.Mode = labels[i] + between + run.Mode
			all.Runs = append(all.Runs, run)
		}
	}
	slices.Sort(all.Workers)
	if len(all.Shapes) > 0 { // which are the rows: numbers of workers without one get a row of their own
		for _, n := range all.Workers {
			if !slices.ContainsFunc(all.Shapes, func(row Row) bool { return row.Workers == n }) {
				all.Shapes = append(all.Shapes, Row{Workers: n})
			}
		}
	}
	Summarize(&all)
	return all
}

// keepCommon drops what is not the same in another result.
func (r *Result) keepCommon(other Result) {
	if r.Engine != other.Engine {
		r.Engine = ""
	}
	if r.Lock != other.Lock {
		r.Lock = ""
	}
	if r.Repetitions != other.Repetitions || r.Budget != other.Budget {
		r.Repetitions, r.Budget = 0, 0
	}
	if r.Baseline != other.Baseline {
		r.Baseline = ""
	}
}

func labelsOf(results []Result) []string {
	for _, of := range []func(i int, r Result) string{
		func(_ int, r Result) string { return r.Label },
		func(_ int, r Result) string { return r.Engine },
		func(i int, r Result) string { return strconv.Itoa(i + 1) },
	} {
		var labels []string
		for i, r := range results {
			if l := of(i, r); l != "" && !slices.Contains(labels, l) {
				labels = append(labels, l)
			}
		}
		if len(labels) == len(results) {
			return labels
		}
	}
	panic(fmt.Sprint("measure: numbers of results that are not different: ", len(results)))
}

// base returns the baseline for a mode: that of its own part.
func (r *Result) base(mode string) string {
	label, _ := Part(mode)
	if label == "" {
		return r.Baseline
	}
	return label + between + r.BaselineOf(label)
}

// BaselineOf returns the baseline of the part of a combined result with a label, without that.
func (r *Result) BaselineOf(label string) string {
	if r.Baseline != "" {
		return r.Baseline
	}
	first := "" // the parts have different ones: simple, or the first mode
	for _, m := range r.Modes {
		switch l, own := Part(m); {
		case l != label:
		case own == "simple":
			return own
		case first == "":
			first = own
		}
	}
	return first
}
