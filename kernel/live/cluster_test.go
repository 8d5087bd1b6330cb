package live_test

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"lockstep/exec/cluster"
	"lockstep/exec/measure"
	"lockstep/exec/procs"
	"lockstep/kernel/lang"
)

// playNode is a node, with the flags that cluster.StartLocal gives.
func playNode(args []string) error {
	f := flag.NewFlagSet("node", flag.ContinueOnError)
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	o := cluster.NodeOptions{Program: "of the tests", Command: procs.Command{Path: exe, Args: []string{"worker-role"}}}
	f.StringVar(&o.URL, "nats", "", "")
	f.IntVar(&o.Slots, "slots", 1, "")
	f.StringVar(&o.Name, "name", "", "")
	f.StringVar(&o.Trust, "trust", "", "")
	f.Bool("attached", false, "")
	f.StringVar(&o.Host.Path, "host", "", "")
	f.StringVar(&o.Dir, "dir", "", "")
	if err := f.Parse(args); err != nil {
		return err
	}
	o.Host.Args = []string{"worker"}
	o.Token = os.Getenv(cluster.TokenVariable)
	ctx, stop := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	return cluster.Run(ctx, o, nil)
}

// lastRun is that of a mode.
func lastRun(t *testing.T, r measure.Result, mode string) measure.Run {
	t.Helper()
	for _, run := range slices.Backward(r.Runs) {
		if run.Mode == mode {
			return run
		}
	}
	t.Fatalf("no run of mode %s", mode)
	return measure.Run{}
}

// listener is a recorder that does something when a text comes, once.
type listener struct {
	recorder
	text string
	then func()
	once sync.Once
}

func (l *listener) Stream(name, text string) {
	l.recorder.Stream(name, text)
	if strings.Contains(text, l.text) {
		l.once.Do(l.then)
	}
}

// TestCluster is one session, as a cluster takes a moment to start.
func TestCluster(t *testing.T) {
	n := newNotebook(t)
	n.must("%cluster local 2 --slots 2")
	n.must("type point struct {\n\tx, y int\n\ttags map[string][]string\n}\nfunc (p point) sum() int { return p.x + p.y }")
	n.must("const scale = 10\nfunc times(i int) int { return i * scale }")
	n.must("p := point{x: 3, y: 4, tags: map[string][]string{\"a\": {\"b\", \"c\"}}}\nunused := make(chan int)")

	t.Run("declarations and variables", func(t *testing.T) {
		r := n.compare(t, "%%compare -n 2 -r 2 --modes simple,cluster\np.x += worker\nfmt.Sprint(times(p.sum()), p.tags[\"a\"], workers)")
		for i, want := range []string{`"70 [b c] 2"`, `"80 [b c] 2"`} {
			if got := outcomes(t, r, "cluster")[i]; got.Result != want || got.Node == "" {
				t.Errorf("worker %d: got %s %s of node %q, want %s", i, got.Result, got.Error, got.Node, want)
			}
		}
		run := lastRun(t, r, "cluster")
		tasks := 0
		if c := run.Cluster; c != nil {
			for _, n := range c.Nodes { // one may be quick enough for both
				tasks += n.Tasks
			}
		}
		if c := run.Cluster; tasks != 2 || c.Redelivered != 0 || c.Queued == 0 {
			t.Errorf("figures: got %+v, want those of 2 tasks", c)
		}
		if s := run.Sample; s.SentBytes == 0 || s.ReceivedBytes == 0 {
			t.Errorf("bytes: got %d sent, %d received", s.SentBytes, s.ReceivedBytes)
		}
		if s := run.Sample; s.CPUUser+s.CPUSystem == 0 || s.PeakBytes < 1<<20 {
			t.Errorf("got %v + %v of CPU time, %d bytes", s.CPUUser, s.CPUSystem, s.PeakBytes)
		}
	})
	t.Run("tasks", func(t *testing.T) {
		r := n.compare(t, "%%compare -n 3 -r 1 --modes simple,cluster --tasks 100\ntask * task")
		for _, mode := range []string{"simple", "cluster"} {
			if sum, ok := lastRun(t, r, mode).TaskSum(); !ok || sum != 328350 {
				t.Errorf("%s: got sum %v, want 328350: %+v", mode, sum, lastRun(t, r, mode).Outcomes)
			}
		}
	})
	t.Run("timeline", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "result.json")
		n.must("%%cluster -n 4 -r 1 --tasks 40 --timeline --json " + file + "\ntime.Sleep(5 * time.Millisecond)")
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		r, err := measure.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		run := lastRun(t, r, "cluster")
		seats := map[string]map[int]bool{}
		states := map[string]int{}
		for _, s := range run.Timeline.Spans {
			if seats[s.Node] == nil {
				seats[s.Node] = map[int]bool{}
			}
			seats[s.Node][s.Seat] = true
			states[s.State]++
			if s.Start > s.End || s.End > run.Sample.Elapsed {
				t.Errorf("a span of no time, or after the end: %+v", s)
			}
		}
		if len(seats) != 2 || states["starting"] != 4 || states["running"] == 0 || states["waiting"] < 4 {
			t.Errorf("got states %v on %v, want those of 4 seats on 2 nodes", states, seats)
		}
		for _, node := range run.Cluster.Nodes {
			if len(seats[node.Node]) != 2 || node.Workers != 2 || node.Slots != 2 {
				t.Errorf("node %+v has seats %v, want 2", node, seats[node.Node])
			}
		}
	})
	t.Run("what workers write", func(t *testing.T) {
		_, out, err := n.run(t.Context(), "%%cluster -n 1 -r 1\nfmt.Println(\"a\")\nprint(\"b\\n\")\nfmt.Print(\"c\")")
		if err != nil || !strings.Contains(out, "worker 0: a\n") || !strings.Contains(out, "worker 0: b\n") || !strings.Contains(out, "worker 0: c\n") {
			t.Errorf("got %q, %v", out, err)
		}
	})
	t.Run("what a long task writes", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "go")
		out := &listener{text: "worker 0: begun\n", then: func() {
			if err := os.WriteFile(file, nil, 0o600); err != nil {
				t.Error(err)
			}
		}}
		n.n++
		// It does not end before its first line is here.
		r := n.s.Execute(t.Context(), lang.Request{Code: "%%cluster -n 1 -r 1\nfmt.Println(\"begun\")\nfor {\n\tif _, err := os.Stat(\"" + file + "\"); err == nil {\n\t\tbreak\n\t}\n" +
			"\ttime.Sleep(10 * time.Millisecond)\n}\nfmt.Println(\"done\")", Count: n.n}, out)
		text := out.recorder.text.String()
		if r.Err != nil || strings.Count(text, "worker 0: begun\n") != 2 || strings.Count(text, "worker 0: done\n") != 2 { // with the warm-up
			t.Errorf("got %q, %v", text, r.Err)
		}
	})
	for _, tt := range []struct{ name, code, want string }{
		{"panic", "if worker == 1 { panic(\"boom\") }\nworker", "boom (line 2)"},
		{"exit", "if worker == 1 { os.Exit(3) }\nworker", "exit status 3"},
		{"killed", "if worker == 1 { syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }\nworker", "given up after 3 attempts: the process ended: killed by signal 9"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := outcomes(t, n.compare(t, "%%cluster -n 2 -r 1\n"+tt.code), "cluster")
			if o[0].Result != "0" || o[0].Failed() {
				t.Errorf("the other worker: got %q %s, want 0", o[0].Result, o[0].Error)
			}
			if !o[1].Failed() || !strings.Contains(o[1].Error, tt.want) {
				t.Errorf("the crashed worker: got %q, want %q in it", o[1].Error, tt.want)
			}
		})
	}
	t.Run("no second run", func(t *testing.T) {
		o := outcomes(t, n.compare(t, "%%cluster -n 2 -r 1 --idempotent=false\nif worker == 1 { syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }\nworker"), "cluster")
		if !strings.HasPrefix(o[1].Error, "the process ended: killed by signal 9") {
			t.Errorf("got %q", o[1].Error)
		}
	})
	t.Run("timeout", func(t *testing.T) {
		o := outcomes(t, n.compare(t, "%%cluster -n 2 -r 1 --timeout 300ms\nif worker == 1 { select {} }\nworker"), "cluster")
		if o[0].Failed() || o[1].Failure != measure.TimedOut {
			t.Errorf("got %+v", o)
		}
	})
	for _, tt := range []struct{ name, code, want string }{
		{"more workers than slots", "%%cluster -n 5\nworker", "more workers than the cluster has slots, 4"},
		{"a tag that no node has", "%%cluster -n 1 --tags gpu\nworker", "has no tag gpu"},
		{"a lock that the cell holds", "var held lab.Lock\nheld.Lock()\n%%cluster -n 1 -r 1\nheld.Lock()\nheld.Unlock()", "the cell holds it: unlock it first"},
		{"shared memory", "mem := lab.NewSharedMemory(8)\n%%cluster -n 1 -r 1\nmem.Len()", "machines have no memory in common: give the workload a slice"},
		{"what cannot be sent", "%%cluster -n 1 -r 1\nlen(unused)", "chan"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before, code, cell := strings.Cut(tt.code, "\n%%")
			if cell {
				n.must(before)
				code = "%%" + code
			} else {
				code = tt.code
			}
			_, _, err := n.run(t.Context(), code)
			if err == nil || !strings.Contains(err.Value, tt.want) {
				t.Errorf("got %v, want %q in it", err, tt.want)
			}
			t.Log(err)
		})
	}
	t.Run("interrupt", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		out := &recorder{}
		done := make(chan lang.Result)
		n.n++
		go func() {
			done <- n.s.Execute(ctx, lang.Request{Code: "%%cluster -n 2 -r 1\nif worker == 0 { return worker }\nselect {}", Count: n.n}, out)
		}()
		// Another connection would show it; what is stored does, once worker 0 has its result. The run is under way
		// or about to be in any case: both are to stop.
		cancel()
		if r := <-done; r.Err == nil || r.Err.Name != "interrupted" {
			t.Errorf("got %v, want interrupted", r.Err)
		}
		n.compare(t, "%%cluster -n 4 -r 1\nworker")
	})
	n.must("%cluster stop")
	t.Run("without being asked for", func(t *testing.T) {
		_, out, err := n.run(t.Context(), "%%cluster -n 1 -r 1\nworker")
		if err != nil || !strings.Contains(out, "note: a cluster of 2 nodes") {
			t.Errorf("got %q, %v", out, err)
		}
	})
	t.Run("a server that is not there", func(t *testing.T) {
		_, _, err := n.run(t.Context(), "%cluster connect nats://user:secret@127.0.0.1:1")
		if err == nil || !strings.Contains(err.Value, "connecting to nats://127.0.0.1:1: ") || strings.Contains(err.Value, "secret") {
			t.Errorf("got %v", err)
		}
	})
}
