package measure

import (
	"cmp"
	"math"
	"slices"
	"time"

	"golang.org/x/perf/benchmath"
)

// Confidence is the level of the intervals.
const Confidence = 0.95

// alpha is the level of the tests for a difference.
const alpha = 0.05

// Summary is what the runs of one mode with one number of workers come to.
// Durations and counts other than Low, High, Min and Max are medians over the
// runs; the warm-up does not count.
type Summary struct {
	Mode    string `json:"mode"`            // simple, serialized, …
	Workers int    `json:"workers"`         // number of workers
	Shape   string `json:"shape,omitempty"` // as of the runs
	Runs    int    `json:"runs"`            // how many count
	// Failed is how many workers failed in the run with the most failures,
	// the warm-up included.
	Failed int `json:"failed,omitempty"`

	Median time.Duration `json:"median_ns"` // of the times
	// Low and High are the bounds of the median's interval at the level
	// Confidence. With fewer than 6 runs they are the fastest and the slowest,
	// and Confidence is what that is worth.
	Low        time.Duration `json:"low_ns"`
	High       time.Duration `json:"high_ns"`                // see low_ns
	Confidence float64       `json:"confidence"`             // that the median lies from Low to High
	Min        time.Duration `json:"min_ns"`                 // of the fastest run
	Max        time.Duration `json:"max_ns"`                 // of the slowest run
	FirstRun   time.Duration `json:"first_run_ns,omitempty"` // the warm-up

	Sample Sample `json:"sample"` // medians
	// NodeTasks is how many tasks each node of a cluster did in the last run, by the nodes' names.
	NodeTasks []int `json:"node_tasks,omitempty"`
	// Startup is the start-up of the runs that started all their processes: the
	// median, or that of the warm-up if no other did.
	Startup time.Duration `json:"startup_ns,omitempty"`
	Total   time.Duration `json:"total_ns"` // Startup and Median

	// Speedup compares with the baseline; nil for the baseline itself, and
	// where one of the two failed.
	Speedup *Comparison `json:"speedup,omitempty"`
}

// Spread is half the width of the interval relative to the median: the larger
// side of it.
func (s Summary) Spread() float64 {
	if s.Median <= 0 {
		return 0
	}
	m := float64(s.Median)
	return max(float64(s.High)/m-1, 1-float64(s.Low)/m)
}

// Comparison says how many times faster than the baseline a mode is.
type Comparison struct {
	Ratio float64 `json:"ratio"` // of the medians
	Low   float64 `json:"low"`   // the least that both intervals allow
	High  float64 `json:"high"`  // the most
	P     float64 `json:"p"`     // of the U test; 1 if it could not be made
	// Tested is false if there are too few runs to tell a difference.
	Tested bool `json:"tested"`
	// Significant is whether the two differ.
	Significant bool `json:"significant"`
}

// Summarize fills in Summaries, Scaling, Verdict and Warnings from Runs, replacing what is there.
func Summarize(r *Result) {
	r.Summaries, r.Warnings = nil, nil
	for _, workers := range r.Workers {
		first := len(r.Summaries)
		for _, mode := range r.Modes {
			for _, row := range r.shapes(mode, workers) {
				if s, ok := summarize(r, mode, row); ok {
					r.Summaries = append(r.Summaries, s)
				}
			}
		}
		row := r.Summaries[first:]
		for i := range row {
			base := slices.IndexFunc(row, func(s Summary) bool { return s.Mode == r.base(row[i].Mode) })
			if base >= 0 && i != base && comparable(row[i]) && comparable(row[base]) {
				row[i].Speedup = compare(r, row[base], row[i])
			}
		}
	}
	r.Scaling, r.Verdict = scaling(r), judge(r)
	r.Warnings = warnings(r)
}

// shapes returns the rows of a mode with a number of workers: one without a
// shape, or one for each shape that it ran in.
func (r *Result) shapes(mode string, workers int) []Row {
	var rows []Row
	for _, run := range r.Runs {
		if run.Mode == mode && run.Workers == workers && !slices.Contains(rows, run.row()) {
			rows = append(rows, run.row())
		}
	}
	return rows
}

func (s Summary) row() Row { return Row{s.Workers, s.Shape} }

func comparable(s Summary) bool { return s.Runs > 0 && s.Failed == 0 }

func summarize(r *Result, mode string, row Row) (Summary, bool) {
	s := Summary{Mode: mode, Workers: row.Workers, Shape: row.Shape}
	known := false
	for _, run := range r.Runs {
		if run.Mode != mode || run.row() != row {
			continue
		}
		known = true
		s.Failed = max(s.Failed, run.Failed())
		if run.WarmUp() {
			s.Startup = run.Sample.Startup
			if !run.Counted {
				s.FirstRun = run.Sample.Elapsed
			}
		}
	}
	runs := r.runs(mode, row)
	s.Runs = len(runs)
	if len(runs) == 0 {
		return s, known
	}
	sample := benchSample(r.elapsed(mode, row))
	b := benchmath.AssumeNothing.Summary(sample, Confidence)
	s.Min = time.Duration(sample.Values[0])
	s.Max = time.Duration(sample.Values[len(sample.Values)-1])
	s.Median = time.Duration(math.Round(b.Center))
	s.Low, s.High, s.Confidence = s.Min, s.Max, 1-math.Pow(0.5, float64(len(runs)-1))
	if !math.IsInf(b.Lo, 0) && !math.IsInf(b.Hi, 0) {
		s.Low, s.High, s.Confidence = time.Duration(b.Lo), time.Duration(b.Hi), b.Confidence
	}
	s.Sample = medians(runs)
	if c := runs[len(runs)-1].Cluster; c != nil {
		for _, n := range c.Nodes {
			s.NodeTasks = append(s.NodeTasks, n.Tasks)
		}
	}
	cold := slices.DeleteFunc(slices.Clone(runs), func(r Run) bool { return r.Sample.Warm > 0 })
	if len(cold) > 0 {
		s.Startup = median(cold, func(r Run) time.Duration { return r.Sample.Startup })
	}
	s.Total = s.Startup + s.Median
	return s, true
}

// Spread tells how well the median of a mode in a row is known: see
// [Summary.Spread]. runs is on how many runs that rests.
func (r *Result) Spread(mode string, row Row) (spread float64, runs int) {
	s, _ := summarize(r, mode, row)
	return s.Spread(), s.Runs
}

// benchSample sorts the times, as benchmath wants them.
func benchSample(times []time.Duration) *benchmath.Sample {
	values := make([]float64, len(times))
	for i, d := range times {
		values[i] = float64(d)
	}
	return benchmath.NewSample(values, &benchmath.Thresholds{CompareAlpha: alpha})
}

func compare(r *Result, base, s Summary) *Comparison {
	if s.Median <= 0 || s.High <= 0 || s.Low <= 0 {
		return nil
	}
	c := benchmath.AssumeNothing.Compare(
		benchSample(r.elapsed(base.Mode, base.row())), benchSample(r.elapsed(s.Mode, s.row())))
	return &Comparison{
		Ratio:       float64(base.Median) / float64(s.Median),
		Low:         float64(base.Low) / float64(s.High),
		High:        float64(base.High) / float64(s.Low),
		P:           c.P,
		Tested:      len(c.Warnings) == 0,
		Significant: c.P <= alpha,
	}
}

// Median returns the median of durations; of an even number the lower one of the
// two in the middle.
func Median(times []time.Duration) time.Duration {
	times = slices.Sorted(slices.Values(times))
	return times[(len(times)-1)/2]
}

func median[T cmp.Ordered](runs []Run, of func(Run) T) T {
	values := make([]T, len(runs))
	for i, r := range runs {
		values[i] = of(r)
	}
	slices.Sort(values)
	// The lower one of two: a median of counts must be a count that occurred.
	return values[(len(values)-1)/2]
}

func medians(runs []Run) Sample {
	return Sample{
		Elapsed:       median(runs, func(r Run) time.Duration { return r.Sample.Elapsed }),
		Startup:       median(runs, func(r Run) time.Duration { return r.Sample.Startup }),
		Warm:          median(runs, func(r Run) int { return r.Sample.Warm }),
		CPUUser:       median(runs, func(r Run) time.Duration { return r.Sample.CPUUser }),
		CPUSystem:     median(runs, func(r Run) time.Duration { return r.Sample.CPUSystem }),
		GC:            median(runs, func(r Run) time.Duration { return r.Sample.GC }),
		Ready:         median(runs, func(r Run) time.Duration { return r.Sample.Ready }),
		PeakBytes:     median(runs, func(r Run) int64 { return r.Sample.PeakBytes }),
		SentBytes:     median(runs, func(r Run) int64 { return r.Sample.SentBytes }),
		ReceivedBytes: median(runs, func(r Run) int64 { return r.Sample.ReceivedBytes }),
		Nodes:         median(runs, func(r Run) int { return r.Sample.Nodes }),
		Redelivered:   median(runs, func(r Run) int { return r.Sample.Redelivered }),
		Dead:          median(runs, func(r Run) int { return r.Sample.Dead }),
		Queued:        median(runs, func(r Run) time.Duration { return r.Sample.Queued }),
		Running: Running{
			Held:      median(runs, func(r Run) time.Duration { return r.Sample.Held }),
			Waited:    median(runs, func(r Run) time.Duration { return r.Sample.Waited }),
			Blocked:   median(runs, func(r Run) time.Duration { return r.Sample.Blocked }),
			Forced:    median(runs, func(r Run) int64 { return r.Sample.Forced }),
			Voluntary: median(runs, func(r Run) int64 { return r.Sample.Voluntary }),
		},
	}
}
