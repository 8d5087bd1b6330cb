//go:build unix

package cluster_test

import (
	"bytes"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"lockstep/exec/cluster"
)

func TestUsed(t *testing.T) {
	const each = 100 * time.Millisecond
	var sum time.Duration
	r := newRig(t, cluster.Options{}, 1)
	for range 2 { // the second run has the process of the first
		team := r.team("burn", nil, cluster.TeamOptions{Seats: 1, Batch: 1})
		for i, x := range r.do(team, 2, func(int) []byte { return nil }) {
			all, err := strconv.Atoi(string(x.Value))
			if err != nil {
				t.Fatal(err)
			}
			// All that was told is at most what the process knew, and what came until it told.
			sum += x.Used.User
			if u := x.Used; u.User < each || sum > time.Duration(all)+each/2 || u.PeakBytes < 64<<20 || u.PeakBytes > 1<<30 {
				t.Errorf("task %d: got %+v, %v in all, want at least %v of CPU time, %v in all, and 64 MB", i, u, sum, each, time.Duration(all))
			}
		}
		team.Close()
	}
	// What the process used that was lost counts as well.
	file := filepath.Join(t.TempDir(), "there")
	x := r.do(r.team("burn", nil, cluster.TeamOptions{Seats: 1}), 1, func(int) []byte { return []byte(file) })
	if u := x[0].Used; x[0].Attempt != 2 || u.User < 2*each {
		t.Errorf("the second attempt: got %+v in attempt %d, want %v of CPU time", u, x[0].Attempt, 2*each)
	}
}

// Bytes sent are those that came to nodes: what is stored once is fetched once by each, and a task that is delivered again is sent again.
func TestSent(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1, 1)
	const size = 600_000
	large := bytes.Repeat([]byte{1}, size)
	team := r.team("nap", nil, cluster.TeamOptions{Seats: 2, Batch: 1})
	nodes := map[string]bool{}
	for _, x := range r.do(team, 20, func(int) []byte { return large }) {
		nodes[x.Node] = true
	}
	if got := team.Figures().Sent; got < 2*size || got > 2*size+10_000 || len(nodes) != 2 {
		t.Errorf("sent %d bytes to %d nodes, want %d each", got, len(nodes), size)
	}
	team.Close()
	file := filepath.Join(t.TempDir(), strings.Repeat("x", 200))
	team = r.team("burn", nil, cluster.TeamOptions{Seats: 1})
	before := team.Figures().Sent
	r.do(team, 1, func(int) []byte { return []byte(file) })
	if got := team.Figures().Sent - before; got < 2*int64(len(file)) {
		t.Errorf("sent %d bytes, want twice those of a task that was delivered twice: %d", got, len(file))
	}
}
