package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"lockstep/notebooks/nb"
	"lockstep/notebooks/page"
	"lockstep/notebooks/run"
)

// An end says how the execution of a notebook ended.
type end int

const (
	notRunEnd end = iota // the command was interrupted before
	passedEnd
	failedEnd
	interruptedEnd
)

// An outcome is what came of one notebook.
type outcome struct {
	file
	end      end
	notebook *nb.Notebook // nil if it cannot be read
	result   run.Result
	elapsed  time.Duration // with the start of the kernel
	err      error         // nil if it passed
}

// failure returns the error of the cell that ended the notebook, if it was one.
func (oc outcome) failure() *run.CellError {
	failure, _ := errors.AsType[*run.CellError](oc.err)
	return failure
}

// problem says in one line why the notebook did not pass.
func (oc outcome) problem() string {
	line, _, _ := strings.Cut(oc.message(), "\n")
	return line
}

// message is the whole error, without the name of the notebook.
func (oc outcome) message() string {
	if oc.err == nil {
		return ""
	}
	return strings.TrimPrefix(oc.err.Error(), oc.path+": ")
}

// cells returns the number of cells that are to be executed.
func (oc outcome) cells() int {
	if oc.notebook == nil {
		return 0
	}
	return run.CellCount(oc.notebook)
}

// source returns the page of the notebook.
func (oc outcome) source() page.Source {
	s := page.Source{Name: oc.name, Notebook: oc.notebook, Dir: filepath.Dir(oc.path), Elapsed: oc.elapsed, Problem: oc.problem()}
	switch oc.end {
	case passedEnd:
		s.Status = page.Passed
	case failedEnd, interruptedEnd:
		s.Status = page.Failed
	}
	return s
}

// one executes a notebook and, where that is asked for, writes it.
func (o runOptions) one(ctx context.Context, f file, p reporter) outcome {
	oc := outcome{file: f}
	before, err := os.Stat(f.path)
	if err == nil {
		oc.notebook, err = nb.Read(f.path)
	}
	var stored run.Shown
	if err == nil && o.check {
		oc.notebook.Normalize() // since cells are told apart by their ids
		if stored = run.ShownBy(oc.notebook); stored.Nothing() {
			err = errors.New("no outputs are stored, so that there is nothing to compare with: lockstep run --in-place stores them")
		}
	}
	if err == nil && len(o.set) > 0 {
		err = run.SetParameters(oc.notebook, o.set)
	}
	if err != nil {
		oc.end, oc.err = failedEnd, err
		p.begin(f, 0).end(oc)
		return oc
	}
	if ctx.Err() != nil {
		return oc
	}
	start := time.Now()
	t := p.begin(f, oc.cells())
	oc.result, oc.err = o.inKernel(ctx, oc, t)
	oc.elapsed = time.Since(start)
	if o.check && oc.err == nil {
		oc.err = stored.Differ(oc.notebook)
	}
	switch {
	case oc.err == nil:
		oc.end = passedEnd
	case ctx.Err() != nil && (errors.Is(oc.err, run.ErrInterrupted) || errors.Is(oc.err, context.Cause(ctx))):
		oc.end = interruptedEnd
	default:
		oc.end = failedEnd
	}
	if o.inPlace && ran(oc.result) {
		if err := store(f.path, oc.notebook, before); err != nil {
			oc.err = errors.Join(oc.err, err)
			if oc.end == passedEnd {
				oc.end = failedEnd
			}
		}
	}
	t.end(oc)
	return oc
}

// inKernel executes the notebook of oc in a kernel of its own.
func (o runOptions) inKernel(ctx context.Context, oc outcome, t task) (run.Result, error) {
	path, err := filepath.Abs(oc.path)
	if err != nil {
		return run.Result{}, err
	}
	k, err := run.Start(ctx, run.KernelOptions{Dir: filepath.Dir(path), Env: []string{"JPY_SESSION_NAME=" + path, HistoryVariable + "=" + NoHistory, ParentVariable + "=" + DirectParent, EngineVariable + "=" + o.engine}})
	if err != nil {
		return run.Result{}, err
	}
	defer func() {
		if err := k.Stop(); err != nil {
			t.note(err.Error())
		}
	}()
	return k.Run(ctx, oc.notebook, run.Options{Timeout: o.timeout, AllowErrors: o.allowErrors, Progress: t.cell})
}

// ran tells whether anything was executed; else the file is better left alone.
func ran(r run.Result) bool { return r.Count(run.NotRun) < len(r.Cells) }

// store writes a notebook that was executed to where it was read from. What
// somebody else has written there meanwhile stays.
func store(path string, n *nb.Notebook, before os.FileInfo) error {
	now, err := os.Stat(path)
	if err == nil && (now.Size() != before.Size() || !now.ModTime().Equal(before.ModTime())) {
		err = fmt.Errorf("%s: it was changed while it ran, so its outputs are not written into it", path)
	}
	if err != nil {
		return err
	}
	n.Normalize()
	return nb.Write(path, n)
}
