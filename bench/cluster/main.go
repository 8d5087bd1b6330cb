// Command cluster measures what a task costs in the cluster of package exec/cluster, on this machine, with the embedded server.
//
//	go run ./bench/cluster [-tasks 20000] [-rounds 5] [-python PYTHON]
//	go run ./bench/cluster -kills 1000
//	go run ./bench/cluster -pools [-tasks 20000] [-rounds 5]
//	go run ./bench/cluster -objects [-rounds 5]
//
// It prints a Markdown table. With -python, an interpreter that has ipyparallel 9, the same empty tasks go through that too, in turn.
// With -kills it does so many tasks of 50 ms while every second a node is killed at random, with its workers, and another started, and counts results.
// With -pools a session's pool on nodes makes empty calls, and a pool of the session's own processes the same ones, in turn.
// With -objects workers on two nodes use a lock, a value and a queue of a session.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"os/signal"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"lockstep/exec/cluster"
	"lockstep/exec/procs"
	"lockstep/exec/procs/value"
)

//go:embed tasks.py
var pythonText string

func main() {
	var err error
	switch {
	case len(os.Args) > 1 && os.Args[1] == "worker":
		err = worker()
	case len(os.Args) > 1 && os.Args[1] == "node":
		err = node(os.Args[2:])
	default:
		tasks := flag.Int("tasks", 20_000, "empty tasks of a round")
		rounds := flag.Int("rounds", 5, "rounds")
		python := flag.String("python", "", "a `PYTHON` with ipyparallel")
		kills := flag.Int("kills", 0, "tasks to be done while nodes and workers are killed, instead of all else")
		pools := flag.Bool("pools", false, "measure calls of pools, instead of all else")
		objects := flag.Bool("objects", false, "measure objects of a session that workers on nodes use, instead of all else")
		flag.Parse()
		switch {
		case *kills > 0:
			err = killing(context.Background(), *kills)
		case *objects:
			err = measureObjects(context.Background(), *rounds)
		case *pools:
			err = comparePools(context.Background(), *tasks, *rounds)
		default:
			err = measure(context.Background(), *tasks, *rounds, *python)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench/cluster:", err)
		os.Exit(1)
	}
}

// worker is a worker process: the program is "empty" or "nap".
func worker() error {
	r, w, err := procs.Pipes()
	if err != nil {
		return err
	}
	var values []byte
	return procs.Serve(r, w, func(program []byte) (procs.Loaded, error) {
		nap := string(program) == "nap"
		return procs.Loaded{
			Call: func(arguments []byte) ([]byte, error) {
				if nap && len(arguments) > 0 {
					time.Sleep(50 * time.Millisecond)
				}
				return arguments, nil
			},
			Variable: func(string) (reflect.Value, error) { return reflect.ValueOf(&values).Elem(), nil },
		}, nil
	})
}

// node is a node, with the flags that cluster.StartLocal gives.
func node(args []string) error {
	f := flag.NewFlagSet("node", flag.ContinueOnError)
	o := cluster.NodeOptions{Program: "bench", Command: procs.Command{Path: os.Args[0], Args: []string{"worker"}}}
	f.StringVar(&o.URL, "nats", "", "")
	f.IntVar(&o.Slots, "slots", 1, "")
	f.StringVar(&o.Name, "name", "", "")
	f.StringVar(&o.Trust, "trust", "", "")
	f.Bool("attached", false, "")
	f.String("host", "", "")
	f.StringVar(&o.Dir, "dir", "", "")
	if err := f.Parse(args); err != nil {
		return err
	}
	o.Token = os.Getenv(cluster.TokenVariable)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		_, _ = os.Stdin.Read(make([]byte, 1)) // until who started this is gone
		stop()
	}()
	return cluster.Run(ctx, o, nil)
}

func local(ctx context.Context, nodes, slots int, o cluster.Options) (*cluster.Local, error) {
	binary, err := os.Executable()
	if err != nil {
		return nil, err
	}
	o.Program = "bench"
	return cluster.StartLocal(ctx, cluster.LocalOptions{Options: o, Nodes: nodes, Slots: slots, Argv: []string{binary, "node"}, Stderr: os.Stderr})
}

func number(i int) []byte { return []byte(strconv.Itoa(i)) }

// team has seats for a program.
func team(ctx context.Context, c *cluster.Cluster, program string, values []byte, seats int) (*cluster.Team, error) {
	job, err := c.Load(ctx, cluster.Program{Data: []byte(program), Values: values})
	if err != nil {
		return nil, err
	}
	return c.Team(ctx, job, cluster.TeamOptions{Seats: seats, Prime: []byte{}, Live: func(*cluster.Result) {}})
}

// do has tasks done and counts their results.
func do(ctx context.Context, t *cluster.Team, n int) error {
	seen := make([]int, n)
	failed := ""
	err := t.Do(ctx, n, func(i int) (int, []byte) { return -1, number(i) }, func(r *cluster.Result) {
		seen[r.Index]++
		if r.Failure != "" || string(r.Value) != strconv.Itoa(r.Index) {
			failed = fmt.Sprintf("task %d: %s %s", r.Index, r.Failure, r.Error)
		}
	})
	if err != nil {
		return err
	}
	if failed != "" {
		return fmt.Errorf("%s", failed)
	}
	for i, n := range seen {
		if n != 1 {
			return fmt.Errorf("task %d has %d results", i, n)
		}
	}
	return nil
}

// figures are ours and those of ipyparallel, by name.
type figures map[string][]float64

func measure(ctx context.Context, tasks, rounds int, python string) error {
	fmt.Printf("%s, %d cores, load average %s, %d rounds of %d tasks\n\n", runtime.Version(), runtime.NumCPU(), load(), rounds, tasks)
	l, err := local(ctx, 2, 1, cluster.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	ours, theirs := figures{}, figures{}
	for range rounds {
		if err := round(ctx, l, tasks, ours); err != nil {
			return err
		}
		if python != "" {
			if err := ipyparallel(ctx, python, tasks, theirs); err != nil {
				return err
			}
		}
	}
	values := make([]byte, 100<<20)
	data, err := value.Encode([]value.Variable{{Name: "values", Value: reflect.ValueOf(&values).Elem()}}, value.Options{})
	if err != nil {
		return err
	}
	t, err := team(ctx, l.Cluster, "empty", data, 2)
	if err != nil {
		return err
	}
	if err := do(ctx, t, 1000); err != nil {
		return err
	}
	ours["sent"] = []float64{float64(t.Figures().Sent) / float64(len(data))}
	t.Close()
	fmt.Println("| measure | Lockstep | ipyparallel | wanted |\n|---|---|---|---|")
	for _, row := range []struct {
		name, key, format, wanted string
	}{
		{"empty tasks through 2 workers, a second", "rate", "%.0f", ">= 3,000"},
		{"first task after connecting, ms", "first", "%.1f", "<= 200"},
		{"one task there and back, ms", "latency", "%.2f", "<= 2"},
		{"100 MB of variables, 2 nodes, 1,000 tasks: times it was sent", "sent", "%.3f", "2"},
	} {
		fmt.Printf("| %s | %s | %s | %s |\n", row.name, ours.text(row.key, row.format), theirs.text(row.key, row.format), row.wanted)
	}
	return nil
}

// text is a median.
func (f figures) text(key, format string) string {
	all := slices.Sorted(slices.Values(f[key]))
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf(format, all[(len(all)-1)/2])
}

// round is one of ours: with a connection of its own, as a kernel has it.
func round(ctx context.Context, l *cluster.Local, tasks int, f figures) error {
	start := time.Now()
	c, err := cluster.Connect(ctx, l.Options())
	if err != nil {
		return err
	}
	defer c.Close()
	if err := c.Await(ctx, 2); err != nil {
		return err
	}
	t, err := team(ctx, c, "empty", nil, 2)
	if err != nil {
		return err
	}
	defer t.Close()
	if err := do(ctx, t, 1); err != nil {
		return err
	}
	f["first"] = append(f["first"], milliseconds(start))
	var each []float64
	for range 300 {
		start := time.Now()
		if err := do(ctx, t, 1); err != nil {
			return err
		}
		each = append(each, milliseconds(start))
	}
	slices.Sort(each)
	f["latency"] = append(f["latency"], each[len(each)/2])
	start = time.Now()
	if err := do(ctx, t, tasks); err != nil {
		return err
	}
	f["rate"] = append(f["rate"], float64(tasks)/time.Since(start).Seconds())
	return nil
}

func milliseconds(start time.Time) float64 { return float64(time.Since(start)) / 1e6 }

// ipyparallel is a round of theirs: fewer tasks, as they take longer.
func ipyparallel(ctx context.Context, python string, tasks int, f figures) error {
	cmd := osexec.CommandContext(ctx, python, "-c", pythonText, strconv.Itoa(min(tasks, 2000)))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("ipyparallel: %w", err)
	}
	var all map[string]float64
	if err := json.Unmarshal(out, &all); err != nil {
		return fmt.Errorf("ipyparallel: %w: %s", err, out)
	}
	for key, v := range all {
		f[key] = append(f[key], v)
	}
	return nil
}

// killing does tasks while every second something is killed.
func killing(ctx context.Context, tasks int) error {
	l, err := local(ctx, 3, 2, cluster.Options{Attempts: 50, Lease: 3 * time.Second})
	if err != nil {
		return err
	}
	defer l.Close()
	t, err := team(ctx, l.Cluster, "nap", nil, 6)
	if err != nil {
		return err
	}
	defer t.Close()
	done := make(chan error, 1)
	start := time.Now()
	go func() { done <- do(ctx, t, tasks) }()
	killed, tick := 0, time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			f := t.Figures()
			fmt.Printf("%d tasks in %.1f s, %d nodes killed, %d tasks delivered again, %d given up: ", tasks, time.Since(start).Seconds(), killed, f.Redelivered, f.Dead)
			if err == nil {
				fmt.Println("every result is there once")
			}
			return err
		case <-tick.C:
			if err := l.Replace(rand.IntN(3)); err != nil {
				return err
			}
			killed++
		}
	}
}

// load is the load average of the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	var first string
	_, _ = fmt.Sscan(string(text), &first)
	return first
}
