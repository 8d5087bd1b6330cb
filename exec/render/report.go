package render

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize/english"

	"lockstep/exec/measure"
)

// report is what every format lays out.
type report struct {
	title   string
	about   string // machine, lock, runs: one line
	times   grid
	details []grid
	verdict []string // what the workload is bound by, and lines that say why
	results []string // lines: what the workers came to
	notes   []string // footnotes 1, 2, …
	legend  []string // what the signs in the tables mean
}

// grid is a table with a row of headers, in groups, and a header in each row.
type grid struct {
	caption string
	columns []column
	rows    [][]cell
}

// group is neighbouring columns under one header.
type group struct {
	title   string // "" for columns without
	columns int
}

// groups returns the headers above the columns, nil if there are none.
func (t grid) groups() []group {
	var all []group
	named := false
	for i, c := range t.columns {
		named = named || c.group != ""
		if i > 0 && c.group == t.columns[i-1].group {
			all[len(all)-1].columns++
			continue
		}
		all = append(all, group{c.group, 1})
	}
	if !named {
		return nil
	}
	return all
}

type column struct {
	group string // header above neighbouring columns of the same group
	title string
	mode  string // whose figures these are; "" for others
	hint  string // what the title means, for who asks
}

type cell struct {
	text  string
	faint string // after the text: its spread
	notes []int  // numbers of footnotes
	bar   float64
	tone  tone
}

// tone is what is said of a cell beside its text.
type tone uint8

const (
	plain tone = iota
	strong
	tonedDown
	failed
)

// missing stands where there is no figure.
const missing = "–"

func newReport(r *measure.Result) report {
	rep := report{title: r.Title, about: about(r)}
	for _, w := range r.Warnings {
		rep.notes = append(rep.notes, w.Text)
	}
	rep.times = times(r)
	for _, t := range details {
		if g := t.grid(r); len(g.columns) > 1 {
			rep.details = append(rep.details, g)
		}
	}
	if g := efficiency(r); len(g.columns) > 1 {
		rep.details = append([]grid{g}, rep.details...)
	}
	rep.verdict = verdict(r)
	rep.results = resultLines(r)
	rep.legend = slices.Concat(legend(r), checkpoints(r), ticks(r))
	return rep
}

func about(r *measure.Result) string {
	parts := []string{plural(r.Machine.MaxProcs, "core")}
	if len(r.Pinned) > 0 {
		parts[0] += " (" + strings.Trim(strings.ReplaceAll(fmt.Sprint(r.Pinned), " ", ", "), "[]") + ")"
	}
	if r.Engine != "" {
		parts = append(parts, "engine "+r.Engine)
	}
	if r.Tasks > 0 {
		text := plural(r.Tasks, "task")
		if r.Chunk > 1 {
			text += fmt.Sprintf(", handed out by %d", r.Chunk)
		}
		parts = append(parts, text)
	}
	if r.Lock != "" {
		parts = append(parts, "lock "+r.Lock)
	}
	if r.Budget > 0 {
		parts = append(parts, "as many runs as fit into "+r.Budget.String()+", after a warm-up")
	} else if r.Repetitions > 0 {
		parts = append(parts, plural(r.Repetitions, "run")+" each after a warm-up")
	}
	return strings.Join(parts, " · ")
}

// plural is "1 run", "2 runs".
func plural(n int, noun string) string { return english.Plural(n, noun, "") }

// times is the table of the times and the speed-up.
func times(r *measure.Result) grid {
	t := grid{caption: "Time until the last worker's result: median ± spread"}
	t.columns = append(t.columns, rowTitle(r))
	for _, m := range r.Modes {
		label, own := measure.Part(m)
		t.columns = append(t.columns, column{group: or(label, "time"), title: own, mode: m})
	}
	faster := compared(r)
	for _, m := range faster {
		label, own := measure.Part(m)
		of := baseline(r)
		if label != "" {
			if of = r.BaselineOf(label); of == "hybrid" {
				of = "its first"
			}
			of += " (" + label + ")"
		}
		t.columns = append(t.columns, column{
			group: "times as fast as " + of, title: own, mode: m,
			hint: "time of " + of + " divided by time of " + own,
		})
	}
	var all []float64
	for _, s := range r.Summaries {
		if s.Runs > 0 {
			all = append(all, float64(s.Median))
		}
	}
	// One scale for all the times, so that a row can be compared as well as a
	// column.
	sc := common(durations, all)
	longest, most := 0.0, 1.0
	for _, s := range r.Summaries {
		longest = max(longest, float64(s.Median))
		if s.Speedup != nil {
			most = max(most, s.Speedup.Ratio)
		}
	}
	for _, at := range r.Rows() {
		row := []cell{{text: at.String()}}
		for _, m := range r.Modes {
			row = append(row, timeCell(r, m, at, sc, longest))
		}
		for _, m := range faster {
			row = append(row, speedupCell(r, m, at, most))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func or(text, other string) string {
	if text != "" {
		return text
	}
	return other
}

// baseline is what the speed-up refers to: a mode, or where that has shapes the
// first of them.
func baseline(r *measure.Result) string {
	if r.Baseline != "hybrid" || len(r.Shapes) == 0 {
		return r.Baseline
	}
	for _, row := range r.Shapes {
		if row.Workers != r.Shapes[0].Workers {
			return "the first with as many workers"
		}
	}
	return r.Shapes[0].Shape
}

// rowTitle is the column of the row headers.
func rowTitle(r *measure.Result) column {
	if len(r.Shapes) > 0 {
		return column{title: "processes × workers", hint: "processes, and workers in each"}
	}
	return column{title: "workers"}
}

// compared returns the modes that have a speed-up.
func compared(r *measure.Result) []string {
	var modes []string
	for _, m := range r.Modes {
		for _, s := range r.Summaries {
			if s.Mode == m && s.Speedup != nil {
				modes = append(modes, m)
				break
			}
		}
	}
	return modes
}

func notesAt(r *measure.Result, mode string, row measure.Row) []int {
	var numbers []int
	for i, w := range r.Warnings {
		if w.At(mode, row) {
			numbers = append(numbers, i+1)
		}
	}
	return numbers
}

func timeCell(r *measure.Result, mode string, row measure.Row, sc scale, longest float64) cell {
	s, ok := r.At(mode, row)
	if !ok {
		return cell{text: missing, tone: tonedDown}
	}
	c := cell{notes: notesAt(r, mode, row)}
	if s.Runs == 0 {
		c.text, c.tone = missing, tonedDown
		if s.Failed > 0 {
			c.text, c.tone = "failed", failed
		}
		return c
	}
	c.text = sc.format(float64(s.Median))
	if s.Runs > 1 {
		c.faint = "± " + percent(s.Spread())
	}
	if s.Failed > 0 {
		c.tone = failed
		c.faint = fmt.Sprintf("%d of %d failed", s.Failed, s.Workers)
	}
	if longest > 0 {
		c.bar = float64(s.Median) / longest
	}
	return c
}

// The signs before a speed-up.
const (
	noDifference = "~"
	notTested    = "≈"
)

func speedupCell(r *measure.Result, mode string, row measure.Row, most float64) cell {
	s, _ := r.At(mode, row)
	if s.Speedup == nil {
		return cell{text: missing, tone: tonedDown}
	}
	digits := 2
	if s.Speedup.Ratio >= 9.995 {
		digits = 1
	}
	text := fmt.Sprintf("%.*f×", digits, s.Speedup.Ratio)
	c := cell{text: text, bar: s.Speedup.Ratio / most}
	switch {
	case !s.Speedup.Tested:
		c.text = notTested + " " + text
	case !s.Speedup.Significant:
		c.text, c.tone = noDifference+" "+text, tonedDown
	default:
		c.tone = strong
	}
	return c
}

// maxResults is how many workers' results a line lists.
const maxResults = 8

// resultLines tells what the workers of the last run of each kind came to: one
// line for a number of workers if all modes agree, else one for each mode.
func resultLines(r *measure.Result) []string {
	var lines []string
	for _, row := range r.Rows() {
		texts := map[string]string{}
		agree, any := true, ""
		for _, m := range r.Modes {
			text, ok := lastResults(r, m, row)
			if !ok {
				continue
			}
			texts[m] = text
			if any == "" {
				any = text
			}
			agree = agree && text == any
		}
		if any == "" {
			continue
		}
		if agree && len(texts) == len(r.Modes) {
			lines = append(lines, fmt.Sprintf("%s: %s", rowName(row), any))
			continue
		}
		for _, m := range r.Modes {
			if texts[m] != "" {
				lines = append(lines, fmt.Sprintf("%s, %s: %s", rowName(row), m, texts[m]))
			}
		}
	}
	return lines
}

// rowName is a row as lines of text call it.
func rowName(row measure.Row) string {
	if row.Shape != "" {
		return row.Shape
	}
	return plural(row.Workers, "worker")
}

// lastResults joins the results of the last run; ok is false if there was none,
// and the text "" if the workers had nothing to say.
func lastResults(r *measure.Result, mode string, row measure.Row) (text string, ok bool) {
	for i := len(r.Runs) - 1; i >= 0; i-- {
		run := r.Runs[i]
		if run.Mode != mode || !run.In(row) {
			continue
		}
		if r.Tasks > 0 {
			return taskResults(run), true
		}
		var texts []string
		said := false
		for _, o := range run.Outcomes {
			text := o.Result
			if o.Failed() {
				text = "✗ " + firstLine(o.Error)
			}
			said = said || text != ""
			if text == "" {
				text = missing
			}
			texts = append(texts, text)
		}
		if !said {
			return "", true
		}
		if len(texts) > 1 && allSame(texts) {
			return texts[0] + " each", true
		}
		if len(texts) > maxResults {
			texts = append(texts[:maxResults], fmt.Sprintf("… (%d more)", len(texts)-maxResults))
		}
		return strings.Join(texts, ", "), true
	}
	return "", false
}

// taskResults tells what the tasks of a run came to together, and how they were
// spread over the workers.
func taskResults(run measure.Run) string {
	var parts []string
	for _, o := range run.Outcomes {
		if o.Failed() {
			parts = append(parts, "✗ "+firstLine(o.Error))
			continue
		}
		parts = append(parts, strconv.Itoa(o.Tasks))
	}
	if len(parts) > maxResults {
		parts = append(parts[:maxResults], fmt.Sprintf("… (%d more)", len(run.Outcomes)-maxResults))
	}
	text := "tasks of each worker " + strings.Join(parts, ", ")
	if sum, ok := run.TaskSum(); ok {
		text = "sum " + strconv.FormatFloat(sum, 'g', 12, 64) + "; " + text
	}
	return text
}

func allSame(texts []string) bool {
	for _, t := range texts {
		if t != texts[0] {
			return false
		}
	}
	return true
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// legend explains the signs that occur.
func legend(r *measure.Result) []string {
	var lines []string
	same, untested, interval := false, false, 1.0
	for _, s := range r.Summaries {
		if s.Runs > 1 {
			interval = min(interval, s.Confidence)
		}
		if s.Speedup != nil {
			untested = untested || !s.Speedup.Tested
			same = same || s.Speedup.Tested && !s.Speedup.Significant
		}
	}
	if interval < 1 {
		lines = append(lines, fmt.Sprintf("± is the interval in which the median lies with a confidence of %s.", percent(floor(interval))))
	}
	if same {
		lines = append(lines, noDifference+" the runs show no significant difference to "+or(baseline(r), "the mode that theirs are compared with")+".")
	}
	if untested {
		lines = append(lines, notTested+" too few runs to test for a difference.")
	}
	return lines
}

// floor rounds a confidence down to whole percents, to claim no more than is so.
func floor(share float64) float64 { return float64(int(100*share+1e-9)) / 100 }
