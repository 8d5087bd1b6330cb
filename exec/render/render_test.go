package render

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"lockstep/exec/measure"
)

var update = flag.Bool("update", false, "rewrite testdata")

const ms = time.Millisecond

// classic is the classic benchmark as it comes out on two cores.
func classic() measure.Result {
	r := measure.Result{
		Schema: measure.Schema, Title: "Append random numbers", Engine: "interp", Lock: "interval=5ms",
		Started: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC),
		Machine: measure.Machine{OS: "linux", Arch: "amd64", CPUs: 2, MaxProcs: 2, Go: "go1.26.8"},
		Modes:   []string{"simple", "serialized", "goroutines", "subprocess"},
		Workers: []int{2, 3, 4}, Repetitions: 5, Baseline: "simple",
	}
	times := map[string]time.Duration{"simple": 412 * ms, "serialized": 415 * ms, "goroutines": 208 * ms, "subprocess": 221 * ms}
	for _, n := range r.Workers {
		for k := range r.Repetitions + 1 {
			for _, m := range r.Modes {
				d := times[m] * time.Duration(n) / 2
				if m == "goroutines" || m == "subprocess" {
					d = times[m] * time.Duration(n) / 2 * 21 / 20
				}
				// The runs differ a little, and those of serialized overlap
				// with those of simple.
				d += time.Duration(k*k%5) * d / 200
				run := measure.Run{Mode: m, Workers: n, Repetition: k, Sample: measure.Sample{
					Elapsed: d, CPUUser: 200 * ms * time.Duration(n), CPUSystem: 3 * ms, GC: 12 * ms,
				}}
				switch m {
				case "serialized":
					run.Sample.CPUUser += 100 * ms * time.Duration(n)
					run.Sample.Running = measure.Running{Waited: d * time.Duration(n-1), Held: d, Forced: int64(d / (5 * ms)), Voluntary: int64(n)}
				case "subprocess":
					run.Sample.Startup, run.Sample.SentBytes, run.Sample.ReceivedBytes = 14*ms, int64(2300*n), int64(180*n)
					run.Sample.PeakBytes = int64(n) * 61 << 20
				}
				for i := range n {
					run.Outcomes = append(run.Outcomes, measure.Outcome{Worker: i, Elapsed: d, Result: "1000000"})
				}
				r.Runs = append(r.Runs, run)
			}
		}
	}
	measure.Summarize(&r)
	return r
}

// troubled is a result with all that can go wrong: few runs, a worker killed,
// a mode in which nobody came to an end, markup in texts, an interrupt.
func troubled() measure.Result {
	r := measure.Result{
		Schema: measure.Schema, Title: "if a < b { panic(`|x|`) }",
		Machine: measure.Machine{OS: "linux", Arch: "amd64", CPUs: 2, MaxProcs: 2, Go: "go1.26.8"},
		Modes:   []string{"simple", "async", "subprocess"}, Workers: []int{1, 2}, Repetitions: 2, Baseline: "simple",
		Interrupted: "interrupted after 11 of 18 runs",
	}
	add := func(mode string, workers, k int, d time.Duration, outcomes ...measure.Outcome) {
		r.Runs = append(r.Runs, measure.Run{Mode: mode, Workers: workers, Repetition: k, Sample: measure.Sample{Elapsed: d}, Outcomes: outcomes})
	}
	ok := measure.Outcome{Result: "<b>&|*"}
	killed := measure.Outcome{Worker: 1, Failure: measure.Signaled, Error: "killed by signal 9 (killed)\nmore"}
	late := measure.Outcome{Failure: measure.TimedOut, Error: "no result after 2s"}
	for k := range 3 {
		add("simple", 1, k, 3*ms, ok)
		if k == 0 {
			add("async", 1, k, 2*time.Second, late)
		}
		add("subprocess", 1, k, time.Duration(2+k)*ms, ok)
	}
	add("simple", 2, 0, 6*ms, ok, ok)
	add("async", 2, 0, 6*ms, ok, ok)
	add("subprocess", 2, 0, 4*ms, ok, killed)
	add("simple", 2, 1, 6*ms, ok, ok)
	add("async", 2, 1, 6*ms, ok, ok)
	add("subprocess", 2, 1, 4*ms, ok, killed)
	measure.Summarize(&r)
	return r
}

// timed is a comparison with timelines: two workers under the lock, one of
// which sleeps first.
func timed() measure.Result {
	r := measure.Result{
		Schema: measure.Schema, Machine: measure.Machine{MaxProcs: 2}, Modes: []string{"serialized"},
		Workers: []int{2}, Repetitions: 4, Baseline: "serialized", Lock: "interval=5ms",
	}
	for k := range 5 {
		r.Runs = append(r.Runs, measure.Run{
			Mode: "serialized", Workers: 2, Repetition: k, Sample: measure.Sample{Elapsed: 40 * ms},
			Outcomes: []measure.Outcome{
				{Running: measure.Running{Held: 25 * ms, Waited: 15 * ms}},
				{Worker: 1, Running: measure.Running{Held: 15 * ms, Waited: 5 * ms, Blocked: 20 * ms}},
			},
		})
	}
	r.Runs[4].Timeline = &measure.Timeline{Stride: 1, Spans: []measure.Span{
		{Worker: 0, State: "running", End: 20 * ms}, {Worker: 1, State: "blocked", End: 20 * ms},
		{Worker: 0, State: "running", Start: 20 * ms, End: 25 * ms}, {Worker: 1, State: "waiting", Start: 20 * ms, End: 25 * ms},
		{Worker: 0, State: "waiting", Start: 25 * ms, End: 40 * ms}, {Worker: 1, State: "running", Start: 25 * ms, End: 40 * ms},
	}}
	measure.Summarize(&r)
	return r
}

// combined is classic beside the same at half the speed.
func combined() measure.Result {
	a, b := classic(), classic()
	a.Label, b.Label = "before", "after"
	b.Runs = slices.Clone(b.Runs)
	for i := range b.Runs {
		b.Runs[i].Sample.Elapsed *= 2
	}
	return measure.Combine(a, b)
}

// started is a run in two processes, the second of which is late.
func started() measure.Result {
	r := measure.Result{Schema: measure.Schema, Machine: measure.Machine{MaxProcs: 2}, Modes: []string{"subprocess"}, Workers: []int{2}, Repetitions: 1, Baseline: "subprocess"}
	r.Runs = []measure.Run{{
		Mode: "subprocess", Workers: 2, Repetition: 1, Sample: measure.Sample{Elapsed: 30 * ms, Startup: 12 * ms},
		Outcomes: []measure.Outcome{{Running: measure.Running{Held: 20 * ms, Blocked: 5 * ms}}, {Worker: 1, Running: measure.Running{Held: 28 * ms}}},
		Timeline: &measure.Timeline{Stride: 1, Spans: []measure.Span{
			{Worker: 0, State: "starting", Start: -12 * ms, End: -2 * ms}, {Worker: 1, State: "starting", Start: -10 * ms, End: 0},
			{Worker: 0, State: "running", End: 10 * ms}, {Worker: 1, State: "running", Start: ms, End: 29 * ms},
			{Worker: 0, State: "blocked", Start: 10 * ms, End: 15 * ms}, {Worker: 0, State: "running", Start: 15 * ms, End: 25 * ms},
		}},
	}}
	measure.Summarize(&r)
	return r
}

// single is one mode alone, as of %%goroutines -n 2 -r 1.
func single() measure.Result {
	r := measure.Result{
		Schema: measure.Schema, Machine: measure.Machine{MaxProcs: 8}, Modes: []string{"goroutines"},
		Workers: []int{2}, Repetitions: 1, Baseline: "goroutines",
	}
	for k := range 2 {
		r.Runs = append(r.Runs, measure.Run{
			Mode: "goroutines", Workers: 2, Repetition: k, Sample: measure.Sample{Elapsed: 1234 * ms},
			Outcomes: []measure.Outcome{{}, {Worker: 1}},
		})
	}
	measure.Summarize(&r)
	return r
}

// shaped is the mode hybrid in three shapes beside simple.
func shaped() measure.Result {
	r := measure.Result{
		Schema: measure.Schema, Machine: measure.Machine{MaxProcs: 2}, Modes: []string{"simple", "hybrid"},
		Workers: []int{8}, Budget: 3 * time.Second, Baseline: "simple",
		Shapes: []measure.Row{{Workers: 8, Shape: "1×8"}, {Workers: 8, Shape: "2×4"}, {Workers: 8, Shape: "8×1"}},
	}
	for k := range 6 {
		run := measure.Run{Mode: "simple", Workers: 8, Repetition: k, Sample: measure.Sample{Elapsed: 800*ms + time.Duration(k)*ms}, Outcomes: make([]measure.Outcome, 8)}
		r.Runs = append(r.Runs, run)
		for i, row := range r.Shapes {
			run.Mode, run.Shape = "hybrid", row.Shape
			run.Sample = measure.Sample{Elapsed: time.Duration(600-150*i)*ms + time.Duration(k)*ms, Startup: time.Duration(9*(i+1)) * ms}
			r.Runs = append(r.Runs, run)
		}
	}
	measure.Summarize(&r)
	return r
}

func TestGolden(t *testing.T) {
	formats := map[string]func(io.Writer, measure.Result) error{
		"txt": Text, "html": HTML, "md": Markdown, "csv": CSV, "json": JSON, "svg": Chart, "trace.json": Trace,
		"timeline.svg": func(w io.Writer, r measure.Result) error { return Timeline(w, r.Runs[len(r.Runs)-1]) },
	}
	tests := []struct {
		name   string
		result measure.Result
		exts   []string
	}{
		{"classic", classic(), []string{"txt", "html", "md", "csv", "svg"}},
		{"troubled", troubled(), []string{"txt", "html", "md", "csv", "json"}},
		{"combined", combined(), []string{"txt", "svg"}},
		{"shaped", shaped(), []string{"txt", "svg"}},
		{"single", single(), []string{"txt", "html", "md"}},
		{"timed", timed(), []string{"html", "trace.json", "timeline.svg"}},
		{"started", started(), []string{"trace.json", "timeline.svg"}},
	}
	for _, tt := range tests {
		for _, ext := range tt.exts {
			file, write := filepath.Join("testdata", tt.name+"."+ext), formats[ext]
			t.Run(tt.name+"."+ext, func(t *testing.T) {
				var b bytes.Buffer
				if err := write(&b, tt.result); err != nil {
					t.Fatal(err)
				}
				if *update {
					if err := os.WriteFile(file, b.Bytes(), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), b.String()); diff != "" {
					t.Errorf("differs from %s; -update rewrites it (-want +got):\n%s", file, diff)
				}
			})
		}
	}
}

// A worker that starts goroutines can wait more often than there is time.
func TestWaitedMoreThanAllTime(t *testing.T) {
	r := timed()
	for k := range r.Runs {
		r.Runs[k].Sample.Waited = 900 * ms
	}
	measure.Summarize(&r)
	var text strings.Builder
	if err := Text(&text, r); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "> 100 % (900 ms)") {
		t.Errorf("got\n%s\nwant the share of waiting cut", &text)
	}
}
