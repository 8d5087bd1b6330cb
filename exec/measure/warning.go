package measure

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WarningKind names a doubt about the figures.
type WarningKind string

// The doubts, as JSON and tests know them.
const (
	TooFast         WarningKind = "too-fast"
	MoreThanCores   WarningKind = "more-workers-than-cores"
	WideSpread      WarningKind = "wide-spread"
	SlowFirstRun    WarningKind = "slow-first-run"
	FewRuns         WarningKind = "few-runs"
	WorkersFailed   WarningKind = "workers-failed"
	ResultsDiffer   WarningKind = "results-differ"
	GarbageHeavy    WarningKind = "garbage-heavy"
	StartupDominant WarningKind = "startup-dominant"
	Cut             WarningKind = "cut"
	ModeLeftOut     WarningKind = "mode-left-out"
	MachineBusy     WarningKind = "machine-busy"
	NodeLost        WarningKind = "node-lost"
)

// Warning tells how far to trust some figures, and what to do about it. Places
// says which figures; none stands for all.
type Warning struct {
	Kind   WarningKind `json:"kind"`             // too-fast, wide-spread, …
	Places []Place     `json:"places,omitempty"` // which figures; none: all
	Text   string      `json:"text"`             // what is doubtful, and what to do about it
}

// Place is one figure of the table.
type Place struct {
	Mode string `json:"mode"` // simple, serialized, …
	Row
}

// At reports whether the warning names the figure of a mode in a row.
func (w Warning) At(mode string, row Row) bool {
	return slices.ContainsFunc(w.Places, func(p Place) bool { return p.Mode == mode && p.in(row) })
}

// Limits beyond which a figure is doubtful.
const (
	// Waking a goroutine on another core takes some 10 µs, a garbage
	// collection a few 100 µs: below this they are percents of the time.
	tooFast = 10 * time.Millisecond
	// Beyond this a difference of a factor 1.2 is hard to tell.
	wideSpread = 0.10
	// The warm-up is slower by caches and a growing heap anyway; twice as
	// slow means that something else was prepared.
	slowFirst = 2.0
	// A third of the CPU time in the collector: the table measures memory.
	garbageShare = 1.0 / 3
	// Beyond this the times are as much those of other programs.
	busyShare = 0.15
	// Workers that use less than this of one core wait for something else than a core.
	idleShare = 0.2
	// Fewer runs than this cannot show a difference at the level 0.05.
	fewRuns = 4
)

func warnings(r *Result) []Warning {
	var all []Warning
	add := func(kind WarningKind, s []Summary, text string) {
		if len(s) == 0 {
			return
		}
		w := Warning{Kind: kind, Text: text}
		for _, s := range s {
			w.Places = append(w.Places, Place{s.Mode, s.row()})
		}
		all = append(all, w)
	}
	timed := func(ok func(Summary) bool) []Summary {
		var some []Summary
		for _, s := range r.Summaries {
			if s.Runs > 0 && ok(s) {
				some = append(some, s)
			}
		}
		return some
	}

	if r.Interrupted != "" {
		all = append(all, Warning{Kind: Cut, Text: fmt.Sprintf("The comparison ended early (%s): the figures are of the runs until then.", r.Interrupted)})
	}
	if mode, why, found := strings.Cut(r.LeftOut, ": "); found {
		all = append(all, Warning{Kind: ModeLeftOut, Text: fmt.Sprintf("The mode %s was left out: %s.", mode, why)})
	}
	for _, s := range r.Summaries {
		if s.Failed > 0 {
			consequence := "the time cannot be compared"
			if s.Runs == 0 {
				consequence = "it was not repeated"
			}
			all = append(all, Warning{WorkersFailed, []Place{{s.Mode, s.row()}}, fmt.Sprintf(
				"%s: %d of %d workers failed, so %s. %s", where(s), s.Failed, s.Workers, consequence, failure(r, s))})
		}
	}
	all = append(all, differing(r)...)

	cores := r.Machine.MaxProcs
	var over []string
	for _, n := range r.Workers {
		// Workers that wait most of the time do not need a core each.
		if cores > 0 && n > cores && r.Ideal(Row{Workers: n}) < 0.9*float64(n) {
			over = append(over, fmt.Sprint(n))
		}
	}
	if len(over) > 0 && parallel(r.Modes) {
		limit := "those bring nothing more"
		if slices.ContainsFunc(r.Modes, func(m string) bool { _, own := Part(m); return own == "simple" }) {
			limit = fmt.Sprintf("no mode can be more than %d times as fast as simple", cores)
		}
		text := fmt.Sprintf("There are more workers (%s) than cores (%d): for work that computes, %s.", strings.Join(over, ", "), cores, limit)
		if len(r.Shapes) == 0 { // which -n has no say in
			text += fmt.Sprintf(" Use -n %d to see one worker a core.", cores)
		}
		all = append(all, Warning{Kind: MoreThanCores, Text: text})
	}

	busy := timed(func(s Summary) bool {
		// Workers in several processes wait for each other's cores, if they are more; how many nodes have is not known.
		_, own := Part(s.Mode)
		several := own == "subprocess" || own == "hybrid"
		wanted := s.Sample.CPUUser + s.Sample.CPUSystem + s.Sample.Ready
		return own != "cluster" && (!several || s.Workers <= cores) && s.Median >= tooFast && float64(s.Sample.Ready) > busyShare*float64(wanted) &&
			float64(wanted) > idleShare*float64(s.Median)
	})
	add(MachineBusy, busy, fmt.Sprintf(
		"%s: for more than %.0f %% of the time in which they could have run, another program had the core. Close what else uses this machine, and measure again.", places(busy), 100*busyShare))

	lost := timed(func(s Summary) bool { return len(lostNodes(r, s)) > 0 })
	var nodes []string
	for _, s := range lost {
		nodes = append(nodes, lostNodes(r, s)...)
	}
	slices.Sort(nodes)
	add(NodeLost, lost, fmt.Sprintf(
		"%s: lost in a run: %s. What a lost node had begun others did again; the CPU time and the memory of that are in the figures, those of what was lost are not.", places(lost), strings.Join(slices.Compact(nodes), ", ")))

	fast := timed(func(s Summary) bool { return s.Median < tooFast && s.Failed == 0 })
	add(TooFast, fast, fmt.Sprintf(
		"%s took less than %v: starting and waking workers weighs as much as the work. Give each worker more to do.", places(fast), tooFast))

	wide := timed(func(s Summary) bool {
		return s.Median >= tooFast && s.Runs > 1 && s.Spread() > wideSpread && s.Failed == 0
	})
	add(WideSpread, wide, fmt.Sprintf(
		"%s: the runs differ by more than %.0f %%. Close what else uses this machine, or repeat more often (%s).", places(wide), 100*wideSpread, r.more(max(10, 2*r.Repetitions))))

	slow := timed(func(s Summary) bool {
		return s.FirstRun > tooFast && float64(s.FirstRun) > slowFirst*float64(s.Max) && s.Failed == 0
	})
	add(SlowFirstRun, slow, fmt.Sprintf(
		"%s: the first run, which is not counted, took more than twice as long as any other. If the work loads or caches something, do that before the measurement.", places(slow)))

	garbage := timed(func(s Summary) bool {
		return float64(s.Sample.GC) > garbageShare*float64(s.Sample.CPUUser+s.Sample.CPUSystem) && s.Median >= tooFast
	})
	add(GarbageHeavy, garbage, fmt.Sprintf(
		"%s: more than a third of the CPU time went to the garbage collector, which uses idle cores too. Allocate less, for instance by giving slices their capacity, to measure the computation.", places(garbage)))

	startup := timed(func(s Summary) bool { return s.Startup > s.Median && s.Median > 0 && s.Failed == 0 })
	add(StartupDominant, startup, fmt.Sprintf(
		"%s: starting the processes took longer than the work. Compare the column total, or give each worker more to do.", places(startup)))

	few := timed(func(s Summary) bool { return s.Runs < fewRuns })
	if len(r.Modes) > 1 && r.Interrupted == "" {
		if len(few) > 0 {
			all = append(all, Warning{Kind: FewRuns, Text: fmt.Sprintf(
				"With fewer than %d runs of each a difference cannot be told from chance (≈ marks what was not tested). Use %s for an interval of 95 %%.", fewRuns, r.more(6))})
		}
	}
	return all
}

// more is the flag that asks for more runs.
func (r *Result) more(repetitions int) string {
	if r.Budget > 0 {
		return fmt.Sprintf("--time %v", 3*r.Budget)
	}
	return fmt.Sprintf("-r %d", repetitions)
}

// parallel reports whether one of the modes could use several cores of this machine, and no others.
func parallel(modes []string) bool {
	for _, m := range modes {
		switch _, own := Part(m); own {
		case "simple", "serialized", "async", "cluster": // which may use those of other machines
		default:
			return true
		}
	}
	return false
}

// where names one figure.
func where(s Summary) string {
	if s.Shape != "" {
		return s.Mode + " " + s.Shape
	}
	if s.Workers == 1 {
		return s.Mode + " with 1 worker"
	}
	return fmt.Sprintf("%s with %d workers", s.Mode, s.Workers)
}

// places names several: by mode, with the numbers of workers.
func places(list []Summary) string {
	var modes []string
	numbers := map[string][]string{}
	for _, s := range list {
		if numbers[s.Mode] == nil {
			modes = append(modes, s.Mode)
		}
		numbers[s.Mode] = append(numbers[s.Mode], s.row().String())
	}
	for i, m := range modes {
		modes[i] = fmt.Sprintf("%s (%s)", m, strings.Join(numbers[m], ", "))
	}
	return strings.Join(modes, ", ")
}

// lostNodes are those that were lost in runs of a figure.
func lostNodes(r *Result, s Summary) (names []string) {
	for _, run := range r.Runs {
		if run.Mode != s.Mode || run.row() != s.row() || run.Cluster == nil {
			continue
		}
		for _, n := range run.Cluster.Nodes {
			if n.Lost {
				names = append(names, n.Node)
			}
		}
	}
	return names
}

// failure tells what the first failed worker of a summary said.
func failure(r *Result, s Summary) string {
	for _, run := range r.Runs {
		if run.Mode != s.Mode || run.row() != s.row() {
			continue
		}
		for _, o := range run.Outcomes {
			if o.Failed() {
				return fmt.Sprintf("Worker %d: %s", o.Worker, oneLine(o.Error))
			}
		}
	}
	return ""
}

// maxError is how much of an error a note repeats, in bytes.
const maxError = 600

// oneLine joins the lines of an error, such as those of a wait-for graph.
func oneLine(s string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(s)) {
		line = strings.TrimSpace(line)
		switch {
		case b.Len() == 0:
		case strings.HasSuffix(b.String(), ":"):
			b.WriteByte(' ')
		default:
			b.WriteString("; ")
		}
		b.WriteString(line)
	}
	if b.Len() > maxError {
		return strings.ToValidUTF8(b.String()[:maxError], "") + "…"
	}
	return b.String()
}

// differing finds workers whose last result is not the same in all modes.
// Results that already vary from run to run, as random ones do, say nothing.
func differing(r *Result) []Warning {
	var all []Warning
	for _, row := range r.Rows() {
		var name, want, part string
		for _, mode := range r.Modes {
			if label, _ := Part(mode); label != part {
				name, part = "", label // only within a part
			}
			got, steady := results(r, mode, row)
			if !steady || got == "" {
				name = ""
				break
			}
			if name == "" {
				name, want = mode, got
			} else if got != want {
				all = append(all, Warning{ResultsDiffer, []Place{{mode, row}}, fmt.Sprintf(
					"%s came to other results than %s. If workers share data, they need a lock; processes have copies of variables, but share lab.Value and its like.",
					where(Summary{Mode: mode, Workers: row.Workers}), name)})
			}
		}
	}
	return all
}

// results joins the results of the workers of a mode; steady is false if they
// vary between the runs, of which there must be two, or a worker failed.
func results(r *Result, mode string, row Row) (joined string, steady bool) {
	runs := r.runs(mode, row)
	if len(runs) < 2 {
		return "", false
	}
	for i, run := range runs {
		if run.Failed() > 0 {
			return "", false
		}
		var texts []string
		if r.Tasks > 0 {
			// Who had which tasks is a matter of chance, and so are the last digits.
			if sum, ok := run.TaskSum(); ok {
				texts = append(texts, strconv.FormatFloat(sum, 'g', 10, 64))
			}
		} else {
			for _, o := range run.Outcomes {
				texts = append(texts, o.Result)
			}
		}
		text := strings.Join(texts, "\x00")
		if i > 0 && text != joined {
			return "", false
		}
		joined = text
	}
	return strings.Trim(joined, "\x00"), true
}
