package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"lockstep/notebooks/page"
	"lockstep/notebooks/run"
)

// runOptions are the flags of the command run.
type runOptions struct {
	html        string
	page        page.Options
	junit       string
	inPlace     bool
	allowErrors bool
	timeout     time.Duration
	jobs        int
	engine      string
	parameters  []string        // of the flag
	set         []run.Parameter // that they mean
	check       bool
}

// EngineVariable is the environment variable that sets the engine of a kernel:
// interp, native or auto.
const EngineVariable = "LOCKSTEP_ENGINE"

// Run returns the command that executes notebooks. The running program must be
// a kernel with the arguments "kernel FILE". The error is an [*ExitError] when a
// notebook failed or the command was interrupted. prepare makes the native engine
// ready before a notebook runs, and says how it goes; what it cannot do is no error.
func Run(prepare func(ctx context.Context, w io.Writer) error) *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run [NOTEBOOK|FOLDER]…",
		Short: "Execute notebooks, and write them as pages",
		Long: `Execute notebooks, each in a kernel of its own, and tell which cells fail. A
folder stands for the notebooks in it and in its folders; without arguments it is
the current one. Jupyter is not needed, and the kernel that a notebook names does
not matter.

A cell that fails ends its notebook, unless it has the tag raises-exception; the
other notebooks go on. A cell with the tag skip-execution is left out. The exit
status is 1 if a notebook failed, and 130 after Ctrl-C, which stops the running
cells and writes what is finished.

With -p, variables of the notebook get other values for this execution: a cell
that assigns them is put behind the one with the tag parameters, which has to
declare them. The value is a Go expression, or a string or a time as it is
(-p name=World -p wait=2s).

With --check, each notebook has to show what is stored in it. Times, dates,
sizes, addresses, percentages and ratios may differ, and so may all that a cell
with the tag nbval-ignore-output shows.`,
		Example: `  lockstep run notebooks/lessons --html out
  lockstep run --in-place report.ipynb
  lockstep run -p size=100_000 report.ipynb --html out
  lockstep run --check -j 4 --timeout 2m --junit report.xml exercises`,
		ValidArgsFunction: completeNotebooks,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				args = []string{"."}
			}
			switch o.engine {
			case "interp":
			case "native", "auto":
				// Now, since it would falsify what the notebooks measure.
				if err := prepare(cmd.Context(), cmd.ErrOrStderr()); err != nil {
					return err
				}
			default:
				return fmt.Errorf("--engine: want interp, native or auto, got %q", o.engine)
			}
			return o.run(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.html, "html", "", "write a page for each notebook and an index into `FOLDER`")
	f.StringVar(&o.page.Title, "title", "", "title of the pages (default the folder's name)")
	sanitizeFlag(f, &o.page.Sanitize)
	f.StringVar(&o.junit, "junit", "", "write a report for CI systems into `FILE`, in JUnit's format")
	f.BoolVar(&o.inPlace, "in-place", false, "write the outputs into the notebooks")
	f.BoolVar(&o.allowErrors, "allow-errors", false, "go on after a cell that fails, which then is no failure")
	f.DurationVar(&o.timeout, "timeout", 10*time.Minute, "longest `TIME` that a cell may take; 0 sets no limit")
	f.StringVar(&o.engine, "engine", cmp.Or(os.Getenv(EngineVariable), "auto"), "what executes Go until a cell changes it: interp, native or auto (native where it pays)")
	f.StringArrayVarP(&o.parameters, "parameter", "p", nil, "set a variable of the notebooks, `NAME=VALUE`; may be repeated")
	f.BoolVar(&o.check, "check", false, "compare what the cells show with what is stored")
	f.IntVarP(&o.jobs, "jobs", "j", 1, "run `N` notebooks at once; it falsifies measurements")
	cmd.MarkFlagsMutuallyExclusive("check", "in-place")
	return cmd
}

// completeNotebooks is for the shell.
func completeNotebooks(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return []cobra.Completion{extension[1:]}, cobra.ShellCompDirectiveFilterFileExt
}

func (o runOptions) run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if o.timeout < 0 {
		return fmt.Errorf("--timeout: want a time of at least 0, got %v", o.timeout)
	}
	if o.page.Sanitize && o.html == "" {
		return errors.New("--sanitize: it is for pages, and without --html FOLDER there are none")
	}
	if o.jobs < 1 {
		return fmt.Errorf("-j: want a number of at least 1, got %d", o.jobs)
	}
	for _, text := range o.parameters {
		p, err := run.ParseParameter(text)
		if err != nil {
			return fmt.Errorf("-p: %w", err)
		}
		o.set = append(o.set, p)
	}
	files, err := find(args)
	if err != nil {
		return err
	}

	p := newReporter(stderr, files)
	outcomes := o.execute(ctx, files, p)
	p.close()

	printSummary(stdout, outcomes)
	var unwritten []error
	if o.html != "" {
		unwritten = append(unwritten, o.writePages(stdout, outcomes, args))
	}
	if o.junit != "" {
		unwritten = append(unwritten, writeJUnit(o.junit, outcomes))
	}
	code, err := verdict(ctx, outcomes)
	if err := errors.Join(append(unwritten, err)...); err != nil {
		return &ExitError{Code: max(code, exitFailed), Err: err}
	}
	return nil
}

// execute runs the notebooks and returns how each went, in order.
func (o runOptions) execute(ctx context.Context, files []file, p reporter) []outcome {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	unwatch := context.AfterFunc(ctx, func() {
		stop() // another signal ends the program at once
		p.note("interrupted: the running cell is being stopped, and what is finished is written")
	})
	defer unwatch()

	outcomes := make([]outcome, len(files))
	var group errgroup.Group
	group.SetLimit(o.jobs)
	for i, f := range files {
		group.Go(func() error {
			outcomes[i] = o.one(ctx, f, p)
			return nil
		})
	}
	group.Wait()
	return outcomes
}

func (o runOptions) writePages(stdout io.Writer, outcomes []outcome, args []string) error {
	var sources []page.Source
	for _, oc := range outcomes {
		if oc.notebook != nil {
			sources = append(sources, oc.source())
		}
	}
	if len(sources) == 0 {
		return nil // the summary says why
	}
	if o.page.Title == "" {
		o.page.Title = title(args)
	}
	return writePages(stdout, o.html, sources, o.page)
}

// verdict says how all of it went: with which exit status, and why.
func verdict(ctx context.Context, outcomes []outcome) (code int, why error) {
	failed, interrupted := 0, false
	for _, oc := range outcomes {
		switch oc.end {
		case failedEnd:
			failed++
		case interruptedEnd, notRunEnd:
			interrupted = true
		}
	}
	switch {
	case interrupted && ctx.Err() != nil: // not by a signal of our own
		return exitTerminated, context.Cause(ctx)
	case interrupted:
		return exitInterrupted, errors.New("interrupted")
	case failed > 0:
		return exitFailed, fmt.Errorf("%d of %s failed", failed, count(len(outcomes), "notebook"))
	}
	return 0, nil
}

// count returns a number of things in words.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
