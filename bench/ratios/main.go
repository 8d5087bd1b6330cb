// Command ratios measures what Lockstep promises of its own cost and of what the modes gain:
//
//	go run ./bench/ratios [-n 9]
//
// what %%compare adds to a run, what two workers gain on two cores as goroutines and as processes, and what checkpoints
// cost. Gains are medians, beside what a Go program gains in the same minute; costs are of the quickest runs, in a session that
// has one core, as cores of a virtual machine can differ. Each row says what was promised and whether it holds; the status is 1 if
// one does not. Run it on an idle machine: it says how loaded this one was, and how long threads had to wait for a core.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"time"

	"lockstep/bench/cells"
	"lockstep/exec"
	"lockstep/exec/measure"
	"lockstep/kernel/live"
)

func main() {
	n := flag.Int("n", 9, "repetitions of each measurement")
	flag.Parse()
	failed, err := run(context.Background(), *n)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/ratios:", err)
	}
	if err != nil || failed > 0 {
		os.Exit(1)
	}
}

// What is promised.
const (
	mostAdded       = 1.03 // by %%compare, to a run of 100 ms
	leastGain       = 1.8  // of two workers on two cores
	mostInterpreted = 1.2  // the tightest loop, interpreted ÷ by yaegi alone
	mostTight       = 2.0  // the tightest loop, as a cell ÷ as a program
	mostLoop        = 1.05 // of steps of 10 ns
)

type bench struct {
	*cells.Bench
	n     int
	table *cells.Table
}

func run(ctx context.Context, n int) (failed int, err error) {
	c, err := cells.New(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	b := &bench{Bench: c, n: n, table: &cells.Table{Columns: []string{"", "engine", "ratio", "promised", "other programs had the core"}, Verdict: "holds"}}
	before := cells.Load()
	for _, engine := range []string{live.Interp, live.Native} {
		if err := b.engine(ctx, engine); err != nil {
			return 0, fmt.Errorf("%s: %w", engine, err)
		}
	}
	fmt.Printf("%s, %d cores, %d runs of each, load average %s at the start and %s at the end\n\n%s", c.Tools.Version(), runtime.NumCPU(), n, before, cells.Load(), b.table)
	return b.table.Failed, nil
}

// engine measures with one engine: costs on one core, gains on all.
func (b *bench) engine(ctx context.Context, engine string) error {
	release, err := exec.Pin([]int{0})
	if errors.Is(err, errors.ErrUnsupported) {
		release = func() {}
	} else if err != nil {
		return err
	}
	err = b.session(ctx, engine, b.added, b.checkpoints)
	release()
	if err != nil {
		return err
	}
	return b.session(ctx, engine, b.gains)
}

// session opens one for some of the measurements.
func (b *bench) session(ctx context.Context, engine string, parts ...func(context.Context, string, *cells.Session) error) error {
	s := b.Open(engine)
	defer s.Close()
	if _, _, err := s.Run(ctx, counting); err != nil {
		return err
	}
	for _, part := range parts {
		if err := part(ctx, engine, s); err != nil {
			return err
		}
	}
	return nil
}

// atMost and atLeast add a row for a ratio that is to be no more or no less than a limit. It is judged as it is printed,
// which is as well as it is known.
func (b *bench) atMost(name, engine string, ratio, limit, busy float64) {
	b.row(name, engine, ratio, fmt.Sprintf("≤ %.2f", limit), busy, printed(ratio) <= limit)
}

func (b *bench) atLeast(name, engine string, ratio, limit, busy float64) {
	b.row(name, engine, ratio, fmt.Sprintf("≥ %.2f", limit), busy, printed(ratio) >= printed(limit))
}

func printed(ratio float64) float64 { return math.Round(100*ratio) / 100 }

// unknown stands for a share of the time that was not measured.
const unknown = -1

func (b *bench) row(name, engine string, ratio float64, promised string, busy float64, ok bool) {
	var wrong []string
	if !ok {
		wrong = []string{fmt.Sprintf("%.2f", ratio)}
	}
	share := "–"
	if busy != unknown {
		share = fmt.Sprintf("%.0f %% of the time", 100*busy)
	}
	b.table.Add(wrong, name, engine, fmt.Sprintf("%.2f", ratio), promised, share)
}

// counting is a function of the session: in a cell of its own a loop would count a session variable, in a workload a local one.
const counting = "func count(steps int) int {\n\tn := 0\n\tfor range steps {\n\t\tn++\n\t}\n\treturn n\n}"

func loop(steps int) string { return fmt.Sprintf("count(%d)", steps) }

// hundred finds a number of steps that takes about 100 ms.
func hundred(ctx context.Context, s *cells.Session) (int, error) {
	for steps := 100_000; ; {
		took, err := s.Timed(ctx, loop(steps))
		if err != nil || took > 80*time.Millisecond && took < 150*time.Millisecond {
			return steps, err
		}
		factor := float64(100*time.Millisecond) / float64(max(took, time.Microsecond))
		steps = int(float64(steps) * min(20, max(0.5, factor)))
	}
}

// added compares a run with the same code in a plain cell.
func (b *bench) added(ctx context.Context, engine string, s *cells.Session) error {
	steps, err := hundred(ctx, s)
	if err != nil {
		return err
	}
	for _, mode := range []string{"simple", "goroutines"} {
		var cell, runs []time.Duration
		busy := 1.0
		for range b.n {
			plain, err := s.Timed(ctx, loop(steps))
			if err != nil {
				return err
			}
			r, err := s.Compare(ctx, fmt.Sprintf("%%%%compare -n 1 -r 1 --modes %s\n%s", mode, loop(steps)))
			if err != nil {
				return err
			}
			sum, _ := r.Summary(mode, 1)
			cell, runs = append(cell, plain), append(runs, sum.Median)
			busy = min(busy, ready(sum))
		}
		b.atMost("a run of 100 ms as %%compare's "+mode+" ÷ the same in a cell", engine, quickest(runs, cell), mostAdded, busy)
	}
	return nil
}

// quickest compares the quickest of the one with the quickest of the other: the code does the same every time, so
// that whatever else the machine does only makes it slower.
func quickest(a, b []time.Duration) float64 { return float64(slices.Min(a)) / float64(slices.Min(b)) }

// ready is how long the run's threads were ready without a core, as a share of what they wanted.
func ready(s measure.Summary) float64 {
	return float64(s.Sample.Ready) / float64(max(1, s.Sample.Ready+s.Sample.CPUUser+s.Sample.CPUSystem))
}
