// Command scaling measures what a NATS server does for the mode cluster, and simulates 10, 1,000 and 100,000 workers
// from that.
//
//	go run ./bench/scaling [-tasks 40000] [-rounds 3]
//
// Server and clients are in this process, on this machine, so the rates are lower bounds of what a server of its own does. It
// prints Markdown, which docs/scaling.md has, and says how loaded the machine is.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/shirou/gopsutil/v4/load"
)

func main() {
	// A stream may have 1,000 consumers unless the server is told otherwise, and one of them works.
	p := program{streams: []int{1, 2, 4, 8}, seats: []int{1, 8, 64, 512}, idle: []int{0, 100, 900}, workers: []int{10, 1000, 100_000}}
	flag.IntVar(&p.tasks, "tasks", 40_000, "tasks in each measurement")
	flag.IntVar(&p.rounds, "rounds", 3, "how often each is measured; the best counts")
	flag.Parse()
	if err := p.run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "bench/scaling:", err)
		os.Exit(1)
	}
}

// measured is what the simulation needs of the measurements.
type measured struct {
	serve   time.Duration // of the server for a task that is taken singly
	prolong time.Duration // for a lease
	hello   time.Duration // for a node's hello to one kernel
}

// program is what is measured and simulated.
type program struct {
	tasks, rounds        int
	streams, seats, idle []int
	workers              []int
}

func (p program) run(ctx context.Context, out io.Writer) error {
	if p.tasks < 1000 {
		return fmt.Errorf("-tasks must be at least 1000, got %d", p.tasks)
	}
	if p.rounds < 1 {
		return fmt.Errorf("-rounds must be at least 1, got %d", p.rounds)
	}
	dir, err := os.MkdirTemp("", "lockstep-scaling-")
	if err != nil {
		return err
	}
	g, err := openRig(dir)
	if err != nil {
		return errors.Join(err, os.RemoveAll(dir))
	}
	m, err := p.measure(ctx, out, g)
	g.close()
	if err = errors.Join(err, os.RemoveAll(dir)); err != nil {
		return err
	}
	p.simulate(out, m)
	return nil
}

// best is the largest of several figures, as whatever else the machine does can only make them smaller.
func best(rounds int, f func() (float64, error)) (x float64, err error) {
	for range rounds {
		again, err := f()
		if err != nil {
			return 0, err
		}
		x = max(x, again)
	}
	return x, nil
}

func (p program) measure(ctx context.Context, out io.Writer, g *rig) (m measured, err error) {
	tasks, rounds := p.tasks, p.rounds
	average := "unknown"
	if l, err := load.Avg(); err == nil {
		average = fmt.Sprintf("%.1f", l.Load1)
	}
	fmt.Fprintf(out, "Measured with %s on %d cores, %d tasks each, the best of %d, load average at the start %s.\n\n", runtime.Version(), runtime.NumCPU(), tasks, rounds, average)
	if _, err := g.streams(ctx, 1, tasks/4); err != nil { // to warm up
		return m, err
	}
	fmt.Fprint(out, "| streams | tasks stored a second | tasks taken by 256, answered and acknowledged a second |\n|---|---|---|\n")
	for _, n := range p.streams {
		var all rates
		for range rounds {
			r, err := g.streams(ctx, n, tasks)
			if err != nil {
				return m, fmt.Errorf("%d streams: %w", n, err)
			}
			all = rates{max(all.publish, r.publish), max(all.finish, r.finish)}
		}
		fmt.Fprintf(out, "| %d | %s | %s |\n", n, count(all.publish), count(all.finish))
	}
	fmt.Fprint(out, "\n| seats that take one task at a time | tasks a second | time for a task |\n|---|---|---|\n")
	for _, n := range p.seats {
		rate, err := best(rounds, func() (float64, error) { return g.singly(ctx, n, max(1000, tasks/4)) })
		if err != nil {
			return m, fmt.Errorf("%d seats: %w", n, err)
		}
		each := time.Duration(float64(time.Second) / rate)
		fmt.Fprintf(out, "| %d | %s | %v |\n", n, count(rate), each.Round(time.Microsecond))
		if m.serve == 0 || each < m.serve {
			m.serve = each
		}
	}
	fmt.Fprint(out, "\n| consumers of other runs, idle | made in, each | memory, each | tasks finished a second beside them |\n|---|---|---|---|\n")
	for _, n := range p.idle {
		var all idle
		for round := range rounds {
			i, err := g.idle(ctx, n, tasks)
			if err != nil {
				return m, fmt.Errorf("%d idle consumers: %w", n, err)
			}
			if round == 0 {
				all = i
			}
			all = idle{min(all.create, i.create), max(all.finish, i.finish), max(all.bytes, i.bytes)}
		}
		if n == 0 {
			fmt.Fprintf(out, "| 0 | | | %s |\n", count(all.finish))
			continue
		}
		fmt.Fprintf(out, "| %d | %v | %.0f kB | %s |\n", n, all.create.Round(10*time.Microsecond), float64(all.bytes)/1000, count(all.finish))
	}
	rate, err := best(rounds, func() (float64, error) { return g.prolongs(ctx, 5*tasks) })
	if err != nil {
		return m, fmt.Errorf("leases: %w", err)
	}
	m.prolong = time.Duration(float64(time.Second) / rate)
	fmt.Fprintf(out, "\n* leases prolonged: %s a second\n", count(rate))
	for _, kernels := range []int{1, 10} {
		if rate, err = best(rounds, func() (float64, error) { return g.hellos(kernels, 5*tasks) }); err != nil {
			return m, fmt.Errorf("hellos: %w", err)
		}
		fmt.Fprintf(out, "* hellos of nodes, to each of %d kernels: %s a second\n", kernels, count(rate))
		m.hello = time.Duration(float64(time.Second) / rate / float64(kernels))
	}
	return m, nil
}

// What the simulation assumes beside what was measured.
const (
	lease      = 5 * time.Second        // prolonged three times in it
	slots      = 16                     // of a node
	helloEvery = time.Second            // of a node
	way        = 500 * time.Microsecond // there and back, in one data centre
)

func (p program) simulate(out io.Writer, m measured) {
	fmt.Fprintf(out, "\nSimulated: a server is busy for %v with a task taken singly, for %v with a lease, for %v with a hello to one kernel. Nodes have %d slots, the way there and back is %v.\n\n",
		m.serve.Round(time.Microsecond), m.prolong.Round(10*time.Nanosecond), m.hello.Round(10*time.Nanosecond), slots, way)
	fmt.Fprint(out, "| workers | tasks of | servers | for leases and hellos | tasks a second | workers compute | wait for the next task |\n|---|---|---|---|---|---|---|\n")
	for _, workers := range p.workers {
		for _, task := range []time.Duration{10 * time.Millisecond, time.Second, time.Minute} {
			s := system{workers: workers, task: task, serve: m.serve, servers: 1, way: way}
			s.row(out, m, 10*p.tasks)
			if n := s.enough(m); n > 1 {
				s.servers = n
				s.row(out, m, 10*p.tasks)
			}
		}
	}
}

// background is the share of each server for leases and hellos, with one kernel. Only tasks that last long enough are prolonged.
func (s system) background(m measured) float64 {
	prolongs := 0.0
	if s.task >= lease/3 {
		prolongs = float64(s.workers) / (lease / 3).Seconds()
	}
	hellos := float64((s.workers+slots-1)/slots) / helloEvery.Seconds()
	return (prolongs*m.prolong.Seconds() + hellos*m.hello.Seconds()) / float64(s.servers)
}

// enough is how many servers are busy for 70 % of the time at most, when all workers compute.
func (s system) enough(m measured) int {
	perTask := float64(s.workers) / (s.task + s.way).Seconds() * s.serve.Seconds()
	s.servers = 1
	all := perTask + s.background(m)
	return int(all/0.7) + 1
}

func (s system) row(out io.Writer, m measured, tasks int) {
	s.busy = s.background(m)
	o := s.run(max(tasks, 2*s.workers))
	share := fmt.Sprintf("%.1f %%", 100*s.busy)
	fmt.Fprintf(out, "| %s | %v | %d | %s | %s | %.0f %% | %v |\n", count(float64(s.workers)), s.task, s.servers, share, count(o.rate), 100*o.use, rounded(o.waiting))
}

// rounded is a time with two or three digits.
func rounded(d time.Duration) time.Duration {
	for unit := time.Microsecond; ; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit)
		}
	}
}

// count is a number with three digits at most, and commas.
func count(x float64) string {
	unit := 1.0
	for x/unit >= 1000 {
		unit *= 10
	}
	text := fmt.Sprintf("%.0f", float64(int(x/unit+0.5))*unit)
	if x < 10 {
		return fmt.Sprintf("%.1f", x)
	}
	var b strings.Builder
	for i, c := range text {
		if i > 0 && (len(text)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}
