package magic

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"lockstep/kernel/cell"
	"lockstep/kernel/lang"
)

// A run of %timeit should last this long at least, so that the clock's grain and
// the call into the session do not show; it is what Python's timeit takes.
const shortestRun = 200 * time.Millisecond

func timing() []Magic {
	return []Magic{
		{
			Name: "time", Kind: Line | Cell, Group: groupTime, rest: true,
			Summary:  "time one execution: processor, wall clock, memory",
			LineArgs: "CODE",
			Text: "The value of the last expression is the cell's result. Processor time is the whole session's, so that it " +
				"exceeds wall time when goroutines run in parallel, and also counts goroutines of earlier cells that still run.",
			Examples: []string{"%time fib(30)", "%%time\nfor i := range 3 {\n\tfmt.Println(fib(28 + i))\n}"},
			setup:    func(*pflag.FlagSet) runner { return runTime },
		},
		{
			Name: "timeit", Kind: Line | Cell, Group: groupTime, rest: true,
			Summary:  "time many executions: mean, deviation and best, for one loop",
			LineArgs: "CODE",
			CellArgs: "[SETUP]",
			Text: "Without -n the number of loops grows (1, 2, 5, 10, …) until a run takes 0.2 s. Code on the line of `%%timeit` " +
				"is executed once, before and untimed. Values are not shown.",
			Examples: []string{"%timeit strings.Repeat(\"ab\", 1000)", "%%timeit -r 3 xs := rand.Perm(1000)\nslices.Sort(slices.Clone(xs))"},
			setup: func(flags *pflag.FlagSet) runner {
				var t timeit
				t.runs = 7
				flags.VarP(count{&t.loops}, "loops", "n", "loops in each run; chosen by itself when not given")
				flags.VarP(count{&t.runs}, "repeat", "r", "runs")
				return t.run
			},
		},
	}
}

func runTime(ctx context.Context, in *invocation) lang.Result {
	source, line := in.source(), in.Line
	if in.Kind == Cell {
		if in.rest != "" {
			return in.usage("takes no code on its line: write it below, or on the line of %%time")
		}
		source, line = in.Body, in.BodyLine
	}
	if strings.TrimSpace(source) == "" {
		return in.usage("there is no code to time")
	}
	if in.hasMagics(source) {
		// They are not Go, so only the clock of this process can time them.
		start := time.Now()
		result := in.env.RunText(ctx, source, line)
		in.print("Wall time: %s\n", nanoseconds(float64(time.Since(start))))
		return result
	}
	t, result := in.env.Time(ctx, source, line, 1)
	if result.Err != nil && t.Wall == 0 {
		return result // it did not compile
	}
	in.print("CPU times: user %s, sys %s, total %s\nWall time: %s\nAllocated: %s in %s\n",
		nanoseconds(float64(t.User)), nanoseconds(float64(t.System)), nanoseconds(float64(t.User+t.System)),
		nanoseconds(float64(t.Wall)), bytes(float64(t.AllocatedBytes)), plural(float64(t.AllocatedObjects), "object"))
	return result
}

// hasMagics reports whether what is to be timed is more than Go.
func (in *invocation) hasMagics(source string) bool {
	if in.Kind == Line {
		return strings.HasPrefix(in.rest, "%") // !ok is Go
	}
	parts, err := cell.Split(source)
	return err == nil && slices.ContainsFunc(parts, func(p cell.Part) bool { return p.Kind != cell.Source })
}

// timeit is one use of %timeit.
type timeit struct {
	loops, runs int
}

func (t *timeit) run(ctx context.Context, in *invocation) lang.Result {
	source, line := in.source(), in.Line
	if in.Kind == Cell {
		source, line = in.Body, in.BodyLine
	}
	if strings.TrimSpace(source) == "" {
		return in.usage("there is no code to time")
	}
	if in.Kind == Cell && in.rest != "" {
		if setup := in.env.Run(ctx, in.source(), in.Line); setup.Err != nil {
			return lang.Result{Err: setup.Err}
		}
	}
	if t.loops == 0 {
		loops, failed := chooseLoops(func(loops int) (time.Duration, *lang.Error) {
			timing, result := in.env.Time(ctx, source, line, loops)
			return timing.Wall, result.Err
		})
		if failed != nil {
			return lang.Result{Err: failed}
		}
		t.loops = loops
	}
	var perLoop []float64
	var all Timing
	for range t.runs {
		timing, result := in.env.Time(ctx, source, line, t.loops)
		if result.Err != nil {
			return lang.Result{Err: result.Err}
		}
		perLoop = append(perLoop, float64(timing.Wall)/float64(t.loops))
		all.AllocatedBytes += timing.AllocatedBytes
		all.AllocatedObjects += timing.AllocatedObjects
	}
	in.print("%s", t.report(perLoop, all))
	return lang.Result{}
}

// chooseLoops returns the first number of 1, 2, 5, 10, … loops that take long
// enough to time.
func chooseLoops(run func(loops int) (time.Duration, *lang.Error)) (int, *lang.Error) {
	for scale := 1; ; scale *= 10 {
		for _, step := range []int{1, 2, 5} {
			loops := scale * step
			wall, failed := run(loops)
			// The bound is for code that is optimised away: a loop cannot take
			// less than a tenth of a nanosecond.
			if failed != nil || wall >= shortestRun || loops >= 2e9 {
				return loops, failed
			}
		}
	}
}

// report is what %timeit prints. perLoop has nanoseconds, one entry for each run.
func (t *timeit) report(perLoop []float64, all Timing) string {
	mean, deviation := meanAndDeviation(perLoop)
	best, worst := math.Inf(1), 0.0
	for _, ns := range perLoop {
		best, worst = min(best, ns), max(worst, ns)
	}
	total := float64(t.loops) * float64(t.runs)
	var b strings.Builder
	fmt.Fprintf(&b, "%s ± %s per loop (mean ± std. dev. of %s, %s each)\n", nanoseconds(mean), nanoseconds(deviation),
		plural(float64(t.runs), "run"), plural(float64(t.loops), "loop"))
	fmt.Fprintf(&b, "best %s per loop; allocated %s in %s per loop\n", nanoseconds(best),
		bytes(float64(all.AllocatedBytes)/total), plural(math.Round(float64(all.AllocatedObjects)/total), "object"))
	// The same bound as IPython's.
	if worst > 4*best && worst > 1000 {
		fmt.Fprintf(&b, "The slowest run took %.1f times as long as the fastest: a cache, or other work on this machine, is in the figures.\n", worst/best)
	}
	return b.String()
}

// meanAndDeviation uses the deviation of the population, as IPython's %timeit.
func meanAndDeviation(xs []float64) (mean, deviation float64) {
	for _, x := range xs {
		mean += x / float64(len(xs))
	}
	for _, x := range xs {
		deviation += (x - mean) * (x - mean) / float64(len(xs))
	}
	return mean, math.Sqrt(deviation)
}

// nanoseconds shows a time with three digits in the unit that suits it. A
// [time.Duration] cannot hold the fraction of a nanosecond that a loop may take.
func nanoseconds(ns float64) string {
	switch {
	case ns == 0:
		return "0 s"
	case ns < 1e3:
		return three(ns) + " ns"
	case ns < 1e6:
		return three(ns/1e3) + " µs"
	case ns < 1e9:
		return three(ns/1e6) + " ms"
	case ns < 60e9:
		return three(ns/1e9) + " s"
	}
	return time.Duration(ns).Round(time.Second).String()
}

// bytes shows an amount of memory in decimal units.
func bytes(n float64) string {
	switch {
	case n < 1e3:
		return three(n) + " B"
	case n < 1e6:
		return three(n/1e3) + " kB"
	case n < 1e9:
		return three(n/1e6) + " MB"
	}
	return three(n/1e9) + " GB"
}

// three shows x, below 1000, with three digits, or as a whole number if it is
// one.
func three(x float64) string {
	switch {
	case x == math.Trunc(x):
		return fmt.Sprintf("%.0f", x)
	case x < 9.995:
		return fmt.Sprintf("%.2f", x)
	case x < 99.95:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.0f", x)
}

// plural is "1 run", "1,000 runs".
func plural(n float64, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return thousands(int64(n)) + " " + noun
}

// thousands groups the digits of n, which is not negative.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
