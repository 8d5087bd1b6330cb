// Command conform runs Go's own language tests as cells: every "// run" file of
// $(go env GOROOT)/test in the chosen groups, as a whole-program cell of a fresh session, judged as Go judges
// them: exit 0 and the output of the .out file, or none. A program runs in its own folder.
//
//	go run ./bench/conform [-engine interp] [-groups base,range,…] [-only PATTERN] [-list] [-timeout 1m] [-j 2]
//	go run ./bench/conform -go    # run them with go run instead, and renew the listing of what that passes
//
// A failure is refused (an error before anything ran), failed (it ran and ended with an error), wrong (it ran to its
// end with other output), or crashed (it took the session's process down). Two percentages are printed: of all
// files, and of those that go run passes in this harness.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"lockstep/bench/cells"
	"lockstep/kernel/live"
	"lockstep/kernel/native"
	"lockstep/kernel/session"
)

func main() {
	engine := flag.String("engine", live.Interp, "what executes the cells: interp, native or auto")
	groups := flag.String("groups", strings.Join(allGroups, ","), "groups to run")
	list := flag.Bool("list", false, "list every failure with its reason, not only those that are wrong or crashed")
	timeout := flag.Duration("timeout", time.Minute, "for one file")
	jobs := flag.Int("j", runtime.NumCPU(), "files at a time")
	only := flag.String("only", "", "run files whose path matches this `pattern`")
	byGo := flag.Bool("go", false, "judge go run itself and renew "+baselineFile)
	flag.Parse()
	h := &harness{groups: strings.Split(*groups, ","), timeout: *timeout, jobs: *jobs}
	if err := run(h, *engine, *only, *list, *byGo); err != nil {
		fmt.Fprintln(os.Stderr, "bench/conform:", err)
		os.Exit(1)
	}
}

func run(h *harness, engine, only string, list, byGo bool) error {
	var err error
	if h.only, err = regexp.Compile(only); err != nil {
		return err
	}
	if h.root, err = goEnv("GOROOT"); err != nil {
		return err
	}
	version, err := goEnv("GOVERSION")
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "lockstep-conform-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if byGo {
		h.execute = goRun
	} else if h.execute, err = inCells(dir, engine); err != nil {
		return err
	}
	verdicts, err := h.run()
	if err != nil {
		return err
	}
	for _, v := range verdicts {
		if v.class != passed && (list || byGo || v.class == wrong || v.class == crashed) {
			fmt.Printf("%-8s %-40s %s\n", v.class, v.file, v.why)
		}
	}
	fmt.Println()
	writeTable(os.Stdout, verdicts)
	if byGo {
		if only != "" || len(h.groups) < len(allGroups) {
			return nil // a part is no listing
		}
		return os.WriteFile(filepath.Join("bench", "conform", baselineFile), []byte(formatBaseline(version, verdicts)), 0o644)
	}
	writeShare(os.Stdout, version, verdicts)
	return nil
}

// inCells builds the kernel into dir and returns what runs a program as a cell of it.
func inCells(dir, engine string) (execute, error) {
	binary := filepath.Join(dir, "lockstep")
	ctx := context.Background()
	if err := cells.Build(ctx, "lockstep", binary); err != nil {
		return nil, err
	}
	opt := live.Options{Argv: []string{binary, session.SessionRole}, Engine: engine}
	switch engine {
	case live.Interp:
	case live.Native, live.Auto:
		tools, err := cells.Toolchain(ctx)
		if err != nil {
			return nil, err
		}
		opt.Native = func(context.Context) (*native.Toolchain, error) { return tools, nil }
	default:
		return nil, fmt.Errorf("-engine %s: want interp, native or auto", engine)
	}
	return inSession(func(dir string) *live.Session {
		opt := opt
		opt.Dir = dir
		return live.New(opt)
	}), nil
}

func goEnv(name string) (string, error) {
	out, err := osexec.Command("go", "env", name).Output()
	if err != nil {
		return "", fmt.Errorf("go env %s: %w", name, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// harness runs the chosen files.
type harness struct {
	root    string // GOROOT
	groups  []string
	only    *regexp.Regexp
	timeout time.Duration
	jobs    int
	execute execute
}

// run judges every chosen file. The verdicts come in order of class and file.
func (h *harness) run() ([]verdict, error) {
	files, err := candidates(filepath.Join(h.root, "test"))
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(f string) bool {
		return !slices.Contains(h.groups, groupOf(filepath.Join(h.root, "test"), f)) || !h.only.MatchString(f)
	})
	work := make(chan int)
	verdicts := make([]verdict, len(files))
	var wg sync.WaitGroup
	for range h.jobs {
		wg.Go(func() {
			for i := range work {
				verdicts[i] = h.judge(files[i])
			}
		})
	}
	for i := range files {
		work <- i
	}
	close(work)
	wg.Wait()
	slices.SortFunc(verdicts, func(a, b verdict) int {
		return cmp.Or(cmp.Compare(a.class, b.class), cmp.Compare(a.file, b.file))
	})
	return verdicts, nil
}
