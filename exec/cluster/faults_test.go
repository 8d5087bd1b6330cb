//go:build unix

package cluster_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"lockstep/exec/cluster"
)

// await polls for what another process does: there is nothing to wait on.
func await[T any](t *testing.T, what string, get func() (T, bool)) T {
	t.Helper()
	for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if v, ok := get(); ok {
			return v
		}
	}
	t.Fatalf("%s did not come", what)
	panic("not reached")
}

// who is the worker process that is at a task of the program once, and its node.
func who(t *testing.T, name string) (worker, node int) {
	t.Helper()
	await(t, "a worker at the task", func() (int, bool) {
		text, err := os.ReadFile(name + ".who")
		if err != nil {
			return 0, false
		}
		n, err := fmt.Sscan(string(text), &worker, &node)
		return n, err == nil
	})
	return worker, node
}

// stuck begins tasks of the program once, and returns their files, and what they come to.
func (r *rig) stuck(team *cluster.Team, n int) (files []string, done chan []*cluster.Result) {
	dir := r.t.TempDir()
	for i := range n {
		files = append(files, filepath.Join(dir, strconv.Itoa(i)))
	}
	done = make(chan []*cluster.Result, 1)
	go func() {
		all := make([]*cluster.Result, n)
		err := team.Do(r.t.Context(), n, func(i int) (int, []byte) { return -1, []byte(files[i]) }, func(x *cluster.Result) {
			if all[x.Index] != nil {
				r.t.Errorf("task %d has two results", x.Index)
			}
			all[x.Index] = x
		})
		if err != nil {
			r.t.Error(err)
		}
		done <- all
	}()
	return files, done
}

func signalTo(t *testing.T, pid int, s syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		t.Fatal(err)
	}
}

// short is a lease that makes tests quick, and that a busy machine still keeps.
var short = cluster.Options{Lease: 1500 * time.Millisecond}

func wantSecond(t *testing.T, all []*cluster.Result, attempt int) {
	t.Helper()
	for i, x := range all {
		if x == nil || string(x.Value) != "second" || x.Failure != "" || x.Attempt < attempt {
			t.Errorf("task %d: got %+v, want a second run", i, x)
		}
	}
}

func TestAWorkerIsKilled(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1, 1)
	team := r.team("once", nil, cluster.TeamOptions{Seats: 2})
	files, done := r.stuck(team, 2)
	for _, f := range files {
		worker, _ := who(t, f)
		signalTo(t, worker, syscall.SIGKILL)
	}
	wantSecond(t, <-done, 2)
	if f := team.Figures(); f.Redelivered != 2 {
		t.Errorf("redelivered: got %d, want 2", f.Redelivered)
	}
}

func TestALostTaskThatMayNotBeDoneTwice(t *testing.T) {
	for name, victim := range map[string]func(worker, node int) int{
		"worker": func(worker, _ int) int { return worker },
		"node":   func(_, node int) int { return node },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, short, 1, 1)
			team := r.team("once", nil, cluster.TeamOptions{Seats: 2, Once: true})
			files, done := r.stuck(team, 1)
			signalTo(t, victim(who(t, files[0])), syscall.SIGKILL)
			x := (<-done)[0]
			if x.Failure != "exit" || len(x.Value) > 0 || x.Attempt != 1 {
				t.Errorf("got %+v, want an error", x)
			}
			t.Log(x.Error)
			// The run goes on.
			r.do(team, 1, func(int) []byte { return []byte(files[0]) })
		})
	}
}

func TestANodeIsKilled(t *testing.T) {
	r := newRig(t, short, 1, 1)
	team := r.team("once", nil, cluster.TeamOptions{Seats: 2})
	files, done := r.stuck(team, 1)
	worker, node := who(t, files[0])
	signalTo(t, node, syscall.SIGKILL)
	wantSecond(t, <-done, 2)
	await(t, "that the node is missed", func() (int, bool) {
		f := team.Figures()
		return 0, f.Lost[r.nodes[0].line] != f.Lost[r.nodes[1].line]
	})
	await(t, "the end of the worker of a node that is gone", func() (int, bool) { return 0, syscall.Kill(worker, 0) != nil })
}

func TestAllNodesAreKilledAndStartedAgain(t *testing.T) {
	r := newRig(t, short, 1, 1)
	told := make(chan string, 2)
	team := r.team("once", nil, cluster.TeamOptions{Seats: 2, Tell: func(text string) { told <- text }})
	files, done := r.stuck(team, 2)
	for _, f := range files {
		who(t, f)
	}
	for _, n := range r.nodes {
		n.kill()
	}
	for all := false; !all; { // nodes may be missed one after the other
		text := <-told
		all = strings.HasSuffix(text, "2 workers found no other place until now, and 0 of 2 go on")
		if !strings.HasPrefix(text, "lost: node n-") {
			t.Errorf("told: %q", text)
		}
	}
	r.node(1, "1", "", "")
	wantSecond(t, <-done, 2)
}

// TestANodeStandsStill has one lose its lease, and come back with a result that is one too many.
func TestANodeStandsStill(t *testing.T) {
	r := newRig(t, short, 1, 1)
	team := r.team("once", nil, cluster.TeamOptions{Seats: 2})
	files, done := r.stuck(team, 1)
	_, node := who(t, files[0])
	signalTo(t, node, syscall.SIGSTOP)
	wantSecond(t, <-done, 2)
	if err := os.WriteFile(files[0]+".go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	signalTo(t, node, syscall.SIGCONT)
	f := team.Figures()
	await(t, "the node that stood still", func() (int, bool) {
		s, err := r.c.Status(t.Context())
		return 0, err == nil && len(s.Nodes) == 2
	})
	team.Close()
	// The node is well: it is told of the run's end, and takes tasks again.
	r.wantNumbers(r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 2}), 50, number))
	if f.Nodes[r.nodes[0].line]+f.Nodes[r.nodes[1].line] != 1 {
		t.Errorf("figures: %+v, want one task", f)
	}
}

// TestANodeThatWasLostHearsOfTheEnd has one come back that the run has missed already: it has no seats for it any more afterwards.
func TestANodeThatWasLostHearsOfTheEnd(t *testing.T) {
	r := newRig(t, short, 1, 1)
	told := make(chan string, 1)
	team := r.team("nap", nil, cluster.TeamOptions{Seats: 2, Tell: func(text string) { told <- text }})
	node := r.nodes[0].cmd.Process.Pid
	signalTo(t, node, syscall.SIGSTOP)
	if text := <-told; !strings.HasSuffix(text, "1 worker found no other place until now, and 1 of 2 go on") {
		t.Errorf("told: %q", text)
	}
	signalTo(t, node, syscall.SIGCONT)
	await(t, "the node that stood still", func() (int, bool) {
		s, err := r.c.Status(t.Context())
		return 0, err == nil && len(s.Nodes) == 2
	})
	team.Close()
	r.wantNumbers(r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 2}), 50, number))
}

func TestAPoisonTask(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2)
	team := r.team("poison", nil, cluster.TeamOptions{Seats: 2})
	all := r.do(team, 20, number)
	x := all[3]
	if x.Failure != "exit" || x.Attempt != 3 || !strings.Contains(x.Error, "given up after 3 attempts: the process ended: ") || !strings.Contains(x.Error, "7") {
		t.Errorf("poison: got %+v", x)
	}
	all[3].Value, all[3].Failure = number(3), ""
	r.wantNumbers(all)
	if f := team.Figures(); f.Dead != 1 || f.Redelivered != 2 {
		t.Errorf("figures: %+v, want 1 dead, 2 redelivered", f)
	}
}

func TestANodeOfAnotherVersion(t *testing.T) {
	r := newRig(t, cluster.Options{})
	r.node(1, "2", "", "")
	if err := r.c.Await(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	_, err := r.try("echo", nil, cluster.TeamOptions{Seats: 1})
	if err == nil || !strings.Contains(err.Error(), "is lockstep 2 (protocol") || !strings.Contains(err.Error(), "the cluster lockstep 1 (protocol") {
		t.Errorf("got %v, want both versions", err)
	}
	s, err := r.c.Status(t.Context())
	if err != nil || len(s.Nodes) != 1 || !strings.Contains(s.Nodes[0].Refused, "they must be of one version") {
		t.Errorf("status: got %+v, %v", s, err)
	}
}

func TestAFullStore(t *testing.T) {
	r := newRig(t, cluster.Options{MaxBytes: 4 << 20}, 1)
	_, err := r.try("sum", make([]byte, 8<<20), cluster.TeamOptions{Seats: 1})
	if e, ok := errors.AsType[*cluster.StoreError](err); !ok || !strings.Contains(e.Error(), "the store is full") {
		t.Errorf("variables: got %v", err)
	}
	team := r.team("large", nil, cluster.TeamOptions{Seats: 1})
	x := r.do(team, 1, number)[0]
	team.Close()
	if x.Failure != "error" || !strings.Contains(x.Error, "its result could not be stored") || !strings.Contains(x.Error, "the store is full") {
		t.Errorf("result: got %s %s", x.Failure, x.Error)
	}
	r.wantNumbers(r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 1}), 5, number))
}

func TestALargeResult(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	team := r.team("large", nil, cluster.TeamOptions{Seats: 1})
	x := r.do(team, 1, number)[0]
	team.Close()
	if x.Failure != "" || len(x.Value) != large || x.Value[0] != 7 || x.Value[large-1] != 7 {
		t.Errorf("got %d bytes, %s", len(x.Value), x.Error)
	}
	big := make([]byte, 3<<20)
	if x := r.do(r.team("echo", nil, cluster.TeamOptions{Seats: 1}), 1, func(int) []byte { return big })[0]; len(x.Value) != len(big) {
		t.Errorf("large arguments: got %d bytes, %s", len(x.Value), x.Error)
	}
}

// freePort is one that nobody has at the moment.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

func TestTheServerIsKilledAndStartedAgain(t *testing.T) {
	dir, port := filepath.Join(t.TempDir(), "store"), freePort(t)
	server := start(t, "server", dir, port)
	r := rigAt(t, server.line, short, 1, 1)
	told := make(chan string, 1)
	team := r.team("nap", nil, cluster.TeamOptions{Seats: 2, Tell: func(text string) { told <- text }})
	const n = 120
	all := make([]*cluster.Result, n)
	some, done := make(chan bool), make(chan error, 1)
	go func() {
		count := 0
		done <- team.Do(t.Context(), n, func(i int) (int, []byte) { return -1, number(i) }, func(x *cluster.Result) {
			if all[x.Index] != nil {
				t.Errorf("task %d has two results", x.Index)
			}
			all[x.Index] = x
			if count++; count == n/4 || count == n/2 {
				some <- true
			}
		})
	}()
	for range 2 {
		<-some
		server.kill()
		if text := <-told; text != "the connection to the server is lost; the run goes on when it is back" {
			t.Errorf("told: %q", text)
		}
		server = start(t, "server", dir, port)
		if text := <-told; text != "the server is back" {
			t.Errorf("told: %q", text)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	r.wantNumbers(all)
	team.Close() // the server that is there now goes before it
}

// TestRandomKills is short; bench/cluster has the long form.
func TestRandomKills(t *testing.T) {
	r := newRig(t, cluster.Options{Lease: short.Lease, Attempts: 20}, 2, 2)
	team := r.team("nap", nil, cluster.TeamOptions{Seats: 4})
	const n = 300
	all := make([]*cluster.Result, n)
	some, done := make(chan bool, n), make(chan error, 1)
	go func() {
		count := 0
		done <- team.Do(t.Context(), n, func(i int) (int, []byte) { return -1, number(i) }, func(x *cluster.Result) {
			if all[x.Index] != nil {
				t.Errorf("task %d has two results", x.Index)
			}
			all[x.Index] = x
			if count++; count%60 == 0 && count < n {
				some <- true
			}
		})
	}()
	for {
		select {
		case <-some:
			i := rand.IntN(len(r.nodes))
			r.nodes[i].kill()
			r.nodes = append(r.nodes[:i], r.nodes[i+1:]...)
			r.node(2, "1", "", "")
			continue
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
		}
		break
	}
	r.wantNumbers(all)
}
