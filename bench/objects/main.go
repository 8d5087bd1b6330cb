// Command objects compares what processes share and what they are given to do with Python's multiprocessing: locks,
// queues, pools, processes, shared memory, each measured both ways in one run.
//
//	go run ./bench/objects [-rounds 5] [-only lock]
//
// It needs python3, prints a Markdown table of medians, with the best beside them, and says how loaded the machine is. The
// cells run with the native engine.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	osexec "os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"lockstep/bench/cells"
	"lockstep/kernel/live"
)

//go:embed objects.py
var pythonText string

//go:embed objects.txt
var cellText string

func main() {
	rounds := flag.Int("rounds", 5, "rounds, in each of which both measure in turn")
	only := flag.String("only", "", "measure only what has this in its name")
	flag.Parse()
	if err := run(context.Background(), *rounds, *only); err != nil {
		fmt.Fprintln(os.Stderr, "bench/objects:", err)
		os.Exit(1)
	}
}

// measure is one thing that both do: a cell and a function of objects.py, which give a number.
type measure struct {
	name   string
	unit   unit
	cell   string
	python string
	target float64 // ours is to be no worse; in the unit
}

// unit is how a number is shown, and whether more of it is better.
type unit struct {
	name  string
	scale float64
	more  bool
}

var (
	nanoseconds  = unit{"ns", 1, false}
	microseconds = unit{"µs", 1e3, false}
	milliseconds = unit{"ms", 1e6, false}
	items        = unit{"items/s", 1, true}
	megabytes    = unit{"MB/s", 1e6, true}
)

var measures = []measure{
	{"lock shared by processes, nobody else wants it", nanoseconds, "uncontended()", "lock", 60},
	{"lock that two processes want all the time", microseconds, "contended()", "contended", 20},
	{"queue from a process, small items", items, "queueItems()", "queue_items", 200_000},
	{"queue from a process, items of 1 MB", megabytes, "queueBytes()", "queue_bytes", 500},
	{"Pool.Apply", microseconds, "apply()", "apply", 150},
	{"Pool.Map, 100,000 small items", items, "mapItems()", "map_items", 0},
	{"process started and joined, warm (Python: fork)", milliseconds, "warm()", "fork", 1},
	{"process started and joined, fresh (Python: spawn)", milliseconds, "fresh()", "spawn", 20},
	{"shared memory of 100 MB seen in a worker", milliseconds, "view()", "view", 5},
}

func run(ctx context.Context, rounds int, only string) error {
	python, err := osexec.LookPath("python3")
	if err != nil {
		return errors.New("there is no python3 to compare with: put CPython on the PATH")
	}
	version, err := osexec.CommandContext(ctx, python, "--version").Output()
	if err != nil {
		return fmt.Errorf("python3: %w", err)
	}
	b, err := cells.New(ctx)
	if err != nil {
		return err
	}
	defer b.Close()
	s := b.Open(live.Native)
	defer s.Close()
	for cell := range strings.SplitSeq(cellText, "\n---\n") {
		if _, _, err := s.Run(ctx, cell); err != nil {
			return err
		}
	}
	fmt.Printf("%s and %s on %d cores, medians of %d rounds, load average %s at the start\n\n", b.Tools.Version(), strings.TrimSpace(string(version)), runtime.NumCPU(), rounds, cells.Load())
	fmt.Println("| median (best) | Lockstep | Python | times as good | wanted |\n|---|---|---|---|---|")
	for _, m := range measures {
		if !strings.Contains(m.name, only) {
			continue
		}
		var ours, theirs []float64
		for range rounds {
			out, err := osexec.CommandContext(ctx, python, "-c", pythonText, m.python).Output()
			if theirs, err = number(theirs, string(out), err); err != nil {
				return fmt.Errorf("python3, %s: %w", m.python, err)
			}
			_, printed, err := s.Run(ctx, "fmt.Print("+m.cell+")")
			if ours, err = number(ours, printed, err); err != nil {
				return fmt.Errorf("%s: %w", m.cell, err)
			}
		}
		fmt.Println(m.row(ours, theirs))
	}
	return nil
}

// number adds the number that a side has printed.
func number(to []float64, printed string, err error) ([]float64, error) {
	if err != nil {
		return to, err
	}
	f, err := strconv.ParseFloat(strings.TrimSpace(printed), 64)
	return append(to, f), err
}

// median and best are of what a side has measured, sorted from the best on.
func (u unit) summary(all []float64) (median, best float64) {
	slices.Sort(all)
	if u.more {
		slices.Reverse(all)
	}
	return all[len(all)/2], all[0]
}

func (m measure) row(ours, theirs []float64) string {
	own, ownBest := m.unit.summary(ours)
	other, otherBest := m.unit.summary(theirs)
	times := other / own
	if m.unit.more {
		times = 1 / times
	}
	shown := func(median, best float64) string {
		return m.unit.text(median/m.unit.scale) + " (" + m.unit.text(best/m.unit.scale) + ") " + m.unit.name
	}
	return fmt.Sprintf("| %s | %s | %s | %.1f | %s |", m.name, shown(own, ownBest), shown(other, otherBest), times, m.wanted(own/m.unit.scale))
}

// wanted is what is wanted, with a mark where the median missed it.
func (m measure) wanted(got float64) string {
	if m.target == 0 {
		return ""
	}
	sign, missed := "≤", got > m.target
	if m.unit.more {
		sign, missed = "≥", got < m.target
	}
	text := sign + " " + m.unit.text(m.target)
	if missed {
		text += ", missed"
	}
	return text
}

// text shows a number with three digits that count.
func (u unit) text(v float64) string {
	digits := 0
	for limit := 100.0; v < limit && digits < 3; limit /= 10 {
		digits++
	}
	whole := strconv.FormatFloat(v, 'f', digits, 64)
	if digits == 0 {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + "," + whole[i:]
		}
	}
	return whole
}
