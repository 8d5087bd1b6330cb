package render

import (
	"slices"
	"strconv"
	"strings"

	"lockstep/exec/measure"
)

// details are the tables below the times, each of the same rows; a column in
// which nothing is known is left out, and so is a table without columns.
var details = []detailTable{
	{"CPU time of all workers", []detail{
		{"", "CPU time in the program and in the operating system", cpuTime, inDurations, cpuParts},
	}, false},
	{"Blocked: asleep, in channel operations, or outside the lock; summed over the workers", []detail{
		{"", "time that workers were blocked", func(s measure.Summary) float64 { return float64(s.Sample.Blocked) }, inDurations, nil},
	}, false},
	{"The lock: how much of the time somebody held it, how much the workers waited for it, how often it changed hands", []detail{
		{"held", "share of the run in which a worker held the lock", heldShare, inShares, nil},
		{"free", "share of the run in which nobody held the lock: all were blocked", freeShare, inShares, nil},
		{"waited", "share of its time that a worker waited for the lock, and the sum over the workers", waitedShare, inSharesOfAll, waitedSum},
		{"forced", "hand-overs because a waiter had waited a switch interval", func(s measure.Summary) float64 { return float64(s.Sample.Forced) }, inCounts, nil},
		{"voluntary", "hand-overs because the holder blocked or ended", func(s measure.Summary) float64 { return float64(s.Sample.Voluntary) }, inCounts, nil},
	}, true},
	{"Processes: what they cost beside the time", []detail{
		{"start-up", "starting the processes, until all were ready for the start signal", func(s measure.Summary) float64 { return float64(s.Startup) }, inDurations, nil},
		{"again", "getting the same processes ready again for a repetition", again, inDurations, nil},
		{"total", "start-up and time", totalOfProcesses, inDurations, nil},
		{"sent", "workload and data", func(s measure.Summary) float64 { return float64(s.Sample.SentBytes) }, inSizes, nil},
		{"received", "results", func(s measure.Summary) float64 { return float64(s.Sample.ReceivedBytes) }, inSizes, nil},
	}, false},
	{"The cluster: who did the tasks, and how they came there", []detail{
		{"nodes", "nodes that did tasks", func(s measure.Summary) float64 { return float64(s.Sample.Nodes) }, inCounts, nil},
		{"tasks a node", "most tasks that a node did in the last run, and those of each", mostTasks, inCounts, nodeTasks},
		{"queued", "from a task's arrival in the queue to its start: the median", func(s measure.Summary) float64 { return float64(s.Sample.Queued) }, inDurations, nil},
		{"redelivered", "deliveries of a task after its first: its worker or node was lost", func(s measure.Summary) float64 { return float64(s.Sample.Redelivered) }, inCounts, nil},
		{"given up", "tasks that were delivered as often as they may be", func(s measure.Summary) float64 { return float64(s.Sample.Dead) }, inCounts, nil},
	}, false},
	{"Memory at its highest: in one process Go's heap and stacks, in several the sum of all that they occupy", []detail{
		{"", "most memory in use", func(s measure.Summary) float64 { return float64(s.Sample.PeakBytes) }, inSizes, nil},
	}, false},
}

type detailTable struct {
	caption string
	details []detail
	lock    bool // tells of the lock: nothing where there is none
}

// detail is one figure: a column for each mode of which it is known.
type detail struct {
	title, hint string // an empty title: the mode's name
	of          func(measure.Summary) float64
	format      func([]float64) []string
	faint       func(measure.Summary) string
}

func (d detailTable) grid(r *measure.Result) grid {
	all := r.Rows()
	t := grid{caption: d.caption, columns: []column{rowTitle(r)}}
	for _, row := range all {
		t.rows = append(t.rows, []cell{{text: row.String()}})
	}
	// One scale for a figure in all modes, so that they can be compared.
	texts := make([][]string, len(d.details))
	values := make([][]float64, len(d.details))
	for i, f := range d.details {
		for _, m := range r.Modes {
			for _, row := range all {
				v := 0.0
				if s, ok := r.At(m, row); ok && s.Runs > 0 {
					v = f.of(s)
				}
				values[i] = append(values[i], v)
			}
		}
		texts[i] = f.format(values[i])
	}
	rows := len(all)
	for k, m := range r.Modes {
		if _, own := measure.Part(m); d.lock && own == "serialized" && r.Lock == "none" {
			continue
		}
		for i, f := range d.details {
			of := values[i][k*rows : (k+1)*rows]
			if slices.Max(of) <= 0 {
				continue
			}
			c := column{group: m, title: f.title, mode: m, hint: f.hint}
			if f.title == "" {
				c.group, c.title = "", m
			}
			t.columns = append(t.columns, c)
			for row, at := range all {
				c := cell{text: texts[i][k*rows+row]}
				if of[row] <= 0 {
					c = cell{text: missing, tone: tonedDown}
				} else if s, _ := r.At(m, at); f.faint != nil {
					c.faint = f.faint(s)
				}
				t.rows[row] = append(t.rows[row], c)
			}
		}
	}
	return t
}

// locked reports whether the mode has a lock.
func locked(s measure.Summary) bool {
	_, own := measure.Part(s.Mode)
	return (own == "serialized" || own == "async") && s.Median > 0
}

func heldShare(s measure.Summary) float64 {
	if !locked(s) {
		return 0
	}
	return min(1, float64(s.Sample.Held)/float64(s.Sample.Elapsed))
}

func freeShare(s measure.Summary) float64 {
	if !locked(s) {
		return 0
	}
	return 1 - heldShare(s)
}

func waitedShare(s measure.Summary) float64 {
	if !locked(s) {
		return 0
	}
	return float64(s.Sample.Waited) / float64(s.Sample.Elapsed) / float64(max(1, s.Workers))
}

func waitedSum(s measure.Summary) string { return "(" + Duration(s.Sample.Waited) + ")" }

func inShares(values []float64) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = percent(v)
	}
	return texts
}

// inSharesOfAll is inShares where a worker can have more than all of its time: it has started goroutines, each of which
// waits for itself.
func inSharesOfAll(values []float64) []string {
	texts := inShares(values)
	for i, v := range values {
		if v > 1 {
			texts[i] = "> 100 %"
		}
	}
	return texts
}

func cpuTime(s measure.Summary) float64 {
	return float64(s.Sample.CPUUser + s.Sample.CPUSystem)
}

// cpuParts tells which shares of the CPU time did not go to the workload itself.
func cpuParts(s measure.Summary) string {
	all := cpuTime(s)
	if all <= 0 {
		return ""
	}
	var parts []string
	for _, p := range []struct {
		name string
		of   float64
	}{{"system", float64(s.Sample.CPUSystem)}, {"GC", float64(s.Sample.GC)}} {
		if p.of >= 0.005*all {
			parts = append(parts, p.name+" "+percent(p.of/all))
		}
	}
	if parts == nil {
		return ""
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

func again(s measure.Summary) float64 {
	if s.Sample.Warm == 0 {
		return 0
	}
	return float64(s.Sample.Startup)
}

func totalOfProcesses(s measure.Summary) float64 {
	if s.Startup == 0 {
		return 0
	}
	return float64(s.Total)
}

func inDurations(values []float64) []string { return in(durations, values) }

func inSizes(values []float64) []string { return in(sizes, values) }

func in(units []unit, values []float64) []string {
	sc := common(units, values)
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = sc.format(v)
	}
	return texts
}

func inCounts(values []float64) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = count(int64(v))
	}
	return texts
}

func mostTasks(s measure.Summary) float64 {
	return float64(slices.Max(append([]int{0}, s.NodeTasks...)))
}

// maxNodes is of how many nodes a cell tells.
const maxNodes = 6

// nodeTasks lists the tasks of the nodes.
func nodeTasks(s measure.Summary) string {
	var parts []string
	for i, n := range s.NodeTasks {
		if i == maxNodes {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, strconv.Itoa(n))
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
