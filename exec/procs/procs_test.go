//go:build linux

package procs_test

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	osexec "os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"lockstep/exec"
	"lockstep/exec/measure"
	"lockstep/exec/procs"
	"lockstep/exec/procs/value"
	"lockstep/exec/shm"
)

var contextBackground = context.Background()

// run makes one run of a workload.
func run(t testing.TB, ctx context.Context, o procs.Options, s exec.Shape) ([]measure.Outcome, exec.Startup) {
	t.Helper()
	if o.Command.Path == "" {
		o.Command = self("worker")
	}
	p, err := procs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	crew, err := p.Prepare(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := crew.Run(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if err := crew.Close(); err != nil {
		t.Fatal(err)
	}
	return outcomes, crew.Startup()
}

func program(name string) procs.Options { return procs.Options{Program: []byte(name)} }

var two = exec.Shape{Processes: 2, Goroutines: 1}

func TestResults(t *testing.T) {
	for _, test := range []struct {
		shape exec.Shape
		want  []string
	}{
		{exec.Shape{Processes: 1, Goroutines: 1}, []string{"1"}},
		{exec.Shape{Processes: 3, Goroutines: 1}, []string{"3", "103", "203"}},
		{exec.Shape{Processes: 2, Goroutines: 2}, []string{"4", "104", "204", "304"}},
	} {
		outcomes, startup := run(t, t.Context(), program("index"), test.shape)
		var got []string
		pids := map[int]bool{}
		for i, o := range outcomes {
			got = append(got, o.Result)
			pids[o.Pid] = true
			if o.Worker != i || o.Failed() || o.Elapsed <= 0 || o.Startup <= 0 || o.ReceivedBytes <= 0 || o.PeakBytes <= 0 {
				t.Errorf("%v: got outcome %+v", test.shape, o)
			}
			v, err := value.Unmarshal(o.Value, value.Options{})
			if err != nil || fmt.Sprint(v) != o.Result {
				t.Errorf("%v: got value %v, %v, want %s", test.shape, v, err, o.Result)
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: got %q, want %q", test.shape, got, test.want)
		}
		if len(pids) != test.shape.Processes || len(startup.PerProcess) != test.shape.Processes || startup.Warm != 0 {
			t.Errorf("%v: got %d processes, %+v", test.shape, len(pids), startup)
		}
		if slowest := slices.Max(startup.PerProcess); slowest > startup.Elapsed || slowest <= 0 {
			t.Errorf("%v: start-up of %v took %v", test.shape, startup.PerProcess, startup.Elapsed)
		}
	}
}

// Workers in several processes share the tasks.
func TestTasks(t *testing.T) {
	region, err := shm.New()
	if err != nil {
		t.Fatal(err)
	}
	defer region.Close()
	o := program("task")
	o.Region = region
	w := newWarm(t, o)
	for k := range 3 {
		crew, err := w.Prepare(t.Context(), exec.Shape{Processes: 2, Goroutines: 2, Tasks: 1000, Chunk: 3, Warm: k < 2})
		if err != nil {
			t.Fatal(err)
		}
		outcomes, err := crew.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := crew.Close(); err != nil {
			t.Fatal(err)
		}
		tasks := 0
		for _, o := range outcomes {
			tasks += o.Tasks
		}
		if sum, ok := (measure.Run{Outcomes: outcomes}).TaskSum(); tasks != 1000 || !ok || sum != 999*500 {
			t.Errorf("run %d: got %d tasks, sum %v %v", k, tasks, sum, ok)
		}
	}
	p, err := procs.New(procs.Options{Command: self("worker"), Program: []byte("task")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Prepare(t.Context(), exec.Shape{Processes: 1, Goroutines: 1, Tasks: 1}); err == nil {
		t.Error("tasks without shared memory")
	}
}

func TestVariables(t *testing.T) {
	c := captured{number: 1, data: make([]float64, 1<<20)}
	for i := range c.data {
		c.data[i] = 2
	}
	o := program("sum")
	o.Variables = []value.Variable{
		{Name: "number", Value: reflect.ValueOf(&c.number).Elem()},
		{Name: "data", Value: reflect.ValueOf(&c.data).Elem()},
	}
	o.Command = self("worker")
	p, err := procs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	c.number = 1000 // after the snapshot
	for range 2 {
		crew, err := p.Prepare(t.Context(), two)
		if err != nil {
			t.Fatal(err)
		}
		outcomes, err := crew.Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range outcomes {
			if v, err := value.Unmarshal(o.Value, value.Options{}); err != nil || v.Float() != 2<<20+1 {
				t.Errorf("got %v, %v", v, err)
			}
		}
		if sent := crew.Startup().SentBytes; sent < 2*8<<20 || sent > 2*8<<20+10_000 {
			t.Errorf("got %d bytes sent, want a little more than %d", sent, 2*8<<20)
		}
		if err := crew.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAliasesOfVariables(t *testing.T) {
	c := captured{second: &point{X: 5}}
	c.first = &point{tags: map[string]int{"a": 7}, next: c.second}
	o := program("alias")
	o.Variables = []value.Variable{
		{Name: "first", Value: reflect.ValueOf(&c.first).Elem()},
		{Name: "second", Value: reflect.ValueOf(&c.second).Elem()},
	}
	outcomes, _ := run(t, t.Context(), o, two)
	for _, o := range outcomes {
		if o.Result != "[]int{6, 7}" {
			t.Errorf("got %s %s, want []int{6, 7}", o.Result, o.Error)
		}
	}
	if c.second.X != 5 {
		t.Error("a worker changed a variable of the session")
	}
}

func TestVariableThatCannotBeSent(t *testing.T) {
	hook := struct{ Hook func() }{func() {}}
	_, err := procs.New(procs.Options{Command: procs.Command{Path: "/does/not/exist"}, Variables: []value.Variable{
		{Name: "cfg", Value: reflect.ValueOf(&hook).Elem()},
	}})
	if e, ok := errors.AsType[*value.Error](err); !ok || e.Path != "cfg.Hook" {
		t.Errorf("got %v, want a *value.Error about cfg.Hook", err)
	}
}

func TestLargeResult(t *testing.T) {
	outcomes, _ := run(t, t.Context(), program("large"), two)
	for _, o := range outcomes {
		if len(o.Value) < 10<<20 || o.ReceivedBytes < 10<<20 {
			t.Errorf("got %d bytes, value of %d, %s", o.ReceivedBytes, len(o.Value), o.Error)
		}
	}
}

func TestFailures(t *testing.T) {
	fine := measure.Outcome{Result: `"fine"`}
	for _, test := range []struct {
		program string
		first   measure.Outcome // of which only what is set here is compared
		second  measure.Outcome
	}{
		{"error", measure.Outcome{Failure: measure.Erred, Error: "no luck"}, measure.Outcome{Failure: measure.Erred, Error: "no luck"}},
		{"panic in 1", fine, measure.Outcome{Failure: measure.Panicked, Error: "panic: boom", Stack: "goroutine "}},
		{"exit in 1", fine, measure.Outcome{Failure: measure.Exited, Error: "exit status 3", ExitCode: 3}},
		{"exit 0", measure.Outcome{Failure: measure.Exited, Error: "exit status 0 before it had a result"}, measure.Outcome{Failure: measure.Exited}},
		{"kill in 1", fine, measure.Outcome{Failure: measure.Signaled, Error: "killed by signal 9 (SIGKILL)"}},
		{"goroutine panics", measure.Outcome{Failure: measure.Panicked, Error: "panic: far away", Stack: "goroutine ", ExitCode: 2}, measure.Outcome{Failure: measure.Panicked}},
		{"stack overflow", measure.Outcome{Failure: measure.Exited, Error: "fatal error: stack overflow", Stack: "runtime: goroutine stack exceeds", ExitCode: 2}, measure.Outcome{Failure: measure.Exited}},
		{"map writes", measure.Outcome{Failure: measure.Exited, Error: "fatal error: concurrent map writes", Stack: "goroutine ", ExitCode: 2}, measure.Outcome{Failure: measure.Exited}},
	} {
		t.Run(test.program, func(t *testing.T) {
			o := program(test.program)
			var said string
			o.Output = func(_ int, stream, text string) { said += text }
			outcomes, _ := run(t, t.Context(), o, two)
			for i, want := range []measure.Outcome{test.first, test.second} {
				got := outcomes[i]
				if got.Worker != i || got.Failure != want.Failure || got.Result != want.Result || want.Error != "" && got.Error != want.Error ||
					want.ExitCode != 0 && got.ExitCode != want.ExitCode || !strings.Contains(got.Stack, want.Stack) || got.Pid == 0 {
					t.Errorf("worker %d: got %+v, want %+v", i, got, want)
				}
			}
			// What the race detector reports is not the crash report.
			if strings.Contains(said, "goroutine ") && !strings.Contains(said, "WARNING: DATA RACE") {
				t.Errorf("the crash report was passed on: %s", said)
			}
		})
	}
}

func TestCrashIsExplained(t *testing.T) {
	o := program("goroutine panics")
	o.Crash = func(report string) string { return "explained: " + strings.SplitN(report, "\n", 2)[0] }
	outcomes, _ := run(t, t.Context(), o, exec.Shape{Processes: 1, Goroutines: 1})
	if got, want := outcomes[0].Error, "explained: panic: far away"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHybridDeath(t *testing.T) {
	outcomes, _ := run(t, t.Context(), program("exit in 1"), exec.Shape{Processes: 2, Goroutines: 2})
	for i, want := range []string{"exit status 3", "exit status 3", "", ""} {
		if got := outcomes[i]; got.Error != want || got.Worker != i {
			t.Errorf("worker %d: got %+v, want %q", i, got, want)
		}
	}
}

func TestTimeout(t *testing.T) {
	for _, name := range []string{"hang in 1", "spin", "hang dying"} {
		ctx, cancel := context.WithCancel(t.Context())
		o := program(name)
		var said string
		o.Output = func(_ int, _, text string) { said += text }
		o.Command = self("worker")
		p, err := procs.New(o)
		if err != nil {
			t.Fatal(err)
		}
		crew, err := p.Prepare(ctx, two)
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, cancel) // the other worker has ended by then
		outcomes, err := crew.Run(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := crew.Close(); err != nil {
			t.Fatal(err)
		}
		if o := outcomes[1]; o.Failure != measure.Signaled || o.Error != "" {
			t.Errorf("%s: got %+v, want one that was killed", name, o)
		}
		if name == "hang in 1" && outcomes[0].Result != `"fine"` {
			t.Errorf("%s: the other worker's result is lost: %+v", name, outcomes[0])
		}
		if strings.Contains(said, "fatal error") {
			t.Errorf("%s: a crash report that had only begun was passed on: %s", name, said)
		}
		for _, o := range outcomes {
			if alive(o.Pid) {
				t.Errorf("%s: worker %d is alive", name, o.Worker)
			}
		}
	}
}

// TestWithExec goes the whole way, through package exec.
func TestWithExec(t *testing.T) {
	processes := exec.Plan{Modes: []exec.Mode{exec.Subprocess}, Workers: []int{2}}
	goroutines := exec.Plan{Modes: []exec.Mode{exec.Hybrid}, Shapes: []exec.Shape{{Processes: 1, Goroutines: 2}}}
	for _, test := range []struct {
		program string
		plan    exec.Plan
		failure measure.FailureKind
		text    string
	}{
		{"index", processes, "", ""},
		{"hang in 1", processes, measure.TimedOut, "no result after 1s"},
		{"hang in 1", goroutines, measure.TimedOut, "no result after 1s; it came to no checkpoint and still runs"},
		{"wait in 1", goroutines, measure.TimedOut, "no result after 1s"},
	} {
		o := program(test.program)
		o.Command = self("worker")
		p, err := procs.New(o)
		if err != nil {
			t.Fatal(err)
		}
		test.plan.Repetitions, test.plan.Timeout = 1, time.Second
		result, err := exec.Run(t.Context(), test.plan, nil, exec.Setting{Processes: p}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		for _, r := range result.Runs {
			if o := r.Outcomes[1]; o.Failure != test.failure || o.Error != test.text {
				t.Errorf("%s: got %+v", test.program, o)
			}
			if o := r.Outcomes[0]; o.Failed() || o.Result == "" {
				t.Errorf("%s: the other worker's result is lost: %+v", test.program, o)
			}
			if r.Sample.Startup <= 0 || r.Sample.Elapsed <= 0 || r.Sample.SentBytes <= 0 {
				t.Errorf("%s: got %+v", test.program, r.Sample)
			}
		}
	}
}

func TestOutput(t *testing.T) {
	type key struct {
		worker int
		stream string
	}
	got := map[key]string{}
	o := program("print")
	o.Output = func(worker int, stream, text string) {
		if stream == "stdout" && !strings.HasSuffix(text, "\n") {
			t.Errorf("got part of a line: %q", text)
		}
		got[key{worker, stream}] += text
	}
	run(t, t.Context(), o, two)
	for w := range 2 {
		var want strings.Builder
		for i := range 1000 {
			fmt.Fprintln(&want, "line", w, i)
		}
		if got := got[key{w, "stdout"}]; got != want.String() {
			t.Errorf("worker %d: got %d bytes, want %d", w, len(got), want.Len())
		}
		if got, want := got[key{w, "stderr"}], fmt.Sprint("error ", w); got != want {
			t.Errorf("worker %d: got %q, want %q", w, got, want)
		}
	}
}

func TestWhatLooksLikeACrash(t *testing.T) {
	var got string
	o := program("false alarm")
	o.Output = func(_ int, _, text string) { got += text }
	run(t, t.Context(), o, exec.Shape{Processes: 1, Goroutines: 1})
	if want := "before\npanic: not really\nafter\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPrepareFails(t *testing.T) {
	for _, test := range []struct {
		name    string
		o       procs.Options
		text    string
		stderr  string
		within  time.Duration
		isCause error
	}{
		{name: "load", o: program("load fails"), text: "3:7: undefined: x"},
		{name: "exit", o: program("load exits"), text: "exit status 9", stderr: "last words"},
		{name: "no executable", o: procs.Options{Command: procs.Command{Path: "/does/not/exist"}}, text: "no such file", isCause: os.ErrNotExist},
		{name: "another program", o: procs.Options{Command: procs.Command{Path: "/bin/sh", Args: []string{"-c", "echo who am I >&2; exit 4"}}}, text: "exit status 4", stderr: "who am I"},
		{name: "wrong variable", o: procs.Options{Program: []byte("sum"), Variables: []value.Variable{{Name: "number", Value: reflect.ValueOf(new("text")).Elem()}}}, text: "number (type string)"},
		{name: "large values unread", o: procs.Options{Program: []byte("load fails"), Variables: []value.Variable{{Name: "data", Value: reflect.ValueOf(make([]float64, 1<<20))}}}, text: "3:7: undefined: x"},
	} {
		if test.o.Command.Path == "" {
			test.o.Command = self("worker")
		}
		p, err := procs.New(test.o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.Prepare(t.Context(), two)
		e, ok := errors.AsType[*procs.StartError](err)
		if !ok || !strings.Contains(e.Text, test.text) || e.Stderr != test.stderr {
			t.Errorf("%s: got %v", test.name, err)
		}
		if test.isCause != nil && !errors.Is(err, test.isCause) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.isCause)
		}
	}
}

func TestPrepareIsCancelled(t *testing.T) {
	cause := errors.New("interrupted")
	for _, as := range []string{"worker", "mute"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		o := program("load hangs")
		o.Command = self(as)
		o.Output = func(int, string, string) { cancel(cause) }
		p, err := procs.New(o)
		if err != nil {
			t.Fatal(err)
		}
		if as == "mute" {
			time.AfterFunc(10*time.Millisecond, func() { cancel(cause) })
		}
		if _, err := p.Prepare(ctx, two); err != cause {
			t.Errorf("%s: got %v, want the cause", as, err)
		}
	}
}

func TestUsage(t *testing.T) {
	outcomes, _ := run(t, t.Context(), program("memory"), two)
	for _, o := range outcomes {
		if o.PeakBytes < 64<<20 || o.PeakBytes > 512<<20 {
			t.Errorf("got a peak of %d bytes, want somewhat more than %d", o.PeakBytes, 64<<20)
		}
	}
	outcomes, _ = run(t, t.Context(), program("work"), exec.Shape{Processes: 1, Goroutines: 1})
	if o := outcomes[0]; o.CPUUser <= 0 || o.CPUUser+o.CPUSystem > 2*o.Elapsed {
		t.Errorf("got CPU time %v + %v in %v", o.CPUUser, o.CPUSystem, o.Elapsed)
	}
}

// TestWorkersRunAtTheSameTime has each worker wait for the other.
func TestWorkersRunAtTheSameTime(t *testing.T) {
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	o := program("meet")
	o.Command = self("worker", "PROCS_TEST_FIFO="+fifo)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	outcomes, _ := run(t, ctx, o, two)
	for _, o := range outcomes {
		if o.Result != `"met"` {
			t.Errorf("got %+v", o)
		}
	}
}

// TestParallel compares how much CPU time two workers get in a second with what
// two threads of this process get just before: as much as the machine has to
// give. One after the other they would get half of it on two idle cores.
func TestParallel(t *testing.T) {
	if runtime.NumCPU() < 2 {
		t.Skip("one core only: nothing runs in parallel here")
	}
	var rates []string
	for range 5 {
		possible := threadsRate(t)
		outcomes, _ := run(t, t.Context(), program("work"), two)
		var elapsed, used time.Duration
		for _, o := range outcomes {
			elapsed = max(elapsed, o.Elapsed)
			used += o.CPUUser + o.CPUSystem
		}
		rate := float64(used) / float64(elapsed)
		if rate > 0.65*possible {
			return
		}
		rates = append(rates, fmt.Sprintf("%.2f of %.2f", rate, possible))
	}
	t.Errorf("two workers got so much CPU time in a second, of what was possible: %s", strings.Join(rates, ", "))
}

// threadsRate is the CPU time that two threads get in a second.
func threadsRate(t *testing.T) float64 {
	t.Helper()
	cpu := func() time.Duration {
		var u unix.Rusage
		if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
			t.Fatal(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	start, before := time.Now(), cpu()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			if _, err := workloads["work"](exec.Worker{}, nil); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return float64(cpu()-before) / float64(time.Since(start))
}

func TestInheritance(t *testing.T) {
	outcomes, _ := run(t, t.Context(), program("descriptors"), exec.Shape{Processes: 1, Goroutines: 1})
	v, err := value.Unmarshal(outcomes[0].Value, value.Options{})
	if err != nil {
		t.Skip("no /proc here: ", outcomes[0].Error)
	}
	// 3 is the folder that ls reads.
	if got := v.Interface().([]string); slices.Contains(got, "4") {
		t.Errorf("a process started by a worker has the descriptors %v", got)
	}
}

func TestWhatAWorkerStartedEndsWithIt(t *testing.T) {
	o := program("child")
	start := time.Now()
	outcomes, _ := run(t, t.Context(), o, exec.Shape{Processes: 1, Goroutines: 1})
	v, err := value.Unmarshal(outcomes[0].Value, value.Options{})
	if err != nil {
		t.Fatal(err, outcomes[0].Error)
	}
	awaitDeath(t, int(v.Int()), 5*time.Second)
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("it took %v", d)
	}
}

func TestSecondRun(t *testing.T) {
	o := program("index")
	o.Command = self("worker")
	p, err := procs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	crew, err := p.Prepare(t.Context(), two)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := crew.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := crew.Run(t.Context()); err == nil {
		t.Error("fresh processes ran twice")
	}
	for range 2 {
		if err := crew.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSessionIsKilled kills a session while its workers are busy, wait, or
// load: they notice.
func TestSessionIsKilled(t *testing.T) {
	for _, program := range []string{"hang in 1", "spin", "calls"} {
		t.Run(program, func(t *testing.T) {
			command := self("session", "PROCS_TEST_PROGRAM="+program)
			cmd := osexec.Command(command.Path)
			cmd.Env, cmd.Stderr = command.Env, os.Stderr
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var pids []int
			if err := gob.NewDecoder(bufio.NewReader(out)).Decode(&pids); err != nil {
				t.Fatal(err)
			}
			if len(pids) != 2 || !alive(pids[0]) {
				t.Fatalf("got processes %v", pids)
			}
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait() // it was killed
			for _, pid := range pids {
				awaitDeath(t, pid, time.Second)
			}
		})
	}
}

// TestThreadsComeAndGo starts processes from a thread that ends before they
// run. On Linux a process can be made to die with the thread that started it.
func TestThreadsComeAndGo(t *testing.T) {
	o := program("index")
	o.Command = self("worker")
	p, err := procs.New(o)
	if err != nil {
		t.Fatal(err)
	}
	var crew exec.Crew
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // and the thread ends with the goroutine
		crew, err = p.Prepare(t.Context(), two)
	}()
	<-done
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			runtime.LockOSThread()
		}()
		<-ended
	}
	outcomes, err := crew.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range outcomes {
		if o.Failed() {
			t.Errorf("got %+v", o)
		}
	}
	if err := crew.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestPipeCloses has Serve notice, without help from the kernel, that nobody
// holds the other end any more, in each thing that it may be doing.
func TestPipeCloses(t *testing.T) {
	for _, name := range []string{"load hangs", "hang in 1", "spin"} {
		cmd := osexec.Command(self("").Path)
		cmd.Env = self("worker").Env
		ordersR, orders, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		reports, reportsW, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		cmd.ExtraFiles = []*os.File{ordersR, reportsW}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_ = ordersR.Close()
		_ = reportsW.Close()
		if err := procs.Drive(orders, reports, name); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		late := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		_ = orders.Close()
		err = cmd.Wait()
		late.Stop()
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("%s: it took %v", name, d)
		}
		if e, ok := errors.AsType[*osexec.ExitError](err); !ok || e.ExitCode() != 1 {
			t.Errorf("%s: got %v, want exit status 1", name, err)
		}
		_ = reports.Close()
	}
}

// alive reports whether a process has not ended. It may be reaped at any moment, also after the first look.
func alive(pid int) bool { return !zombie(pid) && syscall.Kill(pid, 0) == nil }

func zombie(pid int) bool {
	stat, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "stat"))
	return err == nil && strings.Contains(string(stat), ") Z ")
}

// awaitDeath waits for the end of a process that need not be a child.
func awaitDeath(t *testing.T, pid int, limit time.Duration) {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	deadline := time.Now().Add(limit)
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(time.Until(deadline).Milliseconds()))
		if n > 0 {
			return
		}
		if err != nil && err != unix.EINTR {
			t.Fatal(err)
		}
		if time.Now().After(deadline) {
			t.Errorf("process %d is alive after %v", pid, limit)
			_ = syscall.Kill(pid, syscall.SIGKILL)
			return
		}
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Skip("no /proc here: ", err)
		}
		return len(entries)
	}
	run(t, t.Context(), program("index"), two)
	for !procs.Childless() {
		time.Sleep(time.Millisecond)
	}
	before := count()
	for i := range 50 {
		outcomes, _ := run(t, t.Context(), program([]string{"index", "exit in 1", "panic in 1"}[i%3]), two)
		for _, o := range outcomes {
			if alive(o.Pid) {
				t.Fatalf("process %d is still there", o.Pid)
			}
		}
	}
	// They are reaped a moment after the run.
	for began := time.Now(); !procs.Childless() || count() > before; time.Sleep(time.Millisecond) {
		if time.Since(began) > 10*time.Second {
			t.Fatalf("got %d descriptors, had %d; no process left: %v", count(), before, procs.Childless())
		}
	}
}

func TestPipesOfAProcessThatNobodyStarted(t *testing.T) {
	// In a process of its own, as the descriptors of this one are in use.
	cmd := osexec.Command(self("").Path)
	cmd.Env = self("worker").Env
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "only a session starts worker processes") {
		t.Errorf("got %v, %s", err, out)
	}
}

func TestServeRefusesNonsense(t *testing.T) {
	for _, orders := range []string{"X", "S", "L", "Lgarbage that is no gob"} {
		err := procs.Serve(strings.NewReader(orders), io.Discard, loadTest)
		if err == nil || errors.Is(err, procs.ErrSessionGone) {
			t.Errorf("%q: got %v", orders, err)
		}
	}
	if err := procs.Serve(strings.NewReader(""), io.Discard, loadTest); err != nil {
		t.Errorf("nothing to do: got %v", err)
	}
}

// BenchmarkRun is a run that does nothing, in processes that are started for it
// (cold) and in ones that are there (warm).
func BenchmarkRun(b *testing.B) {
	o := program("index")
	o.Command = self("worker")
	for _, shape := range []exec.Shape{{Processes: 1, Goroutines: 1}, {Processes: 4, Goroutines: 1}, {Processes: 1, Goroutines: 1, Warm: true}, {Processes: 4, Goroutines: 1, Warm: true}} {
		b.Run(fmt.Sprintf("%d warm=%t", shape.Processes, shape.Warm), func(b *testing.B) {
			p, err := procs.New(o)
			if err != nil {
				b.Fatal(err)
			}
			defer p.Close()
			for b.Loop() {
				crew, err := p.Prepare(b.Context(), shape)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := crew.Run(b.Context()); err != nil {
					b.Fatal(err)
				}
				if err := crew.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
