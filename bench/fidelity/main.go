// Command fidelity compares the emulated interpreter lock with CPython's: the same workloads under
// threading and under the mode serialized, side by side in one run, with both engines.
//
//	go run ./bench/fidelity [-rounds 3]
//
// It prints Markdown tables whose rows say whether the two agree, and ends with status 1 if one does not. It
// takes some minutes, needs python3 (CPython with its lock), and a quiet machine.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"time"

	"lockstep/bench/cells"
	"lockstep/kernel/live"
)

// Repetitions of a measurement in each round, and how long a worker's share is to take when nothing is
// beside it: ten switch intervals and more.
const (
	repetitions = 3
	attempts    = 3 // rounds are made again where the sides do not agree
	target      = 60 * time.Millisecond
)

func main() {
	rounds := flag.Int("rounds", 3, "rounds, in each of which everybody measures in turn")
	flag.Parse()
	failed, err := run(context.Background(), *rounds)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/fidelity:", err)
	}
	if err != nil || failed > 0 {
		os.Exit(1)
	}
}

// side is what is compared: CPython, or Lockstep with an engine.
type side interface {
	name() string
	// pairs times a workload both ways.
	pairs(ctx context.Context, w workload, size, workers, repetitions int) ([]pair, error)
	// waiting tells how long a sleep of 1 ms takes, alone and beside a thread that computes.
	waiting(ctx context.Context, interval, span time.Duration) (alone, beside time.Duration, err error)
}

type bench struct {
	rounds  int
	sides   []side // CPython first
	engines []*engine
}

func run(ctx context.Context, rounds int) (failed int, err error) {
	p, err := findPython(ctx)
	if err != nil {
		return 0, err
	}
	c, err := cells.New(ctx)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	b := &bench{rounds: rounds, sides: []side{p}}
	for _, name := range []string{live.Interp, live.Native} {
		e := &engine{name, c.Open(name)}
		defer e.session.Close()
		b.sides, b.engines = append(b.sides, e), append(b.engines, e)
	}
	fmt.Printf("%s, %s, %d cores, %s/%s; load average %s at the start\n\n", p.version, c.Tools.Version(),
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, cells.Load())
	busy := cells.Busy()
	for _, part := range []func(context.Context) (*cells.Table, error){b.ratios, b.waitings, b.ticks} {
		t, err := part(ctx)
		if err != nil {
			return failed, err
		}
		fmt.Println(t)
		failed += t.Failed
	}
	fmt.Printf("Load average %s at the end; for %.0f %% of the time a thread waited for a core. Ratios are of the calmer half of the runs.\n", cells.Load(), 100*busy())
	return failed, nil
}

// ratios compares threads with simple.
func (b *bench) ratios(ctx context.Context) (*cells.Table, error) {
	fmt.Printf("Threads under the lock ÷ one after another. Agrees: within %.0f %% of CPython's, %.0f %% where memory is allocated.\nGC is the garbage collector's share of the threads' CPU time. Rows that do not agree are measured again, %d times in all at most; all runs count.\n\n", 100*allowed, 100*allowedAllocating, attempts)
	t := &cells.Table{Verdict: "agrees", Columns: []string{"workload", "workers", b.sides[0].name()}}
	for _, e := range b.engines {
		t.Columns = append(t.Columns, e.label, e.label+" GC")
	}
	t.Columns = append(t.Columns, "runs of each")
	for _, w := range workloads {
		sizes, err := b.sizes(ctx, w)
		if err != nil {
			return nil, err
		}
		for workers := 1; workers <= 4; workers++ {
			row, wrong, err := b.ratio(ctx, w, sizes, workers)
			if err != nil {
				return nil, err
			}
			t.Add(wrong, row...)
		}
	}
	return t, nil
}

// ratio measures a row of the table, and says which engines do not agree. If some do not, everybody measures
// again, and all runs count.
func (b *bench) ratio(ctx context.Context, w workload, sizes []int, workers int) (row, wrong []string, err error) {
	pairs := make([][]pair, len(b.sides))
	for range attempts {
		if err := b.measure(ctx, w, sizes, workers, pairs); err != nil {
			return nil, nil, err
		}
		want := ratio(pairs[0])
		row, wrong = []string{w.name, fmt.Sprint(workers), fmt.Sprintf("%.2f", want)}, nil
		for i, e := range b.engines {
			got := pairs[i+1]
			row = append(row, fmt.Sprintf("%.2f", ratio(got)), fmt.Sprintf("%.0f %%", 100*middle(got, func(p pair) float64 { return p.collecting })))
			if !agree(want, ratio(got), w.allowed()) {
				wrong = append(wrong, e.label)
			}
		}
		if wrong == nil {
			break
		}
	}
	return append(row, fmt.Sprint(len(pairs[0]))), wrong, nil
}

func (w workload) allowed() float64 {
	if w.allocates {
		return allowedAllocating
	}
	return allowed
}

// sizes finds for each side the size with which a workload takes long enough.
func (b *bench) sizes(ctx context.Context, w workload) ([]int, error) {
	sizes := make([]int, len(b.sides))
	for i, s := range b.sides {
		for sizes[i] = 10; ; {
			pairs, err := s.pairs(ctx, w, sizes[i], 1, 1)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name(), err)
			}
			took := max(pairs[0].simple, time.Microsecond)
			if took >= target*4/5 {
				break
			}
			sizes[i] = int(float64(sizes[i]) * min(50, max(1.3, float64(target)/float64(took))))
		}
	}
	return sizes, nil
}

// measure has the sides measure in turn, and adds to what each came to.
func (b *bench) measure(ctx context.Context, w workload, sizes []int, workers int, all [][]pair) error {
	for range b.rounds {
		for i, s := range b.sides {
			busy := cells.Busy()
			pairs, err := s.pairs(ctx, w, sizes[i], workers, repetitions)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name(), err)
			}
			share := busy()
			for k := range pairs {
				pairs[k].busy = share
			}
			all[i] = append(all[i], pairs...)
		}
	}
	return nil
}

// waitings compares how much longer an I/O worker waits because another one computes.
func (b *bench) waitings(ctx context.Context) (*cells.Table, error) {
	fmt.Printf("How much longer a sleep of 1 ms takes beside a thread that computes. Agrees: one switch interval, within a factor of %.1f.\n\n", allowedFactor)
	t := &cells.Table{Verdict: "agrees", Columns: []string{"switch interval"}}
	for _, s := range b.sides {
		t.Columns = append(t.Columns, s.name())
	}
	for _, interval := range []time.Duration{time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond} {
		row := []string{interval.String()}
		var wrong []string
		for i, s := range b.sides {
			alone, beside, err := s.waiting(ctx, interval, max(300*time.Millisecond, 40*interval))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name(), err)
			}
			extra := beside - alone
			row = append(row, fmt.Sprintf("%.1f ms", float64(extra)/1e6))
			if i > 0 && !oneInterval(extra, interval) {
				wrong = append(wrong, s.name())
			}
		}
		t.Add(wrong, row...)
	}
	return t, nil
}

// ticks measures what the lock of old costs threads.
func (b *bench) ticks(ctx context.Context) (*cells.Table, error) {
	fmt.Printf("The ticks policy with its default number of ticks: 2 threads that count ÷ one after another. Agrees: at least %.2f, as with CPython before 3.2 on several cores.\n\n", leastTicks)
	t := &cells.Table{Verdict: "agrees", Columns: []string{"engine", "lock", "threads ÷ simple"}}
	if runtime.NumCPU() < 2 {
		fmt.Print("There is one core: nothing fights.\n\n")
		return t, nil
	}
	for _, e := range b.engines {
		sizes, err := (&bench{sides: []side{e}}).sizes(ctx, workloads[0])
		if err != nil {
			return nil, err
		}
		pairs, lock, err := e.compare(ctx, workloads[0].text(sizes[0]), 2, b.rounds*repetitions, "--lock ticks")
		if err != nil {
			return nil, err
		}
		var wrong []string
		if got := ratio(pairs); got < leastTicks {
			wrong = append(wrong, e.label)
		}
		t.Add(wrong, e.label, lock, fmt.Sprintf("%.2f", ratio(pairs)))
	}
	return t, nil
}
