// Command pages compares `lockstep export` with `jupyter nbconvert --to html` on the same executed notebook, run in
// turns; whole processes, as a user starts them.
//
//	go run ./bench/pages [NOTEBOOK]
//
// jupyter with nbconvert has to be on the PATH. Without a notebook it is a lesson, which is executed first. The exit status is
// 1 if nbconvert takes less than 20 times as long.
package main

import (
	"context"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"runtime"
	"time"

	"lockstep/bench/cells"
)

const (
	pairs = 5
	aim   = 20 // times as fast
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench/pages:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	jupyter, err := osexec.LookPath("jupyter")
	if err != nil {
		return fmt.Errorf("%w: a Python environment with nbconvert has to be active", err)
	}
	dir, err := os.MkdirTemp("", "lockstep-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "lockstep")
	if err := cells.Build(context.Background(), "lockstep", binary); err != nil {
		return err
	}
	notebook := filepath.Join(dir, "executed.ipynb")
	if len(args) > 0 {
		notebook = args[0]
	} else if err := executed(binary, notebook); err != nil {
		return err
	}
	info, err := os.Stat(notebook)
	if err != nil {
		return err
	}

	var ours, theirs []time.Duration
	for i := range pairs + 1 {
		a, err := timed(binary, "export", notebook, "-o", filepath.Join(dir, "ours"))
		if err != nil {
			return err
		}
		b, err := timed(jupyter, "nbconvert", "--to", "html", "--output-dir", filepath.Join(dir, "theirs"), notebook)
		if err != nil {
			return err
		}
		if i > 0 { // the first pair fills caches
			ours, theirs = append(ours, a), append(theirs, b)
		}
	}
	ratio := float64(cells.Median(theirs)) / float64(cells.Median(ours))
	fmt.Printf("%s, %d cores, load average %s; a notebook of %d kB, medians of %d runs in turns\n", runtime.Version(), runtime.NumCPU(), cells.Load(), info.Size()/1000, pairs)
	fmt.Printf("lockstep export         %7v\n", cells.Median(ours).Round(time.Millisecond))
	fmt.Printf("nbconvert --to html     %7v\n", cells.Median(theirs).Round(time.Millisecond))
	fmt.Printf("nbconvert ÷ lockstep    %7.1f\n", ratio)
	if ratio < aim {
		return fmt.Errorf("want at least %d", aim)
	}
	return nil
}

// executed writes a lesson with its outputs.
func executed(binary, to string) error {
	lessons, err := filepath.Glob("notebooks/lessons/02-*.ipynb")
	if err != nil || len(lessons) != 1 {
		return fmt.Errorf("the second lesson is not in notebooks/lessons: found %v, %v", lessons, err)
	}
	data, err := os.ReadFile(lessons[0])
	if err != nil {
		return err
	}
	if err := os.WriteFile(to, data, 0o600); err != nil {
		return err
	}
	_, err = timed(binary, "run", "--in-place", to)
	return err
}

func timed(name string, args ...string) (time.Duration, error) {
	start := time.Now()
	out, err := osexec.Command(name, args...).CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w\n%s", name, args[0], err, out)
	}
	return time.Since(start), nil
}
