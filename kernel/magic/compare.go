package magic

import (
	"context"
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"lockstep/exec"
	"lockstep/exec/gil"
	"lockstep/exec/measure"
	"lockstep/exec/render"
	"lockstep/kernel/display"
	"lockstep/kernel/lang"
)

// workloadText is what help says of workloads.
const workloadText = "In the workload `worker` (0 … workers-1) and `workers` are defined, all session variables can be used, and the last expression " +
	"is the worker's result. With `--tasks N` it is executed once for each `task` (0 … N-1): a worker that is done with its tasks takes the next ones, in every mode " +
	"(in simple that is one worker for all), and the results are added up if they are numbers.\n\nThe magic's line is checked before anything runs. A worker that fails is a row of the table, and the others' results stay. The cell fails, " +
	"below the table, when some mode and number of workers has no worker with a result: with the error of the first of them. " +
	"A workload that fails in every worker of the very first run ends the comparison at once. After an interrupt the table shows what was measured until then."

func measuring() []Magic {
	rows := []Magic{{
		Name: "compare", Kind: Cell, Group: groupMeasure,
		Summary: "run a workload in several modes and compare their times",
		Text: "Each mode runs the workload with each number of workers, the repetitions interleaved over the modes after one warm-up each. " +
			workloadText,
		Examples: []string{
			"%%compare\nxs := make([]float64, 0, 1_000_000)\nfor range cap(xs) {\n\txs = append(xs, rand.Float64())\n}\nlen(xs)",
			"%%compare -n 4 -r 3 --modes simple,serialized,goroutines --save waiting\ntime.Sleep(100 * time.Millisecond)",
			"%%compare -n 2 --tasks 100 --chunk 10\nn := 0\nfor i := range task * 1000 {\n\tn += i\n}\nn",
		},
		setup: func(flags *pflag.FlagSet) runner {
			c := newComparison(flags)
			flags.Var(&parsed[[]exec.Mode]{to: &c.modes, kind: "modes", parse: parseModes}, "modes",
				"modes to compare, separated by commas; simple, serialized, goroutines and subprocess when not given")
			annotate(flags, "modes", flagValues, runnable()...)
			c.hybridFlags(flags)
			c.spawnFlag(flags)
			c.lockFlags(flags)
			c.clusterFlags(flags)
			c.otherFlags(flags)
			return c.run
		},
	}}
	for _, mode := range exec.Modes() {
		if mode.Mode == exec.Cluster {
			rows = append(rows, clusterMagic())
			continue
		}
		rows = append(rows, Magic{
			Name: string(mode.Mode), Kind: Cell, Group: groupMeasure,
			Summary: "run a workload in this mode: " + mode.Summary,
			Text:    "It shows what Python has as " + mode.Python + ". Workload and flags are those of `%%compare`.",
			Examples: []string{
				"%%" + string(mode.Mode) + " -n 1,2 -r 3\nn := 0\nfor range 10_000_000 {\n\tn++\n}\nn",
			},
			setup: func(flags *pflag.FlagSet) runner {
				c := newComparison(flags)
				c.modes = []exec.Mode{mode.Mode}
				switch mode.Mode {
				case exec.Serialized:
					c.lockFlags(flags)
				case exec.Hybrid:
					c.hybridFlags(flags)
					c.spawnFlag(flags)
					c.lockFlags(flags)
				case exec.Subprocess:
					c.spawnFlag(flags)
				}
				c.otherFlags(flags)
				return c.run
			},
		})
	}
	return rows
}

// runnable is the modes that can be run.
func runnable() []string {
	var names []string
	for _, m := range exec.Modes() {
		names = append(names, string(m.Mode))
	}
	return names
}

// comparison is one use of %%compare or of a magic for one mode.
type comparison struct {
	modes       []exec.Mode
	workers     []int
	repetitions int
	tasks       int
	chunk       int
	lock        gil.Policy
	lockEach    bool
	interval    time.Duration
	timeout     time.Duration
	budget      time.Duration
	shapes      []exec.Shape
	cpus        []int
	spawn       bool
	tags        []string
	idempotent  bool
	plot        bool
	timeline    bool
	engine      string
	save        string

	json, csv, trace string
}

// newComparison declares the flags that all of these magics begin with.
func newComparison(flags *pflag.FlagSet) *comparison {
	c := &comparison{workers: []int{2, 3, 4}, repetitions: exec.DefaultRepetitions}
	flags.VarP(counts{&c.workers}, "workers", "n", "numbers of workers, separated by commas")
	flags.VarP(count{&c.repetitions}, "repetitions", "r", "repetitions, after one warm-up")
	flags.Var(count{&c.tasks}, "tasks", "hand out this many tasks, in which task is defined, instead of one workload for each worker")
	flags.Var(count{&c.chunk}, "chunk", "how many tasks a worker takes at a time; 1 when not given")
	flags.Var(duration{&c.budget}, "time", "repeat until the medians are known to 2 % or this time is spent, instead of -r times")
	return c
}

// hybridFlags declares the flags that only the mode hybrid heeds.
func (c *comparison) hybridFlags(flags *pflag.FlagSet) {
	flags.Var(&parsed[[]exec.Shape]{to: &c.shapes, kind: "shapes", parse: parseShapes}, "hybrid",
		"how mode hybrid divides the workers, as in 1x16,2x8: processes x workers in each; -n does not apply then. When not given: among one process, one a core and one a worker")
	flags.BoolVar(&c.lockEach, "lock-each", false, "in mode hybrid give each process a lock of its own, as each process of Python has")
}

// spawnFlag declares the flag that only modes with processes heed.
func (c *comparison) spawnFlag(flags *pflag.FlagSet) {
	flags.BoolVar(&c.spawn, "spawn", false, "start the processes afresh for each run, not only for the warm-up")
}

// otherFlags declares the flags that help lists last.
func (c *comparison) otherFlags(flags *pflag.FlagSet) {
	flags.Var(&parsed[[]int]{to: &c.cpus, kind: "numbers", parse: parseCPUs}, "cpus", "processor cores to run on, from 0, separated by commas; all when not given")
	flags.Var(duration{&c.timeout}, "timeout", "stop a worker that takes longer than this, and report it; no limit when not given")
	flags.StringVar(&c.engine, "engine", "", "what executes the workload: the `name` of an engine, as %engine lists them, or several separated by commas; the session's own when not given")
	annotate(flags, "engine", flagValues, engineNames...)
	flags.Var(&parsed[string]{to: &c.save, kind: "name", parse: parseName}, "save", "make the result a session variable of this name")
	flags.StringVar(&c.json, "json", "", "write the result to `file` as JSON")
	flags.StringVar(&c.csv, "csv", "", "write a line for each run to `file` as CSV")
	flags.StringVar(&c.trace, "trace", "", "write what the workers did when to `file`, for ui.perfetto.dev or chrome://tracing")
	flags.BoolVar(&c.plot, "plot", true, "draw time and speed-up over the workers; --plot=false leaves the picture out")
	flags.BoolVar(&c.timeline, "timeline", false, "draw what each worker did when, in the last run of each kind; goroutines in one more run, under Go's execution tracer")
	for _, f := range []string{"json", "csv", "trace"} {
		annotate(flags, f, flagFile)
	}
}

// lockFlags declares the flags of the lock, in the modes that can have one.
func (c *comparison) lockFlags(flags *pflag.FlagSet) {
	flags.Var(duration{&c.interval}, "interval", "switch interval of the lock; "+gil.DefaultInterval.String()+" when not given")
	flags.Var(&parsed[gil.Policy]{to: &c.lock, kind: "policy", parse: parseLock}, "lock",
		"policy of the lock: interval=1ms, ticks (as many as take as long as 100 did in CPython 2), ticks=100 or none")
	annotate(flags, "lock", flagValues, "interval=", "ticks", "ticks=", "none")
}

// annotate tells completion what a flag can be.
func annotate(flags *pflag.FlagSet, flag, key string, values ...string) {
	if err := flags.SetAnnotation(flag, key, values); err != nil {
		panic(err) // the flag was declared a line above
	}
}

func parseModes(s string) ([]exec.Mode, error) {
	modes, err := exec.ParseModes(s)
	if err != nil {
		err = fmt.Errorf("must be modes such as simple,goroutines: %w", err)
	}
	return modes, err
}

func parseShapes(s string) ([]exec.Shape, error) {
	var shapes []exec.Shape
	for part := range strings.SplitSeq(s, ",") {
		processes, workers, found := strings.Cut(strings.ReplaceAll(part, "×", "x"), "x")
		p, err1 := atLeastOne(processes)
		g, err2 := atLeastOne(workers)
		if !found || err1 != nil || err2 != nil {
			return nil, fmt.Errorf("must be processes x workers in each, such as 1x16,2x8, got %q", part)
		}
		shapes = append(shapes, exec.Shape{Processes: p, Goroutines: g})
	}
	return shapes, nil
}

func parseCPUs(s string) ([]int, error) {
	var list []int
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n < 0 {
			return nil, fmt.Errorf("must be numbers of cores such as 0,1, got %q", part)
		}
		list = append(list, n)
	}
	return list, nil
}

func parseLock(s string) (gil.Policy, error) {
	p, err := gil.ParsePolicy(s)
	switch {
	case err != nil:
		err = fmt.Errorf("must be interval=5ms, ticks, ticks=100 or none, got %q", s)
	case p.Kind == gil.Async:
		err = fmt.Errorf("must be interval=5ms, ticks, ticks=100 or none: async is a mode of its own: --modes async")
	}
	return p, err
}

func parseName(s string) (string, error) {
	if !token.IsIdentifier(s) || s == "_" {
		return "", fmt.Errorf("must be a Go name, got %q", s)
	}
	return s, nil
}

// run carries the comparison out. Everything that can be wrong is looked at before
// the session is asked to run anything.
func (c *comparison) run(ctx context.Context, in *invocation) lang.Result {
	plan := exec.Plan{
		Title: in.title + " " + strings.TrimSpace(in.Args),
		Modes: c.modes, Workers: c.workers, Repetitions: c.repetitions, Budget: c.budget, Shapes: c.shapes,
		Tasks: c.tasks, Chunk: c.chunk, Spawn: c.spawn, CPUs: c.cpus, Lock: c.lock, LockEach: c.lockEach, Timeout: c.timeout, Timeline: c.timeline || c.trace != "",
	}
	if c.shapes == nil && slices.Contains(c.modes, exec.Hybrid) && !in.flags.Changed("workers") {
		plan.Workers = nil // hybrid has its own defaults
	}
	if c.budget > 0 && !in.flags.Changed("repetitions") {
		plan.Repetitions = 0
	}
	if in.flags.Changed("workers") && c.shapes != nil {
		return in.usage("--hybrid says how many workers there are: leave out -n")
	}
	if unused := c.unused(in); unused != "" {
		return in.usage("%s", unused)
	}
	plan.Title = strings.TrimSpace(plan.Title)
	if c.interval > 0 {
		if in.flags.Changed("lock") {
			return in.usage("--interval %s is short for --lock interval=%s: give one of the two", c.interval, c.interval)
		}
		plan.Lock = gil.Policy{Kind: gil.Interval, Interval: c.interval}
	}
	if (in.flags.Changed("tags") || in.flags.Changed("idempotent")) && !slices.Contains(c.modes, exec.Cluster) {
		return in.usage("--tags and --idempotent need the mode cluster among --modes")
	}
	if err := plan.Check(exec.WithProcesses); err != nil {
		return in.usage("%s", err)
	}
	if !hasCode(in.Body) {
		return in.usage("the cell has no workload: write Go below its first line")
	}
	engines := strings.Split(c.engine, ",")
	if c.engine != "" {
		info, err := in.env.Engine(ctx)
		if err != nil {
			return in.fail(err)
		}
		for i, e := range engines {
			engines[i] = strings.TrimSpace(e)
			if err := info.check(engines[i]); err != nil {
				return in.usage("--engine %s", err)
			}
			if slices.Contains(engines[:i], engines[i]) {
				return in.usage("--engine lists %s twice", engines[i])
			}
		}
	}
	exports, err := c.exports(ctx, in)
	if err != nil {
		return in.usage("%s", err)
	}

	var results []measure.Result
	for _, engine := range engines {
		line := progressLine{output: in.env.Output()}
		var r measure.Result
		r, err = in.env.Measure(ctx, Measurement{Plan: plan, Body: in.Body, Line: in.BodyLine, Engine: engine, Cluster: ClusterUse{Tags: c.tags, Once: !c.idempotent && slices.Contains(c.modes, exec.Cluster)}}, line.update)
		line.end(len(r.Runs), err)
		if results = append(results, r); err != nil {
			break
		}
	}
	result := measure.Combine(results...)
	result.Title, result.Label = plan.Title, c.save
	failure := in.measureError(err, result)
	if !slices.ContainsFunc(result.Runs, func(r measure.Run) bool { return r.Counts() }) {
		if failure == nil {
			failure = in.fail(fmt.Errorf("nothing was measured")).Err
		}
		return lang.Result{Err: failure}
	}
	if err := c.keep(ctx, in, result, exports); failure == nil {
		failure = err
	}
	data, err := render.Bundle(result, render.View{NoChart: !c.plot, NoTimelines: !c.timeline})
	if err != nil {
		return in.fail(err)
	}
	shown := display.Bundle{Data: data}
	if failure != nil {
		in.env.Output().Display(display.Message{Bundle: shown})
		return lang.Result{Err: failure}
	}
	return lang.Result{Value: &shown}
}

// unused says which flag has nothing to act on in the modes that were asked for; "" if each has.
func (c *comparison) unused(in *invocation) string {
	has := func(what func(exec.ModeInfo) bool) bool {
		return c.modes == nil || slices.ContainsFunc(exec.Modes(), func(m exec.ModeInfo) bool { return slices.Contains(c.modes, m.Mode) && what(m) })
	}
	locks := in.flags.Changed("lock") || c.interval > 0
	switch {
	case locks && !c.lockEach && slices.Equal(c.modes, []exec.Mode{exec.Hybrid}):
		return "the mode hybrid has a lock only with --lock-each"
	case locks && !c.lockEach && !has(func(m exec.ModeInfo) bool { return m.Mode == exec.Serialized }):
		return "--lock and --interval need the mode serialized among --modes"
	case c.spawn && !has(func(m exec.ModeInfo) bool { return m.Processes }):
		return "--spawn needs a mode with processes among --modes"
	}
	return ""
}

// measureError is the cell's error for what a measurement came to, nil if it
// came to its end and every mode has something to show.
func (in *invocation) measureError(err error, r measure.Result) *lang.Error {
	if _, ok := errors.AsType[*exec.WorkloadError](err); err == nil || ok {
		if e := in.workloadError(r); e != nil || err == nil {
			return e
		}
	}
	if e, ok := errors.AsType[*exec.InterruptedError](err); ok {
		return in.failAs(interrupted, "%s", e).Err
	}
	return in.fail(err).Err
}

// keep binds and writes a result where the flags want it. It tries everything,
// and returns the first error.
func (c *comparison) keep(ctx context.Context, in *invocation, r measure.Result, exports []export) *lang.Error {
	var first *lang.Error
	note := func(err error) {
		if err != nil && first == nil {
			first = in.fail(err).Err
		}
	}
	if c.save != "" {
		// After an interrupt too: what was measured until then is worth keeping.
		note(in.env.Bind(context.WithoutCancel(ctx), c.save, r))
	}
	for _, e := range exports {
		note(e.save(r))
	}
	return first
}

// hasCode reports whether a body has anything but blanks and comments.
func hasCode(body string) bool {
	var s scanner.Scanner
	set := token.NewFileSet()
	s.Init(set.AddFile("", set.Base(), len(body)), []byte(body), nil, 0)
	_, tok, _ := s.Scan()
	return tok != token.EOF
}

// stopped reports whether a worker failed because it was not waited for any longer: perhaps it waited
// for one that had failed before.
func stopped(o measure.Outcome) bool {
	return o.Failure == measure.TimedOut || o.Failure == measure.Interrupted
}

// workloadError is the cell's error when a mode has nothing to show: no worker of it
// came to a result with some number of workers. Else it is nil, and failures are
// rows of the table only. It is of the first worker that failed by itself.
func (in *invocation) workloadError(r measure.Result) *lang.Error {
	type column struct {
		mode    string
		workers int
	}
	var order []column
	first := map[column]measure.Outcome{}
	finished := map[column]bool{}
	for _, run := range r.Runs {
		at := column{run.Mode, run.Workers}
		for _, o := range run.Outcomes {
			if !o.Failed() {
				finished[at] = true
			} else if known, seen := first[at]; !seen {
				first[at] = o
				order = append(order, at)
			} else if stopped(known) && !stopped(o) {
				first[at] = o
			}
		}
	}
	order = slices.DeleteFunc(order, func(at column) bool { return finished[at] })
	if len(order) == 0 {
		return nil
	}
	at := order[0]
	o := first[at]
	also := ""
	var others []string
	for _, other := range order[1:] {
		if other.mode != at.mode && !slices.Contains(others, other.mode) {
			others = append(others, other.mode)
		}
	}
	if len(others) > 0 {
		also = "; no result in " + strings.Join(others, ", ") + " either"
	}
	value := fmt.Sprintf("%s: %s with %s: worker %d: %s%s", in.title, at.mode,
		plural(float64(at.workers), "worker"), o.Worker, o.Error, also)
	// Not o.Stack: its frames are the engine's; the error's text has the line.
	return &lang.Error{Name: string(o.Failure), Value: value, Traceback: []string{string(o.Failure) + ": " + value}}
}
