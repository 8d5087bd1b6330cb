package measure

import (
	"fmt"
	"slices"
	"time"
)

// Bound is what a workload's time goes to.
type Bound string

// What a workload can be bound by.
const (
	CPUBound           Bound = "CPU-bound"
	WaitBound          Bound = "waiting"
	LockBound          Bound = "lock-bound"
	CommunicationBound Bound = "communication-bound"
	MemoryBound        Bound = "memory-bound"
	Mixed              Bound = "mixed"
)

// Verdict says what a workload is bound by and what mode suits it.
type Verdict struct {
	Bound Bound `json:"bound"` // CPU-bound, waiting, lock-bound, communication-bound, memory-bound or mixed
	// Mode is the one to use: the fastest, or a simpler one that is as good.
	Mode string `json:"mode"`
	Row  Row    `json:"row"` // of the table, that the figures are from
	// Figures are what says so, each a short statement.
	Figures []string `json:"figures"`
	// Text is the advice, for the reader.
	Text string `json:"text"`
}

// Where the kinds of workloads are told apart.
const (
	mostlyComputing = 0.75 // share of the time in which simple uses a core
	mostlyWaiting   = 0.35
	goodUse         = 0.6 // of what is possible
	heldUp          = 0.2 // share of the workers' time spent waiting for each other
	asGood          = 1.1 // times the best
	// Below this it is the price of starting and waking workers, some 100 µs, that tells the modes apart.
	tooShort = time.Millisecond
)

// evidence is what the verdict rests on: the figures of one row.
type evidence struct {
	r      *Result
	row    Row
	simple Summary
	ideal  float64
	modes  map[string]Summary // those that can be compared
}

// judge returns nil where the modes do not allow a verdict: it takes simple and
// one that uses several cores, both with more than one worker, and a workload that takes a while.
func judge(r *Result) *Verdict {
	e, ok := collect(r)
	if !ok {
		return nil
	}
	v := &Verdict{Row: e.row, Mode: e.best()}
	v.Bound, v.Figures = e.bound()
	v.Text = e.advice(v.Bound, v.Mode)
	return v
}

// collect chooses the row: one with a worker for each core tells most.
func collect(r *Result) (evidence, bool) {
	var best evidence
	cores := max(1, r.Machine.MaxProcs)
	for _, row := range r.Rows() {
		simple, ok := r.At("simple", row)
		if !ok || row.Workers < 2 || !comparable(simple) || simple.Median < tooShort {
			continue
		}
		e := evidence{r, row, simple, r.Ideal(row), map[string]Summary{}}
		for _, m := range r.Modes {
			if s, ok := r.At(m, row); ok && m != "simple" && s.Speedup != nil {
				e.modes[m] = s
			}
		}
		if !e.has("goroutines") && !e.has("subprocess") {
			continue
		}
		if best.modes == nil || distance(row.Workers, cores) < distance(best.row.Workers, cores) {
			best = e
		}
	}
	return best, best.modes != nil
}

func distance(a, b int) int { return max(a-b, b-a) }

func (e evidence) has(mode string) bool { _, ok := e.modes[mode]; return ok }

func (e evidence) speedup(mode string) float64 {
	if s, ok := e.modes[mode]; ok {
		return s.Speedup.Ratio
	}
	return 0
}

// bound finds the kind, with the figures that tell it.
func (e evidence) bound() (Bound, []string) {
	computing := e.r.computing(e.row)
	figures := []string{fmt.Sprintf("one after another they want a core for %s of the time", share(computing))}
	note := func(format string, args ...any) { figures = append(figures, fmt.Sprintf(format, args...)) }

	if s, ok := e.modes["serialized"]; ok {
		note("as threads under the lock they are %s", times(s.Speedup))
	}
	if s, ok := e.modes["goroutines"]; ok {
		note("as goroutines they are %s, of %.1f times that %s", times(s.Speedup), e.ideal, e.cores())
	}
	if s, ok := e.modes["subprocess"]; ok {
		note("as processes they are %s", times(s.Speedup))
	}
	if computing < mostlyWaiting {
		return WaitBound, figures
	}
	inside, together := e.speedup("goroutines")/e.ideal, e.speedup("subprocess")/e.ideal
	if s, ok := e.modes["goroutines"]; ok && inside < goodUse {
		held := float64(s.Sample.Blocked-e.simple.Sample.Blocked) / float64(s.Median*time.Duration(max(1, e.row.Workers)))
		collecting := float64(s.Sample.GC) / float64(max(1, s.Sample.CPUUser+s.Sample.CPUSystem))
		switch {
		case held >= heldUp:
			note("as goroutines they wait for each other %s of the time", share(held))
			return LockBound, figures
		case collecting >= garbageShare || together >= goodUse:
			note("as goroutines %s of the CPU time goes to the garbage collector", share(collecting))
			return MemoryBound, figures
		}
	}
	if s, ok := e.modes["subprocess"]; ok && together < goodUse && (inside >= goodUse || !e.has("goroutines")) {
		if moved := s.Sample.SentBytes + s.Sample.ReceivedBytes; moved >= 1<<20 {
			note("processes are sent %s and return %s", megabytes(s.Sample.SentBytes), megabytes(s.Sample.ReceivedBytes))
			return CommunicationBound, figures
		}
	}
	if computing >= mostlyComputing && max(inside, together) >= goodUse {
		return CPUBound, figures
	}
	return Mixed, figures
}

// simplest is the modes that can be advised, those with the least to go wrong first.
var simplest = []string{"simple", "goroutines", "async", "subprocess", "hybrid"}

// best returns the simplest of the modes that are about as fast as the fastest;
// processes with their start-up. What does not differ from simple is not faster.
func (e evidence) best() string {
	took := map[string]time.Duration{"simple": e.simple.Total}
	for m, s := range e.modes {
		if !s.Speedup.Tested || s.Speedup.Significant {
			took[m] = s.Total
		}
	}
	least := e.simple.Total
	for m, d := range took {
		if slices.Contains(simplest, m) {
			least = min(least, d)
		}
	}
	for _, m := range simplest {
		if d, ok := took[m]; ok && float64(d) <= asGood*float64(least) {
			return m
		}
	}
	return "simple"
}

func (e evidence) advice(b Bound, mode string) string {
	why := map[Bound]string{
		CPUBound:           "Its time goes to computing: it gains from cores, and nothing from threads under an interpreter lock (in Python: multiprocessing).",
		WaitBound:          "Its time goes to waiting: any mode that waits at the same time helps, threads under an interpreter lock too (in Python: threading or asyncio).",
		LockBound:          "Its workers wait for each other, for a lock or a channel of the program's own: do less while it is held, or give each worker its own data.",
		CommunicationBound: "Its time goes to passing data to processes and back: pass less, share it (lab.SharedMemory), or stay in one process.",
		MemoryBound:        "Its time goes to memory: allocate less, or use processes, each of which has a heap of its own.",
		Mixed:              "Its time goes to several things at once; the figures show which.",
	}[b]
	return why + " " + e.use(mode) + e.caution()
}

// caution says that the verdict rests on too few runs to tell the modes apart; "" if it does not.
func (e evidence) caution() string {
	for _, s := range e.modes {
		if !s.Speedup.Tested {
			runs := "1 run"
			if n := min(e.simple.Runs, s.Runs); n > 1 {
				runs = fmt.Sprintf("%d runs", n)
			}
			return " This is a first guess, from " + runs + " of each."
		}
	}
	return ""
}

// use names the mode, with what it brings.
func (e evidence) use(mode string) string {
	if mode == "simple" {
		return "Use simple: no other mode is clearly faster."
	}
	s := e.modes[mode]
	text := fmt.Sprintf("Use %s: %s", mode, times(s.Speedup))
	if s.Startup > 0 {
		text += fmt.Sprintf(", after a start-up of %v", s.Startup.Round(100*time.Microsecond))
	}
	return text + "."
}

func (e evidence) cores() string {
	if e.r.Machine.MaxProcs == 1 {
		return "1 core allows"
	}
	return fmt.Sprintf("%d cores allow", e.r.Machine.MaxProcs)
}

// times is a speed-up in words.
func times(c *Comparison) string {
	if c.Tested && !c.Significant {
		return "not clearly faster or slower"
	}
	return fmt.Sprintf("%.2f times as fast", c.Ratio)
}

func share(x float64) string { return fmt.Sprintf("%.0f %%", 100*clip(x)) }

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

func parallelMode(mode string) bool {
	return mode == "goroutines" || mode == "subprocess" || mode == "hybrid"
}
