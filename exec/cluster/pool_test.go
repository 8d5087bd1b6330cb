//go:build unix

package cluster_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"lockstep/exec/cluster"
)

func init() {
	programs["count"] = func(_ int, values, arguments []byte) ([]byte, error) {
		return append(strconv.AppendInt(nil, int64(len(values)), 10), arguments...), nil
	}
	// It leaves a file of that name, and does not return.
	programs["stay"] = func(_ int, _, arguments []byte) ([]byte, error) {
		name := string(arguments)
		if err := errors.Join(os.WriteFile(name+".new", strconv.AppendInt(nil, int64(os.Getpid()), 10), 0o600), os.Rename(name+".new", name)); err != nil {
			return nil, err
		}
		select {}
	}
}

func (r *rig) pool(o cluster.PoolOptions) *cluster.Pool {
	r.t.Helper()
	p, err := r.c.Pool(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(p.Close)
	return p
}

func (r *rig) load(p *cluster.Pool, program string, values []byte) *cluster.Job {
	r.t.Helper()
	j, err := p.Load(r.t.Context(), cluster.Program{Data: []byte(program), Values: values})
	if err != nil {
		r.t.Fatal(err)
	}
	return j
}

// call has n calls made, whose arguments are their numbers, and checks that each has one result.
func (r *rig) call(p *cluster.Pool, j *cluster.Job, n int) []*cluster.Result {
	r.t.Helper()
	arguments := make([][]byte, n)
	for i := range arguments {
		arguments[i] = number(i)
	}
	return r.collect(n, func(each func(*cluster.Result)) error { return p.Do(r.t.Context(), j, arguments, each, nil) })
}

// TestPool has calls of several programs, and of one with several values, made by the same processes, at once.
func TestPool(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1, 2)
	p := r.pool(cluster.PoolOptions{})
	if p.Seats() != 3 {
		t.Fatalf("a pool of all free slots has %d seats, want 3", p.Seats())
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	pids := map[int]bool{}
	note := func(results []*cluster.Result) {
		mu.Lock()
		defer mu.Unlock()
		for _, x := range results {
			pids[x.PID] = true
		}
	}
	echo := r.load(p, "echo", nil)
	all.Go(func() {
		results := r.call(p, echo, 300)
		r.wantNumbers(results)
		note(results)
	})
	for size := range 20 { // more than are kept at a time
		j := r.load(p, "count", encodeVariable(t, make([]byte, size)))
		all.Go(func() {
			results := r.call(p, j, 20)
			for i, x := range results {
				if want := strconv.Itoa(size) + strconv.Itoa(i); string(x.Value) != want || x.Failure != "" {
					t.Errorf("%d values, call %d: got %q %s, want %s", size, i, x.Value, x.Error, want)
				}
			}
			note(results)
		})
	}
	all.Wait()
	if len(pids) > 3 {
		t.Errorf("%d processes made the calls, want 3 at most", len(pids))
	}
	x := r.call(p, r.load(p, "nothing", nil), 1)[0]
	if !strings.Contains(x.Error, `there is no program "nothing"`) {
		t.Errorf("a program that cannot be loaded: got %+v", x)
	}
	r.wantNumbers(r.call(p, echo, 3))
	p.Close()
	if err := p.Do(t.Context(), echo, [][]byte{number(1)}, nil, nil); !errors.Is(err, cluster.ErrClosed) {
		t.Errorf("closed: got %v", err)
	}
	if _, err := p.Load(t.Context(), cluster.Program{Data: []byte("echo")}); !errors.Is(err, cluster.ErrClosed) {
		t.Errorf("closed: got %v", err)
	}
	// Its slots are free, and its processes, which are nobody else's, end.
	for pid := range pids {
		await(t, "the end of a process of a pool that is closed", func() (int, bool) { return 0, syscall.Kill(pid, 0) != nil })
	}
	r.pool(cluster.PoolOptions{Seats: 3})
}

func TestPlacesForPools(t *testing.T) {
	r := newRig(t, cluster.Options{}, 1)
	for name, tt := range map[string]struct {
		o    cluster.PoolOptions
		want string
	}{
		"too many":                 {cluster.PoolOptions{Seats: 2}, "2 workers are wanted, and the cluster has 1 free slot on 1 node: start"},
		"a tag that none has":      {cluster.PoolOptions{Seats: 1, Tags: []string{"gpu"}}, "has no tag gpu"},
		"all, of none":             {cluster.PoolOptions{Tags: []string{"gpu"}}, "has no tag gpu"},
		"compiled":                 {cluster.PoolOptions{Seats: 1, Host: os.Args[0]}, "has no native engine"},
		"a host that is not there": {cluster.PoolOptions{Seats: 1, Host: "/nowhere"}, "/nowhere"},
	} {
		if _, err := r.c.Pool(t.Context(), tt.o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, tt.want)
		}
	}
	r.pool(cluster.PoolOptions{Seats: 1}) // what failed holds no slots
}

// TestCallsAreWithdrawn has some under way, and others behind them, when nobody wants them any more.
func TestCallsAreWithdrawn(t *testing.T) {
	for name, once := range map[string]bool{"idempotent": false, "once": true} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, cluster.Options{}, 1)
			p := r.pool(cluster.PoolOptions{Seats: 1, Once: once})
			echo, stay := r.load(p, "echo", nil), r.load(p, "stay", nil)
			r.call(p, echo, 50) // so that the seat takes several at a time
			dir := t.TempDir()
			var files [][]byte
			for i := range 20 {
				files = append(files, []byte(filepath.Join(dir, strconv.Itoa(i))))
			}
			ctx, cancel := context.WithCancel(t.Context())
			gone := make(chan error)
			go func() { gone <- p.Do(ctx, stay, files, func(*cluster.Result) {}, nil) }()
			pid := await(t, "a process at a call", func() (int, bool) {
				text, err := os.ReadFile(string(files[0]))
				n, _ := strconv.Atoi(string(text))
				return n, err == nil
			})
			// These are taken by the seat with the others, or come behind them.
			wanted := make(chan []*cluster.Result)
			go func() { wanted <- r.call(p, echo, 50) }()
			cancel()
			if err := <-gone; !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
			results := <-wanted
			r.wantNumbers(results)
			if syscall.Kill(pid, 0) == nil {
				t.Error("the process of the call is still there, though others have been made since")
			}
			if found, err := os.ReadDir(dir); len(found) != 1 || err != nil {
				t.Errorf("%d calls have been begun (%v), want 1", len(found), err)
			}
			for i, x := range results {
				if x.Attempt != 1 || x.Failure != "" {
					t.Errorf("call %d that nobody withdrew: attempt %d, %s", i, x.Attempt, x.Error)
				}
			}
		})
	}
}

func TestALostCall(t *testing.T) {
	for name, tt := range map[string]struct {
		once   bool
		victim func(worker, node int) int
		want   string
	}{
		"worker":       {false, func(worker, _ int) int { return worker }, ""},
		"node":         {false, func(_, node int) int { return node }, ""},
		"worker, once": {true, func(worker, _ int) int { return worker }, "the process ended: killed by signal 9"},
		"node, once":   {true, func(_, node int) int { return node }, "may not be done twice"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, short, 1, 1)
			p := r.pool(cluster.PoolOptions{Seats: 2, Once: tt.once})
			j := r.load(p, "once", nil)
			file := filepath.Join(t.TempDir(), "file")
			done := make(chan *cluster.Result, 1)
			go func() {
				if err := p.Do(t.Context(), j, [][]byte{[]byte(file)}, func(x *cluster.Result) { done <- x }, nil); err != nil {
					t.Error(err)
				}
			}()
			worker, node := who(t, file)
			signalTo(t, tt.victim(worker, node), syscall.SIGKILL)
			switch x := <-done; {
			case tt.want == "" && (x.Failure != "" || string(x.Value) != "second" || x.Attempt != 2):
				t.Errorf("got %+v, want a second run", x)
			case tt.want != "" && (x.Attempt != 1 || !strings.Contains(x.Error, tt.want)):
				t.Errorf("got %+v, want %q", x, tt.want)
			}
			r.wantNumbers(r.call(p, r.load(p, "echo", nil), 20))
		})
	}
}

// TestResultsOfAPoolDoNotPileUp reads more than are kept.
func TestResultsOfAPoolDoNotPileUp(t *testing.T) {
	r := newRig(t, cluster.Options{}, 2)
	p := r.pool(cluster.PoolOptions{Seats: 2})
	j := r.load(p, "echo", nil)
	const n = 3 * cluster.SweepEvery
	r.wantNumbers(r.call(p, j, n))
	await(t, "the removal of what has been read", func() (int, bool) {
		left, err := p.Unswept(t.Context())
		return left, err == nil && left <= cluster.SweepEvery+1
	})
	if f := p.Figures(); f.Nodes[r.nodes[0].line] != n || f.Redelivered != 0 || f.Dead != 0 || len(f.Queued) != 0 {
		t.Errorf("figures: %+v", f)
	}
}
