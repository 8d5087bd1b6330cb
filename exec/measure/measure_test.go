package measure

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite testdata")

const ms = time.Millisecond

// result makes a result of two cores with 2 workers from times in milliseconds,
// the first of each the warm-up.
func result(times map[string][]int, modes ...string) Result {
	r := Result{
		Schema: Schema, Machine: Machine{CPUs: 2, MaxProcs: 2}, Modes: modes, Workers: []int{2},
		Repetitions: len(times[modes[0]]) - 1, Baseline: modes[0],
	}
	for i := range r.Repetitions + 1 {
		for _, m := range modes {
			d := time.Duration(times[m][i]) * ms
			r.Runs = append(r.Runs, Run{
				Mode: m, Workers: 2, Repetition: i,
				Sample:   Sample{Elapsed: d, CPUUser: 2 * d},
				Outcomes: []Outcome{{Worker: 0, Result: "7"}, {Worker: 1, Result: "8"}},
			})
		}
	}
	return r
}

func TestSummary(t *testing.T) {
	r := result(map[string][]int{
		"simple":     {500, 400, 402, 398, 404, 400},
		"goroutines": {210, 200, 201, 199, 202, 200},
		"serialized": {400, 401, 399, 403, 397, 400},
	}, "simple", "goroutines", "serialized")
	Summarize(&r)
	s, ok := r.Summary("simple", 2)
	if !ok || s.Median != 400*ms || s.Min != 398*ms || s.Max != 404*ms || s.Runs != 5 || s.FirstRun != 500*ms {
		t.Errorf("simple: got %+v", s)
	}
	if s.Low != s.Min || s.High != s.Max || s.Confidence != 0.9375 {
		t.Errorf("with 5 runs: got interval %v to %v at %v, want fastest to slowest at 0.9375", s.Low, s.High, s.Confidence)
	}
	if got := s.Spread(); got < 0.0099 || got > 0.0101 {
		t.Errorf("spread: got %v, want 1 %%", got)
	}
	if s.Speedup != nil {
		t.Errorf("baseline: got speed-up %+v, want none", s.Speedup)
	}
	if s.Sample.CPUUser != 800*ms {
		t.Errorf("CPU: got %v, want 800ms", s.Sample.CPUUser)
	}
	if g, _ := r.Summary("goroutines", 2); g.Speedup == nil || g.Speedup.Ratio != 2 || !g.Speedup.Significant || !g.Speedup.Tested {
		t.Errorf("goroutines: got %+v, want twice as fast, significantly", g.Speedup)
	}
	if l, _ := r.Summary("serialized", 2); l.Speedup == nil || l.Speedup.Significant || !l.Speedup.Tested {
		t.Errorf("serialized: got %+v, want no significant difference", l.Speedup)
	}
}

func TestIntervalWithSixRuns(t *testing.T) {
	r := result(map[string][]int{"simple": {100, 101, 102, 103, 104, 105, 106, 107, 108, 200}}, "simple")
	Summarize(&r)
	s, _ := r.Summary("simple", 2)
	if s.Confidence < 0.95 || s.High >= s.Max || s.Low <= s.Min {
		t.Errorf("got %v to %v at %v, want an interval inside fastest and slowest at 0.95", s.Low, s.High, s.Confidence)
	}
}

func TestWarnings(t *testing.T) {
	base := map[string][]int{"simple": {100, 100, 100, 100, 100, 100}, "goroutines": {100, 50, 50, 50, 50, 50}}
	tests := []struct {
		name string
		edit func(r *Result)
		want WarningKind
		text string // what must be in it: the figure, and what to do
	}{
		{"few runs", func(r *Result) { r.Runs = r.Runs[:6] }, FewRuns, "-r 6"},
		{"too fast", func(r *Result) { each(r, "goroutines", func(s *Run) { s.Sample.Elapsed /= 10 }) }, TooFast, "more to do"},
		{"cores", func(r *Result) { r.Machine.MaxProcs = 1 }, MoreThanCores, "-n 1"},
		{"cores for modes without simple", func(r *Result) {
			r.Machine.MaxProcs = 1
			r.Modes = []string{"goroutines"}
		}, MoreThanCores, "those bring nothing more"},
		{"spread", func(r *Result) { r.Runs[10].Sample.Elapsed *= 2 }, WideSpread, "simple (2)"},
		{"first run", func(r *Result) { r.Runs[0].Sample.Elapsed *= 3 }, SlowFirstRun, "simple (2)"},
		{"busy machine", func(r *Result) { each(r, "simple", func(s *Run) { s.Sample.Ready = s.Sample.CPUUser / 2 }) }, MachineBusy, "measure again"},
		{"garbage", func(r *Result) { each(r, "simple", func(s *Run) { s.Sample.GC = s.Sample.CPUUser / 2 }) }, GarbageHeavy, "Allocate less"},
		{"startup", func(r *Result) { each(r, "goroutines", func(s *Run) { s.Sample.Startup = time.Second }) }, StartupDominant, "total"},
		{"failure", func(r *Result) {
			r.Runs[3].Outcomes[1] = Outcome{Worker: 1, Failure: Panicked, Error: "panic: boom\nat cell"}
		}, WorkersFailed, "1 of 2 workers failed, so the time cannot be compared. Worker 1: panic: boom; at cell"},
		{"results", func(r *Result) { each(r, "goroutines", func(s *Run) { s.Outcomes[1].Result = "9" }) }, ResultsDiffer, "other results than simple"},
		{"lost node", func(r *Result) {
			r.Runs[9].Cluster = &Cluster{Nodes: []NodeShare{{Node: "a"}, {Node: "b", Lost: true}}}
		}, NodeLost, "goroutines (2): lost in a run: b. What"},
		{"interrupted", func(r *Result) { r.Interrupted = "interrupted after 3 of 6 runs" }, Cut, "3 of 6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := result(base, "simple", "goroutines")
			Summarize(&r)
			if len(r.Warnings) > 0 {
				t.Fatalf("before: got %v, want no warning", r.Warnings)
			}
			tt.edit(&r)
			Summarize(&r)
			for _, w := range r.Warnings {
				if w.Kind == tt.want {
					if !strings.Contains(w.Text, tt.text) {
						t.Errorf("got %q, want %q in it", w.Text, tt.text)
					}
					return
				}
			}
			t.Errorf("got %v, want %s", r.Warnings, tt.want)
		})
	}
}

// More workers than cores are worth a word only if they need the cores; also without simple to tell.
func TestWorkersThatWaitNeedNoCores(t *testing.T) {
	for _, tt := range []struct {
		blocked float64 // of the workers' time
		want    bool
	}{{0, true}, {0.3, true}, {0.95, false}} {
		r := result(map[string][]int{"goroutines": {100, 100, 100, 100, 100, 100}}, "goroutines")
		r.Machine.MaxProcs = 1
		each(&r, "goroutines", func(s *Run) {
			s.Sample.Blocked = time.Duration(tt.blocked * float64(s.Workers) * float64(s.Sample.Elapsed))
		})
		Summarize(&r)
		if got := slices.ContainsFunc(r.Warnings, func(w Warning) bool { return w.Kind == MoreThanCores }); got != tt.want {
			t.Errorf("blocked for %v of the time: warned %v, want %v", tt.blocked, got, tt.want)
		}
	}
}

func each(r *Result, mode string, edit func(*Run)) {
	for i := range r.Runs {
		if r.Runs[i].Mode == mode {
			edit(&r.Runs[i])
		}
	}
}

func TestRandomResultsAreNoWarning(t *testing.T) {
	r := result(map[string][]int{"simple": {100, 100, 100, 100, 100}, "goroutines": {50, 50, 50, 50, 50}}, "simple", "goroutines")
	for i := range r.Runs {
		r.Runs[i].Outcomes[0].Result = string(rune('a' + i))
	}
	Summarize(&r)
	for _, w := range r.Warnings {
		t.Errorf("got %s: %s", w.Kind, w.Text)
	}
}

// Repetitions in processes that are there already say nothing of what it costs
// to start them.
func TestStartupIsThatOfColdRuns(t *testing.T) {
	for want, warm := range map[time.Duration][]int{20 * ms: {0, 2, 2, 2}, 30 * ms: {0, 0, 0, 0}, 40 * ms: {0, 2, 0, 2}} {
		r := result(map[string][]int{"subprocess": {100, 100, 100, 100}}, "subprocess")
		for i := range r.Runs {
			r.Runs[i].Sample.Startup, r.Runs[i].Sample.Warm = []time.Duration{20, 30, 40, 10}[i]*ms, warm[i]
		}
		Summarize(&r)
		if s, _ := r.Summary("subprocess", 2); s.Startup != want || s.Total != want+100*ms {
			t.Errorf("%v: got %v, total %v, want %v", warm, s.Startup, s.Total, want)
		}
	}
}

func TestFailedWorkersAreNotCompared(t *testing.T) {
	r := result(map[string][]int{"simple": {100, 100, 100}, "goroutines": {50, 50, 50}}, "simple", "goroutines")
	r.Runs[5].Outcomes[0].Failure = Signaled
	Summarize(&r)
	if s, _ := r.Summary("goroutines", 2); s.Failed != 1 || s.Speedup != nil || s.Median != 50*ms {
		t.Errorf("got %+v, want the time, one failure and no speed-up", s)
	}
}

// complete is a result with every field set.
func complete() Result {
	r := result(map[string][]int{"simple": {110, 100, 101}, "subprocess": {70, 60, 61}}, "simple", "subprocess")
	r.Title, r.Engine, r.Lock = "squares", "interp", "interval=5ms"
	r.Started = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	r.Machine = Machine{OS: "linux", Arch: "amd64", CPUs: 2, MaxProcs: 2, Go: "go1.26.8"}
	last := &r.Runs[5]
	last.Sample.Startup, last.Sample.PeakBytes, last.Sample.SentBytes, last.Sample.ReceivedBytes = 5*ms, 1<<20, 2000, 300
	last.Sample.Running = Running{Held: 50 * ms, Waited: 3 * ms, Blocked: ms, Forced: 4, Voluntary: 5}
	last.Outcomes[1] = Outcome{Worker: 1, Elapsed: 61 * ms, Failure: Signaled, Error: "killed by signal 9", Pid: 77, ExitCode: 137, CPUUser: 60 * ms}
	last.Timeline = &Timeline{Spans: []Span{{Worker: 1, State: "running", Start: ms, End: 2 * ms}}, Stride: 1}
	Summarize(&r)
	return r
}

func TestResultSurvivesGobAndJSON(t *testing.T) {
	want := complete()
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(want); err != nil {
		t.Fatal(err)
	}
	var got Result
	if err := gob.NewDecoder(&b).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("gob (-want +got):\n%s", diff)
	}
	text, err := json.MarshalIndent(want, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, '\n')
	if *update {
		if err := os.WriteFile("testdata/result.json", text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile("testdata/result.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(golden), string(text)); diff != "" {
		t.Errorf("the JSON form has changed; a reader of schema %d must still understand it (-want +got):\n%s", Schema, diff)
	}
	got, err = Decode(bytes.NewReader(golden))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("JSON read back (-want +got):\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema": 99}`: "want schema 1, got 99",
		`{}`:             "got 0",
		`{"runs": 3}`:    "runs",
	} {
		if _, err := Decode(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in the error", text, err, want)
		}
	}
}

func TestCombine(t *testing.T) {
	waiting := result(map[string][]int{"simple": {200, 200, 200, 200, 200}, "goroutines": {100, 100, 100, 100, 100}}, "simple", "goroutines")
	counting := result(map[string][]int{"simple": {300, 300, 300, 300, 300}, "goroutines": {290, 100, 100, 100, 100}}, "simple", "goroutines")
	waiting.Label, counting.Label, counting.Lock = "waiting", "counting", "ticks=100"
	counting.Workers = []int{2, 4}
	r := Combine(waiting, counting)
	if want := []string{"waiting/simple", "waiting/goroutines", "counting/simple", "counting/goroutines"}; !slices.Equal(r.Modes, want) || !slices.Equal(r.Workers, []int{2, 4}) {
		t.Errorf("got modes %q, workers %v, want %q", r.Modes, r.Workers, want)
	}
	for mode, want := range map[string]float64{"waiting/goroutines": 2, "counting/goroutines": 3} {
		if s, ok := r.Summary(mode, 2); !ok || s.Speedup == nil || s.Speedup.Ratio != want {
			t.Errorf("%s: got %+v, want %v times as fast as simple of the same result", mode, s.Speedup, want)
		}
	}
	if s, _ := r.Summary("counting/simple", 2); s.Speedup != nil || r.Lock != "" || len(r.Runs) != 20 {
		t.Errorf("got speed-up %+v of a baseline, lock %q, %d runs", s.Speedup, r.Lock, len(r.Runs))
	}
	for _, tt := range []struct{ edit func(a, b *Result) }{
		{func(a, b *Result) { a.Label, b.Label, a.Engine, b.Engine = "x", "x", "interp", "native" }},
		{func(a, b *Result) { a.Label, b.Label = "", "" }},
	} {
		a, b := waiting, counting
		tt.edit(&a, &b)
		label, own := Part(Combine(a, b).Modes[3])
		if want := map[bool]string{true: "native", false: "2"}[a.Engine != ""]; label != want || own != "goroutines" {
			t.Errorf("got label %q of %s, want %s", label, own, want)
		}
	}
	shaped := result(map[string][]int{"hybrid": {80, 80}}, "hybrid")
	shaped.Label, shaped.Baseline, shaped.Workers, shaped.Shapes = "shaped", "hybrid", []int{6}, []Row{{6, "3×2"}}
	for i := range shaped.Runs {
		shaped.Runs[i].Workers, shaped.Runs[i].Shape = 6, "3×2"
	}
	all := Combine(waiting, shaped)
	if want := []Row{{6, "3×2"}, {2, ""}}; !slices.Equal(all.Rows(), want) || all.BaselineOf("waiting") != "simple" || all.BaselineOf("shaped") != "hybrid" {
		t.Errorf("with shapes and without: got rows %v, baselines %s and %s; want %v", all.Rows(), all.BaselineOf("waiting"), all.BaselineOf("shaped"), want)
	}
	if s, ok := all.At("waiting/goroutines", Row{Workers: 2}); !ok || s.Speedup == nil || s.Speedup.Ratio != 2 {
		t.Errorf("beside a result with shapes: got %+v", s)
	}
	if one := Combine(waiting); !slices.Equal(one.Modes, waiting.Modes) {
		t.Errorf("one result alone: got modes %q", one.Modes)
	}
}
