//go:build unix

package cluster_test

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"lockstep/exec/cluster"
)

// talk has a task of the program talk done, and returns what comes of its output before the result.
func (r *rig) talk(name string, o cluster.TeamOptions) (live chan *cluster.Result, done chan *cluster.Result) {
	live, done = make(chan *cluster.Result, 100), make(chan *cluster.Result, 1)
	o.Live = func(x *cluster.Result) { live <- x }
	team := r.team("talk", nil, o)
	go func() {
		err := team.Do(r.t.Context(), 1, func(int) (int, []byte) { return -1, []byte(name) }, func(x *cluster.Result) { done <- x })
		if err != nil {
			r.t.Error(err)
		}
		close(live)
	}()
	return live, done
}

func touch(t *testing.T, name string) {
	t.Helper()
	if err := os.WriteFile(name, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestOutputComesWhileATaskRuns(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	name := filepath.Join(t.TempDir(), "go")
	live, done := r.talk(name, cluster.TeamOptions{Seats: 1})
	x := <-live
	if want := []cluster.Text{{Stream: "stdout", Text: "talking\n"}}; !slices.Equal(x.Output, want) || x.Index != 0 || x.Node == "" || x.Attempt != 1 {
		t.Errorf("while it runs: got %+v, want %v", x, want)
	}
	touch(t, name)
	if x := <-done; !slices.Equal(x.Output, []cluster.Text{{Stream: "stderr", Text: "the end\n"}}) {
		t.Errorf("with the result: got %+v, want what was not there before", x.Output)
	}
	if x, more := <-live; more {
		t.Errorf("after that: got %+v", x)
	}
}

// What an attempt has written that is lost stays, and what comes after it says so.
func TestOutputOfALostAttempt(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	name := filepath.Join(t.TempDir(), "go")
	touch(t, name+".first")
	live, done := r.talk(name, cluster.TeamOptions{Seats: 1})
	x := <-live
	touch(t, name)
	text, err := os.ReadFile(name + ".pid")
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	signalTo(t, pid, syscall.SIGKILL)
	again := <-done
	if again.Attempt != 2 || len(again.Output) != 3 || !strings.HasPrefix(again.Output[0].Text, "(from here on attempt 2 of the task, on "+x.Node+"; above is attempt 1)") ||
		again.Output[1].Text != "talking\n" || again.Output[2].Text != "the end\n" {
		t.Errorf("got %+v after %+v, want a mark and all that the second attempt wrote", again, x)
	}
}

// Short tasks write nothing before their results.
func TestOutputOfShortTasks(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	team := r.team("print", nil, cluster.TeamOptions{Seats: 1, Live: func(x *cluster.Result) { t.Errorf("got %+v before its result", x) }})
	for i, x := range r.do(team, 100, number) {
		if len(x.Output) != 1 || x.Output[0].Text != string(number(i))+"\n" {
			t.Errorf("task %d: got %+v", i, x.Output)
		}
	}
}
