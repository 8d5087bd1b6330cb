//go:build unix

package cluster_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"lockstep/exec/cluster"
)

func TestTasks(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1, 2)
	team := r.team("echo", nil, cluster.TeamOptions{Seats: 3})
	r.wantNumbers(r.do(team, 1000, number))
	f := team.Figures()
	total := 0
	for _, n := range f.Nodes {
		total += n
	}
	if total != 1000 || f.Redelivered != 0 || f.Dead != 0 || f.Sent == 0 || f.Received == 0 || len(f.Queued) != 1000 {
		t.Errorf("figures: %+v", f)
	}
	// The same team again, by two at once.
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { r.wantNumbers(r.do(team, 50, number)) })
	}
	both.Wait()
}

func TestWhatTasksComeTo(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2)
	x := r.do(r.team("print", nil, cluster.TeamOptions{Seats: 1}), 3, number)
	if want := []cluster.Text{{Stream: "stdout", Text: "1\n"}}; !slices.Equal(x[1].Output, want) {
		t.Errorf("output: got %v, want %v", x[1].Output, want)
	}
	x = r.do(r.team("panic", nil, cluster.TeamOptions{Seats: 1}), 1, number)
	if x[0].Failure != "panic" || !strings.Contains(x[0].Error, "on purpose: 0") {
		t.Errorf("panic: got %+v", x[0])
	}
}

func TestSeats(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	_, err := r.try("echo", nil, cluster.TeamOptions{Seats: 3})
	if e, ok := errors.AsType[*cluster.PlaceError](err); !ok || !strings.Contains(e.Error(), "3 workers are wanted, and the cluster has 1 free slot on 1 node: start") {
		t.Errorf("too many seats: got %v", err)
	}
	_, err = r.try("nothing", nil, cluster.TeamOptions{Seats: 1})
	if err == nil || !strings.Contains(err.Error(), `there is no program "nothing"`) {
		t.Errorf("a program that cannot be loaded: got %v", err)
	}
	// What failed holds no slots.
	r.team("echo", nil, cluster.TeamOptions{Seats: 1}).Close()
	r.node(1, "1", "gpu,big", "")
	if err := r.c.Await(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	x := r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 1, Tags: []string{"gpu"}}), 1, number)
	if x[0].Node != r.nodes[1].line {
		t.Errorf("a task for gpu went to %s, want %s", x[0].Node, r.nodes[1].line)
	}
	if _, err := r.try("echo", nil, cluster.TeamOptions{Seats: 1, Tags: []string{"tpu"}}); err == nil || !strings.Contains(err.Error(), "has no tag tpu") {
		t.Errorf("a tag that no node has: got %v", err)
	}
}

// TestVariablesGoOnceToANode has many tasks and two runs use 100 MB (less under the race detector).
func TestVariablesGoOnceToANode(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2)
	values := encodeVariable(t, bytes.Repeat([]byte{1}, large))
	var sent int64
	for range 2 {
		team := r.team("sum", values, cluster.TeamOptions{Seats: 2})
		for i, x := range r.do(team, 10, number) {
			if string(x.Value) != strconv.Itoa(large) {
				t.Errorf("task %d: got %s %s", i, x.Value, x.Error)
			}
		}
		sent += team.Figures().Sent
		team.Close()
	}
	if size := int64(len(values)); sent < size || sent > size+1<<20 {
		t.Errorf("sent %d bytes, want those of the variables once: %d", sent, size)
	}
}

func encodeVariable(t *testing.T, v []byte) []byte {
	t.Helper()
	data, err := procsValue(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestMessages(t *testing.T) {
	for _, data := range [][]byte{nil, {1}, bytes.Repeat([]byte{255}, 40), binary.AppendVarint(nil, 1<<40)} {
		cluster.MustNotRead(t, data)
	}
}
