package render

import (
	"fmt"
	"math"
	"strings"
	"time"

	"lockstep/exec/measure"
)

// efficiency is the table of what the modes make of what is possible.
func efficiency(r *measure.Result) grid {
	rows := r.Rows()
	t := grid{caption: "Efficiency: speed-up relative to what the cores, and waiting at the same time, allow", columns: []column{rowTitle(r)}}
	for _, row := range rows {
		t.rows = append(t.rows, []cell{{text: row.String()}})
	}
	for _, s := range r.Scaling {
		t.columns = append(t.columns, column{title: s.Mode, mode: s.Mode})
		for i, row := range rows {
			c := cell{text: missing, tone: tonedDown}
			for _, e := range s.Rows {
				if e.Row == row {
					c = cell{text: percent(e.Efficiency), faint: fmt.Sprintf("of %.1f×", e.Ideal)}
				}
			}
			t.rows[i] = append(t.rows[i], c)
		}
	}
	return t
}

// verdict tells what the workload is bound by, in lines: the verdict, the figures
// that it rests on, and for each mode its serial part.
func verdict(r *measure.Result) []string {
	v := r.Verdict
	if v == nil {
		return nil
	}
	lines := []string{
		strings.ToUpper(string(v.Bound[:1])) + string(v.Bound[1:]) + ". " + v.Text,
		fmt.Sprintf("With %s: %s.", rowName(v.Row), strings.Join(v.Figures, "; ")),
	}
	var parts []string
	for _, s := range r.Scaling {
		// An interval of everything says nothing.
		if s.Serial != nil && v.Bound != measure.WaitBound && s.Serial.High-s.Serial.Low < 0.5 {
			parts = append(parts, s.Mode+" "+serial(*s.Serial))
		}
	}
	if len(parts) > 0 {
		lines = append(lines, "Serial part after Amdahl: "+strings.Join(parts, "; ")+".")
	}
	return lines
}

// serial writes a serial fraction and what follows from it.
func serial(s measure.Serial) string {
	text := percent(s.Fraction)
	if s.High-s.Low >= 0.005 {
		text += fmt.Sprintf(" (%s to %s)", percent(s.Low), percent(s.High))
	}
	if limit := s.Limit(); limit > 1.5 && limit < 100 {
		text += fmt.Sprintf(", so never more than %.*f times as fast", max(0, 1-int(math.Log10(limit))), limit)
	}
	return text
}

// checkpoints tells what they cost, if that can be seen.
func checkpoints(r *measure.Result) []string {
	c := r.Checkpoints
	if c == nil || c.Share < 0.0005 {
		return nil
	}
	return []string{fmt.Sprintf("About %s of the time goes to checkpoints, where the work can be interrupted and the lock change hands: one every %s, each %s.",
		percent(c.Share), nanoseconds(c.EveryNS), nanoseconds(c.EachNS))}
}

// ticks tells how many the lock counted, where that is not what CPython did.
func ticks(r *measure.Result) []string {
	var lines []string
	for _, t := range r.Ticks {
		lines = append(lines, fmt.Sprintf("With engine %s the lock was released every %s checkpoints, not every %d: counting one takes %s there, a tick of CPython 2 took about %s. --lock ticks=%d has it count to %d.",
			t.Engine, count(int64(t.Used)), t.Asked, nanoseconds(t.EachNS), nanoseconds(t.OldNS), t.Asked, t.Asked))
	}
	return lines
}

// nanoseconds writes a time that may be shorter than one.
func nanoseconds(ns float64) string {
	switch {
	case ns < 0.05:
		return "less than 0.1 ns"
	case ns < 10:
		return fmt.Sprintf("%.1f ns", ns)
	}
	return Duration(time.Duration(ns))
}
