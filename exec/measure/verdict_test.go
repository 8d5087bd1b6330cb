package measure

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

// scene is a comparison on 2 cores with 2 and 4 workers, as it would come out:
// times in ms of each mode with 2 workers, twice that with 4 unless it waits.
type scene struct {
	times     map[string]float64
	computing float64 // CPU time of simple
	blocked   float64 // share of the workers' time, as goroutines
	garbage   float64 // share of the CPU time, as goroutines
	moved     int64   // bytes sent to processes
	startup   time.Duration
}

func (s scene) result() Result {
	r := Result{Schema: Schema, Machine: Machine{CPUs: 2, MaxProcs: 2}, Workers: []int{2, 4}, Repetitions: 4, Baseline: "simple"}
	for _, m := range []string{"simple", "serialized", "goroutines", "subprocess"} {
		if s.times[m] == 0 {
			continue
		}
		r.Modes = append(r.Modes, m)
		for _, n := range r.Workers {
			for k := range 5 {
				d := time.Duration(s.times[m] * float64(n) / 2 * float64(ms) * (1 + float64(k)/1000))
				if s.computing < 0.1 && m != "simple" {
					d = time.Duration(s.times[m] * float64(ms) * (1 + float64(k)/1000))
				}
				run := Run{Mode: m, Workers: n, Repetition: k, Sample: Sample{Elapsed: d, CPUUser: time.Duration(s.computing * float64(d))}, Outcomes: make([]Outcome, n)}
				switch m {
				case "goroutines":
					run.Sample.CPUUser = 2 * d
					run.Sample.GC = time.Duration(s.garbage * float64(2*d))
					run.Sample.Blocked = time.Duration(s.blocked * float64(n) * float64(d))
				case "subprocess":
					run.Sample.SentBytes, run.Sample.Startup = s.moved, s.startup
				}
				r.Runs = append(r.Runs, run)
			}
		}
	}
	Summarize(&r)
	return r
}

func TestVerdict(t *testing.T) {
	for _, tt := range []struct {
		scene scene
		bound Bound
		mode  string
		texts []string // in the figures or the advice
	}{
		{scene{times: map[string]float64{"simple": 200, "serialized": 202, "goroutines": 104, "subprocess": 103}, computing: 0.99, startup: 20 * ms},
			CPUBound, "goroutines", []string{"want a core for 99 % of the time", "as goroutines they are 1.92 times as fast, of 2.0 times that 2 cores allow", "Use goroutines: 1.92 times as fast."}},
		{scene{times: map[string]float64{"simple": 200, "serialized": 101, "goroutines": 100}, computing: 0.01},
			WaitBound, "goroutines", []string{"threads under an interpreter lock too", "as threads under the lock they are 1.98 times"}},
		{scene{times: map[string]float64{"simple": 200, "serialized": 205, "goroutines": 190, "subprocess": 210}, computing: 0.98, blocked: 0.4, startup: ms},
			LockBound, "simple", []string{"wait for each other 40 % of the time", "Use simple"}},
		{scene{times: map[string]float64{"simple": 200, "goroutines": 180, "subprocess": 102}, computing: 1, garbage: 0.5, startup: 10 * ms},
			MemoryBound, "subprocess", []string{"50 % of the CPU time goes to the garbage collector", "Use subprocess: 1.96 times as fast, after a start-up of 10ms."}},
		{scene{times: map[string]float64{"simple": 200, "goroutines": 101, "subprocess": 400}, computing: 1, moved: 100e6},
			CommunicationBound, "goroutines", []string{"are sent 100.0 MB"}},
		{scene{times: map[string]float64{"simple": 200, "goroutines": 190}, computing: 0.5}, Mixed, "simple", nil},
	} {
		r := tt.scene.result()
		v := r.Verdict
		if v == nil {
			t.Errorf("%+v: there is no verdict", tt.scene)
			continue
		}
		all := strings.Join(append(v.Figures, v.Text), "; ")
		if v.Bound != tt.bound || v.Mode != tt.mode || v.Row.Workers != 2 {
			t.Errorf("got %s, use %s, from %v, want %s, %s, from 2: %s", v.Bound, v.Mode, v.Row, tt.bound, tt.mode, all)
		}
		for _, want := range tt.texts {
			if !strings.Contains(all, want) {
				t.Errorf("%s: no %q in %s", v.Bound, want, all)
			}
		}
	}
}

func TestAVerdictFromFewRunsSaysSo(t *testing.T) {
	r := scene{times: map[string]float64{"simple": 200, "goroutines": 104}, computing: 0.99}.result()
	if strings.Contains(r.Verdict.Text, "guess") {
		t.Errorf("four runs of each: got %q", r.Verdict.Text)
	}
	r.Runs = slices.DeleteFunc(r.Runs, func(run Run) bool { return run.Repetition > 2 })
	Summarize(&r)
	if !strings.HasSuffix(r.Verdict.Text, " This is a first guess, from 2 runs of each.") {
		t.Errorf("got %q", r.Verdict.Text)
	}
}

func TestNoVerdictWithoutEvidence(t *testing.T) {
	for name, times := range map[string]map[string]float64{
		"one mode": {"goroutines": 100}, "no parallel mode": {"simple": 100, "serialized": 100}, "no simple": {"serialized": 100, "goroutines": 50},
	} {
		if r := (scene{times: times, computing: 1}).result(); r.Verdict != nil {
			t.Errorf("%s: got %+v", name, r.Verdict)
		}
	}
	r := scene{times: map[string]float64{"simple": 100, "goroutines": 50}, computing: 1}.result()
	for i := range r.Runs {
		if r.Runs[i].Mode == "goroutines" {
			r.Runs[i].Outcomes[0].Failure = Panicked
		}
	}
	if Summarize(&r); r.Verdict != nil {
		t.Errorf("a mode that fails: got %+v", r.Verdict)
	}
}

// What waits needs no core of its own.
func TestIdeal(t *testing.T) {
	for _, tt := range []struct {
		computing float64
		workers   int
		want      float64
	}{{1, 2, 2}, {1, 4, 2}, {0.5, 4, 4}, {0.25, 4, 4}, {0, 4, 2}} {
		r := scene{times: map[string]float64{"simple": 100, "goroutines": 50}, computing: tt.computing}.result()
		if got := r.Ideal(Row{Workers: tt.workers}); math.Abs(got-tt.want) > 0.01 {
			t.Errorf("%v of the time computing, %d workers: got %v, want %v", tt.computing, tt.workers, got, tt.want)
		}
	}
}

// The serial fraction comes out of times that obey Amdahl's law.
func TestSerialFraction(t *testing.T) {
	for _, serial := range []float64{0, 0.1, 0.5, 1} {
		r := Result{Machine: Machine{MaxProcs: 8}, Modes: []string{"simple", "goroutines"}, Workers: []int{2, 4, 8}, Baseline: "simple"}
		for _, n := range r.Workers {
			for k := range 7 {
				noise := 1 + 0.002*float64(k-3)
				simple := 100 * float64(n)
				r.Runs = append(r.Runs,
					Run{Mode: "simple", Workers: n, Repetition: k, Sample: Sample{Elapsed: time.Duration(simple * noise * float64(ms))}},
					Run{Mode: "goroutines", Workers: n, Repetition: k, Sample: Sample{Elapsed: time.Duration(simple * (serial + (1-serial)/float64(n)) * noise * float64(ms))}})
			}
		}
		Summarize(&r)
		if len(r.Scaling) != 1 || r.Scaling[0].Serial == nil {
			t.Fatalf("got %+v", r.Scaling)
		}
		s := *r.Scaling[0].Serial
		if math.Abs(s.Fraction-serial) > 0.01 || s.Low > serial+1e-9 || s.High < serial-1e-9 || s.High-s.Low > 0.05 {
			t.Errorf("serial part %v: got %+v", serial, s)
		}
		for i, e := range r.Scaling[0].Rows {
			n := float64(r.Workers[i])
			if want := 1 / (serial + (1-serial)/n) / n; math.Abs(e.Efficiency-want) > 0.01 {
				t.Errorf("serial part %v, %v workers: got efficiency %v, want %v", serial, n, e.Efficiency, want)
			}
		}
	}
}

func TestNoSerialFractionOnOneCore(t *testing.T) {
	r := scene{times: map[string]float64{"simple": 100, "goroutines": 100}, computing: 1}.result()
	r.Machine.MaxProcs = 1
	if Summarize(&r); r.Scaling[0].Serial != nil {
		t.Errorf("got %+v: one core cannot tell", r.Scaling[0].Serial)
	}
}

// What takes less than a millisecond is not told apart by what its time goes to.
func TestNoVerdictOnWhatIsTooShort(t *testing.T) {
	s := scene{times: map[string]float64{"simple": 0.06, "serialized": 0.05, "goroutines": 0.08}, computing: 0.99}
	r := s.result()
	if r.Verdict != nil && r.Verdict.Row.Workers == 2 {
		t.Errorf("got a verdict on 60 µs: %+v", r.Verdict)
	}
	s.times = map[string]float64{"simple": 6, "serialized": 6, "goroutines": 3}
	if r := s.result(); r.Verdict == nil {
		t.Error("got no verdict on 6 ms")
	}
}
