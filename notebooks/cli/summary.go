package cli

import (
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"lockstep/notebooks/run"
)

// widestProblem keeps a row on one line of most terminals. The whole is in the
// report of the cell.
const widestProblem = 60

// printSummary writes a table with a row for each notebook.
func printSummary(w io.Writer, outcomes []outcome) {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleLight
	style.Options.DrawBorder = false
	style.Options.SeparateColumns = false
	style.Format.Header = text.FormatDefault
	style.Format.Footer = text.FormatDefault
	t.SetStyle(style)
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, Align: text.AlignRight, AlignHeader: text.AlignRight, AlignFooter: text.AlignRight},
		{Number: 3, Align: text.AlignRight, AlignHeader: text.AlignRight, AlignFooter: text.AlignRight},
	})
	t.AppendHeader(table.Row{"notebook", "cells", "time", "result"})
	var ran, all, passed int
	var elapsed time.Duration
	for _, oc := range outcomes {
		cells := oc.cells()
		done := len(oc.result.Cells) - oc.result.Count(run.NotRun)
		t.AppendRow(table.Row{oc.path, fmt.Sprintf("%d/%d", done, cells), seconds(oc.elapsed), verdictOf(oc)})
		ran += done
		all += cells
		elapsed += oc.elapsed
		if oc.end == passedEnd {
			passed++
		}
	}
	if len(outcomes) > 1 {
		t.AppendFooter(table.Row{"", fmt.Sprintf("%d/%d", ran, all), seconds(elapsed), fmt.Sprintf("%d of %d passed", passed, len(outcomes))})
	}
	t.Render()
}

// verdictOf says how a notebook went.
func verdictOf(oc outcome) string {
	problem := text.Snip(text.StripEscape(oc.problem()), widestProblem, "…")
	switch oc.end {
	case passedEnd:
		if n := oc.result.Count(run.Allowed); n > 0 {
			return "passed, " + count(n, "error") + " allowed"
		}
		return "passed"
	case failedEnd:
		return "FAILED: " + problem
	case interruptedEnd:
		if failure := oc.failure(); failure != nil {
			return fmt.Sprintf("interrupted in cell %d", failure.Place)
		}
		return "interrupted"
	}
	return "not run"
}
