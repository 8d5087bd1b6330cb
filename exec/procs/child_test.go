//go:build linux

package procs_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"lockstep/exec/procs"
	"lockstep/exec/procs/value"
	"lockstep/exec/shm"
)

// newChildren are children that share memory with this process, or do not, where there is no mailbox.
func newChildren(t testing.TB, reserve int, shared ...*shm.Region) *procs.Children {
	t.Helper()
	o := procs.Options{Command: self("worker")}
	if len(shared) > 0 {
		o.Region = shared[0]
	}
	cs, err := procs.NewChildren(o, reserve)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cs.Close() })
	return cs
}

func start(t testing.TB, cs *procs.Children) *procs.Child {
	t.Helper()
	c, err := cs.Start()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// do makes calls and returns what they came to, as text.
func do(c *procs.Child, j *procs.Job, arguments ...string) (results []string, output string, err error) {
	var mu sync.Mutex
	var written string // which may go on: by what the process writes past Written
	calls := &procs.Calls{Job: j, Workers: 1,
		Done: func(i int, c *procs.Called) {
			text := string(c.Value)
			if c.Failure != "" {
				text = string(c.Failure) + ": " + c.Error
			}
			results = append(results, fmt.Sprint(i, " ", text))
		},
		Output: func(stream, text string) {
			mu.Lock()
			defer mu.Unlock()
			written += stream + ": " + text + "|"
		},
	}
	for _, a := range arguments {
		calls.Arguments = append(calls.Arguments, []byte(a))
	}
	err = c.Do(calls)
	mu.Lock()
	defer mu.Unlock()
	return results, written, err
}

// ways are how children can be had: with shared memory and without.
func ways(t *testing.T, test func(t *testing.T, shared ...*shm.Region)) {
	region, err := shm.New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = region.Close() })
	t.Run("shared", func(t *testing.T) { test(t, region) })
	t.Run("alone", func(t *testing.T) { test(t) })
}

func TestCallsAreMadeInOrder(t *testing.T) { ways(t, callsInOrder) }

func callsInOrder(t *testing.T, shared ...*shm.Region) {
	cs := newChildren(t, 1, shared...)
	c := start(t, cs)
	defer c.Close()
	large := strings.Repeat("x", 3<<20)
	echo := &procs.Job{Program: cs.NewProgram([]byte("echo"))}
	got, _, err := do(c, echo, "a", large, "b")
	if want := []string{"0 a", "1 " + large, "2 b"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %.20q, %v", got, err)
	}
	got, out, err := do(c, &procs.Job{Program: cs.NewProgram([]byte("write"))}, "1", "2")
	if want := "stdout: written 1\n|stdout: no newline|stderr: error 1|stdout: written 2\n|stdout: no newline|stderr: error 2|"; err != nil || out != want {
		t.Errorf("got output %q, %q, %v, want %q", out, got, err, want)
	}
	got, _, err = do(c, &procs.Job{Program: cs.NewProgram([]byte("load fails"))}, "a")
	if want := []string{"0 error: 3:7: undefined: x"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestVariablesGoAlongWhenTheyAreNew(t *testing.T) {
	cs := newChildren(t, 1)
	c := start(t, cs)
	defer c.Close()
	program := cs.NewProgram([]byte("number"))
	job := func(n int) *procs.Job {
		data, err := value.Encode([]value.Variable{{Name: "number", Value: reflect.ValueOf(&n).Elem()}}, value.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return &procs.Job{Program: program, Values: data}
	}
	seven := job(7)
	for _, step := range []struct {
		job  *procs.Job
		want string
	}{{seven, "0 a8"}, {seven, "0 a9"}, {job(20), "0 a21"}, {seven, "0 a8"}} {
		if got, _, err := do(c, step.job, "a"); err != nil || !slices.Equal(got, []string{step.want}) {
			t.Errorf("got %q, %v, want %q", got, err, step.want)
		}
	}
}

func TestFailuresOfCalls(t *testing.T) { ways(t, failuresOfCalls) }

func failuresOfCalls(t *testing.T, shared ...*shm.Region) {
	cs := newChildren(t, 0, shared...)
	fail := &procs.Job{Program: cs.NewProgram([]byte("fail"))}
	for _, tt := range []struct {
		argument, want string
		code           int // of a process that ends
	}{
		{"panic", "1 panic: panic: boom", 0},
		{"error", "1 error: no luck", 0},
		{"goroutine", "1 panic: panic: far away", 0},
		{"goexit", "1 exit: the worker's goroutine ended before it had a result (runtime.Goexit)", 0},
		{"exit", "exit status 3", 3},
		{"kill", "killed by signal 9 (SIGKILL)", -9},
		{"overflow", "fatal error: stack overflow", 2},
	} {
		c := start(t, cs)
		got, _, err := do(c, fail, "before", tt.argument, "after")
		var exit *procs.ExitError
		switch {
		case tt.code == 0:
			if want := []string{"0 before", tt.want, "2 after"}; err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: got %q, %v, want %q", tt.argument, got, err, want)
			}
			c.Close()
		case !errors.As(err, &exit) || exit.Code != tt.code || exit.Text != tt.want || !slices.Equal(got, []string{"0 before"}):
			t.Errorf("%s: got %q, %#v, want code %d, %s", tt.argument, got, err, tt.code, tt.want)
		}
	}
}

func TestAKilledChildSaysSo(t *testing.T) {
	cs := newChildren(t, 0)
	c := start(t, cs)
	c.Kill()
	_, _, err := do(c, &procs.Job{Program: cs.NewProgram([]byte("echo"))}, "a")
	var exit *procs.ExitError
	if !errors.As(err, &exit) || exit.Code != -9 || exit.Text != "it was killed" {
		t.Errorf("got %#v", err)
	}
}

func TestOnlyAChildThatIsFitIsUsedAgain(t *testing.T) {
	for _, tt := range []struct {
		program string
		again   bool
	}{{"echo", true}, {"goroutine", false}, {"chdir", false}} {
		cs := newChildren(t, 1)
		c := start(t, cs)
		if _, _, err := do(c, &procs.Job{Program: cs.NewProgram([]byte(tt.program))}, "a"); err != nil {
			t.Fatal(err)
		}
		c.Rest()
		next := start(t, cs)
		if again := next.PID() == c.PID(); again != tt.again {
			t.Errorf("%s: used again: got %v, want %v", tt.program, again, tt.again)
		}
		if got, _, err := do(next, &procs.Job{Program: cs.NewProgram([]byte("echo"))}, "b"); err != nil || !slices.Equal(got, []string{"0 b"}) {
			t.Errorf("%s: then got %q, %v", tt.program, got, err)
		}
		next.Close()
	}
}

func BenchmarkCall(b *testing.B) {
	cs := newChildren(b, 0)
	c := start(b, cs)
	defer c.Close()
	j := &procs.Job{Program: cs.NewProgram([]byte("echo"))}
	calls := &procs.Calls{Job: j, Workers: 1, Arguments: [][]byte{[]byte("a")}, Done: func(int, *procs.Called) {}}
	for b.Loop() {
		if err := c.Do(calls); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCalls is calls that are given to a process together.
func BenchmarkCalls(b *testing.B) {
	region, err := shm.New()
	if err != nil {
		b.Fatal(err)
	}
	c := start(b, newChildren(b, 0, region))
	defer c.Close()
	calls := &procs.Calls{Job: &procs.Job{Program: newChildren(b, 0).NewProgram([]byte("echo"))}, Workers: 1, Done: func(int, *procs.Called) {}}
	for range 1000 {
		calls.Arguments = append(calls.Arguments, []byte("some text"))
	}
	for b.Loop() {
		if err := c.Do(calls); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/1000, "ns/call")
}

func BenchmarkUseAgain(b *testing.B) {
	cs := newChildren(b, 1)
	j := &procs.Job{Program: cs.NewProgram([]byte("echo"))}
	for b.Loop() {
		c := start(b, cs)
		if _, _, err := do(c, j, "a"); err != nil {
			b.Fatal(err)
		}
		c.Rest()
	}
}

// Calls that are measured tell what the process has used, and so does its end.
func TestUsedByCalls(t *testing.T) { ways(t, usedByCalls) }

func usedByCalls(t *testing.T, shared ...*shm.Region) {
	cs := newChildren(t, 0, shared...)
	c := start(t, cs)
	defer c.Close()
	calls := &procs.Calls{Job: &procs.Job{Program: cs.NewProgram([]byte("fail"))}, Workers: 1, Arguments: [][]byte{[]byte("a"), []byte("b")}, Done: func(int, *procs.Called) {}}
	if err := c.Do(calls); err != nil || c.Used() != (procs.Used{}) {
		t.Errorf("not measured: got %+v, %v", c.Used(), err)
	}
	calls.Measured = true
	if err := c.Do(calls); err != nil || c.Used().User+c.Used().System == 0 || c.Used().PeakBytes < 1<<20 {
		t.Errorf("measured: got %+v, %v", c.Used(), err)
	}
	before := c.Used()
	calls.Arguments, calls.Measured = [][]byte{[]byte("exit")}, false
	if err := c.Do(calls); err == nil || c.Used().User+c.Used().System < before.User+before.System || c.Used() == before {
		t.Errorf("at its end: got %+v, %v, had %+v", c.Used(), err, before)
	}
}
