package run_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockstep/kernel/kerneltest"
	"lockstep/kernel/wire"
	"lockstep/kernel/wire/wiretest"
	"lockstep/notebooks/nb"
	"lockstep/notebooks/run"
	"lockstep/notebooks/run/runtest"
)

// client returns a client of a kernel that knows the words of runtest.
func client(t *testing.T) *wire.Client {
	t.Helper()
	k := kerneltest.Start(t, kerneltest.Config{Interpreter: runtest.Interpreter()})
	k.Client.Close()
	return k.Dial()
}

func TestNotebook(t *testing.T) {
	tagged := func(tag, source string) nb.Cell {
		c := nb.NewCell(nb.Code, source)
		c.AddTag(tag)
		return c
	}
	code := func(source string) nb.Cell { return nb.NewCell(nb.Code, source) }
	const (
		passed, allowed, failed, not = run.Passed, run.Allowed, run.Failed, run.NotRun
	)
	for _, tt := range []struct {
		name    string
		cells   []nb.Cell
		options run.Options
		err     string
		states  []run.State
		outputs []string // of all cells
	}{
		{name: "all pass", cells: []nb.Cell{code("print a"), code("value 1")},
			states: []run.State{passed, passed}, outputs: []string{`stdout "a\n"`, "result 2 1"}},
		{name: "no cells"},
		{name: "other cells are passed over",
			cells:  []nb.Cell{nb.NewCell(nb.Markdown, "fail E x"), code(" \n"), nb.NewCell(nb.Raw, "fail E x"), code("value 1")},
			states: []run.State{passed}, outputs: []string{"", "", "", "result 1 1"}},
		{name: "an error ends the run", cells: []nb.Cell{nb.NewCell(nb.Markdown, "# T"), code("print a\nfail E x y"), code("print b")},
			err: "cell 2: E: x y", states: []run.State{failed, not}, outputs: []string{"", "stdout \"a\\n\"\nerror E: x y", ""}},
		{name: "errors allowed", cells: []nb.Cell{code("fail E x"), code("print b")}, options: run.Options{AllowErrors: true},
			states: []run.State{allowed, passed}, outputs: []string{"error E: x", `stdout "b\n"`}},
		{name: "a cell that may fail", cells: []nb.Cell{tagged("raises-exception", "fail E x"), code("fail F y"), code("print b")},
			err: "cell 2: F: y", states: []run.State{allowed, failed, not}, outputs: []string{"error E: x", "error F: y", ""}},
		{name: "a cell that may fail and does not", cells: []nb.Cell{tagged("raises-exception", "print a")},
			states: []run.State{passed}, outputs: []string{`stdout "a\n"`}},
		{name: "a cell that is left out", cells: []nb.Cell{tagged("skip-execution", "fail E x"), code("print b")},
			states: []run.State{passed}, outputs: []string{"", `stdout "b\n"`}},
		{name: "input is refused", cells: []nb.Cell{code("input")},
			err: "cell 1: input: ", states: []run.State{failed}},
		{name: "a cell in time", cells: []nb.Cell{code("print a")}, options: run.Options{Timeout: time.Minute},
			states: []run.State{passed}, outputs: []string{`stdout "a\n"`}},
		{name: "a cell that takes too long", cells: []nb.Cell{code("print a\nblock"), code("print b")},
			options: run.Options{Timeout: 50 * time.Millisecond},
			err:     "cell 1: timeout: cell took longer than 50ms and was interrupted", states: []run.State{failed, not},
			outputs: []string{"stdout \"a\\n\"\nerror interrupted: the cell was stopped\nerror timeout: cell took longer than 50ms and was interrupted", ""}},
		{name: "the time is over even where errors are allowed", cells: []nb.Cell{code("block"), code("print b")},
			options: run.Options{Timeout: 50 * time.Millisecond, AllowErrors: true},
			err:     "cell 1: timeout: ", states: []run.State{failed, not}},
		{name: "a cell that cannot be stopped", cells: []nb.Cell{code("print a\nhang")},
			options: run.Options{Timeout: 50 * time.Millisecond, Grace: time.Second},
			err:     "cell 1: timeout: cell took longer than 50ms and was interrupted; kernel did not stop the cell", states: []run.State{failed},
			outputs: []string{"stdout \"a\\n\"\nerror timeout: cell took longer than 50ms and was interrupted; kernel did not stop the cell"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := nb.New(tt.cells...)
			result, err := run.Notebook(t.Context(), client(t), n, tt.options)
			switch {
			case tt.err == "" && err != nil:
				t.Errorf("got error %v, want none", err)
			case tt.err != "" && (err == nil || !strings.HasPrefix(err.Error(), tt.err)):
				t.Errorf("got error %v, want %s", err, tt.err)
			}
			var states []run.State
			for _, c := range result.Cells {
				states = append(states, c.State)
				if ran := c.State != run.NotRun; ran != (c.Elapsed > 0) {
					t.Errorf("cell %d: got %v after %v", c.Place, c.State, c.Elapsed)
				}
				if failed := c.State == run.Failed || c.State == run.Allowed; failed != (c.Err != nil) {
					t.Errorf("cell %d: got state %v with error %v", c.Place, c.State, c.Err)
				}
			}
			if !slices.Equal(states, tt.states) {
				t.Errorf("got states %v, want %v", states, tt.states)
			}
			for i, want := range tt.outputs {
				if got := strings.TrimSpace(shown(n.Cells[i])); got != want {
					t.Errorf("cell %d: got outputs\n%s\nwant\n%s", i+1, got, want)
				}
			}
		})
	}
}

func TestCellError(t *testing.T) {
	_, err := run.Notebook(t.Context(), client(t), notebook("print a", "fail E x"), run.Options{})
	failure, ok := errors.AsType[*run.CellError](err)
	if !ok {
		t.Fatalf("got error %v, want a CellError", err)
	}
	want := &run.CellError{Place: 2, Name: "E", Value: "x", Traceback: []string{"\x1b[31mE\x1b[0m: x", "    at line 1"}}
	if diff := cmp.Diff(want, failure); diff != "" {
		t.Error("want -, got +\n" + diff)
	}
}

func TestInterruption(t *testing.T) {
	for _, tt := range []struct {
		name   string
		stopAt int // the cell that begins when ctx ends
		err    error
		states []run.State
	}{
		{"before the first cell ends", 1, run.ErrInterrupted, []run.State{run.Failed, run.NotRun}},
		{"in a later cell", 2, run.ErrInterrupted, []run.State{run.Passed, run.Failed}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := notebook("print a", "print b")
			n.Cells[tt.stopAt-1].Source += "\nblock"
			ctx, cancel := context.WithCancel(t.Context())
			result, err := run.Notebook(ctx, client(t), n, run.Options{Progress: func(p run.Progress) {
				if p.Cell.Place == tt.stopAt {
					cancel()
				}
			}})
			if !errors.Is(err, tt.err) {
				t.Errorf("got error %v, want %v", err, tt.err)
			}
			for i, want := range tt.states {
				if got := result.Cells[i].State; got != want {
					t.Errorf("cell %d: got %v, want %v", i+1, got, want)
				}
			}
			if got := shown(n.Cells[tt.stopAt-1]); !strings.Contains(got, "error interrupted: ") {
				t.Errorf("got outputs %s, want the kernel's own error", got)
			}
		})
	}

	t.Run("between two cells", func(t *testing.T) {
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		n := notebook("print a", "print b")
		result, err := run.Notebook(ctx, client(t), n, run.Options{Progress: func(p run.Progress) {
			if p.Done == 1 && p.Cell.State == run.Passed {
				cancel(cause)
			}
		}})
		if !errors.Is(err, cause) {
			t.Errorf("got error %v, want the cause", err)
		}
		if result.Count(run.Passed) != 1 || result.Count(run.NotRun) != 1 {
			t.Errorf("got %+v, want one cell passed and one not run", result.Cells)
		}
	})
}

func TestProgress(t *testing.T) {
	n := nb.New(nb.NewCell(nb.Markdown, "# T"), nb.NewCell(nb.Code, "print a"), nb.NewCell(nb.Code, "fail E x"))
	var got []string
	run.Notebook(t.Context(), client(t), n, run.Options{Progress: func(p run.Progress) {
		got = append(got, fmt.Sprintf("cell %d %v, %d of %d", p.Cell.Place, p.Cell.State, p.Done, p.Total))
	}})
	want := []string{"cell 2 not run, 0 of 2", "cell 2 passed, 1 of 2", "cell 3 not run, 1 of 2", "cell 3 failed, 2 of 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("want -, got +\n" + diff)
	}
}

// What an earlier execution left is removed where it would mislead.
func TestOldResults(t *testing.T) {
	n := notebook("print a", "fail E x", "print never", " ", "print skipped")
	n.Cells = append(n.Cells, nb.NewCell(nb.Markdown, "text"))
	n.Cells[4].AddTag("skip-execution")
	for i := range n.Cells {
		c := &n.Cells[i]
		c.ExecutionCount = 90
		c.Metadata.Set("long ago", "execution", "old")
		c.Append(nb.Output{Type: nb.Stream, Name: "stdout", Text: "old"})
	}
	run.Notebook(t.Context(), client(t), n, run.Options{})
	for i, want := range []string{"stdout \"a\\n\"\n", "error E: x\n", "", "", "stdout \"old\"\n", "stdout \"old\"\n"} {
		if got := shown(n.Cells[i]); got != want {
			t.Errorf("cell %d: got outputs %s, want %s", i+1, got, want)
		}
	}
	for i, want := range []int{1, 2, 0, 0, 90, 90} {
		if got := n.Cells[i].ExecutionCount; got != want {
			t.Errorf("cell %d: got execution count %d, want %d", i+1, got, want)
		}
		if _, old := n.Cells[i].Metadata.Lookup("execution", "old"); old != (want == 90) {
			t.Errorf("cell %d: got metadata %v", i+1, n.Cells[i].Metadata)
		}
	}
}

func TestMetadata(t *testing.T) {
	before := time.Now()
	n := notebook("print a")
	n.Cells[0].Metadata = nil
	n.Metadata = nil
	result, err := run.Notebook(t.Context(), client(t), n, run.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var last time.Time
	for _, key := range []string{"iopub.status.busy", "iopub.execute_input", "shell.execute_reply", "iopub.status.idle"} {
		text := n.Cells[0].Metadata.Text("execution", key)
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Errorf("%s: %v", key, err)
		}
		if at.Before(last) || at.Before(before.Add(-time.Second)) || at.After(time.Now()) {
			t.Errorf("%s: got %s, want times of this run in order", key, text)
		}
		last = at
	}
	if got := n.Metadata.Text("language_info", "name"); got != "go" || result.Language.Name != got {
		t.Errorf("got language %q and %q, want go", got, result.Language.Name)
	}
	if got := n.Metadata.Text("language_info", "file_extension"); got != ".go" {
		t.Errorf("got file extension %q, want .go", got)
	}
}

// An interrupt that comes before the kernel has begun the cell has no effect.
func TestInterruptIsRepeated(t *testing.T) {
	sockets, client := wiretest.Start(t)
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan struct{})
	t.Cleanup(func() {
		sockets.Close(0)
		<-served
	})
	go func() {
		defer close(served)
		for m := range sockets.Receive(wire.Shell) {
			if m.Header.MsgType == wire.KernelInfoRequest {
				sockets.Reply(m, wire.KernelInfoReplyContent{Status: wire.StatusOK})
				continue
			}
			sockets.Publish(m, wire.Status, wire.StatusContent{ExecutionState: wire.StateBusy})
			cancel()
			for range 2 {
				i, open := <-sockets.Receive(wire.Control)
				if !open || i.Header.MsgType != wire.InterruptRequest {
					return
				}
				sockets.Reply(i, wire.InterruptReplyContent{Status: wire.StatusOK})
			}
			sockets.Reply(m, wire.ExecuteReplyContent{Status: wire.StatusError, ExecutionCount: 1, EName: "interrupted", EValue: "at last"})
			sockets.Publish(m, wire.Status, wire.StatusContent{ExecutionState: wire.StateIdle})
		}
	}()
	_, err := run.Notebook(ctx, client, notebook("x"), run.Options{Grace: time.Minute})
	if err == nil || err.Error() != "cell 1: interrupted: at last" {
		t.Errorf("got error %v, want the reply to the second interrupt", err)
	}
}
