// Command soak tries whether the kernel can be trusted: with faulty cells, interrupts, malformed
// messages, load and long days. Each trial says what it tried, survived and lost.
//
//	go run ./bench/soak                         every trial, in its long form, with interp
//	go run ./bench/soak -engine native faults   one, with the compiler
//	go run ./bench/soak -short                  the short forms, as ./check runs them
//
// It ends with 1 where anything was lost.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"time"

	"lockstep/bench/cells"
)

// trial is one of the things that are tried, each declared in a file of its own.
type trial struct {
	name  string
	about string
	short int // how many in the short form
	long  int // and in the long form; what is counted, about says
	run   func(ctx context.Context, b *bed, n int, t *tally) error
}

var trials = []trial{
	faults,
	interrupts,
	messages,
	output,
	days,
	secrets,
	ends,
	load,
	files,
}

// tally counts what came of a trial.
type tally struct {
	tried, survived int
	lost            []string
	notes           []string // figures worth telling
}

// check counts one attempt; what it lost is err, nil if it survived.
func (t *tally) check(what string, err error) {
	t.tried++
	if err == nil {
		t.survived++
		return
	}
	t.lost = append(t.lost, fmt.Sprintf("%s: %v", what, err))
}

func (t *tally) note(format string, args ...any) {
	t.notes = append(t.notes, fmt.Sprintf(format, args...))
}

func main() {
	engine := flag.String("engine", "interp", "the engine of the sessions: interp, native or auto")
	short := flag.Bool("short", false, "the short forms")
	n := flag.Int("n", 0, "how many, instead of the trial's own number")
	only := flag.String("cells", "", "of the trial interrupts: only cells that this regular expression matches")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of what is random")
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: go run ./bench/soak [flags] [trial …]")
		flag.PrintDefaults()
		for _, t := range trials {
			fmt.Fprintf(os.Stderr, "  %-12s %s (%d, short %d)\n", t.name, t.about, t.long, t.short)
		}
	}
	flag.Parse()
	match, err := regexp.Compile(*only)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/soak: -cells:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	fmt.Printf("%s, %d cores, engine %s, seed %d\n", runtime.Version(), runtime.NumCPU(), *engine, *seed)
	b := &bed{engine: *engine, cells: match, rand: rand.New(rand.NewPCG(*seed, 0))}
	lost, err := run(ctx, b, *short, *n, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/soak:", err)
	}
	if err != nil || lost > 0 {
		os.Exit(1)
	}
}

func run(ctx context.Context, b *bed, short bool, n int, names []string) (lost int, err error) {
	for _, name := range names {
		if !slices.ContainsFunc(trials, func(t trial) bool { return t.name == name }) {
			return 0, fmt.Errorf("there is no trial %s", name)
		}
	}
	if b.dir, err = os.MkdirTemp("", "lockstep-soak-"); err != nil {
		return 0, err
	}
	defer os.RemoveAll(b.dir)
	if err := b.build(ctx); err != nil {
		return 0, err
	}
	for _, tr := range trials {
		if len(names) > 0 && !slices.Contains(names, tr.name) {
			continue
		}
		count := tr.long
		if short {
			count = tr.short
		}
		if n > 0 {
			count = n
		}
		began, t := time.Now(), &tally{}
		if err := tr.run(ctx, b, count, t); err != nil {
			return lost, fmt.Errorf("%s: %w", tr.name, err)
		}
		fmt.Printf("%-12s tried %d, survived %d, lost %d, %.1f s\n", tr.name, t.tried, t.survived, len(t.lost), time.Since(began).Seconds())
		for _, text := range slices.Concat(t.notes, t.lost) {
			fmt.Println("    " + strings.ReplaceAll(text, "\n", "\n    "))
		}
		lost += len(t.lost)
	}
	return lost, nil
}

// bed is what trials share: the program, a folder, the engine, and chance.
type bed struct {
	binary, dir, engine string
	cells               *regexp.Regexp // what those of interrupts match
	rand                *rand.Rand
}

// build builds the program and makes the engine ready.
func (b *bed) build(ctx context.Context) error {
	b.binary = filepath.Join(b.dir, "lockstep")
	if err := cells.Build(ctx, "lockstep", b.binary); err != nil {
		return err
	}
	return b.prepare(ctx)
}
