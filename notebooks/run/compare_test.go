package run_test

import (
	"errors"
	"strings"
	"testing"

	"lockstep/notebooks/nb"
	"lockstep/notebooks/run"
)

func stdout(text string) nb.Output {
	return nb.Output{Type: nb.Stream, Name: "stdout", Text: text}
}

func plain(text string, more ...string) nb.Output {
	o := nb.Output{Type: nb.ExecuteResult, ExecutionCount: 3, Data: nb.Bundle{"text/plain": text}}
	for _, mime := range more {
		o.Data[mime] = "…"
	}
	return o
}

func TestDiffer(t *testing.T) {
	tests := []struct {
		name        string
		before, now []nb.Output
		same        bool
	}{
		{"the same", []nb.Output{stdout("a\n"), plain("42")}, []nb.Output{stdout("a\n"), plain("42")}, true},
		{"another text", []nb.Output{stdout("a\n")}, []nb.Output{stdout("b\n")}, false},
		{"another number", []nb.Output{plain("42")}, []nb.Output{plain("43")}, false},
		{"a number with a point", []nb.Output{plain("4.25")}, []nb.Output{plain("4.26")}, false},
		{"nothing now", []nb.Output{plain("42")}, nil, false},
		{"a stream in other pieces", []nb.Output{stdout("a\n"), plain("1"), stdout("b\n")}, []nb.Output{stdout("a\nb\n"), plain("1")}, true},
		{"times", []nb.Output{stdout("took 1.5s, 23 ms ± 4 %\n")}, []nb.Output{stdout("took 980ms, 1.2 s ± 12 %\n")}, true},
		{"a long time", []nb.Output{stdout("1h2m3.5s\n")}, []nb.Output{stdout("59m0s\n")}, true},
		{"a word behind a number", []nb.Output{stdout("3 messages\n")}, []nb.Output{stdout("4 messages\n")}, false},
		{"addresses", []nb.Output{plain("(*int)(0xc000012345)")}, []nb.Output{plain("(*int)(0xc0000789ab)")}, true},
		{"a small hexadecimal number", []nb.Output{plain("0x1f")}, []nb.Output{plain("0x2f")}, false},
		{"dates", []nb.Output{plain("2026-11-26 02:00:00.123 +0000 UTC m=+0.1")}, []nb.Output{plain("2025-01-02 12:30:01.5 +0100 CET m=+12.5")}, true},
		{"sizes, ratios", []nb.Output{plain("12.5 MB, ≈ 1.84×")}, []nb.Output{plain("9 kB, 2×")}, true},
		{"widths of a table", []nb.Output{plain(" mode     time\n───────────────\n simple   1.25 s  ")}, []nb.Output{plain(" mode    time\n──────────────\n simple  9 ms")}, true},
		{"another row", []nb.Output{plain(" simple  1.25 s")}, []nb.Output{plain(" async  1.25 s")}, false},
		{"no picture any more", []nb.Output{plain("x", "image/svg+xml")}, []nb.Output{plain("x")}, false},
		{"an error in place of a result", []nb.Output{plain("x")}, []nb.Output{{Type: nb.Error, ErrName: "panic", ErrValue: "x"}}, false},
		{"colours of an error", []nb.Output{{Type: nb.Error, ErrName: "panic", ErrValue: "\x1b[31mx\x1b[0m", Traceback: []string{"a"}}}, []nb.Output{{Type: nb.Error, ErrName: "panic", ErrValue: "x"}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			n := nb.New()
			n.Cells = []nb.Cell{nb.NewCell(nb.Markdown, "text"), nb.NewCell(nb.Code, "code"), nb.NewCell(nb.Code, "unchecked")}
			n.Cells[2].AddTag("nbval-ignore-output")
			n.Normalize()
			n.Cells[1].Outputs, n.Cells[2].Outputs = tt.before, []nb.Output{plain("1")}
			before := run.ShownBy(n)
			n.Cells[1].Outputs, n.Cells[2].Outputs = tt.now, []nb.Output{plain("2")}
			err := before.Differ(n)
			m, differs := errors.AsType[*run.MismatchError](err)
			switch {
			case tt.same && err != nil:
				t.Errorf("got %v\n%s", err, m.Cells[0].Diff)
			case !tt.same && (!differs || len(m.Cells) != 1 || m.Cells[0].Place != 2):
				t.Errorf("got %v, want a mismatch of cell 2", err)
			case differs && !strings.Contains(m.Cells[0].Diff, "+++ shown now"):
				t.Errorf("got %q, want a unified diff", m.Cells[0].Diff)
			}
		})
	}
}
